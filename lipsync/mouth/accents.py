"""Stress lifts the brows and nods the head: phoneme spans in, two columns of a mouth track out.

People mark the beginning of a clause and some of its stressed words with brows and head
(Pelachaud, Badler and Steedman, 1996; Munhall et al., 2004). Which ones, and how much, is
decided by the spans alone, so equal speech always moves alike. Holds no state.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lipsync.clock import ms_to_samples
from lipsync.motion.chance import uniform
from lipsync.mouth.phonemes import is_stressed, visemes_of
from lipsync.speech.spans import PhonemeSpan

HELD_FRAMES = 2
"""Frames of a sentence that share one value: brows and head need a whole new picture."""

CLAUSE_PAUSE_SAMPLES = ms_to_samples(100)
"""A silence as long as this, or the sentence's beginning, begins a clause."""

CLAUSE_REACH_SAMPLES = ms_to_samples(600)
"""A stress later than this after the pause no longer marks the clause's beginning."""

MARKED = 0.2
"""Share of the other stressed vowels that are marked at all."""
LONG_SAMPLES = ms_to_samples(155)
"""A stressed vowel as long as this is marked in any case."""

_BROW_MS = (-120, 60, 180, 480)
"""From the vowel's start: brows set out, are up, begin to fall, are down again."""
_NOD_MS = (-100, 80, 120, 440)
"""The same of the head."""

PAST_SAMPLES = ms_to_samples(_BROW_MS[-1]) + CLAUSE_REACH_SAMPLES
"""Spans that end longer than this before a frame do not bear upon it."""
_RISE_SAMPLES = ms_to_samples(160)
"""A sentence sets out from a still face over this time."""
_SETTLE_SAMPLES = ms_to_samples(200)
"""The last of the way back before a pause ends."""
_STILL_SAMPLES = ms_to_samples(80)
"""The face is still this long before a pause ends: its last frames may share one value."""
FUTURE_SAMPLES = _SETTLE_SAMPLES + _STILL_SAMPLES
"""Spans that begin longer than this after a frame's start do not bear upon it."""

Column = NDArray[np.float32]
Times = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Accent:
    """A stress that is marked."""

    start_samples: int
    brow: float
    """How far the brows rise, 0..1."""
    nod: float
    """How far the head nods, 0..1."""
    until_samples: float = np.inf
    """When all is still again, right before the next pause ends: the sentence may end with it."""


def accents(phonemes: Sequence[PhonemeSpan]) -> list[Accent]:
    """Return the marked stresses of consecutive spans of one sentence."""
    found: list[Accent] = []
    since_pause = 0
    for span in phonemes:
        if span.symbol.startswith("_"):
            if span.end_samples - span.start_samples >= CLAUSE_PAUSE_SAMPLES:
                since_pause = span.end_samples
                still = since_pause - _STILL_SAMPLES
                found = [replace(a, until_samples=min(a.until_samples, still)) for a in found]
        elif is_stressed(span.symbol) and any(v.vowel for v in visemes_of(span.symbol).visemes):
            begins = since_pause >= 0 and span.start_samples - since_pause <= CLAUSE_REACH_SAMPLES
            since_pause = -1
            accent = _mark(span, begins)
            if accent is not None:
                found.append(accent)
    return found


def accent_columns(
    phonemes: Sequence[PhonemeSpan], first_frame: int, frames: int, per_frame: int
) -> tuple[Column, Column]:
    """Return how far brows are raised and the head nods in a run of a sentence's frames, 0..1.

    Args:
        phonemes: spans of the sentence from its start, those that begin up to
            `FUTURE_SAMPLES` after the last frame's start among them.
        first_frame: first frame wanted, counted from the sentence's start.
        frames: how many.
        per_frame: samples under a frame.
    """
    numbers = first_frame + np.arange(frames)
    at = (numbers - numbers % HELD_FRAMES) * float(per_frame)
    brow, nod = np.zeros(frames), np.zeros(frames)
    begun = at / _RISE_SAMPLES
    earliest, latest = at[:1] - PAST_SAMPLES, at[-1:] + FUTURE_SAMPLES
    near = [p for p in phonemes if p.end_samples > earliest and p.start_samples < latest]
    for accent in accents(near):
        away = at - accent.start_samples
        bound = np.minimum(begun, (accent.until_samples - at) / _SETTLE_SAMPLES)
        np.maximum(brow, accent.brow * _swell(away, _BROW_MS, bound), out=brow)
        np.maximum(nod, accent.nod * _swell(away, _NOD_MS, bound), out=nod)
    return brow.astype(np.float32), nod.astype(np.float32)


def _mark(span: PhonemeSpan, begins: bool) -> Accent | None:
    chance = uniform(span.start_samples, "accent", span.end_samples)
    length = span.end_samples - span.start_samples
    if begins:
        return Accent(span.start_samples, brow=0.7 + 0.3 * chance, nod=0.45 + 0.3 * chance)
    if length >= LONG_SAMPLES or chance < MARKED:
        much = uniform(span.start_samples, "accent-much", span.end_samples)
        return Accent(span.start_samples, brow=0.2 + 0.5 * much, nod=0.4 + 0.5 * much)
    return None


def _swell(
    away: Times, times_ms: tuple[int, int, int, int], bound: Times
) -> Times:
    """Return an eased rise, a stay and a fall over the times given, within a bound; 0 outside."""
    out, up, over, back = (ms_to_samples(ms) for ms in times_ms)
    level = np.minimum((away - out) / (up - out), (back - away) / (back - over))
    level = np.clip(np.minimum(level, bound), 0.0, 1.0)
    eased: Times = level * level * (3.0 - 2.0 * level)
    return eased
