"""One sentence as a sequence of runs in, its speech out: each run with a voice of its own.

Between tasks.speaking and the voices. Where the voice, the language, the prosody or a pause
changes within a sentence, a new run begins; the listener hears one sentence, whose spans are
positions in what was written and whose samples are counted from its start. Which runs a text
has is decided before (`lipsync.text`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import numpy as np

from lipsync.clock import FPS, ms_to_samples, samples_per_frame
from lipsync.speech.events import SILENCE
from lipsync.speech.levelling import Unlevelled, levelled
from lipsync.speech.spans import Mark, PhonemeSpan, SpeechBuffer, Voice, WordSpan
from lipsync.speech.tails import with_gap
from lipsync.speech.written import WordsAsWritten
from lipsync.text.mapped import Span
from lipsync.text.prosody import PLAIN, Prosody

_CLAUSE_MS: Final = 140
_SENTENCE_MS: Final = 230
_JOIN_MS: Final = 30
"""Between two words of one breath that two runs part: long enough that no sound is cut."""
_CLAUSE_MARKS: Final = "،,;؛:—–"
_SENTENCE_MARKS: Final = ".!?؟…۔。"
_GOES_ON: Final = ","
"""Told to a voice whose run ends in the middle of a sentence; else its tune would end there."""

_Span = TypeVar("_Span", PhonemeSpan, WordSpan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A stretch of one sentence that one voice says in one way."""

    voice: Voice
    spoken: str
    """What the voice is given; empty for a pause or a mark that nothing follows."""
    spoken_to_written: tuple[Span, ...]
    """For each character of `spoken`, its range in the sentence as written."""
    prosody: Prosody = PLAIN
    pause_ms: int | None = None
    """Silence before it; None is what its neighbours make natural."""
    marks: tuple[tuple[int, str], ...] = ()
    """Position in `spoken` and name, in order; a mark is reached with the word that begins there
    or after it."""


def speak_runs(runs: Sequence[Run], seed: int) -> Iterator[SpeechBuffer]:
    """Yield the speech of one sentence, padded to whole frames at 25 fps.

    Each voice is heard at its own gain and its run's volume, and peaks are limited: the last
    5 ms of a buffer come with the next one. The first run's buffers come as its voice gives them;
    of a run that another one follows, what comes after the last phoneme so far is held back until
    it is known to be no tail.

    Args:
        runs: at least one, in the order in which they are heard.
        seed: of the sentence; every voice is given the same.

    Raises:
        VoiceError: as the voices' own `speak`.
    """
    given = 0
    for buffer in levelled(_unlevelled(runs, seed)):
        given += len(buffer.sound)
        yield _padded(buffer, given) if buffer.last else buffer


def _unlevelled(runs: Sequence[Run], seed: int) -> Iterator[Unlevelled]:
    start = ms_to_samples(runs[0].pause_ms or 0)
    if start:
        yield Unlevelled(_quiet(0, start, last=False), 0.0)
    for number, run in enumerate(runs):
        following = runs[number + 1] if number + 1 < len(runs) else None
        gap = None if following is None else ms_to_samples(_gap_ms(run, following))
        gain_db = run.voice.gain_at_db(run.prosody) + run.prosody.volume_db
        for buffer in _Performance(run, start, gap).buffers(seed):
            start += len(buffer.sound)
            yield Unlevelled(buffer, gain_db)


def _gap_ms(run: Run, following: Run) -> int:
    """Return the silence between two runs."""
    if following.pause_ms is not None:
        return following.pause_ms
    end = run.spoken[-1:]
    if end in _SENTENCE_MARKS or not following.spoken:
        return _SENTENCE_MS if end else 0
    return _CLAUSE_MS if end in _CLAUSE_MARKS else _JOIN_MS


def _quiet(start: int, length: int, *, last: bool) -> SpeechBuffer:
    spans = (PhonemeSpan(SILENCE, start, start + length),) if length else ()
    return SpeechBuffer(np.zeros(length, np.int16), spans, (), last)


def _padded(buffer: SpeechBuffer, given: int) -> SpeechBuffer:
    """Return the last buffer with what the sentence lacks to whole frames."""
    missing = -given % samples_per_frame(FPS)
    if not missing:
        return buffer
    quiet = _quiet(given, missing, last=True)
    sound = np.concatenate((buffer.sound, quiet.sound))
    return replace(buffer, sound=sound, phonemes=buffer.phonemes + quiet.phonemes)


class _Performance:
    """One run being spoken, from `start` samples of the sentence on.

    `gap` is the silence after it, None for the sentence's last.
    """

    def __init__(self, run: Run, start: int, gap: int | None) -> None:
        self._run = run
        self._start = start
        self._gap = gap
        self._marks = list(run.marks)
        self._words = WordsAsWritten(run.spoken, run.spoken_to_written)
        self._said = 0

    def buffers(self, seed: int) -> Iterator[SpeechBuffer]:
        if not self._run.spoken:
            marks = tuple(Mark(name, self._start) for _, name in self._marks)
            yield replace(_quiet(self._start, self._gap or 0, last=self._gap is None), marks=marks)
            return
        spoken = self._run.spoken
        if self._gap is not None and spoken[-1] not in _CLAUSE_MARKS + _SENTENCE_MARKS:
            spoken += _GOES_ON
        buffers = self._run.voice.speak(spoken, seed, self._run.prosody)
        try:
            for buffer in buffers if self._gap is None else with_gap(buffers, self._gap):
                yield self._placed(buffer)
        finally:
            close = getattr(buffers, "close", None)
            if close is not None:
                close()

    def _placed(self, buffer: SpeechBuffer) -> SpeechBuffer:
        """Return a voice's buffer as one of the sentence."""
        words: list[WordSpan] = []
        marks: list[Mark] = []
        for spoken in buffer.words:
            marks += self._reached(spoken.text_start, spoken.start_samples)
            words += self._words.add(spoken)
            self._said = spoken.end_samples
        if buffer.last:
            words += self._words.finish()
            marks += self._reached(len(self._run.spoken), self._said)
        return SpeechBuffer(
            sound=buffer.sound,
            phonemes=tuple(self._moved(span) for span in buffer.phonemes),
            words=tuple(self._moved(word) for word in words),
            last=buffer.last and self._gap is None,
            marks=tuple(marks),
        )

    def _reached(self, position: int, at_samples: int) -> list[Mark]:
        names = [name for place, name in self._marks if place <= position]
        del self._marks[: len(names)]
        return [Mark(name, self._start + at_samples) for name in names]

    def _moved(self, span: _Span) -> _Span:
        return replace(
            span,
            start_samples=span.start_samples + self._start,
            end_samples=span.end_samples + self._start,
        )
