"""Chunks leave one worker's hand exactly once, and none is out of its hand before it is stored."""

from typing import Any

import pytest
from stage import EPOCH, FaultyStream

from avatars.storage_memory import MemoryStorage
from tasks import publisher as room
from tasks.chunks import Chunk, Kind
from tasks.errors import Fenced, LogLost, StreamUnreachable
from tasks.parts import Parts
from tasks.publisher import LOG_CHUNKS, PART_CHUNKS, Publisher
from tasks.stream import LOG_BYTES_MAX
from tasks.stream_memory import MemoryChunkStream

SID = "b" * 32


@pytest.fixture
def stream() -> MemoryChunkStream:
    stream = MemoryChunkStream()
    stream.create(SID, EPOCH)
    return stream


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


def publisher(stream: Any, storage: MemoryStorage, owner: str = "w1:1") -> Publisher:
    return Publisher(stream, Parts(storage), SID, stream.claim(SID, owner), lambda: None)


def publish(made: Publisher, chunks: int, size: int = 100) -> None:
    for _ in range(chunks):
        made.media(bytes(size), made.next * 320, 320, ())


def logged(stream: MemoryChunkStream) -> list[int]:
    return [seq for seq, _ in stream.read(SID, 0, count=10_000)]


def stored(storage: MemoryStorage) -> list[int]:
    return [seq for seq, _ in Parts(storage).read_after(SID, 0)]


def test_a_part_is_stored_as_soon_as_it_is_full(stream: MemoryChunkStream, storage: MemoryStorage) -> None:
    made = publisher(stream, storage)
    publish(made, PART_CHUNKS - 1)
    assert stored(storage) == []
    publish(made, 1)
    assert stored(storage) == logged(stream) == list(range(1, PART_CHUNKS + 1))


def test_the_log_keeps_thirty_seconds_and_never_lets_go_of_what_is_not_stored(
    stream: MemoryChunkStream, storage: MemoryStorage
) -> None:
    made = publisher(stream, storage)
    publish(made, LOG_CHUNKS + 40)
    assert logged(stream)[0] == 40
    assert stored(storage) == list(range(1, (LOG_CHUNKS + 40) // PART_CHUNKS * PART_CHUNKS + 1))


def test_a_log_that_grows_too_heavy_is_trimmed_nearer(
    stream: MemoryChunkStream, storage: MemoryStorage
) -> None:
    made = publisher(stream, storage)
    size = LOG_BYTES_MAX // 20
    publish(made, 60, size)
    weight = sum(len(message) for _, message in stream.read(SID, 0, count=1000))
    assert LOG_BYTES_MAX / 2 < weight <= LOG_BYTES_MAX
    assert stored(storage)[-1] >= logged(stream)[0] - 1


def test_a_chunk_heavier_than_the_whole_log_may_be_is_still_published(
    stream: MemoryChunkStream, storage: MemoryStorage
) -> None:
    made = publisher(stream, storage)
    publish(made, 3, LOG_BYTES_MAX + 1)
    assert stored(storage) == [1, 2, 3]
    assert logged(stream)[-1] == 3


def test_a_successor_stores_what_its_predecessor_only_logged(
    stream: MemoryChunkStream, storage: MemoryStorage
) -> None:
    publish(publisher(stream, storage), 5)
    stream.release_owner("w1:")
    made = publisher(stream, storage, "w2:1")
    assert made.next == 6
    made.announce(b"init", "video/mp4")
    made.finish("end", pts_ms=1600, detail={"chunks": 5, "duration_ms": 1600})
    assert stored(storage) == [1, 2, 3, 4, 5, 6]
    assert Parts(storage).init(SID) == b"init"


def test_another_workers_claim_fences_off_announcing_and_publishing(
    stream: MemoryChunkStream, storage: MemoryStorage
) -> None:
    made = publisher(stream, storage)
    publish(made, 1)
    stream.release_owner("w1:")
    publish(publisher(stream, storage, "w2:1"), 1)
    with pytest.raises(Fenced):
        made.announce(b"init", "video/mp4")
    with pytest.raises(Fenced):
        publish(made, 1)
    assert logged(stream) == [1, 2]


@pytest.mark.parametrize("kind", ["failed", "end"])
def test_an_ending_that_is_fenced_off_is_not_stored(
    stream: MemoryChunkStream, storage: MemoryStorage, kind: Kind
) -> None:
    made = publisher(stream, storage)
    publish(made, 2)
    stream.release_owner("w1:")
    publisher(stream, storage, "w2:1")
    with pytest.raises(Fenced):
        made.finish(kind, pts_ms=0, detail={})
    assert set(stored(storage)) <= {1, 2}


def test_an_ending_after_the_ending_is_refused(stream: MemoryChunkStream, storage: MemoryStorage) -> None:
    made = publisher(stream, storage)
    made.finish("end", pts_ms=0, detail={})
    with pytest.raises(Fenced):
        made.finish("failed", pts_ms=0, detail={})


def test_an_ending_whose_answer_was_lost_is_a_success(
    stream: MemoryChunkStream, storage: MemoryStorage
) -> None:
    faulty, lost = FaultyStream(stream), []

    def lose(name: str, args: tuple[Any, ...]) -> None:
        if name == "publish" and not lost:
            lost.append(name)
            raise StreamUnreachable

    made = publisher(faulty, storage)
    faulty.after = lose
    made.finish("cancelled", pts_ms=0, detail={})
    assert [chunk.seq for chunk in faulty.published] == [1, 1]
    assert logged(stream) == [1]


def test_a_failure_is_told_even_when_storage_takes_nothing(stream: MemoryChunkStream) -> None:
    class FullStorage(MemoryStorage):
        def put(self, key: str, data: bytes, *, durable: bool = True) -> None:
            raise AssertionError("nothing needs to be stored for a failure")

    made = publisher(stream, FullStorage())
    publish(made, 3)
    made.finish("failed", pts_ms=960, detail={"code": "storage_failed", "message": "full"})
    assert stream.meta(SID).state == "failed"


def test_a_log_that_loses_its_end_twice_is_given_up(
    stream: MemoryChunkStream, storage: MemoryStorage
) -> None:
    faulty = FaultyStream(stream)
    made = publisher(faulty, storage)
    publish(made, 4)

    def lose(name: str, args: tuple[Any, ...]) -> None:
        kept = stream._streams[SID]
        if name == "publish" and kept.next > 2:
            kept.next -= 1
            del kept.log[kept.next]

    faulty.after = lose
    with pytest.raises(LogLost):
        publish(made, 3)


def test_a_gap_reaching_behind_what_is_kept_here_is_filled_from_storage(
    stream: MemoryChunkStream, storage: MemoryStorage
) -> None:
    made = publisher(stream, storage)
    publish(made, PART_CHUNKS + 2)
    kept = stream._streams[SID]
    kept.next = 6
    kept.log = {seq: message for seq, message in kept.log.items() if seq < 6}
    publish(made, 1)
    assert logged(stream) == list(range(1, PART_CHUNKS + 4))


def test_a_redis_that_stays_away_ends_the_job_and_the_job_is_seen_to_live_until_then(
    stream: MemoryChunkStream, storage: MemoryStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "UNREACHABLE_S", 0.3)
    faulty, signs = FaultyStream(stream), []
    made = Publisher(faulty, Parts(storage), SID, stream.claim(SID, "w1:1"), lambda: signs.append(1))

    def refuse(name: str, args: tuple[Any, ...]) -> None:
        raise StreamUnreachable

    faulty.before = refuse
    with pytest.raises(StreamUnreachable):
        publish(made, 1)
    assert len(signs) >= 3


def test_a_stream_that_somebody_else_made_again_is_left_to_them(
    stream: MemoryChunkStream, storage: MemoryStorage
) -> None:
    made = publisher(stream, storage)
    publish(made, 3)
    del stream._streams[SID]
    stream.recreate(SID, EPOCH, 0, 1)
    with pytest.raises(Fenced):
        publish(made, 1)


def test_a_stream_made_again_keeps_its_epoch_and_its_init_segment(
    stream: MemoryChunkStream, storage: MemoryStorage
) -> None:
    made = publisher(stream, storage)
    made.announce(b"init", "video/mp4")
    publish(made, 3)
    del stream._streams[SID]
    publish(made, 1)
    meta = stream.meta(SID)
    assert (meta.epoch, meta.init, meta.next, meta.owner) == (EPOCH, b"init", 5, "w1:1")
    assert logged(stream) == [1, 2, 3, 4]
    assert [Chunk.from_message(message).gen for _, message in stream.read(SID, 0)] == [1] * 4
