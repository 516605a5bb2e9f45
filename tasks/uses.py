"""When avatars were used last, gathered in this process and written now and then.

A stream must not wait for a row to be written, and a popular avatar would have its row
written at every utterance: what was gathered goes into the database in one transaction.
"""

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

WRITE_EVERY_S: Final = 10.0
"""How much is forgotten of who was used last when a worker is killed."""

MOST_KEPT: Final = 10_000
"""Avatars remembered while the database is away; beyond it the newest uses are let go."""

log = structlog.get_logger(__name__)


class Uses:
    """What a worker's jobs note and its keeper writes; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at: dict[str, datetime] = {}

    def note(self, avatar_id: str) -> None:
        """Remember that an avatar speaks now."""
        with self._lock:
            if avatar_id in self._at or len(self._at) < MOST_KEPT:
                self._at[avatar_id] = datetime.now(UTC)

    def write(self, into: Callable[[Mapping[str, datetime]], None]) -> None:
        """Hand over what was gathered; kept for the next time where the database does not take it."""
        with self._lock:
            gathered, self._at = self._at, {}
        if not gathered:
            return
        try:
            into(gathered)
        except SQLAlchemyError as trouble:
            log.warning("uses_not_written", error=str(trouble))
            with self._lock:
                self._at = {**gathered, **self._at}

    def keep_writing(self, into: Callable[[Mapping[str, datetime]], None], stop: threading.Event) -> None:
        """Write every ten seconds until told to stop, and once more then."""
        while not stop.wait(WRITE_EVERY_S):
            self.write(into)
        self.write(into)
