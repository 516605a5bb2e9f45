"""Cloth: a sheet hung between guides, folded along its fall and lit like everything else."""

from collections.abc import Sequence

import cv2
import numpy as np

from presenters.hair import between, between_outline
from presenters.pen import Points, Sheet, polygon, sample
from presenters.relief import CELLS, STEP_PX, Field, Relief, grid, paint_tones, patch, soften, trail

ACROSS, ALONG = 110, 170


def drape(
    sheet: Sheet, guides: Sequence[Points], ramp: Sequence[str],
    *, folds: int, depth_px: float, crown: float, seed: int,
) -> None:  # fmt: skip
    """Paint the sheet between the guides: `folds` folds that deepen away from where it lies on the head.

    `crown` is that place as a share of the guides' length. Where the sheet crosses itself,
    the end of the guides lies on top.
    """
    rng = np.random.default_rng(seed)
    lines = [sample(guide, ALONG) for guide in guides]
    shares = np.linspace(0, 1, ACROSS)
    rows = [between(lines, share, count=ALONG) for share in shares]
    height = _folded(rng, folds, depth_px, crown)
    ground = np.zeros((CELLS, CELLS))
    for j in range(ALONG - 1):
        for i in range(ACROSS - 1):
            corners = np.array((rows[i][j], rows[i + 1][j], rows[i + 1][j + 1], rows[i][j + 1]))
            cv2.fillConvexPoly(
                ground, np.round(corners / STEP_PX * 16).astype(np.int32), float(height[i, j]), cv2.LINE_8, 4
            )
    relief = Relief(soften(ground, 6))
    clip = sheet.clip(between_outline(guides[0], guides[-1]))
    tone = relief.light(cast=0.55, crease=0.035) ** 1.5
    paint_tones(
        sheet,
        tone,
        ramp,
        clip=clip,
        within=soften((ground > 0).astype(np.float64), 6),
        levels=30,
        blur_px=2.2,
    )


def _folded(rng: np.random.Generator, folds: int, depth_px: float, crown: float) -> np.ndarray:
    """Return heights over (across, along): a round edge, then waves that drift and deepen."""
    across = np.linspace(0, 1, ACROSS)[:, None]
    along = np.linspace(0, 1, ALONG)[None, :]
    fall = np.where(along > crown, (along - crown) / (1 - crown), (crown - along) / crown)
    height = 60 * (1 - np.abs(2 * across - 1) ** 3) * (1 - 0.5 * fall) + 60 * along
    for k in range(1, folds + 1):
        wave = np.sin(2 * np.pi * (k * 0.8 * across + rng.uniform() + rng.normal(0, 0.35) * along))
        sharp = np.sign(wave) * np.abs(wave) ** 0.8
        height = height + depth_px / np.sqrt(k) * rng.uniform(0.5, 1) * sharp * (0.14 + fall**0.8)
    return np.asarray(height, np.float64)


Fold = tuple[Points, float, float]
"""A fold in tailored cloth: its line, its width and its rise in pixels."""


def piece(
    sheet: Sheet, outline: Points, ramp: Sequence[str], folds: Sequence[Fold] = (),
    *, thick_px: float = 12, lower: float = 0,
) -> None:  # fmt: skip
    """Paint one cut piece of a garment on the shoulders; `lower` takes light from all of it."""
    relief = Relief(_shoulders())
    relief.add(patch(outline, 5), thick_px)
    for line, width, rise in folds:
        relief.add(trail(line, width, width * 0.7), rise)
    data = polygon(outline)
    tone = relief.light(cast=0.4, crease=0.03) - lower
    paint_tones(sheet, tone, ramp, clip=sheet.clip(data), within=patch(outline, 8), levels=22, blur_px=2.8)


def _shoulders() -> Field:
    """Return the chest and the shoulders under a garment."""
    x, y = grid()
    return np.asarray(190 * np.exp(-(((x - 512) / 360) ** 2)) + 44 * np.tanh((y - 860) / 160), np.float64)
