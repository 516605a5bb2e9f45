"""The line between the lips, measured in the picture, and the shape of the mouth.

Points in output pixels and the picture's luma in; the mouth's own axes, the edge of
the upper and of the lower lip column by column, and the gap between them out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lipsync.engines.framing import Plane
from lipsync.engines.grid import floats, smooth_step
from lipsync.engines.splines import rows_of
from lipsync.face.points import Curve

PARTED = 0.045
"""Lips whose inner edges are farther apart than this share of the mouth's width are
parted in the picture, and rest needs a closing field."""

SEARCH = 0.045
"""How far from the given line the true, darkest one is looked for, in mouth widths."""


@dataclass(frozen=True, slots=True)
class Lips:
    """Where the lips are; lengths in output pixels."""

    centre: NDArray[np.float32]
    """Middle between the corners (x, y)."""
    across: NDArray[np.float32]
    """Unit vector from corner a to corner b."""
    down: NDArray[np.float32]
    """Unit vector to the chin, at a right angle to `across`."""
    width: float
    """From corner to corner."""
    columns: NDArray[np.float32]
    """Columns of the output, half a pixel apart, that the edges are given for."""
    upper_edge: NDArray[np.float32]
    """Height of the upper lip's inner edge at each column."""
    lower_edge: NDArray[np.float32]
    """Height of the lower lip's inner edge at each column; never above the upper one."""
    parted: bool
    """Whether the lips are apart in the picture."""

    def along(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return where points lie along the mouth: -1 at corner a, 1 at corner b."""
        return floats((points - self.centre) @ self.across * (2 / self.width))

    def below(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how far points lie under the line through the corners, in mouth widths."""
        return floats((points - self.centre) @ self.down / self.width)

    def gap_at(self, x: float) -> float:
        """Return the height of the opening in the picture at a column, in pixels."""
        return float(np.interp(x, self.columns, self.lower_edge - self.upper_edge))


def find_lips(points: Mapping[str, Curve], luma: Plane) -> Lips:
    """Measure the lips of a placed face.

    Args:
        points: every contour in output pixels.
        luma: the source plane, twice the output's resolution.
    """
    upper, lower = points["lip_upper_inner"], points["lip_lower_inner"]
    corner_a, corner_b = (upper[0] + lower[0]) / 2, (upper[-1] + lower[-1]) / 2
    width = float(np.linalg.norm(corner_b - corner_a))
    across = (corner_b - corner_a) / width
    down = floats([-across[1], across[0]])
    columns = np.arange(0, luma.shape[1] / 2, 0.5, dtype=np.float32)
    upper_edge, lower_edge = rows_of(upper, columns), rows_of(lower, columns)
    middle = floats((upper_edge + lower_edge) / 2)
    gap = np.maximum(lower_edge - upper_edge, 0)
    parted = float(gap.max()) > PARTED * width
    if parted:
        upper_edge, lower_edge = floats(middle - gap / 2), floats(middle + gap / 2)
    else:
        upper_edge = lower_edge = _darkest_line(luma, columns, middle, corner_a, corner_b)
    return Lips((corner_a + corner_b) / 2, across, down, width, columns, upper_edge, lower_edge, parted)


def _darkest_line(
    luma: Plane, columns: NDArray[np.float32], line: NDArray[np.float32], corner_a: Curve, corner_b: Curve
) -> NDArray[np.float32]:
    """Return the line moved onto the dark seam of closed lips, unmoved at the corners.

    Split beside the seam, a strip of one lip would hang from the other at every opening.
    """
    width = float(corner_b[0] - corner_a[0])
    inside = np.flatnonzero((columns > corner_a[0]) & (columns < corner_b[0]))
    reach = max(2, round(2 * SEARCH * width))
    offsets = np.arange(-reach, reach + 1)
    softened = cv2.GaussianBlur(luma, (3, 3), 0)
    rows = np.clip(np.rint(2 * line[inside])[:, None] + offsets, 0, luma.shape[0] - 1).astype(int)
    at = np.clip(inside, 0, luma.shape[1] - 1)[:, None]
    cost = softened[rows, at].astype(float) + 14.0 * (offsets / reach) ** 2
    path = _cheapest_path(cost)
    moved = cv2.GaussianBlur((offsets[path] / 2).astype(np.float32)[None], (0, 0), max(1.0, width / 16))[0]
    part = (columns[inside] - corner_a[0]) / width
    ease = smooth_step((0.5 - np.abs(part - 0.5)).astype(np.float32) / 0.12)
    found = line.copy()
    found[inside] += moved * ease
    return found


def _cheapest_path(cost: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return for each row of costs a column, neighbours one apart at most, of least sum."""
    total = cost.copy()
    steps = np.zeros(cost.shape, np.int64)
    for i in range(1, len(cost)):
        before = np.pad(total[i - 1], 1, constant_values=np.inf)
        choices = np.stack([before[:-2] + 1.0, before[1:-1], before[2:] + 1.0])
        steps[i] = choices.argmin(axis=0) - 1
        total[i] += choices.min(axis=0)
    path = np.zeros(len(cost), np.int64)
    path[-1] = total[-1].argmin()
    for i in range(len(cost) - 1, 0, -1):
        path[i - 1] = path[i] + steps[i, path[i]]
    return path
