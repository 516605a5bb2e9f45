"""A voice's speech with its own ending in, the same with the silence that is wanted out.

Used by `lipsync.speech.runs`. Every voice ends a sentence with a rest of its own, which is too
long where the sentence goes on. Sound is given as soon as a phoneme after it shows that it is
no ending.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from lipsync.speech.events import SILENCE
from lipsync.speech.spans import PhonemeSpan, Sound, SpeechBuffer, WordSpan

_FADE_SAMPLES: Final = 240
"""A tail that is cut off is faded out over 5 ms, or it would click."""


def with_gap(buffers: Iterator[SpeechBuffer], gap_samples: int) -> Iterator[SpeechBuffer]:
    """Yield a voice's speech with exactly so much after its last phoneme, the voice's own tail in it.

    Words that the voice lets last into the tail end with the last phoneme.
    """
    kept = _Kept()
    for buffer in buffers:
        kept.take(buffer)
        if kept.heard > kept.given:
            yield kept.give()
    yield kept.finish(gap_samples)


class _Kept:
    """What came of the voice and has not been given yet."""

    def __init__(self) -> None:
        self._sounds: list[Sound] = []
        self._phonemes: list[PhonemeSpan] = []
        self._words: list[WordSpan] = []
        self.given = 0
        self.heard = 0
        """Where the last phoneme that is no silence ends."""

    def take(self, buffer: SpeechBuffer) -> None:
        self._sounds.append(buffer.sound)
        self._phonemes += buffer.phonemes
        self._words += buffer.words
        self.heard = max(
            [self.heard, *(span.end_samples for span in buffer.phonemes if span.symbol != SILENCE)]
        )

    def give(self) -> SpeechBuffer:
        """Return all up to the last phoneme, and keep what is behind it."""
        sound = np.concatenate(self._sounds)
        length = self.heard - self.given
        self._sounds = [sound[length:]]
        self.given = self.heard
        phonemes = tuple(span for span in self._phonemes if span.end_samples <= self.heard)
        words = tuple(word for word in self._words if word.end_samples <= self.heard)
        self._phonemes = self._phonemes[len(phonemes) :]
        self._words = self._words[len(words) :]
        return SpeechBuffer(sound[:length], phonemes, words, last=False)

    def finish(self, gap: int) -> SpeechBuffer:
        """Return the silence after the last phoneme, and the words that ended in it."""
        tail = np.concatenate(self._sounds)[:gap]
        fade = min(len(tail), _FADE_SAMPLES)
        faded = tail.copy()
        if fade:
            ramp = np.linspace(1.0, 0.0, fade)
            faded[-fade:] = np.rint(tail[-fade:] * ramp).astype(np.int16)
        sound = np.concatenate((faded, np.zeros(gap - len(tail), np.int16)))
        phonemes = (PhonemeSpan(SILENCE, self.heard, self.heard + gap),) if gap else ()
        words = tuple(
            replace(word, end_samples=self.heard) for word in self._words if word.start_samples < self.heard
        )
        return SpeechBuffer(sound, phonemes, words, last=True)
