"""One sentence's buffers with their gains in, the same at their level and under the ceiling out.

Between `lipsync.speech.runs`, which knows who says what how loud, and whoever takes a sentence.
The limiter holds the end of a buffer back until the next one comes; spans, words and marks that
end in it come with the sound they belong to. No position changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from lipsync.speech.gain import amplified
from lipsync.speech.limiter import Limiter
from lipsync.speech.loudness import MOST_LIFT_DB, LoudnessMeter
from lipsync.speech.spans import Mark, PhonemeSpan, Sound, SpeechBuffer, WordSpan

_TURNS: Final = 3


@dataclass(frozen=True, slots=True)
class Unlevelled:
    """A buffer as its voice gave it, at its place in the sentence."""

    buffer: SpeechBuffer
    gain_db: float


def levelled(buffers: Iterator[Unlevelled]) -> Iterator[SpeechBuffer]:
    """Yield a sentence's buffers with their gains, no sample above the limiter's ceiling.

    The limiter begins anew with each sentence, so that one spoken again has the same samples.
    """
    held = _Held()
    for each in buffers:
        made = held.take(each)
        if made.last or len(made.sound) or made.marks:
            yield made


class _Held:
    """What the limiter holds back, and what belongs to it."""

    def __init__(self) -> None:
        self._limiter = Limiter()
        self._given = 0
        self._phonemes: list[PhonemeSpan] = []
        self._words: list[WordSpan] = []
        self._marks: list[Mark] = []

    def take(self, each: Unlevelled) -> SpeechBuffer:
        """Return all that is settled once a buffer has come."""
        buffer = each.buffer
        self._phonemes += buffer.phonemes
        self._words += buffer.words
        self._marks += buffer.marks
        sounds = [self._limiter.push(amplified(buffer.sound, each.gain_db))]
        if buffer.last:
            sounds.append(self._limiter.finish())
        return self._settled(sounds, buffer.last)

    def _settled(self, sounds: list[Sound], last: bool) -> SpeechBuffer:
        sound = np.concatenate(sounds)
        self._given += len(sound)
        phonemes = sum(last or span.end_samples <= self._given for span in self._phonemes)
        words = sum(last or word.end_samples <= self._given for word in self._words)
        marks = sum(last or mark.at_samples <= self._given for mark in self._marks)
        made = SpeechBuffer(
            sound,
            tuple(self._phonemes[:phonemes]),
            tuple(self._words[:words]),
            last,
            tuple(self._marks[:marks]),
        )
        del self._phonemes[:phonemes], self._words[:words], self._marks[:marks]
        return made


def voice_gain_db(sentences: Sequence[Sound]) -> float:
    """Return the gain, to a tenth of a dB, with which a voice comes out of the limiter at -16 LUFS.

    Args:
        sentences: what the voice says of its own, each as a whole; a few, or it is the text
            that is measured. Silence has a gain of 0.
    """
    gain_db = 0.0
    # The limiter takes a little away once the peaks reach it, which the next turn gives back.
    for _ in range(_TURNS):
        meter = LoudnessMeter()
        for sound in sentences:
            limiter = Limiter()
            meter.push(limiter.push(amplified(sound, gain_db)))
            meter.push(limiter.finish())
        gain_db = min(gain_db + meter.finish().gain_to(), MOST_LIFT_DB)
    return round(gain_db, 1)
