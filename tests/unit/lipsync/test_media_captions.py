import re
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipsync.media.captions import CaptionError, webvtt
from lipsync.text.directions import LRI, LRM, PDI, RLI, RLM

ZWNJ = "\u200c"


@dataclass(frozen=True)
class Word:
    text: str
    text_start: int
    text_end: int
    start_ms: int
    end_ms: int


def spoken(text: str, *, word_ms: int = 300, pause_ms: int = 0) -> list[Word]:
    """Give every word of a text 300 ms, one after the other."""
    words, at = [], 0
    for match in re.finditer(rf"[\w{ZWNJ}'&<>]+", text):
        words.append(Word(match.group(), match.start(), match.end(), at, at + word_ms))
        at += word_ms + pause_ms
    return words


def cues(vtt: str) -> list[tuple[int, int, str]]:
    """Read cues back: start and end in ms, and the text with its line breaks."""
    head, *blocks = vtt.rstrip("\n").split("\n\n")
    assert head == "WEBVTT"
    found = []
    for block in blocks:
        times, text = block.split("\n", maxsplit=1)
        start, end = (_ms(time) for time in times.split(" --> "))
        found.append((start, end, text))
    return found


def _ms(time: str) -> int:
    hours, minutes, seconds, ms = map(int, re.fullmatch(r"(\d\d):(\d\d):(\d\d)\.(\d{3})", time).groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms


def test_no_cue_outlasts_the_film() -> None:
    text = "یک جمله."
    assert cues(webvtt(spoken(text), text, 650)) == [(0, 650, text)]


def test_a_sentence_is_one_cue_that_lasts_a_little_longer_than_its_words():
    text = "سلام، حال شما چطور است؟"
    assert cues(webvtt(spoken(text), text)) == [(0, 5 * 300 + 400, text)]


def test_no_words_make_a_file_without_cues():
    assert webvtt([], "") == "WEBVTT\n"


def test_every_sentence_has_a_cue_of_its_own():
    text = "یک جمله. جملهٔ دوم! و سومی؟"
    assert [line for _, _, line in cues(webvtt(spoken(text), text))] == ["یک جمله.", "جملهٔ دوم!", "و سومی؟"]


def test_a_cue_ends_when_the_next_is_due():
    text = "One. Two."
    assert [(s, e) for s, e, _ in cues(webvtt(spoken(text), text))] == [(0, 300), (300, 1000)]


def test_a_cue_does_not_hang_through_a_long_pause():
    text = "One. Two."
    found = cues(webvtt(spoken(text, pause_ms=5000), text))
    assert [(s, e) for s, e, _ in found] == [(0, 700), (5300, 6000)]


def test_a_sentence_too_long_for_a_line_is_one_cue_of_two_lines():
    text = "وقتی باران بند آمد و هوا روشن شد، همه از خانه‌ها بیرون آمدند"
    assert cues(webvtt(spoken(text), text)) == [
        (0, 13 * 300 + 400, "وقتی باران بند آمد و هوا روشن شد،\nهمه از خانه‌ها بیرون آمدند")
    ]


def test_a_cue_in_which_no_word_is_heard_is_shown_with_its_neighbour():
    text = "One. Two. Three. Four."
    words = [Word("Two", 5, 8, 0, 300), Word("Four", 17, 21, 900, 1200)]
    assert cues(webvtt(words, text)) == [(0, 700, "One. Two. Three."), (900, 1600, "Four.")]


def test_every_line_of_a_cue_is_laid_out_in_the_texts_direction():
    text = "برای این کار بهتر است نخست این را بدانید: Python زبان خوبی است"
    assert cues(webvtt(spoken(text), text))[0][2].split("\n") == [
        "برای این کار بهتر است نخست این را بدانید:", f"{RLM}{LRI}Python{PDI} زبان خوبی است",
    ]  # fmt: skip


@pytest.mark.parametrize("sign", [*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))])
def test_a_sign_that_would_turn_what_follows_is_not_written(sign):
    text = f"{sign}سلام دنیا. {sign} خوبید؟ بله{sign}!"
    vtt = webvtt(spoken(text), text)
    assert sign not in vtt
    assert [line for _, _, line in cues(vtt)] == ["سلام دنیا.", "خوبید؟", "بله!"]


def test_a_dash_and_an_emoji_are_shown_where_they_are_written():
    text = "— رفتی؟ نه — هنوز نه 🙂"
    assert [line for _, _, line in cues(webvtt(spoken(text), text))] == ["— رفتی؟", "نه — هنوز نه 🙂"]


def test_a_persian_line_that_begins_with_latin_is_marked_and_others_are_not():
    text = "سلام به همه. Python زبان خوبی است."
    lines = [line for _, _, line in cues(webvtt(spoken(text), text))]
    assert lines == ["سلام به همه.", f"{RLM}{LRI}Python{PDI} زبان خوبی است."]


def test_digits_before_a_persian_word_need_no_mark():
    text = "25 فریم در ثانیه"
    assert [line for _, _, line in cues(webvtt(spoken(text), text))] == [text]


def test_an_english_line_that_begins_with_persian_is_marked_the_other_way():
    text = "سلام means hello in Persian, they say"
    assert [line for _, _, line in cues(webvtt(spoken(text), text))] == [LRM + text]


def test_what_a_player_would_scramble_stands_in_isolates():
    text = "زبان C++ و .NET را در دمای -۵ درجه با شماره ۰۲۱-۸۸۷۷۶۶۵۵"
    lines = cues(webvtt(spoken(text), text))[0][2].split("\n")
    kept = [f"{LRI}{whole}{PDI}" for whole in ("C++", ".NET", "-۵", "۰۲۱-۸۸۷۷۶۶۵۵")]
    assert all(whole in " ".join(lines) for whole in kept)
    assert "".join(lines).count(LRI) == len(kept)


def test_an_english_line_needs_no_isolates():
    text = "The price of C++ is -5 dollars."
    assert [line for _, _, line in cues(webvtt(spoken(text), text))] == [text]


def test_a_persian_line_below_an_english_one_goes_its_own_way():
    text = "Please read the file config.yaml, ولی نه امروز."
    assert cues(webvtt(spoken(text), text))[0][2].split("\n") == [
        "Please read the file config.yaml,", f"{RLI}ولی نه امروز.{PDI}",
    ]  # fmt: skip


def test_an_address_of_many_letters_turns_no_persian_sentence():
    text = "در https://docs.example.com/guide/captions گفتند."
    line = " ".join(cues(webvtt(spoken(text), text))[0][2].split("\n"))
    assert line == f"در {LRI}https://docs.example.com/guide/captions{PDI} گفتند."


def test_the_direction_of_a_sentence_is_no_affair_of_the_others():
    text = "Hello to all of you, and welcome to the show. Python زبان خوبی است."
    assert cues(webvtt(spoken(text), text))[-1][2] == f"{RLM}{LRI}Python{PDI} زبان خوبی است."


def test_a_wholly_latin_line_in_persian_text_is_left_alone():
    text = "او گفت که می‌آید. Good morning! و بعد رفت."
    assert cues(webvtt(spoken(text), text))[1][2] == "Good morning!"


def test_signs_that_mean_something_to_a_player_are_escaped():
    text = "a<b & c --> <i>d</i>"
    (cue,) = cues(webvtt(spoken(text), text))
    assert cue[2] == "a&lt;b &amp; c --&gt; &lt;i&gt;d&lt;/i&gt;"


def test_quotes_stay_with_the_words_they_enclose():
    text = "او گفت: «بیا.» «نه!» و رفت."
    assert [line for _, _, line in cues(webvtt(spoken(text), text))] == ["او گفت: «بیا.»", "«نه!»", "و رفت."]


def test_a_line_break_in_the_text_breaks_the_cue_and_never_stands_in_it():
    text = "خط اول\n\n\nخط دوم"
    assert [line for _, _, line in cues(webvtt(spoken(text), text))] == ["خط اول", "خط دوم"]


def test_words_that_share_one_number_make_one_cue_that_shows_it_once():
    text = "سال 1404 است."
    words = [
        Word("سال", 0, 3, 0, 300), Word("هزار", 4, 8, 300, 600), Word("و", 4, 8, 600, 700),
        Word("چهارصد", 4, 8, 700, 1100), Word("است", 9, 12, 1100, 1500),
    ]  # fmt: skip
    assert cues(webvtt(words, text)) == [(0, 1900, text)]


def test_a_zwnj_inside_a_word_is_kept():
    text = f"می{ZWNJ}روم"
    assert cues(webvtt(spoken(text), text))[0][2] == text


def test_words_heard_for_no_time_still_give_cues_that_last():
    text = "One. Two. Three."
    found = cues(webvtt([Word("", s, e, 500, 500) for s, e in ((0, 3), (5, 8), (10, 15))], text))
    assert [line for _, _, line in found] == [text]
    assert found[0][1] > found[0][0]


def test_times_beyond_an_hour_are_written_whole():
    assert "01:02:03.004 --> 01:02:04.404" in webvtt([Word("x", 0, 1, 3_723_004, 3_724_004)], "x")


@pytest.mark.parametrize("place", [(0, 9), (-1, 2), (2, 2), (3, 1)])
def test_words_outside_the_text_are_refused(place):
    with pytest.raises(CaptionError):
        webvtt([Word("", *place, 0, 1)], "text")


def test_words_out_of_order_are_refused():
    with pytest.raises(CaptionError):
        webvtt([Word("", 2, 3, 0, 1), Word("", 0, 1, 1, 2)], "a b c")


@given(
    st.text(alphabet="ab &<>-.,!\n\t ،؟سلامAZ09«»" + ZWNJ, max_size=200),
    st.integers(0, 500),
    st.integers(0, 300),
)
def test_cues_never_overlap_are_never_empty_and_lose_no_word(text, word_ms, pause_ms):
    words = spoken(text, word_ms=word_ms, pause_ms=pause_ms)
    found = cues(webvtt(words, text))
    assert all(start < end for start, end, _ in found)
    assert all(a[1] <= b[0] for a, b in pairwise(found))
    shown = " ".join(line for _, _, line in found)
    shown = re.sub(f"[{RLM}{LRM}{LRI}{RLI}{PDI}]", "", shown)
    for escape, sign in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        shown = shown.replace(escape, sign)
    if words:
        assert shown.split() == text.split()
