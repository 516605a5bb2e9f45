"""The folder, its twin in memory and a bucket keep the same promises."""

import contextlib
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import buckets
import pytest

from avatars.errors import BadKey, ObjectMissing, StorageError
from avatars.storage import Storage
from avatars.storage_folder import FolderStorage
from avatars.storage_memory import MemoryStorage
from avatars.storage_s3 import S3Storage

KEY = "utterances/00ff/video.mp4"


@pytest.fixture(params=["folder", "memory", "bucket", *(["named bucket"] if buckets.named_server() else [])])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    if request.param == "folder":
        yield FolderStorage(tmp_path / "storage")
    elif request.param == "memory":
        yield MemoryStorage()
    else:
        home = "bucket_place" if request.param == "bucket" else "named_bucket_place"
        with contextlib.closing(S3Storage(request.getfixturevalue(home))) as storage:
            yield storage


@pytest.fixture(params=["folder", "memory"])
def folders(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return FolderStorage(tmp_path / "storage") if request.param == "folder" else MemoryStorage()


def _files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.mark.parametrize("data", [b"", b"\0", bytes(range(256)) * 5000])
@pytest.mark.parametrize("durable", [True, False])
def test_an_object_comes_back_byte_for_byte(storage: Storage, data: bytes, durable: bool) -> None:
    storage.put(KEY, data, durable=durable)
    assert storage.get(KEY) == data
    assert storage.size_bytes(KEY) == len(data)
    assert storage.exists(KEY)


def test_writing_again_replaces_the_whole_object(storage: Storage) -> None:
    storage.put(KEY, b"a longer one")
    storage.put(KEY, b"short")
    assert storage.get(KEY) == b"short"


@pytest.mark.parametrize("size_bytes", [0, 1, 7_000_001])
def test_what_is_read_piece_by_piece_is_the_whole(storage: Storage, size_bytes: int) -> None:
    data = random.Random(3).randbytes(size_bytes)
    with storage.writer(KEY) as file:
        file.write(data)
    with storage.open(KEY) as file:
        assert b"".join(iter(lambda: file.read(100_003), b"")) == data
        assert file.seek(0, 2) == size_bytes
        assert file.read(1) == b""
        assert file.seek(-size_bytes, 1) == 0
        assert file.read() == data


def test_a_home_that_can_be_written_to_passes_and_holds_nothing_new(storage: Storage) -> None:
    storage.check()
    assert list(storage.keys("")) == []
    assert storage.sweep() == 0


def test_an_object_opens_for_reading_anywhere_in_it(storage: Storage) -> None:
    storage.put(KEY, b"0123456789")
    with storage.open(KEY) as file:
        file.seek(6)
        assert file.read(2) == b"67"
        file.seek(0)
        assert file.read(1) == b"0"


def test_a_reader_keeps_the_object_it_opened(storage: Storage) -> None:
    storage.put(KEY, b"old")
    with storage.open(KEY) as file:
        storage.put(KEY, b"new")
        assert file.read() == b"old"
    assert storage.get(KEY) == b"new"


def test_nothing_is_to_be_seen_until_a_writer_ends(storage: Storage) -> None:
    storage.put(KEY, b"old")
    with storage.writer(KEY) as file:
        file.write(b"ne")
        assert storage.get(KEY) == b"old"
        assert list(storage.keys("")) == [KEY]
        file.write(b"w")
        file.seek(0)
        file.write(b"N")
    assert storage.get(KEY) == b"New"


def _write_and_fail(storage: Storage) -> None:
    with storage.writer(KEY) as file:
        file.write(b"half")
        raise ZeroDivisionError


def test_a_writer_that_fails_leaves_what_was_there(storage: Storage) -> None:
    with pytest.raises(ZeroDivisionError):
        _write_and_fail(storage)
    assert not storage.exists(KEY)
    storage.put(KEY, b"old")
    with pytest.raises(ZeroDivisionError):
        _write_and_fail(storage)
    assert storage.get(KEY) == b"old"


def test_a_failed_writer_leaves_no_file_behind(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        _write_and_fail(FolderStorage(tmp_path))
    assert _files(tmp_path) == []


@pytest.mark.parametrize("ask", ["get", "open", "size_bytes"])
def test_an_object_that_is_not_there_is_missing(storage: Storage, ask: str) -> None:
    with pytest.raises(ObjectMissing) as caught:
        getattr(storage, ask)(KEY)
    assert caught.value.key == KEY
    assert not storage.exists(KEY)


@pytest.mark.parametrize("ask", ["get", "open", "size_bytes"])
def test_what_objects_lie_under_is_no_object(storage: Storage, ask: str) -> None:
    storage.put(KEY, b"")
    with pytest.raises(ObjectMissing):
        getattr(storage, ask)("utterances/00ff")
    with pytest.raises(ObjectMissing):
        getattr(storage, ask)(KEY + "/deeper")
    assert not storage.exists("utterances/00ff")


def test_an_object_and_a_folder_cannot_share_a_name(folders: Storage) -> None:
    storage = folders
    storage.put("a/b/c", b"kept")
    for key in ("a", "a/b", "a/b/c/d", "a/b/c/d/e"):
        with pytest.raises(BadKey):
            storage.put(key, b"")
    assert list(storage.keys("")) == ["a/b/c"]
    assert storage.get("a/b/c") == b"kept"


def test_keys_are_listed_by_prefix_in_the_order_of_their_letters(storage: Storage) -> None:
    keys = ["a/b", "a-b", "a.b", "ab/c/d", "ab/c0", "b"]
    for key in reversed(keys):
        storage.put(key, b"")
    assert list(storage.keys("")) == sorted(keys)
    assert list(storage.keys("a/")) == ["a/b"]
    assert list(storage.keys("ab")) == ["ab/c/d", "ab/c0"]
    assert list(storage.keys("ab/c")) == ["ab/c/d", "ab/c0"]
    assert list(storage.keys("ab/c/")) == ["ab/c/d"]
    assert list(storage.keys("none/")) == []
    assert list(storage.keys("b/")) == []


def test_a_listing_does_not_show_what_is_being_written(storage: Storage) -> None:
    with storage.writer(KEY) as file:
        file.write(b"x")
        assert list(storage.keys("")) == []


def test_deleting_removes_one_and_a_second_time_is_no_error(storage: Storage) -> None:
    storage.put("a/b", b"")
    storage.put("a/c", b"")
    storage.delete("a/b")
    storage.delete("a/b")
    storage.delete("a/c/d")
    storage.delete("a")
    storage.delete("never/was")
    assert list(storage.keys("")) == ["a/c"]


def test_deleting_all_removes_what_is_under_the_prefix_only(storage: Storage) -> None:
    for key in ("u/1/a", "u/1/b/c", "u/10/a", "v"):
        storage.put(key, b"")
    assert storage.delete_all("u/1/") == 2
    assert storage.delete_all("u/1/") == 0
    assert list(storage.keys("")) == ["u/10/a", "v"]


def test_deleting_everything_by_an_empty_prefix_is_refused(storage: Storage) -> None:
    storage.put(KEY, b"")
    with pytest.raises(BadKey):
        storage.delete_all("")
    assert storage.exists(KEY)


BAD_KEYS = [
    "", "/", "/etc/passwd", "..", "../x", "a/../b", "a/..", ".", "./a", "a//b", "a/", "/a", ".hidden",
    "a/.writing/b", "A", "a b", "a\\b", "a\0b", "a\n", "س", "a:b", "a/%2e%2e/b", "x" * 513, "٣",
    "~root", "a" * 201,
]  # fmt: skip


@pytest.mark.parametrize("key", BAD_KEYS)
def test_a_bad_key_is_refused_by_every_door(storage: Storage, key: str) -> None:
    doors: list[Callable[[], object]] = [
        lambda: storage.put(key, b""),
        lambda: storage.get(key),
        lambda: storage.open(key),
        lambda: storage.writer(key),
        lambda: storage.size_bytes(key),
        lambda: storage.exists(key),
        lambda: storage.delete(key),
    ]
    for door in doors:
        with pytest.raises(BadKey):
            door()


@pytest.mark.parametrize("prefix", ["..", "../", "/", "a/../", ".writing", "a//", "A"])
def test_a_bad_prefix_is_refused(storage: Storage, prefix: str) -> None:
    with pytest.raises(BadKey):
        list(storage.keys(prefix))
    with pytest.raises(BadKey):
        storage.delete_all(prefix)


def test_a_symlink_below_the_root_leads_nowhere(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    root = tmp_path / "root"
    root.mkdir()
    (root / "folder").symlink_to(outside)
    (root / "file").symlink_to(outside / "secret")
    storage = FolderStorage(root)
    for key in ("folder/secret", "folder/new", "file"):
        for door in (storage.get, storage.exists, storage.delete, lambda key: storage.put(key, b"x")):
            with pytest.raises(BadKey):
                door(key)
    assert {path.name: path.read_bytes() for path in outside.iterdir()} == {"secret": b"secret"}


def test_the_root_itself_may_be_a_symlink(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "root").symlink_to(tmp_path / "disk")
    storage = FolderStorage(tmp_path / "root")
    storage.put(KEY, b"x")
    assert (tmp_path / "disk" / KEY).read_bytes() == b"x"
    assert list(storage.keys("utterances/")) == [KEY]
    storage.delete(KEY)
    assert list(storage.keys("")) == []


def test_folders_that_become_empty_go_with_their_last_object(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path)
    storage.put("a/b/c/d", b"")
    storage.delete("a/b/c/d")
    assert not (tmp_path / "a").exists()


def test_making_a_folder_storage_touches_nothing(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path / "storage")
    assert list(storage.keys("")) == []
    assert not storage.exists("a")
    assert list(tmp_path.iterdir()) == []


def test_a_root_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError):
        FolderStorage(tmp_path / "file").put(KEY, b"")


def test_writing_and_deleting_in_one_folder_at_once_loses_no_object(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path)
    failures: list[BaseException] = []

    def churn(name: str) -> None:
        try:
            for _ in range(200):
                storage.put(f"a/b/{name}", b"x", durable=False)
                assert storage.get(f"a/b/{name}") == b"x"
                storage.delete(f"a/b/{name}")
        except (StorageError, AssertionError) as error:
            failures.append(error)

    threads = [threading.Thread(target=churn, args=(f"t{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert _files(tmp_path) == []


def test_a_sweep_leaves_a_live_writer_alone(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path)
    with storage.writer(KEY) as file:
        file.write(b"whole")
        assert FolderStorage(tmp_path).sweep() == 0
    assert storage.get(KEY) == b"whole"


WRITER = """
import sys
from pathlib import Path
from avatars.storage_folder import FolderStorage

storage = FolderStorage(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    for letter in (b"a", b"b"):
        storage.put("o/put", letter * 3_000_000)
        with storage.writer("o/written") as file:
            for _ in range(30):
                file.write(letter * 100_000)
"""


def test_a_writer_killed_at_any_moment_leaves_the_old_object_or_the_new_one(tmp_path: Path) -> None:
    chance = random.Random(6)
    storage = FolderStorage(tmp_path)
    whole = {b"a" * 3_000_000, b"b" * 3_000_000}
    for name in ("put", "written"):
        storage.put(f"o/{name}", b"a" * 3_000_000)
    halves = 0
    for _ in range(25):
        process = subprocess.Popen([sys.executable, "-c", WRITER, tmp_path], stdout=subprocess.PIPE)
        assert process.stdout is not None
        with process.stdout:
            assert process.stdout.readline() == b"ready\n"
            threading.Event().wait(chance.uniform(0, 0.03))
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert storage.get("o/put") in whole
        assert storage.get("o/written") in whole
        assert list(storage.keys("")) == ["o/put", "o/written"]
        halves += storage.sweep()
        assert list((tmp_path / ".writing").iterdir()) == []
    # Without a half-written file in any round the kills came at no dangerous moment.
    assert halves > 0


def test_asking_for_a_folder_leaves_no_file_open(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path)
    storage.put(KEY, b"")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        with pytest.raises(ObjectMissing):
            storage.open("utterances")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
