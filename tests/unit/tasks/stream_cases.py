"""What tests of the chunk stream share: chunks to publish, and both twins behind one handle."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import redis

from tasks.chunks import Chunk, Kind
from tasks.stream import LEASE_S, ChunkStream, Claim, ClaimVerdict
from tasks.stream_memory import MemoryChunkStream
from tasks.stream_redis import RedisChunkStream

SID = "5d" * 16
EPOCH = "first-epoch"
OWNER = "worker-1:boot-a:"


def chunk(seq: int, *, gen: int = 1, kind: Kind = "media", sid: str = SID, epoch: str = EPOCH) -> Chunk:
    """A chunk whose payload tells its number and generation."""
    detail = None if kind == "media" else {"code": kind, "message": "as told"}
    payload = f"{seq} of {gen} ".encode() * 50 if kind == "media" else b""
    return Chunk(
        epoch=epoch, gen=gen, seq=seq, kind=kind, utterance=sid, pts_ms=seq * 320, duration_ms=320,
        detail=detail, payload=payload,
    )  # fmt: skip


def created_and_claimed(stream: ChunkStream, sid: str = SID, owner: str = OWNER) -> Claim:
    """A new stream, claimed."""
    stream.create(sid, EPOCH)
    claim = stream.claim(sid, owner)
    assert claim.verdict is ClaimVerdict.CLAIMED
    return claim


def publish_media(stream: ChunkStream, gen: int, first: int, last: int, sid: str = SID) -> None:
    """Publish chunks of consecutive numbers."""
    for seq in range(first, last + 1):
        assert stream.publish(gen, chunk(seq, gen=gen, sid=sid)).verdict == "appended"


def in_threads(work: Callable[[str], None], names: str) -> None:
    """Run the same at once in a thread for every letter, and wait for all."""
    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@dataclass(slots=True)
class SetClock:
    """A clock that stands until it is set."""

    now_s: float = 1_800_000_000.0

    def __call__(self) -> float:
        """Return the time it was set to."""
        return self.now_s


class Twin(Protocol):
    """A stream, and what time or an accident would do to it."""

    stream: ChunkStream
    clock: SetClock

    def lease_runs_out(self, sid: str) -> None:
        """As when a worker was silent for longer than its lease."""

    def meta_is_lost(self, sid: str) -> None:
        """As when Redis lost the writes that made the stream."""

    def log_runs_out(self, sid: str) -> None:
        """As two minutes after an ending."""

    def ticket_runs_out(self, ticket: str) -> None:
        """As when it was shown too late."""


@dataclass(slots=True)
class MemoryTwin:
    """The stream in memory, on a clock that is set."""

    clock: SetClock = field(default_factory=SetClock)
    stream: MemoryChunkStream = field(init=False)

    def __post_init__(self) -> None:
        self.stream = MemoryChunkStream(clock=self.clock)

    def lease_runs_out(self, sid: str) -> None:
        self.clock.now_s += LEASE_S + 0.5

    def meta_is_lost(self, sid: str) -> None:
        del self.stream._streams[sid]

    def log_runs_out(self, sid: str) -> None:
        self.clock.now_s += 121

    def ticket_runs_out(self, ticket: str) -> None:
        self.clock.now_s += 31


@dataclass(slots=True)
class RedisTwin:
    """The stream on a real Redis; what expires there is expired by hand."""

    redis: redis.Redis
    stream: RedisChunkStream
    clock: SetClock

    def lease_runs_out(self, sid: str) -> None:
        assert 0 < self.redis.pttl(f"s:{{{sid}}}:lease") <= LEASE_S * 1000
        self.redis.delete(f"s:{{{sid}}}:lease")

    def meta_is_lost(self, sid: str) -> None:
        self.redis.delete(f"s:{{{sid}}}:meta", f"s:{{{sid}}}:lease")

    def log_runs_out(self, sid: str) -> None:
        assert 0 < self.redis.pttl(f"s:{{{sid}}}:log") <= 120_000
        self.redis.delete(f"s:{{{sid}}}:log")

    def ticket_runs_out(self, ticket: str) -> None:
        assert 0 < self.redis.pttl(f"t:{ticket}") <= 30_000
        self.redis.delete(f"t:{ticket}")
