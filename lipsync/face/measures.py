"""A picture and one face of it in, what can be measured about it out. Judges nothing.

Every measure is taken on the face turned level and brought to one size, so that it means the
same for a face of eighty pixels and one of two thousand.
"""

from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipsync.face.mesh import Crop, Mesh, crop_of_mesh, cut_crop
from lipsync.face.track import Picture

_OVAL: Final = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
_CHEEK_A: Final = (234, 93, 132, 58, 172, 61, 49, 126, 217, 174, 133, 145, 33, 127)
_CHEEK_B: Final = (454, 323, 361, 288, 397, 291, 279, 355, 437, 399, 362, 374, 263, 356)
_CHEEKBONES: Final = (234, 454)
_CORNERS: Final = (61, 291)
_INNER_MIDDLES: Final = (13, 14)
_LIGHT_PX: Final = 256
_SHARP_PX: Final = (48, 160)
"""Least and largest side a face's sharpness is looked at in: finer detail than that of a face
of 160 pixels is not seen in a stream, and blowing up a smaller one would only blur it."""
_BLUR_PX: Final = 9
_ROOM: Final = 0.8
"""The looked-at square is this much of the landmark network's crop."""
_BLOWN: Final = 250

Grey = NDArray[np.uint8]
Mask = NDArray[np.bool_]


def face_width_px(mesh: Mesh) -> float:
    """Return the distance between the cheekbones in pixels of the picture."""
    a, b = mesh[list(_CHEEKBONES), :2]
    return float(np.linalg.norm(b - a))


def mouth_gap(mesh: Mesh) -> float:
    """Return the gap between the inner lips over the mouth's width."""
    upper, lower = mesh[list(_INNER_MIDDLES), :2]
    a, b = mesh[list(_CORNERS), :2]
    return float(np.linalg.norm(lower - upper) / max(float(np.linalg.norm(b - a)), 1e-6))


def sharpness(picture: Picture, mesh: Mesh) -> float:
    """Return how much of the face's detail a further blur would take away: 0 blurred, 1 sharp."""
    crop = _around(mesh)
    side = int(np.clip(crop.side_px, *_SHARP_PX))
    grey, points = _level(picture, mesh, crop, side)
    inside = _area(points, _OVAL, side)
    return max(_lost(grey.astype(np.float32), inside, axis) for axis in (0, 1))


def brightness(picture: Picture, mesh: Mesh) -> tuple[float, float]:
    """Return the face's highlights, 0 to 1, and the share of it that is blown out.

    Highlights, not the mean: skin of every colour has them where it is lit at all.
    """
    grey, points = _level(picture, mesh, _around(mesh), _LIGHT_PX)
    face = grey[_area(points, _OVAL, _LIGHT_PX)]
    if not face.size:
        return 0.0, 0.0
    return float(np.percentile(face, 95) / 255), float((face >= _BLOWN).mean())


def uneven_light(picture: Picture, mesh: Mesh) -> float:
    """Return how far the light on both cheeks differs, over their mean: 0 even, 2 one is black."""
    grey, points = _level(picture, mesh, _around(mesh), _LIGHT_PX)
    means = [float(grey[_area(points, cheek, _LIGHT_PX)].mean()) for cheek in (_CHEEK_A, _CHEEK_B)]
    return 2 * abs(means[0] - means[1]) / max(sum(means), 1e-6)


def _lost(grey: NDArray[np.float32], inside: Mask, axis: int) -> float:
    size = (_BLUR_PX, 1) if axis == 1 else (1, _BLUR_PX)
    steps = np.abs(np.diff(grey, axis=axis))
    left = np.abs(np.diff(cv2.blur(grey, size), axis=axis))
    looked_at = inside[:, 1:] if axis == 1 else inside[1:]
    lost = np.maximum(steps - left, 0)[looked_at].sum()
    return float(lost / max(float(steps[looked_at].sum()), 1e-6))


def _around(mesh: Mesh) -> Crop:
    crop = crop_of_mesh(mesh)
    return replace(crop, side_px=crop.side_px * _ROOM)


def _level(picture: Picture, mesh: Mesh, crop: Crop, side: int) -> tuple[Grey, NDArray[np.float64]]:
    patch, to_crop = cut_crop(picture, crop, side)
    points = mesh[:, :2].astype(np.float64) @ to_crop[:, :2].T + to_crop[:, 2]
    return np.asarray(cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY), np.uint8), points


def _area(points: NDArray[np.float64], indices: tuple[int, ...], side: int) -> Mask:
    """Return the pixels within these points of the mesh; never empty."""
    mask = np.zeros((side, side), np.uint8)
    cv2.fillPoly(mask, [np.rint(points[list(indices)]).astype(np.int32)], 1)
    return mask.astype(bool) if mask.any() else np.ones((side, side), bool)
