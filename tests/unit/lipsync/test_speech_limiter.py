"""No sample above the ceiling, none moved, and the same samples however they come."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lipsync.clock import ms_to_samples
from lipsync.speech.gain import amplified
from lipsync.speech.limiter import AHEAD_SAMPLES, CEILING, Limiter

RATE = 48_000


def limited(levels: NDArray[np.int64], cuts: list[int] | None = None) -> NDArray[np.int16]:
    limiter = Limiter()
    pieces = np.split(levels, sorted(cuts or []))
    return np.concatenate([*(limiter.push(piece) for piece in pieces), limiter.finish()])


def tone(level: int, samples: int, hz: float = 220.0) -> NDArray[np.int64]:
    return np.rint(level * np.sin(2 * np.pi * hz * np.arange(samples) / RATE)).astype(np.int64)


def test_quiet_sound_passes_unchanged() -> None:
    levels = tone(CEILING, RATE)
    assert np.array_equal(limited(levels), levels)


def test_it_looks_ahead_by_less_than_five_milliseconds() -> None:
    assert ms_to_samples(5) > AHEAD_SAMPLES
    limiter = Limiter()
    assert len(limiter.push(tone(1000, 2880))) == 2880 - AHEAD_SAMPLES
    assert len(limiter.push(tone(1000, 100))) == 100


@given(
    loud=st.lists(st.tuples(st.integers(0, 3_000), st.integers(-400_000, 400_000)), max_size=12),
    level=st.integers(0, 100_000),
    cuts=st.lists(st.integers(0, 3_000), max_size=12),
)
@settings(max_examples=150, deadline=None)
def test_any_cut_gives_the_same_samples_below_the_ceiling(
    loud: list[tuple[int, int]], level: int, cuts: list[int]
) -> None:
    levels = tone(level, 3_001)
    for at, height in loud:
        levels[at] = height
    whole = limited(levels)
    assert len(whole) == len(levels)
    assert np.abs(whole.astype(int)).max() <= CEILING
    assert np.array_equal(limited(levels, cuts), whole)
    assert (np.abs(whole.astype(int)) <= np.abs(levels)).all()


@pytest.mark.parametrize("at", [0, 1, 100, AHEAD_SAMPLES, 4_999])
def test_a_peak_anywhere_even_at_the_edges_is_held(at: int) -> None:
    levels = tone(8_000, 5_000)
    levels[at] = -90_000
    sound = limited(levels)
    assert CEILING * 0.99 < -int(sound[at]) <= CEILING
    assert np.argmin(sound) == at


def test_what_is_not_near_a_peak_is_as_it_was() -> None:
    levels = tone(8_000, 2 * RATE)
    levels[RATE] = 60_000
    sound = limited(levels)
    assert np.array_equal(sound[: RATE - AHEAD_SAMPLES], levels[: RATE - AHEAD_SAMPLES])
    back = RATE + ms_to_samples(200)
    assert np.array_equal(sound[back:], levels[back:])


def test_the_gain_falls_and_rises_without_a_jump() -> None:
    levels = np.full(RATE, 20_000, np.int64)
    levels[RATE // 2] = 100_000
    gain = limited(levels).astype(int) / levels
    gain[RATE // 2] = gain[RATE // 2 - 1]
    assert np.abs(np.diff(gain)).max() < 0.012


def test_a_loud_low_voice_keeps_its_shape() -> None:
    # A gain that followed each period of 100 Hz would put overtones into it.
    sound = limited(tone(2 * CEILING, RATE, hz=100.0))[RATE // 2 :]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    fundamental = spectrum[:75].max()
    assert 20 * np.log10(spectrum[125:].max() / fundamental) < -40


def test_silence_and_nothing_stay_so() -> None:
    assert len(limited(np.zeros(0, np.int64))) == 0
    assert not limited(np.zeros(500, np.int64)).any()
    assert len(limited(np.full(3, 50_000))) == 3


def test_a_gain_of_nothing_changes_no_level() -> None:
    sound = np.array([-32768, -1, 0, 1, 32767], np.int16)
    assert amplified(sound, 0).tolist() == sound.tolist()
    assert amplified(sound, 6.0206).tolist() == [-65536, -2, 0, 2, 65534]
    assert amplified(sound, -200).tolist() == [0] * 5
