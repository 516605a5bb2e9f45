"""When the eyes close, and how far: a pure function of seed and frame number.

Time is cut into slots of four seconds with one blink in each, up to two seconds into
the slot; so two blinks are two to six seconds apart, and any frame finds its blink by
looking at three slots only. Now and then a blink comes twice. Both eyes move together.
"""

from lipsync.clock import FPS
from lipsync.motion.chance import uniform

SLOT_S = 4
"""Seconds in which exactly one blink falls, a double one counted once."""

JITTER_S = 2
"""A blink is fully closed at most this many seconds into its slot."""

CLOSING_MS = (85, 118)
"""Shortest and longest time from open to closed."""

HELD_MS = (20, 45)
"""Shortest and longest time the lids stay shut."""

OPENING_MS = (150, 195)
"""Shortest and longest time from closed to open; opening is the slower half."""

TWICE = 0.12
"""Share of blinks that come twice."""

AGAIN_MS = (300, 380)
"""Shortest and longest time from the first closing of a double blink to its second."""


def closure(seed: int, frame: int, fps: int = FPS) -> float:
    """Return how far the lids are closed at a frame: 0 open, 1 closed.

    The moment of closure falls on a frame; between two frames a lid that is shut for a
    few hundredths of a second would often never be seen closed, and read as a twitch.
    """
    slot = frame // (SLOT_S * fps)
    return max(_closure_in(seed, index, frame, fps) for index in (slot - 1, slot, slot + 1))


def blink_frame(seed: int, slot: int, fps: int = FPS) -> int:
    """Return the frame at which the blink of a slot has just closed, the first of a double one."""
    return slot * SLOT_S * fps + int(uniform(seed, "blink", slot) * JITTER_S * fps)


def second_blink_frame(seed: int, slot: int, fps: int = FPS) -> int | None:
    """Return the frame at which a slot's double blink has closed again; None where it is single."""
    if uniform(seed, "blink-twice", slot) >= TWICE:
        return None
    again_ms = _between(AGAIN_MS, uniform(seed, "blink-again", slot))
    return blink_frame(seed, slot, fps) + round(again_ms * fps / 1000)


def _closure_in(seed: int, slot: int, frame: int, fps: int) -> float:
    first, second = blink_frame(seed, slot, fps), second_blink_frame(seed, slot, fps)
    shut = _shut(seed, slot, (frame - first) * 1000 / fps)
    if second is not None:
        shut = max(shut, _shut(seed, slot, (frame - second) * 1000 / fps))
    return shut


def _shut(seed: int, slot: int, away_ms: float) -> float:
    """Return how far the lids are closed some time before (below 0) or after they meet."""
    length = uniform(seed, "blink-length", slot)
    if away_ms < 0:
        left = 1.0 + away_ms / _between(CLOSING_MS, length)
    else:
        held_ms = _between(HELD_MS, uniform(seed, "blink-held", slot))
        left = 1.0 - max(away_ms - held_ms, 0.0) / _between(OPENING_MS, length)
    return left * left * (3.0 - 2.0 * left) if left > 0 else 0.0


def _between(limits: tuple[int, int], share: float) -> float:
    return limits[0] + (limits[1] - limits[0]) * share
