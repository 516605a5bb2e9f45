"""Sound in, louder or softer sound out. Between the voices and whoever joins their speech.

A plain gain of the samples: how loud a voice is at all, and that no peak is cut, are the
affair of whoever levels the whole.
"""

import numpy as np

from lipsync.speech.spans import Sound


def amplified(sound: Sound, gain_db: float) -> Sound:
    """Return a sound, int16, with its level changed; samples beyond the range are held at its edge."""
    if gain_db == 0:
        return sound
    scaled = sound.astype(np.float64) * 10 ** (gain_db / 20)
    return np.clip(np.rint(scaled), -32768, 32767).astype(np.int16)
