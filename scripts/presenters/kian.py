"""Kian: short dark hair, a trimmed beard, a navy jacket over an open white shirt."""

import numpy as np

from presenters.anatomy import Face, Skin
from presenters.cloth import piece
from presenters.features import draw_brow, draw_eye
from presenters.hair import comb, tress
from presenters.head import draw_ear, draw_head, draw_neck
from presenters.mouth import draw_mouth, draw_nose
from presenters.pen import Points, Sheet, blade, by, mirror, points, polygon, ribbon, sample, spline
from presenters.relief import STEP_PX, Field, grid, patch, traced, trail
from presenters.studio import draw_studio

MIDDLE_PX = 512.0

SKIN = Skin(
    ramp=("#2c130b", "#55291a", "#83472e", "#a96b4a", "#c68a65", "#dba983", "#ebc6a2", "#fbe6cc"),
    veil="#8a4c34", rim="#a9d8d2", light="#eec49c", shade="#b0774f", deep="#74432b",
    blush="#c46c4f", lip_upper="#9c5748", lip_lower="#b97261", lip_line="#5a2620",
)  # fmt: skip


def _face() -> Face:
    jaw_a = points(
        (305, 392), (308, 440), (312, 488), (319, 534), (331, 580), (354, 625), (395, 667), (450, 701)
    )
    jaw_b = mirror(
        points(
            (306, 392), (309, 440), (313, 488), (320, 534), (333, 580), (356, 625), (397, 667), (452, 701)
        ),
        MIDDLE_PX,
    )
    upper_a = points((374, 411), (394, 399.5), (420, 394.5), (446, 400), (466, 417))
    lower_a = points((374, 411), (395, 422.5), (420, 427), (445, 425.5), (466, 417))
    upper_b = points((558, 417), (578, 399.5), (605, 394), (632, 398.5), (651, 410.5))
    lower_b = points((558, 417), (579, 425.5), (604, 427), (630, 422), (651, 410.5))
    line = points(
        (450, 594.5), (471, 598.5), (494, 598.5), (512, 600.5), (530, 598.5), (553, 598), (574, 593.5)
    )
    return Face(
        contours={
            "jaw": np.vstack([jaw_a, points((512, 713)), jaw_b]),
            "brow_a": points((345, 379), (377, 364.5), (411, 359), (446, 362), (478, 370)),
            "brow_b": points((546, 369), (579, 360), (613, 357), (648, 363), (680, 379)),
            "nose_bridge": points((512, 418), (512, 454), (511.5, 490), (511, 521)),
            "nose_base": points((467, 530), (487, 541), (511, 547), (534, 541), (554, 530)),
            "eye_a_upper": upper_a, "eye_a_lower": lower_a, "eye_b_upper": upper_b, "eye_b_lower": lower_b,
            "lip_upper_outer": points((450, 594.5), (473, 588.5), (497, 582.5), (512, 585.5), (528, 582.5),
                (552, 588), (574, 593.5)),
            "lip_upper_inner": line, "lip_lower_inner": line.copy(),
            "lip_lower_outer": points((450, 594.5), (471, 610.5), (493, 619.5), (512, 622), (531, 619.5),
                (554, 610), (574, 593.5)),
        },
        forehead=points((716, 330), (700, 255), (645, 195), (565, 168), (512, 164), (459, 168), (380, 195),
            (324, 255), (308, 330)),
        pupils=((421, 409.5), (604, 409)), iris_px=20, skin=SKIN,
        brow_colour="#160c08", brow_px=22, lash_px=8, liner=0, softness=0.4, seed=17,
    )  # fmt: skip


FACE = _face()

CROWN = points(
    (304, 372),
    (292, 330),
    (288, 262),
    (308, 184),
    (362, 118),
    (446, 82),
    (545, 68),
    (640, 82),
    (702, 134),
    (733, 218),
    (738, 310),
    (722, 372),
)
# Guides run from the hairline up and back, from the left temple to the right one.
SWEEP = (
    points((316, 352), (300, 304), (293, 246), (304, 190)),
    points((330, 302), (312, 240), (318, 182), (350, 124)),
    points((350, 240), (338, 182), (364, 126), (430, 84)),
    points((402, 208), (390, 152), (430, 104), (500, 71)),
    points((456, 212), (450, 150), (496, 96), (566, 68)),
    points((512, 218), (516, 150), (566, 96), (634, 79)),
    points((570, 213), (588, 156), (640, 112), (690, 122)),
    points((626, 212), (654, 170), (698, 152), (720, 186)),
    points((677, 243), (700, 206), (722, 208), (733, 252)),
    points((697, 304), (716, 266), (728, 276), (737, 320)),
    points((708, 352), (722, 322), (730, 330), (733, 356)),
)
HAIR_TONES = ("#0c0605", "#150b07", "#21130c", "#322016", "#49301f", "#66452f", "#876246", "#ad8a69")
NAVY = ("#04070d", "#0a1220", "#111d31", "#1a2a44", "#25395a", "#344c72", "#4b668f", "#7089ad")
LINEN = ("#3c4654", "#707c8b", "#98a3b0", "#b9c2cc", "#d3d9df", "#e6eaed", "#f3f5f6", "#ffffff")


def draw() -> Sheet:
    """Return the finished picture."""
    sheet = Sheet()
    draw_studio(
        sheet, ("#4d8c8e", "#1f5a62", "#0d2c35"),
        ((150, 250, 60, "#bfe6dc", 0.13), (60, 110, 46, "#f6e6c8", 0.14), (884, 130, 84, "#f2d9a8", 0.17),
         (968, 330, 64, "#bfe6dc", 0.13), (860, 520, 40, "#f2d9a8", 0.15), (92, 600, 84, "#bfe6dc", 0.1),
         (260, 60, 30, "#f2d9a8", 0.15)),
    )  # fmt: skip
    neck = points((380, 600), (386, 740), (372, 800), (300, 850), (200, 900), (180, 1040), (850, 1040),
        (820, 900),
                  (724, 850), (652, 800), (640, 740), (646, 600))  # fmt: skip
    draw_neck(sheet, FACE, neck, (512, 892))
    _clothes(sheet)
    for sign in (-1, 1):
        draw_ear(sheet, FACE, sign)
    draw_head(sheet, FACE)
    _beard(sheet)
    draw_nose(sheet, FACE)
    draw_mouth(sheet, FACE)
    for side in ("a", "b"):
        draw_eye(sheet, FACE, side)
        draw_brow(sheet, FACE, side)
    _hair(sheet)
    sheet.grain(0.1, seed=7)
    return sheet


def _both(sign: int, *pairs: tuple[float, float]) -> Points:
    """Return points measured from the middle towards the side of `sign`."""
    return np.array([(MIDDLE_PX + sign * x, y) for x, y in pairs], np.float64)


def _clothes(sheet: Sheet) -> None:
    """Paint shirt and jacket, the shaded half first."""
    for sign in (1, -1):
        _shirt(sheet, sign)
    for sign in (1, -1):
        _jacket(sheet, sign)


def _shirt(sheet: Sheet, sign: int) -> None:
    """Paint one half of the open shirt, its placket and its collar."""
    body = _both(sign, (-2, 1000), (20, 958), (110, 900), (168, 836), (200, 880), (200, 1060), (-2, 1060))
    folds = (
        (_both(sign, (120, 920), (60, 980), (40, 1060)), 9.0, 5.0),
        (_both(sign, (150, 930), (110, 1000), (100, 1060)), 8.0, -5.0),
    )
    piece(sheet, body, LINEN, folds, lower=0.1)
    sheet.path(
        ribbon(_both(sign, (-2, 1004), (22, 962), (110, 900)), (6, 10, 10)), LINEN[0], opacity=0.4, blur_px=5
    )
    flap = sample(
        _both(sign, (134, 762), (154, 788), (188, 838), (150, 894), (112, 948), (66, 958), (20, 968)), 25
    )
    inner = sample(_both(sign, (20, 968), (66, 892), (108, 824), (134, 762)), 15)
    collar = np.vstack([flap, inner])
    with sheet.group(clip=sheet.clip(polygon(np.vstack([body, collar])))):
        sheet.path(polygon(collar + by(3, 9)), LINEN[0], opacity=0.55, blur_px=6)
    roll = (_both(sign, (136, 790), (120, 850), (70, 930)), 16.0, 7.0)
    piece(sheet, collar, LINEN, (roll,), thick_px=8, lower=0.0 if sign < 0 else 0.05)
    for seam in (((180, 841), (112, 938)), ((108, 940), (32, 961))):
        sheet.path(ribbon(_both(sign, *seam), (1, 1.4, 1)), LINEN[2], opacity=0.7, blur_px=0.5)


def _jacket(sheet: Sheet, sign: int) -> None:
    """Paint one half of the jacket with its collar and lapel."""
    top = sample(_both(sign, (176, 806), (215, 820), (320, 856), (430, 902), (505, 970), (560, 1060)), 30)
    front = sample(_both(sign, (60, 1060), (104, 972), (146, 884), (176, 806)), 20)
    folds = (
        (_both(sign, (452, 908), (416, 960), (398, 1060)), 20.0, -16.0),
        (_both(sign, (400, 930), (380, 990), (360, 1060)), 16.0, 8.0),
        (_both(sign, (330, 880), (316, 960), (270, 1060)), 22.0, -8.0),
        (_both(sign, (480, 960), (500, 1010), (500, 1060)), 16.0, 9.0),
    )
    piece(sheet, np.vstack([top, front]), NAVY, folds, thick_px=26, lower=0.34)
    sheet.path(
        ribbon(top[6:] + by(0, 3), (1, 4, 5, 3)), NAVY[7] if sign < 0 else SKIN.rim, opacity=0.3, blur_px=2.5
    )
    collar = _both(sign, (160, 802), (176, 794), (206, 822), (236, 866), (262, 916), (198, 934), (142, 896))
    lapel = _both(
        sign, (142, 892), (198, 936), (276, 926), (246, 990), (196, 1060), (56, 1060), (84, 1010), (104, 972)
    )
    for shape, line in (
        (lapel, ((150, 910), (130, 980), (90, 1060))),
        (collar, ((168, 806), (190, 850), (190, 920))),
    ):
        sheet.path(polygon(shape + by(sign * 4 + 3, 9)), "#02040a", opacity=0.6, blur_px=6)
        piece(sheet, shape, NAVY, ((_both(sign, *line), 18.0, 9.0),), thick_px=9, lower=0.26)
    for edge in (
        ((198, 937), (274, 928)),
        ((274, 928), (246, 990), (197, 1058)),
        ((141, 892), (103, 972), (58, 1058)),
        ((176, 795), (206, 823), (261, 915)),
    ):
        sheet.path(ribbon(_both(sign, *edge), (0.8, 1.6, 1)), NAVY[7], opacity=0.4, blur_px=0.6)


def _beard(sheet: Sheet) -> None:
    """Paint a trimmed beard: shade on the skin first, then hairs that grow down and forward."""
    density = _beard_density()
    clip = sheet.clip(spline(FACE.outline, closed=True))
    with sheet.group(clip=clip):
        for level, veil in ((0.12, 0.26), (0.4, 0.3), (0.7, 0.3)):
            sheet.path(
                traced(density > level), "#1d0f09", opacity=veil, blur_px=5, extra=' fill-rule="evenodd"'
            )
        for colour, width, opacity, count, seed in (
            ("#100705", 1.25, 0.6, 2150, 41), ("#2c1a11", 1.0, 0.6, 1100, 42), ("#8a6244", 0.8, 0.34, 520,
                43),
        ):  # fmt: skip
            sheet.stroke(_hairs(density, count, seed), colour, width, opacity=opacity)


def _beard_density() -> Field:
    """Return how thickly the beard grows, 0..1: full on the chin, none on the lips."""
    jaw, top, bottom = FACE["jaw"], FACE["lip_upper_outer"], FACE["lip_lower_outer"]
    cheek = points(
        (326, 430), (338, 492), (360, 536), (396, 568), (436, 574), (462, 562), (490, 554), (511, 556)
    )
    line = np.vstack([cheek, mirror(cheek[:-1], MIDDLE_PX)])
    full = patch(np.vstack([jaw[1:16] + (jaw[1:16] - (MIDDLE_PX, 560)) * 0.05, line[::-1]]), 5)
    lips = patch(np.vstack([top - (0, 1), bottom[::-1] + by(0, 2)]), 2)
    thin = 0.35 * trail(points((512, 552), (512, 582)), 7, 3)
    for sign in (-1, 1):
        corner = FACE["lip_upper_inner"][0 if sign < 0 else 6]
        thin = thin + 0.6 * trail(np.vstack([corner + by(-sign * 8, 20), corner + by(-sign * 30, 32)]), 10, 5)
    _, y = grid()
    growth = 0.8 + 0.2 * np.clip((y - 500) / 120, 0, 1)
    return np.asarray(np.clip(full * growth * (1 - lips * 1.6) * (1 - thin), 0, 1), np.float64)


def _hairs(density: Field, count: int, seed: int) -> str:
    """Return `count` short hairs as path data for a stroke, where the beard grows."""
    rng = np.random.default_rng(seed)
    hairs: list[str] = []
    while len(hairs) < count:
        root = np.array([rng.uniform(300, 724), rng.uniform(425, 716)])
        if rng.uniform() > density[int(root[1]) // STEP_PX, int(root[0]) // STEP_PX] ** 1.3:
            continue
        aside = (root[0] - MIDDLE_PX) / 200
        forward = -0.5 * aside if root[1] > 600 else (1.5 * aside if abs(aside) < 0.4 else 0.1 * aside)
        way = np.array([forward, 1.0]) + rng.normal(0, 0.2, 2)
        tip = root + way / np.hypot(*way) * rng.uniform(4, 7.5)
        bend = (root + tip) / 2 + (aside * 1.4, 0)
        hairs.append(f"M{root[0]:.1f} {root[1]:.1f}Q{bend[0]:.1f} {bend[1]:.1f} {tip[0]:.1f} {tip[1]:.1f}")
    return "".join(hairs)


def _hair(sheet: Sheet) -> None:
    """Paint short hair, swept up and back, cropped at the sides."""
    roots = np.vstack([guide[0] for guide in SWEEP])
    with sheet.group(clip=sheet.clip(spline(FACE.outline, closed=True)), blend="multiply"):
        sheet.path(
            ribbon(roots + by(3, 7), (10, 22, 26, 26, 20, 10), steps=13), SKIN.veil, opacity=0.8, blur_px=9
        )
    _sides(sheet)
    with sheet.group(clip=sheet.clip(spline(CROWN) + "L712 520L312 520Z")):
        beyond = (CROWN - (MIDDLE_PX, 300)) * 1.06 + (MIDDLE_PX, 300)
        sheet.path(polygon(np.vstack([beyond, roots[::-1] - (0, 5)])), HAIR_TONES[1], blur_px=4)
        tress(sheet, SWEEP, HAIR_TONES, count=900, width_px=4, locks=13, seed=91, reach=0.6, sway=0.012)
    sheet.path(_wisps(), HAIR_TONES[1], opacity=0.8, blur_px=0.4)
    comb(
        sheet, SWEEP[2:8], HAIR_TONES[4], count=26, width_px=1.2, opacity=0.5, seed=95, stray_px=5, reach=0.5
    )
    sheet.path(_hairline(), HAIR_TONES[1], opacity=0.6, blur_px=0.4)


def _sides(sheet: Sheet) -> None:
    """Paint the cropped sides, which fade into the beard before the ear."""
    for sign, end in ((-1, FACE["jaw"][0]), (1, FACE["jaw"][16])):
        across = np.array([(6, 330), (2, 400), (1, 450), (-12, 474), (-17, 420), (-19, 350), (-10, 318)])
        side = np.column_stack([end[0] + sign * across[:, 0], across[:, 1]]).astype(np.float64)
        sheet.blob(
            side,
            sheet.linear(
                (0, 320),
                (0, 474),
                f"0 {HAIR_TONES[1]} 0.95",
                f"0.5 {HAIR_TONES[1]} 0.7",
                f"1 {HAIR_TONES[2]} 0.25",
            ),
            blur_px=3.5,
        )
        guides = (
            points((end[0] + sign * 8, 316), (end[0] + sign * 3, 470)),
            points((end[0] - sign * 16, 316), (end[0] - sign * 17, 470)),
        )
        comb(
            sheet,
            tuple(sample(guide, 4) for guide in guides),
            HAIR_TONES[0],
            count=90,
            width_px=1.1,
            opacity=0.45,
            seed=97 + sign,
            reach=0.07,
            stray_px=2,
        )


def _wisps() -> str:
    """Return the hairs that leave the crown's line, so that it is hair and no helmet."""
    rng = np.random.default_rng(FACE.seed + 60)
    line = sample(CROWN, 120)[12:112]
    way = np.gradient(line, axis=0)
    way /= np.hypot(*way.T)[:, None]
    hairs = []
    for spot, along in zip(line, way, strict=True):
        out = np.array((along[1], -along[0]))
        root = spot - out * rng.uniform(2, 6)
        tip = root + along * rng.uniform(16, 34) + out * rng.uniform(1, 7)
        hairs.append(blade(root, (root + tip) / 2 + out * 3.5, tip, 2.2))
    return "".join(hairs)


def _hairline() -> str:
    """Return the fine hairs along the hairline, which keep it from looking cut out."""
    rng = np.random.default_rng(FACE.seed + 50)
    hairs = []
    line = sample(np.vstack([guide[0] for guide in SWEEP]), 170)
    ways = sample(np.vstack([guide[1] - guide[0] for guide in SWEEP]), 170)
    for root, way in zip(line, ways, strict=True):
        start = root + by(rng.normal(0, 4), 2 - abs(rng.normal(0, 7)))
        tip = start + way * rng.uniform(0.15, 0.5) + (rng.normal(0, 5), 0)
        hairs.append(blade(start, (start + tip) / 2 + (-2, 0), tip, 1.1))
    return "".join(hairs)
