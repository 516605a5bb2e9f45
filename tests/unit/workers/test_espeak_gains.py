"""The table of gains is what the voices of the installed eSpeak NG need to speak at -16 LUFS."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from lipsync.speech.limiter import CEILING
from lipsync.speech.loudness import measure_loudness
from lipsync.speech.runs import speak_runs
from lipsync.speech.sentence import one_run
from lipsync.text.prosody import PLAIN, Prosody
from lipsync.text.reading import read_sentences
from workers.espeak_gains import GAINS_DB, espeak_gain_db, espeak_way_gain_db
from workers.voice_gains import own_gain_db
from workers.voices import Voices, language_catalogue, open_voices

TEXTS = {
    "fa": "مردم از خانه‌ها بیرون آمدند و با هم آواز خواندند. فردا هوا سردتر می‌شود. قیمت نان چقدر است؟",
    "en": "People came out of their houses and sang together. It will be colder tomorrow. What does it cost?",
    "de": "Die Leute kamen aus den Häusern und sangen zusammen. Morgen wird es kälter. Was kostet das Brot?",
}  # fmt: skip


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Voices]:
    with open_voices(tmp_path_factory.mktemp("voices")) as made:
        yield made


def heard(voices: Voices, name: str, prosody: Prosody = PLAIN) -> np.ndarray:
    voice = voices.get(name)
    runs = [one_run(voice, each, prosody) for each in read_sentences(TEXTS[voice.language], voice.language)]
    return np.concatenate([b.sound for seed, run in enumerate(runs) for b in speak_runs((run,), seed)])


def test_every_language_that_is_spoken_has_been_measured() -> None:
    assert set(GAINS_DB) == {info.tag for info in language_catalogue()}


@pytest.mark.parametrize("name", ["fa", "fa-woman", "en", "en-woman", "de", "ar-woman", "ko"])
def test_a_voice_measured_again_has_the_gain_of_the_table(voices: Voices, name: str) -> None:
    voice = voices.get(name)
    assert voice.gain_db == pytest.approx(own_gain_db(voice), abs=0.5)


@pytest.mark.parametrize("name", ["fa", "fa-woman", "en", "en-woman", "de", "de-woman"])
def test_a_voice_says_what_it_was_not_measured_by_at_the_same_loudness(voices: Voices, name: str) -> None:
    sound = heard(voices, name)
    assert measure_loudness(sound).lufs == pytest.approx(-16, abs=1)
    assert np.abs(sound.astype(int)).max() <= CEILING


@pytest.mark.parametrize("name", ["fa", "fa-woman", "en", "de"])
@pytest.mark.parametrize(
    ("rate", "semitones"), [(1.0, 12), (1.0, -12), (1.0, 5), (0.5, 0), (1.6, 0), (0.5, 12)]
)
def test_a_voice_said_otherwise_is_as_loud(voices: Voices, name: str, rate: float, semitones: float) -> None:
    usual = measure_loudness(heard(voices, name)).lufs
    otherwise = measure_loudness(heard(voices, name, Prosody(rate=rate, pitch_semitones=semitones))).lufs
    assert otherwise == pytest.approx(usual, abs=1.2)


def test_the_usual_way_has_the_gain_of_the_table() -> None:
    assert espeak_way_gain_db(PLAIN) == 0.0
    assert espeak_way_gain_db(Prosody(pitch_semitones=-7.5)) == 2.8


def test_another_process_gives_the_same_samples(voices: Voices, tmp_path: Path) -> None:
    with open_voices(tmp_path) as others:
        assert np.array_equal(heard(others, "fa"), heard(voices, "fa"))


def test_a_variant_is_the_woman_and_an_unknown_language_is_in_the_middle() -> None:
    assert (espeak_gain_db("fa"), espeak_gain_db("fa+f2")) == GAINS_DB["fa"]
    assert espeak_gain_db("ES-419") == GAINS_DB["es-419"][0]
    softer = [man > espeak_gain_db("xx") for man, _ in GAINS_DB.values()]
    assert 0.4 < np.mean(softer) < 0.6
