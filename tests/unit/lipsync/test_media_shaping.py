"""Persian lines look as they were looked at, with either shaper, and in the order of their pieces."""

from itertools import pairwise

import numpy as np
import pytest
from caption_pictures import (
    LINES,
    SHAPERS,
    SIZE_PX,
    ZWNJ,
    drawn,
    expected,
    ink,
    likeness,
    shaper,
    side_by_side,
)
from PIL import Image, ImageFont

from lipsync.media.shaping import BadFont, FontLacksLetters, Shaper, Typeface, line_metrics, persian_typeface

SAME = 0.995
"""Likeness of two pictures by one shaper and font, whatever library of FreeType drew them."""
ALIKE = 0.95
"""Likeness of one line by two shapers."""
OF_PIECES = 0.9
"""Likeness of a line and its pieces set side by side, each of which begins at a whole pixel."""

RLM = "\u200f"


@pytest.fixture(params=SHAPERS)
def either(request: pytest.FixtureRequest, vazirmatn: bytes) -> Shaper:
    return shaper(request.param, vazirmatn)


@pytest.mark.parametrize("each", SHAPERS)
@pytest.mark.parametrize("name", LINES)
def test_a_line_looks_as_it_did_when_it_was_looked_at(name: str, each: str, vazirmatn: bytes) -> None:
    with Image.open(expected(name, each)) as kept:
        before = np.asarray(kept)
    now = drawn(shaper(each, vazirmatn), LINES[name])
    assert likeness(now, before, blur_px=1) > SAME
    assert abs(ink(now).shape[1] - ink(before).shape[1]) <= 2


@pytest.mark.parametrize("name", LINES)
def test_both_shapers_order_and_join_alike(name: str, vazirmatn: bytes) -> None:
    raqm, forms = (drawn(shaper(each, vazirmatn), LINES[name]) for each in SHAPERS)
    assert likeness(raqm, forms) > ALIKE
    assert likeness(raqm, forms[:, ::-1]) < 0.5


@pytest.mark.parametrize(
    ("line", "pieces"),
    [
        ("زبان C++ خوب است.", [".", "است", " خوب", " C++", " زبان"]),
        ("دما -۵ درجه است؛", ["؛", "است", " درجه", " -", "۵", " دما"]),
        ("با .NET کار", ["کار", " .", "NET", " با"]),
        ("او (علی) و", ["و", " (", "علی", ")", " او"]),
        ("آقای John Smith آمد!", ["!", "آمد", " John", " Smith", " آقای"]),
        ("به +98 21 1234 زنگ", ["زنگ", " +", "98", " 21", " 1234", " به"]),
        ("از ۱۲۰۰-۱۵۰۰ تومان", ["تومان", " ۱۵۰۰", "-", "۱۲۰۰", " از"]),
        ("C++ را Ali و C# دید", ["دید", " C#", " و", " Ali", " را", " C++"]),
        (f"می{ZWNJ}روم", ["روم", "می"]),
    ],
)
def test_pieces_stand_in_the_order_a_persian_reader_expects(
    line: str, pieces: list[str], either: Shaper
) -> None:
    whole = drawn(either, line)
    bare, gaps = [piece.strip() for piece in pieces], [piece.startswith(" ") for piece in pieces]
    assert likeness(whole, side_by_side(either, bare, gaps)) > OF_PIECES
    # The check itself sees a wrong order.
    turned = side_by_side(either, [*bare[1:], bare[0]], [False, *gaps[1:]])
    assert likeness(whole, turned) < 0.8


@pytest.mark.parametrize(
    ("word", "glyphs"),
    [
        # Initial seen, lam-alef at the end, meem alone, from the right: "salaam".
        ("سلام", "\ufee1\ufefc\ufeb3"),
        ("لا", "\ufefb"),
        # "pezhgach": peh at the beginning, zheh at the end; gaf and tcheh joined.
        ("پژگچ", "\ufb7b\ufb94\ufb8b\ufb58"),
        (f"می{ZWNJ}روم", "\ufee1\ufeed\ufead\ufbfd\ufee3"),
        ("نامه\u0654", "\ufba5\ufee3\ufe8e\ufee7"),
    ],
)
def test_letters_take_the_forms_in_which_they_join(
    word: str, glyphs: str, either: Shaper, vazirmatn: bytes
) -> None:
    plain = Typeface(vazirmatn, raqm=False).at(SIZE_PX * 3)
    mask, (_, top) = plain.getmask2(glyphs, mode="L", anchor="ls")
    letters = np.asarray(mask, np.uint8).reshape(mask.size[::-1])
    height, baseline = line_metrics(SIZE_PX)
    sheet = np.zeros((height * 3, letters.shape[1]), np.uint8)
    sheet[baseline * 3 + int(top) :][: letters.shape[0]] = letters
    small = Image.fromarray(sheet).resize((letters.shape[1] // 3, height), Image.Resampling.BOX)
    assert likeness(drawn(either, word), np.asarray(small), blur_px=1.5) > ALIKE
    assert likeness(drawn(either, " ".join(word.replace(ZWNJ, ""))), np.asarray(small), blur_px=1.5) < 0.8


def test_words_know_their_columns_and_share_the_spaces_between_them(either: Shaper) -> None:
    words = ["زبان", "C++", "و", "آقای", "John", "Smith", "(را)", "-۵", "دید"]
    lettering = either.draw(words, SIZE_PX, "rtl")
    spans = sorted(lettering.places)
    assert all(end == start for (_, end), (start, _) in pairwise(spans))
    # From the right, with the Latin name from the left.
    order = [words[lettering.places.index(span)] for span in reversed(spans)]
    assert order == ["زبان", "C++", "و", "آقای", "Smith", "John", "(را)", "-۵", "دید"]
    for number, word in enumerate(words):
        left, right = lettering.places[number]
        own = lettering.mask[:, left:right]
        alone = either.draw([word], SIZE_PX, "rtl").mask
        assert likeness(own, alone) > ALIKE
    borders = [start for start, _ in spans[1:]]
    assert lettering.mask[:, borders].max() == 0


def test_a_kasra_stands_below_and_a_vowel_on_a_shadda_above_it(either: Shaper) -> None:
    height, baseline = line_metrics(SIZE_PX)
    bare, kasra, fatha, both = (drawn(either, word).max(axis=1) for word in ("ب", "بِ", "بَ", "بَّ"))
    rows = np.arange(height)
    assert rows[kasra > 128].max() > rows[bare > 128].max()
    assert rows[fatha > 128].min() < rows[bare > 128].min() < baseline
    assert rows[both > 128].min() < rows[fatha > 128].min()


def test_a_mark_of_direction_takes_no_room(either: Shaper) -> None:
    assert np.array_equal(ink(drawn(either, f"سلام{RLM}")), ink(drawn(either, "سلام")))


def test_an_english_line_is_set_from_the_left_with_persian_inside_it(either: Shaper) -> None:
    whole = either.draw(["Hello", "(world)", "سلام", "دنیا", "bye"], SIZE_PX, "ltr").mask
    pieces = ["Hello", "(world)", "دنیا", "سلام", "bye"]
    assert likeness(whole, side_by_side(either, pieces, [False, True, True, True, True])) > OF_PIECES


@pytest.mark.parametrize("raqm", [True, False])
def test_a_font_knows_which_signs_it_has(raqm: bool, vazirmatn: bytes) -> None:
    face = Typeface(vazirmatn, raqm=raqm)
    assert all(map(face.has, "سپچژگ۰9aé(«٪…\u0654\u064e "))
    assert not any(map(face.has, "😀❤中\U0010fffe"))


def test_what_is_no_font_is_refused() -> None:
    with pytest.raises(BadFont):
        Typeface(b"\0\1\0\0 not a font")


def test_a_font_without_persian_letters_is_refused_and_not_drawn_as_nothing(vazirmatn: bytes) -> None:
    assert "Vazirmatn" in persian_typeface(vazirmatn).name
    with pytest.raises(FontLacksLetters, match="has no ا ب"):
        persian_typeface(latin_font())


def latin_font() -> bytes:
    """Return the font inside Pillow, which has Latin letters alone."""
    font = ImageFont.load_default(16)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font.font_bytes
