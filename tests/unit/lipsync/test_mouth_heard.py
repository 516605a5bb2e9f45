"""Recorded speech becomes a mouth, from the sound alone."""

import numpy as np
import pytest

from lipsync.clock import SAMPLE_RATE, UnevenClock
from lipsync.mouth.controls import CONTROLS
from lipsync.mouth.heard import heard_mouth
from lipsync.mouth.heard_features import measure_level
from lipsync.mouth.heard_model import HeardModel, HeardModelBroken, read_heard_model
from lipsync.speech.spans import Sound
from workers.heard_table import shipped_heard_model


@pytest.fixture(scope="module")
def model() -> HeardModel:
    return shipped_heard_model()


def whole(sound: Sound, model: HeardModel) -> np.ndarray:
    return heard_mouth(sound, 0, -(-len(sound) // 1920), level=measure_level(sound), model=model)


def voiced(seconds: float) -> Sound:
    """Return a buzz that swells and fades three times a second."""
    times = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tone = sum(np.sin(2 * np.pi * 120 * n * times) / n for n in range(1, 30))
    return (tone * np.maximum(np.sin(2 * np.pi * 3 * times), 0) * 6000).astype(np.int16)


@pytest.mark.parametrize("frames", [1, 3, 8, 25])
def test_any_run_of_frames_gives_the_rows_of_the_whole(model: HeardModel, frames: int) -> None:
    sound = voiced(4)
    level, all_rows = measure_level(sound), whole(sound, model)
    for first in range(0, 100, frames):
        count = min(frames, 100 - first)
        rows = heard_mouth(sound, first, count, level=level, model=model)
        assert np.array_equal(rows, all_rows[first : first + count])


def test_silence_is_a_mouth_at_rest(model: HeardModel) -> None:
    assert not whole(np.zeros(48_000, np.int16), model).any()


@pytest.mark.parametrize("samples", [0, 1, 479, 1_200])
def test_a_scrap_of_sound_is_a_mouth_at_rest(model: HeardModel, samples: int) -> None:
    track = whole(np.full(samples, 1000, np.int16), model)
    assert track.shape == (-(-samples // 1920), len(CONTROLS))
    assert not track.any()


def test_a_frame_rate_that_does_not_divide_is_refused(model: HeardModel) -> None:
    sound = voiced(1)
    with pytest.raises(UnevenClock):
        heard_mouth(sound, 0, 5, 29, level=measure_level(sound), model=model)


def test_a_damaged_table_is_refused(model: HeardModel) -> None:
    data = bytearray(model.to_npz())
    data[100] ^= 1
    with pytest.raises(HeardModelBroken):
        read_heard_model(bytes(data))
