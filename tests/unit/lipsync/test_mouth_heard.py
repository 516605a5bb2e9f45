"""Recorded speech becomes a mouth, from the sound alone."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cli.bench.hearing import compare, said
from lipsync.clock import SAMPLE_RATE, UnevenClock, frames_covering, ms_to_samples
from lipsync.mouth.controls import BROW, CONTROLS, JAW, NOD, PRESS, ROUND
from lipsync.mouth.heard import HEARD_REACH_SAMPLES, heard_mouth
from lipsync.mouth.heard_features import measure_level
from lipsync.mouth.heard_model import HeardModel, HeardModelBroken, read_heard_model
from lipsync.speech.spans import Sound, Speech
from workers.heard_table import shipped_heard_model
from workers.voice_process import VoiceProcess

FRAME = 1920
SAID = (
    ("f5", "en", "Maybe my brother will bring a map of the valley tomorrow."),
    ("m6", "fa", "بابا با مامان در باران به بازار می‌رود."),
    ("steph", "en", "The farmer fed five big pigs behind the barn."),
    ("klatt3", "fa", "امروز مادرم یک سبد بزرگ سیب و انار خرید."),
)
"""Variants and sentences that the table was not made from."""


@pytest.fixture(scope="module")
def model() -> HeardModel:
    return shipped_heard_model()


@pytest.fixture(scope="module")
def speeches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Speech]]:
    folder: Path = tmp_path_factory.mktemp("heard")
    with contextlib.closing(VoiceProcess(folder)) as process:
        yield [said(process, *what, seed) for seed, what in enumerate(SAID)]


def whole(sound: Sound, model: HeardModel) -> np.ndarray:
    return heard_mouth(sound, 0, frames_covering(len(sound)), level=measure_level(sound), model=model)


def noise(seconds: float, loudness: float, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, loudness, int(seconds * SAMPLE_RATE))


def agreement(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one, other)[0, 1])


def test_the_mouth_agrees_with_that_of_the_phonemes(speeches: list[Speech]) -> None:
    found = compare(speeches)
    assert found["jaw_r"] >= 0.85
    assert found["round_r"] >= 0.7
    assert abs(found["lag_ms"]) <= 20
    assert found["closure_recall"] >= 0.8
    assert found["closure_precision"] >= 0.85


def test_lips_close_on_a_bilabial_and_part_for_the_vowels_beside_it(
    speeches: list[Speech], model: HeardModel
) -> None:
    speech = speeches[1]
    track = whole(speech.sound, model)
    first, second = [
        (span.start_samples + span.end_samples) // 2 // FRAME
        for span in speech.phonemes
        if span.symbol.lstrip("',") in ("A:", "A")
    ][:2]
    assert track[first, JAW] > 0.4
    assert track[second, JAW] > 0.4
    assert track[first : second + 1, PRESS].max() == 1.0
    assert track[first, PRESS] < 0.5


def test_no_frame_is_out_of_bounds_and_brows_and_head_are_still(
    speeches: list[Speech], model: HeardModel
) -> None:
    for speech in speeches:
        track = whole(speech.sound, model)
        assert track.dtype == np.float32
        assert track.min() >= 0
        assert track.max() <= 1
        assert not track[:, (BROW, NOD)].any()


@pytest.mark.parametrize("frames", [1, 3, 8, 40])
def test_any_run_of_frames_gives_the_rows_of_the_whole(
    speeches: list[Speech], model: HeardModel, frames: int
) -> None:
    sound = speeches[0].sound
    level, all_rows = measure_level(sound), whole(sound, model)
    for first in range(0, len(all_rows), frames):
        count = min(frames, len(all_rows) - first)
        rows = heard_mouth(sound, first, count, level=level, model=model)
        assert np.array_equal(rows, all_rows[first : first + count])


def test_what_is_beyond_the_reach_changes_nothing(speeches: list[Speech], model: HeardModel) -> None:
    sound = speeches[0].sound
    level = measure_level(sound)
    first, count = 30, 8
    near = np.zeros_like(sound)
    low, high = first * FRAME - HEARD_REACH_SAMPLES, (first + count) * FRAME + HEARD_REACH_SAMPLES
    near[low:high] = sound[low:high]
    expected = heard_mouth(sound, first, count, level=level, model=model)
    assert np.array_equal(heard_mouth(near, first, count, level=level, model=model), expected)


@pytest.mark.parametrize("gain", [0.03, 0.2, 1.4])
def test_a_soft_and_a_loud_recording_have_the_same_mouth(
    speeches: list[Speech], model: HeardModel, gain: float
) -> None:
    sound = speeches[2].sound
    scaled = np.clip(sound * gain, -32768, 32767).astype(np.int16)
    assert agreement(whole(scaled, model)[:, JAW], whole(sound, model)[:, JAW]) > 0.97


def test_a_hum_and_a_constant_offset_change_little(speeches: list[Speech], model: HeardModel) -> None:
    sound = speeches[2].sound
    times = np.arange(len(sound)) / SAMPLE_RATE
    disturbed = (sound * 0.7 + 1500 + 600 * np.sin(2 * np.pi * 50 * times)).astype(np.int16)
    assert agreement(whole(disturbed, model)[:, JAW], whole(sound, model)[:, JAW]) > 0.9


def test_the_pause_between_two_sentences_is_a_mouth_at_rest_even_in_a_noisy_room(
    speeches: list[Speech], model: HeardModel
) -> None:
    pause = np.zeros(SAMPLE_RATE, np.int16)
    quiet = np.concatenate((pause, speeches[0].sound, pause, pause, speeches[0].sound))
    loudness = float(speeches[0].sound.std()) * 10 ** (-25 / 20)
    sound = np.clip(quiet + noise(len(quiet) / SAMPLE_RATE, loudness)[: len(quiet)], -32768, 32767)
    track = whole(sound.astype(np.int16), model)
    middle = (SAMPLE_RATE + len(speeches[0].sound) + SAMPLE_RATE) // FRAME
    for control in (JAW, ROUND, PRESS):
        assert track[middle - 10 : middle + 10, control].max() < 0.15


@pytest.mark.parametrize("loudness", [0.0, 3.0, 100.0, 3000.0])
def test_silence_and_the_noise_of_a_room_are_a_mouth_at_rest(model: HeardModel, loudness: float) -> None:
    sound = np.clip(np.rint(noise(3, loudness)), -32768, 32767).astype(np.int16)
    assert not whole(sound, model).any()


@pytest.mark.parametrize("samples", [0, 1, 479, 1_200])
def test_a_scrap_of_sound_is_a_mouth_at_rest(model: HeardModel, samples: int) -> None:
    track = whole(np.full(samples, 1000, np.int16), model)
    assert track.shape == (-(-samples // FRAME), len(CONTROLS))
    assert not track.any()


@pytest.mark.parametrize("value", [32_767, -32_768, 500])
def test_a_constant_is_a_mouth_at_rest(model: HeardModel, value: int) -> None:
    assert not whole(np.full(SAMPLE_RATE * 2, value, np.int16), model).any()


def test_a_clipped_square_wave_gives_a_mouth_within_bounds(model: HeardModel) -> None:
    times = np.arange(SAMPLE_RATE * 2)
    square = np.where(times // ms_to_samples(4) % 2 == 0, 32_767, -32_768).astype(np.int16)
    square[: SAMPLE_RATE // 2] = 0
    track = whole(square, model)
    assert np.isfinite(track).all()
    assert track.min() >= 0
    assert track.max() <= 1


def test_a_frame_rate_that_does_not_divide_is_refused(speeches: list[Speech], model: HeardModel) -> None:
    sound = speeches[0].sound
    with pytest.raises(UnevenClock):
        heard_mouth(sound, 0, 5, 29, level=measure_level(sound), model=model)


def test_a_table_is_read_as_it_was_written(model: HeardModel) -> None:
    again = read_heard_model(model.to_npz())
    assert all(np.array_equal(a.weights, b.weights) for a, b in zip(again.layers, model.layers, strict=True))


@pytest.mark.parametrize("place", [0, 100, -1])
def test_a_damaged_table_is_refused(model: HeardModel, place: int) -> None:
    data = bytearray(model.to_npz())
    data[place] ^= 1
    with pytest.raises(HeardModelBroken):
        read_heard_model(bytes(data))


def test_a_table_of_another_version_is_refused(model: HeardModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lipsync.mouth.heard_model.HEARD_FILE_VERSION", 2)
    later = model.to_npz()
    monkeypatch.undo()
    with pytest.raises(HeardModelBroken):
        read_heard_model(later)
