"""A line of caption and a font in, a mask of its letters and where each word stands out.

Between `lipsync.media.lettering`, which chooses lines and size, and Pillow. Two shapers that
give the same order and the same joining: RAQM (HarfBuzz and FriBidi inside Pillow), and where
the machine has no FriBidi, the presentation forms of arabic-reshaper in the order of
python-bidi (`lipsync.media.glyph_order`). Knows nothing of pictures, cues or time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, features

from lipsync.media.glyph_order import Item, items_of, visual
from lipsync.text.directions import Direction, isolated

Mask = NDArray[np.uint8]
"""How much of each pixel is covered, 0 to 255."""

_FINE: Final = 3
"""Letters are drawn so many times as large and made smaller: where two that join share a pixel,
Pillow covers less of it than both do, and a light seam would run through the word."""
_SIZES_KEPT: Final = 8
_SIGNS_KEPT: Final = 4096
_NO_CHARACTER: Final = "\U0010fffe"
"""Never assigned, so every font draws its mark for the missing with it."""
_LANGUAGE: Final = "fa"
_LETTERS: Final = "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"
"""A font for captions has all of them; what else it lacks is left out where it is written."""


class BadFont(ValueError):
    """These bytes are not a font that FreeType reads; put a TrueType or OpenType file there."""


class FontLacksLetters(BadFont):
    """This font has no Persian letters, and captions would be drawn as nothing; put another there."""


class RaqmMissing(RuntimeError):
    """Pillow finds no RAQM here; install libfribidi0, or leave the choice of the shaper open."""


@dataclass(frozen=True, slots=True)
class Lettering:
    """One line of letters as drawn."""

    mask: Mask
    """Shape (height, width): the letters, with `margin_px` free on each side of their advance."""
    margin_px: int
    places: tuple[tuple[int, int], ...]
    """For each word the columns [start, end) of the mask that are its own, its half of the
    spaces beside it included; (0, 0) for a word that is drawn as nothing."""


class Typeface:
    """A font at any size. One thread at a time.

    Args:
        font: the bytes of a TrueType, OpenType, WOFF or WOFF2 file.
        raqm: whether RAQM lays letters out; None asks what this machine has.

    Raises:
        BadFont: FreeType cannot read it.
        RaqmMissing: RAQM is asked for and is not there.
    """

    def __init__(self, font: bytes, *, raqm: bool | None = None) -> None:
        there = bool(features.check("raqm"))
        if raqm and not there:
            raise RaqmMissing
        self.raqm = there if raqm is None else raqm
        self._font = font
        self.at = lru_cache(_SIZES_KEPT)(self._open)
        self.has = lru_cache(_SIGNS_KEPT)(self._has)
        self._missing = _look_of(self.at(self._PROBE_PX), _NO_CHARACTER)

    _PROBE_PX: Final = 32

    @property
    def name(self) -> str:
        """Family and style."""
        return " ".join(part for part in self.at(self._PROBE_PX).getname() if part)

    def _open(self, size_px: int) -> ImageFont.FreeTypeFont:
        engine = ImageFont.Layout.RAQM if self.raqm else ImageFont.Layout.BASIC
        try:
            return ImageFont.truetype(BytesIO(self._font), size_px, layout_engine=engine)
        except OSError as error:
            raise BadFont(f"FreeType reads no font in these {len(self._font)} bytes: {error}") from error

    def _has(self, sign: str) -> bool:
        return sign.isspace() or _look_of(self.at(self._PROBE_PX), sign) != self._missing


def _look_of(font: ImageFont.FreeTypeFont, sign: str) -> tuple[bytes, float]:
    return bytes(font.getmask(sign)), font.getlength(sign)


def persian_typeface(font: bytes) -> Typeface:
    """Return a typeface that Persian can be drawn with, by the shaper that this machine has.

    Raises:
        BadFont: FreeType cannot read it.
        FontLacksLetters: it can, and letters of Persian are not in it.
    """
    face = Typeface(font)
    missing = [letter for letter in _LETTERS if not face.has(letter)]
    if missing:
        raise FontLacksLetters(f"the font {face.name} has no {' '.join(missing)}")
    return face


class Shaper(Protocol):
    """Lays out one line."""

    def width_px(self, word: str, size_px: int, direction: Direction) -> float:
        """Return how wide one word stands in a line of this direction."""
        ...

    def draw(self, words: Sequence[str], size_px: int, direction: Direction) -> Lettering:
        """Draw words, a space between each two, as one line.

        Args:
            words: as shown, without signs that turn what follows, and all in the font.
            size_px: the em.
            direction: the line's own; `C++` and its like are kept whole in "rtl".
        """
        ...


def shaper_of(face: Typeface) -> Shaper:
    """Return the shaper that this machine has for a typeface."""
    return Raqm(face) if face.raqm else PresentationForms(face)


def line_metrics(size_px: int) -> tuple[int, int]:
    """Return the height of a line's mask and its baseline, in pixels from the top.

    Of the size alone, so that both shapers and all fonts agree: 1.15 em above for letters with a
    stack of marks, 0.6 em below for the deepest of the letters with a kasra.
    """
    above, below = round(1.15 * size_px), round(0.6 * size_px)
    return above + below, above


def _margin_px(size_px: int) -> int:
    # A letter may reach over its advance, an italic or a swash farthest.
    return size_px // 4 + 1


class _Sheet:
    """What one line is drawn on, finer than it will be."""

    def __init__(self, width_px: float, size_px: int) -> None:
        height_px, baseline_px = line_metrics(size_px)
        self._size = int(width_px + 1) + 2 * _margin_px(size_px), height_px
        self._image = Image.new("L", (self._size[0] * _FINE, self._size[1] * _FINE))
        self._pen = ImageDraw.Draw(self._image)
        self.left = _margin_px(size_px) * _FINE
        self._baseline = baseline_px * _FINE

    def write(
        self,
        text: str,
        font: ImageFont.FreeTypeFont,
        at: tuple[float, float],
        direction: Direction | None = None,
    ) -> None:
        """Write from a place on: columns of the fine sheet, and rows below the baseline."""
        language = None if direction is None else _LANGUAGE
        place = at[0], self._baseline + at[1]
        self._pen.text(
            place, text, fill=255, font=font, anchor="ls", direction=direction, language=language
        )

    def mask(self) -> Mask:
        """Return it as it is used."""
        fine = np.asarray(self._image)
        return np.asarray(cv2.resize(fine, self._size, interpolation=cv2.INTER_AREA), np.uint8)


class Raqm:
    """HarfBuzz shapes and FriBidi orders, inside Pillow."""

    def __init__(self, face: Typeface) -> None:
        self._face = face

    def width_px(self, word: str, size_px: int, direction: Direction) -> float:
        """Return how wide one word stands in a line of this direction."""
        font = self._face.at(size_px * _FINE)
        return font.getlength(word, direction=direction, language=_LANGUAGE) / _FINE

    def draw(self, words: Sequence[str], size_px: int, direction: Direction) -> Lettering:
        """Draw one line; see `Shaper`."""
        line = " ".join(words)
        text = isolated(line) if direction == "rtl" else line
        width_px = self.width_px(text, size_px, direction)
        sheet = _Sheet(width_px, size_px)
        sheet.write(text, self._face.at(size_px * _FINE), (sheet.left, 0), direction)
        return Lettering(
            sheet.mask(), _margin_px(size_px), self._places(words, size_px, direction, width_px)
        )

    def _places(
        self, words: Sequence[str], size_px: int, direction: Direction, width_px: float
    ) -> tuple[tuple[int, int], ...]:
        """Return each word's columns.

        Pillow does not tell where a letter went, so words are measured one by one and set in
        the order in which they are seen, which is exact to the kerning beside a space.
        """
        space_px = self.width_px(" ", size_px, direction)
        widths = [self.width_px(word, size_px, direction) for word in words]
        order = [item.word for item in visual(items_of(words, direction), direction) if item.word >= 0]
        seen = list(dict.fromkeys(order))
        total_px = sum(widths[word] for word in seen) + space_px * max(0, len(seen) - 1)
        stretch = width_px / total_px if total_px else 1.0
        at_px = _margin_px(size_px) - space_px / 2
        places = [(0, 0)] * len(words)
        for word in seen:
            end_px = at_px + (widths[word] + space_px) * stretch
            places[word] = (max(0, _column(at_px)), _column(end_px))
            at_px = end_px
        return tuple(places)


class PresentationForms:
    """Letters in their joined forms, one glyph each, in the order they are seen.

    For a machine without FriBidi. A font's own tables of positions stay unread, so marks are
    set over the middle of their letter, and above or below its ink.
    """

    def __init__(self, face: Typeface) -> None:
        self._face = face

    def width_px(self, word: str, size_px: int, direction: Direction) -> float:
        """Return how wide one word stands in a line of this direction."""
        font = self._face.at(size_px * _FINE)
        shaped = items_of([word], direction, shape=True, has=self._face.has)
        return sum(font.getlength(item.sign) for item in shaped) / _FINE

    def draw(self, words: Sequence[str], size_px: int, direction: Direction) -> Lettering:
        """Draw one line; see `Shaper`."""
        items = visual(items_of(words, direction, shape=True, has=self._face.has), direction)
        font = self._face.at(size_px * _FINE)
        advances = [font.getlength(item.sign) for item in items]
        sheet = _Sheet(sum(advances) / _FINE, size_px)
        sheet.write("".join(item.sign for item in items), font, (sheet.left, 0))
        at = float(sheet.left)
        for item, advance in zip(items, advances, strict=True):
            if item.marks:
                _set_marks(sheet, font, item, at)
            at += advance
        margin_px = _margin_px(size_px)
        widths = [advance / _FINE for advance in advances]
        return Lettering(sheet.mask(), margin_px, _columns(items, widths, len(words), margin_px))


def _set_marks(sheet: _Sheet, font: ImageFont.FreeTypeFont, item: Item, at: float) -> None:
    """Set marks over and under the middle of a letter's ink, each outside the one before."""
    left, top, right, bottom = _ink(font, item.sign)
    gap = font.size / 20
    for mark in item.marks:
        m_left, m_top, m_right, m_bottom = _ink(font, mark)
        x = at + (left + right - m_left - m_right) / 2
        if m_top >= 0:
            down = max(0.0, bottom + gap - m_top)
            bottom = m_bottom + down
        else:
            down = min(0.0, top - gap - m_bottom)
            top = m_top + down
        sheet.write(mark, font, (round(x), round(down)))


def _ink(font: ImageFont.FreeTypeFont, sign: str) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a sign's ink, from where the pen stands on the baseline."""
    mask, (x, y) = font.getmask2(sign, mode="L", anchor="ls")
    left, top, right, bottom = mask.getbbox() or (0, 0, 0, 0)
    return left + int(x), top + int(y), right + int(x), bottom + int(y)


def _columns(
    items: Sequence[Item], advances: Sequence[float], words: int, margin_px: int
) -> tuple[tuple[int, int], ...]:
    """Return each word's columns, the spaces beside it shared with its neighbours."""
    places = [(0.0, 0.0)] * words
    at_px, half_px = float(margin_px), 0.0
    for item, advance_px in zip(items, advances, strict=True):
        end_px = at_px + advance_px
        if item.word >= 0:
            start_px, until_px = places[item.word]
            places[item.word] = (start_px if until_px else at_px, end_px)
        else:
            half_px = advance_px / 2
        at_px = end_px
    return tuple(
        (max(0, _column(start - half_px)), _column(end + half_px)) if end else (0, 0)
        for start, end in places
    )


def _column(at_px: float) -> int:
    # Thirds of a pixel are added up on both sides of a border, and have to come to the same.
    return round(round(at_px, 3))
