"""A mesh in, our named contours out.

The indices are those of the canonical face mesh, whose first 468 points both landmark
models share. Chains of more points than a contour has are walked at equal steps.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipsync.face.mesh import Mesh
from lipsync.face.points import Curve, FacePoints

CHIN: Final = 152
FOREHEAD: Final = 10
LIP_MIDDLES: Final = (13, 14)
"""Middle of the inner upper lip, and of the inner lower one."""
_CORNERS: Final = ((61, 78), (291, 308))
"""Outer and inner point of both mouth corners; ours lie between them."""
_JAW_A: Final = (127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, CHIN)
_JAW_B: Final = (CHIN, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454, 356)
_LIPS: Final[Mapping[str, tuple[int, ...]]] = {
    "lip_upper_outer": (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291),
    "lip_upper_inner": (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308),
    "lip_lower_inner": (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308),
    "lip_lower_outer": (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291),
}
_SINGLE: Final[Mapping[str, tuple[int, ...]]] = {
    "nose_base": (98, 97, 2, 326, 327),
    "eye_a_upper": (33, 161, 159, 157, 133),
    "eye_a_lower": (33, 163, 145, 154, 133),
    "eye_b_upper": (362, 384, 386, 388, 263),
    "eye_b_lower": (362, 381, 374, 390, 263),
}
_BROWS: Final[Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]]] = {
    "brow_a": ((70, 63, 105, 66, 107), (46, 53, 52, 65, 55)),
    "brow_b": ((336, 296, 334, 293, 300), (285, 295, 282, 283, 276)),
}
"""Upper and lower edge of each brow; ours runs along its middle."""
_NOSE: Final = (168, 6, 197, 195, 5, 4)


def contours_of(mesh: Mesh, width_px: int, height_px: int) -> FacePoints:
    """Return the contours of a mesh in a picture of this size.

    Points of a face that is cut at the border are brought to the border.
    """
    flat = mesh[:, :2].astype(np.float64)
    curves: dict[str, NDArray[np.float64]] = {
        "jaw": np.concatenate([_walk(flat[list(_JAW_A)], 9), _walk(flat[list(_JAW_B)], 9)[1:]]),
        "nose_bridge": _walk(flat[list(_NOSE)], 4),
    }
    curves |= {name: flat[list(indices)] for name, indices in _SINGLE.items()}
    curves |= {name: (flat[list(up)] + flat[list(low)]) / 2 for name, (up, low) in _BROWS.items()}
    corners = [flat[list(pair)].mean(axis=0) for pair in _CORNERS]
    for name, indices in _LIPS.items():
        chain = flat[list(indices)]
        chain[0], chain[-1] = corners
        curves[name] = np.concatenate([_walk(chain[:6], 4), _walk(chain[5:], 4)[1:]])
    borders = (width_px, height_px)
    inside: dict[str, Curve] = {
        name: np.clip(curve, 0, borders).astype(np.float32) for name, curve in curves.items()
    }
    return FacePoints(width_px, height_px, inside)


def _walk(chain: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return `count` points at equal steps along a chain, its ends among them."""
    steps = np.linalg.norm(np.diff(chain, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    wanted = np.linspace(0, along[-1], count)
    return np.stack([np.interp(wanted, along, chain[:, axis]) for axis in (0, 1)], axis=1)
