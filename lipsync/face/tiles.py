"""A picture in, likely faces out: the short-range detector over overlapping tiles.

The network sees 128x128 pixels and finds faces of a fifth of that and more. Small ones are
found by showing it tiles of the picture at several sizes, faces that fill the picture or are
cut at its border by showing the whole with a margin around it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipsync.face.track import Picture

SIDE_PX: Final = 128
LEVELS: Final = (240, 480, 960)
"""Longest sides, in pixels, of the picture that tiles are cut from; the whole of it comes first."""
_STEP_PX: Final = 80
"""From tile to tile; a face of up to 48 pixels lies whole in one of them."""
_LEAST_SCORE: Final = 0.5
_SAME_OVERLAP: Final = 0.3
_MARGINS: Final = (0.0, 0.3)
"""Grey around the whole picture, as shares of its longest side."""
_LARGE_PX: Final = 44
"""A face this wide in a level ends the search: whoever is smaller than half of it, and so might
be missed, stands in the background."""

Points = NDArray[np.float32]
"""Points (x, y) in pixels of the picture, float32, shape (n, 2)."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the picture; may reach beyond it."""

    x_px: float
    y_px: float
    width_px: float
    height_px: float

    def overlap(self, other: "Box") -> float:
        """Return the shared area over the area of both, 0 to 1."""
        width = min(self.x_px + self.width_px, other.x_px + other.width_px) - max(self.x_px, other.x_px)
        height = min(self.y_px + self.height_px, other.y_px + other.height_px) - max(self.y_px, other.y_px)
        shared = max(width, 0.0) * max(height, 0.0)
        both = self.width_px * self.height_px + other.width_px * other.height_px - shared
        return shared / both if both else 0.0


@dataclass(frozen=True, slots=True)
class Detection:
    """A likely face: its box, the middles of both eyes, and how sure the detector is."""

    box: Box
    eyes: Points
    """The eye on the left of an upright face, then the other; shape (2, 2)."""
    score: float
    """0 to 1."""
    detector: str

    def scaled(self, scale: float) -> "Detection":
        """Return the same face in a picture of another size."""
        sides = (self.box.x_px, self.box.y_px, self.box.width_px, self.box.height_px)
        return replace(self, box=Box(*(side * scale for side in sides)), eyes=self.eyes * np.float32(scale))


class ShortRange:
    """The short-range detector of one model file."""

    name = "short-range"

    def __init__(self, model: bytes) -> None:
        self._net = cv2.dnn.readNetFromTFLite(np.frombuffer(model, np.uint8))
        self._anchors = _anchors()

    def detect(self, picture: Picture) -> list[Detection]:
        """Return the faces of a picture, best first, coarse to fine.

        Finer levels are looked at until one face is large enough to be the one that is meant.
        """
        levels = _levels(picture)
        finest = levels[-1]
        found: list[Detection] = []
        for margin in _MARGINS:
            square, scale, corner = _whole(levels[0], margin)
            found += self._look(square, scale * levels[0].shape[1] / finest.shape[1], corner)
        # A picture smaller than a tile was seen whole.
        scale = SIDE_PX / max(finest.shape[:2])
        for level in levels if scale < 1 else ():
            if any(face.box.width_px * scale > _LARGE_PX for face in found):
                break
            scale = level.shape[1] / finest.shape[1]
            for x, y in _corners(level.shape[1], level.shape[0]):
                tile = level[y : y + SIDE_PX, x : x + SIDE_PX]
                found += self._look(_square(tile), scale, (x, y))
        enlarge = picture.shape[1] / finest.shape[1]
        return [face.scaled(enlarge) for face in suppress(found)]

    def _look(self, tile: Picture, scale: float, corner_px: tuple[float, float]) -> Iterator[Detection]:
        blob = cv2.dnn.blobFromImage(tile, 1 / 127.5, (SIDE_PX, SIDE_PX), (127.5,) * 3, swapRB=True)
        self._net.setInput(blob)
        scores, boxes = self._net.forward(("classificators", "regressors"))
        sure = 1 / (1 + np.exp(-np.clip(scores.reshape(-1), -80, 80)))
        for index in np.flatnonzero(sure >= _LEAST_SCORE):
            raw = boxes.reshape(-1, 16)[index]
            points = (raw.reshape(8, 2)[2:4] + self._anchors[index] + corner_px) / scale
            middle = (raw[:2] + self._anchors[index] + corner_px) / scale
            width, height = raw[2:4] / scale
            box = Box(
                float(middle[0] - width / 2), float(middle[1] - height / 2), float(width), float(height)
            )
            yield Detection(box, points.astype(np.float32), float(sure[index]), self.name)


def suppress(found: Sequence[Detection]) -> list[Detection]:
    """Return one detection a face, best first; those of one face are averaged by their scores."""
    left = sorted(found, key=lambda face: face.score, reverse=True)
    kept = []
    while left:
        best, *others = left
        shared = [best.box.overlap(face.box) > _SAME_OVERLAP for face in others]
        kept.append(_blend([best, *(face for face, same in zip(others, shared, strict=True) if same)]))
        left = [face for face, same in zip(others, shared, strict=True) if not same]
    return kept


def _blend(same: list[Detection]) -> Detection:
    weights = np.asarray([face.score for face in same])
    weights /= weights.sum()
    boxes = np.asarray(
        [(face.box.x_px, face.box.y_px, face.box.width_px, face.box.height_px) for face in same]
    )
    x, y, width, height = (float(side) for side in weights @ boxes)
    eyes = np.tensordot(weights, np.stack([face.eyes for face in same]), 1).astype(np.float32)
    return replace(same[0], box=Box(x, y, width, height), eyes=eyes)


def _whole(picture: Picture, margin: float) -> tuple[Picture, float, tuple[float, float]]:
    """Return the picture in the middle of a grey square, its scale, and the square's corner in it."""
    height, width = picture.shape[:2]
    scale = SIDE_PX / (max(height, width) * (1 + 2 * margin))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    left, top = (SIDE_PX - size[0]) // 2, (SIDE_PX - size[1]) // 2
    right, bottom = SIDE_PX - size[0] - left, SIDE_PX - size[1] - top
    square = cv2.copyMakeBorder(small, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(127,) * 3)
    return np.asarray(square, np.uint8), scale, (-left, -top)


def _levels(picture: Picture) -> list[Picture]:
    """Return the picture in every level that it fills, the smallest first; a small one as it is."""
    levels: list[Picture] = []
    for level in reversed(LEVELS):
        height, width = picture.shape[:2]
        scale = level / max(height, width)
        if scale < 1:
            size = max(1, round(width * scale)), max(1, round(height * scale))
            picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
            levels.insert(0, picture)
    return levels or [picture]


def _square(tile: Picture) -> Picture:
    bottom, right = SIDE_PX - tile.shape[0], SIDE_PX - tile.shape[1]
    padded = cv2.copyMakeBorder(tile, 0, bottom, 0, right, cv2.BORDER_CONSTANT, value=(127,) * 3)
    return np.asarray(padded, np.uint8)


def _corners(width_px: int, height_px: int) -> Iterator[tuple[int, int]]:
    """Yield the corners of tiles that cover an area, the last ones at its end."""

    def starts(length: int) -> list[int]:
        last = max(0, length - SIDE_PX)
        return [*range(0, last, _STEP_PX), last]

    return ((x, y) for y in starts(height_px) for x in starts(width_px))


def _anchors() -> NDArray[np.float32]:
    """Return the middles of the network's 896 anchors, in pixels of a tile."""

    def grid(cells: int, each: int) -> NDArray[np.float32]:
        middles = (np.arange(cells, dtype=np.float32) + 0.5) * (SIDE_PX / cells)
        x, y = np.meshgrid(middles, middles)
        return np.repeat(np.stack([x, y], axis=-1).reshape(-1, 2), each, axis=0)

    return np.concatenate([grid(16, 2), grid(8, 6)])
