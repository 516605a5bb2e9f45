"""A blink: the skin over the eye drawn down with the lashes, both lids together.

Everything above the lid's edge is stretched down over the eye, the lash line moving
whole, so that a closed eye has the picture's own skin and lashes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lipsync.engines.framing import Plane, Planes
from lipsync.engines.grid import Box, floats, sample, snap, to_chroma
from lipsync.engines.splines import rows_of
from lipsync.face.points import Curve

LASH = 0.10
"""How far lashes and liner reach under the lid's edge, in heights of the eye."""
LASH_ABOVE = 0.10
"""How far above the edge the lash line moves whole."""


@dataclass(frozen=True, slots=True)
class Lid:
    """One eye's upper lid, column by column, in output pixels."""

    box: Box
    columns: NDArray[np.float32]
    top: NDArray[np.float32]
    """Where the skin begins to stretch, under the brow."""
    edge: NDArray[np.float32]
    """The lid's edge in the picture."""
    fall: NDArray[np.float32]
    """How far the edge falls to close the eye."""
    height: float
    """Height of the open eye."""


def find_lid(points: Mapping[str, Curve], side: str, canvas: Box) -> Lid:
    """Measure the lid of the eye on one side, "a" or "b"."""
    upper, lower, brow = points[f"eye_{side}_upper"], points[f"eye_{side}_lower"], points[f"brow_{side}"]
    left, right = float(upper[0, 0]), float(upper[-1, 0])
    wide = right - left
    columns = np.arange(np.floor(left) - 1, np.ceil(right) + 2, 0.5, dtype=np.float32)
    edge, low = rows_of(upper, columns), rows_of(lower, columns)
    fall = np.maximum(low - edge, 0)
    height = max(float(fall.max()), 1.0)
    brow_rows = np.interp(columns, brow[:, 0], brow[:, 1])
    room = np.maximum(edge - brow_rows, 0.25 * height)
    # The stretch begins under the brow: hair must not be drawn down over the eye.
    top = edge - np.maximum(0.62 * room, 0.3 * height)
    box = snap(left - 2, float(top.min()) - 2, right + 2, float(low.max()) + 0.25 * wide, 2).within(canvas)
    return Lid(box, columns, top.astype(np.float32), edge, fall.astype(np.float32), height)


def close_lid(
    lid: Lid, closure: float, shift: tuple[float, float], planes: Planes, frame: tuple[Plane, Plane, Plane]
) -> None:
    """Draw a lid over its eye in a frame already painted.

    Args:
        lid: the lid.
        closure: 0 open to 1 closed.
        shift: how far back (x, y) the head's pose looks for the eye, in pixels.
        planes: what the picture is sampled from.
        frame: Y, U, V of the frame.
    """
    box = lid.box
    across = (np.arange(box.left, box.right) + shift[0]).astype(np.float32)
    down = (np.arange(box.top, box.bottom) + shift[1]).astype(np.float32)[:, None]
    top, edge, fall = (floats(np.interp(across, lid.columns, v)) for v in (lid.top, lid.edge, lid.fall))
    # A little past the lower lid, or a line of white stays open.
    fall = fall * np.float32(1.1 * closure)
    source = _source_rows(down, top, edge - np.float32(LASH_ABOVE * lid.height), fall)
    # Where the eye is nearly shut by nature, at its corners, there is nothing to cover.
    opens = np.clip(fall / 0.8, 0, 1)
    cover = np.clip(edge + fall + np.float32(LASH * lid.height) * opens - down + 0.5, 0, 1) * opens
    places = np.dstack(np.broadcast_arrays(across, source)).astype(np.float32)
    skin = _sample(planes.luma, 2 * places)
    _lay(skin, cover, frame[0][box.top : box.bottom, box.left : box.right])
    half = (box.width // 2, box.height // 2)
    skin = _sample(planes.chroma, to_chroma(floats(cv2.resize(places, half, interpolation=cv2.INTER_AREA))))
    cover = cv2.resize(cover.astype(np.float32), half, interpolation=cv2.INTER_AREA)
    rows, columns = slice(box.top // 2, box.bottom // 2), slice(box.left // 2, box.right // 2)
    for i in (1, 2):
        _lay(skin[..., i - 1], cover, frame[i][rows, columns])


def _source_rows(
    down: NDArray[np.float32], top: NDArray[np.float32], lash: NDArray[np.float32], fall: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the row of the picture that each row shows once the lid has fallen."""
    room = np.maximum(lash - top, 1.0)
    part = np.clip((down - top) / (room + fall), 0, 1)
    stretched = top + room * part
    moved = down - fall
    rows: NDArray[np.float32] = np.where(down < top, down, np.where(part < 1, stretched, moved))
    return rows


def _sample(plane: Plane, places: NDArray[np.float32]) -> Plane:
    sampled = np.empty((*places.shape[:2], *plane.shape[2:]), np.uint8)
    sample(plane, places, sampled)
    return sampled


def _lay(skin: Plane, cover: NDArray[np.float32], out: Plane) -> None:
    mixed = out + (skin.astype(np.float32) - out) * cover
    np.copyto(out, np.rint(mixed), casting="unsafe")
