"""What a voice reads of a text, and what it can only spell."""

import pytest

from lipsync.text.scripts import SPELT, Spelling, spelling


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("سلام دنیا", "fa", Spelling((), 0, 8)),
        ("Hello و سلام، ۱۲", "fa", Spelling((), 0, 12)),
        ("Hello.", "en", Spelling((), 0, 5)),
        ("سلام", "en", Spelling(("Arabic",), 4, 0)),
        ("Hi سلام", "en", Spelling(("Arabic",), 4, 2)),
        ("۱۲۳", "en", Spelling((), 0, 3)),
        ("سلام ۱۲", "en", Spelling(("Arabic",), 4, 2)),
        ("привет, שלום", "fa", Spelling(("Cyrillic", "Hebrew"), 10, 0)),
        ("你好", "fa-IR", Spelling(("Han",), 2, 0)),
        ("سلام", "xx", Spelling((), 0, 4)),
        ("\u064e\u200c!؟ 😀", "en", Spelling((), 0, 0)),
    ],
)
def test_letters_are_counted_by_what_the_voice_makes_of_them(
    text: str, language: str, expected: Spelling
) -> None:
    assert spelling(text, language) == expected


def test_only_a_text_without_any_readable_letter_is_spelt_whole() -> None:
    assert spelling("سلام", "en").whole
    assert not spelling("سلام a", "en").whole
    assert not spelling("۱۲ سلام", "en").whole
    assert not spelling("!؟", "en").whole


def test_every_language_reads_latin_letters() -> None:
    assert all("Latin" not in scripts for scripts in SPELT.values())
