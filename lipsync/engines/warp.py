"""The warp engine: any picture of a face speaks, on any processor, at full resolution.

A picture and its points in, I420 frames out. The picture is cut once into two layers
along the lip line (`lips`, `fields`), with a drawn mouth behind (`mouth_inside`); a frame
weighs a few basis fields on a coarse grid, enlarges them to a map and samples Y, U and V
through it. What no field reaches is painted once and stays.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from lipsync.engines.backdrops import Backdrops
from lipsync.engines.contract import WHENEVER, Drive, Frame, Size
from lipsync.engines.eyelids import Lid, close_lid, find_lid
from lipsync.engines.fields import (
    DROP,
    LOWER_STEPS,
    UPPER_STEPS,
    Inverter,
    MouthFields,
    build_fields,
    opening,
    weigh,
)
from lipsync.engines.framing import (
    Framing,
    Plane,
    Planes,
    check_size,
    check_track,
    cut_planes,
    frame_face,
    place_points,
)
from lipsync.engines.grid import Box, Field, Grid, enlarge, inner_canvas, sample, snap, to_chroma
from lipsync.engines.head import build_poses, pose_limits, pose_weights
from lipsync.engines.lips import Lips, find_lips
from lipsync.engines.looped import LoopPainter, find_places
from lipsync.engines.looped_mouth import MouthModel
from lipsync.engines.mouth_inside import MouthInside, draw_inside
from lipsync.engines.mouth_layers import MouthBrush, MouthLayers, cut_layers
from lipsync.engines.planes import Parts, split_i420
from lipsync.face.points import Curve
from lipsync.face.track import FaceTrack
from lipsync.motion.blink import closure
from lipsync.motion.breath import breath
from lipsync.motion.sway import STILL, sway
from lipsync.mouth.controls import BROW, NOD, TONGUE

BAND_CELLS = 16
"""Rows of cells mapped at once; a band's map stays in the processor's cache."""

POSE_FRAMES = 2
"""Frames that share one pose of the head. It moves by a fraction of a pixel in a frame, which
nobody sees, and what has not moved costs neither sampling nor encoding. Accents of speech,
which come on top, are held as long."""

LEAST_MOVE_PX = 0.05
"""What never moves farther than this is left as it is at rest."""


class WarpEngine:
    """Prepares painters that warp one picture, or every picture of a loop.

    `alive=False` leaves out blink, breath, sway and accents: the face then moves its mouth only.
    """

    name = "warp"

    def __init__(self, *, alive: bool = True) -> None:
        self._alive = alive

    def prepare(self, face: FaceTrack, size: Size) -> "WarpPainter | LoopPainter":
        """Measure a face and build all that a frame is painted from.

        Raises:
            BadSize: a side is odd or not within 256 to 1280 pixels.
            BadFace: pictures without their own points, or a face that does not fit.
        """
        check_size(size)
        check_track(face)
        measured = _measure(face, size)
        if len(face.pictures) > 1:
            return _prepare_loop(face, measured)
        return self._prepare_still(measured)

    def _prepare_still(self, measured: "_Measured") -> "WarpPainter":
        placed, planes, lips, fields = measured.placed, measured.planes, measured.lips, measured.fields
        head, mouth = measured.head, measured.mouth
        poses = build_poses(placed, lips, head)
        lids = tuple(find_lid(placed, side, head.box, planes) for side in "ab")
        return WarpPainter(
            size=measured.framing.size,
            alive=self._alive,
            planes=planes,
            lips=lips,
            fields=fields,
            head=head,
            poses=poses,
            bands=_bands(head, _moving(poses, head, fields.grid)),
            jaw_bands=_bands(head, _moving(poses[:0], head, fields.grid)),
            eye_bands=tuple(band for lid in lids for band in _bands(head, _within(lid.box, head))),
            mouth=mouth,
            layers=measured.layers,
            inside=measured.inside,
            lids=lids,
            rest=_rest_frame(planes, measured.framing.size),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """What is built of the one picture that is at rest, whether it moves or not."""

    framing: Framing
    placed: Mapping[str, Curve]
    planes: Planes
    lips: Lips
    head: Grid
    fields: MouthFields
    mouth: Grid
    layers: MouthLayers
    inside: MouthInside


def _measure(face: FaceTrack, size: Size) -> _Measured:
    points = face.points[face.rest]
    framing = frame_face(points, size)
    placed = place_points(points, framing)
    planes = cut_planes(face.pictures[face.rest], framing)
    step = max(4, 2 * round(max(size.width_px, size.height_px) / 256))
    canvas = inner_canvas(size.width_px, size.height_px, step)
    lips = find_lips(placed, planes.luma)
    fields = build_fields(placed, lips, canvas, step)
    mouth_box = _mouth_box(lips, fields.grid.box, step)
    return _Measured(
        framing=framing, placed=placed, planes=planes, lips=lips, head=Grid(canvas, step),
        fields=fields, mouth=Grid(mouth_box, step), layers=cut_layers(lips, planes, mouth_box),
        inside=draw_inside(planes, placed, lips, mouth_box),
    )  # fmt: skip


def _prepare_loop(face: FaceTrack, measured: _Measured) -> LoopPainter:
    return LoopPainter(
        size=measured.framing.size,
        face=face,
        lips=measured.lips,
        fields=measured.fields,
        mouth=MouthModel.of(measured.lips, measured.layers, measured.inside),
        places=find_places(
            face, measured.framing, measured.fields.grid, measured.mouth, measured.head.box
        ),
        backdrops=Backdrops(face, measured.framing),
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
    bands: tuple[Grid, ...]
    """Parts of the head's grid, top to bottom, that some pose or the mouth moves."""
    jaw_bands: tuple[Grid, ...]
    """The same for the mouth alone."""
    eye_bands: tuple[Grid, ...]
    """The same for the lids alone."""
    mouth: Grid
    layers: MouthLayers
    inside: MouthInside
    lids: tuple[Lid, ...]
    rest: Frame
    """The picture itself as a frame."""

    @property
    def memory_bytes(self) -> int:
        """Bytes held by this painter."""
        arrays = (self.poses, self.layers.upper, self.layers.lower, self.inside.levels, self.rest)
        lids = sum(lid.memory_bytes for lid in self.lids)
        return self.planes.memory_bytes + self.fields.memory_bytes + lids + sum(a.nbytes for a in arrays)

    def without_life(self) -> "WarpPainter":
        """Return the same face moving its mouth only."""
        return replace(self, alive=False)

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
        self._posed, self._places = np.empty_like(self._home), np.empty_like(self._home)
        self._drawn: tuple[float, ...] | None = None
        self._jaw_at = head.slices(jaw)
        self._mouth_at = jaw.slices(mouth)
        self._inverter = Inverter(jaw)
        self._sources_upper, self._sources_lower = (np.empty((*jaw.shape, 2), np.float32) for _ in range(2))
        self._luma_places, self._chroma_places = np.empty_like(self._home), np.empty_like(self._home)
        rows = min(BAND_CELLS + 2, head.shape[0])
        self._map = np.empty((rows * head.step, head.shape[1] * head.step, 2), np.float32)
        colours = np.empty((4, rows * head.step // 2, head.shape[1] * head.step // 2), np.uint8)
        self._patches, self._jaw_patches, self._eye_patches = (
            tuple(_Patch.of(band, head, self._planes, colours) for band in bands)
            for bands in (painter.bands, painter.jaw_bands, painter.eye_bands)
        )
        width_px = painter.lips.width
        self._lips = MouthBrush(painter.layers, painter.planes, painter.inside, painter.mouth, width_px)

    def foresee(self, drive: Drive, due_s: float = WHENEVER) -> None:
        """Do nothing: the processor draws all of it."""

    def paint(self, drive: Drive) -> Iterator[Frame]:
        """Yield the frames of a drive; see the contract in `lipsync.engines`."""
        for number, row in enumerate(drive.mouth, drive.first_frame):
            self._paint_one(number, row)
            yield self._frame

    def _paint_one(self, number: int, row: NDArray[np.float32]) -> None:
        painter = self._painter
        shut = closure(self._seed, number) if painter.alive else 0.0
        brow, nod = (min(max(float(row[c]), 0.0), 1.0) if painter.alive else 0.0 for c in (BROW, NOD))
        posed = (float(number - number % POSE_FRAMES), brow, nod)
        weights = weigh(row, painter.lips.parted)
        drawn = (*posed, shut, *weights.tolist(), float(row[TONGUE]))
        if drawn == self._drawn:
            return
        moved = self._drawn is None or self._drawn[:3] != posed
        # A lid lies over what its eye's bands hold, so they are sampled anew before and after.
        blinks = shut > 0 or (self._drawn is not None and self._drawn[3] > 0)
        self._drawn = drawn
        if moved:
            self._pose(*posed)
        self._warp_mouth(weights)
        self._sample(self._patches if moved else self._jaw_patches + self._eye_patches * blinks)
        if painter.lips.parted or opening(weights) > 0:
            at = self._mouth_at
            self._lips.look_outside(self._sources_upper[at], self._sources_lower[at])
            jaw, _, rounded = weights[:3].tolist()
            self._lips.look_inside(jaw, float(row[TONGUE]), rounded, self._shift_at(painter.mouth.box))
            self._lips.lay(self._planes)
        if shut > 0:
            for lid in painter.lids:
                close_lid(lid, shut, self._shift_at(lid.box), painter.planes, self._planes)

    @property
    def looks(self) -> Field:
        """Where each node of the head's grid looks for the face at rest, in the frame painted last."""
        return self._posed

    def _pose(self, at: float, brow: float, nod: float) -> None:
        """Find where the head's pose at a frame looks for each node."""
        number = int(at)
        if self._painter.alive:
            pose = pose_weights(sway(self._seed, number), breath(self._seed, number), brow, nod)
        else:
            pose = pose_weights(STILL, 0.0)
        np.dot(pose, self._painter.poses, out=self._posed.reshape(-1))
        np.add(self._posed, self._home, out=self._posed)
        np.copyto(self._places, self._posed)

    def _warp_mouth(self, weights: NDArray[np.float32]) -> None:
        """Put the face's own movement under the head's: sources of both layers, and of the frame."""
        fields = self._painter.fields
        posed, places = self._posed[self._jaw_at], self._places[self._jaw_at]
        if not weights.any():
            for sources in (self._sources_upper, self._sources_lower, places):
                np.copyto(sources, posed)
            return
        shape = (*fields.grid.shape, 2)
        forward = np.dot(weights, fields.upper).reshape(shape)
        self._inverter.find_sources(forward, posed, UPPER_STEPS, self._sources_upper)
        forward = np.dot(weights, fields.lower).reshape(shape)
        self._inverter.find_sources(forward, posed, LOWER_STEPS, self._sources_lower)
        np.copyto(places, self._sources_lower)
        np.copyto(places, self._sources_upper, where=fields.split)

    def _sample(self, patches: tuple["_Patch", ...]) -> None:
        """Sample the pixels of some patches."""
        planes = self._painter.planes
        np.multiply(self._places, np.float32(2), out=self._luma_places)
        to_chroma(self._places, self._chroma_places)
        for patch in patches:
            sample(planes.luma, enlarge(self._luma_places[patch.nodes], patch.step, self._map), patch.luma)
            places = enlarge(self._chroma_places[patch.nodes], patch.step // 2, self._map)
            sample(planes.chroma, places, patch.colours)
            cv2.split(patch.colours, [patch.u, patch.v, patch.unused])

    def _shift_at(self, box: Box) -> tuple[float, float]:
        """Return how far from its place the middle of a box is looked for."""
        head = self._painter.head
        row = ((box.top + box.bottom) / 2 - head.origin[1]) / head.step
        column = ((box.left + box.right) / 2 - head.origin[0]) / head.step
        at = (round(row), round(column))
        shift = self._posed[at] - self._home[at]
        return float(shift[0]), float(shift[1])


@dataclass(frozen=True, slots=True)
class _Patch:
    """One band of a frame: where its nodes, its pixels and its scratch are."""

    nodes: tuple[slice, slice]
    step: int
    luma: Plane
    u: Plane
    v: Plane
    colours: Plane
    unused: Plane

    @classmethod
    def of(cls, band: Grid, head: Grid, planes: Parts, scratch: Plane) -> "_Patch":
        """Return the views of a band of a frame."""
        box = band.box
        rows, columns = slice(box.top // 2, box.bottom // 2), slice(box.left // 2, box.right // 2)
        u, v = planes[1][rows, columns], planes[2][rows, columns]
        flat = scratch.reshape(-1)
        colours = flat[: 3 * u.size].reshape(*u.shape, 3)
        unused = flat[3 * u.size : 4 * u.size].reshape(u.shape)
        luma = planes[0][box.top : box.bottom, box.left : box.right]
        return cls(head.slices(band), band.step, luma, u, v, colours, unused)


def _rest_frame(planes: Planes, size: Size) -> Frame:
    parts = (planes.luma[::2, ::2], planes.chroma[..., 0], planes.chroma[..., 1])
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


def _moving(poses: NDArray[np.float32], head: Grid, jaw: Grid) -> NDArray[np.bool_]:
    """Return the nodes in the jaw's grid, and those that poses move by more than can be missed."""
    reach = np.abs(poses).reshape(len(poses), *head.shape, 2).max(axis=3)
    moves: NDArray[np.bool_] = np.tensordot(pose_limits()[: len(poses)], reach, axes=1) > LEAST_MOVE_PX
    moves[head.slices(jaw)] = True
    return moves


def _within(box: Box, head: Grid) -> NDArray[np.bool_]:
    """Return the nodes whose cells hold some of a box."""
    cells = snap(box.left, box.top, box.right, box.bottom, head.step).within(head.box)
    nodes = np.zeros(head.shape, bool)
    nodes[head.slices(Grid(cells, head.step))] = True
    nodes[0] = nodes[-1] = nodes[:, 0] = nodes[:, -1] = False
    return nodes


def _bands(head: Grid, moving: NDArray[np.bool_]) -> tuple[Grid, ...]:
    """Return the smallest bands of the head's grid that hold all moving nodes."""
    bands = []
    for start in range(0, head.shape[0] - 2, BAND_CELLS):
        cells = min(BAND_CELLS, head.shape[0] - 2 - start)
        part = moving[start + 1 : start + 1 + cells, 1:-1]
        rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
        if len(columns):
            top, bottom = (head.box.top + (start + int(end)) * head.step for end in (rows[0], rows[-1] + 1))
            left, right = (head.box.left + int(end) * head.step for end in (columns[0], columns[-1] + 1))
            bands.append(Grid(Box(left, top, right, bottom), head.step))
    return tuple(bands)
