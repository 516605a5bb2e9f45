"""Words of one spelling and several readings: which one a sentence gets.

tests/data/homographs has sentences with the words' readings in braces, written before the table of
cues. Half of them, by the hash of the sentence, were looked at while the cues were chosen.
"""

import hashlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipsync.text.persian.homographs import TABLE, homograph_mends
from lipsync.text.persian.homographs_cues import bare
from lipsync.text.reading import read_sentences

FOLDER = Path(__file__).parents[2] / "data" / "homographs"
BRACED = re.compile(r"\{([^}]*)\}")
LETTER = re.compile("[\u0621-\u064a\u066e-\u06d3]")
MARKS = re.compile("[\u064b-\u0652]")

LEAST_WORDS, LEAST_SENTENCES = 60, 4
LEAST_RIGHT = {"tune": 0.97, "test": 0.95}


def marked_sentences(half: str) -> list[str]:
    lines = [
        line for path in sorted(FOLDER.glob("*.txt")) for line in path.read_text("utf-8").splitlines()[1:]
    ]
    return [line for line in lines if half_of(line) == half]


def half_of(line: str) -> str:
    plain = MARKS.sub("", BRACED.sub(r"\1", line))
    return ("tune", "test")[hashlib.sha256(plain.encode()).digest()[0] % 2]


def written(line: str) -> str:
    return bare(BRACED.sub(r"\1", line).replace("\u0654", "\ue000")).replace("\ue000", "\u0654")


def spoken(text: str) -> str:
    return " ".join(sentence.spoken for sentence in read_sentences(text))


def marked(text: str) -> str:
    """A text with the marks of its homographs alone."""
    parts, at = [], 0
    for mend in homograph_mends(text):
        parts += text[at : mend.start], mend.said
        at = mend.end
    return "".join((*parts, text[at:]))


def same(one: str, other: str) -> bool:
    """The same marks on the same letters, whichever of two on one letter comes first."""
    return [sorted(part) for part in re.split("(?=[\u0621-\u064a\u066e-\u06d3])", one)] == [
        sorted(part) for part in re.split("(?=[\u0621-\u064a\u066e-\u06d3])", other)
    ]


def verdicts(line: str) -> list[bool]:
    """For each word in braces, whether the reader marks it so."""
    read = spoken(written(line))
    found = []
    at = 0
    for target in BRACED.findall(line):
        letters = bare(target)
        pattern = "[\u064b-\u0652]*".join(map(re.escape, letters)) + "[\u064b-\u0652]*"
        match = re.compile(rf"(?<![^\W_]){pattern}(?![^\W_])").search(read, at) or re.search(pattern, read)
        assert match, (line, read)
        at = match.end()
        found.append(same(match.group().rstrip("\u0650") if letters else "", target))
    return found


def test_the_sentences_have_enough_words_and_enough_of_each() -> None:
    lines = marked_sentences("tune") + marked_sentences("test")
    count: dict[str, int] = {}
    for target in (each for line in lines for each in BRACED.findall(line)):
        count[bare(target)] = count.get(bare(target), 0) + 1
    assert sum(times >= LEAST_SENTENCES for times in count.values()) >= LEAST_WORDS


@pytest.mark.parametrize("half", ["tune", "test"])
def test_most_words_get_the_reading_that_a_person_gave_them(half: str) -> None:
    found = [right for line in marked_sentences(half) for right in verdicts(line)]
    assert len(found) > 150
    assert sum(found) / len(found) >= LEAST_RIGHT[half]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("آن مرد دیروز مرد.", "آن مَرد دیروز مُرد."),
        ("مردم شهر مردانه ایستادند.", "مردم شهر مردانه ایستادند."),
        ("کرم‌های خاکی خاک را نرم می‌کنند.", "کِرم‌های خاکی خاک را نرم می‌کنند."),
        ("پنجاه گرم شکر", "پنجاه گِرَم شِکَر"),
        ("نجار چوب را با اره نمی‌برد.", "نجار چوب را با اره نمی‌بُرَد."),
        ("ساعت نه و ده", "ساعت نُه و ده"),
        ("مدیر به خانهٔ من آمد.", "مدیر به خانهٔ من آمد."),
    ],
)
def test_a_word_is_read_by_its_company(written: str, read: str) -> None:
    assert same(marked(written), read)


@pytest.mark.parametrize("word", ["مُرد", "کَرَم", "گِل", "نَفس"])
def test_a_word_that_its_writer_marked_is_left(word: str) -> None:
    text = f"این {word} خوب است."
    assert marked(text) == text


def test_an_ezafe_mark_is_none_of_the_word_and_tells_a_noun() -> None:
    assert marked("آن مردِ خوب آمد و سرِ من خورد.") == "آن مَردِ خوب آمد و سَرِ من خورد."


def test_the_reader_marks_them_numbers_in_figures_too() -> None:
    assert "گِرَم" in spoken("۵۰ گرم نمک")
    assert "نُه" in spoken("ساعت ۹ صبح")


def test_a_compound_is_another_word() -> None:
    assert marked("کشت‌زار") == "کشت‌زار"


def test_every_reading_of_a_word_has_its_letters() -> None:
    assert [word for word, readings in TABLE.items() for each in readings if bare(each.spoken) != word] == []
    assert [word for word, readings in TABLE.items() if len({each.spoken for each in readings}) < 2] == []


@given(st.lists(st.sampled_from([*TABLE, "و", "را", "است.", "،", "در"]), max_size=30))
def test_marks_are_all_that_is_added_and_each_letter_keeps_its_place(words: list[str]) -> None:
    text = " ".join(words)
    for sentence in read_sentences(text):
        kept = [
            (char, span)
            for char, span in zip(sentence.spoken, sentence.spoken_to_written, strict=True)
            if not MARKS.match(char)
        ]
        assert [char for char, _ in kept if LETTER.match(char)] == LETTER.findall(sentence.written)
        assert all(sentence.written[start:end] == char for char, (start, end) in kept if LETTER.match(char))
        starts = [start for start, _ in sentence.spoken_to_written]
        assert starts == sorted(starts)


@given(st.lists(st.sampled_from([*TABLE, "و", "را", "است."]), min_size=1, max_size=20))
def test_what_was_read_once_is_read_the_same_again(words: list[str]) -> None:
    once = spoken(" ".join(words))
    again = spoken(once)
    assert [bare(word) for word in again.split()] == [bare(word) for word in once.split()]


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        # ān mard diruz dar bimārestān mord: the verb is nobody's hospital.
        ("آن مرد دیروز در بیمارستان مرد.", "آن مَرد دیروز در بیمارستان مُرد."),
        ("کتاب مرد پیر روی میز است.", "کتابِ مَردِ پیر رویِ میز است."),
        ("دشمن سرباز را کشت.", "دشمن سرباز را کُشت."),
    ],
)
def test_no_ezafe_leads_to_a_verb_that_is_spelt_like_a_noun(written: str, spoken: str) -> None:
    assert [sentence.spoken for sentence in read_sentences(written)] == [spoken]
