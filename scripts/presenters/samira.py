"""Samira: dark hair parted to one side, a loose teal shawl, an ivory coat."""

import numpy as np

from presenters.anatomy import Face, Skin
from presenters.features import draw_brow, draw_eye, draw_mouth, draw_nose
from presenters.hair import between, between_outline, comb
from presenters.head import draw_head, draw_neck
from presenters.pen import Sheet, mirror, points, ribbon, spline
from presenters.studio import draw_studio

MIDDLE_PX = 512.0

SKIN = Skin(
    light="#f7d8bb", base="#eabd98", shade="#c98f6b", deep="#8f563c",
    blush="#dd7f68", lip_upper="#b3574f", lip_lower="#cf786b", lip_line="#6e2a29",
)  # fmt: skip


def _face() -> Face:
    jaw_a = points((313, 392), (315, 437), (321, 482), (331, 526), (347, 568), (371, 608), (405, 645), (454, 681))
    jaw_b = mirror(points((314, 392), (316, 437), (322, 482), (332, 526), (348, 568), (373, 608), (407, 645), (456, 681)), 512)
    brow_a = points((356, 374), (383, 354), (414, 345), (446, 350), (473, 362))
    brow_b = points((551, 361), (578, 348), (610, 343), (641, 353), (668, 374))
    upper_a = points((378, 409), (396, 395), (421, 389.5), (447, 396), (467, 416))
    lower_a = points((378, 409), (398, 422), (421, 427.5), (446, 425), (467, 416))
    upper_b = points((557, 416), (577, 395.5), (603, 389), (628, 394.5), (646, 408.5))
    lower_b = points((557, 416), (578, 425), (603, 427.5), (626, 421.5), (646, 408.5))
    line = points((454, 592.5), (474, 593), (495, 592.5), (512, 595), (529, 592.5), (550, 592.5), (571, 591.5))
    return Face(
        contours={
            "jaw": np.vstack([jaw_a, points((512, 698)), jaw_b]),
            "brow_a": brow_a, "brow_b": brow_b,
            "nose_bridge": points((512, 418), (512, 452), (512.5, 486), (513, 515)),
            "nose_base": points((475, 525), (491, 535), (513, 541), (534, 535), (550, 524.5)),
            "eye_a_upper": upper_a, "eye_a_lower": lower_a, "eye_b_upper": upper_b, "eye_b_lower": lower_b,
            "lip_upper_outer": points((454, 592.5), (475, 581), (498, 572), (512, 576), (527, 572), (550, 580.5), (571, 591.5)),
            "lip_upper_inner": line, "lip_lower_inner": line.copy(),
            "lip_lower_outer": points((454, 592.5), (473, 607), (494, 616.5), (512, 619), (531, 616.5), (551, 606.5), (571, 591.5)),
        },
        forehead=points((706, 330), (684, 255), (632, 195), (560, 165), (512, 160), (464, 165), (392, 195), (340, 255), (318, 330)),
        pupils=((424, 408.5), (600, 408)), iris_px=20.5, skin=SKIN,
        brow_colour="#2b1811", brow_px=13, lash_px=17, liner=0.9, softness=1, seed=11,
    )  # fmt: skip


FACE = _face()

HAIR_A = (
    points((545, 140), (470, 165), (395, 215), (345, 290), (326, 370), (319, 450), (322, 530), (338, 600)),
    points((545, 132), (455, 145), (375, 195), (322, 280), (302, 370), (292, 460), (294, 550), (318, 640)),
    points((545, 122), (440, 122), (350, 175), (296, 270), (274, 370), (262, 470), (262, 570), (290, 680)),
)
HAIR_B = (
    points((545, 140), (596, 160), (648, 205), (688, 280), (701, 365), (706, 450), (702, 530), (688, 600)),
    points((545, 132), (610, 140), (672, 190), (712, 275), (726, 365), (732, 460), (730, 550), (706, 640)),
    points((545, 122), (620, 118), (694, 170), (736, 265), (754, 365), (762, 470), (762, 570), (736, 680)),
)
SHAWL_A = (
    points((540, 118), (440, 112), (345, 165), (290, 265), (268, 370), (258, 480), (262, 590), (296, 720), (352, 860), (396, 1040)),
    points((540, 96), (425, 88), (318, 146), (258, 262), (236, 380), (222, 500), (214, 620), (226, 750), (262, 890), (290, 1040)),
    points((540, 84), (415, 74), (298, 134), (230, 262), (206, 385), (188, 510), (158, 640), (110, 770), (84, 900), (70, 1040)),
)
SHAWL_B = (
    points((540, 118), (628, 110), (702, 162), (744, 262), (760, 370), (768, 480), (762, 590), (730, 720), (680, 850), (640, 1040)),
    points((540, 96), (640, 86), (730, 145), (776, 262), (792, 380), (804, 500), (812, 620), (804, 750), (776, 890), (752, 1040)),
    points((540, 84), (650, 72), (748, 132), (802, 260), (822, 385), (842, 510), (872, 640), (916, 770), (944, 900), (960, 1040)),
)


def draw() -> Sheet:
    """Return the finished picture."""
    sheet = Sheet()
    draw_studio(
        sheet, ("#f3e2cb", "#dcbc98", "#a97f5c"),
        ((130, 210, 74, "#fff1d8", 0.34), (900, 150, 96, "#fff1d8", 0.26), (955, 420, 54, "#ffe3b8", 0.3),
         (70, 520, 50, "#ffe3b8", 0.24), (250, 80, 36, "#fff6e6", 0.32), (780, 60, 42, "#fff6e6", 0.24)),
    )  # fmt: skip
    _behind(sheet)
    neck = points((404, 600), (408, 720), (396, 800), (330, 850), (230, 900), (200, 1040), (830, 1040), (800, 900),
                  (696, 850), (630, 800), (616, 720), (620, 600))  # fmt: skip
    draw_neck(sheet, FACE, neck, (513, 884))
    _coat(sheet)
    draw_head(sheet, FACE)
    draw_nose(sheet, FACE)
    draw_mouth(sheet, FACE)
    for side in ("a", "b"):
        draw_eye(sheet, FACE, side)
        draw_brow(sheet, FACE, side)
    _hair(sheet)
    _shawl(sheet)
    sheet.grain(0.16, seed=4)
    return sheet


def _behind(sheet: Sheet) -> None:
    """Paint the inside of the shawl and the hair that falls behind the neck."""
    back = np.vstack([SHAWL_A[1], SHAWL_B[1][::-1]])
    sheet.path(spline(back, closed=True), "#0c3538")
    sheet.blob(points((300, 300), (724, 300), (742, 620), (690, 760), (600, 820), (430, 820), (330, 760), (284, 620)), "#170d0b", blur_px=10)


def _coat(sheet: Sheet) -> None:
    """Paint an ivory coat with an open collar."""
    for sign in (-1, 1):
        def at(*pairs: tuple[float, float], sign: int = sign) -> np.ndarray:
            return np.array([(512 + sign * x, y) for x, y in pairs])
        front = at((66, 1040), (120, 960), (196, 862), (300, 880), (420, 940), (500, 1040))
        sheet.path(spline(front) + "Z", sheet.linear((300, 860), (760, 1040), "0 #f6ecdc", "0.6 #e6d3ba", "1 #c9ad8d"))


def _hair(sheet: Sheet) -> None:
    """Paint the hair that frames the face: a dark mass, locks, and a band of light."""
    for guides, seed in ((HAIR_A, 21), (HAIR_B, 31)):
        cast = between(guides, 0) + (6 if guides is HAIR_A else -2, 6)
        with sheet.group(clip=sheet.clip(spline(FACE.outline, closed=True))):
            sheet.path(ribbon(cast, (10, 26, 26, 24, 20, 16), steps=11), SKIN.deep, opacity=0.5, blur_px=8)
        sheet.path(between_outline(guides[0], guides[-1]), "#1d110d", blur_px=0.8)
        comb(sheet, guides, "#0e0706", count=60, width_px=6, opacity=0.55, seed=seed)
        comb(sheet, guides, "#3d241a", count=110, width_px=3, opacity=0.6, seed=seed + 1)
        light = sheet.linear((0, 130), (0, 640), "0 #6b4630 0.1", "0.2 #a06f4c 0.9", "0.36 #7a5038 0.35", "0.6 #8a5d40 0.6", "1 #5a3a29 0.1")
        comb(sheet, guides, light, count=120, width_px=2.2, opacity=0.7, seed=seed + 2)
        gleam = sheet.linear((0, 150), (0, 420), "0 #d9a87a 0", "0.35 #e2b68c 0.8", "0.7 #d9a87a 0")
        comb(sheet, guides, gleam, count=34, width_px=1.6, opacity=0.7, seed=seed + 3)
        comb(sheet, (between(guides, 0) - (0, 4), between(guides, 0.12)), "#1a0e0a", count=26, width_px=2, opacity=0.8, seed=seed + 4, stray_px=4)


def _shawl(sheet: Sheet) -> None:
    """Paint the shawl with its long folds."""
    for guides, seed, lit in ((SHAWL_A, 41, True), (SHAWL_B, 51, False)):
        outline = between_outline(guides[0], guides[-1])
        sheet.path(ribbon(guides[0] + (3 if lit else -3, 2), (4, 10, 14, 16, 20, 22, 22)), "#0a0504", opacity=0.5, blur_px=7)
        x0, x1 = (200, 330) if lit else (860, 740)
        with sheet.group(clip=sheet.clip(outline)):
            sheet.path(outline, sheet.linear((x0, 400), (x1, 440), "0 #12595c", "0.5 #1f7a7a", "1 #135052"))
            comb(sheet, guides, "#08383b", count=15, width_px=34, opacity=0.42, seed=seed, stray_px=2, blur_px=7)
            comb(sheet, guides, "#4fb0a8", count=14, width_px=20, opacity=0.42, seed=seed + 1, stray_px=2, blur_px=6)
            comb(sheet, guides, "#9fd8cc", count=9, width_px=7, opacity=0.34, seed=seed + 2, stray_px=2, blur_px=3)
            comb(sheet, guides, "#06292c", count=12, width_px=7, opacity=0.5, seed=seed + 3, stray_px=2, blur_px=2)
            edge = between(guides, 0.03)
            sheet.path(ribbon(edge, (4, 6, 6, 6, 8, 8), steps=15), "#a5ddd0", opacity=0.5, blur_px=1.6)
            far = between(guides, 1)
            sheet.path(ribbon(far, (20, 40, 60, 70, 90), steps=15), "#05282b", opacity=0.5, blur_px=16)
