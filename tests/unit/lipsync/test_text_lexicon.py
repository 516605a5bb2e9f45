"""What an entry of a lexicon may be, where a text has its words, and lexicons as tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipsync.text.errors import EntriesWrong, NoteWrong, SpokenWrong, WordWrong
from lipsync.text.letters import clean
from lipsync.text.lexicon import (
    LONGEST_SPOKEN,
    LONGEST_WORD,
    WordIndex,
    check_entry,
    first_parts,
    fold_word,
    words_of,
)
from lipsync.text.lexicon_table import MOST_TOLD, RawEntry, check_entries, read_table, write_table

ZWNJ = "\u200c"
KASRA = "\u0650"
DAMMA = "\u064f"
HAMZA = "\u0654"
TATWEEL = "\u0640"
RLO = "\u202e"


def found(text: str, *words: str) -> list[str]:
    spoken = clean(text).spoken
    return [spoken[each.start : each.end] for each in WordIndex(dict.fromkeys(words, "")).find(spoken)]


@pytest.mark.parametrize(
    ("word", "key"),
    [
        ("كتاب", "کتاب"),
        (f" کت{TATWEEL}اب ", "کتاب"),
        (f"می{ZWNJ}شود", "می شود"),
        ("می شود", "می شود"),
        ("می\u200bشود", "می شود"),
        ("می  شود", "می شود"),
        ("Wi-Fi", "Wi Fi"),
        ("G۲۰", "G20"),
        ("GPUها", "GPU ها"),
        ("حق\u200f", "حق"),
        ("Café", "Café"),
        ("हिन्दी", "हिन्दी"),
    ],
)
def test_a_word_is_compared_by_its_letters(word: str, key: str) -> None:
    entry = check_entry(word, "س")
    assert (entry.key, fold_word(word), entry.first_part) == (key, key, key.partition(" ")[0])


def test_an_entry_keeps_half_spaces_and_marks_of_what_is_spoken() -> None:
    entry = check_entry(f"مي{ZWNJ}شود", f"می{ZWNJ}ش{DAMMA}ود", " گفتاری ")
    assert entry.word == f"می{ZWNJ}شود"
    assert entry.spoken == f"می{ZWNJ}ش{DAMMA}ود"
    assert entry.note == "گفتاری"


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("", "is empty; 1 to 80"),
        (" \u200c ", "is empty"),
        ("ا" * (LONGEST_WORD + 1), "has 81 characters; at most 80"),
        ("\ufdfa" * 5, "characters; at most 80"),
        ("یک دو سه چهار پنج", "is 5 words"),
        (ZWNJ.join("ابپتثجچحخ"), "is 1 words of 9 parts"),
        (f"م{DAMMA}لک", r"vowel mark .*U\+064F.* at position 1; marks belong in what is spoken"),
        (f"خانه{HAMZA}", "vowel mark"),
        ("a.b", r"has '\.', U\+002E at position 1; letters, digits"),
        ("سلام😀", "at position 4"),
        ("a\tb", r"has U\+0009 at position 1"),
        ("a\ud800", r"has U\+D800"),
        ("۱۲۳", "has no letter"),
        ("--", "is empty"),
        ("٪", "at position 0"),
    ],
)
def test_a_word_that_cannot_be_one_is_told_why(word: str, told: str) -> None:
    with pytest.raises(WordWrong, match=told):
        check_entry(word, "س")


@pytest.mark.parametrize(
    ("spoken", "told"),
    [
        ("", "is empty; 1 to 200"),
        ("ا" * (LONGEST_SPOKEN + 1), "has 201 characters"),
        ("صد و ۱۰", "at position 5; letters, vowel marks, .*write numbers out"),
        ("سلام!", "at position 4; letters, vowel marks"),
        (f"{DAMMA}ملک", r"mark .*U\+064F.* without a letter at position 0"),
        (f"ملک {DAMMA}", "without a letter at position 4"),
        ("م" + DAMMA * 4, "more than 3 marks on one letter at position 4"),
        ("a\0", r"U\+0000"),
    ],
)
def test_what_cannot_be_spoken_is_told_why(spoken: str, told: str) -> None:
    with pytest.raises(SpokenWrong, match=told):
        check_entry("ملک", spoken)


@pytest.mark.parametrize(
    ("told", "spoken"),
    [
        (f"معل{KASRA}\u0651م", f"معل\u0651{KASRA}م"),
        (f"معل\u0651{KASRA}م", f"معل\u0651{KASRA}م"),
        ("مثل\u064bا", "مثلا\u064b"),
        ("كتاب", "کتاب"),
        (f"مـ{TATWEEL}ن".replace("ـ", TATWEEL), "من"),
    ],
)
def test_marks_stand_in_the_order_in_which_a_voice_reads_them(told: str, spoken: str) -> None:
    assert check_entry("واژه", told).spoken == spoken


@pytest.mark.parametrize("note", ["a\nb", "a\u2028b", "n" * 201, "a\0"])
def test_a_note_is_one_short_line(note: str) -> None:
    with pytest.raises(NoteWrong):
        check_entry("ملک", "ملک", note)


@pytest.mark.parametrize(
    ("text", "words", "places"),
    [
        ("این ملک من است.", ["ملک"], ["ملک"]),
        ("این مُلک من است.", ["ملک"], []),
        ("املاک و ملکی", ["ملک"], []),
        ("ملك، ملک؛ «ملک»!", ["ملک"], ["ملک"] * 3),
        (f"کتاب{ZWNJ}ها و کتاب{ZWNJ}های{KASRA} من", ["کتاب"], ["کتاب", "کتاب"]),
        (f"کتاب{ZWNJ}خانه", ["کتاب", "خانه"], []),
        (f"کتاب{ZWNJ}ها{ZWNJ}ی", ["کتاب"], ["کتاب"]),
        (f"کتاب{KASRA} من", ["کتاب"], ["کتاب"]),
        (f"خانه{HAMZA} من و خانۀ تو", ["خانه"], ["خانه", "خانه"]),
        (f"می{ZWNJ}شود", ["می شود"], [f"می{ZWNJ}شود"]),
        ("می شود", [f"می{ZWNJ}شود"], ["می شود"]),
        (f"می{ZWNJ}شود", ["شود", "می"], []),
        ("سازمان ملل متحد", ["ملل", "سازمان ملل", "سازمان ملل متحد"], ["سازمان ملل متحد"]),
        ("سازمان ملل", ["سازمان ملل متحد", "ملل"], ["ملل"]),
        (f"سازمان{KASRA} ملل", ["سازمان ملل"], []),
        ("سازمان، ملل", ["سازمان ملل"], []),
        ("Wi-Fi و Wi Fi", ["Wi-Fi"], ["Wi-Fi", "Wi Fi"]),
        ("GPUها و GPU", ["GPU"], ["GPU", "GPU"]),
        ("it IT", ["IT"], ["IT"]),
        ("G۲۰ و G20", ["G20"], ["G۲۰", "G20"]),
        ("हिन्दी भाषा", ["हिन्दी"], ["हिन्दी"]),
        ("", ["ملک"], []),
        ("ملک", [], []),
    ],
)
def test_words_are_found_whole_and_the_longest_first(text: str, words: list[str], places: list[str]) -> None:
    assert found(text, *words) == places


def test_the_entries_that_a_text_has_are_returned_as_the_lexicon_has_them() -> None:
    lexicon = {"ملک": "مُلک", f"می{ZWNJ}شود": "میشه", "دیگر": "دیگه"}
    assert words_of("ملک می شود", lexicon) == {"ملک": "مُلک", f"می{ZWNJ}شود": "میشه"}
    assert words_of("هیچ", lexicon) == {}


def test_of_two_entries_with_one_key_the_first_counts() -> None:
    lexicon = {"می شود": "first", f"می{ZWNJ}شود": "second"}
    assert words_of(f"می{ZWNJ}شود", lexicon) == {"می شود": "first"}


letters = st.sampled_from([*"ابکیaB۱5 -.،😀", ZWNJ, KASRA, DAMMA, HAMZA, RLO])


@given(st.text(letters, max_size=60), st.lists(st.text(letters, min_size=1, max_size=8), max_size=6))
def test_places_are_in_order_apart_and_read_as_their_words(text: str, words: list[str]) -> None:
    spoken = clean(text).spoken
    ended = 0
    for place in WordIndex(dict.fromkeys(words, "")).find(spoken):
        assert ended <= place.start < place.end
        ended = place.end
        assert fold_word(spoken[place.start : place.end]) == fold_word(place.word)
        assert fold_word(place.word).partition(" ")[0] in first_parts(text)


@given(st.text(max_size=40))
def test_a_key_of_a_key_is_the_key(word: str) -> None:
    assert fold_word(fold_word(word)) == fold_word(word)


def test_work_grows_with_the_text_and_no_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    index = WordIndex({" ".join("ا" * count): "" for count in range(1, 5)} | {ZWNJ.join("ا" * 8): ""})
    tried = []
    monkeypatch.setattr(
        "lipsync.text.lexicon._one_word", lambda taken: tried.append(len(taken)) or False
    )
    for joint in (" ", ZWNJ):
        spoken = joint.join("ا" * 2000)
        tried.clear()
        assert list(index.find(spoken)) == []
        assert len(tried) <= 5 * 2000


def test_a_table_is_read_as_people_keep_one() -> None:
    table = "\ufeffWord\tSpoken\tNote\r\n# names\r\n\r\nملک\tمُلک\r\nکیان\tکیان\tنام\n"
    assert read_table(table) == [
        RawEntry("ملک", "مُلک", line=4),
        RawEntry("کیان", "کیان", "نام", line=5),
    ]
    assert read_table("") == []


def test_a_table_that_was_written_is_read_back() -> None:
    rows = [("word", "spoken", "note"), ("ملک", "مُلک", ""), (f"می{ZWNJ}شود", "میشه", "گفتاری")]
    assert [row[:3] for row in read_table(write_table(rows))] == rows


def test_lines_with_other_columns_are_told_by_line() -> None:
    with pytest.raises(EntriesWrong, match="2 of the entries are wrong") as raised:
        read_table("ملک\tمُلک\n\nملک\nملک\tمُلک\ta\tb\n")
    assert [each["field"] for each in raised.value.errors] == ["items.1", "items.2"]
    assert raised.value.errors[0]["problem"].startswith("line 3 has 1 columns")


def test_every_wrong_entry_is_told_by_its_place() -> None:
    raw = [
        RawEntry("ملک", "مُلک", line=1), RawEntry("م.", "س", line=2), RawEntry("س", "۱", line=3),
        RawEntry("ملك", "مَلِک", line=4), RawEntry("ن", "ن", "a\nb"),
    ]  # fmt: skip
    with pytest.raises(EntriesWrong) as raised:
        check_entries(raw)
    told = {each["field"]: each["problem"] for each in raised.value.errors}
    assert list(told) == ["items.1.word", "items.2.spoken", "items.3.word", "items.4.note"]
    assert told["items.1.word"].startswith("line 2: has '.'")
    assert told["items.3.word"] == "line 4: is the word of items.0 too"
    assert not told["items.4.note"].startswith("line")


def test_no_more_wrong_entries_are_named_than_somebody_reads() -> None:
    with pytest.raises(EntriesWrong, match="500 of the entries") as raised:
        check_entries(RawEntry("1", "1") for _ in range(500))
    assert len(raised.value.errors) == MOST_TOLD
