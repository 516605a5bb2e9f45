"""Request bodies that are not held in memory: a form with a file in it, and a part of an upload.

Between the wire and `avatars.uploads`. Bytes go into quarantine as they come; nothing here
looks into them, and the name a file came with is forgotten.
"""

import base64
import binascii
import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, Final, cast

from flask import Request
from werkzeug.exceptions import ClientDisconnected
from werkzeug.formparser import FormDataParser

from avatars.errors import UploadTooLong
from avatars.uploads import PartWriter, UploadRow, Uploads
from web.bodies import MAX_BODY_BYTES
from web.refusals import BadUploadHeader, ChecksumWrong, FileMissing, NoPlaceForUpload

PIECE_BYTES: Final = 256 * 1024
EVIDENCE_BYTES: Final = 16 << 20
UPLOADS_AT_ONCE: Final = 12
"""Bodies one process takes at a time: each holds a thread for as long as its sender likes."""
CHECKSUMS: Final = ("sha256", "sha1")
_MOST_FIELDS: Final = 16


class Places:
    """How many bodies a process takes at once."""

    def __init__(self, count: int = UPLOADS_AT_ONCE) -> None:
        self._places = threading.BoundedSemaphore(count)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a place while the block runs. Raises NoPlaceForUpload."""
        if not self._places.acquire(blocking=False):
            raise NoPlaceForUpload
        try:
            yield
        finally:
            self._places.release()


@dataclass(frozen=True, slots=True)
class Form:
    """A form that was read."""

    fields: Mapping[str, str]
    upload: UploadRow
    sha256: str
    """Of the file."""
    evidence_sha256: str | None


class _Sink:
    """What the parser writes one file of a form into."""

    def __init__(self, out: PartWriter | None) -> None:
        self._out = out
        self._room_bytes = EVIDENCE_BYTES
        self.hash = hashlib.sha256()

    def write(self, piece: bytes) -> int:
        if self._out is not None:
            self._out.write(piece)
        elif (room_bytes := self._room_bytes - len(piece)) < 0:
            raise UploadTooLong(EVIDENCE_BYTES)
        else:
            self._room_bytes = room_bytes
        self.hash.update(piece)
        return len(piece)

    def seek(self, _offset: int, _whence: int = 0) -> int:
        return 0

    def close(self) -> None:
        return None


class _Sinks:
    """Makes a sink for each file of a form, as the parser meets them; the first is kept."""

    def __init__(self, part: PartWriter) -> None:
        self._part = part
        self.made: list[_Sink] = []

    def __call__(
        self,
        total_content_length: int | None,  # noqa: ARG002 - the parser names what it gives
        content_type: str | None,  # noqa: ARG002
        filename: str | None,  # noqa: ARG002
        content_length: int | None = None,  # noqa: ARG002
    ) -> IO[bytes]:
        # The parser tells no field names: whose each is, is known when the form is read.
        sink = _Sink(None if self.made else self._part)
        self.made.append(sink)
        return cast("IO[bytes]", sink)


def read_form(request: Request, uploads: Uploads, owner: str) -> Form:
    """Read a form whose `file` goes into quarantine as it comes; `consent_evidence` is only hashed.

    `file` is the first file of the form.

    Raises:
        FileMissing: there is none, it is empty, or another file came that is not asked for.
        UploadTooLong, TooManyPending, StorageError: see `Uploads`.
        werkzeug.exceptions.RequestEntityTooLarge: the form is longer than is allowed.
    """
    request.max_content_length = uploads.limit_bytes + EVIDENCE_BYTES + MAX_BODY_BYTES
    upload = uploads.begin(owner, uploads.limit_bytes)
    try:
        fields, sums = _parse(request, uploads, upload)
        upload = uploads.seal(upload.id)
        if "file" not in sums or not upload.size_bytes:
            raise FileMissing("file", "is missing or empty")
    except BaseException:
        uploads.forget(upload.id)
        raise
    return Form(fields, upload, sums["file"], sums.get("consent_evidence"))


def _parse(
    request: Request, uploads: Uploads, upload: UploadRow
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    with uploads.part(upload) as part:
        sinks = _Sinks(part)
        parser = FormDataParser(
            sinks, max_form_memory_size=MAX_BODY_BYTES, max_form_parts=_MOST_FIELDS, silent=False
        )
        _, form, files = parser.parse(
            request.stream, request.mimetype, request.content_length, request.mimetype_params
        )
        return form.to_dict(), _sums(files, sinks.made)


def _sums(files: Any, sinks: list[_Sink]) -> dict[str, str]:
    """Return the checksum of each file by its field. Raises FileMissing."""
    found: dict[str, str] = {}
    for name, each in files.items(multi=True):
        if name not in ("file", "consent_evidence") or name in found:
            raise FileMissing(name, "is not asked for, or came twice")
        if (each.stream is sinks[0]) != (name == "file"):
            raise FileMissing("file", "must be the first file of the form")
        found[name] = each.stream.hash.hexdigest()
    return found


def read_part(request: Request, uploads: Uploads, upload: UploadRow) -> int:
    """Take the body of a request as the next bytes of an upload; return how many.

    A sender that is cut off leaves what came of it, unless it promised a checksum: then all
    of the part is kept or nothing.

    Raises:
        BadUploadHeader: the checksum is of no known kind.
        ChecksumWrong: it is another's.
        UploadTooLong, UploadAhead, TooManyParts, StorageError: see `Uploads.part`.
    """
    kind, wanted = _promised(request)
    digest = hashlib.new(kind, usedforsecurity=False)
    request.max_content_length = uploads.limit_bytes
    with uploads.part(upload) as part:
        for piece in _pieces(request, whole=wanted is not None):
            part.write(piece)
            digest.update(piece)
        if wanted is not None and digest.digest() != wanted:
            raise ChecksumWrong
    return part.taken_bytes


def _pieces(request: Request, *, whole: bool) -> Iterator[bytes]:
    try:
        while piece := request.stream.read(PIECE_BYTES):
            yield piece
    except ClientDisconnected:
        if whole:
            raise


def _promised(request: Request) -> tuple[str, bytes | None]:
    header = request.headers.get("Upload-Checksum")
    if header is None:
        return CHECKSUMS[0], None
    kind, _, encoded = header.partition(" ")
    if kind not in CHECKSUMS:
        raise BadUploadHeader("Upload-Checksum", f"one of {', '.join(CHECKSUMS)}, and the digest in base64")
    try:
        return kind, base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise BadUploadHeader("Upload-Checksum", "the digest in base64 behind its kind") from error
