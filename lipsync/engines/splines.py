"""Smooth curves through points, and thin-plate splines that spread point moves to fields."""

import numpy as np
from numpy.typing import NDArray

from lipsync.engines.grid import Field, Grid

Floats = NDArray[np.float64]


def rows_of(curve: NDArray[np.float32], columns: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the height of a curve at each column.

    A natural cubic spline runs through the points, which go from left to right; beyond
    its ends the curve goes on as the straight line through both end points.
    """
    x = np.maximum.accumulate(curve[:, 0].astype(float) + np.arange(len(curve)) * 1e-3)
    y = curve[:, 1].astype(float)
    chord = y[0] + (y[-1] - y[0]) * (columns - x[0]) / (x[-1] - x[0])
    inside = (columns > x[0]) & (columns < x[-1])
    rows: NDArray[np.float32] = np.where(inside, _natural_spline(x, y, columns), chord).astype(np.float32)
    return rows


def _natural_spline(x: Floats, y: Floats, at: NDArray[np.float32]) -> Floats:
    gaps = np.diff(x)
    slopes = np.diff(y) / gaps
    system = np.eye(len(x))
    right = np.zeros(len(x))
    for row in range(1, len(x) - 1):
        before, after = gaps[row - 1], gaps[row]
        system[row, row - 1 : row + 2] = before, 2 * (before + after), after
        right[row] = 6 * (slopes[row] - slopes[row - 1])
    bend = np.linalg.solve(system, right)
    i = np.clip(np.searchsorted(x, at) - 1, 0, len(gaps) - 1)
    a, b = (x[i + 1] - at) / gaps[i], (at - x[i]) / gaps[i]
    cubic = ((a**3 - a) * bend[i] + (b**3 - b) * bend[i + 1]) * gaps[i] ** 2 / 6
    spline: Floats = a * y[i] + b * y[i + 1] + cubic
    return spline


class ThinPlate:
    """Spreads the moves of fixed control points over a grid, with the least bending.

    Thin-plate splines after Bookstein (1989); built once for a set of points, then used
    for many moves of them.
    """

    def __init__(self, points: NDArray[np.float32], grid: Grid, stiffness: float = 1e-4) -> None:
        centre, spread = points.mean(axis=0), float(points.std())
        placed = (points.astype(float) - centre) / spread
        count = len(points)
        system = np.zeros((count + 3, count + 3))
        system[:count, :count] = _kernel(placed, placed) + stiffness * np.eye(count)
        system[:count, count:] = np.c_[np.ones(count), placed]
        system[count:, :count] = system[:count, count:].T
        nodes = (grid.nodes().reshape(-1, 2).astype(float) - centre) / spread
        spreading = np.c_[_kernel(nodes, placed), np.ones(len(nodes)), nodes]
        self._weights = spreading @ np.linalg.inv(system)[:, :count]
        self._shape = grid.shape

    def spread(self, moves: NDArray[np.float32]) -> Field:
        """Return the field that moves each point as given (shape (points, 2))."""
        field: Field = (self._weights @ moves).reshape(*self._shape, 2).astype(np.float32)
        return field


def _kernel(a: Floats, b: Floats) -> Floats:
    squared = ((a[:, None] - b[None]) ** 2).sum(axis=2)
    bent: Floats = squared * np.log(squared + 1e-12)
    return bent
