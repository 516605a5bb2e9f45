"""SubRip has the cues and the times of the kept WebVTT, and is safe to lay out and to read."""

import re
from dataclasses import dataclass

import pytest
from bidi.algorithm import get_display

from lipsync.media.captions import webvtt
from lipsync.text.directions import LRI, LRM, PDI, RLM
from lipsync.text.subrip import NotWebVtt, srt_of

LRE, RLE, PDF = "\u202a", "\u202b", "\u202c"
JOINER = "\u2060"


@dataclass(frozen=True)
class Word:
    text_start: int
    text_end: int
    start_ms: int
    end_ms: int


def vtt_of(text: str) -> str:
    words = [
        Word(*match.span(), n * 400, n * 400 + 300) for n, match in enumerate(re.finditer(r"\w+", text))
    ]
    return webvtt(words, text)


def lines_of(text: str) -> list[str]:
    return srt_of(vtt_of(text)).split("\r\n")[2:-2]


def test_cues_are_numbered_and_keep_their_times() -> None:
    assert srt_of(vtt_of("One two. Three.")) == (
        "1\r\n00:00:00,000 --> 00:00:00,800\r\nOne two.\r\n\r\n"
        "2\r\n00:00:00,800 --> 00:00:01,500\r\nThree.\r\n\r\n"
    )


def test_a_persian_line_is_held_right_to_left() -> None:
    assert lines_of("سلام دنیا!") == [f"{RLM}{RLE}سلام دنیا!{PDF}"]
    assert lines_of("سلام به همه. Python زبان خوبی است.")[-1] == (
        f"{RLM}{RLE}{LRM}Python{LRM}{RLM} زبان خوبی است.{PDF}"
    )


@pytest.mark.parametrize("base", ["L", "R", None])
@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("زبان C++ و .NET را", ["زبان", " ", "C++", " ", "و", " ", ".NET", " ", "را"]),
        ("در دمای -۵ درجه", ["در", " ", "دمای", " ", "-۵", " ", "درجه"]),
        ("با شماره ۰۲۱-۸۸۷۷۶۶۵۵.", ["با", " ", "شماره", " ", "۰۲۱-۸۸۷۷۶۶۵۵", "."]),
        ("C++، .NET و -۵، +۳!", ["C++", "،", " ", ".NET", " ", "و", " ", "-۵", "،", " ", "+۳", "!"]),
        ("(C++) ۱۲ بار", ["(", "C++", ")", " ", "۱۲", " ", "بار"]),
        ("از ۱۲۰۰-۱۵۰۰ تا", ["از", " ", "۱۲۰۰", "-", "۱۵۰۰", " ", "تا"]),
    ],
)
def test_a_player_that_knows_no_isolates_shows_a_persian_line_in_order(
    text: str, pieces: list[str], base: str | None
) -> None:
    (line,) = lines_of(text)
    seen = re.sub(f"[{RLM}{LRM}{RLE}{PDF}]", "", get_display(line, base_dir=base))
    turned = [piece if re.search("[A-Z۰-۹]", piece) else piece[::-1] for piece in reversed(pieces)]
    # Brackets are mirrored as they are turned.
    assert seen == "".join(turned).translate(str.maketrans("()", ")("))


def test_isolates_of_the_kept_file_are_not_written() -> None:
    assert not set("".join(lines_of("زبان C++ و -۵ درجه"))) & {LRI, PDI}


def test_a_file_kept_without_isolates_gets_the_same_marks() -> None:
    kept = vtt_of("زبان C++ و -۵ درجه")
    assert srt_of(re.sub(f"[{LRI}{PDI}]", "", kept)) == srt_of(kept)


def test_each_line_of_a_cue_goes_its_own_way() -> None:
    assert lines_of("Please read the file config.yaml, ولی نه امروز.") == [
        f"{LRM}{LRE}Please read the file config.yaml,{PDF}", f"{RLM}{RLE}ولی نه امروز.{PDF}",
    ]  # fmt: skip


def test_a_latin_line_needs_no_mark_unless_it_begins_the_other_way() -> None:
    assert lines_of("Good morning!") == ["Good morning!"]
    assert lines_of("سلام means hello in Persian")[0] == f"{LRM}سلام means hello in Persian"


def test_both_lines_of_a_cue_are_kept() -> None:
    lines = lines_of("وقتی باران بند آمد و هوا روشن شد، همه از خانه‌ها بیرون آمدند")
    assert [line.strip(RLM + RLE + PDF) for line in lines] == [
        "وقتی باران بند آمد و هوا روشن شد،",
        "همه از خانه‌ها بیرون آمدند",
    ]


def test_a_line_of_a_persian_cue_that_is_mostly_latin_is_held_as_the_others_are() -> None:
    lines = lines_of("شمارهٔ تلفن و خانهٔ علی الله‌وردی و Machine Learning خوب است.")
    assert len(lines) == 2
    assert all(line[0] == RLM for line in lines)


def test_what_a_player_would_take_for_a_tag_or_a_time_is_shown() -> None:
    (line,) = lines_of("a<b & c --> <i>d</i> {\\an8} 1 < 2")
    assert line == f"a<{JOINER}b & c --{JOINER}> <{JOINER}i>d<{JOINER}/i> {{{JOINER}\\an8}} 1 < 2"


def test_no_cues_make_an_empty_file() -> None:
    assert srt_of(webvtt([], "")) == ""


@pytest.mark.parametrize("other", ["", "WEBVTT x", "1\n00:00 --> 00:01\nx", "WEBVTT\n\nno times\nx\n"])
def test_anything_else_than_the_kept_file_is_refused(other: str) -> None:
    with pytest.raises(NotWebVtt):
        srt_of(other)
