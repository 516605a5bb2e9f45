"""The mouth of a speaker put to rest, in every picture of a video.

One picture in which the mouth is at rest, and pictures in which it may be talking, with the
mesh of the face in each, in; the same pictures with the mouth of the first one out. Where the
mouth would be follows from the head alone: from what does not move when one talks.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipsync.engines.grid import Grid, enlarge, floats, smooth_step, snap
from lipsync.engines.looped import fit_affine
from lipsync.engines.splines import ThinPlate
from lipsync.face.mesh import Mesh
from lipsync.face.track import Picture

OUTER_LIPS: Final = (
    61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146,
)  # fmt: skip
INNER_LIPS: Final = (
    78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95,
)  # fmt: skip
RIGID: Final = (
    33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 1, 2, 98, 327, 234, 454, 127, 356, 10, 151, 9, 8,
    21, 251, 54, 284, 103, 332, 109, 338,
)  # fmt: skip
"""Points that stand still on a head that talks: eye corners, nose, temples, forehead."""
_JAW: Final = (58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288)
_CHIN: Final = (18, 200, 199, 175, 83, 313, 182, 406)
_STILL: Final = (1, 2, 98, 327, 4, 50, 280, 101, 330, 117, 346, 93, 323, 129, 358)
"""Nose and cheekbones, to which the skin of the lower face is fixed."""
_NOSE: Final = (2, 98, 327, 97, 326)
_CORNERS: Final = (61, 291)

_STEP_PX: Final = 8
_WHOLE: Final = 0.07
"""How far around the lips the mouth at rest is laid in whole, in mouth widths."""
_FADE: Final = 0.30
"""Where nothing of it is left."""
_ASIDE: Final = 0.65
"""Beside the lips it reaches farther by its inverse, over the folds of a face that spoke."""
_TONE: Final = 0.55
"""How far around the lips its colours are compared with the picture's."""


def mouth_width(mesh: Mesh) -> float:
    """Return the distance of the mouth's corners in pixels."""
    a, b = mesh[list(_CORNERS), :2]
    return float(np.linalg.norm(b - a))


def rest_mesh(rest: Mesh, mesh: Mesh) -> Mesh:
    """Return a mesh with the lips, the chin and the jaw of another, turned as its head is."""
    turned = _turn(rest, mesh)
    # What is left of the error shows where mouth and nose meet, so it is taken out there.
    turned[:, :2] += (mesh[list(_NOSE), :2] - turned[list(_NOSE), :2]).mean(axis=0)
    out = mesh.copy()
    moved = [*OUTER_LIPS, *INNER_LIPS, *_JAW, *_CHIN]
    out[moved] = turned[moved]
    # The lips move as one flat piece, just as the picture of them is laid in.
    lips = [*OUTER_LIPS, *INNER_LIPS]
    there = fit_affine(rest[lips, :2], turned[lips, :2])
    out[lips, :2] = rest[lips, :2] @ there[:, :2].T + there[:, 2]
    return out


@dataclass(frozen=True, slots=True)
class RestMouth:
    """One picture with the mouth at rest, ready to be laid into others of the same size."""

    picture: Picture
    mesh: Mesh
    whole: NDArray[np.float32]
    """How much of it is laid in, 0 to 1, shape (height, width)."""
    near: NDArray[np.float32]
    """Where colours are compared, 0 to 1."""

    @classmethod
    def of(cls, picture: Picture, mesh: Mesh) -> "RestMouth":
        """Take the mouth of a picture."""
        lips = np.zeros(picture.shape[:2], np.uint8)
        cv2.fillPoly(lips, [np.rint(mesh[list(OUTER_LIPS), :2]).astype(np.int32)], 1)
        away = _away(lips) / np.float32(mouth_width(mesh))
        whole = 1 - smooth_step((away - _WHOLE) / (_FADE - _WHOLE))
        near = (1 - smooth_step((away - _FADE) / (_TONE - _FADE))) * (1 - whole)
        return cls(picture, mesh, floats(whole), floats(near))

    def put(self, picture: Picture, mesh: Mesh) -> tuple[Picture, Mesh]:
        """Lay the mouth into a picture; return that and where its points are now.

        Args:
            picture: of the size of the one at rest.
            mesh: of the face in it.
        """
        at_rest = rest_mesh(self.mesh, mesh)
        height_px, width_px = picture.shape[:2]
        canvas = snap(0, 0, width_px - _STEP_PX + 1, height_px - _STEP_PX + 1, _STEP_PX)
        wide = mouth_width(at_rest)
        points = at_rest[[*OUTER_LIPS, *_JAW, *_STILL], :2]
        low, high = points.min(axis=0) - 0.5 * wide, points.max(axis=0) + 0.7 * wide
        around = snap(float(low[0]), float(low[1]), float(high[0]), float(high[1]), _STEP_PX)
        grid = Grid(around.within(canvas), _STEP_PX)
        box = grid.box
        part = _unspoken(picture, mesh, at_rest, grid)
        lips = [*OUTER_LIPS, *INNER_LIPS]
        there = fit_affine(self.mesh[lips, :2], at_rest[lips, :2])
        there[:, 2] -= (box.left, box.top)
        size = (box.width, box.height)
        own = floats(cv2.warpAffine(
            self.picture, there, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        ))  # fmt: skip
        whole, near = (floats(cv2.warpAffine(mask, there, size)) for mask in (self.whole, self.near))
        toned = own + _tone(part, own, near, wide)
        mixed = part + (toned - part) * whole[..., None]
        out = picture.copy()
        out[box.top : box.bottom, box.left : box.right] = np.rint(mixed).clip(0, 255)
        return out, at_rest


def _away(lips: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return how far each pixel is from the lips, what is beside them counted as nearer."""
    height, width = lips.shape
    narrow = cv2.resize(lips, (round(width * _ASIDE), height), interpolation=cv2.INTER_NEAREST)
    away = cv2.distanceTransform(1 - np.asarray(narrow, np.uint8), cv2.DIST_L2, 5)
    return floats(cv2.resize(away, (width, height), interpolation=cv2.INTER_LINEAR))


def _unspoken(picture: Picture, mesh: Mesh, at_rest: Mesh, grid: Grid) -> NDArray[np.float32]:
    """Return the part of a picture in a grid's box, its jaw moved back to rest."""
    moved, still = [*OUTER_LIPS, *_JAW, *_CHIN], list(_STILL)
    box = grid.box
    rim = _rim(box.left, box.top, box.right, box.bottom)
    places = np.concatenate([at_rest[moved, :2], mesh[still, :2], rim])
    moves = np.zeros_like(places)
    moves[: len(moved)] = (mesh - at_rest)[moved, :2]
    field = ThinPlate(floats(places), grid, stiffness=1e-2).spread(floats(moves))
    scratch = np.empty((grid.shape[0] * grid.step, grid.shape[1] * grid.step, 2), np.float32)
    back = enlarge(field + grid.nodes(), grid.step, scratch)
    part = cv2.remap(picture, back, np.empty(0, np.float32), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return floats(part)


def _tone(
    part: NDArray[np.float32], own: NDArray[np.float32], near: NDArray[np.float32], wide_px: float
) -> NDArray[np.float32]:
    """Return what must be added to a mouth's colours for its surroundings to become the picture's."""
    sigma = 0.22 * wide_px
    weight = cv2.GaussianBlur(near, (0, 0), sigma)[..., None] + 1e-4
    return floats(cv2.GaussianBlur((part - own) * near[..., None], (0, 0), sigma) / weight)


def _turn(rest: Mesh, mesh: Mesh) -> Mesh:
    """Return a mesh moved, turned and scaled in space as another's head is (Umeyama, 1991)."""
    known, seen = rest[list(RIGID)].astype(np.float64), mesh[list(RIGID)].astype(np.float64)
    middle, there = known.mean(axis=0), seen.mean(axis=0)
    known, seen = known - middle, seen - there
    left, spread, right = np.linalg.svd(seen.T @ known)
    flip = np.diag([1, 1, np.sign(np.linalg.det(left @ right))])
    scale = np.trace(np.diag(spread) @ flip) / (known**2).sum()
    return floats((rest - middle) @ (scale * left @ flip @ right).T + there)


def _rim(left: float, top: float, right: float, bottom: float) -> NDArray[np.float32]:
    """Return points around a box, where nothing moves."""
    across, down = np.linspace(left, right, 7), np.linspace(top, bottom, 7)
    points = [(x, y) for x in across for y in (top, bottom)]
    return floats(points + [(x, y) for y in down[1:-1] for x in (left, right)])
