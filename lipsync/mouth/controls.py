"""The ten controls that every engine draws a speaking face from.

A mouth track is float32, shape (frames, 10), each value 0..1, columns in this order.
Jaw and lips are separate, after JALI (Edwards et al., SIGGRAPH 2016). The last two are
what brows and head do with the mouth's words.
"""

import numpy as np
from numpy.typing import NDArray

JAW = 0
"""How far the jaw has dropped: 0 closed, 1 the widest opening of speech."""
ROUND = 1
"""Lip rounding: corners towards the middle, lips forward (o, u, w)."""
SPREAD = 2
"""Corners outwards (i, e)."""
UPPER = 3
"""Upper lip raised, showing the upper teeth (s, sh, e)."""
LOWER = 4
"""Lower lip dropped, showing the lower teeth (s, sh)."""
PRESS = 5
"""Lips pressed together (p, b, m): 1 closes them whatever the jaw wants."""
TUCK = 6
"""Lower lip drawn to the edge of the upper teeth (f, v)."""
TONGUE = 7
"""Tip of the tongue raised behind the upper teeth (t, d, n, l)."""
BROW = 8
"""Brows raised on a stress."""
NOD = 9
"""Head nodding on a stress: 1 is its lowest."""

CONTROLS = ("jaw", "round", "spread", "upper", "lower", "press", "tuck", "tongue", "brow", "nod")

MouthTrack = NDArray[np.float32]
"""Controls, float32, shape (frames, len(CONTROLS)), 0..1."""


def rest(frames: int) -> MouthTrack:
    """Return a track of a closed, still mouth."""
    return np.zeros((frames, len(CONTROLS)), np.float32)
