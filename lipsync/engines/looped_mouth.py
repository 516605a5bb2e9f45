"""The box of the mouth in a picture of a loop, where the two layers part.

Both layers are sampled from that picture itself; how much of each pixel they cover, and what
shows between them, is known from the picture at rest and brought over by an affine map.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lipsync.engines.compose import Layers, shade
from lipsync.engines.contract import Size
from lipsync.engines.framing import Plane
from lipsync.engines.grid import Box, Field, Grid, enlarge, floats, sample, to_chroma
from lipsync.engines.lips import Lips
from lipsync.engines.mouth_inside import MouthInside
from lipsync.engines.mouth_layers import ROUND_SHADE, SHADE_FLOOR, SHADE_REACH, MouthLayers
from lipsync.engines.planes import Parts, split_i420

_NO_SECOND_MAP = np.empty(0, np.float32)


@dataclass(frozen=True, slots=True)
class MouthModel:
    """What is known of a mouth from the picture at rest."""

    left_px: int
    top_px: int
    upper: Plane
    """Cover of the upper layer, 0..255, at twice the output's resolution."""
    lower: Plane
    inside: MouthInside
    width_px: float

    @classmethod
    def of(cls, lips: Lips, layers: MouthLayers, inside: MouthInside) -> "MouthModel":
        """Take the covers out of layers that hold a picture too."""
        upper, lower = (np.ascontiguousarray(layer[..., 1]) for layer in (layers.upper, layers.lower))
        return cls(layers.left_px, layers.top_px, upper, lower, inside, lips.width)

    @property
    def memory_bytes(self) -> int:
        """Bytes of covers and inside."""
        return self.upper.nbytes + self.lower.nbytes + self.inside.levels.nbytes


class LoopMouth:
    """Paints the box of the mouth; holds its scratch. All boxes are as large as the first."""

    def __init__(self, model: MouthModel, grid: Grid) -> None:
        self._model, self._step = model, grid.step
        box, rest = grid.box, model.inside.box
        rows, columns = grid.shape
        self._map = np.empty((rows * grid.step, columns * grid.step, 2), np.float32)
        size, half = (box.height, box.width), (box.height // 2, box.width // 2)
        self._full, self._half = Layers(*size), Layers(*half)
        self._upper, self._lower, self._upper_cover, self._lower_cover = (
            np.empty(size, np.uint8) for _ in range(4)
        )
        self._colours_upper, self._colours_lower = (np.empty((2, *half), np.uint8) for _ in range(2))
        self._mixed = np.empty((rest.height * 3 // 2, rest.width), np.uint8)
        self._mixed_scratch = np.empty_like(self._mixed)
        self._mixed_parts = split_i420(self._mixed, Size(rest.width, rest.height))
        inside = np.empty((box.height * 3 // 2, box.width), np.uint8)
        self._inside = split_i420(inside, Size(box.width, box.height))
        self._shade_px = max(3, round(SHADE_REACH * model.width_px) | 1)

    def look_outside(self, upper: Field, lower: Field, there: NDArray[np.float32], source: Parts) -> None:
        """Sample both layers of a picture.

        Args:
            upper: where on the picture at rest the upper layer's pixels come from.
            lower: the same for the lower layer.
            there: from the picture at rest to this one.
            source: Y, U, V of this one.
        """
        model = self._model
        self._look(upper, there, source, (model.upper, self._upper_cover, self._upper, self._colours_upper))
        self._look(lower, there, source, (model.lower, self._lower_cover, self._lower, self._colours_lower))
        self._full.weigh(self._upper_cover, self._lower_cover)
        self._half.weigh_half(self._full)

    def _look(
        self, at: Field, there: NDArray[np.float32], source: Parts, into: tuple[Plane, Plane, Plane, Plane]
    ) -> None:
        cover, covered, luma, colours = into
        corner = floats([self._model.left_px, self._model.top_px])
        sample(cover, enlarge((at - corner) * np.float32(2), self._step, self._map), covered)
        places = carry(at, there)
        look(source[0], enlarge(places, self._step, self._map), luma)
        halves = enlarge(to_chroma(places), self._step // 2, self._map)
        for plane, out in zip(source[1:], colours, strict=True):
            look(plane, halves, out)

    def look_inside(
        self, jaw: float, tongue: float, rounded: float, back: NDArray[np.float32], window: Grid
    ) -> None:
        """Draw the inside for a jaw and a tongue height and rounded lips, where `back` says it lies."""
        model = self._model
        model.inside.mix(jaw, tongue, self._mixed, self._mixed_scratch)
        for i, (drawn, moved) in enumerate(zip(self._mixed_parts, self._inside, strict=True)):
            move = _between(window.box, model.inside.box, back, 0.5 if i else 1.0)
            cv2.warpAffine(
                drawn, move, (moved.shape[1], moved.shape[0]), dst=moved,
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
            )  # fmt: skip
        shade(self._inside[0], self._full.inside, self._shade_px, SHADE_FLOOR * (1 - ROUND_SHADE * rounded))

    def lay(self, window: Grid, frame: Parts) -> None:
        """Lay upper lip, lower lip and inside over each other in a frame."""
        box = window.box
        out = frame[0][box.top : box.bottom, box.left : box.right]
        self._full.lay(self._upper, self._lower, self._inside[0], out)
        rows, columns = slice(box.top // 2, box.bottom // 2), slice(box.left // 2, box.right // 2)
        for i in (1, 2):
            upper, lower = self._colours_upper[i - 1], self._colours_lower[i - 1]
            self._half.lay(upper, lower, self._inside[i], frame[i][rows, columns])


def carry(places: Field, affine: NDArray[np.float32]) -> Field:
    """Return places brought over by an affine map."""
    return floats(cv2.transform(places, affine))


def look(plane: Plane, places: Field, out: Plane) -> None:
    """Write to `out` what a plane holds at each place, as sharp as it is where nothing moves."""
    cv2.remap(plane, places, _NO_SECOND_MAP, cv2.INTER_CUBIC, dst=out, borderMode=cv2.BORDER_REPLICATE)


def _between(window: Box, rest: Box, back: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    """Return the map from pixels of a window to those of the box at rest.

    Args:
        window: in the picture.
        rest: in the picture at rest.
        back: from the one picture to the other, in pixels of the output.
        scale: 1 for luma, 0.5 for colours, whose pixels lie between four of those.
    """
    # Half-size pixel p lies at 2 p + 0.5.
    offset = 0.5 / scale - 0.5
    turn = back[:, :2]
    corner = turn @ floats([window.left + offset, window.top + offset]) + back[:, 2]
    shift = (corner - floats([rest.left, rest.top]) - offset) * scale
    return np.concatenate([turn, shift[:, None]], axis=1).astype(np.float32)
