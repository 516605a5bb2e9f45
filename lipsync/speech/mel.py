"""Sound in, mel columns out, as networks of the Wav2Lip family were taught to hear.

Sound at 48 kHz with frames in it (`heard`) in; 16 columns for each frame out. The definition is
that of Prajwal et al. (2020), `audio.py`: 16 kHz, pre-emphasis, magnitudes of a short-time Fourier
transform as librosa centres it, Slaney's mel bands, decibels, -4..4. Each column is worked
out by itself from whole numbers, so any cut of the sound gives the same ones. Keeps nothing.
"""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipsync import clock
from lipsync.speech.heard import Heard
from lipsync.speech.spans import Sound

RATE: Final = 16_000
"""Samples per second that a network hears."""
COLUMNS_PER_S: Final = 80
COLUMNS: Final = 16
"""Columns that one frame is drawn from: 200 ms."""
BANDS: Final = 80

_HOP, _SPAN = RATE // COLUMNS_PER_S, 800
_HALF = _SPAN // 2
_LOWEST_HZ, _HIGHEST_HZ = 55.0, 7600.0
_PRE_EMPHASIS: Final = 0.97
_REFERENCE_DB, _FLOOR_DB = 20.0, -100.0
_LEAST: Final = 1e-5
"""Magnitudes below this are -100 dB."""
_BOUND: Final = 4.0

_DOWN: Final = clock.SAMPLE_RATE // RATE
_REACH: Final = 120
"""Samples at 48 kHz on either side of one at 16 kHz: flat to 7.2 kHz, images 70 dB down."""
_CUTOFF: Final = 7_750 / clock.SAMPLE_RATE
_KAISER_BETA: Final = 7.0
_ONE: Final = 1 << 15
_FULL_SCALE: Final = 1 << 15
_BLOCK: Final = 32
"""Samples made by one row of a product."""

SILENCE: Final = -_BOUND
"""What every band of a column is in which nothing is heard."""

Wave = NDArray[np.float64]
"""Sound at 16 kHz, float64, -1..1."""

Columns = NDArray[np.float32]
"""Mel columns, float32, shape (columns, 80), -4..4: -4 is silence."""


def windows(heard: Heard, past_frames: int = 0, fps: int = clock.FPS) -> NDArray[np.float32]:
    """Return the columns of each frame, and of so many of its sentence before the first.

    Args:
        heard: the frames and their sound.
        past_frames: at most `heard.PAST_FRAMES`; a sentence has none before its own first one.
        fps: frames per second.

    Returns:
        Float32, shape (past frames there are + frames, 1, 80, 16).
    """
    first = heard.first_frame - min(past_frames, heard.first_frame)
    starts = [COLUMNS_PER_S * frame // fps for frame in range(first, heard.first_frame + heard.frames)]
    count = starts[-1] + COLUMNS - starts[0]
    found = columns(heard.sound, heard.start_samples, starts[0], count)
    return np.stack([found[at - starts[0] : at - starts[0] + COLUMNS].T[None] for at in starts])


def columns(sound: Sound, start_samples: int, first: int, count: int) -> Columns:
    """Return some mel columns of a sentence.

    Before the sentence its own beginning is heard backwards, as librosa pads it. After the sound
    there is silence: the reference repeats its last columns there, and the mouth would stay as it was.

    Args:
        sound: samples of the sentence at 48 kHz, as far as these columns reach, or to its end.
        start_samples: where `sound` begins in the sentence.
        first: number of the first column; column c is the sound around sample 200 c at 16 kHz.
        count: how many.
    """
    low, high = _HOP * first - _HALF, _HOP * (first + count - 1) + _HALF
    # One more, which the first difference needs; what is reflected lies after the beginning.
    begin, end = max(low - 1, 0), max(high, _HALF + 1 if low < 0 else 0)
    wave = _at_16_khz(sound, start_samples, begin, end)
    if begin == 0:
        wave = np.concatenate([wave[:1], wave[1:] - _PRE_EMPHASIS * wave[:-1]])
    else:
        wave = wave[1:] - _PRE_EMPHASIS * wave[:-1]
    if low < 0:
        wave = np.concatenate([wave[1 : 1 - low][::-1], wave])
    elif begin == 0:
        wave = wave[low:]
    return _columns_of(wave[: high - low])


def columns_of_wave(wave: Wave) -> Columns:
    """Return all mel columns of a whole sound at 16 kHz, reflected at both ends: the reference itself."""
    padded = np.pad(np.concatenate([wave[:1], wave[1:] - _PRE_EMPHASIS * wave[:-1]]), _HALF, mode="reflect")
    return _columns_of(padded)


def _columns_of(wave: Wave) -> Columns:
    spans = np.lib.stride_tricks.sliding_window_view(wave, _SPAN)[::_HOP]
    heights = np.abs(np.fft.rfft(spans * _window(), axis=1))
    # One product for each column: how a large one is cut up depends on how many there are.
    bands: Wave = np.matmul(heights[:, None], _filters())[:, 0]
    decibels = 20.0 * np.log10(np.maximum(bands, _LEAST)) - _REFERENCE_DB
    scaled = 2 * _BOUND * (decibels - _FLOOR_DB) / -_FLOOR_DB - _BOUND
    return np.asarray(np.clip(scaled, -_BOUND, _BOUND), np.float32)


def _at_16_khz(sound: Sound, start_samples: int, begin: int, end: int) -> Wave:
    """Return samples `begin` to `end` at 16 kHz of a sentence that is silent where `sound` is not."""
    blocks = -(-(end - begin) // _BLOCK)
    low = begin * _DOWN - _REACH
    needed = np.zeros(blocks * _BLOCK * _DOWN + 2 * _REACH + 1, np.float64)
    first, last = max(low, start_samples), min(low + len(needed), start_samples + len(sound))
    if first < last:
        needed[first - low : last - low] = sound[first - start_samples : last - start_samples]
    rows = np.lib.stride_tricks.sliding_window_view(needed, len(_bank()))[:: _BLOCK * _DOWN][:blocks]
    # Whole numbers below 2**53: exact in whatever order they are added.
    made: Wave = (rows @ _bank()).reshape(-1)[: end - begin] / (_ONE * _FULL_SCALE)
    return made


@lru_cache(maxsize=1)
def _bank() -> NDArray[np.float64]:
    """Return the matrix that turns samples at 48 kHz into `_BLOCK` at 16 kHz, whole numbers."""
    distance = np.arange(-_REACH, _REACH + 1)
    taps = np.sinc(2 * _CUTOFF * distance) * np.kaiser(len(distance), _KAISER_BETA)
    taps = np.rint(taps / taps.sum() * _ONE)
    taps[_REACH] += _ONE - taps.sum()
    bank = np.zeros((_DOWN * (_BLOCK - 1) + len(taps), _BLOCK))
    for output in range(_BLOCK):
        bank[_DOWN * output : _DOWN * output + len(taps), output] = taps
    return bank


@lru_cache(maxsize=1)
def _window() -> NDArray[np.float64]:
    """Return Hann's window as it is for periodic signals."""
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_SPAN) / _SPAN))


@lru_cache(maxsize=1)
def _filters() -> NDArray[np.float64]:
    """Return what each frequency adds to each band, shape (401, 80): triangles of equal area."""
    corners = _hertz(np.linspace(_mels(_LOWEST_HZ), _mels(_HIGHEST_HZ), BANDS + 2))
    frequencies = np.linspace(0.0, RATE / 2, _HALF + 1)
    rising = (frequencies[:, None] - corners[:-2]) / (corners[1:-1] - corners[:-2])
    falling = (corners[2:] - frequencies[:, None]) / (corners[2:] - corners[1:-1])
    heights = np.maximum(0.0, np.minimum(rising, falling))
    return np.ascontiguousarray(heights * (2.0 / (corners[2:] - corners[:-2])))


# Slaney's scale (Auditory Toolbox, 1998): straight to 1 kHz, then 27 steps for a factor of 6.4.
_STRAIGHT_HZ, _BEND_HZ, _BEND_MELS = 200.0 / 3, 1000.0, 15.0
_STEP: Final = np.log(6.4) / 27


def _mels(hertz: float) -> float:
    if hertz < _BEND_HZ:
        return hertz / _STRAIGHT_HZ
    return float(_BEND_MELS + np.log(hertz / _BEND_HZ) / _STEP)


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(
        mels < _BEND_MELS, mels * _STRAIGHT_HZ, _BEND_HZ * np.exp(_STEP * (mels - _BEND_MELS))
    )
