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
from lipsync.engines.head import build_poses, pose_limits, pose_weights
from lipsync.engines.lips import Lips, find_lips
from lipsync.engines.mouth_inside import MouthInside, draw_inside
from lipsync.face.track import FaceTrack
from lipsync.motion.blink import closure
from lipsync.motion.breath import breath
from lipsync.motion.sway import STILL, sway
from lipsync.mouth.controls import JAW, TONGUE, MouthTrack

BAND_CELLS = 16
"""Rows of cells mapped at once; a band's map stays in the processor's cache."""

LEAST_MOVE_PX = 0.05
"""What never moves farther than this is left as it is at rest."""

SHADE_REACH = 0.11
"""How far the lips' shadow reaches into the mouth, in mouth widths."""
SHADE_FLOOR = 0.42
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
        poses = build_poses(placed, lips, head)
        mouth_box = _mouth_box(lips, fields.grid.box, step)
        return WarpPainter(
            size=size,
            alive=self._alive,
            planes=planes,
            lips=lips,
            fields=fields,
            head=head,
            poses=poses,
            bands=_bands(poses, head, fields.grid),
            mouth=Grid(mouth_box, step),
            layers=_cut_layers(lips, planes, mouth_box),
            inside=draw_inside(planes, placed, lips, mouth_box),
            lids=tuple(find_lid(placed, side, canvas) for side in "ab"),
            rest=_rest_frame(planes, size),
        )


@dataclass(frozen=True, slots=True)
class MouthLayers:
    """The picture around the mouth in two layers, to sample from."""

    left_px: int
    top_px: int
    upper: Plane
    """Luma, cover (0..255) and an empty plane, at twice the output's resolution."""
    lower: Plane


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
    bands: tuple[Grid, ...]
    """Parts of the head's grid, top to bottom, that some pose or the mouth moves."""
    mouth: Grid
    layers: "MouthLayers"
    inside: MouthInside
    lids: tuple[Lid, ...]
    rest: Frame
    """The picture itself as a frame."""

    @property
    def memory_bytes(self) -> int:
        """Bytes held by this painter."""
        arrays = (self.poses, self.layers.upper, self.layers.lower, self.inside.levels, self.rest)
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
        self._colours = np.empty((rows * head.step // 2, head.shape[1] * head.step // 2, 3), np.uint8)
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
        """Sample every pixel that may have moved."""
        painter = self._painter
        y, u, v = self._planes
        for band in painter.bands:
            box, step = band.box, band.step
            nodes = self._places[painter.head.slices(band)]
            places = enlarge(nodes * np.float32(2), step, self._map)
            _remap(painter.planes.luma, places, y[box.top : box.bottom, box.left : box.right])
            places = enlarge(nodes - np.float32(0.5), step // 2, self._map)
            colours = self._colours[: box.height // 2, : box.width // 2]
            _remap(painter.planes.chroma, places, colours)
            rows, columns = slice(box.top // 2, box.bottom // 2), slice(box.left // 2, box.right // 2)
            cv2.mixChannels([colours], [u[rows, columns], v[rows, columns]], [0, 0, 1, 1])

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
        self._full, self._half = Layers(height, width), Layers(height // 2, width // 2)
        self._upper, self._lower, self._upper_cover, self._lower_cover = (
            np.empty((height, width), np.uint8) for _ in range(4)
        )
        self._colours_upper, self._colours_lower = (np.empty((2, height // 2, width // 2), np.uint8) for _ in range(2))
        self._sampled = np.empty((height, width, 3), np.uint8)
        self._mixed = np.empty((height * 3 // 2, width), np.uint8)
        self._mixed_scratch = np.empty_like(self._mixed)
        self._parts = split_i420(self._mixed, Size(width, height))
        self._shade_px = max(3, round(SHADE_REACH * painter.lips.width) | 1)

    def paint(
        self, upper: Field, lower: Field, jaw: float, tongue: float, frame: tuple[Plane, Plane, Plane]
    ) -> None:
        """Paint the mouth; `upper` and `lower` say where each layer's pixels come from."""
        box, layers = self._painter.mouth.box, self._painter.layers
        self._sample_layer(upper, layers.upper, self._upper, self._upper_cover, self._colours_upper)
        self._sample_layer(lower, layers.lower, self._lower, self._lower_cover, self._colours_lower)
        self._full.weigh(self._upper_cover, self._lower_cover)
        self._half.weigh_half(self._full)
        inside = self._look_inside(jaw, tongue)
        self._full.lay(self._upper, self._lower, inside[0], frame[0][box.top : box.bottom, box.left : box.right])
        rows, columns = slice(box.top // 2, box.bottom // 2), slice(box.left // 2, box.right // 2)
        for i in (0, 1):
            self._half.lay(
                self._colours_upper[i], self._colours_lower[i], inside[i + 1], frame[i + 1][rows, columns]
            )

    def _sample_layer(self, sources: Field, layer: Plane, luma: Plane, cover: Plane, colours: Plane) -> None:
        painter, step = self._painter, self._painter.mouth.step
        corner = np.float32([painter.layers.left_px, painter.layers.top_px])
        _remap(layer, enlarge((sources - corner) * np.float32(2), step, self._map), self._sampled)
        cv2.mixChannels([self._sampled], [luma, cover], [0, 0, 1, 1])
        half = self._sampled.reshape(-1)[: 3 * colours[0].size].reshape(*colours[0].shape, 3)
        _remap(painter.planes.chroma, enlarge(sources - np.float32(0.5), step // 2, self._map), half)
        cv2.mixChannels([half], list(colours), [0, 0, 1, 1])

    def _look_inside(self, jaw: float, tongue: float) -> tuple[Plane, Plane, Plane]:
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
    parts = (planes.luma[::2, ::2], planes.chroma[::2, ::2, 0], planes.chroma[::2, ::2, 1])
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


def _cut_layers(lips: Lips, planes: Planes, mouth: Box) -> MouthLayers:
    """Cut the surroundings of the mouth into the two layers.

    The lower layer reaches a pixel under the upper one: two soft edges that met exactly
    would let the dark of the mouth shine through closed lips as a thin line.
    """
    room = round(0.5 * lips.width)
    height, width = planes.luma.shape
    area = Box(mouth.left - room, mouth.top - room, mouth.right + room, mouth.bottom + room).within(
        Box(0, 0, width // 2, height // 2)
    )
    rows = np.arange(area.top, area.bottom, 0.5, dtype=np.float32)[:, None]
    across = slice(2 * area.left, 2 * area.right)
    overlap = 0.0 if lips.parted else max(1.0, 0.012 * lips.width)
    upper = np.clip((lips.upper_edge[across] - rows) + 0.5, 0, 1)
    lower = np.clip((rows - lips.lower_edge[across]) + overlap + 0.5, 0, 1)
    luma = planes.luma[2 * area.top : 2 * area.bottom, across]
    packed = [np.dstack([luma, np.rint(255 * cover), np.zeros_like(luma)]).astype(np.uint8) for cover in (upper, lower)]
    return MouthLayers(area.left, area.top, *packed)


def _bands(poses: NDArray[np.float32], head: Grid, jaw: Grid) -> tuple[Grid, ...]:
    """Return the parts of the head's grid in which something moves by more than can be missed."""
    reach = np.abs(poses).reshape(len(poses), *head.shape, 2).max(axis=3)
    moves = np.tensordot(pose_limits(), reach, axes=1) > LEAST_MOVE_PX
    moves[head.slices(jaw)] = True
    bands = []
    for start in range(0, head.shape[0] - 2, BAND_CELLS):
        cells = min(BAND_CELLS, head.shape[0] - 2 - start)
        columns = np.flatnonzero(moves[start + 1 : start + 1 + cells, 1:-1].any(axis=0))
        if len(columns):
            top = head.box.top + start * head.step
            left, right = (head.box.left + int(column) * head.step for column in (columns[0], columns[-1] + 1))
            bands.append(Grid(Box(left, top, right, top + cells * head.step), head.step))
    return tuple(bands)
