"""Boxes of the output and the coarse grids that fields are kept on.

Fields are smooth, so they are kept on one node per cell of `step` pixels and enlarged
to a map per pixel only when a frame is painted.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Field = NDArray[np.float32]
"""Displacements or positions (x, y) in output pixels, float32, shape (rows, columns, 2)."""

Sampled = NDArray[np.uint8] | NDArray[np.float32]
_NO_SECOND_MAP = np.empty(0, np.float32)


def sample(plane: Sampled, places: Field, out: Sampled) -> None:
    """Write to `out` what a plane or a field holds at each place, its edge beyond its edge.

    Args:
        plane: uint8 or float32, shape (rows, columns) or (rows, columns, channels).
        places: where (x, y) each value of `out` comes from, in nodes or pixels of `plane`.
        out: of the shape of `places` and the kind of `plane`.
    """
    cv2.remap(plane, places, _NO_SECOND_MAP, cv2.INTER_LINEAR, dst=out, borderMode=cv2.BORDER_REPLICATE)


def floats(values: ArrayLike) -> NDArray[np.float32]:
    """Return values as a float32 array."""
    return np.asarray(values, np.float32)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the output, in pixels; right and bottom are excluded."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels across."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels down."""
        return self.bottom - self.top

    def within(self, outer: "Box") -> "Box":
        """Return the part of this box that lies in another."""
        return Box(
            max(self.left, outer.left),
            max(self.top, outer.top),
            min(self.right, outer.right),
            min(self.bottom, outer.bottom),
        )


@dataclass(frozen=True, slots=True)
class Grid:
    """A box in cells of `step` pixels, with one more cell all around it.

    Node (row, column) lies in the middle of its cell; the cells around the box let a map
    be enlarged right up to the box's edge.
    """

    box: Box
    step: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of nodes, the surrounding ones included."""
        return self.box.height // self.step + 2, self.box.width // self.step + 2

    @property
    def origin(self) -> tuple[float, float]:
        """Position (x, y) of node (0, 0) in output pixels."""
        shift = (self.step - 1) / 2 - self.step
        return self.box.left + shift, self.box.top + shift

    def nodes(self) -> Field:
        """Return the position of every node."""
        rows, columns = self.shape
        x, y = self.origin
        across, down = np.meshgrid(x + self.step * np.arange(columns), y + self.step * np.arange(rows))
        return np.dstack([across, down]).astype(np.float32)

    def slices(self, inner: "Grid") -> tuple[slice, slice]:
        """Return where the nodes of a grid inside this one lie among its own."""
        top = (inner.box.top - self.box.top) // self.step
        left = (inner.box.left - self.box.left) // self.step
        rows, columns = inner.shape
        return slice(top, top + rows), slice(left, left + columns)


def snap(left: float, top: float, right: float, bottom: float, step: int) -> Box:
    """Return the smallest box of whole cells that holds a rectangle."""
    return Box(
        int(left // step) * step,
        int(top // step) * step,
        int(-(-right // step)) * step,
        int(-(-bottom // step)) * step,
    )


def inner_canvas(width_px: int, height_px: int, step: int) -> Box:
    """Return the whole cells of an output that leave at least one cell free at each border."""
    return Box(step, step, (width_px // step - 1) * step, (height_px // step - 1) * step)


def enlarge(nodes: Field, step: int, out: Field) -> Field:
    """Enlarge node values to one per pixel (or per chroma pixel: half the step).

    Args:
        nodes: values with the surrounding cells, shape (rows + 2, columns + 2, 2).
        step: pixels per cell.
        out: scratch of shape ((rows + 2) * step, (columns + 2) * step, 2) or larger.

    Returns:
        A view of `out`, shape (rows * step, columns * step, 2).
    """
    rows, columns = nodes.shape[:2]
    target = out[: rows * step, : columns * step]
    cv2.resize(nodes, (columns * step, rows * step), dst=target, interpolation=cv2.INTER_LINEAR)
    return target[step : (rows - 1) * step, step : (columns - 1) * step]


def to_chroma(places: Field, out: Field | None = None) -> Field:
    """Return positions of the output as positions among its chroma pixels, half as many each way."""
    moved: Field = np.subtract(places, np.float32(0.5), out=out)
    return np.multiply(moved, np.float32(0.5), out=moved)


def smooth_step(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Ease from 0 to 1 as values go from 0 to 1; flat outside."""
    part = np.clip(values, 0.0, 1.0).astype(np.float32)
    eased: NDArray[np.float32] = part * part * (3.0 - 2.0 * part)
    return eased


def fade_at_edges(grid: Grid, margin_px: float) -> NDArray[np.float32]:
    """Return 1 inside a grid's box falling smoothly to 0 over a margin at its edges."""
    nodes, box = grid.nodes(), grid.box
    across = np.minimum(nodes[..., 0] - box.left, box.right - 1 - nodes[..., 0])
    down = np.minimum(nodes[..., 1] - box.top, box.bottom - 1 - nodes[..., 1])
    return smooth_step(across / margin_px) * smooth_step(down / margin_px)
