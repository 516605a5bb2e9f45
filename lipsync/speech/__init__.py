"""Speech: sound, and where each phoneme and word sits in it.

A voice takes one sentence and yields `SpeechBuffer`s, the first while the rest is
still being made. Positions count samples at 48 kHz from the start of the sentence.
"""
