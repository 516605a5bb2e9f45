"""A voice that comes as files is measured once, and all workers find the same gain."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tiny_piper import write_voice

from avatars.errors import StorageError, StorageUnreachable
from avatars.storage_memory import MemoryStorage
from avatars.voice_files import gain_key
from lipsync.speech.errors import VoiceMute, VoiceUnavailable
from lipsync.speech.levelling import voice_gain_db
from lipsync.speech.limiter import CEILING
from lipsync.speech.loudness import measure_loudness
from lipsync.speech.sentence import speak_sentence
from lipsync.text.reading import read_sentences
from workers.voice_gains import KeptGains, checksum_of
from workers.voice_texts import NUMBERS, measuring_texts
from workers.voices import Voices, open_voices


@pytest.fixture
def model(tmp_path: Path) -> Path:
    write_voice(tmp_path / "models")
    (found,) = (tmp_path / "models").glob("*.onnx")
    return found


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


@pytest.fixture
def voices(tmp_path: Path, model: Path, storage: MemoryStorage) -> Iterator[Voices]:
    with open_voices(tmp_path / "run", model.parent, storage) as made:
        yield made


def never() -> float:
    raise AssertionError("it was measured again")


def test_a_voice_of_files_speaks_at_the_same_loudness_as_all(voices: Voices) -> None:
    voice = voices.get("fa-tiny")
    sentences = read_sentences("فردا هوا سردتر می‌شود. مردم با هم آواز خواندند.", "fa")
    sound = np.concatenate([b.sound for each in sentences for b in speak_sentence(voice, each, 1)])
    assert measure_loudness(sound).lufs == pytest.approx(-16, abs=1)
    assert np.abs(sound.astype(int)).max() <= CEILING


def test_its_gain_is_kept_under_the_checksum_of_its_files(
    voices: Voices, model: Path, storage: MemoryStorage
) -> None:
    gain_db = voices.get("fa-tiny").gain_db
    kept = json.loads(storage.get(gain_key(checksum_of(model))))
    assert kept == {"version": 1, "gain_db": gain_db}
    assert KeptGains(storage).gain_db(model, never) == gain_db


def test_a_process_asks_once(model: Path, storage: MemoryStorage) -> None:
    gains = KeptGains(storage)
    assert gains.gain_db(model, lambda: 3.5) == 3.5
    storage.delete_all("voices/")
    assert gains.gain_db(model, never) == 3.5


def test_a_voice_that_is_known_does_not_wait_for_another_to_be_measured(tmp_path: Path, model: Path) -> None:
    write_voice(tmp_path / "more", "en_US-other-low", "en")
    (other,) = (tmp_path / "more").glob("*.onnx")
    gains = KeptGains()
    gains.gain_db(model, lambda: 2.5)
    with ThreadPoolExecutor(1) as pool:

        def measured_meanwhile() -> float:
            assert pool.submit(gains.gain_db, model, never).result(timeout=30) == 2.5
            return 1.0

        assert gains.gain_db(other, measured_meanwhile) == 1.0


def test_whoever_has_kept_one_first_is_followed(model: Path, storage: MemoryStorage) -> None:
    def measured_by_both() -> float:
        assert KeptGains(storage).gain_db(model, lambda: 2.0) == 2.0
        return 9.0

    assert KeptGains(storage).gain_db(model, measured_by_both) == 2.0
    assert KeptGains(storage).gain_db(model, never) == 2.0


def test_without_storage_it_is_measured_for_this_process(model: Path) -> None:
    assert KeptGains().gain_db(model, lambda: 1.5) == 1.5


@pytest.mark.parametrize("kept", [b"", b"[]", b'{"version": 0, "gain_db": 1}', b'{"version": 1}'])
def test_a_gain_that_does_not_read_is_measured_and_written_anew(
    model: Path, storage: MemoryStorage, kept: bytes
) -> None:
    storage.put(gain_key(checksum_of(model)), kept)
    assert KeptGains(storage).gain_db(model, lambda: 4.0) == 4.0
    assert KeptGains(storage).gain_db(model, never) == 4.0


def test_other_files_have_a_gain_of_their_own(tmp_path: Path, model: Path) -> None:
    before = checksum_of(model)
    settings = model.with_name(f"{model.name}.json")
    settings.write_text(settings.read_text("utf-8") + "\n", "utf-8")
    assert checksum_of(model) != before


def test_a_storage_that_cannot_be_asked_lets_nobody_speak_at_another_level(model: Path) -> None:
    class Away(MemoryStorage):
        def get(self, key: str) -> bytes:
            raise StorageUnreachable("away")

    with pytest.raises(VoiceUnavailable, match="gain of"):
        KeptGains(Away()).gain_db(model, never)


def test_a_full_storage_keeps_nothing_and_the_voice_speaks(model: Path) -> None:
    class Full(MemoryStorage):
        def put(self, key: str, data: bytes, *, durable: bool = True) -> None:
            raise StorageError("full")

    assert KeptGains(Full()).gain_db(model, lambda: 4.0) == 4.0


def test_files_that_are_gone_are_told_of(tmp_path: Path) -> None:
    with pytest.raises(VoiceUnavailable, match=r"gone\.onnx"):
        KeptGains().gain_db(tmp_path / "gone.onnx", never)


def test_a_voice_that_does_not_speak_has_no_gain_and_is_asked_again(
    model: Path, storage: MemoryStorage
) -> None:
    def mute() -> float:
        raise VoiceMute("tiny")

    gains = KeptGains(storage)
    with pytest.raises(VoiceMute):
        gains.gain_db(model, mute)
    assert gains.gain_db(model, lambda: 1.0) == 1.0


def test_a_gain_brings_speech_out_of_the_limiter_at_the_target() -> None:
    chance = np.random.default_rng(3)
    syllables = np.repeat(chance.uniform(0.05, 1, 60), 9_600)
    sound = np.rint(chance.standard_normal(len(syllables)) * syllables * 900).astype(np.int16)
    assert voice_gain_db([sound]) == pytest.approx(measure_loudness(sound).gain_to(), abs=1.5)
    assert voice_gain_db([np.zeros(48_000, np.int16)]) == 0.0
    assert voice_gain_db([np.ones(48_000, np.int16)]) == 0.0


def test_languages_are_measured_by_sentences_of_theirs_or_by_numbers() -> None:
    assert measuring_texts("de-at") == measuring_texts("de") != NUMBERS
    assert measuring_texts("ko") == NUMBERS
