"""Points of a face over time: how much they shake, and the same without it.

Curves of any number of points per frame in, the same out. A low-order polynomial is fitted to
every frame's surroundings (Savitzky and Golay, 1964), which keeps the head's own turns and nods
where an average would cut them short.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

REACH_FRAMES: Final = 3
"""Frames on either side that a frame is fitted with: together a little over a quarter second."""
_ORDER: Final = 2

Moving = NDArray[np.float32]
"""Points over time, float32, shape (frames, points, 2 or 3)."""


def steady(moving: Moving, reach: int = REACH_FRAMES) -> Moving:
    """Return points over time without their tremble; the first and the last frames are fitted one-sidedly."""
    frames = len(moving)
    flat = moving.reshape(frames, -1).astype(np.float64)
    out = np.empty_like(flat)
    for at in range(frames):
        first, end = max(0, at - reach), min(frames, at + reach + 1)
        out[at] = _weights(end - first, at - first) @ flat[first:end]
    return out.reshape(moving.shape).astype(np.float32)


def shake(moving: Moving, width_px: float) -> float:
    """Return how far points tremble from frame to frame, over the face's width.

    The mean distance of each point from the middle between its neighbours in time, scaled to
    what independent errors of that size would give: even movement counts nothing.
    """
    if len(moving) < 3:
        return 0.0
    away = moving[1:-1, :, :2] - (moving[:-2, :, :2] + moving[2:, :, :2]) / 2
    spread = np.sqrt((away.astype(np.float64) ** 2).sum(axis=2).mean() * 2 / 3)
    return float(spread / max(width_px, 1e-6))


def _weights(count: int, at: int) -> NDArray[np.float64]:
    """Return what each of some frames adds to the fitted value at one of them."""
    times = np.arange(count) - at
    powers = np.vander(times, min(_ORDER + 1, count), increasing=True).astype(np.float64)
    weights: NDArray[np.float64] = np.linalg.pinv(powers)[0]
    return weights
