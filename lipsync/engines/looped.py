"""A video avatar speaks: the pictures of its loop, each with the mouth moved in it.

A face track of many pictures, every mouth of it at rest, in; I420 frames out. Lips, fields
and the mouth's inside are built once, on the picture that is at rest; every other picture has
an affine map from that one's mouth to its own. A frame is its picture as it is, but for the
jaw, which is sampled from the picture itself through the fields as they lie there. Head,
eyes and chest move as they did before the camera, so nothing of these is drawn.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipsync.engines.backdrops import Backdrops
from lipsync.engines.contract import WHENEVER, Drive, Frame, Size
from lipsync.engines.fields import LOWER_STEPS, UPPER_STEPS, Inverter, MouthFields, opening, weigh
from lipsync.engines.framing import Framing
from lipsync.engines.grid import Box, Field, Grid, enlarge, floats, to_chroma
from lipsync.engines.lips import Lips
from lipsync.engines.looped_mouth import LoopMouth, MouthModel, carry, look
from lipsync.engines.planes import split_i420
from lipsync.face.points import Curve, FacePoints
from lipsync.face.track import FaceTrack
from lipsync.mouth.controls import TONGUE

BAND_CELLS: Final = 16
"""Rows of cells mapped at once; a band's map stays in the processor's cache."""

_LIPS: Final = ("lip_upper_outer", "lip_upper_inner", "lip_lower_inner", "lip_lower_outer")

Affine = NDArray[np.float32]
"""A map of points of the output, float32, shape (2, 3)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the mouth at rest lies in one picture of the loop."""

    there: Affine
    """From the picture at rest to this one."""
    back: Affine
    jaw: Grid
    """What the mouth may move in this picture; as large in all of them."""
    mouth: Grid
    """The part of it where the lips may part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopPainter:
    """One video avatar at one size, ready to be painted; shared by threads."""

    size: Size
    face: FaceTrack
    lips: Lips
    fields: MouthFields
    mouth: MouthModel
    places: tuple[Place, ...]
    backdrops: Backdrops

    @property
    def memory_bytes(self) -> int:
        """Bytes held by this painter once all its pictures have been shown."""
        return self.backdrops.memory_bytes + self.fields.memory_bytes + self.mouth.memory_bytes

    def without_life(self) -> "LoopPainter":
        """Return itself: head and eyes are the pictures' own, and nothing is added to them."""
        return self

    def start(self, seed: int) -> "LoopBrush":
        """Return a brush for one stream; every stream begins with the loop's first picture."""
        del seed
        return LoopBrush(self)


class LoopBrush:
    """Paints the frames of one stream, in one thread; holds its scratch memory."""

    def __init__(self, painter: LoopPainter) -> None:
        self._painter = painter
        height, width = painter.size.height_px * 3 // 2, painter.size.width_px
        self._frame = np.empty((height, width), np.uint8)
        self._parts = split_i420(self._frame, painter.size)
        jaw = painter.places[0].jaw
        self._step = jaw.step
        self._nodes = Grid(Box(0, 0, jaw.box.width, jaw.box.height), jaw.step).nodes()
        self._inverter = Inverter(painter.fields.grid)
        self._upper, self._lower = np.empty_like(self._nodes), np.empty_like(self._nodes)
        rows = min(BAND_CELLS + 2, jaw.shape[0])
        self._map = np.empty((rows * self._step, jaw.shape[1] * self._step, 2), np.float32)
        self._mouth = LoopMouth(painter.mouth, painter.places[0].mouth)

    def foresee(self, drive: Drive, due_s: float = WHENEVER) -> None:
        """Do nothing: the processor draws all of it."""

    def paint(self, drive: Drive) -> Iterator[Frame]:
        """Yield the frames of a drive; see the contract in `lipsync.engines`."""
        for number, row in enumerate(drive.mouth, drive.first_frame):
            self._paint_one(self._painter.face.index_at(number), row)
            yield self._frame

    def _paint_one(self, index: int, row: NDArray[np.float32]) -> None:
        painter = self._painter
        picture = painter.backdrops.get(index)
        np.copyto(self._frame, picture)
        weights = weigh(row, painter.lips.parted)
        if not weights.any():
            return
        place = painter.places[index]
        at_rest = carry(self._nodes + floats([place.jaw.box.left, place.jaw.box.top]), place.back)
        self._find_sources(weights, at_rest)
        source = split_i420(picture, painter.size)
        if painter.lips.parted or opening(weights) > 0:
            at = place.jaw.slices(place.mouth)
            self._mouth.look_outside(self._upper[at], self._lower[at], place.there, source)
            jaw, _, rounded = weights[:3].tolist()
            self._mouth.look_inside(jaw, float(row[TONGUE]), rounded, place.back, place.mouth)
        places = np.where((painter.lips.below(at_rest) < 0)[..., None], self._upper, self._lower)
        self._sample(carry(places, place.there), place.jaw.box, source)
        if painter.lips.parted or opening(weights) > 0:
            self._mouth.lay(place.mouth, self._parts)

    def _find_sources(self, weights: NDArray[np.float32], at_rest: Field) -> None:
        """Find where on the picture at rest both layers' content comes from."""
        fields = self._painter.fields
        shape = (*fields.grid.shape, 2)
        upper, lower = np.dot(weights, fields.upper), np.dot(weights, fields.lower)
        self._inverter.find_sources(upper.reshape(shape), at_rest, UPPER_STEPS, self._upper)
        self._inverter.find_sources(lower.reshape(shape), at_rest, LOWER_STEPS, self._lower)

    def _sample(self, places: Field, box: Box, source: tuple[NDArray[np.uint8], ...]) -> None:
        """Sample the pixels of the jaw, band by band."""
        step = self._step
        chroma = to_chroma(places)
        for row in range(0, box.height // step, BAND_CELLS):
            rows = slice(row, min(row + BAND_CELLS, box.height // step) + 2)
            top, bottom = box.top + row * step, box.top + (rows.stop - 2) * step
            look(source[0], enlarge(places[rows], step, self._map),
                self._parts[0][top:bottom, box.left : box.right])  # fmt: skip
            halves = enlarge(chroma[rows], step // 2, self._map)
            for plane, out in zip(source[1:], self._parts[1:], strict=True):
                look(plane, halves, out[top // 2 : bottom // 2, box.left // 2 : box.right // 2])


def find_places(
    face: FaceTrack, framing: Framing, jaw: Grid, mouth: Grid, canvas: Box
) -> tuple[Place, ...]:
    """Find where the mouth at rest lies in every picture.

    Args:
        face: the track.
        framing: what of its pictures fills the output.
        jaw: the grid of the fields, on the picture at rest.
        mouth: the part of it where the lips part.
        canvas: the cells of the output that may move.
    """
    lips = [framing.place(lips_of(points)) for points in face.points]
    there = [fit_affine(lips[face.rest], curve) for curve in lips]
    jaws = _windows(jaw, there, [canvas] * len(there))
    mouths = _windows(mouth, there, [own.box for own in jaws])
    return tuple(
        Place(to, floats(cv2.invertAffineTransform(to)), own, lips)
        for to, own, lips in zip(there, jaws, mouths, strict=True)
    )


def fit_affine(one: Curve, other: Curve) -> Affine:
    """Return the affine map that brings points nearest to others."""
    known = np.concatenate([one, np.ones((len(one), 1))], axis=1)
    found, *_ = np.linalg.lstsq(known.astype(np.float64), other.astype(np.float64), rcond=None)
    return floats(found.T)


def lips_of(points: FacePoints) -> Curve:
    """Return all points of the lips, one after the other."""
    return np.concatenate([points[name] for name in _LIPS])


def _windows(grid: Grid, there: Sequence[Affine], within: Sequence[Box]) -> list[Grid]:
    """Return boxes of one size, each around what a grid's box becomes in its picture."""
    box, step = grid.box, grid.step
    corners = floats([(x, y) for x in (box.left, box.right) for y in (box.top, box.bottom)])
    moved = [corners @ to[:, :2].T + to[:, 2] for to in there]
    spans = np.max([points.max(axis=0) - points.min(axis=0) for points in moved], axis=0)
    # One cell more than the widest: none of them begins on a cell's border.
    width, height = (step * (int(np.ceil(span / step)) + 1) for span in spans)
    width = min(width, *(outer.width for outer in within))
    height = min(height, *(outer.height for outer in within))
    grids = []
    for points, outer in zip(moved, within, strict=True):
        left, top = (step * int(np.floor(least / step)) for least in points.min(axis=0))
        left = min(max(left, outer.left), outer.right - width)
        top = min(max(top, outer.top), outer.bottom - height)
        grids.append(Grid(Box(left, top, left + width, top + height), step))
    return grids
