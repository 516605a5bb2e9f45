"""Both databases go up, down and up again, keep their rows, and end as the models say."""

import json
import multiprocessing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, text

from avatars.database import (
    ApiKey,
    Avatar,
    AvatarVersion,
    Batch,
    Registration,
    Row,
    Utterance,
    open_database,
    open_engine,
)
from migrations import run

NOON = datetime(2031, 3, 21, 12, 0, 0, 123456, tzinfo=UTC)


def _avatar() -> Avatar:
    return Avatar(
        id="samira", owner="house", title_fa="سمیرا", title_en="Samira", voice="fa-woman", engine="warp",
        state="ready", version=3, pinned=True, created_at=NOON, updated_at=NOON,
    )  # fmt: skip


def _tables(url: str) -> set[str]:
    engine = open_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_an_empty_database_is_at_no_revision(database_url: str) -> None:
    assert run.current(database_url) is None


def test_upgrading_ends_at_the_head_and_again_changes_nothing(database_url: str) -> None:
    run.upgrade(database_url)
    assert run.current(database_url) == run.head()
    run.upgrade(database_url)
    assert run.current(database_url) == run.head()


def test_upgrading_and_coming_back_leaves_no_table_and_goes_up_again(database_url: str) -> None:
    run.upgrade(database_url)
    run.downgrade(database_url, "base")
    assert _tables(database_url) == {"alembic_version"}
    assert run.current(database_url) is None
    run.upgrade(database_url)
    assert _tables(database_url) == {*Row.metadata.tables, "alembic_version"}


def test_rows_outlast_an_upgrade_that_has_nothing_to_do(database_url: str) -> None:
    run.upgrade(database_url)
    database = open_database(database_url)
    with database.transaction() as db:
        db.add(_avatar())
    database.close()
    run.upgrade(database_url)
    with database.reading() as db:
        kept = db.get_one(Avatar, "samira")
        assert (kept.title_fa, kept.created_at, kept.pinned) == ("سمیرا", NOON, True)
    database.close()


OLD_SUMS = {
    "v1": {"picture": "a1", "points": "b1", "preview": "c1", "source": ""},
    "v2": {"picture": "a2", "points": "b2", "preview": "c2", "source": "d2"},
}


def _write_as_0001_has_it(url: str) -> None:
    engine = open_engine(url)
    with engine.connect().execution_options(avatar_writing=True) as connection, connection.begin():
        connection.execute(
            text(
                "INSERT INTO avatars (id, owner, title_fa, title_en, voice, engine, state, version,"
                " picture_key, points_key, preview_key, checksums, created_at, updated_at) VALUES"
                " ('samira', 'house', 'سميرا', 'Samira', 'fa', 'warp', 'ready', 2, 'p', 'q', 'r', :sums,"
                " :noon, :noon)"
            ),
            {"sums": json.dumps(OLD_SUMS), "noon": "2031-03-21 12:00:00.000000"},
        )
        connection.execute(
            text(
                "INSERT INTO utterances (id, owner, avatar_id, avatar_version, voice, engine, text, width_px,"
                " height_px, fps, captions, seed, epoch, state, created_at, doorbells) VALUES ('u', 'me',"
                " 'samira', 1, 'fa', 'warp', 's', 512, 512, 25, :captions, 1, 'e', 'queued', :noon, 0)"
            ),
            {"captions": True, "noon": "2031-03-21 12:00:00.000000"},
        )
    engine.dispose()


def test_checksums_become_rows_of_versions_and_come_back(database_url: str) -> None:
    run.upgrade(database_url, "0001")
    _write_as_0001_has_it(database_url)
    run.upgrade(database_url, "0002")
    database = open_database(database_url)
    with database.reading() as db:
        avatar = db.get_one(Avatar, "samira")
        assert (avatar.version, avatar.pinned, avatar.last_used_at) == (2, False, None)
        assert avatar.search.startswith("سمیرا")
        second = db.get_one(AvatarVersion, ("samira", 2))
        assert second.files == {"picture.png": "a2", "points.json": "b2", "preview.jpg": "c2"}
        assert (second.source_sha256, second.kind, second.report) == ("d2", "photo", None)
        # By its columns: the newest row has more than these tables.
        assert db.scalar(select(Utterance.avatar_version)) == 1
    database.close()
    run.upgrade(database_url, "head")
    database = open_database(database_url)
    with database.reading() as db:
        assert db.get_one(Utterance, "u").manner == {}
    database.close()
    run.downgrade(database_url, "0001")
    engine = open_engine(database_url)
    with engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM avatars")).mappings().one()
        sums = row["checksums"]
        assert (json.loads(sums) if isinstance(sums, str) else sums) == OLD_SUMS
        assert row["picture_key"] == "avatars/samira/v2/picture.png"
        assert connection.execute(text("SELECT count(*) FROM utterances")).scalar() == 1
    engine.dispose()


def test_registrations_outlast_the_coming_and_going_of_batches(database_url: str) -> None:
    run.upgrade(database_url, "0002")
    engine = open_engine(database_url)
    with engine.connect().execution_options(avatar_writing=True) as connection, connection.begin():
        connection.execute(
            text(
                "INSERT INTO avatars (id, owner, title_fa, title_en, search, voice, engine, state, version,"
                " pinned, created_at, updated_at) VALUES ('mine', 'me', 'm', 'm', 'm', 'fa', 'warp',"
                " 'pending', 0, :no, :noon, :noon)"
            ),
            {"no": False, "noon": "2031-03-21 12:00:00.000000"},
        )
        connection.execute(
            text(
                "INSERT INTO registrations (id, avatar_id, owner, work, state, fingerprint, step, percent,"
                " attempts, created_at) VALUES ('r', 'mine', 'me', 'intake', 'pending', 'f', 'waiting', 0, 0,"
                " :noon)"
            ),
            {"noon": "2031-03-21 12:00:00.000000"},
        )
    engine.dispose()
    run.upgrade(database_url)
    database = open_database(database_url)
    with database.transaction() as db:
        row = db.get_one(Registration, "r")
        assert (row.batch_id, row.place, row.label, row.state) == (None, None, None, "pending")
        db.add(Batch(id="b", owner="me", fingerprint="f", files=1, created_at=NOON))
        db.flush()
        row.batch_id, row.place, row.label = "b", 0, "one.jpg"
    database.close()
    run.downgrade(database_url, "0002")
    engine = open_engine(database_url)
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT * FROM registrations")).mappings().one()
        assert kept["id"] == "r"
        assert "batch_id" not in kept
    engine.dispose()
    run.upgrade(database_url)
    assert run.current(database_url) == run.head()


def test_the_models_are_what_the_migrations_build(migrated_url: str) -> None:
    engine = open_engine(migrated_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Row.metadata) == []
    engine.dispose()


def test_the_checks_of_the_models_are_in_the_database_under_their_names(migrated_url: str) -> None:
    engine = open_engine(migrated_url)
    found = {
        str(check["name"])
        for table in Row.metadata.tables
        for check in inspect(engine).get_check_constraints(table)
    }
    engine.dispose()
    assert found == {
        "ck_avatars_state", "ck_avatars_version", "ck_batches_files", "ck_avatar_versions_kind",
        "ck_uploads_offset",
        "ck_registrations_state", "ck_registrations_work", "ck_registrations_percent",
        "ck_registrations_finished",
        "ck_recordings_state", "ck_recordings_percent", "ck_recordings_finished",
        "ck_utterances_state", "ck_utterances_size", "ck_utterances_finished",
    }  # fmt: skip


def test_there_is_one_head() -> None:
    script = ScriptDirectory(str(Path(run.__file__).parent))
    assert script.get_heads() == [run.head()]


def test_processes_that_upgrade_at_once_all_succeed(database_url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=run.upgrade, args=(database_url,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    assert run.current(database_url) == run.head()


def _fail_halfway(url: str) -> None:
    with run.locked_connection(url) as connection:
        connection.execute(text("CREATE TABLE half (id INTEGER)"))
        raise ZeroDivisionError


def test_a_step_that_fails_leaves_the_database_as_it_was(database_url: str) -> None:
    with pytest.raises(ZeroDivisionError):
        _fail_halfway(database_url)
    assert _tables(database_url) == set()


def test_a_migration_that_loses_a_referred_row_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'avatar.db'}"
    with run.locked_connection(url) as connection:
        connection.execute(text("CREATE TABLE a (id INTEGER PRIMARY KEY)"))
        connection.execute(text("CREATE TABLE b (a INTEGER REFERENCES a (id))"))
        connection.execute(text("INSERT INTO a VALUES (1)"))
        connection.execute(text("INSERT INTO b VALUES (1)"))
    with pytest.raises(run.BrokenReference), run.locked_connection(url) as connection:
        connection.execute(text("DELETE FROM a"))
    engine = open_engine(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM a")).scalar() == 1
    engine.dispose()


def test_the_alembic_command_reads_the_settings(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic.config import main

    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.chdir(Path(run.__file__).parent.parent)
    main(["upgrade", "head"])
    main(["check"])  # leaves with SystemExit where models and tables differ
    assert run.current(database_url) == run.head()


def test_a_key_is_stored_once(migrated_url: str) -> None:
    from sqlalchemy.exc import IntegrityError

    database = open_database(migrated_url)
    with database.transaction() as db:
        db.add(ApiKey(id="1", hash="ab", name="a", role="owner", created_at=NOON))
    with pytest.raises(IntegrityError), database.transaction() as db:
        db.add(ApiKey(id="2", hash="ab", name="b", role="owner", created_at=NOON))
    database.close()
