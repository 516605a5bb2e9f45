"""How many painted streams this worker carries, and when it listens for more of them.

Between the jobs and the network they share. While all places are taken the worker does not listen
where painted utterances wait, so that those stay where other workers see them, as all utterances do
while a worker has no thread free. Knows no stream, no network and no queue.
"""

import threading
from collections.abc import Callable
from typing import Final

from lipsync import clock

GPU_SHARE: Final = 0.8
"""Of what a network paints when it does nothing else; the rest is for bursts."""
CPU_SHARE: Final = 0.6
"""Drawing and encoding take the same cores: at 0.8 four streams were let in where three stood still."""


def painted_streams(frames_per_s: float, *, on_gpu: bool) -> int:
    """Return how many streams a network carries that paints so many frames a second; one at least."""
    share = GPU_SHARE if on_gpu else CPU_SHARE
    return max(1, int(share * frames_per_s / clock.FPS))


class PaintedPlaces:
    """Places of a number; used by many threads.

    Args:
        most: how many there are; 0 where this worker has no network.
    """

    def __init__(self, most: int = 0) -> None:
        self.most = most
        self._taken = 0
        self._listen: Callable[[bool], None] = lambda _: None
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """How many are taken."""
        return self._taken

    @property
    def full(self) -> bool:
        """Whether none is free."""
        return self._taken >= self.most

    def on_change(self, listen: Callable[[bool], None]) -> None:
        """Have somebody told whether to listen for more, whenever that may have changed."""
        self._listen = listen

    def tell(self) -> None:
        """Say it once more: a connection that broke may have lost what was said."""
        with self._lock:
            self._listen(not self.full)

    def enter(self) -> bool:
        """Take a place; False where none is free."""
        with self._lock:
            entered = not self.full
            self._taken += entered
            if self.full:
                self._listen(False)
            return entered

    def leave(self) -> None:
        """Give a place back."""
        with self._lock:
            self._taken -= 1
            self._listen(True)
