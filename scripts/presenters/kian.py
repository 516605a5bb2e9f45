"""Kian: short dark hair, a trimmed beard, a navy jacket over an open white shirt."""

import numpy as np

from presenters.anatomy import Face, Skin
from presenters.features import draw_brow, draw_eye, draw_mouth, draw_nose
from presenters.hair import comb
from presenters.head import draw_ear, draw_head, draw_neck
from presenters.pen import Sheet, blade, by, inside, mirror, points, polygon, ribbon, sample, spline
from presenters.studio import draw_studio

MIDDLE_PX = 512.0

SKIN = Skin(
    light="#eec49c", base="#d9a27a", shade="#b0774f", deep="#74432b",
    blush="#c46c4f", lip_upper="#9c5748", lip_lower="#b97261", lip_line="#5a2620",
)  # fmt: skip


def _face() -> Face:
    jaw_a = points((305, 392), (308, 440), (312, 488), (319, 534), (331, 580), (354, 625), (395, 667),
        (450, 701))
    jaw_b = mirror(points((306, 392), (309, 440), (313, 488), (320, 534), (333, 580), (356, 625), (397, 667),
        (452, 701)), MIDDLE_PX)
    upper_a = points((374, 411), (394, 399.5), (420, 394.5), (446, 400), (466, 417))
    lower_a = points((374, 411), (395, 422.5), (420, 427), (445, 425.5), (466, 417))
    upper_b = points((558, 417), (578, 399.5), (605, 394), (632, 398.5), (651, 410.5))
    lower_b = points((558, 417), (579, 425.5), (604, 427), (630, 422), (651, 410.5))
    line = points((450, 596), (471, 598.5), (494, 598.5), (512, 600.5), (530, 598.5), (553, 598), (574, 595))
    return Face(
        contours={
            "jaw": np.vstack([jaw_a, points((512, 713)), jaw_b]),
            "brow_a": points((345, 379), (377, 364.5), (411, 359), (446, 362), (478, 370)),
            "brow_b": points((546, 369), (579, 360), (613, 357), (648, 363), (680, 379)),
            "nose_bridge": points((512, 418), (512, 454), (511.5, 490), (511, 521)),
            "nose_base": points((467, 530), (487, 541), (511, 547), (534, 541), (554, 530)),
            "eye_a_upper": upper_a, "eye_a_lower": lower_a, "eye_b_upper": upper_b, "eye_b_lower": lower_b,
            "lip_upper_outer": points((450, 596), (473, 588.5), (497, 582.5), (512, 585.5), (528, 582.5),
                (552, 588), (574, 595)),
            "lip_upper_inner": line, "lip_lower_inner": line.copy(),
            "lip_lower_outer": points((450, 596), (471, 610.5), (493, 619.5), (512, 622), (531, 619.5),
                (554, 610), (574, 595)),
        },
        forehead=points((716, 330), (700, 255), (645, 195), (565, 168), (512, 164), (459, 168), (380, 195),
            (324, 255), (308, 330)),
        pupils=((421, 409.5), (604, 409)), iris_px=20, skin=SKIN,
        brow_colour="#160c08", brow_px=22, lash_px=8, liner=0, softness=0.4, seed=17,
    )  # fmt: skip


FACE = _face()

HAIR = points(
    (303, 372), (291, 330), (288, 262), (312, 182), (372, 118), (456, 88), (545, 78), (636, 92), (702,
        146), (734, 228),
    (737, 320), (722, 372), (712, 372), (708, 340), (698, 290), (668, 240), (612, 212), (532, 204), (452,
        210), (388, 236),
    (348, 286), (322, 340), (316, 374),
)  # fmt: skip
# Guides run from the hairline up and back, from the left temple to the right one.
SWEEP = (
    points((318, 350), (304, 300), (300, 240), (316, 190)),
    points((340, 296), (330, 230), (346, 168), (388, 124)),
    points((374, 250), (372, 186), (408, 128), (476, 94)),
    points((430, 220), (436, 160), (490, 108), (566, 86)),
    points((500, 208), (520, 152), (578, 106), (646, 104)),
    points((570, 208), (600, 158), (650, 128), (694, 150)),
    points((634, 222), (664, 186), (700, 180), (722, 210)),
    points((680, 262), (704, 238), (724, 248), (733, 286)),
    points((706, 340), (716, 310), (728, 312), (733, 344)),
)


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
    sheet.grain(0.16, seed=7)
    return sheet


def _both(sign: int, *pairs: tuple[float, float]) -> np.ndarray:
    """Return points measured from the middle towards the side of `sign`."""
    return np.array([(MIDDLE_PX + sign * x, y) for x, y in pairs], np.float64)


def _clothes(sheet: Sheet) -> None:
    """Paint shirt and jacket."""
    for sign in (-1, 1):
        body = _both(sign, (-2, 1000), (20, 958), (110, 900), (168, 836), (200, 880), (200, 1060), (-2, 1060))
        sheet.path(polygon(body), sheet.linear((400, 860), (640, 1040), "0 #f4f5f6", "0.6 #dfe3e7",
            "1 #b3bcc6"))
        sheet.path(ribbon(_both(sign, (0, 1010), (30, 960), (100, 890)), (6, 16, 18)), "#52606f",
            opacity=0.35, blur_px=7)
        flap = _both(sign, (136, 764), (152, 788), (186, 836), (112, 944), (22, 968), (66, 890), (112, 818))
        sheet.path(polygon(flap + by(0, 7)), "#3a4654", opacity=0.4, blur_px=6)
        sheet.path(polygon(flap), sheet.linear((MIDDLE_PX + sign * 40, 960), (MIDDLE_PX + sign * 170, 800),
            "0 #ffffff", "0.55 #eef0f2",
                                               "1 #bcc5cf"))  # fmt: skip
        for seam in (((178, 838), (110, 936)), ((104, 937), (28, 961))):
            sheet.path(ribbon(_both(sign, *seam), (1, 1.4, 1)), "#aab4bf", opacity=0.8, blur_px=0.5)
        _jacket(sheet, sign)
    sheet.path("M511 1002L513 1060", "none", extra=' stroke="#9aa5b1" stroke-width="1.6"')


def _jacket(sheet: Sheet, sign: int) -> None:
    """Paint one half of the jacket with its collar and lapel."""
    coat = spline(_both(sign, (176, 806), (215, 822), (320, 862), (430, 908), (505, 975), (560, 1060)))
    coat += spline(_both(sign, (60, 1060), (104, 972), (146, 884), (176, 806)), start="L") + "Z"
    with sheet.group(clip=sheet.clip(coat)):
        sheet.path(coat, sheet.linear((220, 840), (820, 1060), "0 #31445f", "0.5 #223149", "1 #131d30"))
        for fold, depth in (((430, 900), (392, 970), (404, 1060)),
            0.5), (((330, 880), (300, 960), (250, 1060)), 0.35):
            sheet.path(ribbon(_both(sign, *fold), (6, 22, 26)), "#0a101c", opacity=depth, blur_px=10)
            sheet.path(ribbon(_both(sign, *fold) - (16, 0), (4, 14, 16)), "#4b6282", opacity=depth * 0.7,
                blur_px=8)
        sheet.path(ribbon(_both(sign, (176, 806), (320, 862), (440, 914), (560, 1040)), (8, 14, 14, 10)),
            "#5b7394", opacity=0.35, blur_px=6)
    collar = _both(sign, (164, 800), (180, 796), (216, 828), (264, 918), (198, 936), (142, 896))
    lapel = _both(sign, (142, 892), (198, 936), (276, 928), (196, 1060), (56, 1060), (104, 972))
    for shape, light, dark in ((lapel, "#3a4f6d", "#1a263b"), (collar, "#34475f", "#18233a")):
        sheet.path(polygon(shape + by(sign * 5, 8)), "#060a12", opacity=0.5, blur_px=7)
        sheet.path(polygon(shape), sheet.linear((MIDDLE_PX + sign * 110 - 60, 860),
            (MIDDLE_PX + sign * 200 + 60, 1040), f"0 {light}", f"1 {dark}"))
    for edge in (((198, 937), (274, 929)), ((274, 930), (197, 1058)), ((141, 892), (103, 972), (58, 1058))):
        sheet.path(ribbon(_both(sign, *edge), (0.8, 1.6, 1)), "#7d95b5", opacity=0.45, blur_px=0.6)


def _beard(sheet: Sheet) -> None:
    """Paint a trimmed beard: a soft shade on cheeks, chin and lip under many short hairs."""
    jaw, bow, corners = FACE["jaw"], FACE["lip_upper_outer"], FACE["lip_upper_inner"][[0, -1]]
    cheek_a = points((326, 440), (343, 520), (384, 572), (432, 578), (474, 562), (511, 558))
    inner = np.vstack([cheek_a, mirror(cheek_a[:-1], MIDDLE_PX)])
    area = np.vstack([jaw[1:16], inner[::-1]])
    with sheet.group(clip=sheet.clip(spline(FACE.outline, closed=True))):
        sheet.blob(area, "#26160f", opacity=0.58, blur_px=11)
        sheet.blob(np.vstack([jaw[3:14], (inner[2:-2] + by(0, 40))[::-1]]), "#1f120d", opacity=0.3,
            blur_px=16)
        for corner, sign in zip(corners, (-1, 1), strict=True):
            sheet.oval((corner[0] - sign * 24, corner[1] + 30), (12, 7), SKIN.base, opacity=0.2, blur_px=6)
        sheet.path(ribbon(points((bow[3, 0], 552), (bow[3, 0], 580)), (8, 10), steps=4), SKIN.base,
            opacity=0.4, blur_px=3)
        sheet.path(_stubble(area, corners), "#150b07", opacity=0.45, blur_px=0.3)


def _stubble(area: np.ndarray, corners: np.ndarray) -> str:
    """Return the short hairs of the beard as path data, none of them on the lips."""
    rng = np.random.default_rng(FACE.seed + 40)
    edge = sample(np.vstack([area, area[:1]]), 160)
    cheek = sample(area[15:], 90)
    lips = np.vstack([FACE["lip_upper_outer"] - (0, 3), FACE["lip_lower_outer"][::-1] + by(0, 3)])
    hairs: list[str] = []
    while len(hairs) < 2800:
        root = np.array([rng.uniform(305, 720), rng.uniform(430, 712)])
        if not inside(root, edge) or inside(root, lips):
            continue
        depth = float(np.hypot(*(cheek - root).T).min())
        hollow = np.hypot(*((corners + points((24, 32), (-24, 32))) - root).T).min()
        lip_beard = 0.75 if abs(root[0] - MIDDLE_PX) < 78 and root[1] < 606 else 0.0
        if rng.uniform() > max(lip_beard, 0.18 + depth / 22) or (hollow < 14 and rng.uniform() < 0.7):
            continue
        lean = (root[0] - MIDDLE_PX) / 200
        way = np.array([-0.25 * lean if root[1] > 620 else 0.75 * lean, 1]) + rng.normal(0, 0.22, 2)
        tip = root + way * rng.uniform(4, 8.5)
        hairs.append(blade(root, (root + tip) / 2 + (lean * 1.2, 0), tip, 1.05))
    return "".join(hairs)


def _hair(sheet: Sheet) -> None:
    """Paint short hair, swept up and back, cropped at the sides."""
    with sheet.group(clip=sheet.clip(spline(FACE.outline, closed=True))):
        sheet.path(ribbon(HAIR[13:22] + by(2, 8), (10, 22, 26, 26, 20, 10), steps=13), SKIN.deep,
            opacity=0.55, blur_px=9)
    for sign, end in ((-1, FACE["jaw"][0]), (1, FACE["jaw"][16])):
        side = points((end[0] + sign * 2, 335), (end[0] + sign * 1, 400), (end[0] - sign * 1, 450),
            (end[0] - sign * 12, 470),
                      (end[0] - sign * 19, 420), (end[0] - sign * 22, 345), (end[0] - sign * 10,
                          320))  # fmt: skip
        sheet.blob(side, sheet.linear((0, 340), (0, 470), "0 #1a100c 0.95", "0.5 #1c110c 0.85",
            "1 #26160f 0.4"), blur_px=3)
    crown = HAIR[:12]
    wide = np.vstack([(crown - (MIDDLE_PX, 300)) * 1.1 + (MIDDLE_PX, 300), HAIR[12:]])
    # Crisp against the studio, soft where it grows out of the skin.
    head = spline(crown) + "L712 520L312 520Z"
    with sheet.group(clip=sheet.clip(head)):
        sheet.blob(wide, sheet.linear((0, 300), (0, 376), "0 #1a100c", "1 #1f130e 0.85"), blur_px=5)
    comb(sheet, SWEEP, "#080403", count=70, width_px=8, opacity=0.6, seed=91, stray_px=4, blur_px=0.8)
    comb(sheet, SWEEP, "#34211a", count=150, width_px=4, opacity=0.6, seed=92, stray_px=4)
    light = sheet.linear((330, 90), (700, 330), "0 #5f4030 0.6", "0.3 #a5785a 0.85", "0.55 #6a4936 0.5",
        "1 #4a3226 0.3")
    comb(sheet, SWEEP[1:], light, count=150, width_px=2.2, opacity=0.7, seed=93, stray_px=5)
    comb(sheet, SWEEP[1:6], "#caa07e", count=46, width_px=1.3, opacity=0.5, seed=94, stray_px=5, reach=0.6)
    sheet.path(_hairline(), "#1a100c", opacity=0.7, blur_px=0.4)


def _hairline() -> str:
    """Return the fine hairs along the hairline, which keep it from looking cut out."""
    rng = np.random.default_rng(FACE.seed + 50)
    hairs = []
    for root in sample(HAIR[13:], 200):
        start = root + rng.normal(0, 3, 2) + (0, 2)
        lean = (root[0] - 440) / 300
        tip = start + np.array([lean + rng.normal(0, 0.25), -1]) * rng.uniform(12, 24)
        hairs.append(blade(start, (start + tip) / 2 + (-3, 0), tip, 1.5))
    return "".join(hairs)
