"""However a name is typed, it finds the avatar it is meant for."""

import pytest

from avatars.search import search_text, search_words


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ("سميرا", "سمیرا"),
        ("كيان", "کیان"),
        ("علیرضا", "علی\u200cرضا"),
        ("علی\u200cرضا", "علیرضا"),
        ("مریم", "مَریَم"),
        ("2", "نمونهٔ ۲"),
        ("٢", "Sample 2"),
        ("elan", "Élan"),
        ("SAMIRA", "samira"),
        ("x-1", "Model X1"),
    ],
)
def test_a_name_is_found_however_it_is_typed(asked: str, title: str) -> None:
    (word,) = search_words(asked)
    assert word in search_text(title)


def test_marks_alone_ask_for_nothing() -> None:
    assert list(search_words(" ـ - % _ \u200c")) == []


def test_names_do_not_run_into_each_other() -> None:
    assert "bc" not in search_text("ab", "cd")
