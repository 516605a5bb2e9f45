"""Recorded speech in, where it is voiced and where it may be cut out: as text has words and sentences.

Beside the voices. Goes by the level of every 10 ms alone, which whoever reads a recording
measures as it comes; holds no sound. A stretch is what a sentence is of a text: it begins and
ends where nobody speaks, and is short enough to be held whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipsync.clock import FPS, ms_to_samples, samples_per_frame

HOP_SAMPLES: Final = ms_to_samples(10)
"""What one level stands for."""

NOTHING_DB: Final = -120.0
"""Level of silence itself, against full scale."""

SHORTEST_S: Final = 4
LONGEST_S: Final = 12
"""Seconds a stretch lasts; the last one of a recording may be shorter."""

_SILENT_DB: Final = -75.0
"""Nothing below is heard by anybody."""
_BELOW_SPEECH_DB: Final = 32.0
"""What is so far below the louder parts is no voice."""
_ABOVE_ROOM_DB: Final = 8.0
_NEAR_SPEECH_DB: Final = 12.0
"""Where a room is loud its speech still stands out by this much."""
_GAP_HOPS: Final = 12
"""A closure within a word is silent for less than 120 ms."""
_BLIP_HOPS: Final = 4

Levels = NDArray[np.float32]
"""Decibels against full scale of every 10 ms, shape (hops,)."""
HopSpan = tuple[int, int]


class LevelCurve:
    """Measures the level of sound that comes in pieces; how it is cut makes no difference."""

    def __init__(self) -> None:
        self._waiting = np.zeros(0, np.float32)
        self._levels: list[Levels] = []

    def push(self, sound: NDArray[np.float32]) -> None:
        """Take the next samples, one channel at 48 kHz, full scale 1."""
        waiting = np.concatenate((self._waiting, sound))
        whole = len(waiting) // HOP_SAMPLES * HOP_SAMPLES
        self._waiting = waiting[whole:]
        if whole:
            self._levels.append(_levels(waiting[:whole]))

    def finish(self) -> Levels:
        """Return the levels; the last one may stand for less than 10 ms."""
        if len(self._waiting):
            self._levels.append(_levels(np.pad(self._waiting, (0, HOP_SAMPLES - len(self._waiting)))))
            self._waiting = self._waiting[:0]
        return np.concatenate(self._levels) if self._levels else np.zeros(0, np.float32)


def _levels(sound: NDArray[np.float32]) -> Levels:
    power = np.square(sound.reshape(-1, HOP_SAMPLES), dtype=np.float64).mean(axis=1)
    return np.asarray(10 * np.log10(power + 10 ** (NOTHING_DB / 10)), np.float32)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive frames of a recording that are spoken as one sentence is."""

    first_frame: int
    frames: int

    @property
    def end_frame(self) -> int:
        """The frame after the last one."""
        return self.first_frame + self.frames


def voiced_spans(levels: Levels) -> list[HopSpan]:
    """Return where somebody speaks, as spans of hops in order.

    Breaks shorter than a closure within a word are part of it; what is shorter than any sound of
    speech is none.
    """
    if not len(levels):
        return []
    loud, room = (float(value) for value in np.percentile(levels, (95, 5)))
    near_db = min(room + _ABOVE_ROOM_DB, loud - _NEAR_SPEECH_DB)
    threshold = max(loud - _BELOW_SPEECH_DB, near_db, _SILENT_DB)
    closed = _joined(_runs(levels > threshold))
    return [(start, end) for start, end in closed if end - start >= _BLIP_HOPS]


def _runs(flags: NDArray[np.bool_]) -> list[HopSpan]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _joined(spans: Sequence[HopSpan]) -> list[HopSpan]:
    joined: list[HopSpan] = []
    for start, end in spans:
        if joined and start - joined[-1][1] < _GAP_HOPS:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def cut(levels: Levels, voiced: Sequence[HopSpan], samples: int) -> list[Stretch]:
    """Return a recording as stretches that follow each other on frame borders and cover it.

    Each is cut in the middle of the longest pause between `SHORTEST_S` and `LONGEST_S` of it, or
    where it is softest if nobody pauses there.

    Args:
        levels: of the whole recording.
        voiced: what `voiced_spans` found.
        samples: length of the recording.
    """
    frames = -(-samples // samples_per_frame())
    per_frame = samples_per_frame() // HOP_SAMPLES
    spoken = np.zeros(frames * per_frame, np.bool_)
    for start, end in voiced:
        spoken[start:end] = True
    loudest = np.full(frames * per_frame, NOTHING_DB, np.float32)
    loudest[: len(levels)] = levels[: len(loudest)]
    speaks = np.asarray(spoken.reshape(frames, per_frame).any(axis=1), np.bool_)
    return list(_stretches(speaks, np.asarray(loudest.reshape(frames, per_frame).max(axis=1), np.float32)))


def _stretches(spoken: NDArray[np.bool_], loudest: Levels) -> Iterator[Stretch]:
    """Yield stretches, by whether somebody speaks in each frame and how loud it is at most."""
    first = 0
    while len(spoken) - first > LONGEST_S * FPS:
        low, high = first + SHORTEST_S * FPS, first + LONGEST_S * FPS
        pauses = _runs(~spoken[low:high])
        if pauses:
            start, end = max(pauses, key=lambda span: span[1] - span[0])
            at = low + (start + end) // 2
        else:
            at = low + int(np.argmin(loudest[low:high]))
        yield Stretch(first, max(1, at - first))
        first = max(first + 1, at)
    if len(spoken) > first:
        yield Stretch(first, len(spoken) - first)
