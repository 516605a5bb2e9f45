"""Form as height: a surface raised towards the viewer, lit by one lamp, traced as shapes of one tone.

Heights are in pixels of the picture, measured towards the viewer. The surface is kept on a
coarse grid; everything is float64, so that equal numbers give equal shapes everywhere.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from presenters.pen import SIDE_PX, Points, Sheet, sample

Field = NDArray[np.float64]
"""One number per grid cell, shape (CELLS, CELLS)."""

STEP_PX = 2
CELLS = SIDE_PX // STEP_PX
BEYOND = 8  # cells
KEY = np.array((-0.52, -0.56, 0.645))  # from the upper left, before the face
FILL = np.array((0.75, 0.05, 0.66))  # from the right, weak
KEY_SHARE, FILL_SHARE, SKY_SHARE = 0.72, 0.17, 0.2
WRAP = 0.3  # how far light creeps round a form: skin is not stone


def grid() -> tuple[Field, Field]:
    """Return x and y in pixels of every cell's middle."""
    middles = (np.arange(CELLS) + 0.5) * STEP_PX
    x, y = np.meshgrid(middles, middles)
    return x, y


def soften(field: Field, radius_px: float) -> Field:
    """Return the field under a Gaussian of `radius_px`."""
    blurred = cv2.GaussianBlur(field, (0, 0), radius_px / STEP_PX, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, np.float64)


def patch(outline: Points, soft_px: float) -> Field:
    """Return 1 inside the closed outline and 0 outside, with an edge softened by `soft_px`."""
    mask = np.zeros((CELLS, CELLS), np.uint8)
    closed = sample(np.vstack([outline, outline[:1]]), 160)
    cv2.fillPoly(mask, [np.round(closed / STEP_PX * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return soften(mask.astype(np.float64) / 255, soft_px)


def trail(line: Points, width_px: float, soft_px: float) -> Field:
    """Return about 1 along the line and 0 away from it."""
    mask = np.zeros((CELLS, CELLS), np.uint8)
    walked = np.round(sample(line, 60) / STEP_PX * 16).astype(np.int32)
    cv2.polylines(mask, [walked], False, 255, max(1, round(width_px / STEP_PX)), cv2.LINE_AA, 4)
    soft = soften(mask.astype(np.float64) / 255, soft_px)
    return soft / max(float(soft.max()), 1e-9)


class Relief:
    """A surface that is raised and lowered until it looks like something."""

    def __init__(self, ground: Field) -> None:
        self.height = ground
        self._x, self._y = grid()

    def mound(
        self, centre: tuple[float, float], spread: tuple[float, float], rise_px: float, *, turn: float = 0
    ) -> None:
        """Raise (or, below 0, lower) a soft oval; `turn` in degrees, clockwise on screen."""
        angle = np.deg2rad(turn)
        dx, dy = self._x - centre[0], self._y - centre[1]
        along = dx * np.cos(angle) + dy * np.sin(angle)
        across = dy * np.cos(angle) - dx * np.sin(angle)
        away = (along / spread[0]) ** 2 + (across / spread[1]) ** 2
        self.height = self.height + rise_px * np.exp(-away / 2)

    def add(self, field: Field, rise_px: float) -> None:
        """Raise the surface by `rise_px` where the field is 1."""
        self.height = self.height + rise_px * field

    def ridge(self, rows: Sequence[tuple[float, float, float, float]]) -> None:
        """Raise a ridge given downwards as (y, x, rise, half width), like that of a nose."""
        table = np.array(rows)
        at = self._y[:, 0]
        middle, rise, half = (np.interp(at, table[:, 0], table[:, i]) for i in (1, 2, 3))
        rise = soften(np.repeat(rise[:, None], CELLS, axis=1), 4)[:, 0]
        across = (self._x - middle[:, None]) / half[:, None]
        self.height = self.height + rise[:, None] * np.exp(-(np.abs(across) ** 2.3) / 2)

    def normals(self) -> tuple[Field, Field, Field]:
        """Return the surface's unit normals, component by component."""
        down, right = np.gradient(self.height, STEP_PX)
        length = np.sqrt(down**2 + right**2 + 1)
        return -right / length, -down / length, 1 / length

    def light(self, *, cast: float = 0.35, crease: float = 0.02) -> Field:
        """Return how bright every cell is, about 0 (no light) to 1 (facing the lamp).

        `cast` is how much of the lamp a thrown shadow takes, `crease` how fast hollows darken.
        """
        nx, ny, nz = self.normals()
        facing = nx * KEY[0] + ny * KEY[1] + nz * KEY[2]
        lamp = np.maximum(facing + WRAP, 0) / (1 + WRAP)
        lamp = lamp * (1 - cast * self._thrown())
        fill = np.maximum(nx * FILL[0] + ny * FILL[1] + nz * FILL[2], 0)
        sky = 0.6 - 0.4 * ny
        hollow = np.maximum(soften(self.height, 16) - self.height, 0)
        open_share = np.exp(-crease * hollow)
        return np.asarray((KEY_SHARE * lamp + FILL_SHARE * fill + SKY_SHARE * sky) * open_share, np.float64)

    def _thrown(self) -> Field:
        """Return where something stands between a cell and the lamp, 0..1, with soft edges."""
        way = KEY[:2] / np.hypot(*KEY[:2])
        slope = float(KEY[2] / np.hypot(*KEY[:2]))
        shade = np.zeros_like(self.height)
        for reach_px in range(6, 92, 4):
            move = np.array(((1, 0, way[0] * reach_px / STEP_PX), (0, 1, way[1] * reach_px / STEP_PX)))
            toward = cv2.warpAffine(
                self.height,
                move,
                (CELLS, CELLS),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            )
            over = toward - self.height - slope * reach_px
            shade = np.maximum(shade, np.clip(over / (3 + 0.12 * reach_px), 0, 1))
        return soften(shade, 4)


def paint_tones(
    sheet: Sheet, tone: Field, ramp: Sequence[str],
    *, within: Field, clip: str, blur_px: float = 3.2, levels: int = 44,
) -> None:  # fmt: skip
    """Paint a field of tones as nested shapes, each a step further along the ramp of colours.

    `tone` runs 0..1 over the ramp; `within` limits the work to where it is above 0.
    """
    colours = _steps(ramp, levels)
    rows, columns = np.nonzero(within > 0.001)
    left, right = float(columns.min() * STEP_PX), float(columns.max() * STEP_PX)
    high, low = float(rows.min() * STEP_PX), float(rows.max() * STEP_PX)
    known = np.where(within > 0.001, tone, 0)
    soft = sheet.blur(blur_px, (left, high, right, low))
    with sheet.group(clip=clip), sheet.group(extra=f' filter="{soft}"'):
        sheet.path(f"M{left} {high}L{right} {high}L{right} {low}L{left} {low}Z", colours[0])
        for step in range(1, levels):
            data = traced(known > step / levels)
            if data:
                sheet.path(data, colours[step], extra=' fill-rule="evenodd"')


def traced(mask: NDArray[np.bool_], *, slack_px: float = 1.9, least_px: float = 80) -> str:
    """Return path data around every part of the mask; holes come out with the rule evenodd."""
    # What reaches the edge of the picture goes on beyond it, or its rim would show when softened.
    found, _ = cv2.findContours(
        np.pad(mask.astype(np.uint8), BEYOND, mode="edge"), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE
    )
    parts = []
    for contour in found:
        if cv2.contourArea(contour) * STEP_PX**2 < least_px:
            continue
        corners = cv2.approxPolyDP(contour, slack_px / STEP_PX, True)[:, 0]
        corners = (corners - BEYOND) * STEP_PX + STEP_PX // 2
        if len(corners) > 2:
            parts.append("M" + "L".join(f"{x} {y}" for x, y in corners) + "Z")
    return "".join(parts)


def _steps(ramp: Sequence[str], levels: int) -> list[str]:
    """Return `levels` colours evenly along the ramp."""
    stops = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in ramp], np.float64)
    where = np.linspace(0, len(ramp) - 1, levels)
    mixed = np.column_stack([np.interp(where, np.arange(len(ramp)), stops[:, i]) for i in range(3)])
    return ["#" + "".join(f"{round(float(part)):02x}" for part in colour) for colour in mixed]
