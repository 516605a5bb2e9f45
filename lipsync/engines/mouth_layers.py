"""The box of the mouth, where the two layers of the picture part.

The picture around the mouth is cut along the lip line into two layers; a brush samples
each through its own field and lays upper lip, lower lip and inside over each other.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from lipsync.engines.compose import Layers, shade
from lipsync.engines.contract import Size
from lipsync.engines.framing import Plane, Planes
from lipsync.engines.grid import Box, Field, Grid, enlarge, floats, sample, to_chroma
from lipsync.engines.lips import Lips
from lipsync.engines.mouth_inside import MouthInside
from lipsync.engines.planes import Parts, split_i420

SHADE_REACH = 0.11
"""How far the lips' shadow reaches into the mouth, in mouth widths."""
SHADE_FLOOR = 0.42
"""Light left right behind a lip."""
ROUND_SHADE = 0.6
"""Share of that light that rounded lips take: they stand off the teeth like a tube."""


@dataclass(frozen=True, slots=True)
class MouthLayers:
    """The picture around the mouth in two layers, to sample from."""

    left_px: int
    top_px: int
    upper: Plane
    """Luma, cover (0..255) and an empty plane, at twice the output's resolution."""
    lower: Plane


class MouthBrush:
    """Paints the box of the mouth where the two layers part."""

    def __init__(
        self, layers: MouthLayers, planes: Planes, drawn: MouthInside, grid: Grid, width_px: float
    ) -> None:
        self._layers, self._planes, self._drawn, self._grid = layers, planes, drawn, grid
        box = grid.box
        height, width = box.height, box.width
        rows, columns = grid.shape
        self._map = np.empty((rows * grid.step, columns * grid.step, 2), np.float32)
        self._full, self._half = Layers(height, width), Layers(height // 2, width // 2)
        self._upper, self._lower, self._upper_cover, self._lower_cover = (
            np.empty((height, width), np.uint8) for _ in range(4)
        )
        half = (2, height // 2, width // 2)
        self._colours_upper, self._colours_lower = (np.empty(half, np.uint8) for _ in range(2))
        self._sampled = np.empty((height, width, 3), np.uint8)
        self._mixed = np.empty((height * 3 // 2, width), np.uint8)
        self._mixed_scratch = np.empty_like(self._mixed)
        self._mixed_parts = split_i420(self._mixed, Size(width, height))
        self._inside = split_i420(np.empty_like(self._mixed), Size(width, height))
        self._shade_px = max(3, round(SHADE_REACH * width_px) | 1)

    def look_outside(self, upper: Field, lower: Field) -> None:
        """Sample both layers; `upper` and `lower` say where their pixels come from."""
        layers = self._layers
        self._sample_layer(upper, layers.upper, self._upper, self._upper_cover, self._colours_upper)
        self._sample_layer(lower, layers.lower, self._lower, self._lower_cover, self._colours_lower)
        self._full.weigh(self._upper_cover, self._lower_cover)
        self._half.weigh_half(self._full)

    def look_inside(self, jaw: float, tongue: float, rounded: float, shift: tuple[float, float]) -> None:
        """Draw the inside for a jaw and a tongue height and rounded lips, moved with the head's pose."""
        self._drawn.mix(jaw, tongue, self._mixed, self._mixed_scratch)
        for i, (drawn, moved) in enumerate(zip(self._mixed_parts, self._inside, strict=True)):
            share = 0.5 if i else 1.0
            move = floats([[1, 0, shift[0] * share], [0, 1, shift[1] * share]])
            cv2.warpAffine(
                drawn,
                move,
                (drawn.shape[1], drawn.shape[0]),
                dst=moved,
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            )
        shade(self._inside[0], self._full.inside, self._shade_px, SHADE_FLOOR * (1 - ROUND_SHADE * rounded))

    def lay(self, frame: Parts) -> None:
        """Lay upper lip, lower lip and inside over each other in a frame."""
        box = self._grid.box
        out = frame[0][box.top : box.bottom, box.left : box.right]
        self._full.lay(self._upper, self._lower, self._inside[0], out)
        rows, columns = slice(box.top // 2, box.bottom // 2), slice(box.left // 2, box.right // 2)
        for i in (1, 2):
            upper, lower = self._colours_upper[i - 1], self._colours_lower[i - 1]
            self._half.lay(upper, lower, self._inside[i], frame[i][rows, columns])

    def _sample_layer(self, sources: Field, layer: Plane, luma: Plane, cover: Plane, colours: Plane) -> None:
        step = self._grid.step
        corner = floats([self._layers.left_px, self._layers.top_px])
        sample(layer, enlarge((sources - corner) * np.float32(2), step, self._map), self._sampled)
        cv2.mixChannels([self._sampled], [luma, cover], [0, 0, 1, 1])
        half = self._sampled.reshape(-1)[: 3 * colours[0].size].reshape(*colours[0].shape, 3)
        sample(self._planes.chroma, enlarge(to_chroma(sources), step // 2, self._map), half)
        cv2.mixChannels([half], list(colours), [0, 0, 1, 1])


def cut_layers(lips: Lips, planes: Planes, mouth: Box) -> MouthLayers:
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
    gap = (lips.lower_edge - lips.upper_edge)[across]
    overlap = max(1.0, 0.012 * lips.width) * np.clip(1.0 - gap / 2.0, 0, 1)
    upper = np.clip((lips.upper_edge[across] - rows) + 0.5, 0, 1)
    lower = np.clip((rows - lips.lower_edge[across]) + overlap + 0.5, 0, 1)
    luma = planes.luma[2 * area.top : 2 * area.bottom, across]
    packed = [np.dstack([luma, np.rint(255 * cover), 0 * luma]).astype(np.uint8) for cover in (upper, lower)]
    return MouthLayers(area.left, area.top, *packed)
