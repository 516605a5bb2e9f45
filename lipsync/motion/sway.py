"""Where the head is: small turns and shifts, a pure function of seed and frame number.

Idle and speech share this one motion, so that speech begins and ends without a jump.
"""

import math
from dataclasses import dataclass

from lipsync.clock import FPS
from lipsync.motion.chance import wander

YAW_DEG = 2.6
"""Farthest turn to a side."""
PITCH_DEG = 1.7
"""Farthest nod."""
ROLL_DEG = 1.1
"""Farthest tilt."""
KNOT_S = 1.7
"""Seconds between two places the head moves to."""


@dataclass(frozen=True, slots=True)
class Sway:
    """A pose of the head away from that of the picture."""

    yaw_rad: float
    """Positive turns the face to the right of the picture."""
    pitch_rad: float
    """Positive turns the face down."""
    roll_rad: float
    """Positive tilts the top of the head to the right."""
    brow: float
    """Brows raised, -0.3..1."""


STILL = Sway(0.0, 0.0, 0.0, 0.0)
"""The pose of the picture itself."""


def sway(seed: int, frame: int, fps: int = FPS) -> Sway:
    """Return the pose of the head at a frame."""
    knots = frame / (fps * KNOT_S)
    lift = wander(seed, "brow", knots * 1.9)
    return Sway(
        yaw_rad=math.radians(YAW_DEG) * _drift(seed, "yaw", knots),
        pitch_rad=math.radians(PITCH_DEG) * _drift(seed, "pitch", knots * 1.15),
        roll_rad=math.radians(ROLL_DEG) * _drift(seed, "roll", knots * 0.8),
        brow=max(lift, -0.3),
    )


def _drift(seed: int, name: str, knots: float) -> float:
    return 0.8 * wander(seed, name, knots) + 0.2 * wander(seed, name + "-fine", knots * 2.3)
