"""Samira: dark hair parted to one side, a loose teal shawl, an ivory coat."""

import numpy as np

from presenters.anatomy import Face, Skin
from presenters.features import draw_brow, draw_eye, draw_mouth, draw_nose
from presenters.hair import between, between_outline, comb
from presenters.head import draw_head, draw_neck
from presenters.pen import Sheet, by, mirror, points, ribbon, sample, spline
from presenters.studio import draw_studio

MIDDLE_PX = 512.0

SKIN = Skin(
    light="#f7d8bb", base="#eabd98", shade="#c98f6b", deep="#8f563c",
    blush="#dd7f68", lip_upper="#b3574f", lip_lower="#cf786b", lip_line="#6e2a29",
)  # fmt: skip


def _face() -> Face:
    jaw_a = points((313, 392), (315, 437), (320, 482), (329, 526), (345, 569), (371, 612), (410, 652),
        (460, 686))
    jaw_b = mirror(points((314, 392), (316, 437), (321, 482), (330, 526), (346, 569), (372, 611), (412, 651),
        (461, 686)), MIDDLE_PX)
    brow_a = points((352, 377), (379, 358), (412, 349), (446, 353), (475, 365))
    brow_b = points((550, 364), (579, 351), (612, 346), (645, 356), (672, 376))
    upper_a = points((374, 410), (393, 397), (420, 391), (447, 397.5), (468, 416.5))
    lower_a = points((374, 410), (396, 422.5), (421, 427.5), (447, 425.5), (468, 416.5))
    upper_b = points((556, 416.5), (577, 397), (604, 390.5), (631, 396.5), (650, 409))
    lower_b = points((556, 416.5), (577, 425.5), (603, 427.5), (628, 422), (650, 409))
    line = points((453, 590), (473, 593), (495, 593.5), (512, 596), (529, 593.5), (551, 592.5), (571, 589))
    return Face(
        contours={
            "jaw": np.vstack([jaw_a, points((512, 701)), jaw_b]),
            "brow_a": brow_a, "brow_b": brow_b,
            "nose_bridge": points((512, 418), (512, 452), (512.5, 486), (513, 515)),
            "nose_base": points((473, 525), (490, 535), (512.5, 541), (535, 535), (552, 524.5)),
            "eye_a_upper": upper_a, "eye_a_lower": lower_a, "eye_b_upper": upper_b, "eye_b_lower": lower_b,
            "lip_upper_outer": points((453, 590), (475, 580.5), (498, 572.5), (512, 576.5), (527, 572.5),
                (550, 580), (571, 589)),
            "lip_upper_inner": line, "lip_lower_inner": line.copy(),
            "lip_lower_outer": points((453, 590), (472, 607), (493, 618), (512, 621), (532, 618),
                (552, 606.5), (571, 589)),
        },
        forehead=points((706, 330), (684, 255), (632, 195), (560, 165), (512, 160), (464, 165), (392, 195),
            (340, 255), (318, 330)),
        pupils=((422, 408), (602, 407.5)), iris_px=21, skin=SKIN,
        brow_colour="#20110c", brow_px=18, lash_px=15, liner=0.9, softness=1, seed=11,
    )  # fmt: skip


FACE = _face()

# Guides run from the parting to the tips, from the edge at the face to the edge at the shawl.
HAIR_A = (
    points((548, 190), (500, 194), (428, 222), (368, 278), (332, 350), (316, 430), (317, 510), (312, 580),
        (290, 640), (292, 720), (318, 800)),
    points((551, 150), (480, 150), (398, 180), (334, 252), (300, 345), (286, 440), (284, 530), (272, 610),
        (256, 680), (258, 760), (284, 850)),
    points((553, 110), (456, 100), (350, 128), (284, 222), (252, 330), (238, 440), (232, 540), (220, 640),
        (214, 720), (220, 800), (240, 880)),
)
HAIR_B = (
    points((548, 190), (592, 195), (646, 226), (685, 286), (704, 360), (710, 435), (704, 510), (712, 580),
        (734, 640), (730, 720), (706, 800)),
    points((551, 150), (604, 154), (676, 192), (722, 262), (742, 350), (748, 440), (744, 530), (756, 610),
        (770, 680), (766, 760), (742, 850)),
    points((553, 110), (634, 102), (722, 140), (770, 228), (788, 330), (796, 440), (798, 540), (806, 640),
        (812, 720), (808, 800), (790, 880)),
)
SHAWL_A = (
    points((540, 116), (500, 117), (428, 127), (340, 168), (276, 250), (248, 345), (236, 450), (230, 550),
        (218, 650), (210, 750), (230, 880), (270, 1040)),
    points((540, 93), (490, 94), (410, 106), (318, 148), (250, 238), (222, 352), (206, 480), (190, 610),
        (166, 720), (150, 830), (150, 930), (170, 1040)),
    points((540, 80), (480, 81), (396, 93), (298, 136), (226, 234), (198, 362), (178, 500), (146, 630),
        (96, 750), (60, 850), (40, 940), (30, 1040)),
)
# The other side falls from the crown to the right shoulder and is thrown over the left one.
SHAWL_B = (
    points((540, 116), (580, 117), (650, 126), (734, 166), (784, 250), (802, 345), (808, 450), (808, 560),
        (792, 690), (744, 806), (650, 900),
           (524, 934), (400, 906), (300, 838), (226, 764), (200, 730)),
    points((540, 93), (590, 94), (668, 104), (756, 148), (808, 240), (830, 352), (842, 470), (850, 590),
        (850, 730), (812, 870), (700, 978),
           (532, 1014), (376, 980), (260, 902), (180, 820), (150, 780)),
    points((540, 84.5), (596, 85.5), (678, 98), (768, 142), (824, 236), (846, 356), (860, 480), (880, 610),
        (906, 760), (890, 920), (780, 1060),
           (550, 1110), (340, 1070), (210, 980), (150, 900), (120, 850)),
    points((540, 80), (602, 81), (688, 92), (780, 136), (838, 234), (862, 360), (878, 490), (914, 620),
        (976, 770), (1010, 960), (900, 1150),
           (560, 1210), (310, 1170), (190, 1070), (120, 980), (90, 930)),
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
    neck = points((404, 600), (408, 720), (396, 800), (330, 850), (230, 900), (200, 1040), (830, 1040),
        (800, 900),
                  (696, 850), (630, 800), (616, 720), (620, 600))  # fmt: skip
    draw_neck(sheet, FACE, neck, (513, 884))
    _blouse(sheet)
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
    sheet.path(between_outline(HAIR_A[-1], HAIR_B[-1]), "#150b09")
    sides = (
        (points((296, 560), (318, 660), (300, 760), (310, 880)),
            points((420, 560), (418, 680), (392, 780), (380, 880))),
        (points((604, 560), (608, 680), (634, 780), (640, 880)),
            points((728, 560), (706, 660), (724, 760), (716, 880))),
    )
    for guides, seed in zip(sides, (61, 71), strict=True):
        comb(sheet, guides, "#38221a", count=52, width_px=5, opacity=0.55, seed=seed)
        comb(sheet, guides, "#6b452f", count=30, width_px=2.2, opacity=0.4, seed=seed + 1)


def _blouse(sheet: Sheet) -> None:
    """Paint the ivory edge of a blouse above the shawl."""
    hem = points((250, 776), (330, 826), (412, 878), (520, 900), (640, 868), (720, 798), (780, 706))
    sheet.path(ribbon(hem - (0, 6), (10, 16, 18, 16, 10)), SKIN.deep, opacity=0.55, blur_px=6)
    sheet.path(spline(hem) + "L860 1040L200 1040Z", sheet.linear((300, 800), (700, 960), "0 #fbf3e6",
        "0.6 #ecdcc6", "1 #c9ae90"))
    sheet.path(ribbon(hem + by(0, 7), (1, 1.6, 1.6, 1)), "#c2a480", opacity=0.7, blur_px=0.6)


def _hair(sheet: Sheet) -> None:
    """Paint the hair that frames the face: a dark mass, locks, and a band of light."""
    for guides, seed in ((HAIR_A, 21), (HAIR_B, 31)):
        lit = guides is HAIR_A
        with sheet.group(clip=sheet.clip(spline(FACE.outline, closed=True))):
            cast = guides[0][:9] + by(7 if lit else -3, 8)
            sheet.path(ribbon(cast, (10, 24, 28, 26, 22, 18), steps=11), SKIN.deep, opacity=0.55, blur_px=9)
        sheet.path(between_outline(guides[0], guides[-1]), "#1b0f0b", blur_px=0.7)
        comb(sheet, guides, "#0b0504", count=36, width_px=9, opacity=0.6, seed=seed, blur_px=1)
        comb(sheet, guides, "#3a2218", count=80, width_px=4, opacity=0.6, seed=seed + 1)
        strength = 1 if lit else 0.75
        light = sheet.linear((0, 110), (0, 860), "0 #5a3826 0.1", "0.1 #8f5f40 0.8", "0.22 #6b4430 0.25",
            "0.5 #8a5b3e 0.65",
                             "0.66 #5c3a28 0.15", "0.84 #7d5238 0.5", "1 #4a2e20 0")  # fmt: skip
        comb(sheet, guides, light, count=90, width_px=2.6, opacity=0.75 * strength, seed=seed + 2)
        gleam = sheet.linear((0, 120), (0, 330), "0 #d9a87a 0", "0.4 #dcae84 0.75", "1 #d9a87a 0")
        comb(sheet, guides, gleam, count=34, width_px=1.7, opacity=0.7 * strength, seed=seed + 3)
        face_edge = (guides[0] + (0, 0), between(guides, 0.2, count=11))
        comb(sheet, face_edge, "#140907", count=14, width_px=4, opacity=0.7, seed=seed + 4)
        comb(sheet, (guides[0] + (5 if lit else -5, 3), guides[0]), "#23130d", count=9, width_px=1.4,
            opacity=0.75, seed=seed + 5, stray_px=5)


def _shawl(sheet: Sheet) -> None:
    """Paint the shawl with its long folds: the side that crosses the chest, then the hanging one."""
    for guides, seed, ends in ((SHAWL_B, 51, (860, 740)), (SHAWL_A, 41, (180, 290))):
        lit = guides is SHAWL_A
        with sheet.group(clip=sheet.clip(_head_and_dress())):
            cast = guides[0][2:] + by(7 if lit else -6, 2 if lit else -4)
            sheet.path(ribbon(cast, (6, 18, 26, 30, 30, 30), steps=17), "#120806", opacity=0.42, blur_px=9)
        _cloth(sheet, guides, sheet.linear((ends[0], 400), (ends[1], 440), "0 #145d60", "0.5 #1f7a7a",
            "1 #165658"), seed)


def _head_and_dress() -> str:
    """Return the path of what the shawl casts its shadow on: never the studio behind."""
    return spline(np.vstack([SHAWL_A[1][:9], points((150, 1040), (960, 1040)), SHAWL_B[2][9::-1]]),
        closed=True)


def _cloth(sheet: Sheet, guides: tuple[np.ndarray, ...], fill: str, seed: int) -> None:
    """Paint one sheet of the shawl between its guides: folds, then the woven border."""
    outline = between_outline(guides[0], guides[-1])
    border_at = 0.37 / (len(guides) - 1)
    with sheet.group(clip=sheet.clip(outline)):
        sheet.path(outline, fill)
        comb(sheet, guides, "#08383b", count=13, width_px=36, opacity=0.45, seed=seed, stray_px=2, blur_px=7,
            root=0)
        comb(sheet, guides, "#4fb0a8", count=12, width_px=20, opacity=0.4, seed=seed + 1, stray_px=2,
            blur_px=6, root=0)
        comb(sheet, guides, "#a9ded2", count=8, width_px=7, opacity=0.32, seed=seed + 2, stray_px=2,
            blur_px=3, root=0)
        comb(sheet, guides, "#06292c", count=11, width_px=6, opacity=0.5, seed=seed + 3, stray_px=2,
            blur_px=2, root=0)
        sheet.path(ribbon(between(guides, 1, count=17), (6, 16, 30, 50, 60), steps=21), "#05282b",
            opacity=0.35, blur_px=9)
        sheet.path(ribbon(between(guides, 0.012, count=17), (5, 7, 8, 7, 5), steps=21), "#b4e4d8",
            opacity=0.5, blur_px=1.5)
        for share, width in ((border_at * 0.55, 2.2), (border_at * 1.45, 1.6)):
            sheet.path(ribbon(between(guides, share, count=25), (width, width), steps=31), "#e0bd7c",
                opacity=0.75)
        _border(sheet, between(guides, border_at, count=25))


def _border(sheet: Sheet, line: np.ndarray) -> None:
    """Weave a row of small golden lozenges along the line."""
    spots = sample(line, 96)
    way = np.gradient(spots, axis=0)
    way /= np.hypot(*way.T)[:, None]
    across = np.column_stack([-way[:, 1], way[:, 0]])
    stitches = []
    for i, spot in enumerate(spots):
        along, side = (5, 3.4) if i % 2 else (2.2, 1.6)
        corners = (spot + way[i] * along, spot + across[i] * side, spot - way[i] * along,
            spot - across[i] * side)
        stitches.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + "Z")
    sheet.path("".join(stitches), "#e6c88c", opacity=0.8)
