"""A blink: the lid's skin and its lashes come down over the eye, the lower lid rises a little.

What the lids leave open is not touched, so the iris is covered, never squashed. All that
depends on the picture alone is drawn once (`lid_skin`); a frame lays it under soft masks.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lipsync.engines.framing import Plane, Planes
from lipsync.engines.grid import Box, floats, sample, smooth_step, snap, to_chroma
from lipsync.engines.lid_skin import EyeShape, Inks, cut_inks, draw_skin, lash_inks
from lipsync.engines.splines import rows_of
from lipsync.face.points import Curve

MEET = 0.12
"""How far up from the lower lid's place the lids meet, in heights of the eye at that column."""
OVERLAP = 0.09
"""How far the upper lid passes the lower one, in heights of the eye, or a line of white
would stay open."""
LASH_LINE = 0.11
"""Thickness of the lash line of a shut eye, in heights of the open one."""
OWN = 0.14
"""How far above and under the lid's edge its own lashes set out with it, in heights of the eye."""
FRINGE = 0.18
"""How far lashes and the lid's shadow reach under the lash line."""
FRINGE_DARK = 0.38
"""How dark that is right under the line, as a share of the lashes' own ink."""

_Mask = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Lid:
    """One eye's lids, column by column, in output pixels."""

    box: Box
    """What a frame may change."""
    around: Box
    """What `skin` and `shape` are given for: the box with room for the head's pose."""
    shape: EyeShape
    skin: Plane
    """Luma of the shut lid's skin in `around`."""
    colours: Plane
    """U, V and an empty plane of the same at half the resolution."""
    lashes: Inks

    @property
    def memory_bytes(self) -> int:
        """Bytes of the drawn skin."""
        return self.skin.nbytes + self.colours.nbytes


def find_lid(points: Mapping[str, Curve], side: str, canvas: Box, planes: Planes) -> Lid:
    """Measure the lids of the eye on one side, "a" or "b", and draw their skin."""
    upper, lower, brow = points[f"eye_{side}_upper"], points[f"eye_{side}_lower"], points[f"brow_{side}"]
    left, right = float(upper[0, 0]), float(upper[-1, 0])
    wide = right - left
    room = 0.2 * wide
    columns = np.arange(np.floor(left), np.ceil(right) + 1, dtype=np.float32)
    edge, low = rows_of(upper, columns), rows_of(lower, columns)
    height = max(float((low - edge).max()), 1.0)
    brows = np.interp(columns, brow[:, 0], brow[:, 1])
    # The skin begins under the brow: hair must not be taken for it.
    reach = np.maximum(0.62 * np.maximum(edge - brows, 0.25 * height), 0.3 * height)
    highest = float((edge - reach).min())
    box = snap(left - room, highest - 2, right + room, float(low.max()) + height + 2, 2).within(canvas)
    side_px = max(2 * round(0.1 * wide), 4)
    outer = Box(0, 0, planes.luma.shape[1] // 2, planes.luma.shape[0] // 2)
    around = Box(
        box.left - side_px, box.top - side_px, box.right + side_px, box.bottom + side_px
    ).within(outer)
    shape = _shape(upper, lower, (columns, floats(reach)), height, around)
    inks = cut_inks(planes, around)
    skin = draw_skin(inks, shape, around.top)
    lashes = lash_inks(inks, shape, around.top)
    half = cv2.resize(skin[..., 1:], (around.width // 2, around.height // 2), interpolation=cv2.INTER_AREA)
    colours = np.dstack([half, np.zeros(half.shape[:2], np.float32)])
    return Lid(box, around, shape, _bytes(skin[..., 0]), _bytes(colours), lashes)


def close_lid(
    lid: Lid, closure: float, shift: tuple[float, float], planes: Planes, frame: tuple[Plane, Plane, Plane]
) -> None:
    """Draw an eye's lids over it in a frame already painted.

    Args:
        lid: the lids.
        closure: 0 open to 1 closed.
        shift: how far back (x, y) the head's pose looks for the eye, in pixels.
        planes: what the picture is sampled from.
        frame: Y, U, V of the frame.
    """
    box, around = lid.box, lid.around
    across = floats(np.arange(box.left, box.right) + shift[0])
    down = floats(np.arange(box.top, box.bottom) + shift[1])[:, None]
    masks, rise, fall = _masks(lid, closure, across, down)
    places = np.dstack(np.broadcast_arrays(across, down + rise)).astype(np.float32)
    carried = np.dstack(np.broadcast_arrays(across, down - fall)).astype(np.float32)
    offset = (around.left - box.left - shift[0], around.top - box.top - shift[1])
    luma = (_sampled(planes.luma, 2 * places), _moved(lid.skin, offset, (box.width, box.height)))
    own = _sampled(planes.luma, 2 * carried)
    _lay(masks, (*luma, own, lid.lashes[0]), frame[0][box.top : box.bottom, box.left : box.right])
    half = (box.width // 2, box.height // 2)
    lower, own = (
        _sampled(planes.chroma, to_chroma(floats(cv2.resize(p, half, interpolation=cv2.INTER_AREA))))
        for p in (places, carried)
    )
    skin = _moved(lid.colours, (offset[0] / 2, offset[1] / 2), half)
    masks = tuple(floats(cv2.resize(mask, half, interpolation=cv2.INTER_AREA)) for mask in masks)
    rows, columns = slice(box.top // 2, box.bottom // 2), slice(box.left // 2, box.right // 2)
    for i in (1, 2):
        inks = (*(plane[..., i - 1] for plane in (lower, skin, own)), lid.lashes[i])
        _lay(masks, inks, frame[i][rows, columns])


def _shape(
    upper: Curve, lower: Curve, reach: tuple[_Mask, _Mask], height: float, box: Box
) -> EyeShape:
    columns = np.arange(box.left, box.right, dtype=np.float32)
    left, right = float(upper[0, 0]), float(upper[-1, 0])
    edge = rows_of(upper, columns)
    return EyeShape(
        along=floats((2 * columns - left - right) / (right - left)),
        top=floats(edge - np.interp(columns, *reach)),
        edge=edge,
        low=np.maximum(rows_of(lower, columns), edge),
        height=height,
    )


def _masks(
    lid: Lid, closure: float, across: NDArray[np.float32], down: NDArray[np.float32]
) -> tuple[tuple[_Mask, ...], _Mask, _Mask]:
    """Return what the layers cover, and how far the lower lid has risen and the upper one fallen.

    The layers, in order: the lower lid, the upper lid's skin, its own lashes, drawn lashes.
    """
    shape, columns = lid.shape, np.arange(lid.around.left, lid.around.right, dtype=np.float32)
    along, top, edge, low = (
        floats(np.interp(across, columns, v)) for v in (shape.along, shape.top, shape.edge, shape.low)
    )
    height, open_by = np.float32(shape.height), low - edge
    # Where the eye is nearly shut by nature, at its corners, there is nothing to cover.
    opens = np.clip(open_by * closure / 0.8, 0, 1)
    past_lower = OVERLAP * height * np.clip(open_by / (0.3 * height), 0, 1)
    fall = floats(((1 - MEET) * open_by + past_lower) * closure)
    lift = floats(MEET * closure * open_by)
    under = down - (low - lift)
    rise = floats(lift * (1 - smooth_step(under / (0.75 * height))))
    lower = np.clip(under + 0.5, 0, 1) * np.clip(lift / 0.3, 0, 1)
    # Lashes over the lid go with the first half of its way, as they turn down with it; what
    # lies right along the edge goes with the edge.
    turned = float(smooth_step(np.asarray(2 * closure)))
    strip = np.clip(fall / (OWN * height), 0, 1) * np.clip(2 - (edge - down) / (OWN * height), 0, 1)
    skin = _skin_above(along, edge - top, edge - down) * np.maximum(turned, strip)
    past = down - (edge + fall)
    upper = np.where(down < edge, skin, opens) * np.clip(0.5 - past, 0, 1)
    near = np.clip(1.5 - np.abs(past) / (OWN * height), 0, 1) * _within(along) * opens
    drawn = _lash_mask(shape.height, along, past) * min(1.0, 4.0 * closure)
    return (floats(lower), floats(upper), floats(near * (1 - turned)), drawn.astype(np.float32)), rise, fall


def _within(along: _Mask) -> _Mask:
    """Return 1 between an eye's corners, 0 beyond them."""
    return smooth_step((1.08 - np.abs(along)) / 0.14)


def _skin_above(along: _Mask, reach: _Mask, above: _Mask) -> _Mask:
    """Return where a lid's skin shows over its edge: in an arc from corner to corner, as the crease."""
    reach = reach * np.sqrt(np.clip(1.1 - along**2, 0.03, 1))
    return _within(along) * smooth_step((reach - above) / (0.8 * np.maximum(reach, 1.0)))


def _lash_mask(height: float, along: NDArray[np.float32], past: NDArray[np.float32]) -> _Mask:
    """Return how much of each pixel the lashes of a fallen lid cover, `past` its edge by so much."""
    taper = smooth_step((1.03 - np.abs(along)) / 0.25)
    thick = np.maximum(LASH_LINE * height, 1.0) * (0.45 + 0.55 * np.clip(1 - along**4, 0, 1))
    line = np.clip((thick - np.abs(2 * past - 0.2 * thick)) / 2 + 0.5, 0, 1)
    fringe = np.where(past > 0, FRINGE_DARK * np.clip(1 - past / (FRINGE * height), 0, 1) ** 2, 0)
    return floats(np.maximum(line, fringe) * taper)


def _sampled(plane: Plane, places: NDArray[np.float32]) -> Plane:
    sampled = np.empty((*places.shape[:2], *plane.shape[2:]), np.uint8)
    sample(plane, places, sampled)
    return sampled


def _moved(plane: Plane, offset: tuple[float, float], size: tuple[int, int]) -> Plane:
    move = floats([[1, 0, offset[0]], [0, 1, offset[1]]])
    return np.asarray(cv2.warpAffine(plane, move, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _lay(masks: tuple[_Mask, ...], inks: tuple[Plane | np.float32, ...], out: Plane) -> None:
    mixed = out.astype(np.float32)
    for mask, ink in zip(masks, inks, strict=True):
        mixed += (ink - mixed) * mask
    np.copyto(out, np.rint(mixed), casting="unsafe")


def _bytes(values: NDArray[np.float32]) -> Plane:
    return np.ascontiguousarray(np.rint(values).clip(0, 255), np.uint8)
