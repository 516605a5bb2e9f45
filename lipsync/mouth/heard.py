"""Recorded speech in, a mouth track out: one row of controls per video frame, from the sound itself.

Beside `lipsync.mouth.track`, for sound whose phonemes nobody knows. `heard_features` tells what is
heard, `heard_model` which mouth belongs to it; here closures become whole frames and the rest
means over frames. Holds no state: a row depends only on the sound within `HEARD_REACH_SAMPLES`
of its frame, on the recording's level and on the model, whatever run of frames it is asked for in.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lipsync.clock import FPS, ms_to_samples, samples_per_frame
from lipsync.mouth.controls import PRESS, TUCK, MouthTrack, rest
from lipsync.mouth.heard_features import HOP_SAMPLES, HeardLevel, heard_rows
from lipsync.mouth.heard_model import OUTPUTS, HeardModel
from lipsync.mouth.track import closures
from lipsync.speech.spans import Sound

HEARD_REACH_SAMPLES = ms_to_samples(500)
"""A row needs no sound that ends this long before its frame's start or begins this long after its
end, at 10 frames a second and more."""

_MARGIN_SAMPLES = ms_to_samples(280)
"""Where answers are needed before and after the frames asked for: a closure's neighbours bear upon it
less than a quarter of a second away."""
_SURE = 1.0
"""Answers above this are closures: lips that close for nothing are worse than some that do not."""
_STEP_SAMPLES = ms_to_samples(5)
_CLOSED = (PRESS, TUCK)

Grid = NDArray[np.float64]
Held = NDArray[np.bool_]


def heard_mouth(
    sound: Sound,
    first_frame: int,
    frames: int,
    fps: int = FPS,
    *,
    level: HeardLevel,
    model: HeardModel,
) -> MouthTrack:
    """Return the mouth's controls for a run of a recording's frames.

    Args:
        sound: mono int16 at 48 kHz, shape (samples,): one stretch of recorded speech, whole;
            zeros stand for what lies farther than `HEARD_REACH_SAMPLES` from the frames.
        first_frame: first frame wanted, counted from the recording's start.
        frames: how many.
        fps: frames per second; must divide the sample rate.
        level: `measure_level` of the whole recording.
        model: `read_heard_model` of the table that is shipped.

    Returns:
        float32, shape (frames, 10), 0..1, as `lipsync.mouth.track.mouth_track` returns it.

    Raises:
        UnevenClock: fps does not divide the sample rate.
    """
    per_frame = samples_per_frame(fps)
    track = rest(frames)
    if frames == 0 or len(sound) == 0 or not level.speaks:
        return track
    margin = -(-_MARGIN_SAMPLES // per_frame)
    first, count = first_frame - margin, frames + 2 * margin
    points = _points(first, count, per_frame)
    answers = _answers(sound, points, level, model)
    wide = answers.reshape(count, -1, OUTPUTS)
    track[:, :OUTPUTS] = wide[margin : margin + frames].mean(axis=1)
    for control in _CLOSED:
        spans = _spans(_held_frames(wide[:, :, control] > _SURE), first, per_frame)
        closed = closures(spans, points).reshape(count, -1).mean(axis=1)
        track[:, control] = closed[margin : margin + frames]
    np.clip(track, 0.0, 1.0, out=track)
    return track


def _points(first_frame: int, frames: int, per_frame: int) -> Grid:
    """Return positions in samples, as many in every frame, about 5 ms apart."""
    count = max(per_frame // _STEP_SAMPLES, 1)
    within = (np.arange(count) + 0.5) * (per_frame / count)
    starts = (first_frame + np.arange(frames)) * float(per_frame)
    return np.asarray(starts[:, None] + within, np.float64).reshape(-1)


def _answers(sound: Sound, points: Grid, level: HeardLevel, model: HeardModel) -> Grid:
    """Return the model's answers at some points, between those of the hops around each."""
    first = int(points[0] // HOP_SAMPLES) - 1
    hops = int(points[-1] // HOP_SAMPLES) + 2 - first
    side = model.side_hops
    answers = model.answer(heard_rows(sound, first - side, hops + 2 * side, level))
    place = points / HOP_SAMPLES - 0.5 - first
    before = np.floor(place).astype(np.int64)
    share = (place - before)[:, None]
    between: Grid = answers[before] * (1 - share) + answers[before + 1] * share
    return between


def _held_frames(closed: Held) -> Held:
    """Return the frames that a closure is held in.

    A closure takes every frame that it is heard in, as in `lipsync.mouth.track`; one in which the
    lips are closed, part, and close again belongs to what is between.

    Args:
        closed: whether there is a closure, shape (frames, points of a frame).
    """
    between = closed[:, 0] & closed[:, -1] & ~closed.all(axis=1)
    return np.asarray(closed.any(axis=1) & ~between, np.bool_)


def _spans(held: Held, first_frame: int, per_frame: int) -> list[tuple[float, float]]:
    """Return runs of frames, in samples."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], held, [False])).astype(np.int8)))
    runs = ((edges.reshape(-1, 2) + first_frame) * float(per_frame)).tolist()
    return [(start, end) for start, end in runs]
