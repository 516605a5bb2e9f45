"""SubRip has the cues and the times of the kept WebVTT, and is safe to lay out and to read."""

import re
from dataclasses import dataclass

import pytest

from lipsync.media.captions import webvtt
from lipsync.text.subrip import NotWebVtt, srt_of

RLM = "\u200f"
LRM = "\u200e"
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


def test_a_persian_line_is_held_right_to_left_from_both_its_ends() -> None:
    assert lines_of("سلام دنیا!") == [f"{RLM}سلام دنیا!{RLM}"]
    assert lines_of("سلام به همه. Python زبان خوبی است.")[-1] == f"{RLM}Python زبان خوبی است.{RLM}"


def test_a_latin_line_needs_no_mark_unless_it_begins_the_other_way() -> None:
    assert lines_of("Good morning!") == ["Good morning!"]
    assert lines_of("سلام means hello in Persian")[0] == f"{LRM}سلام means hello in Persian"


def test_both_lines_of_a_cue_are_kept() -> None:
    lines = lines_of("وقتی باران بند آمد و هوا روشن شد، همه از خانه‌ها بیرون آمدند")
    assert [line.strip(RLM) for line in lines] == [
        "وقتی باران بند آمد و هوا روشن شد،",
        "همه از خانه‌ها بیرون آمدند",
    ]


def test_a_line_of_a_persian_cue_that_is_mostly_latin_is_held_as_the_others_are() -> None:
    lines = lines_of("شمارهٔ تلفن و خانهٔ علی الله‌وردی و Machine Learning خوب است.")
    assert len(lines) == 2
    assert all(line[0] == line[-1] == RLM for line in lines)


def test_what_a_player_would_take_for_a_tag_or_a_time_is_shown() -> None:
    (line,) = lines_of("a<b & c --> <i>d</i> {\\an8} 1 < 2")
    assert line == f"a<{JOINER}b & c --{JOINER}> <{JOINER}i>d<{JOINER}/i> {{{JOINER}\\an8}} 1 < 2"


def test_no_cues_make_an_empty_file() -> None:
    assert srt_of(webvtt([], "")) == ""


@pytest.mark.parametrize("other", ["", "WEBVTT x", "1\n00:00 --> 00:01\nx", "WEBVTT\n\nno times\nx\n"])
def test_anything_else_than_the_kept_file_is_refused(other: str) -> None:
    with pytest.raises(NotWebVtt):
        srt_of(other)
