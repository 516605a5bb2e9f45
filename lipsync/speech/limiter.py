"""Levels that may be too high in, sound that keeps below a ceiling out, sample for sample.

Used by `lipsync.speech.levelling`, one for each sentence. Looks not quite 5 ms ahead: the gain
has fallen when a peak comes, and rises slowly after it. Whole numbers only: however the levels
are cut into pieces, and whatever machine does it, the samples are the same. What is below the
ceiling, and not near what is above it, passes unchanged.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from lipsync.clock import ms_to_samples
from lipsync.speech.gain import Levels
from lipsync.speech.spans import Sound

CEILING: Final = 29_204
"""The highest sample there is: 1 dB below full scale. Opus overshoots a little."""

_MEAN_SAMPLES: Final = ms_to_samples(5) // 2
"""The gain is the mean of so many, and again: it falls and rises without a corner."""
AHEAD_SAMPLES: Final = 2 * (_MEAN_SAMPLES - 1)
"""How many samples are held back until it is known what follows them: 238, 4.96 ms."""

_BITS: Final = 24
_ONE: Final = 1 << _BITS
_RISE: Final = _ONE // ms_to_samples(200)
"""Of the gain, each sample: from half to whole in 100 ms, several periods of the lowest voice."""


class Limiter:
    """Takes levels piece by piece; samples out and levels in have the same positions."""

    def __init__(self) -> None:
        # Zeros before the first sample, or a peak in the first 5 ms would find the gain still high.
        self._levels: Levels = np.zeros(AHEAD_SAMPLES, np.int64)
        self._unheard = AHEAD_SAMPLES
        self._risen = _ONE
        """The gain before the means, where the last piece ended."""
        self._means = [np.full(_MEAN_SAMPLES - 1, _ONE, np.int64) for _ in range(2)]
        """What each of the two means still counts of the last piece."""

    def push(self, levels: Levels) -> Sound:
        """Take the next levels; return all samples that are settled."""
        self._levels = np.concatenate((self._levels, levels))
        settled = len(self._levels) - AHEAD_SAMPLES
        if settled <= 0:
            return np.zeros(0, np.int16)
        sound = self._limited(settled)[self._unheard :]
        self._unheard -= min(settled, self._unheard)
        self._levels = self._levels[settled:]
        return sound

    def finish(self) -> Sound:
        """Return what is left; samples and levels are then equally many."""
        return self.push(np.zeros(AHEAD_SAMPLES, np.int64))

    def _limited(self, settled: int) -> Sound:
        heights = np.abs(self._levels)
        levels = self._levels[:settled]
        if self._at_rest() and heights.max() <= CEILING:
            return levels.astype(np.int16)
        allowed = np.where(heights > CEILING, (CEILING << _BITS) // np.maximum(heights, 1), _ONE)
        gain = self._rising(_lowest_ahead(allowed))
        for index in range(2):
            gain = self._mean(index, gain)
        return ((levels * gain + (_ONE >> 1)) >> _BITS).astype(np.int16)

    def _at_rest(self) -> bool:
        return self._risen == _ONE and all((mean == _ONE).all() for mean in self._means)

    def _rising(self, gain: Levels) -> Levels:
        """Return a gain that falls at once and rises by `_RISE` a sample at most."""
        slope = np.arange(len(gain) + 1) * _RISE
        lowest = np.minimum.accumulate(np.concatenate(([self._risen], gain)) - slope)
        risen: Levels = (lowest + slope)[1:]
        self._risen = int(risen[-1])
        return risen

    def _mean(self, index: int, gain: Levels) -> Levels:
        """Return at each sample the mean of it and those before it, rounded down."""
        counted = np.concatenate((self._means[index], gain))
        self._means[index] = counted[len(gain) :]
        sums = np.concatenate(([0], np.cumsum(counted)))
        mean: Levels = (sums[_MEAN_SAMPLES:] - sums[:-_MEAN_SAMPLES]) // _MEAN_SAMPLES
        return mean


def _lowest_ahead(allowed: Levels) -> Levels:
    """Return at each sample the lowest of it and the `AHEAD_SAMPLES` after it, where all are known."""
    window, wanted = 1, AHEAD_SAMPLES + 1
    lowest = allowed
    while window < wanted:
        step = min(window, wanted - window)
        lowest = np.minimum(lowest[:-step], lowest[step:])
        window += step
    return lowest
