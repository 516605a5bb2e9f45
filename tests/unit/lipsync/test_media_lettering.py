"""Cues are fitted to the picture by the stated rule, and no text makes them heavy or strange."""

import re

import numpy as np
import pytest
from caption_pictures import ZWNJ, ink, likeness

from lipsync.engines.contract import Size
from lipsync.media.lettering import MOST_LINES, Block, Compositor, visible
from lipsync.media.shaping import Typeface
from lipsync.text.caption_style import CaptionStyle
from lipsync.text.lines import Cue, cues_of

SQUARE = Size(512, 512)
LONG = f"وقتی باران بند آمد و هوا روشن شد، همه از خانه{ZWNJ}ها بیرون آمدند"
FATHA = "\u064e"
RLO, PDF, LRE, RLI, PDI = "\u202e", "\u202c", "\u202a", "\u2067", "\u2069"


@pytest.fixture(params=[True, False], ids=["raqm", "forms"])
def face(request: pytest.FixtureRequest, vazirmatn: bytes) -> Typeface:
    return Typeface(vazirmatn, raqm=request.param)


def block(face: Typeface, text: str, size: Size = SQUARE, style: CaptionStyle | None = None) -> Block | None:
    cues = cues_of(text) or (Cue(((0, len(text)),)),)
    return Compositor(face, style or CaptionStyle(), size).block(text, cues[0])


def lines(found: Block) -> list[list[tuple[int, int]]]:
    """Return the words' spans line by line, from the top."""
    rows = sorted({place.top for place in found.places})
    return [[(p.text_start, p.text_end) for p in found.places if p.top == row] for row in rows]


def test_lines_that_fit_stay_as_the_cue_has_them(face: Typeface) -> None:
    text = "یک جملهٔ کوتاه. و یکی دیگر."
    found = block(face, text, Size(1024, 1024))
    assert found is not None
    assert len(lines(found)) == len(cues_of(text)[0].lines) == 1
    assert found.size_px == round(1024 * 0.06)


def test_lines_that_are_too_wide_are_broken_further_at_the_same_size(face: Typeface) -> None:
    style = CaptionStyle(size=8)
    wide, narrow = block(face, LONG, Size(1280, 720), style), block(face, LONG, Size(512, 720), style)
    assert wide is not None
    assert narrow is not None
    assert len(lines(wide)) == 2
    assert len(lines(narrow)) == MOST_LINES
    assert narrow.size_px == round(512 * 0.08)
    assert [word for line in lines(narrow) for word in line] == [m.span() for m in re.finditer(r"\S+", LONG)]


def test_type_becomes_smaller_only_when_three_lines_are_too_few(face: Typeface) -> None:
    found = block(face, LONG, SQUARE, CaptionStyle(size=12))
    assert found is not None
    assert len(lines(found)) == MOST_LINES
    assert round(512 * 0.12) * 0.5 <= found.size_px < round(512 * 0.12)


@pytest.mark.parametrize("size", [Size(256, 256), SQUARE, Size(720, 1280), Size(1280, 720)])
@pytest.mark.parametrize("text", [LONG, "ب" * 10_000, "a" * 10_000 + " b", "سلام " * 20, "W" * 40 + " سلام"])
@pytest.mark.parametrize("per_cent", [3, 6, 12])
def test_no_line_is_wider_than_the_picture(text: str, size: Size, per_cent: int, vazirmatn: bytes) -> None:
    found = block(Typeface(vazirmatn), text, size, CaptionStyle(size=per_cent))
    assert found is not None
    assert ink(found.letters).shape[1] <= size.width_px


def test_a_word_wider_than_the_picture_ends_in_an_ellipsis(face: Typeface) -> None:
    found, shorter = block(face, "ب" * 10_000), block(face, "ب" * 200)
    assert found is not None
    assert shorter is not None
    assert np.array_equal(found.letters, shorter.letters)
    (place,) = found.places
    assert (place.text_start, place.text_end) == (0, 10_000)


def test_a_million_marks_on_a_letter_are_three(face: Typeface) -> None:
    many, three = block(face, f"ب{FATHA * 1_000_000} است"), block(face, f"ب{FATHA * 3} است")
    assert many is not None
    assert three is not None
    assert np.array_equal(many.letters, three.letters)


def test_emoji_and_other_scripts_are_drawn_as_nothing(face: Typeface) -> None:
    plain, decorated = block(face, "سلام دنیا"), block(face, "سلام 😀👩‍👩‍👧‍👦 中文 دنیا ❤️")
    assert plain is not None
    assert decorated is not None
    assert np.array_equal(plain.letters, decorated.letters)
    assert block(face, "😀 ❤️") is None
    assert block(face, "中文") is None


@pytest.mark.parametrize("sign", [RLO, LRE, RLI])
def test_what_would_turn_the_text_turns_nothing(face: Typeface, sign: str) -> None:
    plain, turned = block(face, "سلام به شما"), block(face, f"سلام {sign}به شما{PDF}{PDI}")
    assert plain is not None
    assert turned is not None
    assert np.array_equal(plain.letters, turned.letters)


def test_a_cue_is_set_in_the_direction_of_its_own_letters(face: Typeface) -> None:
    persian, english = "سلام دنیا Ali", "Hello world علی"
    for text, leftmost in ((persian, "Ali"), (english, "Hello")):
        found = block(face, text, Size(1024, 1024))
        assert found is not None
        first = min(found.places, key=lambda place: place.left)
        assert text[first.text_start : first.text_end] == leftmost


@pytest.mark.parametrize(
    ("text", "stop_left_of"),
    [
        ("Please read the file config.yaml, ولی نه امروز.", "امروز."),
        ("در https://docs.example.com/captions گفتند.", "گفتند."),
    ],
)
def test_a_persian_line_ends_at_its_left_whatever_else_the_cue_holds(
    face: Typeface, text: str, stop_left_of: str
) -> None:
    found = block(face, text, Size(1024, 1024))
    assert found is not None
    start = text.index(stop_left_of)
    (last,) = (place for place in found.places if place.text_start == start)
    assert last.left == min(place.left for place in found.places if place.top == last.top)
    own = found.letters[last.top : last.bottom, last.left : last.right]
    alone = block(face, stop_left_of, Size(1024, 1024))
    assert alone is not None
    (place,) = alone.places
    persian = alone.letters[place.top : place.bottom, place.left : place.right]
    assert likeness(own, persian) > 0.9


def test_every_word_stands_in_its_place(face: Typeface) -> None:
    found = block(face, LONG)
    assert found is not None
    for place in found.places:
        own = block(face, LONG[place.text_start : place.text_end])
        assert own is not None
        part = found.letters[place.top : place.bottom, place.left : place.right]
        alone = own.places[0]
        assert likeness(part, own.letters[alone.top : alone.bottom]) > 0.9


def test_only_what_can_be_drawn_is_visible() -> None:
    assert visible(f"«{RLO}abc{PDF}»", lambda _: True) == "«abc»"
    assert visible("\u200f\u200d", lambda _: True) == ""
    assert visible(f"a \u200d\ufe0f {FATHA}\u200f", lambda _: True) == "a"
    assert visible(f"{FATHA}ب", lambda _: True) == "ب"
    assert visible("a中b", str.isascii) == "ab"
    assert len(visible("ب" * 10_000, lambda _: True)) == 100
