"""Hair and cloth as strands: curves that pass smoothly from one guide to another."""

from collections.abc import Sequence

import numpy as np

from presenters.pen import Points, Sheet, ribbon, sample, spline


def between(guides: Sequence[Points], share: float, *, count: int = 7) -> Points:
    """Return the curve at `share` (0..1) of the way from the first guide to the last."""
    lines = [sample(guide, count) for guide in guides]
    place = share * (len(lines) - 1)
    low = min(int(place), len(lines) - 2)
    rest = place - low
    return lines[low] * (1 - rest) + lines[low + 1] * rest


def comb(
    sheet: Sheet, guides: Sequence[Points], fill: str,
    *, count: int, width_px: float, opacity: float, seed: int, stray_px: float = 3, blur_px: float = 0,
    reach: float = 1, root: float = 0.25,
) -> None:  # fmt: skip
    """Draw `count` tapered strands spread over the sheet of hair between the guides.

    `reach` is the share of a guide's length that one strand covers, `root` the share of
    its width with which it begins.
    """
    rng = np.random.default_rng(seed)
    strands = []
    knots = 5 if max(map(len, guides)) < 9 else 7 if max(map(len, guides)) < 14 else 13
    for _ in range(count):
        line = between(guides, rng.uniform(0, 1), count=max(map(len, guides)) + 2)
        wander = rng.normal(0, stray_px, 2)
        start = rng.uniform(0, 1 - reach) if reach < 1 else 0.0
        line = sample(line, 41)[int(start * 40) : int((start + reach) * 40) + 1]
        sway = np.sin(np.linspace(0, np.pi, len(line)))[:, None]
        line = line + wander * (0.4 + 0.6 * sway)
        width = width_px * rng.uniform(0.5, 1.2)
        strands.append(ribbon(sample(line, knots), (width * root, width, width, 0.2), steps=knots))
    sheet.path("".join(strands), fill, opacity=opacity, blur_px=blur_px)


def between_outline(first: Points, last: Points) -> str:
    """Return path data of the sheet that lies between two guides."""
    return spline(first) + spline(last[::-1], start="L") + "Z"
