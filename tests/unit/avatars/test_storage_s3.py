"""A bucket whose server fails: what is retried, what is told, and what is never seen."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import buckets
import faulty_proxy
import pytest
from faulty_proxy import Cut, Exchange, FaultyProxy, refuse

from avatars.errors import (
    ObjectDamaged,
    ObjectReplaced,
    StorageError,
    StorageRefused,
    StorageUnreachable,
)
from avatars.storage_homes import open_storage
from avatars.storage_s3 import S3Limits, S3Storage
from avatars.storage_s3_client import BucketPlace

KEY = "utterances/00ff/video.mp4"
MIB = 1024**2
BIG = bytes(range(256)) * (11 * MIB // 256)
LIMITS = S3Limits(part_bytes=5 * MIB, read_timeout_s=30, attempts=2)


@pytest.fixture
def proxy(bucket_server: str) -> Iterator[FaultyProxy]:
    with faulty_proxy.between(bucket_server) as proxy:
        yield proxy


@pytest.fixture
def storage(bucket_place: BucketPlace, proxy: FaultyProxy) -> Iterator[S3Storage]:
    with contextlib.closing(S3Storage(replace(bucket_place, endpoint=proxy.url), LIMITS)) as storage:
        yield storage


@pytest.fixture
def impatient(bucket_place: BucketPlace, proxy: FaultyProxy) -> Iterator[S3Storage]:
    """One that waits half a second only."""
    place, limits = replace(bucket_place, endpoint=proxy.url), replace(LIMITS, read_timeout_s=0.5)
    with contextlib.closing(S3Storage(place, limits)) as storage:
        yield storage


@pytest.fixture
def straight(bucket_place: BucketPlace) -> Iterator[S3Storage]:
    """The same bucket past the proxy."""
    with contextlib.closing(S3Storage(bucket_place, LIMITS)) as storage:
        yield storage


def _times(count: int, operation: str, fault: Callable[[Exchange], None]) -> Callable[[Exchange], None]:
    left = [count]

    def spoil(exchange: Exchange) -> None:
        if exchange.operation == operation and left[0]:
            left[0] -= 1
            fault(exchange)

    return spoil


ALWAYS = -1


def _cut(_: Exchange) -> None:
    raise Cut


def _slow_down(exchange: Exchange) -> None:
    refuse(exchange, 503, "SlowDown")


def _uploads(place: BucketPlace) -> int:
    with contextlib.closing(buckets.client_of(place.endpoint or "", buckets.CREDENTIALS)) as client:
        return len(client.list_multipart_uploads(Bucket=place.bucket).get("Uploads", []))


def _write(storage: S3Storage, data: bytes) -> None:
    with storage.writer(KEY) as file:
        file.write(data)


# What goes up


def test_a_small_object_is_one_request_with_its_checksum(storage: S3Storage, proxy: FaultyProxy) -> None:
    storage.put(KEY, b"hello")
    assert proxy.operations() == ["ObjectPut"]
    sent = {name.lower(): value for name, value in proxy.seen[0].headers.items()}
    assert sent["x-amz-checksum-sha256"] == "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="
    assert proxy.seen[0].path.endswith(f"/some/prefix/{KEY}")


def test_a_large_object_appears_with_the_last_request(
    storage: S3Storage, straight: S3Storage, proxy: FaultyProxy
) -> None:
    seen_before: list[bool] = []
    proxy.before = lambda exchange: seen_before.append(straight.exists(KEY))
    _write(storage, BIG)
    assert proxy.operations() == [
        "ListMultipartUploads", "CreateMultipartUpload", *["UploadPart"] * 3, "CompleteMultipartUpload",
    ]  # fmt: skip
    assert not any(seen_before)
    assert straight.get(KEY) == BIG


def test_a_writer_that_fails_asks_the_server_for_nothing(storage: S3Storage, proxy: FaultyProxy) -> None:
    def fail() -> None:
        with storage.writer(KEY) as file:
            file.write(BIG)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert proxy.seen == []


@pytest.mark.parametrize("operation", ["UploadPart", "CompleteMultipartUpload"])
def test_an_upload_that_is_cut_for_good_is_aborted_and_leaves_what_was_there(
    storage: S3Storage, straight: S3Storage, proxy: FaultyProxy, bucket_place: BucketPlace, operation: str
) -> None:
    straight.put(KEY, b"old")
    proxy.before = _times(ALWAYS, operation, _cut)
    with pytest.raises(StorageUnreachable):
        _write(storage, BIG)
    assert proxy.operations()[-1] == "AbortMultipartUpload"
    assert straight.get(KEY) == b"old"
    assert _uploads(bucket_place) == 0


@pytest.mark.parametrize("operation", ["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"])
def test_an_upload_that_is_cut_once_goes_on(
    storage: S3Storage, straight: S3Storage, proxy: FaultyProxy, operation: str
) -> None:
    proxy.before = _times(1, operation, _cut)
    _write(storage, BIG)
    assert straight.get(KEY) == BIG


def test_a_completion_whose_answer_is_lost_counts_as_done(
    storage: S3Storage, straight: S3Storage, proxy: FaultyProxy
) -> None:
    proxy.after = _times(1, "CompleteMultipartUpload", _cut)
    _write(storage, BIG)
    assert proxy.operations().count("CreateMultipartUpload") == 1
    assert straight.get(KEY) == BIG


def test_a_part_acknowledged_by_a_wrong_etag_is_sent_again_with_all_others(
    storage: S3Storage, straight: S3Storage, proxy: FaultyProxy, bucket_place: BucketPlace
) -> None:
    proxy.after = _times(1, "UploadPart", lambda exchange: exchange.set_header("ETag", '"0123"'))
    _write(storage, BIG)
    assert proxy.operations().count("CreateMultipartUpload") == 2
    assert straight.get(KEY) == BIG
    assert _uploads(bucket_place) == 0


def test_wrong_etags_for_every_part_are_an_error_and_no_object(
    storage: S3Storage, straight: S3Storage, proxy: FaultyProxy, bucket_place: BucketPlace
) -> None:
    proxy.after = _times(ALWAYS, "UploadPart", lambda exchange: exchange.set_header("ETag", '"0123"'))
    with pytest.raises(ObjectDamaged):
        _write(storage, BIG)
    assert not straight.exists(KEY)
    assert _uploads(bucket_place) == 0


def test_a_store_that_kept_something_else_is_found_out(storage: S3Storage, proxy: FaultyProxy) -> None:
    wrong = "A" * 43 + "="
    proxy.after = _times(
        ALWAYS, "ObjectPut", lambda exchange: exchange.set_header("x-amz-checksum-sha256", wrong)
    )
    with pytest.raises(ObjectDamaged):
        storage.put(KEY, b"hello")
    assert proxy.operations() == ["ObjectPut", "ObjectPut"]


# What comes back


def _flip(exchange: Exchange) -> None:
    exchange.answer = bytes([exchange.answer[0] ^ 1]) + exchange.answer[1:]


def _cut_in_half(exchange: Exchange) -> None:
    exchange.cut_at = len(exchange.answer) // 2


def _stall(exchange: Exchange) -> None:
    exchange.pause = threading.Event()


@pytest.mark.parametrize("fault", [_flip, _cut_in_half])
def test_a_body_that_comes_damaged_once_is_asked_for_again(
    storage: S3Storage, proxy: FaultyProxy, fault: Callable[[Exchange], None]
) -> None:
    storage.put(KEY, b"hello" * 1000)
    proxy.after = _times(1, "ObjectGet", fault)
    assert storage.get(KEY) == b"hello" * 1000
    assert proxy.operations().count("ObjectGet") == 2


def test_a_body_that_stalls_is_asked_for_again(
    impatient: S3Storage, straight: S3Storage, proxy: FaultyProxy
) -> None:
    straight.put(KEY, b"hello" * 1000)
    proxy.after = _times(1, "ObjectGet", _stall)
    assert impatient.get(KEY) == b"hello" * 1000


@pytest.mark.parametrize("fault", [_flip, _cut_in_half])
def test_a_body_that_comes_damaged_twice_is_an_error(
    storage: S3Storage, proxy: FaultyProxy, fault: Callable[[Exchange], None]
) -> None:
    storage.put(KEY, b"hello" * 1000)
    proxy.after = _times(ALWAYS, "ObjectGet", fault)
    with pytest.raises(ObjectDamaged):
        storage.get(KEY)
    assert proxy.operations().count("ObjectGet") == 2


@pytest.mark.parametrize("fault", [_flip, _cut_in_half])
def test_a_large_object_is_held_against_the_checksum_of_the_whole(
    storage: S3Storage, straight: S3Storage, proxy: FaultyProxy, fault: Callable[[Exchange], None]
) -> None:
    straight.put(KEY, BIG)
    proxy.after = _times(ALWAYS, "ObjectGet", fault)
    with pytest.raises(ObjectDamaged):
        storage.get(KEY)
    with pytest.raises(ObjectDamaged), storage.open(KEY) as file:
        file.read()


def test_a_block_that_is_cut_once_is_fetched_again(
    storage: S3Storage, straight: S3Storage, proxy: FaultyProxy
) -> None:
    straight.put(KEY, BIG)
    with storage.open(KEY) as file:
        proxy.after = _times(1, "ObjectGet", _cut_in_half)
        assert file.read() == BIG


def test_blocks_of_another_etag_are_refused(
    storage: S3Storage, straight: S3Storage, proxy: FaultyProxy
) -> None:
    straight.put(KEY, BIG)
    with storage.open(KEY) as file:
        proxy.after = _times(ALWAYS, "ObjectGet", lambda exchange: exchange.set_header("ETag", '"0123"'))
        with pytest.raises(ObjectDamaged):
            file.read()


def test_a_large_object_that_is_replaced_while_it_is_read_is_no_mixture(storage: S3Storage) -> None:
    storage.put(KEY, BIG)
    with storage.open(KEY) as file:
        file.read(10)
        storage.put(KEY, BIG[::-1])
        file.seek(6 * MIB)
        with pytest.raises(ObjectReplaced):
            file.read(10)


def test_a_range_near_the_end_does_not_fetch_the_whole(
    storage: S3Storage, straight: S3Storage, proxy: FaultyProxy
) -> None:
    straight.put(KEY, BIG)
    with storage.open(KEY) as file:
        file.seek(10 * MIB)
        assert file.read(1000) == BIG[10 * MIB : 10 * MIB + 1000]
    assert sum(len(exchange.answer) for exchange in proxy.seen) <= MIB


def test_reading_straight_on_takes_few_requests(
    storage: S3Storage, straight: S3Storage, proxy: FaultyProxy
) -> None:
    straight.put(KEY, BIG)
    with storage.open(KEY) as file:
        while file.read(64 * 1024):
            pass
    assert sum(len(exchange.answer) for exchange in proxy.seen) == len(BIG)
    assert len(proxy.seen) <= 7


# A server in trouble


def test_a_server_that_asks_to_slow_down_once_is_asked_again(storage: S3Storage, proxy: FaultyProxy) -> None:
    proxy.before = _times(1, "ObjectPut", _slow_down)
    storage.put(KEY, b"hello")
    assert storage.get(KEY) == b"hello"


@pytest.mark.parametrize(
    ("operation", "ask"),
    [
        ("ObjectPut", lambda storage: storage.put(KEY, b"x")),
        ("ObjectGet", lambda storage: storage.get(KEY)),
        ("ObjectGet", lambda storage: storage.open(KEY)),
        ("ObjectHead", lambda storage: storage.exists(KEY)),
        ("ObjectHead", lambda storage: storage.size_bytes(KEY)),
        ("BucketGet", lambda storage: list(storage.keys(""))),
        ("ObjectDelete", lambda storage: storage.delete(KEY)),
        ("DeleteObjects", lambda storage: storage.delete_all("utterances/")),
    ],
)  # fmt: skip
def test_a_server_that_stays_overloaded_is_told_with_what_to_do(
    storage: S3Storage,
    straight: S3Storage,
    proxy: FaultyProxy,
    operation: str,
    ask: Callable[[S3Storage], object],
) -> None:
    straight.put(KEY, b"kept")
    proxy.before = _times(ALWAYS, operation, _slow_down)
    with pytest.raises(StorageUnreachable, match=r"overloaded .* try again later"):
        ask(storage)
    assert proxy.operations().count(operation) == LIMITS.attempts
    assert straight.get(KEY) == b"kept"


def test_a_server_that_says_nothing_is_not_waited_for(impatient: S3Storage, proxy: FaultyProxy) -> None:
    release = threading.Event()
    proxy.before = lambda _: bool(release.wait(30)) or None
    try:
        with pytest.raises(StorageUnreachable, match="AVATAR_S3_ENDPOINT"):
            impatient.put(KEY, b"x")
    finally:
        release.set()
    assert proxy.operations() == ["ObjectPut"] * LIMITS.attempts


def test_a_listing_comes_page_by_page_and_without_what_others_put_there(
    storage: S3Storage, bucket_place: BucketPlace, proxy: FaultyProxy
) -> None:
    keys = [f"u/{number:04d}" for number in range(1001)]
    with contextlib.closing(buckets.client_of(bucket_place.endpoint or "", buckets.CREDENTIALS)) as client:
        def fill(key: str) -> None:
            client.put_object(Bucket=bucket_place.bucket, Key=f"some/prefix/{key}", Body=b"")

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(fill, [*keys, "u/Foreign", "u/"]))
        client.put_object(Bucket=bucket_place.bucket, Key="some/prefixed", Body=b"")
    assert list(storage.keys("")) == keys
    assert proxy.operations() == ["BucketGet"] * 2
    assert storage.delete_all("u/") == 1001
    assert proxy.operations().count("DeleteObjects") == 2
    assert list(storage.keys("")) == []


def test_objects_that_may_not_be_deleted_are_told(storage: S3Storage, proxy: FaultyProxy) -> None:
    storage.put(KEY, b"")
    answer = "<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code></Error></DeleteResult>"

    def deny(exchange: Exchange) -> None:
        refuse(exchange, 200, "")
        exchange.answer = answer.encode()

    proxy.before = _times(ALWAYS, "DeleteObjects", deny)
    with pytest.raises(StorageError, match="AccessDenied; allow"):
        storage.delete_all("utterances/")


# Before anything starts


def test_a_bucket_that_is_not_there_is_told(bucket_place: BucketPlace) -> None:
    with contextlib.closing(S3Storage(replace(bucket_place, bucket="nowhere-at-all"), LIMITS)) as storage:
        with pytest.raises(StorageRefused, match=r"no bucket s3://nowhere-at-all.*AVATAR_STORAGE"):
            storage.check()
        with pytest.raises(StorageRefused, match="no bucket"):
            storage.put(KEY, b"")


@pytest.mark.parametrize("operation", ["BucketGet", "ObjectPut", "ObjectDelete"])
def test_a_bucket_one_may_not_use_is_told(storage: S3Storage, proxy: FaultyProxy, operation: str) -> None:
    proxy.before = _times(ALWAYS, operation, lambda exchange: refuse(exchange, 403, "AccessDenied"))
    with pytest.raises(StorageRefused, match="AWS_ACCESS_KEY_ID"):
        storage.check()


def test_a_bucket_of_another_region_is_told(storage: S3Storage, proxy: FaultyProxy) -> None:
    proxy.before = lambda exchange: refuse(exchange, 400, "AuthorizationHeaderMalformed")
    with pytest.raises(StorageRefused, match="AWS_DEFAULT_REGION"):
        storage.check()


def test_no_credentials_are_told(bucket_place: BucketPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    told = r"no credentials .*AWS_ACCESS_KEY_ID"
    storage = S3Storage(bucket_place, LIMITS)
    with contextlib.closing(storage), pytest.raises(StorageRefused, match=told):
        storage.check()


def test_a_server_that_is_away_is_told(bucket_place: BucketPlace) -> None:
    place = replace(bucket_place, endpoint="http://127.0.0.1:1")
    told = r"http://127.0.0.1:1 does not answer.*AVATAR_S3_ENDPOINT"
    storage = S3Storage(place, LIMITS)
    with contextlib.closing(storage), pytest.raises(StorageUnreachable, match=told):
        storage.check()


def test_a_server_of_something_else_is_told(storage: S3Storage, proxy: FaultyProxy) -> None:
    def page(exchange: Exchange) -> None:
        exchange.status = 200
        exchange.answer = b"" if exchange.method == "HEAD" else b"<!doctype html><p>welcome"

    proxy.before = page
    with pytest.raises(StorageError, match="AVATAR_S3_ENDPOINT"):
        storage.check()


def test_a_folder_is_opened_without_the_library_of_buckets(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom avatars.storage_homes import open_storage\n"
        f"open_storage({str(tmp_path)!r}).put('a', b'x')\n"
        "print([name for name in sys.modules if name.startswith(('boto', 'urllib3'))])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert (tmp_path / "a").read_bytes() == b"x"


def test_opening_a_bucket_connects_to_nothing() -> None:
    assert isinstance(open_storage("s3://bucket/prefix", endpoint="http://127.0.0.1:1"), S3Storage)


# Writers that are killed


def test_a_sweep_leaves_young_uploads_alone_and_removes_old_ones(
    storage: S3Storage, proxy: FaultyProxy, bucket_place: BucketPlace
) -> None:
    proxy.before = _times(1, "CompleteMultipartUpload", _cut_with_abort(proxy))
    with pytest.raises(StorageUnreachable):
        _write(storage, BIG)
    assert _uploads(bucket_place) == 1
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z").encode()
    proxy.before = lambda _: None
    proxy.after = _times(ALWAYS, "ListMultipartUploads", lambda exchange: _begun(exchange, now))
    assert storage.sweep() == 0
    assert _uploads(bucket_place) == 1
    proxy.after = lambda _: None  # the server of these tests says that every upload began in 2010
    assert storage.sweep() == 1
    assert _uploads(bucket_place) == 0


def _cut_with_abort(proxy: FaultyProxy) -> Callable[[Exchange], None]:
    """Cut this request and all that come after it, as the death of a machine would."""

    def cut(_: Exchange) -> None:
        proxy.before = _cut
        raise Cut

    return cut


def _begun(exchange: Exchange, moment: bytes) -> None:
    head, _, rest = exchange.answer.partition(b"<Initiated>")
    _, end, tail = rest.partition(b"</Initiated>")
    exchange.answer = head + b"<Initiated>" + moment + end + tail


WRITER = """
import os, sys
from avatars.storage_homes import open_storage
from avatars.storage_s3 import BucketPlace, S3Limits, S3Storage

bucket, endpoint = sys.argv[1:]
place = BucketPlace(bucket=bucket, prefix="some/prefix", endpoint=endpoint)
for line in sys.stdin:
    child = os.fork()
    if not child:
        storage = S3Storage(place, S3Limits(part_bytes=5 * 1024**2, attempts=1))
        storage.put("o/put", b"b" * 1000)
        with storage.writer("o/written") as file:
            for _ in range(11):
                file.write(b"b" * 1024**2)
        os._exit(0)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""


class _Killer:
    """Kills the writer at its n-th request: before the server has it, or before its answer comes back."""

    def __init__(self, proxy: FaultyProxy) -> None:
        self._proxy = proxy
        self.pid = 0
        self.known = threading.Event()

    def arm(self, number: int, when: str) -> None:
        self._proxy.seen.clear()
        self.known.clear()

        def kill(exchange: Exchange) -> None:
            if len(self._proxy.seen) == number:
                self.known.wait(10)
                os.kill(self.pid, signal.SIGKILL)
                raise Cut

        quiet: Callable[[Exchange], None] = lambda _: None  # noqa: E731
        self._proxy.before = kill if when == "before" else quiet
        self._proxy.after = kill if when == "after" else quiet


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_writer_killed_at_any_request_leaves_the_old_object_or_the_new_one(
    proxy: FaultyProxy, straight: S3Storage, bucket_place: BucketPlace, when: str
) -> None:
    killer = _Killer(proxy)
    old = {"o/put": b"a" * 1000, "o/written": b"a" * 10}
    new = {"o/put": b"b" * 1000, "o/written": b"b" * 11 * MIB}
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, bucket_place.bucket, proxy.url],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as writer:  # fmt: skip
        assert writer.stdin is not None
        assert writer.stdout is not None
        number, status, leftovers = 0, -1, 0
        while status != 0:
            number += 1
            for key, data in old.items():
                straight.put(key, data)
            killer.arm(number, when)
            print("go", file=writer.stdin, flush=True)
            killer.pid = int(writer.stdout.readline())
            killer.known.set()
            status = int(writer.stdout.readline())
            assert status in (0, signal.SIGKILL)
            assert list(straight.keys("")) == sorted(old)
            for key, data in old.items():
                assert straight.get(key) in (data, new[key])
            leftovers += straight.sweep()
            assert _uploads(bucket_place) == 0
        writer.stdin.close()
    assert number == 1 + len(proxy.seen)
    assert {key: straight.get(key) for key in new} == new
    # Without a half-done upload in any round the kills came at no dangerous moment.
    assert leftovers >= 4
