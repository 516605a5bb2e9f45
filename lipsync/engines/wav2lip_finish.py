"""A network's painted faces become something that may be laid into a picture.

Painted faces in the order of their frames in; each steadied by those before it, its colours led
over at the rim, its edges sharpened, as planes of the network's own size out. Also the grain of
a picture, which what is painted from fewer pixels lacks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipsync.engines.framing import Plane
from lipsync.engines.grid import floats
from lipsync.engines.wav2lip_crop import Seen
from lipsync.engines.wav2lip_mask import MASK_TOP, Matching

_SAME_LEVELS: Final = 9.0
"""Two frames' pixels that differ by less are the same thing seen twice: what differs is flicker."""
_HALVED_PX: Final = 192
"""Faces of at least this size hold more colour than a picture shows of them."""
_SHARPEST: Final = 0.6
"""Share of the fine detail that is added where one painted pixel covers two or more."""
_GRAIN_SPREADS: Final = 5.0
"""Detail beyond so many spreads is an edge and stays where the picture has it: no grain."""
_LIP_GRAIN: Final = 0.6
"""Lips are smoother than skin."""

@dataclass(frozen=True, slots=True)
class Finish:
    """What is done to painted faces; all of it but in tests that look for the very colours painted."""

    steady: bool = True
    match: bool = True
    sharpen: bool = True
    grain: bool = True


FINISHED: Final = Finish()
PLAIN: Final = Finish(steady=False, match=False, sharpen=False, grain=False)
"""Painted faces as they are."""


def steadied(luma: NDArray[np.float32], past: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return a luma in which what has not moved is averaged over it and those before it.

    A network paints every frame by itself, so teeth shimmer. Where a pixel is nearly what it was, it
    is the mean of both; where it is not, it has moved and is taken as it is.

    Args:
        luma: of a painted face, 0..255, shape (S, S).
        past: those of the frames before it, in any order; at most two.
    """
    total, weight = luma.copy(), np.ones(luma.shape, np.float32)
    for before in past:
        # Looked at over a neighbourhood: one pixel of an edge that moves may well be what it was.
        near = cv2.blur(cv2.absdiff(luma, before), (3, 3), borderType=cv2.BORDER_REPLICATE)
        share = floats(cv2.exp(near * near * np.float32(-1 / _SAME_LEVELS**2)))
        total += before * share
        weight += share
    return total / weight


def finish_face(
    painted: Seen, past: Sequence[Seen], *, seen: Seen, matching: Matching, enlarged: float, how: Finish
) -> tuple[Plane, Plane]:
    """Return the luma and, in planes 1 and 2, the colours of a painted face, of its size or half of it.

    Args:
        painted: as the network gave it, in Y, U and V.
        past: those of at most two frames before it.
        seen: what the picture shows there.
        matching: of the face's outline.
        enlarged: pixels of the output that one of the network's covers, along a line.
        how: what is done.
    """
    luma = floats(cv2.extractChannel(painted, 0))
    below = slice(int(MASK_TOP * len(luma)), None)
    part = luma[below]
    if how.steady and past:
        part[...] = steadied(part, [floats(cv2.extractChannel(before[below], 0)) for before in past])
    colours = _fewer(painted)
    if how.match:
        offsets = matching.offsets(seen, painted)
        part += _as_large(offsets[..., 0], luma)[below]
        colours += _as_large(offsets, colours)
    share = _SHARPEST * min(max(enlarged - 1.0, 0.0), 1.0)
    if how.sharpen and share:
        soft = cv2.GaussianBlur(part, (5, 5), 1.0, borderType=cv2.BORDER_REPLICATE)
        cv2.addWeighted(part, 1 + share, soft, -share, 0.0, dst=part)
    return _levels(luma), _levels(colours)


def _fewer(face: Seen) -> NDArray[np.float32]:
    """Return a face at half its size where that is large: colours are shown at half the resolution anyway."""
    side_px = len(face)
    if side_px < _HALVED_PX:
        return face.copy()
    return floats(cv2.resize(face, (side_px // 2, side_px // 2), interpolation=cv2.INTER_AREA))


def _as_large(field: NDArray[np.float32], as_this: NDArray[np.float32]) -> NDArray[np.float32]:
    return floats(cv2.resize(field, as_this.shape[1::-1], interpolation=cv2.INTER_LINEAR))


def _levels(values: NDArray[np.float32]) -> Plane:
    """Return values rounded and held within 0..255."""
    return np.asarray(cv2.add(values, np.zeros(4), dtype=cv2.CV_8U), np.uint8)


def grain_of(luma: Plane, lips: NDArray[np.float32], mask: Plane, fine_px: float) -> NDArray[np.int8]:
    """Return the fine detail of a picture that belongs on a painted face.

    Skin keeps its own: pores, freckles, stubble stay where they are. Lips, whose own detail is
    the edges of the mouth at rest, take that of the chin, mirrored.

    Args:
        luma: the picture's.
        lips: 1 on lips, 0 on skin, of the same shape.
        mask: where it is painted, 0..255, of the same shape.
        fine_px: what is smaller than this, the network does not paint.

    Returns:
        Levels to add, int8, of the same shape.
    """
    detail = luma - cv2.GaussianBlur(floats(luma), (0, 0), max(fine_px, 0.6))
    skin = (mask > 127) & (lips < 0.02)
    # Of a Gaussian, half of the values lie within 0.6745 spreads.
    spread = float(np.median(np.abs(detail[skin]))) / 0.6745 if skin.any() else 0.0
    most = _GRAIN_SPREADS * max(spread, 0.3)
    # Beyond that it fades instead of being cut: an edge that is cut off is still an edge.
    grain = detail / (1 + (detail / most) ** 4)
    rows = np.flatnonzero((lips > 0.5).any(axis=1))
    if len(rows):
        below = min(int(rows[-1]) + 1, len(luma) - 1)
        mirrored = np.clip(2 * below - np.arange(len(luma)), 0, len(luma) - 1)
        grain = grain * (1 - lips) + _LIP_GRAIN * grain[mirrored] * lips * (1 - lips[mirrored])
    return np.asarray(np.rint(np.clip(grain, -127, 127)), np.int8)
