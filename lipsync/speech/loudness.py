"""Mono sound in, how loud it is heard out: LUFS by ITU-R BS.1770-4, and the highest sample.

Beside the voices: who measures a voice once, or a recording when it is uploaded, asks here and
gives what `Loudness.gain_to` answers to whoever plays it (`lipsync.speech.levelling`). Reads no
file and changes no sound. Sound of any length is measured in bounded memory: 80 bytes a second.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lipsync.clock import SAMPLE_RATE, ms_to_samples

TARGET_LUFS: Final = -16.0
"""How loud everything that an avatar says is meant to be."""
MOST_LIFT_DB: Final = 20.0
"""Nothing is made louder by more: a recording of a silent room stays one."""

_STEP_SAMPLES: Final = ms_to_samples(100)
_STEPS: Final = 4
"""In a gating block: 400 ms, each overlapping the next by three quarters."""
_SILENT_LUFS: Final = -70.0
_BELOW_LU: Final = 10.0
"""Blocks so far below the mean of those that are not silent do not count."""
_OFFSET_LU: Final = -0.691
"""Makes up for what the filter adds at 997 Hz."""

_SHELF: Final = (1681.974450955533, 3.999843853973347, 0.7071752369554196)
"""Hz, dB and Q of the analogue filter whose digital one at 48 kHz the standard prints: the head."""
_HIGH_PASS: Final = (38.13547087602444, 0.5003270373238773)
"""Hz and Q of the second: low sound is heard less."""

_TAPS: Final = 8192
"""What the filters answer to one sample has fallen below 1e-16 by then, so that the sum of
products is as exact as the recursion."""
_TRANSFORM: Final = 1 << 15
_BATCH_SAMPLES: Final = 5 * _STEP_SAMPLES
_FULL_SCALE: Final = 32768.0

Samples = NDArray[np.int16] | NDArray[np.float32] | NDArray[np.float64]
"""Mono, shape (samples,): int16, or floats whose full scale is 1."""


@dataclass(frozen=True, slots=True)
class Loudness:
    """How loud a sound is."""

    lufs: float | None
    """Integrated, gated; None where nothing of it counts: all of it is below -70 LUFS, or it is
    shorter than 400 ms."""
    peak_dbfs: float | None
    """Of its highest sample, 0 being full scale; None where there is no sample but zeros."""

    def gain_to(self, target_lufs: float = TARGET_LUFS, most_lift_db: float = MOST_LIFT_DB) -> float:
        """Return the gain in dB that brings the sound to a loudness, its peaks left to a limiter.

        Never more than `most_lift_db`; 0 where the sound has no loudness.
        """
        if self.lufs is None:
            return 0.0
        return min(target_lufs - self.lufs, most_lift_db)


def measure_loudness(sound: Samples) -> Loudness:
    """Return how loud a whole sound at 48 kHz is.

    Raises:
        ValueError: it is not mono, or not finite.
    """
    meter = LoudnessMeter()
    meter.push(sound)
    return meter.finish()


class LoudnessMeter:
    """Measures sound at 48 kHz that comes in pieces; how it is cut makes no difference."""

    def __init__(self) -> None:
        self._before = np.zeros(_TAPS - 1)
        """The end of what has been measured, on a full scale of 1, which the filters still answer to."""
        self._waiting: list[NDArray[np.float64]] = []
        self._waiting_samples = 0
        self._steps = array("d")
        """Mean square of each whole step."""
        self._peak = 0.0

    def push(self, sound: Samples) -> None:
        """Take the next samples.

        Raises:
            ValueError: they are not mono, or not finite.
        """
        if sound.ndim != 1:
            raise ValueError(f"sound is measured as one channel; this one has the shape {sound.shape}")
        for start in range(0, len(sound), _BATCH_SAMPLES):
            self._take(_scaled(sound[start : start + _BATCH_SAMPLES]))

    def finish(self) -> Loudness:
        """Return how loud all of it is. The rest of a step, under 100 ms, is in no block."""
        waiting = self._gathered()
        whole = len(waiting) // _STEP_SAMPLES * _STEP_SAMPLES
        if whole:
            self._measure(waiting[:whole])
            self._waiting, self._waiting_samples = [waiting[whole:]], len(waiting) - whole
        peak_dbfs = 20 * math.log10(self._peak) if self._peak else None
        return Loudness(_integrated(np.array(self._steps)), peak_dbfs)

    def _take(self, piece: NDArray[np.float64]) -> None:
        highest = float(np.abs(piece).max(initial=0.0))
        if not math.isfinite(highest):
            raise ValueError("sound is measured in finite numbers; this one holds others")
        self._peak = max(self._peak, highest)
        self._waiting.append(piece)
        self._waiting_samples += len(piece)
        if self._waiting_samples >= _BATCH_SAMPLES:
            waiting = self._gathered()
            self._measure(waiting[:_BATCH_SAMPLES])
            self._waiting = [waiting[_BATCH_SAMPLES:]]
            self._waiting_samples = len(self._waiting[0])

    def _gathered(self) -> NDArray[np.float64]:
        return np.concatenate(self._waiting) if self._waiting else np.zeros(0)

    def _measure(self, sound: NDArray[np.float64]) -> None:
        """Weight whole steps, and keep the mean square of each."""
        heard = np.concatenate((self._before, sound))
        spectrum = np.fft.rfft(heard, _TRANSFORM) * _weighting()
        weighted = np.fft.irfft(spectrum, _TRANSFORM)[_TAPS - 1 : len(heard)]
        self._steps.extend(np.square(weighted).reshape(-1, _STEP_SAMPLES).mean(axis=1).tolist())
        self._before = heard[-(_TAPS - 1) :]


def _scaled(piece: Samples) -> NDArray[np.float64]:
    scaled = piece.astype(np.float64)
    return scaled / _FULL_SCALE if piece.dtype == np.int16 else scaled


def _integrated(steps: NDArray[np.float64]) -> float | None:
    """Return the loudness of the blocks that count."""
    if len(steps) < _STEPS:
        return None
    blocks = np.lib.stride_tricks.sliding_window_view(steps, _STEPS).mean(axis=1)
    blocks = blocks[blocks > _mean_square(_SILENT_LUFS)]
    if not len(blocks):
        return None
    return _lufs(blocks[blocks > _mean_square(_lufs(blocks) - _BELOW_LU)])


def _lufs(blocks: NDArray[np.float64]) -> float:
    return _OFFSET_LU + 10 * math.log10(float(blocks.mean()))


def _mean_square(lufs: float) -> float:
    return float(10 ** ((lufs - _OFFSET_LU) / 10))


Biquad = tuple[tuple[float, float, float], tuple[float, float, float]]
"""Coefficients of the numerator and, beginning with 1, of the denominator."""


def k_weighting(rate: int = SAMPLE_RATE) -> tuple[Biquad, Biquad]:
    """Return the two filters of the standard at a rate: at 48 kHz those that it prints.

    Source: ITU-R BS.1770-4, annex 1, tables 1 and 2; the analogue filters behind them by the
    bilinear transform.
    """
    hz, gain_db, q = _SHELF
    k = math.tan(math.pi * hz / rate)
    high = 10 ** (gain_db / 20)
    middle = high**0.4996667741545416
    whole = 1 + k / q + k * k
    shelf: Biquad = (
        ((high + middle * k / q + k * k) / whole, 2 * (k * k - high) / whole,
         (high - middle * k / q + k * k) / whole),
        (1.0, 2 * (k * k - 1) / whole, (1 - k / q + k * k) / whole),
    )  # fmt: skip
    hz, q = _HIGH_PASS
    k = math.tan(math.pi * hz / rate)
    whole = 1 + k / q + k * k
    return shelf, ((1.0, -2.0, 1.0), (1.0, 2 * (k * k - 1) / whole, (1 - k / q + k * k) / whole))


@lru_cache(maxsize=1)
def _weighting() -> NDArray[Any]:
    """Return the transform of what both filters answer to one sample."""
    answer: Sequence[float] = [1.0] + [0.0] * (_TAPS - 1)
    for biquad in k_weighting():
        answer = _filtered(answer, biquad)
    return np.fft.rfft(np.array(answer), _TRANSFORM)


def _filtered(samples: Sequence[float], biquad: Biquad) -> list[float]:
    (b0, b1, b2), (_, a1, a2) = biquad
    filtered = []
    first = second = 0.0
    for sample in samples:
        made = b0 * sample + first
        first = b1 * sample - a1 * made + second
        second = b2 * sample - a2 * made
        filtered.append(made)
    return filtered
