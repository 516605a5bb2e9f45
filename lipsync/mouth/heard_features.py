"""Sound in, what is heard in it every 10 ms out: the loudness of bands, against the recording's own.

Between a recording and `lipsync.mouth.heard`. How loud a recording is, and what its room and
its microphone add, is measured once over the whole of it (`measure_level`) and handed in from
then on, so that a row depends on nothing but the sound under its window. Rows are whole
numbers: what is computed from them is the same in every process, however a recording is cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lipsync.clock import SAMPLE_RATE, ms_to_samples
from lipsync.speech.spans import Sound

HOP_SAMPLES = ms_to_samples(10)
"""Row k stands for the sound around the middle of its 10 ms."""
WINDOW_SAMPLES = ms_to_samples(25)
SIDE_SAMPLES = (WINDOW_SAMPLES - HOP_SAMPLES + 1) // 2
"""What a row needs of the sound before and after its own 10 ms."""

BANDS = 32
_LOWEST_HZ, _HIGHEST_HZ = 80.0, 7_600.0
"""Speech; below is the hum of the mains, above is what telephones and codecs leave out."""

STEPS_PER_DB = 2
_SOFTEST_DB, _LOUDEST_DB = -40.0, 40.0
"""Bounds of a row's values, against the mean of the recording's speech in that band."""

_NOTHING_DB = -100.0
"""Against full scale: less than the last bit of a sample."""
_SPEECH_DB = -65.0
"""A recording whose louder parts stay below this holds no speech."""
_ALIVE_DB = 9.0
"""Speech comes and goes; what varies less than this is the noise of a room."""
_HEADROOM_DB = 12.0
"""The room is at least this far below the speech, or a recording without a pause would be all room."""
_NOISE_SHARE = 2.0
"""How many times the room's power is taken off: noise swings around its mean."""
_FEWEST_HOPS = 20
"""What is shorter is a click rather than a word."""
_BLOCK_HOPS = 2_000
_MOST_BLOCKS = 30
"""Ten minutes, spread evenly over what is longer, tell the level of hours."""

Bands = NDArray[np.float64]
"""Power in each band, shape (hops, BANDS); 1 is a full-scale sine's."""


@dataclass(frozen=True, slots=True)
class HeardLevel:
    """How loud a recording's speech and its room are, in tenths of dB below or above full scale."""

    speech_tenths_db: tuple[int, ...]
    """Per band: the mean of the speech."""
    room_tenths_db: tuple[int, ...]
    """Per band: what is there when nobody speaks."""
    speaks: bool = True
    """False when nothing in the recording is speech."""


def measure_level(sound: Sound) -> HeardLevel:
    """Return the level of a recording, measured once over all of it.

    Args:
        sound: mono int16 at 48 kHz, shape (samples,), of any length, also none.
    """
    hops = len(sound) // HOP_SAMPLES
    if hops < _FEWEST_HOPS:
        return _silent()
    bands = [_decibels(power) for power in _blocks(sound, hops)]
    spectrum = np.concatenate(bands)
    loudness = 10 * np.log10((10 ** (spectrum / 10)).sum(axis=1))
    loud, quiet = np.percentile(loudness, (95, 10))
    if loud < _SPEECH_DB or loud - np.percentile(loudness, 3) < _ALIVE_DB:
        return _silent()
    speech = spectrum[loudness > loud - 25].mean(axis=0)
    room = np.minimum(spectrum[loudness <= quiet].mean(axis=0), speech - _HEADROOM_DB)
    return HeardLevel(_tenths(speech), _tenths(room))


def heard_rows(sound: Sound, first_hop: int, hops: int, level: HeardLevel) -> Bands:
    """Return what is heard in some hops of a recording.

    Args:
        sound: the whole recording; before and after it is silence.
        first_hop: may be negative.
        hops: how many.
        level: of this recording.

    Returns:
        float64 holding whole numbers, shape (hops, BANDS): half decibels.
    """
    speech = np.array(level.speech_tenths_db) / 10
    room = 10 ** (np.array(level.room_tenths_db) / 10)
    power = _powers(sound, first_hop, hops) - _NOISE_SHARE * room
    decibels = _decibels(np.maximum(power, 0.0)) - speech
    return np.rint(np.clip(decibels, _SOFTEST_DB, _LOUDEST_DB) * STEPS_PER_DB)


def _silent() -> HeardLevel:
    return HeardLevel((0,) * BANDS, (0,) * BANDS, speaks=False)


def _tenths(decibels: Bands) -> tuple[int, ...]:
    return tuple(int(value) for value in np.rint(decibels * 10))


def _decibels(power: Bands) -> Bands:
    decibels: Bands = 10 * np.log10(power + 10 ** (_NOTHING_DB / 10))
    return decibels


def _blocks(sound: Sound, hops: int) -> Iterator[Bands]:
    """Yield the power in each band, by blocks of hops."""
    step = _BLOCK_HOPS * max(-(-hops // (_BLOCK_HOPS * _MOST_BLOCKS)), 1)
    for first in range(0, hops, step):
        yield _powers(sound, first, min(_BLOCK_HOPS, hops - first))


def _powers(sound: Sound, first_hop: int, hops: int) -> Bands:
    """Return the power in each band around some hops."""
    start = first_hop * HOP_SAMPLES - SIDE_SAMPLES
    end = (first_hop + hops) * HOP_SAMPLES + SIDE_SAMPLES
    low, high = min(max(start, 0), len(sound)), max(min(end, len(sound)), 0)
    padded = np.zeros(end - start, np.float64)
    if low < high:
        padded[low - start : high - start] = sound[low:high]
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW_SAMPLES)[::HOP_SAMPLES][:hops]
    spectrum = np.fft.rfft(windows * _window(), axis=1)[:, : len(_filters())]
    power: Bands = (spectrum.real**2 + spectrum.imag**2) @ _filters()
    return power


@lru_cache(maxsize=1)
def _window() -> NDArray[np.float64]:
    """Return a window that gives a full-scale sine the power 1."""
    window = np.hanning(WINDOW_SAMPLES + 1)[:-1]
    return np.asarray(window * (2 / window.sum() / 32768), np.float64)


@lru_cache(maxsize=1)
def _filters() -> NDArray[np.float64]:
    """Return overlapping triangles, equally wide on the mel scale, shape (bins, BANDS)."""
    edges_mel = np.linspace(_mel(_LOWEST_HZ), _mel(_HIGHEST_HZ), BANDS + 2)
    edges = 700 * (10 ** (edges_mel / 2595) - 1)
    bins = np.arange(int(_HIGHEST_HZ * WINDOW_SAMPLES / SAMPLE_RATE) + 2) * (SAMPLE_RATE / WINDOW_SAMPLES)
    rising = (bins[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    filters = np.maximum(np.minimum(rising, falling), 0)
    filters[:2] = 0  # a constant offset leaks this far
    return np.asarray(filters, np.float64)


def _mel(hz: float) -> float:
    return float(2595 * np.log10(1 + hz / 700))
