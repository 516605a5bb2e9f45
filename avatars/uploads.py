"""Bytes on their way to an avatar or a recording: quarantine, with a row that says how far they came.

An upload is a row of parts. Each part is an object of its own, written whole or not at all,
and the row takes it up in one conditional step: a sender that is cut off, or two that send
the same bytes, leave the upload as it was or with one of them. Nothing here looks into the
bytes. Standard library and SQLAlchemy only, so the front door may use it.
"""

import secrets
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from avatars.database import UNREAD_STATES, Database, Recording, Registration, Upload
from avatars.errors import (
    QuarantineFull,
    TooManyParts,
    TooManyPending,
    UnknownUpload,
    UploadAhead,
    UploadTooLong,
    UploadUnfinished,
)
from avatars.storage import Storage

QUARANTINE: Final = "quarantine"
MOST_PARTS: Final = 4096
MOST_OPEN: Final = 32
"""Uploads one owner may have on the way at once; whole ones wait for their registration, as many as
have room in the bytes that so many of the longest would take."""
KEPT: Final = timedelta(hours=24)
"""How long an upload that nobody goes on with is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadRow:
    """An upload as the database holds it."""

    id: str
    owner: str
    size_bytes: int
    offset_bytes: int
    parts: Sequence[str]
    updated_at: datetime

    @property
    def whole(self) -> bool:
        """Whether every byte has come."""
        return self.offset_bytes == self.size_bytes

    @property
    def expires_at(self) -> datetime:
        """When it is removed unless more of it comes."""
        return self.updated_at + KEPT


class PartWriter:
    """Takes the bytes of one part, as many as the upload has room for."""

    def __init__(self, out: BinaryIO, room_bytes: int, limit_bytes: int) -> None:
        self._out = out
        self._room_bytes = room_bytes
        self._limit_bytes = limit_bytes
        self.taken_bytes = 0

    def write(self, piece: bytes) -> int:
        """Take a piece. Raises UploadTooLong, StorageError."""
        if self.taken_bytes + len(piece) > self._room_bytes:
            raise UploadTooLong(self._limit_bytes)
        self._out.write(piece)
        self.taken_bytes += len(piece)
        return len(piece)


class Uploads:
    """The uploads there are."""

    def __init__(self, database: Database, storage: Storage, *, limit_bytes: int) -> None:
        self._database = database
        self._storage = storage
        self.limit_bytes = limit_bytes

    def begin(self, owner: str, size_bytes: int) -> UploadRow:
        """Make an upload of which nothing has come yet.

        Raises:
            UploadTooLong: it is to be longer than is allowed.
            TooManyPending: this owner has too many on the way.
            QuarantineFull: this owner's uploads hold all the bytes they may.
        """
        if size_bytes > self.limit_bytes:
            raise UploadTooLong(self.limit_bytes)
        now = datetime.now(UTC)
        row = Upload(
            id=uuid.uuid4().hex, owner=owner, size_bytes=size_bytes, offset_bytes=0, parts=[],
            created_at=now, updated_at=now,
        )  # fmt: skip
        with self._database.transaction() as db:
            own = select(func.count(), func.sum(Upload.size_bytes)).where(Upload.owner == owner)
            on_the_way = or_(Upload.offset_bytes < Upload.size_bytes, Upload.size_bytes == 0)
            if db.execute(own.where(on_the_way)).one()[0] >= MOST_OPEN:
                raise TooManyPending(MOST_OPEN)
            if (db.execute(own).one()[1] or 0) + size_bytes > MOST_OPEN * self.limit_bytes:
                raise QuarantineFull(MOST_OPEN * self.limit_bytes)
            db.add(row)
        return _frozen(row)

    def get(self, upload_id: str, owner: str | None = None) -> UploadRow:
        """Return an upload; `owner` None asks for anybody's.

        Raises:
            UnknownUpload: there is none, or it is somebody else's.
        """
        with self._database.reading() as db:
            row = db.get(Upload, upload_id)
            if row is None or owner not in (None, row.owner):
                raise UnknownUpload(upload_id)
            return _frozen(row)

    @contextmanager
    def part(self, upload: UploadRow) -> Iterator[PartWriter]:
        """Take the next bytes of an upload; they are part of it when the block ends without an error.

        Raises:
            UploadTooLong: more came than was promised.
            UploadAhead: somebody else sent the same bytes meanwhile.
            TooManyParts: it has come in too many pieces.
            StorageError: they could not be kept.
        """
        if len(upload.parts) >= MOST_PARTS:
            raise TooManyParts(MOST_PARTS)
        # Two that send the same part must not write one object.
        name = f"{len(upload.parts):05d}-{secrets.token_hex(6)}"
        key = _key(upload.id, name)
        with self._storage.writer(key) as out:
            writer = PartWriter(out, upload.size_bytes - upload.offset_bytes, self.limit_bytes)
            yield writer
        if not writer.taken_bytes:
            self._storage.delete(key)
        elif not self._take_up(upload, name, writer.taken_bytes):
            self._storage.delete(key)
            raise UploadAhead(self.get(upload.id).offset_bytes)

    def _take_up(self, upload: UploadRow, name: str, taken_bytes: int) -> bool:
        change = (
            update(Upload)
            .where(Upload.id == upload.id, Upload.offset_bytes == upload.offset_bytes)
            .values(
                offset_bytes=upload.offset_bytes + taken_bytes,
                parts=[*upload.parts, name],
                updated_at=datetime.now(UTC),
            )
            .returning(Upload.id)
            .execution_options(synchronize_session=False)
        )
        with self._database.transaction() as db:
            return db.scalar(change) is not None

    def seal(self, upload_id: str) -> UploadRow:
        """Make what has come of an upload the whole of it. Raises UnknownUpload."""
        with self._database.transaction() as db:
            db.execute(update(Upload).where(Upload.id == upload_id).values(size_bytes=Upload.offset_bytes))
        return self.get(upload_id)

    def fetch(self, upload_id: str, target: Path) -> None:
        """Write a whole upload into a file.

        Raises:
            UnknownUpload: it is there no more.
            UploadUnfinished: it has not wholly come.
            StorageError: its parts cannot be read.
        """
        upload = self.get(upload_id)
        if not upload.whole:
            raise UploadUnfinished(upload.offset_bytes, upload.size_bytes)
        with target.open("xb") as out:
            for name in upload.parts:
                with self._storage.open(_key(upload.id, name)) as part:
                    shutil.copyfileobj(part, out)

    def forget(self, upload_id: str) -> None:
        """Remove an upload and its bytes; one that is not there is no error."""
        # Bytes first: those without a row are swept, a row without bytes could be registered.
        self._storage.delete_all(f"{QUARANTINE}/{upload_id}/")
        with self._database.transaction() as db:
            db.execute(delete(Upload).where(Upload.id == upload_id))

    def sweep(self, now: datetime) -> int:
        """Remove what nobody waits for any more; return how many uploads.

        Those are uploads that were left lying or whose registration or recording has ended, and bytes
        whose row is gone.
        """
        with self._database.reading() as db:
            of = select(Registration.upload_id).where(Registration.upload_id.is_not(None))
            waited_for = set(db.scalars(of.where(Registration.state == "pending")))
            ended = set(db.scalars(of.where(Registration.state != "pending")))
            heard = select(Recording.upload_id).where(Recording.upload_id.is_not(None))
            waited_for |= set(db.scalars(heard.where(Recording.state.in_(UNREAD_STATES))))
            ended |= set(db.scalars(heard.where(Recording.state.not_in(UNREAD_STATES))))
            known = {row.id: row.updated_at for row in db.scalars(select(Upload))}
        stale = {each for each, at in known.items() if each in ended or now - at >= KEPT} - waited_for
        # Rows were read before the keys are: an upload that begins now is in neither list.
        found = {key.split("/")[1] for key in self._storage.keys(f"{QUARANTINE}/")}
        gone = stale | {each for each in found - known.keys() if not self._is_known(each)}
        for upload_id in gone:
            self.forget(upload_id)
        return len(gone)

    def _is_known(self, upload_id: str) -> bool:
        with self._database.reading() as db:
            return db.get(Upload, upload_id) is not None


def is_spent(db: Session, upload_id: str) -> bool:
    """Tell whether something was made of an upload already; it is good for one avatar or one recording."""
    registered = select(Registration.id).where(Registration.upload_id == upload_id)
    recorded = select(Recording.id).where(Recording.upload_id == upload_id)
    return any(db.scalar(query.limit(1)) is not None for query in (registered, recorded))


def _key(upload_id: str, name: str) -> str:
    return f"{QUARANTINE}/{upload_id}/{name}"


def _frozen(row: Upload) -> UploadRow:
    return UploadRow(
        id=row.id, owner=row.owner, size_bytes=row.size_bytes, offset_bytes=row.offset_bytes,
        parts=tuple(row.parts), updated_at=row.updated_at,
    )  # fmt: skip
