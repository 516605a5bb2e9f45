"""Folders of workers whose containers are gone are removed, and nobody else's."""

import os
import time
from pathlib import Path

import pytest

from cli.folder_lock import only_one
from cli.gone_workers import KEPT_S, clear_gone

NOW_S = time.time()


def folder_of(workers: Path, name: str, *, age_s: float) -> Path:
    folder = workers / name
    with only_one(folder):
        (folder / "log").mkdir()
        (folder / "log" / "supervisor.log").write_text("ended")
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (NOW_S - age_s, NOW_S - age_s))
    return folder


@pytest.fixture
def workers(tmp_path: Path) -> Path:
    return tmp_path / "workers"


def test_a_folder_that_nobody_holds_or_writes_is_removed_after_a_day(workers: Path) -> None:
    own = folder_of(workers, "worker-here", age_s=KEPT_S + 60)
    gone = folder_of(workers, "worker-gone", age_s=KEPT_S + 60)
    fresh = folder_of(workers, "worker-fresh", age_s=KEPT_S - 60)
    (workers / "note").write_text("not a folder")
    assert clear_gone(workers, own, NOW_S) == ["worker-gone"]
    assert not gone.exists()
    assert own.exists()
    assert fresh.exists()
    assert (workers / "note").exists()
    assert clear_gone(workers, own, NOW_S) == []


def test_a_folder_that_is_still_held_stays_however_old_it_is(workers: Path) -> None:
    own = folder_of(workers, "worker-here", age_s=0)
    idle = folder_of(workers, "worker-idle", age_s=0)
    with only_one(idle):
        assert clear_gone(workers, own, NOW_S + 10 * KEPT_S) == []
    assert idle.exists()
    assert clear_gone(workers, own, NOW_S + 10 * KEPT_S) == ["worker-idle"]


def test_one_line_of_a_log_since_keeps_the_folder(workers: Path) -> None:
    own = folder_of(workers, "worker-here", age_s=0)
    other = folder_of(workers, "worker-gone", age_s=KEPT_S + 60)
    os.utime(other / "log" / "supervisor.log", (NOW_S, NOW_S))
    assert clear_gone(workers, own, NOW_S) == []
