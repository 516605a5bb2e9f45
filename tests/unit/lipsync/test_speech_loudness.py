"""Loudness is what ITU-R BS.1770 and EBU Tech 3341 say, whoever measures it."""

import tracemalloc
from fractions import Fraction

import av
import av.filter
import numpy as np
import pytest
from numpy.typing import NDArray

from lipsync.speech.loudness import Loudness, LoudnessMeter, k_weighting, measure_loudness

RATE = 48_000


def tone(peak_dbfs: float, seconds: float, hz: float = 1000.0) -> NDArray[np.float64]:
    at = np.arange(round(seconds * RATE))
    return np.sin(2 * np.pi * hz * at / RATE) * 10 ** (peak_dbfs / 20)


def sixteen_bits(sound: NDArray[np.float64]) -> NDArray[np.int16]:
    return np.rint(np.clip(sound, -1, 1) * 32767).astype(np.int16)


def murmur(seconds: float, seed: int = 1) -> NDArray[np.int16]:
    """Return noise in syllables and pauses, as loud and as soft as talk."""
    chance = np.random.default_rng(seed)
    levels = np.repeat(10 ** (chance.uniform(-60, -6, round(seconds / 0.2)) / 20), RATE // 5)
    return sixteen_bits(chance.standard_normal(len(levels)) * levels / 3)


def told_by_ffmpeg(sound: NDArray[np.int16]) -> float:
    """Return what another's meter says of a sound: `ebur128` of FFmpeg."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(
        sample_rate=RATE, format="s16", layout="mono", time_base=Fraction(1, RATE)
    )
    meter, sink = graph.add("ebur128", "metadata=1"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    told = ""
    for start in range(0, len(sound), 4800):
        frame = av.AudioFrame.from_ndarray(sound[None, start : start + 4800], format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, start
        source.push(frame)
        try:
            while True:
                told = sink.pull().metadata["lavfi.r128.I"]
        except av.error.BlockingIOError:
            continue
    return float(told)


def test_the_filters_are_those_that_the_standard_prints() -> None:
    shelf, high_pass = k_weighting()
    assert shelf == (
        pytest.approx((1.53512485958697, -2.69169618940638, 1.19839281085285), abs=1e-12),
        pytest.approx((1.0, -1.69065929318241, 0.73248077421585), abs=1e-12),
    )
    assert high_pass == (
        pytest.approx((1.0, -2.0, 1.0), abs=1e-12),
        pytest.approx((1.0, -1.99004745483398, 0.99007225036621), abs=1e-12),
    )


def test_a_full_tone_of_997_hz_in_one_channel_has_minus_3_01_lufs() -> None:
    heard = measure_loudness(tone(0.0, 20, hz=997))
    assert heard.lufs == pytest.approx(-3.01, abs=0.005)
    assert heard.peak_dbfs == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize(
    "steps",
    [
        [(-23, 20)],
        [(-33, 20)],
        [(-36, 10), (-23, 60), (-36, 10)],
        [(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)],
        [(-26, 20), (-20, 20.1), (-26, 20)],
    ],
)
def test_the_tones_of_ebu_tech_3341_have_their_loudness_in_one_channel(
    steps: list[tuple[float, float]],
) -> None:
    # The document plays them in two channels, where they are 3.01 LU louder.
    expected = (-33 if steps == [(-33, 20)] else -23) - 3.01
    heard = measure_loudness(np.concatenate([tone(*step) for step in steps]))
    assert heard.lufs == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_another_meter_says_the_same(seed: int) -> None:
    sound = murmur(30, seed)
    assert measure_loudness(sound).lufs == pytest.approx(told_by_ffmpeg(sound), abs=0.02)


def test_low_sound_is_heard_less_than_high_sound() -> None:
    low, high = (measure_loudness(tone(-20, 5, hz=hz)).lufs for hz in (40, 4000))
    assert low is not None
    assert high is not None
    assert high - low > 9


def test_silence_between_words_does_not_count() -> None:
    said = tone(-20, 5)
    alone = measure_loudness(said).lufs
    parted = measure_loudness(np.concatenate((said, np.zeros(20 * RATE), said))).lufs
    assert parted == pytest.approx(alone, abs=0.15)


def test_how_a_sound_is_cut_makes_no_difference() -> None:
    sound, chance = murmur(12), np.random.default_rng(5)
    meter, at = LoudnessMeter(), 0
    while at < len(sound):
        length = int(chance.choice([0, 1, 7, 480, 4800, 100_000]))
        meter.push(sound[at : at + length])
        at += length
    assert meter.finish() == measure_loudness(sound)


def test_floats_and_whole_numbers_of_one_sound_are_equally_loud() -> None:
    sound = murmur(4)
    assert measure_loudness(sound.astype(np.float32) / 32768) == measure_loudness(sound)


def test_asking_twice_changes_nothing_and_sound_may_go_on() -> None:
    sound, meter = murmur(6), LoudnessMeter()
    meter.push(sound[: 3 * RATE])
    assert meter.finish() == meter.finish() == measure_loudness(sound[: 3 * RATE])
    meter.push(sound[3 * RATE :])
    assert meter.finish().lufs == pytest.approx(measure_loudness(sound).lufs, abs=1e-9)


@pytest.mark.parametrize("sound", [np.zeros(0, np.int16), np.zeros(RATE, np.int16)])
def test_silence_has_no_loudness_and_is_not_lifted(sound: NDArray[np.int16]) -> None:
    assert measure_loudness(sound) == Loudness(lufs=None, peak_dbfs=None)
    assert measure_loudness(sound).gain_to() == 0.0


def test_what_is_shorter_than_a_block_has_a_peak_only() -> None:
    heard = measure_loudness(tone(-6, 0.399))
    assert heard.lufs is None
    assert heard.peak_dbfs == pytest.approx(-6, abs=0.01)
    assert measure_loudness(tone(-6, 0.4)).lufs is not None


def test_what_is_below_minus_70_lufs_does_not_count() -> None:
    assert measure_loudness(tone(-68, 5)).lufs is None
    assert measure_loudness(tone(-66, 5)).lufs == pytest.approx(-69, abs=0.1)


def test_a_gain_brings_a_sound_to_the_target() -> None:
    sound = tone(-30, 5)
    gain_db = measure_loudness(sound).gain_to(-16)
    assert gain_db == pytest.approx(17.0, abs=0.1)
    assert measure_loudness(sound * 10 ** (gain_db / 20)).lufs == pytest.approx(-16, abs=1e-6)
    assert measure_loudness(tone(0, 5)).gain_to(-16) == pytest.approx(-13, abs=0.1)


def test_a_quiet_room_is_lifted_by_20_db_at_most() -> None:
    assert measure_loudness(tone(-55, 5)).gain_to() == 20.0
    assert measure_loudness(tone(-55, 5)).gain_to(most_lift_db=6) == 6.0


@pytest.mark.parametrize("sound", [np.zeros((2, 9)), np.array([0.0, np.nan]), np.array([np.inf])])
def test_what_is_not_one_channel_of_numbers_is_refused(sound: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match="sound is measured"):
        measure_loudness(sound)


def test_ten_minutes_are_measured_within_four_megabytes() -> None:
    minute, meter = murmur(60), LoudnessMeter()
    meter.push(minute[:RATE])
    tracemalloc.start()
    for _ in range(10):
        meter.push(minute)
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most_bytes < 4 << 20
    assert meter.finish().lufs is not None
