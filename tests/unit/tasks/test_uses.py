"""Uses are gathered and written together, and none is lost while the database is away."""

import threading
from collections.abc import Mapping
from datetime import datetime

import pytest
from sqlalchemy.exc import OperationalError

from tasks import uses as room
from tasks.uses import Uses


class Ledger:
    """Takes uses, unless it is away."""

    def __init__(self) -> None:
        self.away = False
        self.written: list[Mapping[str, datetime]] = []

    def take(self, uses: Mapping[str, datetime]) -> None:
        if self.away:
            raise OperationalError("UPDATE", {}, Exception("away"))
        self.written.append(uses)


def test_many_uses_of_an_avatar_are_written_once_with_the_last_time() -> None:
    uses, ledger = Uses(), Ledger()
    for name in ("samira", "kian", "samira"):
        uses.note(name)
    uses.write(ledger.take)
    uses.write(ledger.take)
    (written,) = ledger.written
    assert set(written) == {"samira", "kian"}
    assert written["samira"] >= written["kian"]


def test_what_the_database_did_not_take_is_written_later_with_the_newest_times() -> None:
    uses, ledger = Uses(), Ledger()
    ledger.away = True
    uses.note("samira")
    uses.note("kian")
    uses.write(ledger.take)
    uses.note("samira")
    ledger.away = False
    uses.write(ledger.take)
    (written,) = ledger.written
    assert set(written) == {"samira", "kian"}
    assert written["samira"] >= written["kian"]


def test_no_more_avatars_are_remembered_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_KEPT", 2)
    uses, ledger = Uses(), Ledger()
    for name in ("a", "b", "c", "a"):
        uses.note(name)
    uses.write(ledger.take)
    assert set(ledger.written[0]) == {"a", "b"}


def test_the_last_uses_are_written_when_the_worker_leaves() -> None:
    uses, ledger, stop = Uses(), Ledger(), threading.Event()
    uses.note("samira")
    stop.set()
    uses.keep_writing(ledger.take, stop)
    assert [set(one) for one in ledger.written] == [{"samira"}]
