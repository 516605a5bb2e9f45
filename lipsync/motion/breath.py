"""The rise and fall of the shoulders: a pure function of seed and frame number."""

import math

from lipsync.clock import FPS
from lipsync.motion.chance import uniform

PERIOD_S = 4.2
"""Seconds of one breath: about fourteen a minute, as at rest."""

INHALE = 0.42
"""Share of a breath that is drawn in; breathing out takes longer."""


def breath(seed: int, frame: int, fps: int = FPS) -> float:
    """Return how full the chest is at a frame: 0 empty, 1 full."""
    turn = (frame / (fps * PERIOD_S) + uniform(seed, "breath", 0)) % 1.0
    half = turn / INHALE if turn < INHALE else (1.0 - turn) / (1.0 - INHALE)
    return 0.5 - 0.5 * math.cos(math.pi * half)
