"""The words, the verbs and the marked sentences that the ezafe marker is made from: what letters can tell.

Whether a tag or a mark is right is for a reader of Persian; these tests see form, doubles, and that no
sentence of the measured corpus is among those to learn from.
"""

import importlib.util
import random
import re
import unicodedata
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from lipsync.text.persian.word_tables import TAGS, infinitives, pairs, verb_forms, verbs, words

ROOT = Path(__file__).parents[3]
TABLES = ROOT / "lipsync" / "text" / "persian"
FILES = sorted((ROOT / "scripts" / "ezafe" / "sentences").glob("*.txt"))
MEASURED = sorted((ROOT / "tests" / "data" / "ezafe").glob("*.txt"))

ZWNJ = "\u200c"
KASRA = "\u0650"
HAMZA_ABOVE = "\u0654"
FATHATAN = "\u064b"
MARKS = "\u064b-\u065f\u0670"
LETTERS = "\u0621-\u063a\u0641-\u0642\u0644-\u0648\u067e\u0686\u0698\u06a9\u06af\u06cc"
SPELLING = re.compile(f"[{LETTERS}{FATHATAN}{HAMZA_ABOVE}]+(?:{ZWNJ}[{LETTERS}{FATHATAN}]+)*")
WORD = re.compile(f"[\u0621-\u064a\u066e-\u06d3\u06d5{MARKS}{ZWNJ}]+")
# A mark stands at a word's end alone: kasra never after alef, hamza after he; lotfan ends in a tanwin.
MARKED_WORD = re.compile(
    f"[^{MARKS}]*(?:[^{MARKS}\u0627{ZWNJ}]{KASRA}|\u0647{HAMZA_ABOVE}|\u0627{FATHATAN})?"
)
FOREIGN = re.compile(
    "[\u06c0-\u06c3\u06d5\u064a\u0643\u0629\u0649\u0640\u0660-\u0669"
    "\u200b\u200d-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufb50-\ufdff\ufe70-\ufefe]"
)
LEAST_WORDS = 6000
LEAST_VERBS = 400
LEAST_PAIRS = 900

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def rows(name: str) -> list[str]:
    text = (TABLES / name).read_text(encoding="utf-8")
    return [line for line in text.removesuffix("\n").split("\n") if not line.startswith("#")]


def sentences(path: Path) -> list[str]:
    """The lines after the first, which is the English one."""
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")[1:]


def bare(sentence: str) -> str:
    """The sentence as a reader finds it in print: no marks, no ZWNJ, no punctuation."""
    return " ".join(re.findall(r"\w+", re.sub(f"[{MARKS}{ZWNJ}]", "", sentence)))


@pytest.mark.parametrize("name", ["words.tsv", "pairs.tsv", "verbs.tsv"])
def test_a_table_is_sorted_and_has_no_row_twice(name: str) -> None:
    lines = rows(name)
    assert lines == sorted(lines)
    keys = [line.split("\t")[0] for line in lines] if name == "words.tsv" else lines
    assert [key for key, times in Counter(keys).items() if times > 1] == []


def test_every_word_is_spelt_in_persian_letters_and_composed() -> None:
    assert [word for word in words() if not SPELLING.fullmatch(word)] == []
    assert [word for word in words() if unicodedata.normalize("NFC", word) != word] == []


def test_every_word_has_tags_and_all_of_them_are_known() -> None:
    assert len(words()) >= LEAST_WORDS
    assert {tag for word in words().values() for tag in word.tags} == TAGS


def test_words_that_belong_together_are_two_and_spelt_in_persian_letters() -> None:
    assert len(pairs()) >= LEAST_PAIRS
    assert [pair for pair in pairs() for word in pair if not SPELLING.fullmatch(word)] == []


def test_verbs_are_named_by_their_infinitives_and_only_beside_what_they_join() -> None:
    assert {verb for word in words().values() for verb in word.verbs} <= infinitives()
    assert [spelt for spelt, word in words().items() if bool(word.verbs) != ("LV" in word.tags)] == []


def test_verbs_have_both_stems_in_persian_letters() -> None:
    assert len(verbs()) >= LEAST_VERBS
    assert [verb for verb in verbs() if not SPELLING.fullmatch(verb.past + verb.present + verb.prefix)] == []


@pytest.mark.parametrize(
    "form",
    [
        "رفتم",
        f"می{ZWNJ}رود",
        f"نمی{ZWNJ}گوید",
        f"می{ZWNJ}شوند",
        "بیاید",
        "نیامدند",
        "بیفتد",
        f"گفته{ZWNJ}ام",
        f"برمی{ZWNJ}گردیم",
        "برنگشت",
        "برگردند",
        f"درمی{ZWNJ}آورد",
        "خورده",
        f"می{ZWNJ}آیند",
        "نوشت",
    ],
)
def test_a_form_that_people_write_is_made_from_its_stems(form: str) -> None:
    assert form in verb_forms()


@each_file
def test_the_first_line_alone_is_a_comment_in_english(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").split("\n")
    assert re.match(r"# [A-Z]", lines[0])
    assert [line for line in lines[1:] if line.startswith("#")] == []


@each_file
def test_letters_are_persian_spaces_single_and_a_zwnj_joins_two_letters(path: Path) -> None:
    wrong = re.compile(rf"{FOREIGN.pattern}|^\s|\s$|\s\s|[^\S ]|^$|(?<!\w){ZWNJ}|{ZWNJ}(?!\w)|[|()\[\]_] |\[")
    assert [line for line in sentences(path) if wrong.search(line)] == []


@each_file
def test_a_mark_stands_after_the_last_letter_that_takes_it(path: Path) -> None:
    found = [word for line in sentences(path) for word in WORD.findall(line)]
    assert [word for word in found if not MARKED_WORD.fullmatch(word)] == []


@each_file
def test_no_ezafe_stands_before_a_stop_or_before_ra_and_baraye_has_none(path: Path) -> None:
    wrong = re.compile(f"[{KASRA}{HAMZA_ABOVE}](?:[.،؛:؟!…»]|$| را(?!\\w))|برای{KASRA}")
    assert [line for line in sentences(path) if wrong.search(line)] == []


def test_no_sentence_stands_twice() -> None:
    count = Counter(bare(line) for path in FILES for line in sentences(path))
    assert [line for line, times in count.items() if times > 1] == []


def test_no_sentence_to_learn_from_is_one_that_is_measured() -> None:
    measured = {bare(line) for path in MEASURED for line in sentences(path)}
    assert sum(bare(line) in measured for path in FILES for line in sentences(path)) == 0


def test_no_sentence_to_learn_from_is_near_one_that_is_measured(spreading: ModuleType) -> None:
    measured = spreading.measured_sentences()
    assert sum(measured.has_near(line) for path in FILES for line in sentences(path)) == 0


def test_what_shares_a_run_of_words_or_half_of_them_is_near(spreading: ModuleType) -> None:
    measured = spreading.Measured(["a b c d e f g h i j k l.", "m n o p."])
    assert measured.has_near("c d e f g h x y z u v w q r s t")
    assert measured.has_near("p x o n")
    assert not measured.has_near("c d e f g x y z u v w q r s t")
    assert not measured.has_near("p x o y")


@pytest.fixture(scope="module")
def spreading() -> ModuleType:
    """The script beside the sentences, which is in no package."""
    spec = importlib.util.spec_from_file_location("spread", ROOT / "scripts" / "ezafe" / "spread.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_sentences_are_what_the_patterns_give_now(spreading: ModuleType) -> None:
    given = spreading.written(spreading.MOST)
    assert sorted(given) == [path.name for path in FILES]
    assert [path.name for path in FILES if sentences(path) != given[path.name][1:]] == []


def test_a_pattern_gives_each_sentence_once_and_leaves_no_part_out(spreading: ModuleType) -> None:
    drawn = spreading.spread("{a|b|c|d} {x|y} z.", 3, random.Random(1))
    assert len(drawn) == len(set(drawn)) == 4
    assert {part for line in drawn for part in line} == set("abcdxyz. ")
    assert sorted(spreading.spread("{a|b} {x|y}.", 9, random.Random(1))) == ["a x.", "a y.", "b x.", "b y."]
    assert spreading.spread("z.", 9, random.Random(1)) == ["z."]
