"""Rings again for attempts to make an avatar that nobody is at, and sweeps what was left lying.

A part of the reaper's round. A registrar that was killed lets its lease run out; a bell that
was lost leaves a row nobody holds. Registers nothing itself.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import structlog

from avatars.registrations import Registrations
from avatars.uploads import Uploads

BELL_GAP: Final = timedelta(seconds=10)
"""From one doorbell to the next; the first may still wait in the queue behind others."""
SWEEP_EVERY_S: Final = 600.0

log = structlog.get_logger(__name__)


class Bells(Protocol):
    """How registrars are asked; `tasks.queue` is one."""

    def ring_registration(self, registration_id: str, /) -> None:
        """Ask for one attempt."""
        ...

    def ring_batch(self, registration_ids: Sequence[str], /) -> None:
        """Ask for many."""
        ...

    def batch_rings_waiting(self) -> int:
        """Return how many of those nobody has heard yet."""
        ...


class RegistrationWatch:
    """Looks after registrations for the reaper that leads."""

    def __init__(
        self,
        registrations: Registrations,
        uploads: Uploads,
        bells: Bells,
        purge: Callable[[datetime], object] = lambda _now: None,
    ) -> None:
        self._registrations = registrations
        self._uploads = uploads
        self._bells = bells
        self._purge = purge
        self._batches_at_s = 0.0
        self._sweep_at_s = 0.0

    def look(self, now_s: float) -> None:
        """Ring for what is due at a Unix time; sweep now and then.

        Raises:
            kombu.exceptions.OperationalError: the broker does not answer.
            sqlalchemy.exc.SQLAlchemyError: the database does not answer.
            StorageError: storage does not answer.
        """
        now = datetime.fromtimestamp(now_s, UTC)
        for registration_id in self._registrations.due(now, BELL_GAP):
            self._bells.ring_registration(registration_id)
            self._registrations.rang([registration_id], now)
            log.warning("registration_rung_again", registration=registration_id)
        if now_s >= self._batches_at_s:
            self._batches_at_s = now_s + BELL_GAP.total_seconds()
            self._look_after_batches(now)
        if now_s >= self._sweep_at_s:
            self._sweep_at_s = now_s + SWEEP_EVERY_S
            swept = self._uploads.sweep(now)
            if swept:
                log.info("quarantine_swept", uploads=swept)
            self._purge(now)

    def _look_after_batches(self, now: datetime) -> None:
        due = self._registrations.due(now, BELL_GAP, batched=True)
        # Most of a batch waits for longer than any gap. While rings of it wait too, theirs may be
        # among them; ringing again would only make the queue longer.
        if not due or self._bells.batch_rings_waiting():
            return
        self._bells.ring_batch(due)
        self._registrations.rang(due, now)
        log.warning("batch_rung_again", registrations=len(due))
