"""Each voice is measured once and its sample kept; one that cannot speak stops no other."""

import io
import threading
import wave
from pathlib import Path

import numpy as np
import pytest
from tiny_piper import write_voice

from avatars.errors import StorageError
from avatars.storage_memory import MemoryStorage
from avatars.voice_files import sample_key
from lipsync.speech.loudness import measure_loudness
from workers.voice_samples import keep_samples
from workers.voices import Voices, open_voices


class FullStorage(MemoryStorage):
    """Storage without a place."""

    def put(self, key: str, data: bytes, *, durable: bool = True) -> None:
        raise StorageError("full")


def described(voices: Voices) -> dict[str, tuple[bool, bool]]:
    return {each.name: (each.real_time_factor is not None, bool(each.sample)) for each in voices.catalogue()}


def test_every_voice_is_measured_and_heard_of(tmp_path: Path) -> None:
    write_voice(tmp_path / "models")
    write_voice(tmp_path / "models", "fa_IR-broken-low", model=b"no model")
    storage = MemoryStorage()
    with open_voices(tmp_path / "run", tmp_path / "models") as voices:
        keep_samples(voices, storage, lambda: True, threading.Event())
        known = described(voices)
        again = {each.name: each.sample for each in voices.catalogue()}
        keep_samples(voices, storage, lambda: True, threading.Event())
        assert {each.name: each.sample for each in voices.catalogue()} == again
    assert known == {
        "fa": (True, True), "fa-woman": (True, True), "en": (True, True), "en-woman": (True, True),
        "fa-broken": (False, False), "fa-tiny": (True, True),
    }  # fmt: skip
    assert len({sample for sample in again.values() if sample}) == 5
    with wave.open(io.BytesIO(storage.get(sample_key("fa-tiny")))) as sample:
        assert (sample.getframerate(), sample.getnchannels(), sample.getsampwidth()) == (48_000, 1, 2)
        assert 48_000 < sample.getnframes() < 48_000 * 20
    for name in ("fa", "en-woman"):
        with wave.open(io.BytesIO(storage.get(sample_key(name)))) as sample:
            sound = np.frombuffer(sample.readframes(sample.getnframes()), "<i2")
        assert measure_loudness(sound).lufs == pytest.approx(-16, abs=1)


def test_a_sample_that_cannot_be_kept_is_not_promised(tmp_path: Path) -> None:
    with open_voices(tmp_path) as voices:
        keep_samples(voices, FullStorage(), lambda: True, threading.Event())
        assert set(described(voices).values()) == {(False, False)}


def test_a_worker_that_leaves_measures_no_more(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    with open_voices(tmp_path) as voices:
        keep_samples(voices, MemoryStorage(), lambda: False, stop)
        assert set(described(voices).values()) == {(False, False)}
