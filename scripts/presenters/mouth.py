"""Closed lips and the small darks of the nose, over a face whose form is already lit."""

import numpy as np

from presenters.anatomy import Face
from presenters.pen import Sheet, blade, points, ribbon, sample, spline


def draw_nose(sheet: Sheet, face: Face) -> None:
    """Draw what light alone does not show: nostrils, and the creases round the wings."""
    skin, base, tip = face.skin, face["nose_base"], face["nose_bridge"][-1]
    half = float(base[4, 0] - base[0, 0]) / 2
    for sign, wing, nostril, depth in ((-1, base[0], base[1], 0.34), (1, base[4], base[3], 0.5)):
        edge = points((wing[0] - sign * half * 0.26, tip[1] - 9), (wing[0] - sign * 2, tip[1] - 7),
            (wing[0] + sign * 0.5, wing[1] - 4), (wing[0] - sign * 6, wing[1] + 4))  # fmt: skip
        sheet.path(ribbon(edge, (0.5, 3, 4.4, 2)), skin.deep, opacity=depth, blur_px=2)
        hole = points(
            (nostril[0] + sign * 10, nostril[1] - 5), (nostril[0] + sign * 3, nostril[1] - 8.5),
            (nostril[0] - sign * 6, nostril[1] - 5.5), (nostril[0] - sign * 9, nostril[1] - 1.5),
            (nostril[0] - sign * 2, nostril[1] - 2.5), (nostril[0] + sign * 6, nostril[1] - 1.8),
        )  # fmt: skip
        sheet.blob(hole, skin.ramp[0], opacity=0.5, blur_px=2.6)
        sheet.blob(hole, "#2a100b", opacity=0.72, blur_px=1.1)
    sheet.oval((float(tip[0]), float(base[2, 1]) + 6), (half * 0.5, 5), skin.deep, opacity=0.3, blur_px=4)


def draw_mouth(sheet: Sheet, face: Face) -> None:
    """Draw closed lips: a shaded upper one and a full lower one that meet in a clear line."""
    skin = face.skin
    top, line, bottom = face["lip_upper_outer"], face["lip_upper_inner"], face["lip_lower_outer"]
    middle = (float(line[3, 0]), float(line[3, 1]))
    reach = float(line[-1, 0] - line[0, 0]) / 2
    height = float(bottom[3, 1]) - middle[1]
    upper = spline(top) + spline(line[::-1], start="L") + "Z"
    lower = spline(line) + spline(bottom[::-1], start="L") + "Z"
    whole = spline(top) + spline(bottom[::-1], start="L") + "Z"
    sheet.path(whole, skin.lip_lower, opacity=0.5, blur_px=2.6)
    high = float(top[2, 1])
    sheet.path(
        upper,
        sheet.linear(
            (0, high),
            (0, middle[1]),
            f"0 {skin.lip_upper} 0.62",
            f"0.5 {skin.lip_upper} 0.9",
            f"1 {skin.lip_line} 0.95",
        ),
        blur_px=1,
    )
    sheet.path(
        lower,
        sheet.linear(
            (0, middle[1]),
            (0, middle[1] + height),
            f"0 {skin.lip_line} 0.95",
            f"0.16 {skin.lip_upper} 0.88",
            f"0.5 {skin.lip_lower} 0.84",
            f"0.85 {skin.lip_upper} 0.78",
            f"1 {skin.lip_upper} 0.6",
        ),
        blur_px=1,
    )
    with sheet.group(clip=sheet.clip(whole)):
        for sign, share in ((-1, 0.34), (1, 0.22)):
            sheet.oval(
                (middle[0] + sign * reach * 0.3, high + 7),
                (reach * 0.24, 3),
                "#ffd9cc",
                opacity=share,
                blur_px=2.6,
                turn=sign * 16,
            )
        far = points(
            (middle[0] + reach * 0.45, middle[1]),
            (middle[0] + reach * 1.05, middle[1] - 4),
            (middle[0] + reach * 0.75, middle[1] + height),
            (middle[0] + reach * 0.4, middle[1] + height),
        )
        sheet.blob(far, skin.lip_line, opacity=0.35, blur_px=8)
        sheet.oval(
            (middle[0] - reach * 0.14, middle[1] + height * 0.48),
            (reach * 0.36, height * 0.19),
            "#ffe6dc",
            opacity=0.36,
            blur_px=3.6,
        )
        sheet.oval(
            (middle[0] - reach * 0.2, middle[1] + height * 0.44),
            (reach * 0.15, height * 0.08),
            "#fff8f2",
            opacity=0.5,
            blur_px=1.7,
        )
    _lip_creases(sheet, face, reach)
    _lip_line(sheet, face)


def _lip_line(sheet: Sheet, face: Face) -> None:
    """Draw where the lips meet, deepest in the corners' pits and under the bow."""
    skin, line = face.skin, face["lip_upper_inner"]
    sheet.path(ribbon(line, (2, 3, 3.2, 4, 3.2, 3, 2), steps=13), skin.lip_line, opacity=0.8, blur_px=1.3)
    sheet.path(
        ribbon(line, (0.8, 1.5, 1.6, 2.3, 1.6, 1.5, 0.8), steps=13), "#35100f", opacity=0.85, blur_px=0.6
    )
    for corner, sign in ((line[0], -1), (line[-1], 1)):
        sheet.oval(
            (float(corner[0]) + sign, float(corner[1]) + 0.5),
            (5.5, 3.4),
            skin.ramp[1],
            opacity=0.5,
            blur_px=2.4,
        )


def _lip_creases(sheet: Sheet, face: Face, reach: float) -> None:
    """Draw the fine upright creases of both lips."""
    rng = np.random.default_rng(face.seed + 9)
    line, bottom, top = (
        sample(face[name], 41) for name in ("lip_upper_inner", "lip_lower_outer", "lip_upper_outer")
    )
    creases = []
    for i in range(5, 36):
        fan = (i - 20) / 20 * 3
        for edge, share in ((bottom, rng.uniform(0.2, 0.8)), (top, rng.uniform(0.2, 0.7))):
            tip = line[i] * (1 - share) + edge[i] * share + (fan, 0)
            creases.append(
                blade(line[i], (line[i] + tip) / 2 + (fan * 0.2, 0), tip, 1.2 * min(1, reach / 50))
            )
    sheet.path("".join(creases), face.skin.lip_line, opacity=0.2, blur_px=0.6)
