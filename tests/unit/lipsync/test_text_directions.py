"""What must stay left to right inside Persian is found, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipsync.text.directions import (
    LRI,
    LRM,
    PDI,
    RLM,
    direction_of,
    first_direction,
    held_by_marks,
    isolated,
    left_to_right,
    line_direction,
    marked,
)


def found(text: str) -> list[str]:
    return [text[start:end] for start, end in left_to_right(text)]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("زبان C++ خوب است", ["C++"]),
        ("با .NET، C# و F# کار کرد.", [".NET", "C#", "F#"]),
        ("دما -۵ درجه و فردا +3.5 است", ["-۵", "+3.5"]),
        ("سود −۱۲٪ شد", ["−۱۲٪"]),
        ("شماره ۰۲۱-۸۸۷۷۶۶۵۵ است", ["۰۲۱-۸۸۷۷۶۶۵۵"]),
        ("به +98 21 1234 5678 زنگ بزن", ["+98 21 1234 5678"]),
        ("تلفن (021) 8877 6655 را", ["(021) 8877 6655"]),
        ("دفتر (۰۲۱-۸۸۷۷ ۶۶۵۵) باز است", ["۰۲۱-۸۸۷۷ ۶۶۵۵"]),
        ("کارت 6037 9911 1234 5678 را", ["6037 9911 1234 5678"]),
        ("آقای John Smith, Jr. آمد", ["John Smith, Jr"]),
        ("گوشی iPhone 15 Pro را", ["iPhone 15 Pro"]),
        ("نشانی https://example.com/a?b=c. بعد", ["https://example.com/a?b=c"]),
        ("به info@example.com و @samira بنویس", ["info@example.com", "@samira"]),
        ("«Python» و (React) را", ["Python", "React"]),
        # From here on: what the right-to-left order of the line is right for.
        ("از ۱۲۰۰-۱۵۰۰ تومان", []),
        ("بازی ۳-۲ تمام شد", []),
        ("ساعت ۱۲:۳۰ و ۵٪ و ۱۴۰۳/۰۵/۱۲", []),
        ("عددهای ۱۰ ۲۰ ۳۰", []),
        ("- خط تیره - و + تنها", []),
        ("امتیاز +۵ ۱۰ شد", ["+۵"]),
        ("", []),
    ],
)
def test_only_what_turning_would_spoil_is_kept_whole(text: str, whole: list[str]) -> None:
    assert found(text) == whole


def test_isolates_stand_around_what_is_kept_whole() -> None:
    assert isolated("زبان C++ و -۵.") == f"زبان {LRI}C++{PDI} و {LRI}-۵{PDI}."


def test_for_players_without_isolates_marks_stand_there() -> None:
    assert held_by_marks("زبان C++ و -۵.") == f"زبان {LRM}C++{LRM}{RLM} و {LRM}-۵{LRM}{RLM}."


def test_most_words_give_a_texts_direction_and_the_first_letter_a_players() -> None:
    mixed = "Python زبان خوبی است"
    assert (direction_of(mixed), first_direction(mixed)) == ("rtl", "ltr")
    assert (direction_of("سلام means hello"), first_direction("سلام means hello")) == ("ltr", "rtl")
    assert direction_of("در https://example.com/a/very/long/address گفتند.") == "rtl"
    assert first_direction("12، 34") is None


def test_persian_commas_tell_a_persian_sentence_of_latin_names() -> None:
    assert direction_of("Python، Java و Rust زبان\u200cاند") == "rtl"
    assert direction_of("Python, Java and Rust, زبان") == "ltr"


def test_a_cue_without_letters_goes_by_its_digits_and_signs() -> None:
    assert [direction_of(cue) for cue in ("۱۲.", "12، 34", "12.", "…")] == ["rtl", "rtl", "ltr", "ltr"]


@pytest.mark.parametrize(
    ("line", "cue", "direction"),
    [
        ("Python خوب است", "rtl", "rtl"), ("Machine Learning", "rtl", "ltr"), ("۱۲.", "rtl", "rtl"),
        ("ولی نه امروز.", "ltr", "rtl"), ("the word سلام", "ltr", "ltr"), ("12.", "ltr", "ltr"),
    ],
)  # fmt: skip
def test_a_line_goes_with_its_cue_unless_it_is_wholly_of_other_letters(
    line: str, cue: str, direction: str
) -> None:
    assert line_direction(line, "rtl" if cue == "rtl" else "ltr") == direction


def test_a_mark_stands_where_a_lines_first_letter_says_another_direction() -> None:
    assert marked("سلام.", "rtl") == "سلام."
    assert marked("۱۲.", "rtl") == f"{RLM}۱۲."
    assert marked("Ali آمد", "rtl") == f"{RLM}{LRI}Ali{PDI} آمد"
    assert marked("سلام means hello", "ltr") == f"{LRM}سلام means hello"
    assert marked("12.", "ltr") == "12."


@given(st.text(alphabet="abC+#.-()@/: ۰۱2٪سلام،\u064e", max_size=80))
def test_what_is_kept_whole_is_in_order_apart_and_holds_no_persian_letter(text: str) -> None:
    last = 0
    for start, end in left_to_right(text):
        assert last <= start < end
        assert "rtl" not in {first_direction(sign) for sign in text[start:end]}
        last = end
    assert isolated(text).replace(LRI, "").replace(PDI, "") == text


@pytest.mark.parametrize("sign", ["+", "-", ".", "1 ", "1-", "a.", "a+", "(", "@", "a, "])
def test_a_megabyte_of_one_sign_is_read_through(sign: str) -> None:
    # A search that went back over what it has read would not end today.
    text = sign * (1_000_000 // len(sign))
    spans = left_to_right(text + " C++")
    assert all(0 <= start < end <= len(text) + 4 for start, end in spans)
    assert spans[-1][1] == len(text) + 4
