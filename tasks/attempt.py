"""One attempt at what a row in the database waits for: held, kept alive, ended once.

Under `tasks.registration` and `tasks.recording`, whose registrars take up rows under a lease. A
registrar that is killed at any point leaves a row that is due again and an upload that is still
whole. What the work is, its caller knows.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from avatars.errors import StorageError
from avatars.registrations import Refusal
from tasks import refusals
from tasks.desk import Desk

MOST_ATTEMPTS: Final = 3
"""An upload that has ended so many registrars is not given to another."""
HEARTBEAT_S: Final = 4.0

log = structlog.get_logger(__name__)


class HoldLost(Exception):
    """Another registrar has taken this attempt over, or it was called off; nothing more is written."""


class Held(Protocol):
    """A row that a registrar holds."""

    @property
    def id(self) -> str:
        """Its number."""
        ...

    @property
    def attempts(self) -> int:
        """How many registrars have taken it up, this one too."""
        ...

    @property
    def finished(self) -> bool:
        """Whether nothing is to be done any more."""
        ...

    @property
    def upload_id(self) -> str | None:
        """What it was made of; None where it needs none."""
        ...


Row = TypeVar("Row", bound=Held)


class Ledger(Protocol):
    """The rows of one kind of work."""

    def get(self, row_id: str, /) -> Held | None:
        """Return a row, or None where there is none of this id."""
        ...

    def note(self, row_id: str, holder: str, now: datetime, /) -> bool:
        """Renew the lease; tell whether the row is still held."""
        ...

    def refuse(self, row_id: str, holder: str, refusal: Refusal, /) -> bool:
        """End the row as refused; tell whether it was still held."""
        ...

    def release(self, row_id: str, holder: str, /, *, counted: bool = True) -> object:
        """Let the row go, if it is still held."""
        ...


def attempt(
    row: Row,
    rows: Ledger,
    desk: Desk,
    work: Callable[[Row, Path], None],
    *,
    on_lost: Callable[[], None] = lambda: None,
) -> None:
    """Work at a row that was claimed, and let it go.

    What passes by itself (storage, the database) leaves it due, to be rung for again.

    Args:
        row: held by this desk.
        rows: where it stands.
        desk: whose upload folder and scratch are used.
        work: ends the row, or raises what `tasks.refusals` knows; has a folder of its own.
        on_lost: called when somebody else holds the row meanwhile, or nobody wants it any more.
    """
    try:
        with _heartbeat(rows, row.id, desk.holder):
            _try(row, rows, desk, work)
    except HoldLost:
        log.warning("hold_lost")
        on_lost()
    except (StorageError, SQLAlchemyError) as trouble:
        log.warning("attempt_put_off", error=str(trouble))
        rows.release(row.id, desk.holder, counted=False)
    finally:
        rows.release(row.id, desk.holder)
    _clear_up(row.id, rows, desk)


def _try(row: Row, rows: Ledger, desk: Desk, work: Callable[[Row, Path], None]) -> None:
    if row.attempts > MOST_ATTEMPTS:
        _refuse(row.id, rows, desk, refusals.GAVE_UP)
        return
    try:
        with desk.scratch.folder() as folder:
            work(row, folder)
    except refusals.UNREADABLE as error:
        _refuse(row.id, rows, desk, refusals.refusal_of(error))


def _refuse(row_id: str, rows: Ledger, desk: Desk, refusal: Refusal) -> None:
    if not rows.refuse(row_id, desk.holder, refusal):
        raise HoldLost


def _clear_up(row_id: str, rows: Ledger, desk: Desk) -> None:
    """Remove the upload of a row that has ended; what cannot be removed now is swept later."""
    try:
        row = rows.get(row_id)
        if row is not None and row.finished and row.upload_id is not None:
            desk.uploads.forget(row.upload_id)
    except (StorageError, SQLAlchemyError) as trouble:
        log.warning("quarantine_not_cleared", error=str(trouble))


@contextmanager
def _heartbeat(rows: Ledger, row_id: str, holder: str) -> Iterator[None]:
    """Renew the lease while the block runs, however long one step of it takes."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(HEARTBEAT_S):
            try:
                rows.note(row_id, holder, datetime.now(UTC))
            except SQLAlchemyError as trouble:
                log.warning("lease_not_renewed", error=str(trouble))

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
