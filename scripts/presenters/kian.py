"""Kian: short dark hair, a trimmed beard, a navy jacket over an open white shirt."""

import numpy as np

from presenters.anatomy import Face, Skin
from presenters.features import draw_brow, draw_eye, draw_mouth, draw_nose
from presenters.hair import between, comb
from presenters.head import draw_ear, draw_head, draw_neck
from presenters.pen import Sheet, blade, mirror, points, ribbon, sample, spline
from presenters.studio import draw_studio

SKIN = Skin(
    light="#eec49c", base="#d9a27a", shade="#b0774f", deep="#74432b",
    blush="#c46c4f", lip_upper="#9c5748", lip_lower="#b97261", lip_line="#5a2620",
)  # fmt: skip


def _face() -> Face:
    jaw_a = points((305, 392), (308, 440), (313, 488), (321, 534), (335, 580), (360, 624), (400, 664), (453, 697))
    jaw_b = mirror(points((306, 392), (309, 440), (314, 488), (322, 534), (337, 580), (362, 624), (402, 664), (455, 697)), 512)
    upper_a = points((376, 410), (396, 398), (421, 393.5), (446, 399), (465, 416))
    lower_a = points((376, 410), (397, 422), (421, 427), (445, 425), (465, 416))
    upper_b = points((559, 416), (579, 398.5), (604, 393), (629, 397.5), (649, 409.5))
    lower_b = points((559, 416), (580, 425), (604, 427), (628, 421.5), (649, 409.5))
    line = points((451, 599), (472, 598.5), (494, 598), (512, 600), (530, 598), (553, 598), (574, 598))
    return Face(
        contours={
            "jaw": np.vstack([jaw_a, points((512, 710)), jaw_b]),
            "brow_a": points((350, 373), (380, 355), (413, 350), (446, 356), (475, 367)),
            "brow_b": points((549, 366), (579, 354), (612, 348), (645, 354), (675, 373)),
            "nose_bridge": points((512, 418), (512, 454), (511.5, 490), (511, 521)),
            "nose_base": points((467, 530), (487, 541), (511, 547), (534, 541), (554, 530)),
            "eye_a_upper": upper_a, "eye_a_lower": lower_a, "eye_b_upper": upper_b, "eye_b_lower": lower_b,
            "lip_upper_outer": points((451, 599), (473, 590), (497, 583), (512, 586), (528, 583), (552, 589.5), (574, 598)),
            "lip_upper_inner": line, "lip_lower_inner": line.copy(),
            "lip_lower_outer": points((451, 599), (472, 611), (493, 618.5), (512, 620.5), (531, 618.5), (554, 610.5), (574, 598)),
        },
        forehead=points((716, 330), (700, 255), (645, 195), (565, 168), (512, 164), (459, 168), (380, 195), (324, 255), (308, 330)),
        pupils=((423, 410), (602, 409.5)), iris_px=19.5, skin=SKIN,
        brow_colour="#1c100b", brow_px=17, lash_px=10, liner=0, softness=0.4, seed=17,
    )  # fmt: skip


FACE = _face()

HAIR = points(
    (300, 408), (292, 340), (292, 262), (318, 178), (380, 116), (460, 92), (545, 84), (630, 98), (694, 150), (728, 230),
    (734, 320), (726, 405), (712, 420), (706, 350), (694, 290), (668, 236), (610, 205), (530, 196), (450, 204), (384, 232),
    (346, 284), (324, 345), (314, 420),
)  # fmt: skip


def draw() -> Sheet:
    """Return the finished picture."""
    sheet = Sheet()
    draw_studio(
        sheet, ("#4d8c8e", "#1f5a62", "#0d2c35"),
        ((120, 180, 82, "#bfe6dc", 0.16), (905, 190, 100, "#f2d9a8", 0.18), (960, 470, 52, "#f2d9a8", 0.2),
         (64, 470, 56, "#bfe6dc", 0.14), (240, 70, 40, "#f6e6c8", 0.16), (800, 70, 44, "#bfe6dc", 0.15)),
    )  # fmt: skip
    neck = points((380, 600), (386, 740), (372, 800), (300, 850), (200, 900), (180, 1040), (850, 1040), (820, 900),
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


def _clothes(sheet: Sheet) -> None:
    """Paint shirt and jacket."""
    for sign in (-1, 1):
        def at(*pairs: tuple[float, float], sign: int = sign) -> np.ndarray:
            return np.array([(512 + sign * x, y) for x, y in pairs])
        shirt = at((0, 1040), (14, 985), (60, 930), (128, 812), (150, 800), (200, 850), (220, 1040))
        sheet.path(spline(shirt) + "Z", sheet.linear((400, 800), (640, 1040), "0 #ffffff", "0.6 #e4e6e8", "1 #b5bcc4"))
        jacket = at((90, 1040), (120, 960), (172, 840), (210, 828), (320, 868), (430, 920), (500, 985), (540, 1040))
        sheet.path(spline(jacket) + "Z", sheet.linear((300, 840), (760, 1040), "0 #2c3d57", "0.6 #1c2940", "1 #111a2b"))


def _beard(sheet: Sheet) -> None:
    """Paint a trimmed beard: a soft shade on cheeks, chin and lip under many short hairs."""
    jaw = FACE["jaw"]


def _hair(sheet: Sheet) -> None:
    """Paint short hair, swept up and back."""
    sheet.blob(HAIR, "#1a100c", blur_px=1.5)
