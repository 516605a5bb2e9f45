"""What the front door refuses to speak."""

import pytest

from lipsync.text.checks import LONGEST_TEXT, check_text
from lipsync.text.errors import TextBroken, TextEmpty, TextSilent, TextTooLong


@pytest.mark.parametrize(
    "text", ["سلام", "a", "۱۲", "\u202eسلام\u202c", "😀 سلام", "سلام\nخوبی\tبله\r\n", "你好"]
)
def test_a_text_with_a_word_is_accepted(text: str) -> None:
    check_text(text)


@pytest.mark.parametrize("text", ["", " ", "\n\t \u00a0"])
def test_nothing_but_space_is_empty(text: str) -> None:
    with pytest.raises(TextEmpty):
        check_text(text)


@pytest.mark.parametrize("text", ["😀", "👍🏽 ❤️", "؟!…", "\u200c", "\u202e\u202c", "«»", "🇮🇷"])
def test_a_text_without_letter_or_digit_is_silent(text: str) -> None:
    with pytest.raises(TextSilent):
        check_text(text)


@pytest.mark.parametrize(
    ("text", "position", "name"),
    [
        ("سلام\x00", 4, "U\\+0000"),
        ("\ud800a", 0, "lone surrogate"),
        ("a\udfff", 1, "U\\+DFFF"),
        ("a\x1b[0m", 1, "U\\+001B"),
        ("a\x7f", 1, "U\\+007F"),
    ],
)
def test_a_broken_text_is_refused_with_the_place(text: str, position: int, name: str) -> None:
    with pytest.raises(TextBroken, match=name) as caught:
        check_text(text)
    assert caught.value.position == position


def test_the_longest_text_is_accepted_and_one_more_is_not() -> None:
    check_text("ا" * LONGEST_TEXT)
    with pytest.raises(TextTooLong, match=str(LONGEST_TEXT)) as caught:
        check_text("ا" * (LONGEST_TEXT + 1))
    assert caught.value.length == LONGEST_TEXT + 1
