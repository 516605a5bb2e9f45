"""A worker process is warm or it is gone, and it is announced for as long as it works."""

import threading
from collections.abc import Sequence
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from stage import Stage

from avatars.database import Database
from tasks import worker
from tasks.catalogue import Catalogue, WorkerAnnouncement
from tasks.queue import PAINTED_QUEUE, SYNTHESIS_QUEUE
from workers.device import CPU
from workers.warm_net import Readiness, WarmNet

ANNOUNCEMENT = WorkerAnnouncement(
    name="worker-1", owner="worker-1:1-boot", streams=4, voices=(), engines=("colour",), metrics_port=1
)


class Shelf:
    """As much of Redis as a catalogue needs; it may be away for a number of calls."""

    def __init__(self, away_calls: int) -> None:
        self.away_calls = away_calls
        self.kept: dict[str, Any] = {}
        self.names: set[str] = set()
        self.announced = threading.Semaphore(0)

    def set(self, name: str, value: str, *, ex: int | None = None) -> None:
        if self.away_calls:
            self.away_calls -= 1
            raise RedisConnectionError("away")
        self.kept[name] = value

    def get(self, name: str) -> Any:
        return self.kept.get(name)

    def mget(self, keys: Sequence[str]) -> list[Any]:
        return [self.kept.get(key) for key in keys]

    def sadd(self, name: str, *values: str) -> None:
        self.names.update(values)
        self.announced.release()

    def srem(self, name: str, *values: str) -> None:
        self.names.difference_update(values)

    def smembers(self, name: str) -> Any:
        return self.names

    def delete(self, *names: str) -> None:
        for name in names:
            self.kept.pop(name, None)


def test_a_worker_that_cannot_be_warmed_leaves_instead_of_taking_jobs_cold() -> None:
    with pytest.raises(SystemExit) as caught, worker._or_leave("warm_up"):
        _ = 1 // 0
    assert caught.value.code == 1
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    with worker._or_leave("warm_up"):
        pass


def test_a_worker_is_announced_again_once_redis_is_back_and_withdrawn_when_it_drains(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "ANNOUNCE_S", 0.01)
    station, shelf = Stage(sqlite_database).worker(), Shelf(away_calls=3)
    catalogue = Catalogue(shelf)
    told = (catalogue, lambda: ANNOUNCEMENT, station)
    announcer = threading.Thread(target=worker._keep_announcing, args=told)
    announcer.start()
    assert shelf.announced.acquire(timeout=10)
    assert [known.name for known in catalogue.workers()] == ["worker-1"]
    station.draining.set()
    announcer.join(10)
    assert not announcer.is_alive()
    assert catalogue.workers() == ()


class Ear:
    """As much of Celery's consumer as listening takes."""

    def __init__(self, *queues: str) -> None:
        self.queues = set(queues)
        self.task_consumer = self

    def consuming_from(self, queue: str) -> bool:
        return queue in self.queues

    def add_task_queue(self, queue: str) -> None:
        self.queues.add(queue)

    def cancel_task_queue(self, queue: str) -> None:
        self.queues.remove(queue)


def test_a_worker_hears_of_painted_utterances_while_it_has_room_for_them() -> None:
    ear = Ear(SYNTHESIS_QUEUE, PAINTED_QUEUE)
    for listen, heard in ((True, True), (False, False), (False, False), (True, True)):
        worker._listen_to_painted(ear, listen)
        assert ear.consuming_from(PAINTED_QUEUE) == heard


def test_a_worker_that_takes_nothing_more_does_not_begin_to_listen_again() -> None:
    ear = Ear()
    worker._listen_to_painted(ear, True)
    assert ear.queues == set()


def warm(frames_per_s: float) -> WarmNet:
    ready = Readiness(CPU, "onnxruntime-single", 0.1, 0.1, 99.0, {1: 1 / frames_per_s})
    return WarmNet(None, ready)  # type: ignore[arg-type]


def test_painted_streams_are_as_many_as_the_network_carries_and_the_worker_has() -> None:
    assert worker._painted_places(None, 8) == 0
    assert worker._painted_places(warm(100.0), 8) == 2
    assert worker._painted_places(warm(1000.0), 8) == 8
    # A film may be late; it is whole.
    assert worker._painted_places(warm(5.0), 8) == 1
