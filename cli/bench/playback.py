"""What a viewer would have seen, worked out from when each chunk arrived.

A player with a fixed cushion starts once that much has been received; from then on a
frame is due at its own time after the start, and one that is not wholly received by
then is an underrun: the picture stands still until it is there.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arrival:
    """One media chunk: what it covers of the stream, and when its last byte was there."""

    pts_ms: int
    duration_ms: int
    at_s: float


@dataclass(frozen=True, slots=True)
class Playback:
    """How a viewing went."""

    underruns: int
    stalled_ms: float
    """All the time the picture stood still after it had started."""
    worst_late_ms: float
    """How late the worst chunk was for its first frame; negative: how early it still was."""


def play(arrivals: Sequence[Arrival], cushion_ms: int) -> Playback:
    """Play chunks in order with a cushion.

    Args:
        arrivals: consecutive chunks from the stream's start, in order.
        cushion_ms: how much must have been received before the first frame is shown. A
            stream shorter than that starts when it is all there.

    Raises:
        ValueError: there is nothing to play.
    """
    if not arrivals:
        raise ValueError("no chunk arrived, so nothing can be played")
    starter = next((a for a in arrivals if a.pts_ms + a.duration_ms >= cushion_ms), arrivals[-1])
    start_s = starter.at_s
    underruns, stalled_s, worst_s = 0, 0.0, float("-inf")
    for arrival in arrivals:
        late_s = arrival.at_s - (start_s + stalled_s + arrival.pts_ms / 1000)
        worst_s = max(worst_s, late_s)
        if late_s > 0:
            underruns += 1
            stalled_s += late_s
    return Playback(underruns, stalled_s * 1000, worst_s * 1000)
