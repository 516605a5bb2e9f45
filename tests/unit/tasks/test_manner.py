"""How an utterance is to be spoken, kept beside its text."""

import pytest

from tasks.manner import Manner, UnknownManner


def test_what_was_asked_for_comes_back() -> None:
    asked = Manner(language="fa", lexicon={"تز": "تِز"})
    assert Manner.from_json(asked.to_json()) == asked


def test_nothing_asked_for_is_an_empty_row_as_old_rows_are() -> None:
    assert Manner().to_json() == {}
    assert Manner.from_json({}) == Manner()


def test_what_a_newer_build_asks_for_is_refused_by_name() -> None:
    with pytest.raises(UnknownManner, match="sung"):
        Manner.from_json({"sung": True})
