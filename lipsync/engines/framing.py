"""Which part of a picture fills the output, and the picture cut to it as planes.

A picture and its points in; the crop that covers the output with the face well placed,
the points in output pixels, and source planes at twice the output's resolution out.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lipsync.engines.contract import Size
from lipsync.engines.grid import floats
from lipsync.face.points import CONTOURS, Curve, FacePoints
from lipsync.face.track import FaceTrack, Picture

SHORTEST_PX = 256
LONGEST_PX = 1280
EYES_AT = 0.42
"""Height of the eyes in the output, where the picture leaves a choice: 0 top, 1 bottom."""
SMALLEST_MOUTH_PX = 12
"""A mouth narrower than this in the output has too few pixels to be moved."""

SHARPENING = 0.15
"""Share of the fine detail added to the luma, which a moving head loses in sampling."""

Plane = NDArray[np.uint8]
Numbers = NDArray[np.integer[Any] | np.floating[Any]]


class BadSize(ValueError):
    """An output needs even sides of 256 to 1280 pixels."""

    def __init__(self, size: Size) -> None:
        super().__init__(f"size {size}: both sides must be even and {SHORTEST_PX} to {LONGEST_PX} pixels")
        self.size = size


class BadFace(ValueError):
    """A face track cannot be drawn from; the message says why and what would do."""


@dataclass(frozen=True, slots=True)
class Framing:
    """The part of a picture that fills the output."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int
    size: Size

    def place(self, curve: Curve) -> Curve:
        """Return points of the picture in output pixels, whose centres are integers."""
        scale = (self.size.width_px / self.width_px, self.size.height_px / self.height_px)
        corner = (self.left_px, self.top_px)
        placed: Curve = ((curve + 0.5 - floats(corner)) * floats(scale) - 0.5).astype(np.float32)
        return placed


@dataclass(frozen=True, slots=True)
class Planes:
    """A picture to sample frames from (BT.709, limited range), uint8.

    `luma` has shape (2 * height, 2 * width): output pixel (x, y) at rest is exactly
    luma[2y, 2x]. Sampled between, it blurs far less than a plane of the output's own
    resolution would, so a moving face stays as sharp as a still one. `chroma` has shape
    (height / 2, width / 2, 3): U, V and an empty plane, for OpenCV samples three planes at
    once as fast as one, but not two.
    """

    luma: Plane
    chroma: Plane

    @property
    def memory_bytes(self) -> int:
        """Bytes of the planes."""
        return self.luma.nbytes + self.chroma.nbytes


def check_track(face: FaceTrack) -> None:
    """Let a track pass that can be drawn from.

    Raises:
        BadFace: it has no picture, or not as many sets of points; or the picture that is
            measured is of another kind, or of another size than its points.
    """
    if not face.pictures or len(face.pictures) != len(face.points):
        raise BadFace(
            f"an engine draws from pictures with their own points; got {len(face.pictures)} pictures "
            f"and {len(face.points)} sets of points"
        )
    if not 0 <= face.rest < len(face.pictures):
        raise BadFace(f"picture {face.rest} is at rest, of {len(face.pictures)}")
    picture, points = face.pictures[face.rest], face.points[face.rest]
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise BadFace(f"a picture is uint8 (height, width, 3); got {picture.dtype} {picture.shape}")
    if picture.shape[:2] != (points.height_px, points.width_px):
        raise BadFace(
            f"points are for {points.width_px}x{points.height_px}, the picture is "
            f"{picture.shape[1]}x{picture.shape[0]}"
        )


def check_size(size: Size) -> None:
    """Raise BadSize unless both sides are even and within the limits."""
    sides = (size.width_px, size.height_px)
    if any(side % 2 or not SHORTEST_PX <= side <= LONGEST_PX for side in sides):
        raise BadSize(size)


def frame_face(points: FacePoints, size: Size) -> Framing:
    """Choose the largest crop with the output's shape, the face centred in it."""
    check_size(size)
    scale = max(size.width_px / points.width_px, size.height_px / points.height_px)
    width = min(points.width_px, round(size.width_px / scale))
    height = min(points.height_px, round(size.height_px / scale))
    middle_x = float(points["jaw"][:, 0].min() + points["jaw"][:, 0].max()) / 2
    eyes_y = float(np.mean([points["eye_a_upper"][:, 1], points["eye_b_upper"][:, 1]]))
    left = _between(round(middle_x - width / 2), points.width_px - width)
    top = _between(round(eyes_y - EYES_AT * height), points.height_px - height)
    return Framing(left, top, width, height, size)


def place_points(points: FacePoints, framing: Framing) -> dict[str, Curve]:
    """Return every contour in output pixels.

    Raises:
        BadFace: the mouth or the eyes leave the output, or the mouth is too narrow in it.
    """
    placed = {name: framing.place(points[name]) for name in CONTOURS}
    corners = placed["lip_upper_outer"][[0, -1]]
    if corners[1, 0] - corners[0, 0] < SMALLEST_MOUTH_PX:
        raise BadFace(
            f"the mouth is {corners[1, 0] - corners[0, 0]:.0f} pixels wide at {framing.size}, at least "
            f"{SMALLEST_MOUTH_PX} are needed; crop the picture closer to the face"
        )
    limits = (framing.size.width_px - 1, framing.size.height_px - 1)
    for name in ("eye_a_upper", "eye_b_upper", "lip_upper_outer", "lip_lower_outer"):
        if (placed[name] < 0).any() or (placed[name] > limits).any():
            raise BadFace(f"{name} leaves the output of {framing.size}; leave more room around the face")
    return placed


def cut_planes(picture: Picture, framing: Framing) -> Planes:
    """Cut and resample a picture to the planes that frames are sampled from."""
    width, height = framing.size.width_px, framing.size.height_px
    rows = slice(framing.top_px, framing.top_px + framing.height_px)
    part = picture[rows, framing.left_px : framing.left_px + framing.width_px]
    way = cv2.INTER_AREA if framing.width_px >= 2 * width else cv2.INTER_CUBIC
    twice = cv2.resize(part, (2 * width, 2 * height), interpolation=way)
    luma = cv2.transform(twice, floats([LUMA]))
    half = cv2.resize(twice, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    chroma = cv2.transform(half, floats([BLUE, RED, (0, 0, 0, 0)]))
    return Planes(_crisp(_averaged(luma)), np.asarray(chroma, np.uint8))


# Rows of ITU-R BT.709 for B, G, R of 0..255 and a constant, scaled to limited range.
LUMA = (0.0722 * 219 / 255, 0.7152 * 219 / 255, 0.2126 * 219 / 255, 16.0)
BLUE = (0.5 * 224 / 255, -0.3854 * 224 / 255, -0.1146 * 224 / 255, 128.0)
RED = (-0.0458 * 224 / 255, -0.4542 * 224 / 255, 0.5 * 224 / 255, 128.0)


def _averaged(plane: Numbers) -> Plane:
    """Return each pixel's mean with its right, lower and diagonal neighbour."""
    mean = cv2.blur(plane, (2, 2), anchor=(0, 0), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(mean, np.uint8)


def _crisp(plane: Plane) -> Plane:
    """Sharpen a little, by about what sampling between pixels takes away again on average."""
    soft = cv2.GaussianBlur(plane, (0, 0), 1.2)
    return np.asarray(cv2.addWeighted(plane, 1 + SHARPENING, soft, -SHARPENING, 0.0), np.uint8)


def _between(start: int, limit: int) -> int:
    return min(max(start, 0), limit)
