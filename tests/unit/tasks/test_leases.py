"""A lease is renewed while its job moves, and for no longer."""

import threading
import time

import pytest
from stage import EPOCH, FaultyStream
from stream_cases import SetClock

from tasks import leases as room
from tasks.errors import StreamUnreachable
from tasks.leases import Lease, Leases
from tasks.stream import LEASE_S
from tasks.stream_memory import MemoryChunkStream

SID = "d" * 32
OWNER = "w1:1"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "RENEW_S", 0.01)
    monkeypatch.setattr(room, "STILL_S", 0.2)
    monkeypatch.setattr(room, "HUNG_S", 0.4)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def stream(clock: SetClock) -> MemoryChunkStream:
    stream = MemoryChunkStream(clock=clock)
    stream.create(SID, EPOCH)
    return stream


def until(condition) -> None:
    for _ in range(2000):
        if condition():
            return
        time.sleep(0.005)
    raise AssertionError("never came true")


def leased_until(stream: MemoryChunkStream) -> float:
    return stream._streams[SID].leased_until_s


def test_a_job_that_moves_keeps_its_stream(stream: MemoryChunkStream, clock: SetClock) -> None:
    leases = Leases(stream, OWNER, lambda _: None)
    leases.start()
    with leases.held(SID, stream.claim(SID, OWNER).gen) as lease:
        assert leases.count == 1
        for _ in range(5):
            clock.now_s += 5
            lease.moved()
            until(lambda: leased_until(stream) == clock.now_s + LEASE_S)
        assert not lease.lost
    assert leases.count == 0
    leases.stop()


def test_a_job_that_stands_still_is_not_renewed_and_one_that_hangs_is_reported(
    stream: MemoryChunkStream, clock: SetClock
) -> None:
    hung: list[Lease] = []
    leases = Leases(stream, OWNER, hung.append)
    leases.start()
    with leases.held(SID, stream.claim(SID, OWNER).gen) as lease:
        until(lambda: bool(hung))
        clock.now_s += 5
        before = leased_until(stream)
        rounds = len(hung)
        until(lambda: len(hung) > rounds + 3)
        assert leased_until(stream) == before
        assert set(map(id, hung)) == {id(lease)}
        lease.moved()
        until(lambda: leased_until(stream) == clock.now_s + LEASE_S)
    leases.stop()


def test_a_job_whose_stream_another_took_is_told(stream: MemoryChunkStream) -> None:
    leases = Leases(stream, OWNER, lambda _: None)
    with leases.held(SID, stream.claim(SID, OWNER).gen) as lease:
        stream.release_owner("w1:")
        stream.claim(SID, "w2:1")
        leases.start()
        until(lambda: lease.lost)
    leases.stop()


def test_a_stream_that_is_gone_is_not_lost_to_another(stream: MemoryChunkStream) -> None:
    faulty, asked = FaultyStream(stream), threading.Semaphore(0)
    faulty.after = lambda name, _: asked.release() if name == "renew" else None
    leases = Leases(faulty, OWNER, lambda _: None)
    with leases.held(SID, stream.claim(SID, OWNER).gen) as lease:
        del stream._streams[SID]
        leases.start()
        for _ in range(3):
            assert asked.acquire(timeout=10)
        assert not lease.lost
    leases.stop()


def test_a_redis_that_is_away_is_asked_again(stream: MemoryChunkStream, clock: SetClock) -> None:
    faulty, refused = FaultyStream(stream), []

    def refuse(name: str, _: object) -> None:
        if name == "renew" and len(refused) < 3:
            refused.append(name)
            raise StreamUnreachable

    faulty.before = refuse
    leases = Leases(faulty, OWNER, lambda _: None)
    with leases.held(SID, stream.claim(SID, OWNER).gen) as lease:
        clock.now_s += 5
        leases.start()
        until(lambda: leased_until(stream) == clock.now_s + LEASE_S)
        assert len(refused) == 3
        assert not lease.lost
    leases.stop()


def test_a_job_that_has_been_followed_by_another_of_its_stream_does_not_end_that_ones_lease(
    stream: MemoryChunkStream,
) -> None:
    leases = Leases(stream, OWNER, lambda _: None)
    first = leases.held(SID, 1)
    first.__enter__()
    with leases.held(SID, 2):
        first.__exit__(None, None, None)
        assert leases.count == 1
    assert leases.count == 0
