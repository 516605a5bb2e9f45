"""When the eyes close, and how far: a pure function of seed and frame number.

Time is cut into slots of four seconds with one blink in each, up to two seconds into
the slot; so two blinks are two to six seconds apart, and any frame finds its blink by
looking at two slots only. Both lids move together.
"""

from lipsync.clock import FPS
from lipsync.motion.chance import uniform

SLOT_S = 4
"""Seconds in which exactly one blink falls."""

JITTER_S = 2
"""A blink is fully closed at most this many seconds into its slot."""

CLOSING_MS = (42, 60)
"""Shortest and longest time from open to closed."""

OPENING_MS = (60, 88)
"""Shortest and longest time from closed to open; opening is the slower half."""


def closure(seed: int, frame: int, fps: int = FPS) -> float:
    """Return how far the lids are closed at a frame: 0 open, 1 closed.

    The moment of closure falls on a frame; between two frames a blink of a tenth of a
    second would often never be seen closed, and read as a twitch.
    """
    slot = frame // (SLOT_S * fps)
    return max(_closure_in(seed, index, frame, fps) for index in (slot - 1, slot, slot + 1))


def blink_frame(seed: int, slot: int, fps: int = FPS) -> int:
    """Return the frame at which the blink of a slot is fully closed."""
    return slot * SLOT_S * fps + int(uniform(seed, "blink", slot) * JITTER_S * fps)


def _closure_in(seed: int, slot: int, frame: int, fps: int) -> float:
    away_ms = (frame - blink_frame(seed, slot, fps)) * 1000 / fps
    shortest, longest = CLOSING_MS if away_ms < 0 else OPENING_MS
    length_ms = shortest + (longest - shortest) * uniform(seed, "blink-length", slot)
    left = 1.0 - abs(away_ms) / length_ms
    return left * left * (3.0 - 2.0 * left) if left > 0 else 0.0
