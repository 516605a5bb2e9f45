"""What a worker has no engine for goes to one that has, and is given up when there is none for long."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from stage import Stage

from avatars.database import Database
from tasks.elsewhere import GRACE_S, Elsewhere


@dataclass
class Worker:
    name: str
    engines: Sequence[str]


class Others:
    """The other workers, their bells, and a clock."""

    def __init__(self, *workers: Worker) -> None:
        self.workers: Sequence[Worker] = workers
        self.rung: list[tuple[str, str]] = []
        self.now_s = 0.0

    def elsewhere(self) -> Elsewhere:
        return Elsewhere(
            "worker-1",
            lambda: self.workers,
            lambda name, sid: self.rung.append((name, sid)),
            lambda: self.now_s,
        )


@pytest.fixture
def stage(sqlite_database: Database) -> Stage:
    return Stage(sqlite_database)


def test_one_that_has_the_engine_is_asked(stage: Stage) -> None:
    others = Others(
        Worker("worker-1", ["warp", "wav2lip"]),
        Worker("worker-2", ["warp"]),
        Worker("gpu-1", ["warp", "wav2lip"]),
    )
    row = stage.post(engine="wav2lip")
    assert others.elsewhere().takes(row)
    assert others.rung == [("gpu-1", row.id)]


def test_while_none_has_it_one_is_waited_for_but_not_for_ever(stage: Stage) -> None:
    others = Others(Worker("worker-2", ["warp"]))
    elsewhere, row = others.elsewhere(), stage.post(engine="wav2lip")
    assert elsewhere.takes(row)
    others.now_s = GRACE_S / 2
    assert elsewhere.takes(row)
    others.now_s = GRACE_S + 1
    assert not elsewhere.takes(row)
    assert others.rung == []


def test_one_that_comes_back_in_time_gets_it(stage: Stage) -> None:
    others = Others()
    elsewhere, row = others.elsewhere(), stage.post(engine="wav2lip")
    assert elsewhere.takes(row)
    others.workers = [Worker("gpu-1", ["wav2lip"])]
    others.now_s = GRACE_S + 1
    assert elsewhere.takes(row)
    assert others.rung == [("gpu-1", row.id)]


def test_a_worker_without_the_engine_draws_nothing_and_fails_nothing_while_another_may_come(
    stage: Stage,
) -> None:
    others = Others(Worker("gpu-1", ["wav2lip"]))
    row = stage.post(engine="wav2lip")
    stage.perform(stage.worker(elsewhere=others.elsewhere()), row)
    assert others.rung == [("gpu-1", row.id)]
    assert stage.row(row).state == "queued"
    others.workers = ()
    late = others.elsewhere()
    stage.perform(stage.worker(elsewhere=late), row)
    assert stage.row(row).state == "queued"
    others.now_s = GRACE_S + 1
    stage.perform(stage.worker(elsewhere=late), row)
    assert (stage.row(row).state, stage.row(row).error_code) == ("failed", "engine_unavailable")
