"""Rings again for recordings that nobody reads, and removes the files of those nobody speaks any more.

A part of the reaper's round, as `tasks.registration_watch` is for avatars. Reads nothing itself.
"""

from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import structlog

from avatars.recordings import Recordings, prefix
from avatars.storage import Storage

BELL_GAP: Final = timedelta(seconds=10)
"""From one doorbell to the next."""
SWEEP_EVERY_S: Final = 3600.0

log = structlog.get_logger(__name__)


class RecordingBell(Protocol):
    """How registrars are asked; `tasks.queue` is one."""

    def ring_recording(self, recording_id: str, /) -> None:
        """Ask for one recording to be read."""
        ...


class RecordingWatch:
    """Looks after recordings for the reaper that leads.

    Args:
        recordings: the rows.
        storage: where their files are.
        bell: how registrars are asked.
        retention: how long one is kept that no utterance speaks.
        abandoned: how long one may wait to be read.
    """

    def __init__(
        self,
        recordings: Recordings,
        storage: Storage,
        bell: RecordingBell,
        *,
        retention: timedelta,
        abandoned: timedelta,
    ) -> None:
        self._recordings = recordings
        self._storage = storage
        self._bell = bell
        self._retention = retention
        self._abandoned = abandoned
        self._sweep_at_s = 0.0

    def look(self, now_s: float) -> None:
        """Ring for what is due at a Unix time; sweep now and then.

        Raises:
            kombu.exceptions.OperationalError: the broker does not answer.
            sqlalchemy.exc.SQLAlchemyError: the database does not answer.
            StorageError: storage does not answer.
        """
        now = datetime.fromtimestamp(now_s, UTC)
        for recording_id in self._recordings.due(now, BELL_GAP):
            self._bell.ring_recording(recording_id)
            self._recordings.rang(recording_id, now)
            log.warning("recording_rung_again", recording=recording_id)
        if now_s >= self._sweep_at_s:
            self._sweep_at_s = now_s + SWEEP_EVERY_S
            self._sweep(now)

    def _sweep(self, now: datetime) -> None:
        abandoned = self._recordings.abandon(now - self._abandoned)
        if abandoned:
            log.warning("recordings_abandoned", recordings=abandoned)
        before = now - self._retention
        for recording_id in self._recordings.stale(before):
            if self._recordings.expire(recording_id, before):
                log.info("recording_expired", recording=recording_id)
        self._remove_strays()

    def _remove_strays(self) -> None:
        """Remove files whose recording is expired, refused or gone; whoever was killed half-way left them."""
        # Files first, rows after: of one that begins meanwhile no file is in the list.
        found = {key.split("/")[1] for key in self._storage.keys("recordings/")}
        for recording_id in found - self._recordings.known(sorted(found)):
            self._storage.delete_all(prefix(recording_id))
            log.info("recording_files_removed", recording=recording_id)
