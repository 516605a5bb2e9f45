"""Lays the layers of a mouth over each other, in Y, U and V.

Layer over layer: upper lip, lower lip, inside. Weights are bytes that sum to 255 in each
pixel, so a sum of products stays within 16 bits and no floating point is needed.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from lipsync.engines.framing import Plane

Words = NDArray[np.uint16]


class Layers:
    """Mixes planes of one shape; holds its scratch."""

    def __init__(self, height: int, width: int) -> None:
        self._sum = np.empty((height, width), np.uint16)
        self._product = np.empty((height, width), np.uint16)
        self.upper = np.empty((height, width), np.uint8)
        self.lower = np.empty((height, width), np.uint8)
        self.inside = np.empty((height, width), np.uint8)

    def weigh(self, upper_mask: Plane, lower_mask: Plane) -> None:
        """Set the weights from how much of each pixel the two layers cover (0..255)."""
        np.copyto(self.upper, upper_mask)
        rest = cv2.bitwise_not(self.upper)
        cv2.multiply(lower_mask, rest, dst=self.lower, scale=1 / 255)
        cv2.subtract(rest, self.lower, dst=self.inside)

    def weigh_half(self, full: "Layers") -> None:
        """Set the weights to those of twice the resolution, averaged."""
        size = (self.upper.shape[1], self.upper.shape[0])
        cv2.resize(full.upper, size, dst=self.upper, interpolation=cv2.INTER_AREA)
        cv2.resize(full.inside, size, dst=self.inside, interpolation=cv2.INTER_AREA)
        np.subtract(255, self.upper, out=self.lower)
        cv2.subtract(self.lower, self.inside, dst=self.lower)

    def lay(self, upper: Plane, lower: Plane, inside: Plane, out: Plane) -> None:
        """Write the weighted sum of three planes to `out`."""
        np.multiply(upper, self.upper, out=self._sum, dtype=np.uint16)
        np.multiply(lower, self.lower, out=self._product, dtype=np.uint16)
        np.add(self._sum, self._product, out=self._sum)
        np.multiply(inside, self.inside, out=self._product, dtype=np.uint16)
        np.add(self._sum, self._product, out=self._sum)
        # Divides by 255 exactly, rounded, within 16 bits.
        np.add(self._sum, 128, out=self._sum)
        np.right_shift(self._sum, 8, out=self._product)
        np.add(self._sum, self._product, out=self._sum)
        np.right_shift(self._sum, 8, out=self._sum)
        np.copyto(out, self._sum, casting="unsafe")


def shade(inside: Plane, visible: Plane, reach_px: int, floor: float) -> None:
    """Darken the inside of a mouth in place where lips stand near.

    Args:
        inside: luma of the inside.
        visible: how much of each pixel the inside shows in, 0..255.
        reach_px: how far a lip's shadow reaches.
        floor: light left right behind a lip, 0..1.
    """
    near = cv2.blur(visible, (reach_px, reach_px), borderType=cv2.BORDER_REPLICATE)
    cv2.addWeighted(near, 1.0 - floor, near, 0.0, 255.0 * floor, dst=near)
    cv2.multiply(inside, near, dst=inside, scale=1 / 255)
