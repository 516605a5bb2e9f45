"""However a text comes, all of it is said once, and nothing is said that may still change."""

import re
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipsync.text.arriving import Arrived, Pressure, Span, next_piece
from lipsync.text.letters import can_be_said, clean
from lipsync.text.sentences import split_sentences

WORDS = (
    "سلام", "می‌رود", "که", "ولی", "و", "گفت", "ا.", "ب.", "دکتر", "Dr.", "۳.۵", "3.14", "۱٬۲۰۰", "۱۲:۳۰",
    "۱۴۰۴/۵/۶", "www.example.com/a.b?c=d", "ali.b@example.com", "«نقل", "قول»", "(یعنی", "همین)", "😀", "...",
    "۱.", "–", "—", "AI", "کتابِ", "خانهٔ", "U.S.",
)  # fmt: skip
MARKS = ("", "", "", "", ".", "!", "؟", "؛", "،", ":", "…", "?!", ".»")
GAPS = (" ", " ", " ", " ", "  ", "\n", "\t", " \n\n")

texts = st.lists(st.tuples(*map(st.sampled_from, (WORDS, MARKS, GAPS))), max_size=40).map(
    lambda parts: "".join("".join(part) for part in parts)
)
wild_texts = st.text(st.sampled_from("ابپ aZ.!؟؛…،:—–۱۲3۰\u200c\u0651«»()\"'\n@/w-😀٫"), max_size=120)
pressures = st.sampled_from(Pressure)


@st.composite
def arrivals(draw: st.DrawFn, of: st.SearchStrategy[str]) -> tuple[str, list[int]]:
    """Return a text and the lengths at which somebody looked at it."""
    text = draw(of)
    return text, sorted(draw(st.sets(st.integers(0, len(text)), max_size=30)))


def pieces(text: str, looks: Sequence[int], pressing: Iterator[Pressure]) -> list[Span]:
    """Return what is given of a text that is looked at whenever it has come to one of the lengths."""
    found: list[Span] = []
    for arrived in [*(Arrived(text[:length]) for length in looks), Arrived(text, ended=True)]:
        while piece := next_piece(arrived, found[-1][1] if found else 0, next(pressing)):
            found.append(piece)
    return found


def always(pressure: Pressure) -> Iterator[Pressure]:
    while True:
        yield pressure


def sayable(text: str) -> int:
    return sum(map(can_be_said, clean(text).spoken))


@given(arrivals(st.one_of(texts, wild_texts)))
def test_without_pressure_the_pieces_are_the_sentences_of_the_whole_text(came: tuple[str, list[int]]) -> None:
    text, looks = came
    wanted = [(sentence.start, sentence.end) for sentence in split_sentences(text)]
    assert pieces(text, looks, always(Pressure.NONE)) == wanted


@given(arrivals(st.one_of(texts, wild_texts)), st.data())
def test_nothing_is_lost_and_nothing_is_said_twice(came: tuple[str, list[int]], data: st.DataObject) -> None:
    text, looks = came
    found = pieces(text, looks, iter(lambda: data.draw(pressures), None))
    at = 0
    for start, end in found:
        assert at <= start < end
        assert not sayable(text[at:start])
        assert sayable(text[start:end])
        at = end
    assert not sayable(text[at:])


@given(arrivals(texts), st.data())
def test_no_word_number_or_address_is_parted(came: tuple[str, list[int]], data: st.DataObject) -> None:
    text, looks = came
    for start, end in pieces(text, looks, iter(lambda: data.draw(pressures), None)):
        for border in (start, end):
            word = next((m for m in re.finditer(r"\S+", text) if m.start() < border < m.end()), None)
            # Only what no word goes on after may stand at the end of one: "?!" behind "!".
            assert word is None or not sayable(text[border : word.end()]), (text[start:end], word)


@pytest.mark.parametrize("tail", ["۳.", "۳", "www.", "a@b.", "Dr.", "ا.", "سلا"])
@pytest.mark.parametrize("pressure", Pressure)
def test_a_word_at_the_very_end_is_waited_for(tail: str, pressure: Pressure) -> None:
    assert next_piece(Arrived(f"همین بود. {tail}"), len("همین بود."), pressure) is None


def first(text: str, pressure: Pressure, committed: int = 0) -> str | None:
    piece = next_piece(Arrived(text), committed, pressure)
    return None if piece is None else text[slice(*piece)]


@pytest.mark.parametrize(
    ("text", "none", "pressing", "quiet"),
    [
        ("سلام. ", None, "سلام.", "سلام."),
        ("سلام. حا", None, "سلام.", "سلام."),
        ("سلام. حالا ", "سلام.", "سلام.", "سلام."),
        ("سلام.", None, None, "سلام."),
        ("چطوری؟", None, "چطوری؟", "چطوری؟"),
        ("سلام، ", None, "سلام،", "سلام،"),
        ("سلام،", None, None, None),
        ("او گفت: «ما ", None, "او گفت:", "او گفت:"),
        ("ما دیروز آمدیم که او ", None, "ما دیروز آمدیم", "ما دیروز آمدیم"),
        ("خبر این که او ", None, None, None),
        ("نان تازه و پنیر ", None, None, None),
        ("او به خانه رفت و خوابید ", None, "او به خانه رفت", "او به خانه رفت"),
        ("ساعت ۸: ", None, None, None),
        ("ساعت ۸: ۳۰ ", None, None, None),
        ("ساعت ۸: او ", None, "ساعت ۸:", "ساعت ۸:"),
        ("از ۳ – ۵ تا ", None, None, None),
        ("سلام\nدنیا", None, "سلام", "سلام"),
        ("😀، ", None, None, None),
        ("", None, None, None),
    ],
)
def test_waiting_is_shortened_by_what_waiting_would_cost(
    text: str, none: str | None, pressing: str | None, quiet: str | None
) -> None:
    assert [first(text, pressure) for pressure in Pressure] == [none, pressing, quiet]


def test_a_flush_gives_all_there_is_in_its_sentences() -> None:
    text = "یک دو. سه چهار"
    arrived = Arrived(text, flushed=len(text))
    assert next_piece(arrived, 0) == (0, 6)
    assert next_piece(arrived, 6) == (7, len(text))
    assert next_piece(arrived, len(text)) is None
    # What comes behind is a piece of its own.
    more = Arrived(text + ". پنج", ended=True, flushed=len(text))
    assert next_piece(more, len(text)) == (len(text) + 2, len(text) + 5)


def test_after_the_end_none_means_that_all_was_given() -> None:
    assert next_piece(Arrived("سلام", ended=True), 0) == (0, 4)
    assert next_piece(Arrived("سلام ...", ended=True), 4) is None
    assert next_piece(Arrived(" 😀 ", ended=True), 0) is None
