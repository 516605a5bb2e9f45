"""The warp engine: any picture of a face speaks, on any processor, at full resolution.

A picture and its points in, I420 frames out. The picture is cut once into two layers
along the lip line (`lips`, `fields`), with a drawn mouth behind (`mouth_inside`); a frame
weighs a few basis fields on a coarse grid, enlarges them to a map and samples Y, U and V
through it. What no field reaches is painted once and stays.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lipsync.engines.compose import Layers, shade
from lipsync.engines.contract import Frame, Size
from lipsync.engines.eyelids import Lid, close_lid, find_lid
from lipsync.engines.fields import DROP, Inverter, MouthFields, build_fields, opening, weigh
from lipsync.engines.framing import Plane, Planes, check_size, cut_planes, frame_face, only_picture, place_points
from lipsync.engines.grid import Box, Field, Grid, enlarge, inner_canvas, snap
from lipsync.engines.head import build_poses, pose_weights
from lipsync.engines.lips import Lips, find_lips
from lipsync.engines.mouth_inside import MouthInside, draw_inside
from lipsync.face.track import FaceTrack
from lipsync.motion.blink import closure
from lipsync.motion.breath import breath
from lipsync.motion.sway import STILL, sway
from lipsync.mouth.controls import JAW, TONGUE, MouthTrack

BAND_CELLS = 16
"""Rows of cells mapped at once; a band's map stays in the processor's cache."""

SHADE_REACH = 0.11
"""How far the lips' shadow reaches into the mouth, in mouth widths."""
SHADE_FLOOR = 0.30
"""Light left right behind a lip."""


class WarpEngine:
    """Prepares painters that warp one picture.

    `alive=False` leaves out blink, breath and sway: the face then moves its mouth only.
    """

    name = "warp"

    def __init__(self, *, alive: bool = True) -> None:
        self._alive = alive

    def prepare(self, face: FaceTrack, size: Size) -> "WarpPainter":
        """Measure a face and build all that a frame is painted from.

        Raises:
            BadSize: a side is odd or not within 256 to 1280 pixels.
            BadFace: not one picture with its own points, or a face that does not fit.
        """
        check_size(size)
        picture, points = only_picture(face)
        framing = frame_face(points, size)
        placed = place_points(points, framing)
        planes = cut_planes(picture, framing)
        step = max(4, 2 * round(max(size.width_px, size.height_px) / 256))
        canvas = inner_canvas(size.width_px, size.height_px, step)
        lips = find_lips(placed, planes.luma)
        fields = build_fields(placed, lips, canvas, step)
        head = Grid(canvas, step)
        mouth_box = _mouth_box(lips, fields.grid.box, step)
        return WarpPainter(
            size=size,
            alive=self._alive,
            planes=planes,
            lips=lips,
            fields=fields,
            head=head,
            poses=build_poses(placed, lips, head),
            mouth=Grid(mouth_box, step),
            masks=_masks(lips, planes),
            inside=draw_inside(planes, placed, lips, mouth_box),
            lids=tuple(find_lid(placed, side, canvas) for side in "ab"),
            rest=_rest_frame(planes, size),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WarpPainter:
    """One avatar at one size, ready to be painted; immutable, shared by threads."""

    size: Size
    alive: bool
    planes: Planes
    lips: Lips
    fields: MouthFields
    head: Grid
    poses: NDArray[np.float32]
    mouth: Grid
    masks: tuple[Plane, Plane]
    """How much of each source pixel belongs to the upper and to the lower layer, 0..255."""
    inside: MouthInside
    lids: tuple[Lid, ...]
    rest: Frame
    """The picture itself as a frame."""

    @property
    def memory_bytes(self) -> int:
        """Bytes held by this painter."""
        arrays = (self.poses, *self.masks, self.inside.levels, self.rest)
        return self.planes.memory_bytes + self.fields.memory_bytes + sum(array.nbytes for array in arrays)

    def start(self, seed: int) -> "WarpBrush":
        """Return a brush for one stream."""
        return WarpBrush(self, seed)


class WarpBrush:
    """Paints the frames of one stream, in one thread; holds its scratch memory."""

    def __init__(self, painter: WarpPainter, seed: int) -> None:
        self._painter, self._seed = painter, seed
        head, mouth, jaw = painter.head, painter.mouth, painter.fields.grid
        self._frame = painter.rest.copy()
        self._planes = split_i420(self._frame, painter.size)
        self._home = head.nodes()
        self._places = np.empty_like(self._home)
        self._jaw_at = head.slices(jaw)
        self._mouth_at = jaw.slices(mouth)
        self._inverter = Inverter(jaw)
        self._back_upper, self._back_lower = (np.empty((*jaw.shape, 2), np.float32) for _ in range(2))
        self._sources_upper, self._sources_lower = (np.empty((*jaw.shape, 2), np.float32) for _ in range(2))
        rows = min(BAND_CELLS + 2, head.shape[0])
        self._map = np.empty((rows * head.step, head.shape[1] * head.step, 2), np.float32)
        self._lips = _MouthBrush(painter)

    def paint(self, first_frame: int, mouth: MouthTrack) -> Iterator[Frame]:
        """Yield one frame per row of `mouth`; see the contract in `lipsync.engines`."""
        for number, row in enumerate(mouth, first_frame):
            self._paint_one(number, row)
            yield self._frame

    def _paint_one(self, number: int, row: NDArray[np.float32]) -> None:
        painter = self._painter
        if painter.alive:
            pose = pose_weights(sway(self._seed, number), breath(self._seed, number))
        else:
            pose = pose_weights(STILL, 0.0)
        np.dot(pose, painter.poses, out=self._places.reshape(-1))
        np.add(self._places, self._home, out=self._places)
        weights = weigh(row, painter.lips.parted)
        self._warp_mouth(weights)
        self._sample()
        if painter.lips.parted or opening(weights) > 0:
            at = self._mouth_at
            self._lips.paint(
                self._sources_upper[at], self._sources_lower[at], float(weights[0]), float(row[TONGUE]), self._planes
            )
        shut = closure(self._seed, number) if painter.alive else 0.0
        if shut > 0:
            for lid in painter.lids:
                close_lid(lid, shut, self._shift_at(lid.box), painter.planes, self._planes)

    def _warp_mouth(self, weights: NDArray[np.float32]) -> None:
        """Put the face's own movement under the head's: sources of both layers, and of the frame."""
        fields = self._painter.fields
        posed = self._places[self._jaw_at]
        shape = (*fields.grid.shape, 2)
        for basis, back, sources in (
            (fields.upper, self._back_upper, self._sources_upper),
            (fields.lower, self._back_lower, self._sources_lower),
        ):
            self._inverter.invert(np.dot(weights, basis).reshape(shape), back)
            self._inverter.sample(back, posed, sources)
            np.add(sources, posed, out=sources)
        np.copyto(posed, self._sources_lower)
        np.copyto(posed, self._sources_upper, where=fields.split)

    def _sample(self) -> None:
        head, planes = self._painter.head, self._painter.planes
        box, step = head.box, head.step
        y, u, v = self._planes
        left, right = box.left, box.right
        for start in range(0, box.height // step, BAND_CELLS):
            cells = min(BAND_CELLS, box.height // step - start)
            nodes = self._places[start : start + cells + 2]
            top, bottom = box.top + start * step, box.top + (start + cells) * step
            places = enlarge(nodes * np.float32(2), step, self._map)
            _remap(planes.luma, places, y[top:bottom, left:right])
            places = enlarge(nodes - np.float32(0.5), step // 2, self._map)
            for plane, out in ((planes.u, u), (planes.v, v)):
                _remap(plane, places, out[top // 2 : bottom // 2, left // 2 : right // 2])

    def _shift_at(self, box: Box) -> tuple[float, float]:
        """Return how far from its place the middle of a box is looked for."""
        head = self._painter.head
        row = ((box.top + box.bottom) / 2 - head.origin[1]) / head.step
        column = ((box.left + box.right) / 2 - head.origin[0]) / head.step
        at = (round(row), round(column))
        shift = self._places[at] - self._home[at]
        return float(shift[0]), float(shift[1])


class _MouthBrush:
    """Paints the box of the mouth where the two layers part."""

    def __init__(self, painter: WarpPainter) -> None:
        self._painter = painter
        box = painter.mouth.box
        height, width = box.height, box.width
        rows, columns = painter.mouth.shape
        self._map = np.empty((rows * painter.mouth.step, columns * painter.mouth.step, 2), np.float32)
        self._map_half = np.empty_like(self._map)
        self._full, self._half = Layers(height, width), Layers(height // 2, width // 2)
        self._upper, self._lower, self._mask_upper, self._mask_lower, self._inside = (
            np.empty((height, width), np.uint8) for _ in range(5)
        )
        self._mixed = np.empty((height * 3 // 2, width), np.uint8)
        self._mixed_scratch = np.empty_like(self._mixed)
        self._parts = split_i420(self._mixed, Size(width, height))
        self._shade_px = max(3, round(SHADE_REACH * painter.lips.width) | 1)

    def paint(
        self, upper: Field, lower: Field, jaw: float, tongue: float, frame: tuple[Plane, Plane, Plane]
    ) -> None:
        """Paint the mouth; `upper` and `lower` say where each layer's pixels come from."""
        painter, step = self._painter, self._painter.mouth.step
        planes, box = painter.planes, painter.mouth.box
        half = (box.height // 2, box.width // 2)
        upper_mask, lower_mask = painter.masks
        for sources, luma, mask, plane in (
            (upper, self._upper, upper_mask, self._mask_upper),
            (lower, self._lower, lower_mask, self._mask_lower),
        ):
            places = enlarge(sources * np.float32(2), step, self._map)
            _remap(planes.luma, places, luma)
            _remap(mask, places, plane)
        self._full.weigh(self._mask_upper, self._mask_lower)
        self._half.weigh_half(self._full)
        inside_y, inside_u, inside_v = self._look_inside(upper, jaw, tongue)
        self._full.lay(self._upper, self._lower, inside_y, frame[0][box.top : box.bottom, box.left : box.right])
        for plane, inside, out in ((planes.u, inside_u, frame[1]), (planes.v, inside_v, frame[2])):
            a, b = self._upper[: half[0], : half[1]], self._lower[: half[0], : half[1]]
            _remap(plane, enlarge(upper - np.float32(0.5), step // 2, self._map_half), a)
            _remap(plane, enlarge(lower - np.float32(0.5), step // 2, self._map), b)
            self._half.lay(a, b, inside, out[box.top // 2 : box.bottom // 2, box.left // 2 : box.right // 2])

    def _look_inside(self, upper: Field, jaw: float, tongue: float) -> tuple[Plane, Plane, Plane]:
        self._painter.inside.mix(jaw, tongue, self._mixed, self._mixed_scratch)
        shade(self._parts[0], self._full.inside, self._shade_px, SHADE_FLOOR)
        return self._parts


def split_i420(frame: Frame, size: Size) -> tuple[Plane, Plane, Plane]:
    """Return views of the Y, U and V planes of an I420 picture."""
    luma = size.width_px * size.height_px
    chroma = luma // 4
    flat = frame.reshape(-1)
    half = (size.height_px // 2, size.width_px // 2)
    return (
        flat[:luma].reshape(size.height_px, size.width_px),
        flat[luma : luma + chroma].reshape(half),
        flat[luma + chroma :].reshape(half),
    )


def _remap(plane: Plane, places: NDArray[np.float32], out: Plane) -> None:
    cv2.remap(plane, places, None, cv2.INTER_LINEAR, dst=out, borderMode=cv2.BORDER_REPLICATE)


def _rest_frame(planes: Planes, size: Size) -> Frame:
    parts = (planes.luma[::2, ::2], planes.u[::2, ::2], planes.v[::2, ::2])
    return np.concatenate([part.ravel() for part in parts]).reshape(size.height_px * 3 // 2, size.width_px)


def _mouth_box(lips: Lips, jaw: Box, step: int) -> Box:
    x, y = float(lips.centre[0]), float(lips.centre[1])
    half = 0.5 * lips.width
    bow = (float(lips.upper_edge.min()) - y, float(lips.lower_edge.max()) - y)
    return snap(
        x - 1.45 * half,
        y + bow[0] - 0.3 * lips.width,
        x + 1.45 * half,
        y + bow[1] + (DROP + 0.25) * lips.width,
        step,
    ).within(jaw)


def _masks(lips: Lips, planes: Planes) -> tuple[Plane, Plane]:
    """Return which source pixels belong to the upper and which to the lower layer.

    The lower layer reaches a pixel under the upper one: two soft edges that met exactly
    would let the dark of the mouth shine through closed lips as a thin line.
    """
    height, width = planes.luma.shape
    rows = np.arange(height, dtype=np.float32)[:, None] / 2
    overlap = 0.0 if lips.parted else max(1.0, 0.012 * lips.width)
    upper = np.clip((lips.upper_edge[:width] - rows) + 0.5, 0, 1)
    lower = np.clip((rows - lips.lower_edge[:width]) + overlap + 0.5, 0, 1)
    return np.rint(255 * upper).astype(np.uint8), np.rint(255 * lower).astype(np.uint8)
