"""How an utterance is to be spoken, kept beside its text."""

import json

import pytest

from lipsync.text.prosody import Prosody
from tasks.manner import Manner, UnknownManner


def test_what_was_asked_for_comes_back() -> None:
    asked = Manner(language="fa", lexicon={"تز": "تِز"})
    assert Manner.from_json(asked.to_json()) == asked


def test_the_shown_text_is_the_same_for_whoever_reads_the_row() -> None:
    manner = Manner(ssml=True, rate=1.5, pitch_semitones=-2, volume_db=3)
    again = Manner.from_json(json.loads(json.dumps(manner.to_json())))
    assert again.script("<speak>سلام <break/>دنیا</speak>").shown == "سلام دنیا"
    assert again.prosody == Prosody(rate=1.5, pitch_semitones=-2, volume_db=3)
    assert again.script("").shown == ""
    assert Manner().script("<speak>a").shown == "<speak>a"


def test_nothing_asked_for_is_an_empty_row_as_old_rows_are() -> None:
    assert Manner().to_json() == {}
    assert Manner.from_json({}) == Manner()


def test_what_a_newer_build_asks_for_is_refused_by_name() -> None:
    with pytest.raises(UnknownManner, match="sung"):
        Manner.from_json({"sung": True})
