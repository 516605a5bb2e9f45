"""The skin of a presenter: face, neck and ears, each lit as one form, then warmed where blood is near."""

import numpy as np

from presenters.anatomy import Face
from presenters.pen import Points, Sheet, by, points, ribbon, sample, spline
from presenters.relief import CELLS, Field, Relief, grid, paint_tones, patch, soften, trail
from presenters.skull import face_relief


def draw_head(sheet: Sheet, face: Face) -> None:
    """Paint the skin of the face inside its silhouette."""
    outline = spline(face.outline, closed=True)
    clip = sheet.clip(outline)
    relief = face_relief(face)
    reach = patch(face.outline, 10)
    paint_tones(sheet, soften(relief.light(), 3), face.skin.ramp, clip=clip, within=reach, levels=54)
    with sheet.group(clip=clip):
        _warmth(sheet, face)
        _gleams(sheet, face)
        _far_edge(sheet, face)


def _warmth(sheet: Sheet, face: Face) -> None:
    """Lay blood under the skin: cheeks, nose, chin and lids; a paler brow above."""
    skin = face.skin
    middle, chin_y = float(face["jaw"][8, 0]), float(face["jaw"][8, 1])
    nose_y, tip = float(face["nose_base"][2, 1]), face["nose_bridge"][-1]
    for sign in (-1, 1):
        sheet.oval(
            (middle + sign * 118, nose_y - 46),
            (50, 32),
            skin.blush,
            opacity=0.2 + 0.06 * face.softness,
            blur_px=24,
            turn=sign * -20,
        )
        wing = face["nose_base"][0 if sign < 0 else 4]
        sheet.oval(
            (float(wing[0]) - sign * 7, float(wing[1]) - 6), (10, 11), skin.blush, opacity=0.24, blur_px=6
        )
    sheet.oval((float(tip[0]), float(tip[1]) + 2), (20, 17), skin.blush, opacity=0.26, blur_px=9)
    sheet.oval((middle, chin_y - 32), (34, 20), skin.blush, opacity=0.14, blur_px=12)
    for side in ("a", "b"):
        lid = face[f"eye_{side}_upper"] - (0, 7)
        sheet.path(ribbon(lid, (6, 15, 17, 15, 6)), skin.blush, opacity=0.2, blur_px=5)


def _gleams(sheet: Sheet, face: Face) -> None:
    """Set the soft lights of healthy skin where bone or fat lies highest."""
    shine = face.skin.ramp[-1]
    bridge, top = face["nose_bridge"], face["lip_upper_outer"]
    middle, chin_y = float(face["jaw"][8, 0]), float(face["jaw"][8, 1])
    sheet.path(ribbon(bridge[:3] - (3, 0), (2, 6, 7, 3)), shine, opacity=0.3, blur_px=3.2)
    sheet.oval(
        (float(bridge[-1, 0]) - 5, float(bridge[-1, 1]) - 6), (7.5, 5.5), shine, opacity=0.62, blur_px=3
    )
    sheet.oval((middle - 46, face.pupils[0][1] - 122), (56, 30), shine, opacity=0.2, blur_px=18)
    for sign, share in ((-1, 0.34), (1, 0.2)):
        bone = (middle + sign * 126 - 4, face.pupils[0][1] + 56)
        sheet.oval(bone, (30, 11), shine, opacity=share, blur_px=9, turn=sign * -24)
        edge = points(
            (float(top[3, 0]) + sign * 4, float(top[3, 1]) - 5),
            (float(top[3 + sign, 0]), float(top[3 + sign, 1]) - 4),
            (float(top[3 + 2 * sign, 0]), float(top[3 + 2 * sign, 1]) - 4),
        )
        sheet.path(ribbon(edge, (1, 2.4, 1)), shine, opacity=share * 1.2, blur_px=1.5)
    sheet.oval((middle - 9, chin_y - 40), (18, 9), shine, opacity=0.3, blur_px=7)


def _far_edge(sheet: Sheet, face: Face) -> None:
    """Let the studio's light run along the shaded cheek, where it leaves the viewer."""
    line = face["jaw"][10:17] - (5, 2)
    sheet.path(ribbon(line, (0, 4, 5, 5, 2), steps=13), face.skin.rim, opacity=0.34, blur_px=3)


def draw_neck(sheet: Sheet, face: Face, neck: Points, pit: tuple[float, float]) -> None:
    """Paint neck and upper chest inside the curve `neck`; `pit` lies between the collarbones."""
    skin, jaw = face.skin, face["jaw"]
    chin_y = float(jaw[8, 1])
    outline = spline(neck, closed=True)
    clip = sheet.clip(outline)
    relief = Relief(_column(float(jaw[8, 0]), chin_y))
    for sign in (-1, 1):
        muscle = points(
            (pit[0] + sign * 112, chin_y - 30),
            (pit[0] + sign * 82, chin_y + 70),
            (pit[0] + sign * 18, pit[1] - 4),
        )
        relief.add(trail(muscle, 22, 9), 7)
        bone = points(
            (pit[0] + sign * 16, pit[1] + 8),
            (pit[0] + sign * 90, pit[1] - 8),
            (pit[0] + sign * 200, pit[1] - 30),
        )
        relief.add(trail(bone, 10, 6), 8)
        relief.mound((pit[0] + sign * 96, pit[1] - 42), (50, 18), -9)
    relief.mound(pit, (15, 15), -12)
    relief.mound((pit[0], chin_y + 92), (16, 30), 9 * (1 - face.softness))
    paint_tones(sheet, relief.light(), skin.ramp, clip=clip, within=patch(neck, 10), levels=30, blur_px=4)
    with sheet.group(clip=clip):
        low = sample(jaw, 33)[5:28]
        depth = np.sin(np.linspace(0, np.pi, len(low)))[:, None] * (0, 82) + (12, 6)
        with sheet.group(blend="multiply"):
            sheet.blob(np.vstack([low - (0, 20), (low + depth)[::-1]]), skin.veil, opacity=0.9, blur_px=13)
            sheet.path(
                ribbon(low + by(4, 8), (14, 26, 34, 26, 14), steps=15), skin.veil, opacity=0.7, blur_px=11
            )


def _column(middle: float, chin_y: float) -> Field:
    """Return the round of the neck, opening into the flat of the chest."""
    x, y = grid()
    down = np.clip((y - chin_y - 60) / 150, 0, 1)
    half = 118 + 170 * down**2
    across = np.clip(np.abs(x - middle) / half, 0, 1)
    return soften(118 * np.sqrt(1 - across**2.2 + 0.02) * (1 - 0.45 * down), 6)


def draw_ear(sheet: Sheet, face: Face, sign: int) -> None:
    """Draw the ear on the side of `sign`: -1 picture-left, 1 picture-right."""
    end = face["jaw"][0 if sign < 0 else 16]

    def at(*pairs: tuple[float, float]) -> Points:
        return np.array([(end[0] + sign * across, end[1] + down) for across, down in pairs], np.float64)

    shape = at(
        (-14, -10),
        (-4, -34),
        (12, -44),
        (27, -36),
        (34, -12),
        (32, 22),
        (26, 54),
        (19, 78),
        (15, 104),
        (4, 120),
        (-8, 112),
        (-16, 60),
    )
    relief = Relief(np.zeros((CELLS, CELLS)))
    relief.add(patch(shape, 4), 24)
    rim = at((-6, 6), (-2, -18), (12, -33), (25, -24), (27, 0), (25, 26), (19, 56))
    relief.add(trail(rim, 8, 3), 11)
    relief.add(trail(at((14, -14), (17, 14), (15, 38), (8, 62)), 7, 3.4), 8)
    relief.add(trail(at((20, -16), (22, 10), (20, 36), (14, 60)), 4, 2.4), -7)
    relief.add(patch(at((-4, 14), (6, 8), (11, 26), (9, 48), (2, 58), (-6, 50)), 4), -17)
    relief.add(trail(at((2, -14), (8, -4), (10, 6)), 5, 3), -7)
    relief.mound(tuple(at((-6, 38))[0]), (5, 9), 9)
    relief.mound(tuple(at((6, 94))[0]), (10, 14), 8)
    relief.height = soften(relief.height, 2)
    tone = relief.light(cast=0.25, crease=0.05) * (0.98 if sign < 0 else 0.84)
    clip = sheet.clip(spline(shape, closed=True))
    paint_tones(sheet, tone, face.skin.ramp, clip=clip, within=patch(shape, 6), levels=30, blur_px=1.6)
    with sheet.group(clip=clip):
        middle = at((12, 30))[0]
        sheet.oval((float(middle[0]), float(middle[1])), (28, 80), face.skin.blush, opacity=0.26, blur_px=8)
        root = at((-12, -40), (-6, 30), (-8, 118))
        sheet.path(ribbon(root, (16, 16, 18)), face.skin.ramp[0], opacity=0.55, blur_px=6)
        sheet.path(
            ribbon(rim[2:6], (0, 2.5, 2)),
            face.skin.ramp[-1] if sign < 0 else face.skin.rim,
            opacity=0.4,
            blur_px=1.4,
        )
