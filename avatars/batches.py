"""Many attempts asked for at once: all of them are written or none, and they are watched together.

Between the front door and the rows of `avatars.registrations`, which are what registrars see:
to them an attempt of a batch is one like any other. Standard library and SQLAlchemy only, so
the front door may use it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import and_, func, select, update
from sqlalchemy.orm import Session

from avatars.database import (
    REGISTRATION_STATES,
    Avatar,
    AvatarVersion,
    Batch,
    Database,
    Registration,
    RegistrationState,
    Upload,
)
from avatars.errors import (
    AvatarBusy,
    AvatarError,
    AvatarTaken,
    BadAvatarId,
    BatchesFull,
    BatchWrong,
    UnknownUpload,
    UploadUnfinished,
)
from avatars.registrations import (
    NewAvatar,
    NewRegistration,
    Refusal,
    RegistrationRow,
    Registrations,
    begin,
    frozen,
)
from avatars.registry import check_id, new_row

MOST_ITEMS: Final = 1000
"""Files of one batch."""
MOST_PENDING: Final = 2000
"""Files of one owner's batches that may wait at once."""
MOST_LISTED: Final = 100

CANCELLED: Final = Refusal(
    code="cancelled",
    en="The batch was called off before this file was reached. Send the file again.",
    fa="دسته پیش از رسیدن به این فایل لغو شد. فایل را دوباره بفرستید.",
)


@dataclass(frozen=True, slots=True)
class NewItem:
    """One file of a new batch, checked as far as one file can be."""

    registration: NewRegistration
    about: NewAvatar


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBatch:
    """What is asked for."""

    id: str
    owner: str
    fingerprint: str
    items: Sequence[NewItem]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """A batch and how far it is."""

    id: str
    owner: str
    fingerprint: str
    files: int
    created_at: datetime
    cancelled_at: datetime | None
    counts: Mapping[RegistrationState, int]
    """Files by state; every state is there."""
    percent: int
    """Of all its files' work, 0..100; 100 only when every file has ended."""
    finished_at: datetime | None
    """When its last file ended."""


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One file of a batch."""

    registration: RegistrationRow
    report: Mapping[str, Any] | None
    """What was found in it, once it has become a version."""


class Batches:
    """The batches there are."""

    def __init__(self, database: Database, registrations: Registrations) -> None:
        self._database = database
        self._registrations = registrations

    def create(self, new: NewBatch) -> BatchRow:
        """Write a batch, its attempts and their avatars, in one transaction.

        Raises:
            BatchWrong: items cannot be begun; tells which and why, and nothing was written.
            BatchesFull: too many files of this owner's batches wait.
            sqlalchemy.exc.IntegrityError: the batch is there, or somebody took one of the names
                at the same moment.
        """
        now = datetime.now(UTC)
        with self._database.transaction() as db:
            self._check_room(db, new)
            ids = [item.registration.avatar_id for item in new.items]
            known = {
                row.id: row for row in db.scalars(select(Avatar).where(Avatar.id.in_(ids)).with_for_update())
            }
            wrong = list(_wrong(db, new, known))
            if wrong:
                raise BatchWrong(wrong)
            db.add(
                Batch(
                    id=new.id, owner=new.owner, fingerprint=new.fingerprint, files=len(new.items),
                    created_at=now, cancelled_at=None,
                )
            )  # fmt: skip
            avatars = [known.get(each) or new_row(each, new.owner, now) for each in ids]
            db.add_all(avatars)
            # Attempts and consents point at both, and nothing tells the session so.
            db.flush()
            for avatar, item in zip(avatars, new.items, strict=True):
                begin(db, avatar, item.registration, item.about, now)
            db.flush()
            return _with_counts(db, db.get_one(Batch, new.id))

    def _check_room(self, db: Session, new: NewBatch) -> None:
        waiting = and_(
            Registration.owner == new.owner,
            Registration.state == "pending",
            Registration.batch_id.is_not(None),
        )
        pending = db.scalar(select(func.count()).where(waiting)) or 0
        if pending + len(new.items) > MOST_PENDING:
            raise BatchesFull(pending, MOST_PENDING)

    def get(self, batch_id: str, *, seen_by: str | None = None) -> BatchRow | None:
        """Return a batch; None if there is none, or it is not `seen_by`'s (None sees all)."""
        with self._database.reading() as db:
            row = db.get(Batch, batch_id)
            if row is None or seen_by not in (None, row.owner):
                return None
            return _with_counts(db, row)

    def list(self, *, seen_by: str | None, limit: int = MOST_LISTED) -> Sequence[BatchRow]:
        """Return the newest batches, newest first."""
        query = select(Batch).order_by(Batch.created_at.desc(), Batch.id).limit(limit)
        if seen_by is not None:
            query = query.where(Batch.owner == seen_by)
        with self._database.reading() as db:
            return [_with_counts(db, row) for row in db.scalars(query).all()]

    def items(self, batch_id: str, *, after: int = -1, limit: int = MOST_LISTED) -> Sequence[ItemRow]:
        """Return a page of a batch's files in the order they were named, from behind a place."""
        version = and_(
            AvatarVersion.avatar_id == Registration.avatar_id, AvatarVersion.version == Registration.version
        )
        query = (
            select(Registration, AvatarVersion.report)
            .outerjoin(AvatarVersion, version)
            .where(Registration.batch_id == batch_id, Registration.place > after)
            .order_by(Registration.place)
            .limit(limit)
        )
        with self._database.reading() as db:
            return [ItemRow(frozen(row), report) for row, report in db.execute(query)]

    def cancel(self, batch_id: str) -> int:
        """Call off what is pending of a batch; what is done stays. Return how many files that were."""
        ended = self._registrations.refuse_batch(batch_id, CANCELLED)
        if ended:
            with self._database.transaction() as db:
                row = update(Batch).where(Batch.id == batch_id, Batch.cancelled_at.is_(None))
                db.execute(row.values(cancelled_at=datetime.now(UTC)))
        return ended


def _with_counts(db: Session, row: Batch) -> BatchRow:
    of = Registration.batch_id == row.id
    query = select(
        Registration.state, func.count(), func.sum(Registration.percent), func.max(Registration.finished_at)
    )
    found = {each[0]: each for each in db.execute(query.where(of).group_by(Registration.state))}
    counts = {state: found[state][1] if state in found else 0 for state in REGISTRATION_STATES}
    pending = counts["pending"]
    under_way = found["pending"][2] if pending else 0
    done = 100 * (row.files - pending) + under_way
    ends = [each[3] for each in found.values() if each[3] is not None]
    return BatchRow(
        id=row.id, owner=row.owner, fingerprint=row.fingerprint, files=row.files,
        created_at=row.created_at, cancelled_at=row.cancelled_at, counts=counts,
        percent=int(done // row.files), finished_at=None if pending else max(ends, default=None),
    )  # fmt: skip


def _wrong(db: Session, new: NewBatch, known: Mapping[str, Avatar]) -> Iterator[Mapping[str, str]]:
    """Yield what keeps items from being begun, in their order."""
    asked = [item.registration for item in new.items]
    names, uploads = [each.avatar_id for each in asked], [each.upload_id for each in asked]
    pending = and_(Registration.avatar_id.in_(names), Registration.state == "pending")
    busy = set(db.scalars(select(Registration.avatar_id).where(pending)))
    spent = set(db.scalars(select(Registration.upload_id).where(Registration.upload_id.in_(uploads))))
    own = {row.id: row for row in db.scalars(select(Upload).where(Upload.id.in_(uploads)))}
    often = Counter([("id", name) for name in names] + [("upload", upload) for upload in uploads])
    for place, each in enumerate(asked):
        found = (
            ("id", each.avatar_id, _trouble_with_name(each, known.get(each.avatar_id), busy)),
            ("upload", each.upload_id, _trouble_with_upload(each, own.get(each.upload_id or ""), spent)),
        )
        for field, value, trouble in found:
            if trouble is not None or often[field, value] > 1:
                problem = "is named by another item too" if trouble is None else str(trouble)
                yield {"field": f"items.{place}.{field}", "problem": problem}


def _trouble_with_name(each: NewRegistration, avatar: Avatar | None, busy: set[str]) -> AvatarError | None:
    try:
        check_id(each.avatar_id)
    except BadAvatarId as error:
        return error
    if avatar is not None and avatar.owner != each.owner:
        return AvatarTaken(each.avatar_id)
    return AvatarBusy(each.avatar_id) if each.avatar_id in busy else None


def _trouble_with_upload(
    each: NewRegistration, upload: Upload | None, spent: set[str | None]
) -> AvatarError | None:
    if upload is None or upload.owner != each.owner or each.upload_id in spent:
        return UnknownUpload(each.upload_id or "")
    if upload.offset_bytes < upload.size_bytes:
        return UploadUnfinished(upload.offset_bytes, upload.size_bytes)
    return None
