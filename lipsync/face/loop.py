"""A loop in a video: which stretch of it can be played over and over.

What each picture is like, as a row of numbers, in; a first picture and a length out, and
whether it is played round and round or back and forth. Also the few pictures that lead from
the end of a loop to its beginning.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipsync.face.track import Picture

MOST_PICTURES: Final = 100
"""Four seconds: longer ones cost memory in every worker, shorter ones are noticed."""
LEAST_CLOSING: Final = 75
"""A head that nods every two seconds is a clock; rather than that, the pictures are played back and forth."""
LEAST_BOUNCING: Final = 50
SEAM_PICTURES: Final = 10
"""Pictures before a loop's end that are led over to those before its beginning."""
_CLOSES: Final = 0.06
"""A seam up to this far, in face widths, is led over: in each picture of it by less than a head
that talks moves anyway. A wider one is played back and forth."""
_NEAR: Final = 2
"""Pictures around both ends that are compared too: they must also move alike."""
_LENGTH_WORTH: Final = 0.03
"""How much worse a seam may be, in face widths, where the loop is twice as long."""
_FLOW_PX: Final = 360
"""Longest side of the pictures in which movement is measured."""

Likeness = NDArray[np.float32]
"""What each picture is like, float32, shape (pictures, numbers): two rows are as far apart as
the pictures differ, in face widths."""


@dataclass(frozen=True, slots=True)
class Loop:
    """A stretch of a video to be played over and over."""

    first: int
    count: int
    bounces: bool
    """Back and forth; otherwise round and round."""
    seam: float
    """How far the pictures at both ends differ; of one that bounces, how far the face still
    moves where it turns back. In face widths."""


def stretches(whole: Sequence[bool], cuts: Sequence[bool]) -> list[tuple[int, int]]:
    """Return the stretches of a video without a gap or a cut, as (first, end), the longest first.

    Args:
        whole: whether the face is there in each picture.
        cuts: whether each picture begins a new shot.
    """
    found, first = [], 0
    for at in range(len(whole) + 1):
        if at == len(whole) or not whole[at] or cuts[at]:
            if at > first:
                found.append((first, at))
            first = at if at < len(whole) and whole[at] else at + 1
    return sorted(found, key=lambda span: span[0] - span[1])


def find_loop(like: Likeness) -> Loop:
    """Find the loop of a stretch.

    Args:
        like: at least two rows.

    Raises:
        ValueError: there are fewer.
    """
    if len(like) < 2:
        raise ValueError(f"a loop needs at least two pictures, got {len(like)}")
    closed = _find_closing(like)
    if closed is not None and closed.seam <= _CLOSES:
        return closed
    return _find_bouncing(like)


def _find_closing(like: Likeness) -> Loop | None:
    """Return the loop whose end runs best into its beginning; None where all is too short."""
    apart = _distances(like)
    best: tuple[float, Loop] | None = None
    for count in range(LEAST_CLOSING, min(MOST_PICTURES, len(like) - 1 - SEAM_PICTURES - _NEAR) + 1):
        # How alike each picture is to the one `count` later, its neighbours counted in.
        near = np.convolve(np.diagonal(apart, count), np.full(2 * _NEAR + 1, 1 / (2 * _NEAR + 1)), "valid")
        seams = near[SEAM_PICTURES - _NEAR :]
        if not len(seams):
            continue
        first = int(seams.argmin())
        seam = float(seams[first])
        cost = seam - _LENGTH_WORTH * float(np.log2(count / LEAST_CLOSING))
        if best is None or cost < best[0]:
            best = cost, Loop(first + SEAM_PICTURES, count, False, seam)
    return best[1] if best else None


def _find_bouncing(like: Likeness) -> Loop:
    """Return the longest allowed stretch at whose ends the least moves."""
    steps = np.linalg.norm(np.diff(like, axis=0), axis=1)
    pace = np.convolve(np.pad(steps, 1, mode="edge"), np.full(2, 0.5), "valid")
    count = min(MOST_PICTURES, len(like))
    least = max(2, min(LEAST_BOUNCING, count))
    found: list[tuple[float, Loop]] = []
    for length in range(least, count + 1):
        turns = pace[: len(pace) - length + 1] + pace[length - 1 :]
        first = int(turns.argmin())
        cost = float(turns[first]) - _LENGTH_WORTH * float(np.log2(length / least))
        found.append((cost, Loop(first, length, True, float(turns[first]))))
    return min(found, key=lambda one: one[0])[1]


def lead_over(before: Picture, after: Picture, share: float) -> Picture:
    """Return a picture between two that are alike, moved and mixed.

    Args:
        before: what it is at share 0.
        after: what it is at share 1.
        share: how far on it is, 0 to 1.
    """
    there, back = _flow(before, after), _flow(after, before)
    one = _moved(before, -share * there).astype(np.float32)
    other = _moved(after, -(1 - share) * back).astype(np.float32)
    return np.asarray(np.rint(one + (other - one) * np.float32(share)).clip(0, 255), np.uint8)


def _distances(like: Likeness) -> NDArray[np.float64]:
    rows = like.astype(np.float64)
    squares = (rows**2).sum(axis=1)
    apart: NDArray[np.float64] = np.sqrt(np.maximum(squares[:, None] + squares[None] - 2 * rows @ rows.T, 0))
    return apart


def _flow(one: Picture, other: Picture) -> NDArray[np.float32]:
    """Return where each pixel of a picture is in another, relative to its place."""
    height_px, width_px = one.shape[:2]
    scale = min(1.0, _FLOW_PX / max(height_px, width_px))
    size = (max(16, round(width_px * scale)), max(16, round(height_px * scale)))
    small = [cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in (one, other)]
    greys = [cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) for picture in small]
    # Made anew each time: what it keeps from one pair is no help for the next.
    finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow = finder.calc(greys[0], greys[1], np.zeros((size[1], size[0], 2), np.float32))
    large = cv2.resize(flow, (width_px, height_px), interpolation=cv2.INTER_LINEAR)
    steps = np.array([width_px / size[0], height_px / size[1]], np.float32)
    return np.asarray(np.asarray(large, np.float32) * steps, np.float32)


def _moved(picture: Picture, back: NDArray[np.float32]) -> Picture:
    """Return a picture whose pixels each come from their place and a displacement."""
    height_px, width_px = picture.shape[:2]
    across, down = np.meshgrid(np.arange(width_px, dtype=np.float32), np.arange(height_px, dtype=np.float32))
    places = np.dstack([across, down]) + back
    moved = cv2.remap(
        picture, places, np.empty(0, np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.uint8)
