"""Mel columns are those of the reference, column by column, however the sound is cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lipsync import clock
from lipsync.speech.heard import AFTER_SAMPLES, BEFORE_SAMPLES, PAST_FRAMES, Heard, silence
from lipsync.speech.mel import columns, columns_of_wave, windows

FRAME = clock.samples_per_frame()

BANDS = (0, 5, 17, 30, 44, 61, 79)
LIBROSA = {
    0: (-0.6279, -0.0933, -2.9245, -0.3438, -0.9466, -2.5933, -0.5170),
    1: (-1.1189, -0.3515, -3.3282, -0.8238, -1.4283, -3.0579, -0.9987),
    2: (-4.0000, -0.7928, -4.0000, -3.1067, -4.0000, -4.0000, -4.0000),
    7: (-4.0000, -0.7928, -4.0000, -3.5430, -4.0000, -4.0000, -4.0000),
    40: (-4.0000, -0.7862, -3.2900, -2.9134, -2.4431, -1.5137, -1.2872),
    63: (-4.0000, -0.7929, -4.0000, -4.0000, -3.5940, -4.0000, -4.0000),
}
"""Columns of `tones(16_000)`, made with librosa 0.11.0 and SciPy:

    y = scipy.signal.lfilter([1, -0.97], [1], tones(16_000) / 32768)
    d = librosa.stft(y=y, n_fft=800, hop_length=200, win_length=800, pad_mode="reflect")
    b = librosa.filters.mel(sr=16000, n_fft=800, n_mels=80, fmin=55, fmax=7600)
    s = 20 * np.log10(np.maximum(1e-5, b @ np.abs(d))) - 20
    np.clip(8 * (s + 100) / 100 - 4, -4, 4)
"""


def tones(rate: int) -> np.ndarray:
    """Return a second of three tones, one of them rising, one coming and going, int16."""
    at = np.arange(rate)
    t = at / rate
    low, rising = 9000 * np.sin(2 * np.pi * 220 * t), 5000 * np.sin(2 * np.pi * 1330 * t * (1 + 0.2 * t))
    high = 2000 * np.sin(2 * np.pi * 5100 * t) * (at % (rate // 4) < rate // 8)
    return np.rint(low + rising + high).astype(np.int16)


def by_definition(wave: np.ndarray, column: int) -> np.ndarray:
    """Return one column from sums written out: no transform, no table of this house."""
    lifted = np.array([wave[0], *(wave[n] - 0.97 * wave[n - 1] for n in range(1, len(wave)))])

    def at(n: int) -> float:
        n = abs(n)
        return float(lifted[n if n < len(lifted) else 2 * (len(lifted) - 1) - n])

    span = np.array([at(200 * column - 400 + n) for n in range(800)])
    span *= [0.5 - 0.5 * np.cos(2 * np.pi * n / 800) for n in range(800)]
    turns = np.exp(-2j * np.pi * np.outer(np.arange(401), np.arange(800)) / 800)
    heights = np.abs(turns @ span)

    def hertz(mels: float) -> float:
        return mels * 200 / 3 if mels < 15 else 1000 * 6.4 ** ((mels - 15) / 27)

    least, most = 55 * 3 / 200, 15 + 27 * np.log(7.6) / np.log(6.4)
    corners = [hertz(least + (most - least) * n / 81) for n in range(82)]
    found = []
    for low, middle, high in zip(corners, corners[1:], corners[2:], strict=False):
        total = 0.0
        for bin_number, height in enumerate(heights):
            f = bin_number * 20.0
            rise, fall = (f - low) / (middle - low), (high - f) / (high - middle)
            total += max(0.0, min(rise, fall)) * 2 / (high - low) * height
        decibels = 20 * np.log10(max(1e-5, total)) - 20
        found.append(min(4.0, max(-4.0, 8 * (decibels + 100) / 100 - 4)))
    return np.array(found)


@pytest.mark.parametrize("column", LIBROSA)
def test_columns_of_a_whole_sound_are_librosas(column: int) -> None:
    found = columns_of_wave(tones(16_000) / 32768)
    assert found.shape == (81, 80)
    assert found[column, list(BANDS)] == pytest.approx(LIBROSA[column], abs=1e-4)


@pytest.mark.parametrize("column", [0, 1, 5, 14, 16])
def test_columns_of_a_whole_sound_are_the_sums_of_the_definition(column: int) -> None:
    wave = np.random.default_rng(2).standard_normal(3200) * 0.1
    assert columns_of_wave(wave)[column] == pytest.approx(by_definition(wave, column), abs=1e-5)


def test_sound_at_48_khz_gives_the_columns_of_the_same_sound_at_16_khz() -> None:
    found, wanted = columns(tones(48_000), 0, 0, 76), columns_of_wave(tones(16_000) / 32768)[:76]
    # At the very beginning, and where the high tone is switched, a click differs with the rate.
    steady = [*range(4, 6), *range(14, 16), *range(24, 26), *range(34, 36)]
    loud = wanted[steady] > -3
    assert loud.sum() > 60
    assert np.abs(found[steady] - wanted[steady])[loud].max() < 0.05


def test_what_16_khz_cannot_hold_does_not_come_back_as_something_else() -> None:
    t = np.arange(24_000) / 48_000
    beyond = np.rint(12_000 * np.sin(2 * np.pi * 9_500 * t)).astype(np.int16)
    within = np.rint(12_000 * np.sin(2 * np.pi * 6_500 * t)).astype(np.int16)
    assert columns(beyond, 0, 6, 20).max() < -2.5
    assert columns(within, 0, 6, 20).max() > 0.5


def test_silence_is_the_lowest_value_and_so_is_what_follows_a_sentence() -> None:
    assert (windows(silence(3)) == -4).all()
    after = columns(tones(48_000), 0, 84, 5)
    assert (after == -4).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 70), st.integers(1, 30), st.integers(0, 3000))
def test_any_cut_of_the_sound_gives_the_same_columns(first: int, count: int, spare: int) -> None:
    sound = tones(48_000)
    whole = columns(sound, 0, 0, 100)
    start = max(0, 600 * first - 1500 - spare)
    end = 600 * (first + count) + 1500 + spare
    assert np.array_equal(columns(sound[start:end], start, first, count), whole[first : first + count])


def test_a_frame_takes_sixteen_columns_from_its_own_time() -> None:
    sound = tones(48_000)
    found = windows(Heard(0, 25, 0, sound))
    whole = columns(sound, 0, 0, 100)
    assert found.shape == (25, 1, 80, 16)
    assert found.dtype == np.float32
    for frame in (0, 1, 2, 3, 4, 5, 13, 24):
        at = int(80 * frame / 25)
        assert np.array_equal(found[frame, 0], whole[at : at + 16].T)


@pytest.mark.parametrize("first", [1, 2, 3, 9])
def test_the_sound_that_comes_with_frames_is_all_that_they_and_those_before_them_need(first: int) -> None:
    sound = tones(48_000)
    start = max(0, first * FRAME - BEFORE_SAMPLES)
    end = (first + 4) * FRAME + AFTER_SAMPLES
    found = windows(Heard(first, 4, start, sound[start:end]), PAST_FRAMES)
    whole = windows(Heard(0, 20, 0, sound))
    past = min(PAST_FRAMES, first)
    assert np.array_equal(found, whole[first - past : first + 4])
