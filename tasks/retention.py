"""Finished files and texts are kept for a while, then removed; the row stays and says so."""

from datetime import datetime, timedelta
from typing import Protocol

import structlog

from avatars.storage import Storage
from tasks.utterances import Utterances

log = structlog.get_logger(__name__)


class Retention(Protocol):
    """Whatever removes files that have been kept long enough."""

    def expire_files(self, now: datetime) -> int:
        """Remove what is too old; return of how many utterances."""
        ...


class FileRetention:
    """Removes the files of utterances that finished longer ago than the retention."""

    def __init__(self, utterances: Utterances, storage: Storage, retention: timedelta) -> None:
        self._utterances = utterances
        self._storage = storage
        self._retention = retention

    def expire_files(self, now: datetime) -> int:
        """Remove the files and the text of expired utterances and note it in their rows.

        The files go first: a row that says they are gone is never looked at again.

        Raises:
            StorageError: storage would not remove them; the row is left for the next time.
        """
        expired = self._utterances.expired(now, self._retention)
        for row in expired:
            objects = self._storage.delete_all(f"utterances/{row.id}/")
            self._utterances.mark_expired(row.id, now)
            log.info("files_expired", utterance=row.id, objects=objects)
        return len(expired)
