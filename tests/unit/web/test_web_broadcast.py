"""The shared reader, over the stream's twin in memory."""

import threading

import pytest

from monitoring.metrics_collector import WebMetrics
from tasks.chunks import Chunk
from tasks.errors import StreamUnreachable
from tasks.stream_memory import MemoryChunkStream
from web import broadcast
from web.broadcast import Behind, Entry, Hub, StreamOver, StreamReader
from web.protocol import CloseCode

SID = "a" * 32


class Stage:
    """One stream, its worker, and the hub that reads it."""

    def __init__(self, stream: MemoryChunkStream | None = None) -> None:
        self.stream = stream or MemoryChunkStream()
        self.metrics = WebMetrics()
        self.hub = Hub(self.stream, self.metrics)
        self.stream.create(SID, "e1")
        self.next = 1
        self.gen = 0

    def claim(self) -> None:
        claim = self.stream.claim(SID, "w:boot:1")
        self.gen, self.next = claim.gen, claim.next
        self.stream.set_init(SID, self.gen, b"init", "video/mp4")

    def publish(self, count: int = 1, kind: str = "media", size: int = 10) -> None:
        for _ in range(count):
            chunk = Chunk(
                epoch="e1",
                gen=self.gen,
                seq=self.next,
                kind=kind,
                utterance=SID,
                payload=bytes(size),  # type: ignore[arg-type]
            )
            assert self.stream.publish(self.gen, chunk).verdict in {"appended", "dup"}
            self.next += 1

    def join(self, after: int = 0) -> StreamReader:
        meta = self.stream.meta(SID)
        assert meta is not None
        return self.hub.join(SID, meta, after)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def take(reader: StreamReader, after: int) -> Entry:
    entry = reader.take(after, reader.place, 10)
    while entry is None:
        entry = reader.take(after, reader.place, 10)
    return entry


def test_viewers_of_one_stream_share_a_reader_and_have_their_own_positions(stage: Stage) -> None:
    first, second = stage.join(), stage.join()
    assert first is second
    assert stage.hub.readers() == [SID]
    stage.claim()
    stage.publish(5)
    assert [take(first, after).seq for after in range(5)] == [1, 2, 3, 4, 5]
    assert take(second, 2).seq == 3
    assert first.init is not None
    assert first.init.data == b"init"


def test_a_viewer_beyond_what_is_kept_is_sent_to_the_log(stage: Stage) -> None:
    stage.claim()
    reader = stage.join()
    stage.publish(broadcast.KEPT_CHUNKS + 10)
    take(reader, stage.next - 2)
    with pytest.raises(Behind):
        reader.take(0, None, 1)
    assert reader.take(10, None, 1).seq == 11  # type: ignore[union-attr]


def test_what_is_kept_is_bounded_in_bytes(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcast, "KEPT_BYTES", 5000)
    stage.claim()
    reader = stage.join()
    stage.publish(20, size=1000)
    take(reader, 19)
    with pytest.raises(Behind):
        reader.take(10, None, 1)
    assert take(reader, 17).seq == 18


@pytest.mark.parametrize(
    ("kind", "code"), [("end", CloseCode.ENDED), ("cancelled", CloseCode.ENDED), ("failed", CloseCode.FAILED)]
)
def test_after_an_ending_nothing_follows(stage: Stage, kind: str, code: CloseCode) -> None:
    stage.claim()
    reader = stage.join()
    stage.publish(2)
    stage.publish(1, kind=kind)
    assert take(reader, 2).terminal
    with pytest.raises(StreamOver) as over:
        take(reader, 3)
    assert over.value.code is code
    reader._thread.join(10)
    assert stage.hub.readers() == []


def test_a_reader_ends_with_its_last_viewer(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcast, "QUEUED_BLOCK_MS", 20)
    reader = stage.join()
    stage.hub.leave(reader)
    reader._thread.join(10)
    assert not reader._thread.is_alive()
    assert stage.hub.readers() == []
    assert stage.metrics.stream_readers._value.get() == 0


def test_a_stream_that_is_forgotten_is_gone_after_a_while(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcast, "QUEUED_BLOCK_MS", 20)
    monkeypatch.setattr(broadcast, "MISSING_FOR_S", 0.1)
    reader = stage.join()
    stage.stream._streams.clear()
    with pytest.raises(StreamOver) as over:
        take(reader, 0)
    assert over.value.code is CloseCode.GONE


def test_draining_wakes_every_viewer(stage: Stage) -> None:
    reader = stage.join()
    waiting = threading.Thread(target=reader.take, args=(0, reader.place, 600))
    waiting.start()
    stage.hub.drain()
    waiting.join(10)
    assert not waiting.is_alive()


class Flaky(MemoryChunkStream):
    """A stream whose Redis goes away."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.missed = threading.Event()

    def read(self, sid: str, after_seq: int, *, block_ms: int = 0, count: int = 16):  # type: ignore[no-untyped-def]
        if self.away:
            self.missed.set()
            raise StreamUnreachable
        return super().read(sid, after_seq, block_ms=min(block_ms, 20), count=count)


def test_a_redis_that_comes_back_is_read_on_from_the_same_position() -> None:
    stream = Flaky()
    stage = Stage(stream)
    stage.claim()
    reader = stage.join()
    stage.publish(3)
    take(reader, 2)
    stream.away = True
    assert stream.missed.wait(10)
    stage.publish(3)
    assert reader.take(3, None, 0.3) is None
    stream.away = False
    assert [take(reader, after).seq for after in (3, 4, 5)] == [4, 5, 6]


def test_a_redis_that_stays_away_sends_viewers_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcast, "UNREACHABLE_FOR_S", 0.2)
    stream = Flaky()
    stage = Stage(stream)
    stream.away = True
    reader = stage.join()
    with pytest.raises(StreamOver) as over:
        take(reader, 0)
    assert over.value.code is CloseCode.DRAIN


def test_a_reader_that_breaks_lets_nobody_wait(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    monkeypatch.setattr(stage.stream, "read", lambda *_, **__: [(1, b"garbage")])
    reader = stage.join()
    with pytest.raises(StreamOver) as over:
        take(reader, 0)
    assert over.value.code is CloseCode.INTERNAL
