"""Lexicons are written whole, found in any way of writing, and given to texts that have their words."""

from collections.abc import Sequence

import pytest

from avatars import lexicons as module
from avatars.database import Database
from avatars.errors import LexiconFull
from avatars.lexicons import Lexicons, Taken
from lipsync.text.lexicon import Entry, check_entry

ZWNJ = "\u200c"


@pytest.fixture
def lexicons(database: Database) -> Lexicons:
    return Lexicons(database)


def entries(*pairs: tuple[str, str]) -> Sequence[Entry]:
    return [check_entry(word, spoken) for word, spoken in pairs]


def test_an_entry_is_found_in_any_way_of_writing_it(lexicons: Lexicons) -> None:
    lexicons.put("me", [check_entry(f"می{ZWNJ}شود", "میشه", "گفتاری")])
    row = lexicons.get("me", "مي شود")
    assert row is not None
    assert (row.word, row.key, row.spoken, row.note) == (f"می{ZWNJ}شود", "می شود", "میشه", "گفتاری")
    assert row.created_at == row.updated_at
    assert row.created_at.tzinfo is not None
    assert lexicons.get("you", "می شود") is None


def test_the_same_word_again_replaces_what_was_there(lexicons: Lexicons) -> None:
    lexicons.put("me", entries(("ملک", "مِلک")))
    first = lexicons.get("me", "ملک")
    assert lexicons.put("me", entries(("ملك", "مُلک"), ("دل", "دِل"))) == Taken(1, 1, 2)
    now = lexicons.get("me", "ملک")
    assert first is not None
    assert now is not None
    assert (now.spoken, now.created_at) == ("مُلک", first.created_at)
    assert now.updated_at > first.updated_at


def test_an_entry_is_removed_once(lexicons: Lexicons) -> None:
    lexicons.put("me", entries(("ملک", "مُلک")))
    lexicons.put("you", entries(("ملک", "مَلِک")))
    assert lexicons.remove("me", "ملك")
    assert not lexicons.remove("me", "ملک")
    assert lexicons.get("you", "ملک") is not None


def test_a_lexicon_is_listed_by_pages_in_one_order(lexicons: Lexicons) -> None:
    words = [f"{first}{second}" for first in "ابپ" for second in "تثج"]
    lexicons.put("me", entries(*((word, "س") for word in words)))
    lexicons.put("you", entries(("دیگر", "س")))
    first = lexicons.list("me", limit=5)
    rest = lexicons.list("me", after=first[-1].key, limit=5)
    assert [len(first), len(rest)] == [5, 4]
    assert sorted(row.word for row in (*first, *rest)) == sorted(words)
    assert lexicons.list("me", after=rest[-1].key) == []
    assert lexicons.count("me") == 9


def test_words_are_searched_in_any_way_of_writing(lexicons: Lexicons) -> None:
    lexicons.put("me", entries((f"می{ZWNJ}شود", "میشه"), ("GitHub", "گیت هاب"), ("ملک", "مُلک")))
    assert [row.word for row in lexicons.list("me", text="مي شو")] == [f"می{ZWNJ}شود"]
    assert [row.word for row in lexicons.list("me", text="github")] == ["GitHub"]
    assert lexicons.list("me", text="100%") == []
    assert len(lexicons.list("me", text="%")) == 3  # nothing of it can be in a word


def test_words_are_searched_by_what_is_spoken_for_them_too(lexicons: Lexicons) -> None:
    lexicons.put("me", entries(("Kubernetes", "کوبِرنِتیز"), ("GitHub", "گیت هاب"), ("دل", "دِل")))
    for asked in ("کوب", "کوبرنتیز", "كوبِر"):
        assert [row.word for row in lexicons.list("me", text=asked)] == ["Kubernetes"]
    assert [row.word for row in lexicons.list("me", text="ت ها")] == ["GitHub"]


def test_a_text_is_given_its_words_the_owners_before_the_houses(lexicons: Lexicons) -> None:
    lexicons.put("house", entries(("ملک", "مِلک"), ("GitHub", "گیت هاب"), (f"می{ZWNJ}شود", "house")))
    lexicons.put("me", entries(("ملک", "مُلک"), ("می شود", "میشه"), ("سازمان ملل", "س")))
    lexicons.put("you", entries(("دل", "دِل")))
    text = f"دل ملک{ZWNJ}ها در GitHub می{ZWNJ}شود؛ سازمان."
    assert lexicons.words_of(text, "me") == {"ملک": "مُلک", "GitHub": "گیت هاب", "می شود": "میشه"}
    assert lexicons.words_of(text, "you") == {
        "ملک": "مِلک", "GitHub": "گیت هاب", f"می{ZWNJ}شود": "house", "دل": "دِل",
    }  # fmt: skip
    assert lexicons.words_of("مُلک", "me") == {}
    assert lexicons.words_of("", "me") == {}


def test_the_house_has_a_lexicon_of_its_own(lexicons: Lexicons) -> None:
    lexicons.put("house", entries(("ملک", "مِلک")))
    assert lexicons.words_of("ملک", "house") == {"ملک": "مِلک"}


def test_a_text_of_as_many_words_as_may_be_is_looked_up(lexicons: Lexicons) -> None:
    lexicons.put("me", entries(("w7", "seven")))
    text = " ".join(f"w{number}" for number in range(1000))
    assert lexicons.words_of(text, "me") == {"w7": "seven"}


def test_a_full_lexicon_takes_no_more_but_may_change(
    lexicons: Lexicons, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_ENTRIES", 2)
    lexicons.put("me", entries(("ا", "س"), ("ب", "س")))
    with pytest.raises(LexiconFull, match="would have 3 entries, and 2 may be"):
        lexicons.put("me", entries(("ا", "ش"), ("پ", "س")))
    assert [row.spoken for row in lexicons.list("me")] == ["س", "س"]
    assert lexicons.put("me", entries(("ا", "ش"))) == Taken(0, 1, 2)
    # What was allowed when it was written is not locked by a smaller limit.
    monkeypatch.setattr(module, "MOST_ENTRIES", 1)
    assert lexicons.put("me", entries(("ب", "ش"))) == Taken(0, 1, 2)
    assert lexicons.put("you", entries(("ا", "س"))) == Taken(1, 0, 1)


def test_as_many_entries_as_may_be_are_written_at_once(sqlite_database: Database) -> None:
    lexicons = Lexicons(sqlite_database)
    many = entries(*((f"w{number}", "س") for number in range(module.MOST_ENTRIES)))
    assert lexicons.put("me", many) == Taken(module.MOST_ENTRIES, 0, module.MOST_ENTRIES)
    assert lexicons.put("me", many) == Taken(0, module.MOST_ENTRIES, module.MOST_ENTRIES)
    assert lexicons.put("me", []) == Taken(0, 0, module.MOST_ENTRIES)
