"""Bring a database to a revision, from code.

Any number of processes may do it at once: one takes the steps, all in one transaction,
and the others wait and find nothing left to do. A step that fails leaves the database as
it was.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text

from avatars.database import Database, Row, UtcTime, open_engine

_LOCK_NUMBER: Final = 0x61766174
"""Any number will do, as long as every process takes the same."""
_LOCK_TIMEOUT_MS: Final = 60_000


class BrokenReference(RuntimeError):
    """A migration would leave rows that refer to rows that are gone; nothing was changed."""


def upgrade(database_url: str, revision: str = "head") -> None:
    """Take every step up to a revision; the database is made if it is a file.

    Raises:
        sqlalchemy.exc.OperationalError: the database cannot be reached, or another process
            has been migrating it for a minute.
        BrokenReference: a step is wrong.
    """
    with locked_connection(database_url) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(database_url: str, revision: str) -> None:
    """Undo steps down to a revision ("base" undoes all). Raises as `upgrade`."""
    with locked_connection(database_url) as connection:
        command.downgrade(_config(connection), revision)


def head() -> str:
    """Return the newest revision of this build."""
    newest = ScriptDirectory.from_config(_config(None)).get_current_head()
    if newest is None:
        raise RuntimeError("no migrations beside migrations/run.py")
    return newest


def current(database_url: str) -> str | None:
    """Return the revision a database is at, or None if it was never migrated."""
    if _is_missing_file(database_url):
        return None
    engine = open_engine(database_url, pool_size=1)
    try:
        with Database(engine).reading() as db:
            return MigrationContext.configure(db.connection()).get_current_revision()
    finally:
        engine.dispose()


@contextmanager
def locked_connection(database_url: str) -> Iterator[Connection]:
    """Yield a connection in a transaction that no other migration shares; commit at the end."""
    _make_folder(database_url)
    # SQLite changes a table by copying it and dropping the old one, which with foreign
    # keys on would take the rows that refer to it along.
    engine = open_engine(database_url, pool_size=1, foreign_keys=False)
    try:
        with engine.connect() as plain:
            writing = plain.execution_options(avatar_writing=True)
            sqlite = writing.dialect.name == "sqlite"
            if sqlite:
                _wait_longer(writing)
            with writing.begin():
                if not sqlite:
                    writing.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})
                yield writing
                if sqlite:
                    _check_references(writing)
    finally:
        engine.dispose()


def configure(context: Any, connection: Connection) -> None:
    """Tell Alembic how this house migrates; `context` is alembic's own."""
    context.configure(
        connection=connection,
        target_metadata=Row.metadata,
        render_as_batch=True,
        compare_type=True,
        render_item=_render_item,
        # The lock is held by the transaction, so all steps are taken in that one.
        transaction_per_migration=False,
    )


def _render_item(kind: str, item: object, _context: object) -> str | Literal[False]:
    # A step must not change when the models do, so it names the database's type.
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcTime) else False


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _wait_longer(connection: Connection) -> None:
    driver = connection.connection.cursor()
    driver.execute(f"PRAGMA busy_timeout={_LOCK_TIMEOUT_MS}")
    driver.close()


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise BrokenReference(f"{len(broken)} rows, the first in table {broken[0][0]}")


def _file(database_url: str) -> Path | None:
    url = make_url(database_url)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _is_missing_file(database_url: str) -> bool:
    path = _file(database_url)
    return path is not None and not path.exists()


def _make_folder(database_url: str) -> None:
    path = _file(database_url)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
