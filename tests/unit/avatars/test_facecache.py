"""A face is found where it is nearest, loaded once, and never missing because something else is."""

import multiprocessing
import struct
import threading
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import redis as redis_client
from faces import face, registered, same

from avatars import face_redis
from avatars.errors import FaceFileBroken, ObjectMissing
from avatars.face_entry import ENTRY_VERSION
from avatars.face_memory import memory_bytes
from avatars.face_redis import faces_client
from avatars.face_stored import made_key
from avatars.facecache import CacheLimits, FaceCache, Later
from avatars.registry import AvatarRow
from avatars.storage_folder import FolderStorage
from avatars.storage_memory import MemoryStorage

FACE_BYTES = memory_bytes(face())
LIMITS = CacheLimits(process_bytes=100 * FACE_BYTES, redis_bytes=1 << 20)
NO_MEMORY = CacheLimits(process_bytes=1, redis_bytes=1 << 20)


class Watched(MemoryStorage):
    """Storage that remembers what was read, and may wait before it answers."""

    def __init__(self, before: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self.read: list[str] = []
        self.before = before

    def get(self, key: str) -> bytes:
        self.read.append(key.rpartition("/")[2])
        self.before()
        return super().get(key)

    def pictures_read(self) -> int:
        return self.read.count("picture.png")


def test_a_face_is_loaded_once_and_its_file_kept() -> None:
    storage = Watched()
    row = registered(storage, "samira", seed=3)
    cache = FaceCache(storage, limits=LIMITS)
    assert cache.get(row) is cache.get(row)
    assert same(cache.get(row), face(3))
    assert storage.pictures_read() == 1
    assert storage.exists(made_key(row))
    counts = cache.counts()
    assert (counts["process"]["hits"], counts["process"]["misses"], counts["storage"]["misses"]) == (2, 1, 1)


def test_after_a_restart_the_face_file_saves_the_making() -> None:
    storage = Watched()
    row = registered(storage, "samira", seed=3)
    FaceCache(storage, limits=LIMITS).get(row)
    again = FaceCache(storage, limits=LIMITS)
    assert same(again.get(row), face(3))
    assert storage.pictures_read() == 1
    assert again.counts()["storage"]["hits"] == 1


def test_another_worker_finds_it_in_redis(redis: redis_client.Redis) -> None:
    storage = Watched()
    row = registered(storage, "samira", seed=3)
    FaceCache(storage, limits=LIMITS, client=redis).get(row)
    storage.read.clear()
    other = FaceCache(storage, limits=LIMITS, client=redis)
    assert same(other.get(row), face(3))
    assert storage.read == []
    assert other.rates() == {"process": 0.0, "memory": 1.0}


def test_a_face_that_was_just_registered_is_in_redis_before_anybody_asks(redis: redis_client.Redis) -> None:
    storage = Watched()
    row = registered(storage, "samira", seed=3)
    FaceCache(storage, limits=LIMITS, client=redis).keep(row, face(3))
    assert same(FaceCache(storage, limits=LIMITS, client=redis).get(row), face(3))
    assert storage.read == []


def test_a_new_version_is_another_face(redis: redis_client.Redis) -> None:
    storage = Watched()
    cache = FaceCache(storage, limits=LIMITS, client=redis)
    assert same(cache.get(registered(storage, "samira", 1, seed=1)), face(1))
    assert same(cache.get(registered(storage, "samira", 2, seed=2)), face(2))


def test_files_left_under_the_same_version_by_somebody_who_died_are_not_mistaken_for_it() -> None:
    storage = Watched()
    FaceCache(storage, limits=LIMITS).get(registered(storage, "samira", 1, seed=1))
    assert same(FaceCache(storage, limits=LIMITS).get(registered(storage, "samira", 1, seed=2)), face(2))


def test_threads_that_want_one_face_at_once_load_it_once() -> None:
    started, go_on = threading.Event(), threading.Event()

    def slowly() -> None:
        started.set()
        assert go_on.wait(30)

    storage = Watched()
    row = registered(storage, "a")
    storage.before = slowly
    cache = FaceCache(storage, limits=LIMITS)
    got: list[int] = []
    threads = [threading.Thread(target=lambda: got.append(id(cache.get(row)))) for _ in range(8)]
    threads[0].start()
    assert started.wait(30)
    for thread in threads[1:]:
        thread.start()
    while cache.counts()["process"]["misses"] < 8:
        threading.Event().wait(0.001)
    go_on.set()
    for thread in threads:
        thread.join()
    assert storage.pictures_read() == 1
    assert len(got) == 8
    assert len(set(got)) == 1


def test_a_face_that_could_not_be_loaded_is_tried_again() -> None:
    storage = Watched()
    row = registered(storage, "a", seed=1)
    picture = storage.get(row.picture_key)
    storage.put(row.picture_key, b"broken")
    cache = FaceCache(storage, limits=LIMITS)
    with pytest.raises(FaceFileBroken):
        cache.get(row)
    storage.put(row.picture_key, picture)
    assert same(cache.get(row), face(1))


def test_a_face_whose_files_are_gone_is_missing() -> None:
    storage = Watched()
    row = registered(storage, "a")
    storage.delete(row.points_key)
    with pytest.raises(ObjectMissing):
        FaceCache(storage, limits=LIMITS).get(row)


@pytest.mark.parametrize("junk", [b"", b"junk", b"x" * 4000])
def test_a_poisoned_face_file_is_dropped_counted_and_made_again(junk: bytes) -> None:
    storage = Watched()
    row = registered(storage, "a", seed=1)
    FaceCache(storage, limits=LIMITS).get(row)
    storage.put(made_key(row), junk)
    cache = FaceCache(storage, limits=LIMITS)
    assert same(cache.get(row), face(1))
    assert cache.counts()["storage"]["poisoned"] == 1
    assert same(FaceCache(storage, limits=LIMITS).get(row), face(1))
    assert storage.pictures_read() == 2


def test_a_poisoned_entry_in_redis_is_dropped_counted_and_made_again(redis: redis_client.Redis) -> None:
    storage = Watched()
    row = registered(storage, "a", seed=1)
    cache = FaceCache(storage, limits=NO_MEMORY, client=redis)
    cache.get(row)
    redis.hset("{faces}:e:a", "d", b"junk")
    assert same(cache.get(row), face(1))
    assert cache.counts()["redis"]["poisoned"] == 1
    assert same(cache.get(row), face(1))
    assert cache.counts()["redis"]["hits"] == 1


def test_an_entry_of_the_version_before_is_dropped_and_made_again(redis: redis_client.Redis) -> None:
    storage = Watched()
    row = registered(storage, "a", seed=1)
    cache = FaceCache(storage, limits=NO_MEMORY, client=redis)
    cache.get(row)
    content = bytearray(redis.hget("{faces}:e:a", "d")[4:])
    struct.pack_into("<H", content, 4, ENTRY_VERSION - 1)
    redis.hset("{faces}:e:a", "d", struct.pack("<I", zlib.crc32(content)) + content)
    assert same(cache.get(row), face(1))
    assert cache.counts()["redis"]["poisoned"] == 1
    assert same(cache.get(row), face(1))
    assert cache.counts()["redis"]["hits"] == 1


def test_a_redis_that_is_away_is_no_error_and_is_left_alone(tmp_path: Path) -> None:
    storage = Watched()
    rows = [registered(storage, name, seed=n) for n, name in enumerate("abc")]
    events: Counter[tuple[str, str]] = Counter()
    client = faces_client(f"unix://{tmp_path / 'nobody.sock'}")
    cache = FaceCache(
        storage, limits=LIMITS, client=client, note=lambda level, event, n: events.update({(level, event): n})
    )
    for n, row in enumerate(rows):
        assert same(cache.get(row), face(n))
    assert events["redis", "troubles"] == 1
    assert set(cache.memory_states()) == {"process"}


def test_storage_that_takes_no_face_file_is_no_error() -> None:
    class Full(Watched):
        def put(self, key: str, data: bytes, *, durable: bool = True) -> None:
            if key.endswith(".npz"):
                raise face_stored_error
            super().put(key, data, durable=durable)

    from avatars.errors import StorageError

    face_stored_error = StorageError("no space left")
    storage = Full()
    cache = FaceCache(storage, limits=LIMITS)
    assert same(cache.get(registered(storage, "a", seed=1)), face(1))
    assert cache.counts()["storage"]["troubles"] == 1


def _get(url: str, folder: Path, row: AvatarRow, gate: object, built: object) -> None:
    storage = FolderStorage(folder)
    client = redis_client.Redis.from_url(url, protocol=2)
    cache = FaceCache(storage, limits=LIMITS, client=client)
    build = cache.stored.build

    def counted(avatar: AvatarRow) -> object:
        with built.get_lock():
            built.value += 1
        threading.Event().wait(0.2)
        return build(avatar)

    cache.stored.build = counted
    gate.wait(30)
    cache.get(row)
    client.close()


def test_processes_that_want_one_face_at_once_build_it_once(
    redis: redis_client.Redis, redis_url: str, tmp_path: Path
) -> None:
    row = registered(FolderStorage(tmp_path), "a", seed=1)
    context = multiprocessing.get_context("fork")
    gate, built = context.Barrier(4), context.Value("i", 0)
    processes = [context.Process(target=_get, args=(redis_url, tmp_path, row, gate, built)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    assert built.value == 1


def test_a_builder_that_died_holds_nobody_up_for_ever(
    redis: redis_client.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(face_redis, "LOCK_MS", 100)
    storage = Watched()
    row = registered(storage, "a", seed=1)
    cache = FaceCache(storage, limits=LIMITS, client=redis)
    from avatars.face_stored import name_of

    assert cache.redis is not None
    assert cache.redis.lock(name_of(row)) is not None
    assert same(cache.get(row), face(1))


def test_what_does_not_fit_into_the_line_is_left_out() -> None:
    later, started, go_on = Later(), threading.Event(), threading.Event()
    done: list[int] = []
    finished = threading.Event()

    def first() -> None:
        started.set()
        assert go_on.wait(30)

    later(first)
    assert started.wait(30)
    for n in range(10):
        later(lambda n=n: (done.append(n), finished.set() if n == 3 else None))
    go_on.set()
    assert finished.wait(30)
    assert done == [0, 1, 2, 3]
