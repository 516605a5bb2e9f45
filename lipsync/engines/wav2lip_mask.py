"""Which pixels of a face are painted anew, and how they are led over to those around them.

Contours in output pixels in; a soft mask by the face's own outline, from under the nose to just
below the chin, and along its rim the offsets by which a painted face has other colours, spread
over the whole, out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipsync.engines.framing import Plane
from lipsync.engines.grid import Box, floats, smooth_step
from lipsync.engines.wav2lip_crop import Crop, Seen
from lipsync.face.points import Curve

_JAW: Final = slice(3, 14)
"""Points of the jaw's outline beside and below the mouth."""
_WITHIN: Final = 0.83
"""How far from the mouth to the outline the mask reaches: background must not be led over into."""
_BELOW: Final = 1.03
"""The same at the chin, which drops with the jaw."""
_SOFT: Final = 0.022
"""Width of the rim, as the spread of a Gaussian, in heights of the box."""
MASK_TOP: Final = 3 / 8
"""Nothing of the box above this share of its height is ever painted."""
_LIP_ROOM: Final = 0.10
"""How far around the lips skin is no longer the picture's own, in mouth widths."""

_RIM_POINTS: Final = 28
_COARSE: Final = 48
"""Side of the grid that differences along the rim are measured on."""
_SPREAD: Final = 24
"""Side of the grid that they are spread over."""
_RIM_REACH: Final = 0.035
"""Spread of what one point of the rim looks at, in sides of the box."""
MOST_LEVELS: Final = 32.0
"""A difference beyond this, of 255 levels, is no difference of light: a chin that has dropped, say."""

Shape = NDArray[np.float32]


def outline(placed: Mapping[str, Curve]) -> Curve:
    """Return the polygon that the mask's rim runs along, in output pixels."""
    jaw, lips, nose = placed["jaw"], placed["lip_upper_outer"], placed["nose_base"]
    mouth = (lips[0] + lips[-1]) / 2
    part = np.linspace(-1, 1, len(jaw[_JAW]), dtype=np.float32)[:, None]
    share = _WITHIN + (_BELOW - _WITHIN) * (1 - part**2) ** 3
    below = mouth + (jaw[_JAW] - mouth) * share
    under_nose = nose + 0.30 * (lips[3] - nose[2])
    side_a, side_b = (
        floats([(end[0] + lip[0]) / 2, 0.6 * nose[2][1] + 0.4 * end[1]])
        for end, lip in ((below[0], lips[0]), (below[-1], lips[-1]))
    )
    return floats(np.concatenate([below, [side_b], under_nose[[3, 2, 1]], [side_a]]))


def bounds(placed: Mapping[str, Curve], crop: Crop) -> Box:
    """Return a box of output pixels that holds all of the mask."""
    ring, room = outline(placed), _reach_px(crop) + 2
    left, top = np.floor(ring.min(axis=0)).astype(int) - room
    right, bottom = np.ceil(ring.max(axis=0)).astype(int) + room + 1
    return Box(int(left), int(top), int(right), int(bottom))


def draw_mask(placed: Mapping[str, Curve], crop: Crop, canvas: Box, box: Box, scale: int = 1) -> Plane:
    """Draw the mask in a box of the output: 255 where a pixel is painted anew, 0 where it is left.

    Args:
        placed: contours in output pixels.
        crop: of the painted face; the mask ends before it does.
        canvas: what of the output may change; the mask ends before that, too.
        box: the part of the output that is wanted.
        scale: pixels drawn for each of the output's, both ways.
    """
    sharp = _fill(outline(placed), box, scale)
    reach = scale * _reach_px(crop)
    soft = cv2.GaussianBlur(sharp, (2 * reach + 1, 2 * reach + 1), scale * _SOFT * crop.height)
    x = box.left + np.arange(sharp.shape[1], dtype=np.float32) / scale
    y = box.top + np.arange(sharp.shape[0], dtype=np.float32) / scale
    rim = _SOFT * crop.height
    left, right = max(crop.left, canvas.left), min(crop.left + crop.width, canvas.right) - 1
    top = max(crop.top + MASK_TOP * crop.height, canvas.top)
    bottom = min(crop.top + crop.height, canvas.bottom) - 1
    across, down = np.minimum(x - left, right - x) / rim, np.minimum(y - top, bottom - y) / rim
    room = smooth_step(down)[:, None] * smooth_step(across)[None]
    return np.asarray(np.rint(soft * room), np.uint8)


def draw_lips(placed: Mapping[str, Curve], box: Box, scale: int = 1) -> Shape:
    """Draw where lips are or may come in a box of the output: 1 on them, 0 on skin, soft between."""
    upper, lower = placed["lip_upper_outer"], placed["lip_lower_outer"]
    width = float(np.linalg.norm(upper[-1] - upper[0]))
    sharp = _fill(np.concatenate([upper, lower[::-1]]), box, scale)
    room = max(1, round(scale * _LIP_ROOM * width))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * room + 1, 2 * room + 1))
    soft = cv2.GaussianBlur(cv2.dilate(sharp, disc), (0, 0), max(1.0, room / 2))
    return floats(soft) / np.float32(255)


def _fill(ring: Curve, box: Box, scale: int) -> Plane:
    plane = np.zeros((scale * box.height, scale * box.width), np.uint8)
    # In sixteenths of a pixel, or the rim would jump from picture to picture of a loop.
    points = np.rint((ring - floats([box.left, box.top])) * (16 * scale)).astype(np.int32)
    cv2.fillPoly(plane, [points], 255, cv2.LINE_AA, shift=4)
    return plane


def _reach_px(crop: Crop) -> int:
    return max(2, round(2.5 * _SOFT * crop.height))


@dataclass(frozen=True, slots=True)
class Matching:
    """Leads the colours of a painted face over to those around it.

    The difference is looked at along the rim and spread over the inside by distance, so that
    it is nothing at the rim and changes slowly everywhere (Shepard, 1968): a membrane whose
    weights depend on the face's outline alone and are worked out once.
    """

    look: Shape
    """What each point of the rim looks at, shape (points, coarse pixels)."""
    spread: Shape
    """What each node of the inside takes from the rim, shape (nodes, points)."""

    @classmethod
    def along(cls, placed: Mapping[str, Curve], crop: Crop) -> "Matching":
        """Prepare for a face with these contours in this box."""
        ring = _even(outline(placed), _RIM_POINTS)
        ring = (ring + 0.5 - floats([crop.left, crop.top])) / floats([crop.width, crop.height])
        near = _distances(ring, _COARSE) / _RIM_REACH**2
        look = np.exp(-near / 2) + 1e-12
        far = 1.0 / (_distances(ring, _SPREAD) + 0.02**2)
        return cls(
            floats(look / look.sum(axis=1, keepdims=True)),
            floats((far / far.sum(axis=0)).T),
        )

    @property
    def memory_bytes(self) -> int:
        """Bytes of the weights."""
        return self.look.nbytes + self.spread.nbytes

    def offsets(self, seen: Seen, painted: Seen) -> Seen:
        """Return what to add to a painted face, Y, U, V, float32, shape (24, 24, 3), to be enlarged to it."""
        size = (_COARSE, _COARSE)
        apart, shown = (cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in (seen, painted))
        apart = cv2.subtract(apart, shown)
        rim = np.clip(self.look @ apart.reshape(-1, 3), -MOST_LEVELS, MOST_LEVELS)
        # Neighbours along the rim are one light; a single one of them is a shadow or a hair.
        rim = (np.roll(rim, 1, axis=0) + 2 * rim + np.roll(rim, -1, axis=0)) / 4
        return floats((self.spread @ rim).reshape(_SPREAD, _SPREAD, 3))


def _even(ring: Curve, count: int) -> Curve:
    """Return so many points at equal steps along a closed polygon."""
    closed = np.concatenate([ring, ring[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    wanted = np.arange(count) * along[-1] / count
    return floats(np.stack([np.interp(wanted, along, closed[:, axis]) for axis in (0, 1)], axis=1))


def _distances(ring: Curve, side: int) -> NDArray[np.float64]:
    """Return squared distances from points (0..1) to the pixels of a square, shape (points, side * side)."""
    middle = (np.arange(side) + 0.5) / side
    across = (ring[:, 0, None] - middle) ** 2
    down = (ring[:, 1, None] - middle) ** 2
    squares: NDArray[np.float64] = down[:, :, None] + across[:, None, :]
    return squares.reshape(len(ring), -1)
