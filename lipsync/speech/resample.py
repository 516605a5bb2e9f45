"""A voice's own rate in, 48 kHz out, once, while the speech is still arriving.

Between a voice and everything after it. Taps are whole numbers and sums stay below
2**53, so float64 products are exact: equal sound gives equal samples on every machine,
whatever order its BLAS adds in.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lipsync.clock import SAMPLE_RATE
from lipsync.speech.spans import Sound

_TAPS = 48
"""Input samples under one output sample: 9 kHz of a 22,050 Hz voice pass, images fall by 70 dB."""
_KAISER_BETA = 7.0
_CUTOFF = 0.47
"""Of the input rate; a little below one half, so that images are cut and sibilants are not."""
_ONE = 1 << 15

_BEFORE = _TAPS // 2 - 1
_AFTER = _TAPS // 2


@lru_cache(maxsize=8)
def _bank(up: int, down: int) -> NDArray[np.float64]:
    """Return the matrix that turns `down + _TAPS - 1` inputs into `up` outputs, whole numbers."""
    bank = np.zeros((down + _TAPS - 1, up), np.float64)
    for output in range(up):
        whole, part = divmod(output * down, up)
        distance = np.arange(-_BEFORE, _AFTER + 1) - part / up
        window = np.i0(_KAISER_BETA * np.sqrt(np.maximum(1 - (distance / (_TAPS / 2)) ** 2, 0)))
        taps = np.sinc(2 * _CUTOFF * distance) * window
        taps = np.rint(taps / taps.sum() * _ONE)
        # Rounding leaves the sum off by a few; the centre takes the rest, or a
        # constant input would ripple with the phase.
        taps[_BEFORE + round(part / up)] += _ONE - taps.sum()
        bank[whole : whole + _TAPS, output] = taps
    return bank


class Resampler:
    """Turns mono sound of one rate into 48 kHz, buffer by buffer.

    Output sample k stands for the input's time k / 48000 exactly; there is no delay in
    position, only in when a sample is given out (under 10 ms).
    """

    def __init__(self, rate: int) -> None:
        """Start a resampler.

        Args:
            rate: samples per second of the input, 8000 to 48000.

        Raises:
            ValueError: the rate is out of range.
        """
        if not 8_000 <= rate <= SAMPLE_RATE:
            raise ValueError(f"rate {rate} is not within 8000..{SAMPLE_RATE}")
        common = math.gcd(rate, SAMPLE_RATE)
        self._up, self._down = SAMPLE_RATE // common, rate // common
        self._bank = _bank(self._up, self._down)
        self._kept: NDArray[np.int16] = np.zeros(_BEFORE, np.int16)
        self._taken = 0
        self._given = 0

    def position(self, sample: int) -> int:
        """Return the 48 kHz position of an input position, floored."""
        return sample * self._up // self._down

    def push(self, sound: NDArray[np.int16]) -> Sound:
        """Take the next input samples (int16, 1-D); return all output that is settled."""
        self._taken += len(sound)
        self._kept = np.concatenate((self._kept, sound))
        groups = max((len(self._kept) - (_TAPS - 1)) // self._down, 0)
        if groups == 0:
            return np.zeros(0, np.int16)
        windows = np.lib.stride_tricks.sliding_window_view(self._kept, self._down + _TAPS - 1)
        made = windows[: groups * self._down : self._down].astype(np.float64) @ self._bank
        self._kept = self._kept[groups * self._down :]
        self._given += groups * self._up
        return np.clip(np.rint(made / _ONE), -32768, 32767).astype(np.int16).reshape(-1)

    def finish(self) -> Sound:
        """Return what is left; the whole output is ceil(inputs * 48000 / rate) long."""
        total = -(-self._taken * self._up // self._down)
        left = total - self._given
        taken = self._taken
        tail = self.push(np.zeros(_AFTER + self._down, np.int16))[:left]
        self._taken = taken
        return tail
