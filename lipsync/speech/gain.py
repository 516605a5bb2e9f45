"""Sound in, its levels at a gain out. Between the voices and the limiter.

A plain gain of the samples, in whole numbers only, so that every machine makes the same of
them; what goes beyond 16 bits is the limiter's affair (`lipsync.speech.limiter`).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipsync.speech.spans import Sound

Levels = NDArray[np.int64]
"""Mono sound at 48 kHz on the scale of `Sound`, which it may exceed; shape (samples,)."""

_BITS: Final = 16


def amplified(sound: Sound, gain_db: float) -> Levels:
    """Return a sound's levels at a gain, rounded to the nearest."""
    levels = sound.astype(np.int64)
    if gain_db == 0:
        return levels
    factor = round(10 ** (gain_db / 20) * (1 << _BITS))
    louder: Levels = (levels * factor + (1 << (_BITS - 1))) >> _BITS
    return louder
