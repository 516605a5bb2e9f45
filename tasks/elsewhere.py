"""Utterances that this worker cannot draw go to one that can.

Between tasks.synthesis and the catalogue. Workers of one service may have different engines: one with
a network, others without. Every ring reaches any of them, from the reaper and from those who hand over
too, so one that lacks the engine rings at one that has it.
"""

import random
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import structlog

from tasks.utterances import UtteranceRow

GRACE_S: Final = 30.0
"""A worker that has the only network may be on its way back; then the utterance is given up."""
_MOST_KNOWN: Final = 10_000

log = structlog.get_logger(__name__)


class Offer(Protocol):
    """What a worker has announced."""

    @property
    def name(self) -> str:
        """The worker."""
        ...

    @property
    def engines(self) -> Sequence[str]:
        """What it draws with."""
        ...


class Elsewhere:
    """Passes utterances on to workers with their engine.

    Args:
        own: name of this worker.
        workers: asks for the workers that are warm. May raise RedisError.
        ring: asks a worker to go on with an utterance. May raise BrokerUnreachable.
        clock: seconds.
    """

    def __init__(
        self,
        own: str,
        workers: Callable[[], Sequence[Offer]],
        ring: Callable[[str, str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._own, self._workers, self._ring, self._clock = own, workers, ring, clock
        self._since_s: dict[str, float] = {}

    def takes(self, row: UtteranceRow) -> bool:
        """Return whether another worker was asked, or is waited for; False: nobody draws with this engine.

        Raises:
            RedisError, BrokerUnreachable: as `workers` and `ring`.
        """
        able = [
            each.name for each in self._workers() if row.engine in each.engines and each.name != self._own
        ]
        if able:
            self._since_s.pop(row.id, None)
            # Any of them: who has the face ready is their own affair.
            self._ring(random.choice(able), row.id)  # noqa: S311 - no secret
            return True
        if len(self._since_s) > _MOST_KNOWN:
            self._since_s.clear()
        since_s = self._since_s.setdefault(row.id, self._clock())
        waited = self._clock() - since_s < GRACE_S
        if not waited:
            del self._since_s[row.id]
        log.warning("no_worker_with_engine", utterance=row.id, engine=row.engine, waits=waited)
        return waited
