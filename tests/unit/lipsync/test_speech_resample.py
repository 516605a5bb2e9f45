"""One resampling, exact in length and in value."""

import numpy as np
import pytest

from lipsync.clock import SAMPLE_RATE
from lipsync.speech.resample import Resampler

RATE = 22_050


def resampled(sound: np.ndarray, step: int, rate: int = RATE) -> np.ndarray:
    resampler = Resampler(rate)
    pieces = [resampler.push(sound[start : start + step]) for start in range(0, len(sound), step)]
    return np.concatenate([*pieces, resampler.finish()])


def tone(hertz: float, samples: int, rate: int) -> np.ndarray:
    return np.rint(10_000 * np.sin(2 * np.pi * hertz * np.arange(samples) / rate)).astype(np.int16)


@pytest.mark.parametrize("samples", [0, 1, 5, 147, 1323, 1324, 22_050, 70_001])
@pytest.mark.parametrize("rate", [RATE, 16_000, 24_000, 48_000])
def test_the_output_is_as_long_as_the_input_lasts(samples: int, rate: int) -> None:
    assert len(resampled(tone(300, samples, rate), 1324, rate)) == -(-samples * SAMPLE_RATE // rate)


@pytest.mark.parametrize("step", [1, 7, 147, 5000])
def test_how_the_sound_is_cut_into_buffers_changes_no_sample(step: int) -> None:
    sound = np.random.default_rng(5).integers(-32768, 32767, 5_000).astype(np.int16)
    assert np.array_equal(resampled(sound, step), resampled(sound, 1324))


@pytest.mark.parametrize("hertz", [100, 440, 3_000, 8_000])
def test_a_tone_stays_the_same_tone_in_the_same_place(hertz: int) -> None:
    made = resampled(tone(hertz, RATE, RATE), 1324)[2_000:-2_000].astype(float)
    wanted = tone(hertz, SAMPLE_RATE, SAMPLE_RATE)[2_000:-2_000]
    assert np.abs(made - wanted).max() < 60


def test_a_constant_has_no_ripple() -> None:
    made = resampled(np.full(5_000, 12_345, np.int16), 1324)[500:-500]
    assert set(made.tolist()) == {12_345}


def test_loud_sound_is_limited_and_does_not_wrap() -> None:
    square = np.where(np.arange(4_000) // 25 % 2, 32767, -32768).astype(np.int16)
    made = resampled(square, 1324).astype(int)
    assert np.abs(np.diff(made)).max() < 60_000
    assert made.max() == 32767


def test_a_rate_that_no_voice_has_is_refused() -> None:
    with pytest.raises(ValueError, match="8000"):
        Resampler(4_000)
