"""The marked sentences of tests/data/ezafe: every file keeps one spelling and one marking rule.

In: each text file of that folder, whoever wrote it. Out: a finding with the line's number. Whether a mark
stands where a speaker says it is for a reader of Persian; these tests see only what letters can tell.
"""

import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "data" / "ezafe"
FILES = sorted(FOLDER.glob("*.txt"))
OWN_KINDS = {"news", "speech", "instructions"}
LEAST_SENTENCES = 100

ZWNJ = "\u200c"
KASRA = "\u0650"
HAMZA_ABOVE = "\u0654"
FATHATAN = "\u064b"
MARKS = "\u064b-\u065f\u0670"
WORD = re.compile(f"[\u0621-\u064a\u066e-\u06d3\u06d5{MARKS}{ZWNJ}]+")
MARKED = re.compile(f"[{KASRA}{HAMZA_ABOVE}](?![\\w{ZWNJ}{MARKS}])")
# xane + hamza is "khāne-ye", kasra never follows alef, and lotfan alone ends in a tanwin.
WORD_END = re.compile(f"(?:[^{MARKS}]|[^{MARKS}\u0627]{KASRA}|\u0647{HAMZA_ABOVE}|\u0627{FATHATAN})\\Z")
FOREIGN = re.compile(
    "[\u06c0-\u06c3\u06d5\u064a\u0643\u0629\u0649"  # he with yeh or hamza in one letter, Arabic yeh, kaf, teh
    "\u0640\u0660-\u0669"  # tatweel, Arabic-Indic digits
    "\u200b\u200d-\u200f\u202a-\u202e\u2066-\u2069\ufeff"  # other invisible letters
    "\ufb50-\ufdff\ufe70-\ufefe]"  # presentation forms
)

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def sentences(path: Path) -> list[str]:
    """The lines after the first, which is the English one."""
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")[1:]


def lines_where(path: Path, pattern: str) -> list[int]:
    return [number for number, line in enumerate(sentences(path), start=2) if re.search(pattern, line)]


def bare(sentence: str) -> str:
    """The sentence as a reader finds it in print: no marks, no ZWNJ, no punctuation."""
    return " ".join(re.findall(r"\w+", re.sub(f"[{MARKS}{ZWNJ}]", "", sentence)))


def bad_word_ends(sentence: str) -> list[str]:
    return [word for word in WORD.findall(sentence) if not WORD_END.search(word)]


def test_the_folder_holds_the_three_first_kinds() -> None:
    assert {path.stem for path in FILES} >= OWN_KINDS


@each_file
def test_the_first_line_alone_is_a_comment_in_english(path: Path) -> None:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    assert re.match(r"# [A-Z]", first)
    assert lines_where(path, r"^\s*#") == []


@each_file
def test_a_file_has_enough_sentences_and_an_ezafe_in_most(path: Path) -> None:
    lines = sentences(path)
    assert len(lines) >= LEAST_SENTENCES
    assert sum(bool(MARKED.search(line)) for line in lines) > len(lines) / 2


@each_file
def test_letters_are_persian_and_composed_as_unicode_orders_them(path: Path) -> None:
    assert lines_where(path, FOREIGN.pattern) == []
    assert [line for line in sentences(path) if unicodedata.normalize("NFC", line) != line] == []


@each_file
def test_spaces_are_single_and_a_zwnj_joins_two_letters(path: Path) -> None:
    assert lines_where(path, r"^\s|\s$|\s\s|[^\S ]|^$") == []
    assert lines_where(path, f"(?<![\\w{MARKS}]){ZWNJ}|{ZWNJ}(?!\\w)") == []


@each_file
def test_a_word_ends_in_a_letter_or_in_the_mark_its_last_letter_takes(path: Path) -> None:
    assert [(line, words) for line in sentences(path) if (words := bad_word_ends(line))] == []


@each_file
def test_baraye_is_left_unmarked_as_a_preposition(path: Path) -> None:
    assert lines_where(path, f"(?<!\\w)برای{KASRA}(?!\\w)") == []


def test_no_sentence_stands_twice_in_any_file() -> None:
    count = Counter(bare(line) for path in FILES for line in sentences(path))
    assert [line for line, times in count.items() if times > 1] == []


@pytest.mark.parametrize(
    "word",
    [
        f"ما{KASRA}",
        f"کتاب{HAMZA_ABOVE}",
        f"خانه{ZWNJ}{HAMZA_ABOVE}",
        f"کتاب{FATHATAN}",
        f"خانه{HAMZA_ABOVE}{KASRA}",
        "کتابُ",
    ],
)
def test_a_mark_on_a_letter_that_does_not_take_it_is_seen(word: str) -> None:
    assert bad_word_ends(f"این {word} بود.") == [word]
