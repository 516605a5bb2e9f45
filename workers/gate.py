"""Who draws next: one chunk at a time per processor, the most urgent first.

Jobs are threads of one process. Left to the scheduler, eight of them interleave frame
by frame and every chunk of every stream is late together; admitted by deadline, a new
stream's first chunk waits for at most one other chunk, and no stream starves, since its
deadline only comes nearer.
"""

import bisect
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

LOOK_S: Final = 0.5
"""How often one who waits is asked whether it still wants to."""


class DeadlineGate:
    """Admits holders in order of their deadlines."""

    def __init__(self, slots: int = 1) -> None:
        if slots < 1:
            raise ValueError(f"a gate needs at least one slot, got {slots}")
        self._free = slots
        self._turns = itertools.count()
        self._waiting: list[tuple[float, int]] = []
        self._condition = threading.Condition()

    @contextmanager
    def admitted(self, deadline_s: float, on_wait: Callable[[], None]) -> Iterator[None]:
        """Hold a slot; the smallest deadline (seconds of any one clock) goes first.

        `on_wait` is called twice a second for as long as the wait lasts; what it raises
        ends the wait.
        """
        ticket = (deadline_s, next(self._turns))
        self._enter(ticket, on_wait)
        try:
            yield
        finally:
            with self._condition:
                self._free += 1
                self._condition.notify_all()

    def _enter(self, ticket: tuple[float, int], on_wait: Callable[[], None]) -> None:
        with self._condition:
            bisect.insort(self._waiting, ticket)
        try:
            while not self._admit(ticket):
                on_wait()
        except BaseException:
            with self._condition:
                self._waiting.remove(ticket)
                self._condition.notify_all()
            raise

    def _admit(self, ticket: tuple[float, int]) -> bool:
        """Wait for a slot for a while; take it, and leave the line, if it is this one's turn."""
        with self._condition:
            if not self._condition.wait_for(
                lambda: self._free > 0 and self._waiting[0] == ticket, timeout=LOOK_S
            ):
                return False
            self._waiting.remove(ticket)
            self._free -= 1
            # The one behind may be admitted too, when several slots are free.
            self._condition.notify_all()
            return True
