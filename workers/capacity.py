"""How many streams this process carries, measured on its own warm engine.

The answer is throughput with head-room, not a promise of single frames: rendering runs
ahead of the player by seconds, so bursts of the host are taken by that buffer.
"""

from collections.abc import Callable
from time import thread_time
from typing import Final

from lipsync import clock

HEADROOM: Final = 0.7
"""Share of a core that may go into drawing; the rest is relay, Redis, speech and bursts."""

MOST_STREAMS: Final = 10
"""A process is one interpreter, and at boot its core is less busy than it will be: cores that
share hardware slow each other by half when all of them draw. AVATAR_STREAMS says otherwise."""

CHUNKS_TIMED: Final = 12


def measure_streams(draw_chunk: Callable[[], None]) -> tuple[int, float]:
    """Time some chunks and return (streams, milliseconds a frame).

    Args:
        draw_chunk: draws and encodes `clock.CHUNK_FRAMES` frames.
    """
    times_s = []
    for _ in range(CHUNKS_TIMED):
        begun = thread_time()
        draw_chunk()
        times_s.append(thread_time() - begun)
    # Processor time, and the fastest of a few: what else the machine does while workers boot
    # must not halve the capacity for as long as the worker lives.
    frame_s = min(times_s) / clock.CHUNK_FRAMES
    streams = int(HEADROOM / (frame_s * clock.FPS))
    return max(1, min(MOST_STREAMS, streams)), frame_s * 1000
