"""Phoneme spans in, a mouth track out: one row of controls per video frame.

Between the voices and the engines. Phonemes blend by dominance (Cohen and Massaro 1993),
jaw and lips each with their own reach (JALI, Edwards et al. 2016), on a grid finer than
the frames. Holds no state: a row depends only on the spans within `REACH_SAMPLES` of its
frame, so a track may be made while the speech is still arriving; accents look back farther.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lipsync.clock import FPS, ms_to_samples, samples_per_frame
from lipsync.mouth.accents import accent_columns
from lipsync.mouth.controls import (
    BROW,
    JAW,
    LOWER,
    NOD,
    PRESS,
    ROUND,
    SPREAD,
    TONGUE,
    TUCK,
    UPPER,
    MouthTrack,
    rest,
)
from lipsync.mouth.phonemes import Viseme, visemes_of
from lipsync.speech.spans import PhonemeSpan

REACH_SAMPLES = ms_to_samples(280)
"""A row needs every span that begins before its frame's end plus this, and none that ends
before its frame's start minus this; accents look back farther (`accents.PAST_SAMPLES`)."""

_STEP = ms_to_samples(5)
"""Distance of the grid's points."""

_BLENDED = (JAW, ROUND, SPREAD, UPPER, LOWER, TONGUE)
_ATTACK = np.array([ms_to_samples(ms) for ms in (70, 150, 110, 75, 75, 55)], np.float64)
"""How long before a phoneme each blended control sets out for it; rounding first of all."""
_RELEASE = np.array([ms_to_samples(ms) for ms in (70, 90, 90, 75, 75, 55)], np.float64)
_INTO = ms_to_samples(30)
"""How far inside the phoneme its full dominance begins and ends."""

_LEAD = ms_to_samples(20)
"""Beyond the attack above, lips run this much ahead of the sound."""
_CLOSURE_YIELD = ms_to_samples(20)
"""The lips let go this much before the phoneme's end: the next sound needs them."""
_CLOSURE_WAY = float(ms_to_samples(85))
"""The way to a closure, and back: between two and three frames each."""
_SHARED = 0.35
"""The most of the time between two closures that the way from one, or to the next, may take."""
_CLOSURE_BRIDGE = ms_to_samples(15)
"""Closures nearer to each other than this have no vowel between them and are one."""

_SILENCE_INTO = ms_to_samples(130)
"""A mouth takes this long to give in to a silence; with the release, about 200 ms to rest."""

_SMOOTHING = ms_to_samples(35)
"""Half the width of the window that limits how fast jaw and lips move."""

_RISE = ms_to_samples(100)
"""A sentence sets out from rest over this time."""

_IDLE_WEIGHT = 0.03
"""A weak pull to rest, so that a stretch without spans is a closed mouth."""

_SHORT, _LONG = ms_to_samples(50), ms_to_samples(130)
_SHORTEST_OPENING, _LONGEST_OPENING = 0.8, 1.06
"""A short vowel stops short of its target, a long one passes it."""

Grid = NDArray[np.float64]


def mouth_track(
    phonemes: Sequence[PhonemeSpan], first_frame: int, frames: int, fps: int = FPS
) -> MouthTrack:
    """Return the mouth's controls for a run of a sentence's frames.

    Args:
        phonemes: spans of one sentence in order, samples from its start; those within
            `REACH_SAMPLES` after the frames asked for, and `PAST_SAMPLES` of
            `lipsync.mouth.accents` before them, suffice.
        first_frame: first frame wanted, counted from the sentence's start.
        frames: how many.
        fps: frames per second; must divide the sample rate.

    Returns:
        float32, shape (frames, 10), 0..1. A frame in which the lips close, or the lip is
        tucked, has press or tuck 1; everything else is the mean over the frame.

    Raises:
        UnevenClock: fps does not divide the sample rate.
    """
    per_frame = samples_per_frame(fps)
    start, end = first_frame * per_frame, (first_frame + frames) * per_frame
    earliest, latest = start - REACH_SAMPLES, end + REACH_SAMPLES
    near = [p for p in phonemes if p.end_samples > earliest and p.start_samples < latest]
    track = rest(frames)
    if not phonemes or frames == 0:
        return track
    track[:, BROW], track[:, NOD] = accent_columns(phonemes, first_frame, frames, per_frame)
    if not near:
        return track
    points = _points(first_frame, frames, per_frame)
    pieces = _visemes(near)
    blended = _blend(pieces, points)
    track[:, _BLENDED] = blended.reshape(frames, -1, len(_BLENDED)).mean(axis=1)
    for control, name in ((PRESS, "press"), (TUCK, "tuck")):
        held = _closed_frames([piece for piece in pieces if getattr(piece[0], name)], per_frame)
        spans = [(float(low * per_frame), float(high * per_frame)) for low, high in held]
        # A bilabial closes for about 60 ms, less than two frames at 25 fps. The mean over
        # a frame would leave the lips ajar on every "b", so a closure takes whole frames,
        # the one it begins in included: the first frame that is heard must be seen shut.
        # On the way there and back the mean holds, or "baba" would never open between.
        track[:, control] = closures(spans, points).reshape(frames, -1).mean(axis=1)
    np.clip(track, 0.0, 1.0, out=track)
    return track


Piece = tuple[Viseme, int, int, float]
"""A viseme, the samples it spans, and how far a vowel opens (1 for others)."""


def _points(first_frame: int, frames: int, per_frame: int) -> Grid:
    """Return grid positions in samples: the same count in every frame, at its own places."""
    count = max(per_frame // _STEP, 1)
    within = (np.arange(count) + 0.5) * (per_frame / count)
    starts = (first_frame + np.arange(frames)) * float(per_frame)
    return np.asarray(starts[:, None] + within, np.float64).reshape(-1)


def _visemes(phonemes: Sequence[PhonemeSpan]) -> list[Piece]:
    pieces: list[Piece] = []
    for phoneme in phonemes:
        sound = visemes_of(phoneme.symbol)
        length = phoneme.end_samples - phoneme.start_samples
        gain = sound.stress * _opening(length)
        count = len(sound.visemes)
        borders = [phoneme.start_samples + length * part // count for part in range(count + 1)]
        for viseme, (start, end) in zip(sound.visemes, pairwise(borders), strict=True):
            pieces.append((viseme, start, end, gain if viseme.vowel else 1.0))
    return pieces


def _opening(length: int) -> float:
    share = min(max((length - _SHORT) / (_LONG - _SHORT), 0.0), 1.0)
    return _SHORTEST_OPENING + (_LONGEST_OPENING - _SHORTEST_OPENING) * share


def _ramp(distance: Grid) -> Grid:
    """Return a smooth rise from 0 at distance 0 to 1 at distance 1."""
    clipped = np.clip(distance, 0.0, 1.0)
    return np.asarray(clipped * clipped * (3.0 - 2.0 * clipped), np.float64)


def _dominance(piece: Piece, points: Grid) -> Grid:
    """Return how much a viseme insists at each point, shape (points, blended controls)."""
    viseme, start, end, _ = piece
    inside = min((end - start) / 2, _INTO)
    attack, release, give_in = _ATTACK, _RELEASE, inside
    if viseme.silence:
        # Lips neither hurry into a silence nor wait for its end.
        attack, release = np.full(6, float(_STEP)), np.zeros(6)
        give_in = min(end - start, _SILENCE_INTO)
    before, after = points[:, None] - (start - attack), (end + release) - points[:, None]
    return _ramp(before / (attack + give_in)) * _ramp(after / np.maximum(release + inside, 1.0))


def _aims(piece: Piece) -> tuple[Grid, Grid]:
    """Return a viseme's targets and weights, in the order of the blended controls."""
    viseme, _, _, gain = piece
    lips = 0.5 + gain / 2  # a weak vowel is still rounded, only less open
    targets = (
        viseme.jaw * gain, viseme.round * lips, viseme.spread * lips,
        viseme.upper * gain, viseme.lower * gain, viseme.tongue,
    )  # fmt: skip
    weights = (
        viseme.jaw_weight, viseme.lips_weight, viseme.lips_weight,
        viseme.teeth_weight, viseme.teeth_weight, viseme.tongue_weight,
    )  # fmt: skip
    return np.array(targets), np.array(weights)


def _blend(pieces: list[Piece], points: Grid) -> Grid:
    """Return the blended controls at each point, smoothed, shape (points, 6)."""
    spacing = points[1] - points[0] if len(points) > 1 else float(_STEP)
    margin = int(_SMOOTHING // spacing)
    window = np.hanning(2 * margin + 3)[1:-1]
    window /= window.sum()
    first = points[0] - margin * spacing
    wide = first + spacing * np.arange(len(points) + 2 * margin)
    raw = _weighed(pieces, wide + _LEAD)
    # From rest at the sentence's start: nothing before it may be drawn open.
    raw *= _ramp(wide / _RISE)[:, None]
    smooth = np.zeros((len(points), raw.shape[1]))
    for offset, share in enumerate(window):
        smooth += share * raw[offset : offset + len(points)]
    return smooth


def _weighed(pieces: list[Piece], points: Grid) -> Grid:
    total: Grid = np.full((len(points), len(_BLENDED)), _IDLE_WEIGHT)
    value: Grid = np.zeros((len(points), len(_BLENDED)))
    reach = float(_ATTACK.max())
    for piece in pieces:
        low, high = np.searchsorted(points, (piece[1] - reach, piece[2] + reach))
        if low == high:
            continue
        targets, weights = _aims(piece)
        share = weights * _dominance(piece, points[low:high])
        total[low:high] += share
        value[low:high] += share * targets
    value /= total
    return value


def closures(spans: Sequence[tuple[float, float]], points: Grid) -> Grid:
    """Return how far the lips are closed at each point: 1 while a closure is held.

    Args:
        spans: where closures are held, in samples, in order and apart.
        points: positions in samples; the spans within `REACH_SAMPLES` of them suffice.
    """
    closed = np.zeros(len(points))
    for index, (start, end) in enumerate(spans):
        # Between two closures near each other the lips part only as far as there is time for.
        before = start - spans[index - 1][1] if index else np.inf
        after = spans[index + 1][0] - end if index + 1 < len(spans) else np.inf
        attack, release = min(_CLOSURE_WAY, _SHARED * before), min(_CLOSURE_WAY, _SHARED * after)
        rising, falling = (points - (start - attack)) / attack, ((end + release) - points) / release
        np.maximum(closed, np.minimum(_ramp(rising), _ramp(falling)), out=closed)
    return closed


def _closed_frames(pieces: list[Piece], per_frame: int) -> list[tuple[int, int]]:
    """Return the frames that closures are held in, first and end; frames that meet are one run."""
    runs: list[tuple[int, int]] = []
    ended = -_CLOSURE_BRIDGE
    for _, start, end, _ in pieces:
        low, high = start // per_frame, -(-max(end - _CLOSURE_YIELD, start + 1) // per_frame)
        if runs and low <= runs[-1][1] and start - ended >= _CLOSURE_BRIDGE:
            # A vowel between takes the frame that is half its own.
            runs[-1] = (runs[-1][0], max(low - 1, runs[-1][0] + 1))
        if runs and (low <= runs[-1][1] or start - ended < _CLOSURE_BRIDGE):
            runs[-1] = (runs[-1][0], max(high, runs[-1][1]))
        else:
            runs.append((low, high))
        ended = end
    return runs
