"""The room behind a presenter: a calm gradient, a glow behind the head, lights out of focus."""

import numpy as np

from presenters.pen import SIDE_PX, Sheet, points, polygon

Lamp = tuple[float, float, float, str, float]
"""A light out of focus: x, y, radius in pixels, colour, opacity."""


def draw_studio(sheet: Sheet, colours: tuple[str, str, str], lamps: tuple[Lamp, ...]) -> None:
    """Paint the background: `colours` are the glow, the middle and the corners."""
    glow, middle, corner = colours
    fill = sheet.radial((430, 400), 760, f"0 {glow}", f"0.48 {middle}", f"1 {corner}")
    sheet.path(polygon(points((0, 0), (SIDE_PX, 0), (SIDE_PX, SIDE_PX), (0, SIDE_PX))), fill)
    for x, y, radius, colour, opacity in lamps:
        sheet.oval((x, y), (radius, radius), colour, opacity=opacity, blur_px=round(4 + radius / 16, 1))
        sheet.oval((x - radius * 0.08, y - radius * 0.08), (radius * 0.8, radius * 0.8), colour,
                   opacity=round(float(np.clip(opacity * 0.5, 0, 1)), 3), blur_px=round(3 + radius / 20,
                       1))  # fmt: skip
