"""Rows, times and transactions behave alike on both databases."""

import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.orm import Session

from avatars.database import AVATAR_STATES, Avatar, Database, NaiveTime, Utterance, open_database

NOON = datetime(2031, 3, 21, 12, 0, 0, 123456, tzinfo=UTC)


def avatar(avatar_id: str = "samira", **values: object) -> Avatar:
    given: dict[str, object] = {
        "id": avatar_id, "owner": "house", "title_fa": "سمیرا", "title_en": "Samira", "voice": "fa-woman",
        "engine": "warp", "state": "ready", "version": 1, "created_at": NOON,
        "updated_at": NOON,
    }  # fmt: skip
    return Avatar(**(given | values))


def utterance(**values: object) -> Utterance:
    given: dict[str, object] = {
        "id": "0" * 32, "owner": "house", "avatar_id": "samira", "avatar_version": 1, "voice": "fa",
        "engine": "warp", "text": "سلام", "width_px": 512, "height_px": 512, "fps": 25, "captions": True,
        "seed": 2**62, "epoch": "e", "state": "queued", "created_at": NOON, "doorbells": 0,
    }  # fmt: skip
    return Utterance(**(given | values))


def _add(database: Database, *rows: object) -> None:
    with database.transaction() as db:
        db.add_all(rows)


def _delete_samira(database: Database) -> None:
    with database.transaction() as db:
        db.delete(db.get_one(Avatar, "samira"))


def test_opening_touches_nothing(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'none' / 'avatar.db'}")
    assert list(tmp_path.iterdir()) == []
    database.close()


def test_rows_come_back_as_they_were_written(database: Database) -> None:
    _add(database, avatar(last_used_at=NOON), utterance())
    with database.reading() as db:
        kept = db.get_one(Avatar, "samira")
        assert (kept.title_fa, kept.last_used_at) == ("سمیرا", NOON)
        said = db.get_one(Utterance, "0" * 32)
        assert (said.text, said.seed, said.captions) == ("سلام", 2**62, True)


def test_times_come_back_in_utc_to_the_microsecond(database: Database) -> None:
    tehran = timezone(timedelta(hours=3, minutes=30))
    _add(database, avatar(created_at=NOON.astimezone(tehran)))
    with database.reading() as db:
        created_at = db.get_one(Avatar, "samira").created_at
    assert created_at == NOON
    assert created_at.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError) as caught:
        _add(database, avatar(created_at=NOON.replace(tzinfo=None)))
    assert isinstance(caught.value.orig, NaiveTime)


@pytest.mark.parametrize("row", [avatar(state="asleep"), avatar(version=-1)])
def test_an_avatar_that_cannot_be_is_refused(database: Database, row: Avatar) -> None:
    with pytest.raises(IntegrityError):
        _add(database, Avatar(**{c.key: getattr(row, c.key) for c in Avatar.__table__.columns}))


@pytest.mark.parametrize("state", AVATAR_STATES)
def test_every_state_of_an_avatar_may_be_written(database: Database, state: str) -> None:
    _add(database, avatar(state=state))
    with database.reading() as db:
        assert db.get_one(Avatar, "samira").state == state


@pytest.mark.parametrize(
    "values",
    [
        {"state": "thinking"},
        {"width_px": 0},
        {"state": "done"},
        {"state": "running", "finished_at": NOON},
    ],
    ids=["unknown state", "no width", "done without an end", "ended while running"],
)
def test_an_utterance_that_cannot_be_is_refused(database: Database, values: dict[str, object]) -> None:
    _add(database, avatar())
    with pytest.raises(IntegrityError):
        _add(database, utterance(**values))


def test_an_utterance_needs_its_avatar(database: Database) -> None:
    with pytest.raises(IntegrityError):
        _add(database, utterance())


def test_an_avatar_that_has_spoken_cannot_be_deleted(database: Database) -> None:
    _add(database, avatar())
    _add(database, utterance())
    with pytest.raises(IntegrityError):
        _delete_samira(database)


def _write_and_fail(database: Database) -> None:
    with database.transaction() as db:
        db.add(avatar())
        db.flush()
        raise ZeroDivisionError


def test_an_error_rolls_the_transaction_back(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        _write_and_fail(database)
    with database.reading() as db:
        assert db.get(Avatar, "samira") is None


def _write(db: Session) -> None:
    db.execute(text("DELETE FROM avatars"))


def test_what_is_opened_for_reading_cannot_write(database: Database) -> None:
    with database.reading() as db, pytest.raises(DBAPIError, match=r"read.?only"):
        _write(db)


def test_a_connection_that_was_read_from_may_be_written_to_afterwards(database: Database) -> None:
    with database.reading() as db:
        assert db.get(Avatar, "samira") is None
    _add(database, avatar())
    with database.reading() as db:
        assert db.get(Avatar, "samira") is not None


def test_a_reader_is_not_kept_waiting_by_a_writer(database: Database) -> None:
    with database.transaction() as db:
        db.add(avatar())
        db.flush()
        with database.reading() as other:
            assert other.get(Avatar, "samira") is None


def test_threads_that_outnumber_the_pool_all_get_their_turn(migrated_url: str) -> None:
    database = open_database(migrated_url, pool_size=2)
    threads = [threading.Thread(target=_add, args=(database, avatar(f"a{n}"))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as db:
        assert db.query(Avatar).count() == 8
    database.close()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 1), ("foreign_keys", 1), ("busy_timeout", 5000)],
)
def test_sqlite_is_set_up_for_many_processes(sqlite_database: Database, pragma: str, value: object) -> None:
    with sqlite_database.reading() as db:
        assert db.execute(text(f"PRAGMA {pragma}")).scalar() == value
