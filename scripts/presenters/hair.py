"""Hair: strands that pass smoothly from one guide to another, each as bright as its lie makes it.

A hair is a fine cylinder: it shines where it lies across the light (Kajiya and Kay, 1989),
which is what draws the band of light round a head.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from presenters.pen import Points, Sheet, ribbon, sample, spindle, spline
from presenters.relief import KEY

SKULL_CENTRE = np.array((512.0, 400.0))
SKULL_RADII = np.array((300.0, 345.0, 260.0))
VIEWER = np.array((0.0, 0.0, 1.0))
HALFWAY = (KEY + VIEWER) / np.linalg.norm(KEY + VIEWER)
DENSE = 61


def between(guides: Sequence[Points], share: float, *, count: int = 7) -> Points:
    """Return the curve at `share` (0..1) of the way from the first guide to the last."""
    lines = [sample(guide, count) for guide in guides]
    return _blend(lines, share)


def between_outline(first: Points, last: Points) -> str:
    """Return path data of the sheet that lies between two guides."""
    return spline(first) + spline(last[::-1], start="L") + "Z"


def comb(
    sheet: Sheet, guides: Sequence[Points], fill: str,
    *, count: int, width_px: float, opacity: float, seed: int, stray_px: float = 3, blur_px: float = 0,
    reach: float = 1,
) -> None:  # fmt: skip
    """Draw `count` single tapered hairs spread over the sheet of hair between the guides.

    `reach` is the share of a guide's length that one hair covers.
    """
    rng = np.random.default_rng(seed)
    lines = [sample(guide, DENSE) for guide in guides]
    hairs = []
    for _ in range(count):
        line = _blend(lines, rng.uniform(0, 1)) + rng.normal(0, stray_px, 2)
        start = int(rng.uniform(0, 1 - reach) * (DENSE - 1)) if reach < 1 else 0
        piece = line[start : start + int(reach * (DENSE - 1)) + 1]
        width = width_px * rng.uniform(0.5, 1.2)
        hairs.append(ribbon(piece, (width * 0.4, width, width, 0.2), steps=7))
    sheet.path("".join(hairs), fill, opacity=opacity, blur_px=blur_px)


def tress(
    sheet: Sheet, guides: Sequence[Points], ramp: Sequence[str],
    *, count: int, width_px: float, locks: int, seed: int, reach: float = 0.3, sway: float = 0.03,
) -> None:  # fmt: skip
    """Draw a sheet of hair as `count` short strands in `locks` overlapping locks, dark ones first.

    `ramp` runs from hair in the shade to hair in full light; `reach` is the share of a
    guide that one strand covers; `sway` how far locks wander across the sheet.
    """
    rng = np.random.default_rng(seed)
    lines = [sample(guide, DENSE) for guide in guides]
    phase, lift = rng.uniform(0, 2 * np.pi, locks + 1), rng.normal(0, 0.09, locks + 1)
    found: list[list[str]] = [[] for _ in ramp]
    for _ in range(count):
        share = rng.uniform(0.004, 0.996)
        lock = int(share * locks)
        within = share * locks - lock
        first = int(rng.uniform(-0.1, 1 - reach * 0.5) * (DENSE - 1))
        window = slice(
            max(first, 0), min(first + int(reach * rng.uniform(0.6, 1.2) * (DENSE - 1)), DENSE - 1) + 1
        )
        drift = sway * np.sin(np.linspace(0, 3.5 * np.pi, DENSE)[window] + phase[lock])
        piece = _wander(lines, share, drift, window)
        if len(piece) < 4:
            continue
        tone = _shine(piece) + lift[lock] + 0.2 * np.sin(np.pi * within) - 0.12
        tone -= 0.16 * max(0.0, 1 - min(share, 1 - share) / 0.08)
        tone -= 0.3 * max(0.0, 1 - window.start / DENSE / 0.14)  # the roots lie deepest
        step = int(np.clip((tone + rng.normal(0, 0.08)) * len(ramp), 0, len(ramp) - 1))
        width = width_px * rng.uniform(0.5, 1.2) * (1.7 - 1.1 * step / len(ramp))
        found[step].append(spindle(piece, width))
    for colour, strands in zip(ramp, found, strict=True):
        if strands:
            sheet.path("".join(strands), colour, opacity=0.82, blur_px=0.4)


def _blend(lines: Sequence[Points], share: float) -> Points:
    place = share * (len(lines) - 1)
    low = min(int(place), len(lines) - 2)
    rest = place - low
    return lines[low] * (1 - rest) + lines[low + 1] * rest


def _wander(lines: Sequence[Points], share: float, drift: NDArray[np.float64], window: slice) -> Points:
    """Return a piece of the curve at `share`, moved across the sheet by `drift` along its way."""
    here = _blend(lines, share)[window]
    across = (lines[-1] - lines[0])[window]
    room = min(share, 1 - share) * 4  # the edges of the sheet stay where they are
    return here + across * drift[:, None] * min(1.0, room)


def _shine(piece: Points) -> float:
    """Return how bright a strand lies on the head under the lamp, about 0..1."""
    away = (piece - SKULL_CENTRE) / SKULL_RADII[:2]
    height = SKULL_RADII[2] * np.sqrt(np.maximum(1 - (away**2).sum(axis=1), 0.03))
    way = np.append(piece[-1] - piece[0], height[-1] - height[0])
    way = way / max(float(np.sqrt(way @ way)), 1e-6)
    middle = away[len(piece) // 2]
    normal = np.append(middle / SKULL_RADII[:2], height[len(piece) // 2] / SKULL_RADII[2] ** 2)
    normal = normal / float(np.sqrt(normal @ normal))
    facing = 0.5 + 0.5 * float(normal @ KEY)
    diffuse = float(np.sqrt(max(0.0, 1 - (way @ KEY) ** 2)))
    gloss = float(np.sqrt(max(0.0, 1 - (way @ HALFWAY) ** 2))) ** 60
    return 0.04 + 0.36 * diffuse * facing + 0.36 * gloss * facing
