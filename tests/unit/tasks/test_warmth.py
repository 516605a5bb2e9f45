"""An utterance is drawn where its face is ready, if that worker takes it in time; else where it rang."""

import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from lipsync.engines.contract import Size
from tasks import warmth as room
from tasks.warmth import LIVES_S, Router, Warmth, WarmWorker, better_worker, face_key, keep_telling

KEY = ("samira", 2, "warp", Size(512, 512))
FACE = "samira:2:warp:512x512"


class Shelf:
    """As much of Redis as the board needs; it may be away for a number of calls."""

    def __init__(self, away_calls: int = 0) -> None:
        self.away_calls = away_calls
        self.kept: dict[str, Any] = {}
        self.lives_s: dict[str, int | None] = {}
        self.names: set[str] = set()
        self.told = threading.Semaphore(0)

    def set(self, name: str, value: str, *, ex: int | None = None) -> None:
        if self.away_calls:
            self.away_calls -= 1
            raise RedisConnectionError("away")
        self.kept[name], self.lives_s[name] = value, ex
        self.told.release()

    def mget(self, keys: Sequence[str]) -> list[Any]:
        return [self.kept.get(key) for key in keys]

    def sadd(self, name: str, *values: str) -> None:
        self.names.update(values)

    def srem(self, name: str, *values: str) -> None:
        self.names.difference_update(values)

    def smembers(self, name: str) -> Any:
        return {one.encode() for one in self.names}

    def delete(self, *names: str) -> None:
        for name in names:
            self.kept.pop(name, None)


def worker(name: str, running: int = 0, streams: int = 4, faces: tuple[str, ...] = (FACE,)) -> WarmWorker:
    return WarmWorker(name=name, running=running, streams=streams, faces=frozenset(faces))


def test_a_face_to_be_painted_goes_to_nobody_whose_network_is_full() -> None:
    painted = ("samira", 2, "wav2lip", Size(512, 512))
    full = replace(worker("a", faces=(face_key(painted), FACE)), paints_more=False)
    assert better_worker(painted, 1, [full]) is None
    assert better_worker(KEY, 1, [full]) == "a"
    assert WarmWorker.from_json(full.to_json()) == full


def test_a_face_is_named_by_avatar_version_engine_and_size() -> None:
    assert face_key(KEY) == FACE


def test_what_a_worker_says_is_read_by_the_others_and_runs_out_by_itself() -> None:
    shelf = Shelf()
    board = Warmth(shelf)
    board.tell(worker("worker-1"))
    board.tell(worker("worker-2", running=3))
    assert board.others("worker-1") == (worker("worker-2", running=3),)
    assert set(shelf.lives_s.values()) == {LIVES_S}
    # As if its time had run out: the name is crossed off too.
    del shelf.kept["warm:worker:worker-2"]
    assert board.others("worker-1") == ()
    assert shelf.names == {"worker-1"}
    board.withdraw("worker-1")
    assert (shelf.kept, shelf.names) == ({}, set())


@pytest.mark.parametrize("text", ["{", "[]", json.dumps({"name": "worker-2"}), json.dumps({"faces": 3})])
def test_what_another_build_says_is_passed_over(text: str) -> None:
    shelf = Shelf()
    board = Warmth(shelf)
    board.tell(worker("worker-3"))
    shelf.names.add("worker-2")
    shelf.kept["warm:worker:worker-2"] = text
    assert board.others("worker-1") == (worker("worker-3"),)


@pytest.mark.parametrize(
    ("others", "chosen"),
    [
        ((), None),
        ((worker("b", faces=("kian:1:warp:512x512",)),), None),
        ((worker("b", faces=("samira:1:warp:512x512",)),), None),
        ((worker("b", faces=("samira:2:warp:720x1280",)),), None),
        ((worker("b"),), "b"),
        ((worker("b", running=3), worker("c", running=2), worker("d", running=2)), "c"),
        ((worker("b", running=1, streams=1),), None),
        ((worker("b", running=4, streams=9),), None),
        ((worker("b", running=3, streams=9),), "b"),
    ],
)
def test_the_least_busy_of_those_that_have_the_face_and_room_is_better(
    others: tuple[WarmWorker, ...], chosen: str | None
) -> None:
    assert better_worker(KEY, 2, others) == chosen


class Yard:
    """A router with its rings and its waits on record; the other claims after so many looks."""

    def __init__(self, *others: WarmWorker, claimed_after: int | None = None) -> None:
        self.rings: list[tuple[str, str]] = []
        self.looks = 0
        self.claimed_after = claimed_after
        board = Warmth(Shelf())
        for one in others:
            board.tell(one)
        self.router = Router("a", board, lambda to, sid: self.rings.append((to, sid)), 0.05, lambda _: None)

    def taken(self) -> bool:
        self.looks += 1
        return self.claimed_after is not None and self.looks >= self.claimed_after

    def offer(self) -> bool | None:
        return self.router.passed_on("u1", KEY, 0, self.taken)


def test_one_that_has_the_face_is_rung_once_and_its_claim_ends_the_waiting() -> None:
    yard = Yard(worker("b"), worker("c"), claimed_after=3)
    assert yard.offer() is True
    assert (yard.rings, yard.looks) == ([("b", "u1")], 3)


def test_one_that_does_not_claim_in_time_costs_the_wait_and_nothing_else() -> None:
    yard = Yard(worker("b"))
    assert yard.offer() is False
    assert yard.rings == [("b", "u1")]


def test_with_nobody_fit_nobody_is_rung_and_nothing_is_waited_for() -> None:
    yard = Yard(worker("b", running=4))
    assert yard.offer() is None
    assert (yard.rings, yard.looks) == ([], 0)


def test_a_worker_tells_what_changes_and_takes_it_back_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LOOK_EVERY_S", 0.001)
    monkeypatch.setattr(room, "TELL_EVERY_S", 0.002)
    shelf, stop, now = Shelf(away_calls=2), threading.Event(), [worker("a", faces=())]
    board = Warmth(shelf)
    teller = threading.Thread(target=keep_telling, args=(board, lambda: now[0], stop))
    teller.start()
    assert shelf.told.acquire(timeout=10)
    now[0] = worker("a", running=1)
    while board.others("b") != (worker("a", running=1),):
        assert shelf.told.acquire(timeout=10)
    stop.set()
    teller.join(10)
    assert not teller.is_alive()
    assert board.others("b") == ()
