"""Where a stream's viewers are, by the wall clock: which frame is due when.

Between tasks.synthesis and the clock of the machine. A stream is heard from its beginning
on without a stop; only one that waits for its text begins anew.
"""

import time
from dataclasses import dataclass

from lipsync import clock


@dataclass(slots=True)
class Playhead:
    """A stream's place in time."""

    started_s: float
    """When frame 0 was due, in Unix time."""

    def due_s(self, frame: int) -> float:
        """Return when a frame is due, in Unix time."""
        return self.started_s + frame / clock.FPS

    def ahead_s(self, frame: int) -> float:
        """Return how long it is until a frame is due; negative when that is past."""
        return self.due_s(frame) - time.time()

    def begin(self, frame: int) -> None:
        """Have a frame be due now, and all others by it."""
        self.started_s = time.time() - frame / clock.FPS
