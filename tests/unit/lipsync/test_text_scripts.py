"""What a voice reads of a text, and what it can only spell."""

import pytest

from lipsync.text.scripts import Spelling, spelling, spelt_in


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
        ("سلام", "xx", Spelling(("Arabic",), 4, 0)),
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


@pytest.mark.parametrize("language", ["fa", "en", "de", "ar", "ru", "cmn", "ja", "pt-br"])
def test_every_language_reads_latin_letters(language: str) -> None:
    assert "Latin" not in spelt_in(language)


@pytest.mark.parametrize(
    ("text", "language"),
    [("سلام", "ar"), ("Привет", "ru"), ("你好", "cmn"), ("ひらがな", "ja"), ("Grüße", "de"), ("שלום", "he")],
)
def test_a_language_reads_its_own_script(text: str, language: str) -> None:
    assert spelling(text, language).scripts == ()
    assert spelling(text, "en" if language != "de" else "fa").whole or language == "de"


def test_german_reads_no_arabic_letter_and_japanese_no_kanji() -> None:
    assert spelling("سلام", "de-AT").whole
    assert spelling("東京", "ja").whole
