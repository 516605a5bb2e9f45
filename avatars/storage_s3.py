"""Storage in a bucket that speaks S3.

A small object is one PUT; a larger one goes up in parts and appears when the last
request completes it. So a process killed at any point leaves no half object, only parts
that nobody sees, which a sweep removes after a day. Each object carries the SHA-256 of
the whole, which is held against what comes back.
"""

import base64
import contextlib
import hashlib
import io
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, BinaryIO, Final, TypeVar, cast

from botocore.exceptions import BotoCoreError, ClientError

from avatars.errors import BadKey, ObjectDamaged, ObjectMissing, StorageError
from avatars.storage import check_key, check_prefix
from avatars.storage_s3_client import BucketPlace, NothingInRange, S3Limits, in_our_words, open_client
from avatars.storage_s3_reader import FIRST_BLOCK_BYTES, BucketReader, Opened

__all__ = ["BucketPlace", "BucketWriter", "S3Limits", "S3Storage"]

_MOST_PARTS: Final = 10_000
_DELETED_AT_ONCE: Final = 1000
_PROBE: Final = ".check"
"""No key of ours begins with a dot."""

Result = TypeVar("Result")


class S3Storage:
    """Objects under a prefix of one bucket; connects at the first use."""

    def __init__(self, place: BucketPlace, limits: S3Limits | None = None) -> None:
        self._place = place
        self._limits = limits or S3Limits()
        self._client: Any = None
        self._opening = threading.Lock()
        self._swept = False

    def put(self, key: str, data: bytes, *, durable: bool = True) -> None:  # noqa: ARG002
        """Write an object whole; a bucket makes no difference of durability. Raises BadKey, StorageError."""
        check_key(key)
        self._store(key, io.BytesIO(data), len(data))

    def get(self, key: str) -> bytes:
        """Return an object. Raises ObjectMissing, BadKey, ObjectDamaged."""
        check_key(key)
        return _twice(lambda: self._get(key))

    def open(self, key: str) -> BinaryIO:
        """Open an object; its beginning is fetched at once, the rest as it is read."""
        check_key(key)
        opened, first = _twice(lambda: self._open(key))

        def fetch(start: int, count: int) -> bytes:
            return _twice(lambda: self._range(opened, start, count))

        return cast("BinaryIO", io.BufferedReader(BucketReader(opened, first, fetch)))

    def writer(self, key: str) -> "BucketWriter":
        """Return a context manager that streams an object; it goes up when the block ends."""
        check_key(key)
        return BucketWriter(partial(self._store, key), self._limits.part_bytes)

    def size_bytes(self, key: str) -> int:
        """Return an object's size. Raises ObjectMissing, BadKey."""
        check_key(key)
        return int(self._head(key)["ContentLength"])

    def exists(self, key: str) -> bool:
        """Return whether an object is there."""
        check_key(key)
        try:
            self._head(key)
        except ObjectMissing:
            return False
        return True

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that start with a prefix, sorted; a page of them is held at a time."""
        check_prefix(prefix)
        top = self._name("")
        for listed in self._listed("list_objects_v2", "Contents", prefix):
            key = listed["Key"].removeprefix(top)
            with contextlib.suppress(BadKey):  # what others put into the bucket is not ours to show
                check_key(key)
                yield key

    def delete(self, key: str) -> None:
        """Remove an object."""
        check_key(key)
        self._ask("delete_object", key)

    def delete_all(self, prefix: str) -> int:
        """Remove every object under a prefix; return how many.

        Raises:
            BadKey: the prefix is empty, which would be everything.
            StorageError: some could not be removed.
        """
        if not prefix:
            raise BadKey(prefix, "would delete everything")
        keys, count = self.keys(prefix), 0
        while batch := list(islice(keys, _DELETED_AT_ONCE)):
            self._delete_batch(batch)
            count += len(batch)
        return count

    def sweep(self) -> int:
        """Abort the uploads of dead writers under the prefix; return how many."""
        self._swept = True
        before = datetime.now(UTC) - timedelta(seconds=self._limits.leftover_s)
        top, count = self._name(""), 0
        for upload in self._listed("list_multipart_uploads", "Uploads", ""):
            if upload["Initiated"] < before:
                self._abort(upload["Key"].removeprefix(top), upload["UploadId"])
                count += 1
        return count

    def check(self) -> None:
        """List; write and remove a probe. Raises StorageError, which says what to do."""
        # A listing first: its refusal has a body that names the reason, that of a HEAD has none.
        next(self.keys(""), None)
        self._ask("put_object", _PROBE, Body=b"")
        self._ask("delete_object", _PROBE)

    def close(self) -> None:
        """Give the connections back; the next use opens new ones."""
        with self._opening:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _connected(self) -> Any:
        with self._opening:
            if self._client is None:
                self._client = open_client(self._place, self._limits)
            return self._client

    def _name(self, key: str) -> str:
        return f"{self._place.prefix}/{key}" if self._place.prefix else key

    def _ask(self, operation: str, key: str, **arguments: object) -> Any:
        """Send one request about one object."""
        with in_our_words(self._place, key):
            ask = getattr(self._connected(), operation)
            return ask(Bucket=self._place.bucket, Key=self._name(key), **arguments)

    def _head(self, key: str) -> Any:
        return self._ask("head_object", key)

    def _get(self, key: str) -> bytes:
        answer = self._ask("get_object", key, ChecksumMode="ENABLED")
        data = _body(answer, key)
        kept = _sum_of(answer)
        if kept is not None and hashlib.sha256(data).hexdigest() != kept:
            raise ObjectDamaged(key, "does not fit its checksum")
        return data

    def _open(self, key: str) -> tuple[Opened, bytes]:
        try:
            answer = self._ask("get_object", key, Range=f"bytes=0-{FIRST_BLOCK_BYTES - 1}")
        except NothingInRange:
            return _opened(key, self._head(key), 0), b""
        first = _body(answer, key)
        # A server may answer a range that takes in everything with the whole.
        total = answer.get("ContentRange", f"/{len(first)}").rpartition("/")[2]
        return _opened(key, answer, int(total)), first

    def _range(self, opened: Opened, start: int, count: int) -> bytes:
        version = {"VersionId": opened.version} if opened.version else {}
        last = start + count - 1
        answer = self._ask(
            "get_object", opened.key, Range=f"bytes={start}-{last}", IfMatch=opened.etag, **version
        )  # fmt: skip
        data = _body(answer, opened.key)
        wanted = f"bytes {start}-{last}/{opened.size_bytes}"
        if answer.get("ContentRange") != wanted or len(data) != count or answer.get("ETag") != opened.etag:
            raise ObjectDamaged(opened.key, "came back as another one, or as another part of it")
        return data

    def _store(self, key: str, file: BinaryIO, size_bytes: int) -> None:
        if size_bytes <= self._limits.part_bytes:
            data = file.read()
            _twice(lambda: self._store_whole(key, data))
            return
        if not self._swept:
            # Who may not list uploads can still write.
            with contextlib.suppress(StorageError):
                self.sweep()
        digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        _twice(lambda: self._store_parts(key, file, size_bytes, digest))

    def _store_whole(self, key: str, data: bytes) -> None:
        digest = hashlib.sha256(data)
        checksum = base64.b64encode(digest.digest()).decode()
        answer = self._ask(
            "put_object", key, Body=data, ChecksumSHA256=checksum, Metadata={"sha256": digest.hexdigest()}
        )
        _compare(key, answer, checksum)

    def _store_parts(self, key: str, file: BinaryIO, size_bytes: int, digest: str) -> None:
        begun = self._ask(
            "create_multipart_upload", key, ChecksumAlgorithm="SHA256", Metadata={"sha256": digest}
        )
        upload = begun["UploadId"]
        part_bytes = max(self._limits.part_bytes, -(-size_bytes // _MOST_PARTS))
        with contextlib.ExitStack() as undo:
            undo.callback(self._abort, key, upload)
            file.seek(0)
            blocks = iter(lambda: file.read(part_bytes), b"")
            parts = [self._send_part(key, upload, number, data) for number, data in enumerate(blocks, 1)]
            self._complete(key, upload, parts, digest)
            undo.pop_all()

    def _send_part(self, key: str, upload: str, number: int, data: bytes) -> dict[str, object]:
        checksum = base64.b64encode(hashlib.sha256(data).digest()).decode()
        answer = self._ask(
            "upload_part", key, UploadId=upload, PartNumber=number, Body=data, ChecksumSHA256=checksum
        )
        _compare(key, answer, checksum)
        return {"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": checksum}

    def _complete(self, key: str, upload: str, parts: Sequence[dict[str, object]], digest: str) -> None:
        try:
            self._ask("complete_multipart_upload", key, UploadId=upload, MultipartUpload={"Parts": parts})
        except ObjectDamaged:
            # An answer that was lost is asked for again, and then the upload is over: what
            # counts is whether the object is ours.
            if self._kept_sum(key) != digest:
                raise

    def _kept_sum(self, key: str) -> str | None:
        try:
            return _sum_of(self._head(key))
        except ObjectMissing:
            return None

    def _abort(self, key: str, upload: str) -> None:
        # Parts nobody sees: what cannot be removed now, a sweep removes.
        with contextlib.suppress(StorageError):
            self._ask("abort_multipart_upload", key, UploadId=upload)

    def _delete_batch(self, keys: Sequence[str]) -> None:
        wanted = {"Objects": [{"Key": self._name(key)} for key in keys], "Quiet": True}
        with in_our_words(self._place):
            answer = self._connected().delete_objects(Bucket=self._place.bucket, Delete=wanted)
        errors = answer.get("Errors", [])
        if errors:
            first = errors[0]
            raise StorageError(
                f"{len(errors)} of {len(keys)} objects stay, such as {first.get('Key')!r}: "
                f"{first.get('Code')}; allow these credentials to delete objects"
            )

    def _listed(self, operation: str, member: str, prefix: str) -> Iterator[Any]:
        """Yield what a listing holds, page by page."""
        pages = None
        while True:
            with in_our_words(self._place):
                if pages is None:
                    paginator = self._connected().get_paginator(operation)
                    pages = iter(paginator.paginate(Bucket=self._place.bucket, Prefix=self._name(prefix)))
                page = next(pages, None)
            if page is None:
                return
            yield from page.get(member, [])


class BucketWriter:
    """Gathers one object, on disk when it is big, and sends it when the block ends without an error."""

    def __init__(self, store: Callable[[BinaryIO, int], None], memory_bytes: int) -> None:
        self._store = store
        self._memory_bytes = memory_bytes
        self._file: BinaryIO | None = None

    def __enter__(self) -> BinaryIO:
        # The file has no name, so that not even a killed process leaves it behind.
        spool = tempfile.SpooledTemporaryFile(max_size=self._memory_bytes)
        self._file = cast("BinaryIO", spool)
        return self._file

    def __exit__(self, *exc: object) -> None:
        file, self._file = self._file, None
        if file is None:
            return
        with file:
            if exc[0] is None:
                file.seek(0, io.SEEK_END)
                size_bytes = file.tell()
                file.seek(0)
                self._store(file, size_bytes)


def _twice(ask: Callable[[], Result]) -> Result:
    """Return what is asked for; what comes damaged is asked for once more."""
    try:
        return ask()
    except ObjectDamaged:
        return ask()


def _body(answer: Any, key: str) -> bytes:
    """Read an answer to its end; a stream that breaks, stalls or ends early is damaged."""
    with contextlib.closing(answer["Body"]) as body:
        try:
            data = bytes(body.read())
        except (BotoCoreError, ClientError, OSError) as error:
            raise ObjectDamaged(key, f"came back cut ({type(error).__name__})") from error
    if len(data) != answer["ContentLength"]:
        raise ObjectDamaged(key, f"came back cut at {len(data)} bytes")
    return data


def _opened(key: str, answer: Any, size_bytes: int) -> Opened:
    version = answer.get("VersionId")
    return Opened(
        key=key,
        size_bytes=size_bytes,
        etag=answer["ETag"],
        version=None if version == "null" else version,
        sha256=_sum_of(answer),
    )


def _sum_of(answer: Any) -> str | None:
    """Return the SHA-256 that an object was written with; None for one that others put there."""
    kept = answer.get("Metadata", {}).get("sha256")
    return None if kept is None else str(kept)


def _compare(key: str, answer: Any, checksum: str) -> None:
    """Hold a store's own checksum, where it gives one, against ours."""
    if answer.get("ChecksumSHA256") not in (None, checksum):
        raise ObjectDamaged(key, "arrived as something else")
