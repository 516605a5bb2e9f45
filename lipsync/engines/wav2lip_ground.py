"""What a painted face is laid on: a photo that the warp engine moves, or a video's own pictures.

A face's painter of the warp engine in. Out, for each frame: the picture with its mouth at rest,
what the network is shown of it, and where in the frame the painted face comes to lie.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import cv2
import numpy as np

from lipsync.engines.contract import Drive, Frame
from lipsync.engines.framing import Plane, frame_face, place_points
from lipsync.engines.grid import Box, Field, Grid, enlarge, floats, inner_canvas, sample, snap
from lipsync.engines.head import pose_limits
from lipsync.engines.looped import LoopPainter
from lipsync.engines.planes import split_i420
from lipsync.engines.warp import WarpPainter
from lipsync.engines.wav2lip_crop import Crop, Seen, find_crop, look_at, steady_crops
from lipsync.engines.wav2lip_finish import grain_of
from lipsync.engines.wav2lip_mask import Matching, bounds, draw_lips, draw_mask
from lipsync.face.points import Curve
from lipsync.face.track import FaceTrack
from lipsync.mouth.controls import BROW, NOD, MouthTrack, rest

NO_GRAIN: Final = 128
"""A plane of grain holds 128 where there is none."""

_FINE: Final = 0.5
"""Spread of a Gaussian that leaves what a network paints, in pixels of the network."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a painted face comes to lie in one frame."""

    grid: Grid
    """The cells of the output that it may touch."""
    nodes: Field
    """Where each node of them looks, in output pixels of the picture at rest."""
    crop: Crop
    """The box of the painted face in the picture at rest."""
    mask: Plane
    """Share of it in each pixel of the cells, 0..255."""
    grain: Plane
    """Fine detail to add there, 128 for none."""


class Footing(Protocol):
    """The ground under one stream; holds scratch memory."""

    def paint(self, drive: Drive) -> Iterator[tuple[Frame, Spot]]:
        """Yield frames with the mouth at rest; the array is reused."""
        ...


class Ground(Protocol):
    """One avatar at one size, without its mouth; immutable, shared by threads."""

    matching: Matching
    still: bool
    """Whether every frame shows one picture."""

    @property
    def memory_bytes(self) -> int:
        """Bytes it holds."""
        ...

    def picture_at(self, frame: int) -> int:
        """Return which picture a frame of a stream shows."""
        ...

    def seen(self, picture: int) -> Seen:
        """Return what the network is shown of a picture."""
        ...

    def start(self, seed: int) -> Footing:
        """Return the ground under one stream."""
        ...


def _quiet(mouth: MouthTrack) -> MouthTrack:
    """Return controls that leave the mouth at rest."""
    quiet = rest(len(mouth))
    quiet[:, (BROW, NOD)] = mouth[:, (BROW, NOD)]
    return quiet


def _cut(
    luma: Plane, placed: Mapping[str, Curve], crop: Crop, canvas: Box, box: Box, *, fine_px: float, scale: int
) -> tuple[Plane, Plane]:
    """Return mask and grain of a box of a picture whose luma there is given, at `scale`."""
    mask = draw_mask(placed, crop, canvas, box, scale)
    grain = grain_of(luma, draw_lips(placed, box, scale), mask, fine_px * scale)
    return mask, np.asarray(grain.astype(np.int16) + NO_GRAIN, np.uint8)


class StillGround:
    """A photo, moved as the warp engine moves it.

    The face is painted on the photo at rest, and what was painted moves with the head. Mask and
    grain are kept at twice the output's resolution, as the photo itself is, or sampling between
    pixels would take the grain away.
    """

    still = True

    def __init__(self, base: WarpPainter, face: FaceTrack, side_px: int) -> None:
        self.base = base
        points = face.points[face.rest]
        placed = place_points(points, frame_face(points, base.size))
        self.crop = find_crop(placed)
        self.matching = Matching.along(placed, self.crop)
        drawn = next(base.without_life().start(0).paint(Drive.silent(0, rest(1))))
        self._seen = look_at(split_i420(drawn, base.size), self.crop, side_px)
        whole = Box(0, 0, base.size.width_px, base.size.height_px)
        area = bounds(placed, self.crop).within(whole)
        mask, grain = _cut(
            base.planes.luma[2 * area.top : 2 * area.bottom, 2 * area.left : 2 * area.right],
            placed, self.crop, base.head.box, area, fine_px=_FINE * self.crop.width / side_px, scale=2,
        )  # fmt: skip
        self.corner = floats([area.left, area.top])
        self.packed = np.asarray(cv2.merge([mask, grain, np.zeros_like(mask)]), np.uint8)
        self.grid = Grid(self._reach(area), base.head.step)

    def _reach(self, area: Box) -> Box:
        """Return the cells that an area may come to lie in as the head moves."""
        head = self.base.head
        poses = np.abs(self.base.poses).reshape(-1, *head.shape, 2)
        far = np.tensordot(pose_limits(), poses, axes=1).max(axis=(0, 1)) if self.base.alive else np.zeros(2)
        across, down = np.ceil(far).tolist()
        return snap(
            area.left - across, area.top - down, area.right + across, area.bottom + down, head.step
        ).within(head.box)

    @property
    def memory_bytes(self) -> int:
        """Bytes of painter, mask and grain, what the network is shown among them."""
        own = self._seen.nbytes + int(self.packed.nbytes) + self.matching.memory_bytes
        return self.base.memory_bytes + own

    def picture_at(self, frame: int) -> int:
        """Return 0: there is one picture."""
        del frame
        return 0

    def seen(self, picture: int) -> Seen:
        """Return what the network is shown."""
        del picture
        return self._seen

    def start(self, seed: int) -> "StillFooting":
        """Return the ground under one stream."""
        return StillFooting(self, seed)


class StillFooting:
    """A photo under one stream."""

    def __init__(self, ground: StillGround, seed: int) -> None:
        self._ground = ground
        self._brush = ground.base.start(seed)
        self._at = ground.base.head.slices(ground.grid)
        rows, columns = ground.grid.shape
        step = ground.grid.step
        self._map = np.empty((rows * step, columns * step, 2), np.float32)
        self._spot: Spot | None = None

    def paint(self, drive: Drive) -> Iterator[tuple[Frame, Spot]]:
        """Yield the photo as the head moves, and where the painted face moves with it."""
        quiet = Drive(drive.first_frame, _quiet(drive.mouth), drive.heard)
        for frame in self._brush.paint(quiet):
            yield frame, self._find()

    def _find(self) -> Spot:
        nodes = self._brush.looks[self._at]
        if self._spot is None or not np.array_equal(nodes, self._spot.nodes):
            ground, box = self._ground, self._ground.grid.box
            sampled = np.empty((box.height, box.width, 3), np.uint8)
            places = enlarge((nodes - ground.corner) * np.float32(2), ground.grid.step, self._map)
            sample(ground.packed, places, sampled)
            mask, grain = (np.ascontiguousarray(sampled[..., channel]) for channel in (0, 1))
            self._spot = Spot(ground.grid, nodes.copy(), ground.crop, mask, grain)
        return self._spot


class LoopGround:
    """The pictures of a loop as they are, each with its own box, mask and grain."""

    still = False

    def __init__(self, base: LoopPainter, side_px: int) -> None:
        self.base, self._side_px = base, side_px
        face, size = base.face, base.size
        framing = frame_face(face.points[face.rest], size)
        self._placed = [place_points(points, framing) for points in face.points]
        self._crops = steady_crops(face, [find_crop(placed) for placed in self._placed])
        self.matching = Matching.along(self._placed[face.rest], self._crops[face.rest])
        self._step = base.fields.grid.step
        self._canvas = inner_canvas(size.width_px, size.height_px, self._step)
        self._spots: dict[int, Spot] = {}

    @property
    def memory_bytes(self) -> int:
        """Bytes held once every picture has been shown."""
        boxes = (bounds(placed, crop) for placed, crop in zip(self._placed, self._crops, strict=True))
        spots = sum(2 * box.width * box.height for box in boxes)
        return self.base.memory_bytes + self.matching.memory_bytes + spots

    def picture_at(self, frame: int) -> int:
        """Return which picture of the loop a frame shows."""
        return self.base.face.index_at(frame)

    def seen(self, picture: int) -> Seen:
        """Return what the network is shown of a picture."""
        parts = split_i420(self.base.backdrops.get(picture), self.base.size)
        return look_at(parts, self._crops[picture], self._side_px)

    def spot(self, picture: int) -> Spot:
        """Return where the painted face lies in a picture; worked out when it is first shown."""
        # Two streams may both work it out at once; neither waits.
        if picture not in self._spots:
            self._spots[picture] = self._find(picture)
        return self._spots[picture]

    def _find(self, picture: int) -> Spot:
        placed, crop = self._placed[picture], self._crops[picture]
        area = bounds(placed, crop)
        box = snap(area.left, area.top, area.right, area.bottom, self._step).within(self._canvas)
        luma = split_i420(self.base.backdrops.get(picture), self.base.size)[0]
        mask, grain = _cut(
            luma[box.top : box.bottom, box.left : box.right], placed, crop, self._canvas, box,
            fine_px=_FINE * crop.width / self._side_px, scale=1,
        )  # fmt: skip
        grid = Grid(box, self._step)
        return Spot(grid, grid.nodes(), crop, mask, grain)

    def start(self, seed: int) -> "LoopFooting":
        """Return the ground under one stream."""
        return LoopFooting(self, seed)


class LoopFooting:
    """A loop under one stream."""

    def __init__(self, ground: LoopGround, seed: int) -> None:
        self._ground = ground
        self._brush = ground.base.start(seed)

    def paint(self, drive: Drive) -> Iterator[tuple[Frame, Spot]]:
        """Yield the pictures of the loop."""
        quiet = Drive(drive.first_frame, _quiet(drive.mouth), drive.heard)
        for number, frame in enumerate(self._brush.paint(quiet), drive.first_frame):
            yield frame, self._ground.spot(self._ground.picture_at(number))
