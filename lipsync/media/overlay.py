"""Masks and colours in, something to lay over I420 pictures out, and the laying.

Used by `lipsync.media.burn`. An overlay is made once and laid over many frames: what it keeps
of a picture, and what it adds, in Y, U and V, for the rows and columns that it covers and no
others. Bytes and 16-bit words only, so the same bytes come out on every machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipsync.media.encoder import PictureSize
from lipsync.media.shaping import Mask

Colour = tuple[float, float, float]
"""Y, U and V (BT.709, limited range)."""

_HALF: Final = 128
"""Added before a division by 256, so that it rounds."""


def yuv_of(colour: str) -> Colour:
    """Return `#rrggbb` as Y, U and V by ITU-R BT.709, limited range."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return 16 + 219 * luma, 128 + 224 * (blue - luma) / 1.8556, 128 + 224 * (red - luma) / 1.5748


@dataclass(frozen=True, slots=True)
class _Part:
    """What is laid over one plane."""

    rows: slice
    columns: slice
    keep: NDArray[np.uint8]
    """Share of the picture that stays, of 255."""
    add: NDArray[np.uint16]
    """255 times what comes instead, and a half."""


class Overlay:
    """Letters and what is behind them, in their place.

    Args:
        layers: masks of one shape with their colours, from the lowest up.
        left: column of the picture where the masks begin; even.
        top: row where they begin; even. What lies outside of the picture is left away.
        size: of the picture.
    """

    def __init__(
        self, layers: Sequence[tuple[Mask, Colour]], left: int, top: int, size: PictureSize
    ) -> None:
        height, width = layers[0][0].shape
        first_row, first_column = max(0, -top), max(0, -left)
        rows = slice(first_row, min(height, size.height_px - top) // 2 * 2)
        columns = slice(first_column, min(width, size.width_px - left) // 2 * 2)
        full = [(np.ascontiguousarray(mask[rows, columns]), colour) for mask, colour in layers]
        half = [(_halved(mask), colour) for mask, colour in full]
        top, left = top + first_row, left + first_column
        self._size = size
        self._parts = [
            _part(full, 0, top, left),
            *(_part(half, plane, top // 2, left // 2) for plane in (1, 2)),
        ]
        self._sum, self._share = ([np.empty_like(part.add) for part in self._parts] for _ in range(2))
        self._saved = [np.empty_like(part.keep) for part in self._parts]

    @property
    def memory_bytes(self) -> int:
        """Bytes it holds."""
        return sum(8 * part.keep.nbytes for part in self._parts)

    def lay(self, frame: NDArray[np.uint8]) -> None:
        """Lay it over an I420 picture in place, and remember what was there."""
        for plane, part, total, share, saved in zip(
            self._planes(frame), self._parts, self._sum, self._share, self._saved, strict=True
        ):
            area = plane[part.rows, part.columns]
            np.copyto(saved, area)
            np.multiply(saved, part.keep, out=total, dtype=np.uint16)
            np.add(total, part.add, out=total)
            # Divides by 255 exactly, rounded, within 16 bits.
            np.right_shift(total, 8, out=share)
            np.add(total, share, out=total)
            np.right_shift(total, 8, out=total)
            np.copyto(area, total, casting="unsafe")

    def lift(self, frame: NDArray[np.uint8]) -> None:
        """Put back what was there before `lay`."""
        for plane, part, saved in zip(self._planes(frame), self._parts, self._saved, strict=True):
            np.copyto(plane[part.rows, part.columns], saved)

    def _planes(self, frame: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], ...]:
        height, width = self._size.height_px, self._size.width_px
        flat, luma, chroma = frame.reshape(-1), width * height, width * height // 4
        half = (height // 2, width // 2)
        return (
            flat[:luma].reshape(height, width),
            flat[luma : luma + chroma].reshape(half),
            flat[luma + chroma :].reshape(half),
        )


def _halved(mask: Mask) -> Mask:
    size = (mask.shape[1] // 2, mask.shape[0] // 2)
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.uint8)


def _part(layers: Sequence[tuple[Mask, Colour]], plane: int, top: int, left: int) -> _Part:
    """Return what layers over each other keep and add in one plane."""
    height, width = layers[0][0].shape
    keep, add = np.ones((height, width), np.float32), np.zeros((height, width), np.float32)
    for mask, colour in layers:
        share = mask.astype(np.float32) / 255
        rest = 1 - share
        keep *= rest
        add *= rest
        add += share * np.float32(colour[plane])
    # Keep and what is added are rounded together, or white over white would not stay white.
    kept = np.rint(keep * 255)
    covered = np.maximum(1 - keep, 1e-6)
    add *= (255 - kept) / covered
    return _Part(
        slice(top, top + height), slice(left, left + width), kept.astype(np.uint8),
        (np.rint(add) + _HALF).astype(np.uint16),
    )  # fmt: skip
