"""Keeps the leases of this process's jobs, as long as the jobs move.

Publishing renews a lease too, but a job that waits for its playhead publishes nothing
for seconds. A job that has stopped moving is not renewed, so that another worker takes
its stream; one that stays stuck ends the process, since a hung thread cannot be ended
alone.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import structlog

from tasks.errors import StreamUnreachable
from tasks.stream import ChunkStream

RENEW_S: Final = 0.5
"""A quarter of the lease: two renewals may be lost before it runs out."""

STILL_S: Final = 8.0
"""A job that has not moved for so long is no longer renewed."""

HUNG_S: Final = 40.0
"""A job that has not moved for so long ends the process."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Lease:
    """One job's hold on one stream."""

    sid: str
    gen: int
    moved_at_s: float
    lost: bool = False

    def moved(self) -> None:
        """Say that the job goes on; called at least once a chunk and while it waits."""
        self.moved_at_s = time.monotonic()


class Leases:
    """Renews every lease of one process from one thread."""

    def __init__(self, stream: ChunkStream, owner: str, on_hung: Callable[[Lease], None]) -> None:
        self._stream = stream
        self._owner = owner
        self._on_hung = on_hung
        self._held: dict[str, Lease] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leases", daemon=True)

    def start(self) -> None:
        """Begin to renew."""
        self._thread.start()

    def stop(self) -> None:
        """Stop renewing; leases run out by themselves."""
        self._stop.set()
        self._thread.join(timeout=RENEW_S * 2)

    @contextmanager
    def held(self, sid: str, gen: int) -> Iterator[Lease]:
        """Renew a claim for as long as the block runs and the job moves."""
        lease = Lease(sid, gen, time.monotonic())
        with self._lock:
            self._held[sid] = lease
        try:
            yield lease
        finally:
            with self._lock:
                if self._held.get(sid) is lease:
                    del self._held[sid]

    @property
    def count(self) -> int:
        """How many streams this process holds."""
        return len(self._held)

    def _run(self) -> None:
        while not self._stop.wait(RENEW_S):
            with self._lock:
                held = list(self._held.values())
            for lease in held:
                self._renew(lease)

    def _renew(self, lease: Lease) -> None:
        still_s = time.monotonic() - lease.moved_at_s
        if still_s > HUNG_S:
            self._on_hung(lease)
        if still_s > STILL_S:
            log.warning("job_stands_still", utterance=lease.sid, seconds=round(still_s, 1))
            return
        try:
            if not self._stream.renew(lease.sid, lease.gen, self._owner):
                # Of a stream that is gone the job holds the newest chunks, and makes it again.
                lease.lost = self._stream.meta(lease.sid) is not None
        except StreamUnreachable:
            # The publisher has its own patience with Redis; the next round tries again.
            log.warning("lease_not_renewed", utterance=lease.sid)
