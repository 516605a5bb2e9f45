"""What shows when the lips part: teeth, tongue and the dark behind them.

Drawn once per avatar, toned from the picture's own eye white, skin and lips, for a row
of jaw heights and of tongue heights; a frame mixes its neighbours. Upper teeth belong to
the head, lower teeth and tongue to the jaw. The lips' shadow falls on it in `compose`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lipsync.engines.fields import DROP
from lipsync.engines.framing import Planes
from lipsync.engines.grid import Box, floats, smooth_step
from lipsync.engines.lips import Lips
from lipsync.face.points import Curve

JAW_LEVELS = 13
"""Drawn heights of the jaw, from closed to fully dropped."""
TONGUE_LEVELS = 3
"""Drawn heights of the tongue's tip, from low to behind the upper teeth."""

Inks = NDArray[np.float32]
"""Y, U, V of one colour, float32, limited range."""

_Row = tuple[tuple[float, float], ...]
_Edge = Callable[[NDArray[np.float32], float, NDArray[np.float32]], NDArray[np.float32]]

_UPPER_TEETH: _Row = (
    (0.084, 0.090),
    (0.066, 0.080),
    (0.064, 0.087),
    (0.056, 0.068),
    (0.048, 0.056),
    (0.040, 0.044),
)
"""From the middle outwards: width of each tooth, and how far its edge hangs under the lip
line, in mouth widths."""
_LOWER_TEETH: _Row = ((0.054, 0.0), (0.056, 0.0), (0.06, 0.004), (0.054, -0.01), (0.046, -0.02))
"""The same; the edge stands this much above its place just over the lower lip."""

@dataclass(frozen=True, slots=True)
class Tones:
    """The colours of a mouth under the light of its picture."""

    teeth: Inks
    tongue: Inks
    dark: Inks


@dataclass(frozen=True, slots=True)
class MouthInside:
    """Pictures of the inside for every jaw and tongue height."""

    box: Box
    levels: NDArray[np.uint8]
    """uint8, shape (jaw levels, tongue levels, height * 3 / 2 rows, width): I420."""

    def mix(self, jaw: float, tongue: float, out: NDArray[np.uint8], scratch: NDArray[np.uint8]) -> None:
        """Mix the drawn levels nearest to a jaw and a tongue height (0..1) into `out`."""
        at, part = _between(jaw, JAW_LEVELS)
        up, lift = _between(tongue, TONGUE_LEVELS)
        cv2.addWeighted(self.levels[at, up], 1 - part, self.levels[at + 1, up], part, 0.0, dst=out)
        if lift > 0:
            low, high = self.levels[at, up + 1], self.levels[at + 1, up + 1]
            cv2.addWeighted(low, 1 - part, high, part, 0.0, dst=scratch)
            cv2.addWeighted(out, 1 - lift, scratch, lift, 0.0, dst=out)


def draw_inside(planes: Planes, points: Mapping[str, Curve], lips: Lips, box: Box) -> MouthInside:
    """Draw the inside of a mouth for every level, in the box of the output it may show in."""
    tones = measure_tones(planes, points)
    fine = _positions(box, lips, per_px=2)
    upper = _draw_teeth(fine, tones.teeth, _UPPER_TEETH, _upper_edge)
    lower = _draw_teeth(fine, tones.teeth * floats([0.80, 1, 1]), _LOWER_TEETH, _lower_edge)
    at = _positions(box, lips, per_px=1)
    levels = np.empty((JAW_LEVELS, TONGUE_LEVELS, box.height * 3 // 2, box.width), np.uint8)
    for jaw in range(JAW_LEVELS):
        drop = DROP * jaw / (JAW_LEVELS - 1)
        fallen = _fall(lower, 0.97 * drop * lips.width)
        for tongue in range(TONGUE_LEVELS):
            inks = _draw_deep(at, tones, drop, tongue / (TONGUE_LEVELS - 1))
            for teeth in (fallen, upper):
                inks = inks * (1 - teeth[..., 3:]) + teeth[..., :3]
            levels[jaw, tongue] = _to_i420(inks, box)
    return MouthInside(box, levels)


def measure_tones(planes: Planes, points: Mapping[str, Curve]) -> Tones:
    """Measure the colours of the mouth's inside from the picture.

    Teeth take the eye white's light, never more than the face's own brightest skin;
    the tongue and the dark take the lips' colour. A drawing in grey gets grey teeth.
    """
    eyes = [_ring(points, f"eye_{side}_upper", f"eye_{side}_lower") for side in "ab"]
    mouth = [_ring(points, f"lip_{side}_outer", f"lip_{side}_inner") for side in ("upper", "lower")]
    eye = np.concatenate([_inside(planes, ring)[:, 0] for ring in eyes])
    lip = np.concatenate([_inside(planes, ring) for ring in mouth])
    skin = _inside(planes, _face_ring(points))
    white, bright = float(np.percentile(eye, 92)), float(np.percentile(skin[:, 0], 90))
    middle = np.median(skin, axis=0)
    light = min(0.55 * white + 0.45 * bright, 1.04 * bright) - 16
    colour = np.median(lip, axis=0)
    lip_light = min(float(colour[0]), float(middle[0])) - 16
    tint = middle[1:] - 128
    red = 0.85 * (colour[1:] - 128) + 0.20 * tint
    return Tones(
        teeth=floats([16 + 0.95 * light, *(128 + 0.36 * tint)]),
        tongue=floats([16 + 0.78 * lip_light, *(128 + red)]),
        dark=floats([16 + 0.11 * lip_light, *(128 + 0.36 * red)]),
    )


def _draw_deep(at: NDArray[np.float32], tones: Tones, drop: float, tongue: float) -> NDArray[np.float32]:
    """Draw the dark and the tongue; `at` holds (along, below) in mouth widths for each pixel."""
    x, y = at[..., 0], at[..., 1]
    low = 0.97 * drop - 0.02 - 0.34 * drop
    top = (1 - tongue) * low + tongue * min(0.078, low)
    half = np.float32(0.35 - 0.07 * tongue)
    bow = np.sqrt(np.clip(1 - (x / half) ** 2, 0, 1))
    surface = top + (1 - bow) * 0.12
    cover = smooth_step((y - surface) / 0.07 + 0.35) * smooth_step((half - np.abs(x)) / 0.06)
    front = np.clip((y - surface) / 0.20, 0, 1)
    groove = 1 - 0.14 * np.exp(-((x / 0.03) ** 2)) * (1 - tongue)
    # The back of the tongue lies deep in the mouth's own shade; only its front meets the light.
    lit = (0.50 + 0.42 * front + 0.10 * tongue) * groove * (1 - 0.35 * (x / half) ** 2)
    flesh = floats([16, 128, 128]) + (tones.tongue - floats([16, 128, 128])) * lit[..., None]
    deep = 1 + 0.9 * np.clip(np.abs(x) / 0.4, 0, 1) ** 2
    inks = np.dstack([16 + (tones.dark[0] - 16) * deep, *(np.full_like(x, c) for c in tones.dark[1:])])
    drawn: NDArray[np.float32] = (inks + (flesh - inks) * cover[..., None]).astype(np.float32)
    return drawn


def _draw_teeth(at: NDArray[np.float32], tone: Inks, row: _Row, edge_of: _Edge) -> NDArray[np.float32]:
    """Draw a row of teeth in its own frame: Y, U, V times cover, and cover, one per pixel."""
    x, y = np.abs(at[..., 0]), at[..., 1]
    drawn = np.zeros((*x.shape, 4), np.float32)
    start = 0.0
    for width, reach in row:
        columns = np.flatnonzero(((x >= start - 0.01) & (x <= start + width + 0.01)).any(axis=0))
        away, below = x[:, columns], y[:, columns]
        sideways = np.abs(away - start - width / 2) / (width / 2)
        start += width
        edge = edge_of(below, reach, floats(0.016 * sideways**4))
        cover = smooth_step(edge / 0.016 + 0.5) * smooth_step((1.06 - sideways) / 0.12)
        if row is _LOWER_TEETH:
            cover *= smooth_step((0.13 - edge) / 0.06)
        recede = 1.0 - 0.60 * np.clip(away / 0.36, 0, 1) ** 1.7
        between = 1.0 - 0.17 * smooth_step((sideways - 0.72) / 0.28)
        tip = 1.0 - 0.10 * np.clip(1 - edge / 0.03, 0, 1)
        lit = recede * between * tip * (1.0 - 0.14 * np.clip((edge - 0.03) / 0.10, 0, 1))
        warm = 1.8 - 0.8 * lit
        inks = np.dstack([16 + (tone[0] - 16) * lit, *(128 + (c - 128) * warm for c in tone[1:])])
        old = drawn[:, columns]
        drawn[:, columns] = old * (1 - cover[..., None]) + np.dstack([inks * cover[..., None], cover])
    size = (at.shape[1] // 2, at.shape[0] // 2)
    return floats(cv2.resize(drawn, size, interpolation=cv2.INTER_AREA))


def _upper_edge(below: NDArray[np.float32], reach: float, corner: NDArray[np.float32]) -> NDArray[np.float32]:
    edge: NDArray[np.float32] = reach - corner - below
    return edge


def _lower_edge(below: NDArray[np.float32], reach: float, corner: NDArray[np.float32]) -> NDArray[np.float32]:
    edge: NDArray[np.float32] = below + 0.022 + reach - corner
    return edge


def _fall(drawn: NDArray[np.float32], pixels: float) -> NDArray[np.float32]:
    """Return a drawn row moved down by a part of a pixel or more."""
    move = floats([[1.0, 0.0, 0.0], [0.0, 1.0, pixels]])
    return floats(cv2.warpAffine(drawn, move, (drawn.shape[1], drawn.shape[0])))


def _positions(box: Box, lips: Lips, per_px: int) -> NDArray[np.float32]:
    across = box.left + (np.arange(box.width * per_px) + 0.5) / per_px - 0.5
    down = box.top + (np.arange(box.height * per_px) + 0.5) / per_px - 0.5
    px = np.dstack(np.meshgrid(across, down)).astype(np.float32)
    along = lips.along(px) / 2
    middle = np.interp(px[..., 0], lips.columns, (lips.upper_edge + lips.lower_edge) / 2)
    # The row of teeth follows half of the lip line's bow: a smile bends lips more than jaws.
    straight = lips.centre[1] + (px[..., 0] - lips.centre[0]) * lips.across[1] / lips.across[0]
    centre_bow = float(np.interp(lips.centre[0], lips.columns, (lips.upper_edge + lips.lower_edge) / 2))
    bow = 0.5 * (middle - straight) + 0.5 * (centre_bow - lips.centre[1])
    below = (px[..., 1] - straight - bow) / lips.width
    return np.dstack([along, below]).astype(np.float32)


def _to_i420(inks: NDArray[np.float32], box: Box) -> NDArray[np.uint8]:
    luma = cv2.resize(inks[..., 0], (box.width, box.height), interpolation=cv2.INTER_AREA)
    chroma = cv2.resize(inks[..., 1:], (box.width // 2, box.height // 2), interpolation=cv2.INTER_AREA)
    flat = np.concatenate([luma.ravel(), chroma[..., 0].ravel(), chroma[..., 1].ravel()])
    frame: NDArray[np.uint8] = np.rint(flat).clip(16, 240).astype(np.uint8)
    return frame.reshape(box.height * 3 // 2, box.width)


def _ring(points: Mapping[str, Curve], first: str, back: str) -> Curve:
    return np.concatenate([points[first], points[back][::-1]])


def _face_ring(points: Mapping[str, Curve]) -> Curve:
    """Return the outline of the cheeks: between eyes, mouth and jaw, where there is skin only."""
    jaw = points["jaw"]
    corners = points["lip_upper_outer"]
    return np.concatenate([jaw[2:6], corners[:1], points["nose_base"], corners[-1:], jaw[11:15]])


def _inside(planes: Planes, ring: Curve) -> NDArray[np.float32]:
    """Return Y, U, V of every output pixel inside a closed ring, at least one."""
    luma = planes.luma[::2, ::2]
    mask = np.zeros(luma.shape, np.uint8)
    cv2.fillPoly(mask, [np.rint(ring).astype(np.int32)], 1)
    rows, columns = np.nonzero(mask)
    return floats(np.c_[luma[rows, columns], planes.chroma[rows // 2, columns // 2, :2]])


def _between(value: float, levels: int) -> tuple[int, float]:
    """Return the drawn level under a value of 0..1, and how far it is on to the next."""
    place = min(max(value, 0.0), 1.0) * (levels - 1)
    level = min(int(place), levels - 2)
    return level, place - level
