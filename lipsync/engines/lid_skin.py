"""The skin of a closed eyelid, made once per avatar from the skin around the open eye.

A photo of an open eye does not show the lid's skin: it is folded away behind the crease.
The tone comes from above the lashes and from under the eye, the grain from the cheek;
the picture's own crease stays where it is, fainter, and its lashes are taken out.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lipsync.engines.framing import Plane, Planes
from lipsync.engines.grid import Box, floats, smooth_step

CREASE = 0.3
"""How much of the crease is left on a closed lid."""
CREASE_MOST = 40.0
"""The most it differs from the lid's tone in Y, U or V; what is more is hair."""
LEAST_TONE = 0.72
"""A lid is at least this share as light as the skin under its eye: the shadow and the hair
of a low brow are not its own."""
GRAIN = 5.0
"""The most that grain changes a pixel's luma; what is more is not skin."""

Inks = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EyeShape:
    """One eye over consecutive columns of the output, float32, one value per column."""

    along: NDArray[np.float32]
    """-1 at the left corner, 1 at the right one, beyond them outside."""
    top: NDArray[np.float32]
    """The row under the brow from which the lid's skin counts."""
    edge: NDArray[np.float32]
    """The row of the upper lid's edge."""
    low: NDArray[np.float32]
    """The row of the lower lid's edge."""
    height: float
    """Height of the open eye."""


def cut_inks(planes: Planes, box: Box) -> Inks:
    """Return Y, U, V of a box of even sides at the output's resolution, float32."""
    luma = planes.luma[2 * box.top : 2 * box.bottom : 2, 2 * box.left : 2 * box.right : 2]
    chroma = planes.chroma[box.top // 2 : box.bottom // 2, box.left // 2 : box.right // 2]
    colours = cv2.resize(chroma, (box.width, box.height), interpolation=cv2.INTER_LINEAR)
    return floats(np.dstack([luma, colours[..., :2]]))


def draw_skin(inks: Inks, shape: EyeShape, top_px: int) -> Inks:
    """Return the skin of a shut lid for a box of the picture.

    Args:
        inks: Y, U, V of the box.
        shape: the eye, for the columns of the box.
        top_px: row of the output that the box begins at.
    """
    height = shape.height
    above = np.linspace(0.0, float((shape.edge - shape.top).max()), 24, dtype=np.float32)
    below = np.linspace(0.3 * height, 0.6 * height, 6, dtype=np.float32)
    wide = 2 * len(shape.along) / max(float(shape.along[-1] - shape.along[0]), 0.1)
    over = _without_lashes(_rows_at(inks, shape.edge - above[:, None] - top_px), wide)
    under = _without_lashes(_rows_at(inks, shape.low + below[:, None] - top_px), wide)
    beneath = under.mean(axis=0)
    tone = _tone(over[above >= min(0.2 * height, 0.5 * above[-1])], beneath, wide)
    rows = np.arange(len(inks), dtype=np.float32)[:, None] + top_px
    away = shape.edge - rows
    part = np.clip(-away / np.maximum(shape.low - shape.edge, 1.0), 0, 1)[..., None]
    skin = tone + (beneath - tone) * 0.35 * part
    place = np.clip(away / max(float(above[-1]), 1.0), 0, 1) * (len(above) - 1)
    columns = np.broadcast_to(np.arange(len(shape.along), dtype=np.float32), place.shape)
    own = cv2.remap(over, columns, floats(place), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    # Near the edge the lashes run along the lid, and no filter across it finds skin.
    share = CREASE * smooth_step((away - 0.3 * height) / (0.4 * height))[..., None]
    skin = skin + np.clip(own - tone, -CREASE_MOST, CREASE_MOST) * share
    # An eyeball is round: its middle meets the light, its corners turn away.
    down, corners = part[..., 0], np.clip(shape.along**2, 0, 1)
    light = 1.0 + 0.04 * np.sin(np.pi * down) - 0.05 * corners * down
    skin[..., 0] = 16 + (skin[..., 0] - 16) * light + _grain(inks[..., 0], shape, top_px)
    return floats(skin)


def lash_inks(inks: Inks, shape: EyeShape, top_px: int) -> Inks:
    """Return Y, U, V of the lashes: the dark along the lid's edge, beside the iris."""
    offsets = np.linspace(-0.12, 0.12, 9, dtype=np.float32)[:, None] * np.float32(shape.height)
    near = _rows_at(inks, shape.edge + offsets - top_px)
    beside = (np.abs(shape.along) > 0.45) & (np.abs(shape.along) < 0.9)
    if not beside.any():
        beside = np.abs(shape.along) < 1
    darkest = near[near[..., 0].argmin(axis=0), np.arange(near.shape[1])][beside]
    order = np.argsort(darkest[:, 0])
    return floats(darkest[order[len(order) // 4]])


def _tone(over: Inks, beneath: Inks, wide: float) -> Inks:
    """Return the lid's tone in each column: the lighter of the rows over it, and not too dark."""
    order = np.argsort(over[..., 0], axis=0)[round(0.7 * (len(over) - 1))]
    light = over[order, np.arange(over.shape[1])]
    least = np.maximum(LEAST_TONE * (beneath[:, :1] - 16) + 16 - light[:, :1], 0)
    # Lifted towards the skin under the eye, in colour too, by as much as its light needs.
    share = np.clip(least / np.maximum(beneath[:, :1] - light[:, :1], 1.0), 0, 1)
    lifted = light + (beneath - light) * share
    return floats(cv2.GaussianBlur(lifted[None], (0, 0), sigmaX=max(0.12 * wide, 0.8), sigmaY=0.1)[0])


def _rows_at(inks: Inks, rows: NDArray[np.floating]) -> Inks:
    """Return the picture at given rows of each column, shape (rows, columns, 3)."""
    columns = np.broadcast_to(np.arange(inks.shape[1], dtype=np.float32), rows.shape)
    found = cv2.remap(inks, columns, floats(rows), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return floats(found)


def _without_lashes(strip: Inks, wide: float) -> Inks:
    """Return a strip along the lid without what is thin and dark in it, and softened."""
    across = max(3, round(0.14 * wide) | 1)
    closed = cv2.morphologyEx(strip[..., 0], cv2.MORPH_CLOSE, np.ones((1, across), np.uint8))
    cleaned = np.dstack([closed, strip[..., 1:]])
    return floats(cv2.GaussianBlur(cleaned, (0, 0), sigmaX=max(0.06 * wide, 0.8), sigmaY=0.8))


def _grain(luma: Plane | NDArray[np.float32], shape: EyeShape, top_px: int) -> NDArray[np.float32]:
    """Return fine detail of the skin right under the eye, mirrored over the whole box."""
    first = round(float(shape.low.max()) + 0.3 * shape.height) - top_px
    last = min(first + max(round(0.5 * shape.height), 4), len(luma))
    first = max(min(first, last - 4), 0)
    strip = floats(luma[first:last])
    fine = np.clip(strip - cv2.GaussianBlur(strip, (0, 0), 1.5), -GRAIN, GRAIN)
    turns = -(-len(luma) // len(fine))
    tiled = np.concatenate([fine if turn % 2 else fine[::-1] for turn in range(turns)])
    return floats(tiled[: len(luma)])
