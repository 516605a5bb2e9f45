"""The phonetic alphabet becomes eSpeak's mnemonics, or is refused by name."""

import pytest

from lipsync.text.ipa import UnknownPhoneme, check_pronunciation, mnemonics


@pytest.mark.parametrize(
    ("language", "ipa", "expected"),
    [
        ("fa", "sæˈlɒːm", "sa'lAm"),
        ("fa", "tʃeˈrɒːɣ", "tSe'rAQ"),
        ("en", "həˈloʊ wɜːld", "h@'loU_|w3:ld"),
        ("en-us", "ˈnaɪt", "'naIt"),
        ("de", "ˈʃøːn", "'SY:n"),
        ("ja", "koɲɲitɕiwa", "kon^n^itSiwa"),
    ],
)
def test_signs_become_the_nearest_sounds_of_the_language(language: str, ipa: str, expected: str) -> None:
    assert mnemonics(ipa, language) == expected


def test_a_sign_of_no_alphabet_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownPhoneme, match="'Щ'") as refused:
        check_pronunciation("aЩ", ipa=True)
    assert "ʃ" in refused.value.known


@pytest.mark.parametrize("text", ["", "  ", "a" * 201])
def test_a_pronunciation_has_a_length(text: str) -> None:
    with pytest.raises(UnknownPhoneme, match="1 to 200"):
        check_pronunciation(text, ipa=True)


@pytest.mark.parametrize("text", ["[[a", "a]]", "a<b", "سلام", "a\\b"])
def test_mnemonics_hold_no_sign_that_would_end_them(text: str) -> None:
    with pytest.raises(UnknownPhoneme):
        check_pronunciation(text, ipa=False)
    check_pronunciation("s@l'Am_|d'onjA", ipa=False)
