"""A voice and a sentence in, speech whose words are positions in the written text out.

The plain case of `lipsync.speech.runs`: one voice says the whole sentence in one way.
"""

from __future__ import annotations

from collections.abc import Iterator

from lipsync.speech.runs import Run, speak_runs
from lipsync.speech.spans import SpeechBuffer, Voice
from lipsync.text.prosody import PLAIN, Prosody
from lipsync.text.sentences import Sentence


def one_run(voice: Voice, sentence: Sentence, prosody: Prosody = PLAIN) -> Run:
    """Return a sentence as the one run it is where nothing changes within it."""
    return Run(
        voice=voice, spoken=sentence.spoken, spoken_to_written=sentence.spoken_to_written, prosody=prosody
    )


def run_of_text(voice: Voice, text: str) -> Run:
    """Return a text that is spoken just as it is written as one run."""
    return Run(voice=voice, spoken=text, spoken_to_written=tuple((at, at + 1) for at in range(len(text))))


def speak_sentence(voice: Voice, sentence: Sentence, seed: int) -> Iterator[SpeechBuffer]:
    """Yield a sentence's speech, its word spans as positions in `sentence.written`.

    Raises:
        VoiceError: as the voice's own `speak`.
    """
    return speak_runs((one_run(voice, sentence),), seed)
