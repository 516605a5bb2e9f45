"""The planes of a head: skin lit softly from the upper left, neck and ears."""

import numpy as np

from presenters.anatomy import Face
from presenters.pen import Points, Sheet, by, points, ribbon, spline


def draw_head(sheet: Sheet, face: Face) -> None:
    """Paint the skin of the face inside its silhouette, from large planes to small ones."""
    skin, outline = face.skin, spline(face.outline, closed=True)
    jaw = face["jaw"]
    middle = float(jaw[8, 0])
    eyes_y, chin_y = face.pupils[0][1], float(jaw[8, 1])
    with sheet.group(clip=sheet.clip(outline)):
        ground = sheet.radial((middle - 45, eyes_y + 25), 360, f"0 {skin.light}", f"0.5 {skin.base}",
            f"1 {skin.shade}", squeeze=1.2)
        sheet.path(outline, ground)
        _sides(sheet, face)
        _forehead(sheet, face, middle, eyes_y)
        _sockets(sheet, face)
        _cheeks(sheet, face, middle)
        _round_the_mouth(sheet, face, middle, chin_y)


def _sides(sheet: Sheet, face: Face) -> None:
    """Turn the sides of the face away from the viewer, the right one further."""
    skin, jaw, brow = face.skin, face["jaw"], face.forehead
    inward = np.array([26, 30, 36, 42, 48, 50, 44, 30])
    far = np.vstack([brow[:2] + by(8, 0), (jaw[16:8:-1] + by(10, 0)),
        jaw[9:17] - np.column_stack([inward[::-1] * 1.15, np.zeros(8)])])
    sheet.blob(far, skin.deep, opacity=0.34, blur_px=17)
    near = np.vstack([brow[-2:] - (8, 0), jaw[:8] - (10, 0), (jaw[:8] + np.column_stack([inward * 0.8,
        np.zeros(8)]))[::-1]])
    sheet.blob(near, skin.deep, opacity=0.24, blur_px=15)
    edge = ribbon(jaw[2:15], (3, 8, 12, 14, 12, 10, 4), steps=17)
    sheet.path(edge, skin.deep, opacity=0.28, blur_px=8)


def _forehead(sheet: Sheet, face: Face, middle: float, eyes_y: float) -> None:
    """Round the forehead and darken it under the hair."""
    skin = face.skin
    sheet.oval((middle - 34, eyes_y - 118), (92, 48), skin.light, opacity=0.62, blur_px=26)
    sheet.oval((middle - 48, eyes_y - 128), (44, 20), "#fff3e4", opacity=0.3, blur_px=16)
    sheet.path(ribbon(face.forehead, (20, 34, 40, 40, 40, 34, 20)), skin.deep, opacity=0.42, blur_px=17)


def _sockets(sheet: Sheet, face: Face) -> None:
    """Set the eyes into the skull: shade beside the bridge and on the lids, light on the brow bone."""
    skin = face.skin
    for side, sign in (("a", 1), ("b", -1)):
        upper, lower = face[f"eye_{side}_upper"], face[f"eye_{side}_lower"]
        inner, outer = (upper[-1], upper[0]) if side == "a" else (upper[0], upper[-1])
        brow = face[f"brow_{side}"][4 if side == "a" else 0]
        socket = np.vstack([
            inner + by(sign * 12, 2), (brow + inner) / 2 + (sign * 9, 0), brow + by(sign * 2,
                12), upper[2] + (0, -24),
            outer + by(-sign * 6, -14), outer + by(-sign * 10, 6), lower[2] + (0, 10),
        ])  # fmt: skip
        sheet.blob(socket, skin.shade, opacity=0.6, blur_px=9)
        deep = np.vstack([inner + by(sign * 7, 2), (brow * 0.45 + inner * 0.55) + (sign * 5, 0),
            brow + by(-sign * 8, 20), inner + by(-sign * 14, -12)])
        sheet.blob(deep, skin.deep, opacity=0.4, blur_px=6)
        sheet.oval((outer[0] + sign * 18, outer[1] - 36), (26, 7), skin.light, opacity=0.5, blur_px=6,
            turn=sign * -16)
        trough = np.vstack([inner + by(-sign * 2, 12), lower[2] + (sign * 6, 18),
            lower[2] + (-sign * 22, 17)])
        sheet.path(ribbon(trough, (3, 8, 2)), skin.shade, opacity=0.55, blur_px=4)
        sheet.oval((float(lower[2, 0]), float(lower[2, 1]) + 9), (30, 4), skin.light, opacity=0.35, blur_px=4)


def _cheeks(sheet: Sheet, face: Face, middle: float) -> None:
    """Round the cheeks: blush, light on the bone, a soft hollow beneath, the fold beside the nose."""
    skin = face.skin
    corner_y = float(face["lip_upper_inner"][0, 1])
    nose_y = float(face["nose_base"][2, 1])
    for sign, light in ((-1, 0.62), (1, 0.4)):
        sheet.oval((middle + sign * 116, nose_y - 34), (56, 40), skin.blush, opacity=0.31, blur_px=28,
            turn=sign * -18)
        sheet.oval((middle + sign * 112, nose_y - 74), (46, 18), skin.light, opacity=light, blur_px=17,
            turn=sign * -14)
        hollow = points((middle + sign * 176, nose_y - 20), (middle + sign * 138, nose_y + 34),
                        (middle + sign * 104, corner_y + 16), (middle + sign * 122, corner_y + 34),
                        (middle + sign * 158, nose_y + 50))  # fmt: skip
        sheet.blob(hollow, skin.deep, opacity=0.34 * (1.5 - face.softness), blur_px=15)
        wing = face["nose_base"][0 if sign < 0 else 4]
        corner = face["lip_upper_inner"][0 if sign < 0 else -1]
        fold = np.vstack([wing + by(sign * 5, -5), (wing + corner) / 2 + (sign * 15, -4),
            corner + by(sign * 15, -6)])
        sheet.path(ribbon(fold, (3, 7, 2)), skin.deep, opacity=0.3 - 0.15 * face.softness, blur_px=5)


def _round_the_mouth(sheet: Sheet, face: Face, middle: float, chin_y: float) -> None:
    """Model philtrum, the hollow under the lip, and the chin."""
    skin = face.skin
    bow, under = face["lip_upper_outer"], face["nose_base"][2]
    bottom = face["lip_lower_outer"][3]
    sheet.path(ribbon(np.vstack([under + by(0, 8), bow[3] - (0, 5)]), (5, 9), steps=4), skin.shade,
        opacity=0.38, blur_px=3.4)
    for peak, sign in ((bow[2], -1), (bow[4], 1)):
        ridge = np.vstack([under + by(sign * 6, 10), peak + by(sign * 0.5, -5)])
        sheet.path(ribbon(ridge, (3, 5), steps=4), skin.light, opacity=0.55, blur_px=2.4)
    low = points((bottom[0] - 36, bottom[1] + 3), (bottom[0], bottom[1] + 6), (bottom[0] + 38, bottom[1] + 3),
                 (bottom[0] + 24, bottom[1] + 14), (bottom[0], bottom[1] + 19), (bottom[0] - 24,
                     bottom[1] + 14))  # fmt: skip
    sheet.blob(low, skin.deep, opacity=0.36, blur_px=6)
    sheet.oval((middle - 8, chin_y - 38), (36, 20), skin.light, opacity=0.6, blur_px=11)
    sheet.oval((middle, chin_y + 2), (70, 14), skin.deep, opacity=0.4, blur_px=11)
    for corner, sign in ((face["lip_upper_inner"][0], -1), (face["lip_upper_inner"][-1], 1)):
        sheet.oval((corner[0] + sign * 8, corner[1] + 10), (9, 12), skin.shade, opacity=0.5, blur_px=6)


def draw_neck(sheet: Sheet, face: Face, neck: Points, pit: tuple[float, float]) -> None:
    """Paint neck and upper chest inside the curve `neck`; `pit` lies between the collarbones."""
    skin = face.skin
    jaw = face["jaw"]
    x, chin_y = float(jaw[8, 0]), float(jaw[8, 1])
    outline = spline(neck, closed=True)
    with sheet.group(clip=sheet.clip(outline)):
        sheet.path(outline, sheet.linear((x - 150, chin_y), (x + 150, chin_y + 60), f"0 {skin.shade}",
            f"0.3 {skin.base}",
                                         f"0.55 {skin.base}", f"1 {skin.shade}"))  # fmt: skip
        for sign, depth in ((-1, 0.2), (1, 0.34)):
            muscle = points((x + sign * 128, chin_y - 20), (x + sign * 84, chin_y + 80),
                (pit[0] + sign * 16, pit[1]))
            sheet.path(ribbon(muscle, (8, 20, 8)), skin.deep, opacity=depth * 0.7, blur_px=9)
            sheet.path(ribbon(muscle - (18, 0), (6, 16, 5)), skin.light, opacity=0.32, blur_px=8)
            bone = points((pit[0] + sign * 14, pit[1] + 10), (pit[0] + sign * 80, pit[1] - 6),
                (pit[0] + sign * 190, pit[1] - 22))
            sheet.path(ribbon(bone + by(0, 9), (5, 11, 4)), skin.deep, opacity=0.32, blur_px=6)
            sheet.path(ribbon(bone - (0, 3), (4, 8, 4)), skin.light, opacity=0.55, blur_px=5)
        sheet.oval(pit, (13, 15), skin.deep, opacity=0.36, blur_px=7)
        cast = np.vstack([jaw[3:14] + by(6, 8), np.column_stack([jaw[12:3:-1, 0] * 0.72 + x * 0.28 + 8,
            chin_y + 70 - np.abs(np.arange(-4, 5)) ** 2 * 3.2])])
        sheet.blob(cast, skin.deep, opacity=0.8, blur_px=20)
        sheet.path(ribbon(jaw[3:14] + by(3, 6), (8, 16, 22, 16, 8), steps=15), skin.deep, opacity=0.75,
            blur_px=9)


def draw_ear(sheet: Sheet, face: Face, sign: int) -> None:
    """Draw the ear on the side of `sign`: -1 picture-left, 1 picture-right."""
    skin = face.skin
    end = face["jaw"][0 if sign < 0 else 16]
    x, y = float(end[0]), float(end[1])

    def at(*pairs: tuple[float, float]) -> Points:
        return np.array([(x + sign * across, y + down) for across, down in pairs], np.float64)

    shape = at((-8, -22), (8, -36), (24, -30), (31, -4), (28, 34), (22, 66), (16, 98), (5, 116), (-10, 108),
        (-14, 40))
    outline = spline(shape, closed=True)
    sheet.path(outline, sheet.linear((x + sign * 30, y - 30), (x - sign * 10, y + 100), f"0 {skin.base}",
        f"1 {skin.shade}"))
    with sheet.group(clip=sheet.clip(outline)):
        sheet.path(ribbon(at((-4, -16), (10, -25), (20, -18), (23, 4), (20, 36), (13, 62)),
            (3, 5, 5, 5, 4, 2)),
                   skin.deep, opacity=0.85, blur_px=2.2)  # fmt: skip
        sheet.path(ribbon(at((0, -30), (14, -31), (26, -18), (27, 8), (23, 44)), (2, 4, 4, 4, 2)), skin.light,
            opacity=0.5, blur_px=2.4)
        sheet.blob(at((-6, 8), (8, 6), (12, 28), (6, 58), (-6, 66)), skin.deep, opacity=0.66, blur_px=5)
        sheet.oval((x + sign * 9, y + 88), (9, 16), skin.light, opacity=0.3, blur_px=5)
        sheet.oval((x + sign * 14, y + 40), (26, 90), skin.blush, opacity=0.22, blur_px=6)
        sheet.path(ribbon(at((-8, -30), (-5, 40), (-8, 116)), (16, 12, 18)), skin.deep, opacity=0.5,
            blur_px=7)
