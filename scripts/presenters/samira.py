"""Samira: dark hair parted to one side, a loose teal shawl, an ivory coat."""

import numpy as np

from presenters.anatomy import Face, Skin
from presenters.cloth import drape
from presenters.features import draw_brow, draw_eye
from presenters.hair import between, between_outline, comb, tress
from presenters.head import draw_head, draw_neck
from presenters.mouth import draw_mouth, draw_nose
from presenters.pen import Points, Sheet, blade, by, mirror, normals, points, polygon, ribbon, sample, spline
from presenters.studio import draw_studio

MIDDLE_PX = 512.0

SKIN = Skin(
    ramp=("#3d1a12", "#6b3526", "#99573f", "#bf7f60", "#d99f7c", "#eabc98", "#f6d6b8", "#fff1e0"),
    veil="#a25f45", rim="#ffe2bd", light="#f7d8bb", shade="#c98f6b", deep="#8f563c",
    blush="#dd7f68", lip_upper="#b3574f", lip_lower="#cf786b", lip_line="#6e2a29",
)  # fmt: skip


def _face() -> Face:
    jaw_a = points(
        (313, 392), (315, 437), (320, 482), (329, 526), (345, 569), (371, 612), (410, 652), (460, 686)
    )
    jaw_b = mirror(
        points(
            (314, 392), (316, 437), (321, 482), (330, 526), (346, 569), (372, 611), (412, 651), (461, 686)
        ),
        MIDDLE_PX,
    )
    brow_a = points((352, 377), (379, 358), (412, 349), (446, 353), (475, 365))
    brow_b = points((550, 364), (579, 351), (612, 346), (645, 356), (672, 376))
    upper_a = points((374, 410), (393, 397), (420, 391), (447, 397.5), (468, 416.5))
    lower_a = points((374, 410), (396, 422.5), (421, 427.5), (447, 425.5), (468, 416.5))
    upper_b = points((556, 416.5), (577, 397), (604, 390.5), (631, 396.5), (650, 409))
    lower_b = points((556, 416.5), (577, 425.5), (603, 427.5), (628, 422), (650, 409))
    line = points((449, 586.5), (471, 591.5), (494, 592), (512, 594.5), (530, 592), (553, 591), (575, 585.5))
    return Face(
        contours={
            "jaw": np.vstack([jaw_a, points((512, 701)), jaw_b]),
            "brow_a": brow_a, "brow_b": brow_b,
            "nose_bridge": points((512, 416), (512, 447), (512.5, 478), (513, 506)),
            "nose_base": points((471, 518), (490, 528.5), (512.5, 534), (535, 528.5), (553.5, 517.5)),
            "eye_a_upper": upper_a, "eye_a_lower": lower_a, "eye_b_upper": upper_b, "eye_b_lower": lower_b,
            "lip_upper_outer": points((449, 586.5), (474, 579), (499, 571), (512, 574.5), (526, 571),
                (551, 578.5), (575, 585.5)),
            "lip_upper_inner": line, "lip_lower_inner": line.copy(),
            "lip_lower_outer": points((449, 586.5), (469, 604.5), (491, 617), (512, 621), (534, 616.5),
                (556, 604), (575, 585.5)),
        },
        forehead=points((706, 330), (684, 255), (632, 195), (560, 165), (512, 160), (464, 165), (392, 195),
            (340, 255), (318, 330)),
        pupils=((422, 408), (602, 407.5)), iris_px=21, skin=SKIN,
        brow_colour="#2a1810", brow_px=15.5, lash_px=15, liner=0.9, softness=1, seed=11,
    )  # fmt: skip


FACE = _face()

# Guides run from the parting to the tips, from the edge at the face to the edge at the shawl.
HAIR_A = (
    points(
        (556, 190),
        (512, 202),
        (452, 230),
        (398, 270),
        (354, 330),
        (330, 408),
        (321, 480),
        (318, 560),
        (322, 640),
        (330, 720),
        (350, 800),
    ),
    points(
        (555, 138),
        (488, 138),
        (414, 164),
        (352, 220),
        (312, 300),
        (292, 400),
        (288, 490),
        (292, 580),
        (302, 670),
        (314, 750),
        (340, 820),
    ),
    points(
        (552, 96),
        (470, 96),
        (380, 128),
        (310, 196),
        (272, 290),
        (254, 400),
        (256, 500),
        (266, 600),
        (284, 700),
        (300, 780),
        (330, 840),
    ),
)
HAIR_B = (
    points(
        (556, 190),
        (600, 202),
        (646, 234),
        (678, 284),
        (697, 356),
        (704, 430),
        (702, 510),
        (704, 590),
        (706, 660),
        (700, 740),
        (684, 810),
    ),
    points(
        (555, 138),
        (612, 140),
        (676, 170),
        (720, 236),
        (746, 324),
        (756, 414),
        (752, 504),
        (746, 596),
        (736, 680),
        (716, 760),
        (688, 826),
    ),
    points(
        (552, 96),
        (630, 98),
        (704, 130),
        (760, 200),
        (794, 300),
        (808, 400),
        (802, 500),
        (788, 600),
        (766, 700),
        (732, 780),
        (692, 840),
    ),
)
HAIR = ("#0a0504", "#150a07", "#22120c", "#331c12", "#482a1a", "#633d26", "#7d5233", "#9a6c47", "#bb8f66")
# The shawl's two ends run from the crown, from the edge at the face to the outer edge.
SHAWL_A = (
    points(
        (540, 84),
        (470, 87),
        (390, 116),
        (318, 180),
        (276, 276),
        (256, 390),
        (254, 500),
        (262, 610),
        (282, 710),
        (310, 800),
        (350, 900),
        (380, 1050),
    ),
    points(
        (540, 66),
        (460, 69),
        (368, 98),
        (292, 166),
        (246, 272),
        (224, 390),
        (214, 510),
        (204, 640),
        (200, 760),
        (206, 870),
        (226, 960),
        (246, 1070),
    ),
    points(
        (540, 48),
        (450, 51),
        (350, 80),
        (266, 150),
        (214, 268),
        (188, 392),
        (172, 520),
        (144, 660),
        (96, 790),
        (36, 900),
        (-10, 990),
        (-40, 1090),
    ),
)
# The other end is laid across the chest and thrown over the shoulder.
SHAWL_B = (
    points(
        (540, 84),
        (616, 88),
        (700, 120),
        (766, 186),
        (800, 280),
        (812, 390),
        (806, 500),
        (786, 610),
        (752, 710),
        (696, 790),
        (616, 842),
        (520, 852),
        (436, 830),
        (372, 782),
        (318, 716),
        (270, 640),
    ),
    points(
        (540, 66),
        (624, 70),
        (716, 102),
        (790, 172),
        (832, 276),
        (848, 390),
        (850, 510),
        (850, 640),
        (840, 760),
        (796, 870),
        (690, 956),
        (560, 976),
        (430, 936),
        (336, 866),
        (270, 800),
        (226, 720),
    ),
    points(
        (540, 48),
        (632, 52),
        (732, 84),
        (814, 158),
        (860, 272),
        (882, 392),
        (892, 520),
        (918, 660),
        (970, 790),
        (1014, 920),
        (950, 1100),
        (640, 1210),
        (370, 1150),
        (226, 1010),
        (168, 900),
        (140, 800),
    ),
)
SILK = ("#031a1d", "#06292d", "#0a3f43", "#10585a", "#187273", "#2a8f8b", "#5db4aa", "#a5dccf")
GOLD = "#e8c98a"


def draw() -> Sheet:
    """Return the finished picture."""
    sheet = Sheet()
    draw_studio(
        sheet, ("#f3e2cb", "#dcbc98", "#a97f5c"),
        ((130, 210, 74, "#fff1d8", 0.34), (900, 150, 96, "#fff1d8", 0.26), (955, 420, 54, "#ffe3b8", 0.3),
         (70, 520, 50, "#ffe3b8", 0.24), (250, 80, 36, "#fff6e6", 0.32), (780, 60, 42, "#fff6e6", 0.24)),
    )  # fmt: skip
    _behind(sheet)
    neck = points((402, 600), (406, 720), (394, 800), (330, 850), (230, 900), (200, 1040), (830, 1040),
        (800, 900), (696, 850), (632, 800), (618, 720), (622, 600))  # fmt: skip
    draw_neck(sheet, FACE, neck, (513, 850))
    draw_head(sheet, FACE)
    draw_nose(sheet, FACE)
    draw_mouth(sheet, FACE)
    for side in ("a", "b"):
        draw_eye(sheet, FACE, side)
        draw_brow(sheet, FACE, side)
    _hair(sheet)
    _shawl(sheet)
    sheet.grain(0.1, seed=4)
    return sheet


def _behind(sheet: Sheet) -> None:
    """Paint the inside of the shawl and the hair that falls behind the neck."""
    sheet.path(spline(np.vstack([SHAWL_A[1], SHAWL_B[1][::-1]]), closed=True), SILK[0])
    sheet.path(between_outline(HAIR_A[-1], HAIR_B[-1]), HAIR[0])
    for guides, seed in ((_side(-1), 61), (_side(1), 71)):
        tress(sheet, guides, HAIR[:5], count=240, width_px=5, locks=7, seed=seed, reach=0.5)


def _side(sign: int) -> tuple[Points, Points]:
    """Return the guides of the hair behind the neck on one side."""
    outer = [(180, 540), (186, 660), (178, 760), (160, 850)]
    inner = [(104, 540), (100, 680), (106, 780), (120, 870)]
    near, far = (points(*((MIDDLE_PX + sign * x, y) for x, y in pairs)) for pairs in (inner, outer))
    return near, far


def _hair(sheet: Sheet) -> None:
    """Paint the hair that frames the face, its parting, and the few hairs that stray."""
    for guides, seed in ((HAIR_B, 31), (HAIR_A, 21)):
        lit = guides is HAIR_A
        with sheet.group(clip=sheet.clip(spline(FACE.outline, closed=True)), blend="multiply"):
            cast = guides[0][:10] + by(8 if lit else -3, 9)
            sheet.path(ribbon(cast, (8, 20, 24, 24, 22, 18), steps=13), SKIN.veil, opacity=0.8, blur_px=9)
        sheet.path(between_outline(guides[0], guides[-1]), HAIR[1], blur_px=1.2)
        tress(sheet, guides, HAIR, count=860, width_px=4.2, locks=9, seed=seed, reach=0.34, sway=0.035)
        edge = (guides[0] + by(3 if lit else -3, 1), between(guides, 0.12, count=11))
        tress(sheet, edge, HAIR[1:7], count=110, width_px=3, locks=3, seed=seed + 4, reach=0.5)
    _parting(sheet)
    for guides, sign, seed in ((HAIR_A, 1, 87), (HAIR_B, -1, 88)):
        sheet.path(_down(guides[0][:5], sign, seed), HAIR[2], opacity=0.55, blur_px=0.5)


def _down(edge: Points, sign: int, seed: int) -> str:
    """Return the short soft hairs along the hairline; `sign` is 1 if the face lies right of it."""
    rng = np.random.default_rng(seed)
    line = sample(edge, 110)
    way = np.gradient(line, axis=0)
    way /= np.hypot(*way.T)[:, None]
    hairs = []
    for spot, along in zip(line, way, strict=True):
        inwards = np.array((along[1], -along[0])) * sign
        root = spot - inwards * rng.uniform(-1, 4)
        tip = root + along * rng.uniform(12, 30) + inwards * rng.uniform(2, 8)
        hairs.append(blade(root, (root + tip) / 2 + inwards * 1.5, tip, 1.2))
    return "".join(hairs)


def _parting(sheet: Sheet) -> None:
    """Show a little of the scalp where the hair is parted, and hide its end under single hairs."""
    line = points((556, 192), (553.5, 172), (555.5, 150), (551.5, 126), (551, 100))
    sheet.path(ribbon(line, (9, 7, 5, 2)), HAIR[0], opacity=0.55, blur_px=3)
    sheet.path(ribbon(line, (3.6, 2.4, 1, 0.1)), SKIN.ramp[2], opacity=0.5, blur_px=1.1)
    for guides, seed in ((HAIR_A, 81), (HAIR_B, 83)):
        roots = tuple(guide[:3] + by(2 if guides is HAIR_A else -2, 0) for guide in guides)
        comb(sheet, roots, HAIR[2], count=30, width_px=1.6, opacity=0.7, seed=seed, stray_px=2, reach=0.7)


def _shawl(sheet: Sheet) -> None:
    """Paint the shawl, one cloth from the shoulder over chest and crown down to the other end."""
    guides = tuple(
        np.vstack([across[::-1], hanging[1:]]) for hanging, across in zip(SHAWL_A, SHAWL_B, strict=True)
    )
    with sheet.group(clip=sheet.clip(_head_and_dress()), blend="multiply"):
        for edge in (SHAWL_B[0][2:] + by(-5, -4), SHAWL_A[0][2:] + by(10, 4)):
            sheet.path(ribbon(edge, (6, 22, 30, 34, 34, 34), steps=17), "#8a4a36", opacity=0.85, blur_px=10)
    drape(sheet, guides, SILK, folds=6, depth_px=26, crown=0.57, seed=51)
    beside = np.vstack([SHAWL_A[0], points((1100, 1050), (1100, -40), (540, -40))])
    with sheet.group(clip=sheet.clip(polygon(beside))):
        _border(sheet, SHAWL_B)
    _border(sheet, SHAWL_A)


def _head_and_dress() -> str:
    """Return the path of what the shawl casts its shadow on: never the studio behind."""
    corners = points((150, 1040), (960, 1040))
    return spline(np.vstack([SHAWL_A[1][:9], corners, SHAWL_B[1][9::-1]]), closed=True)


def _border(sheet: Sheet, guides: tuple[Points, ...]) -> None:
    """Weave the border along the inner edge: two gold threads, a row of lozenges between them."""
    hem = between(guides, 0.012, count=25)
    sheet.path(ribbon(hem, (2, 3, 3.4, 3, 2), steps=31), SILK[-1], opacity=0.45, blur_px=1)
    for share, width in ((0.09, 2), (0.27, 1.4)):
        sheet.path(ribbon(between(guides, share, count=25), (width, width), steps=31), GOLD, opacity=0.7)
    line = sample(between(guides, 0.18, count=25), 90)
    across, way = normals(line), np.gradient(line, axis=0)
    way /= np.hypot(*way.T)[:, None]
    stitches = []
    for i, spot in enumerate(line):
        along, side = (5.4, 3.8) if i % 2 else (2.2, 1.6)
        stitches.append(
            polygon(
                np.vstack(
                    [
                        spot + way[i] * along,
                        spot + across[i] * side,
                        spot - way[i] * along,
                        spot - across[i] * side,
                    ]
                )
            )
        )
    sheet.path("".join(stitches), GOLD, opacity=0.72)
