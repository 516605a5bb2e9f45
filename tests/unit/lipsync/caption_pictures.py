"""The lines whose pictures were drawn once and looked at, and how pictures of letters compare.

`PYTHONPATH=. python tests/unit/lipsync/caption_pictures.py` draws the expectations anew into
tests/data/captions: look at every one of them before it is kept.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from lipsync.media.shaping import Mask, PresentationForms, Raqm, Shaper, Typeface
from workers.caption_font import VAZIRMATN

ZWNJ = "\u200c"
FOLDER = Path(__file__).resolve().parents[2] / "data" / "captions"
SIZE_PX = 32

LINES = {
    "lam_alef": "سلام بلا لالا اسلام",
    "zwnj": f"می{ZWNJ}روم خانه{ZWNJ}ها",
    "brackets": "او (علی) و [حسن] «گفت»",
    "c_plus_plus": "زبان C++ خوب است.",
    "minus_five": "دما -۵ درجه است؛",
    "phone": "شماره ۰۲۱-۸۸۷۷ ۶۶۵۵ یا +98 21 1234 است",
    "harakat": "مُحَمَّدٌ گِلِ کِتابِ عَلِیّ",
    "heh_hamza": "خانه\u0654 ما و نامه\u0654 او",
    "latin_name": "آقای John Smith آمد!",
}
"""What Persian lines go wrong in, by the name of the picture."""

SHAPERS = ("raqm", "forms")


def shaper(name: str, font: bytes) -> Shaper:
    """Return one of the two shapers."""
    face = Typeface(font, raqm=name == "raqm")
    return Raqm(face) if face.raqm else PresentationForms(face)


def drawn(shaper: Shaper, line: str) -> Mask:
    """Draw a line of Persian."""
    return shaper.draw(line.split(" "), SIZE_PX, "rtl").mask


def ink(mask: Mask) -> Mask:
    """Return a mask without the empty columns at its sides."""
    columns = np.flatnonzero(mask.max(axis=0))
    return mask[:, columns[0] : columns[-1] + 1]


def likeness(one: Mask, other: Mask, blur_px: float = 2.5) -> float:
    """Return how alike two lines look, 1 for equal and about 0 for unrelated ones.

    Both are made equally wide and a little soft, so that what counts is which letter stands
    where, and neither a rasteriser's rounding nor a shaper's kerning.
    """
    one, other = ink(one), ink(other)
    width = max(one.shape[1], other.shape[1])
    softened = []
    for mask in (one, other):
        equal = cv2.resize(mask, (width, one.shape[0]), interpolation=cv2.INTER_AREA)
        soft = cv2.GaussianBlur(equal, (0, 0), blur_px).astype(np.float64)
        # Every line of Persian has the same bands of light and dark rows.
        softened.append((soft - soft.mean(axis=1, keepdims=True)).ravel())
    return float(np.corrcoef(*softened)[0, 1])


def side_by_side(shaper: Shaper, pieces: Sequence[str], gaps: Sequence[bool]) -> Mask:
    """Draw pieces one by one and set them from left to right.

    Args:
        shaper: draws each by itself, so that nothing is left to order.
        pieces: as they are seen, from the left.
        gaps: whether a space stands before each.
    """
    space = np.zeros((drawn(shaper, "آ").shape[0], round(shaper.width_px(" ", SIZE_PX, "rtl"))), np.uint8)
    parts: list[Mask] = []
    for piece, gap in zip(pieces, gaps, strict=True):
        lettering = shaper.draw([piece], SIZE_PX, "ltr" if piece.isascii() or piece[0].isdigit() else "rtl")
        advance = round(shaper.width_px(piece, SIZE_PX, "rtl"))
        parts += [space] * gap
        parts.append(lettering.mask[:, lettering.margin_px : lettering.margin_px + advance])
    return np.hstack(parts)


def expected(name: str, shaper: str) -> Path:
    """Return where the picture of a line is kept."""
    return FOLDER / f"{name}.{shaper}.png"


def draw_expectations() -> None:
    """Draw every line with both shapers into the folder of expectations."""
    font = VAZIRMATN.read_bytes()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for each in SHAPERS:
        for name, line in LINES.items():
            Image.fromarray(drawn(shaper(each, font), line)).save(expected(name, each), optimize=True)


if __name__ == "__main__":
    draw_expectations()
