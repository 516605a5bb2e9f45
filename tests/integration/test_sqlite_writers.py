"""Four processes read and then update one SQLite file through the product's own door."""

import multiprocessing
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier

from avatars.database import Avatar, Database, open_database

PROCESSES = 4
UPDATES = 150


def _count(url: str, start: Barrier) -> None:
    database = open_database(url)
    start.wait(60)
    for _ in range(UPDATES):
        with database.transaction() as db:
            row = db.get_one(Avatar, "samira")
            row.version = row.version + 1
    database.close()


def test_four_processes_that_read_and_then_update_lose_none_of_600(sqlite_database: Database) -> None:
    now = datetime.now(UTC)
    with sqlite_database.transaction() as db:
        db.add(
            Avatar(
                id="samira", owner="house", title_fa="س", title_en="S", voice="fa", engine="warp",
                state="ready", version=0, created_at=now, updated_at=now,
            )
        )  # fmt: skip
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Barrier(PROCESSES)
    url = str(sqlite_database.engine.url)
    processes = [spawn.Process(target=_count, args=(url, start)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    with sqlite_database.reading() as db:
        assert db.get_one(Avatar, "samira").version == PROCESSES * UPDATES
