"""Recordings: sound that avatars may speak, asked for by the front door and read by a registrar.

Rows and keys of files only; what an upload holds is `avatars.sound_intake`'s affair, and
how its sound is read again `avatars.recorded`'s. Every change is conditional on who holds the
row, as in `avatars.registrations`. Standard library and SQLAlchemy only, so the front door may
use it.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from avatars.database import (
    UNFINISHED_STATES,
    UNREAD_STATES,
    Database,
    Recording,
    RecordingState,
    Utterance,
)
from avatars.errors import (
    RecordingBusy,
    RecordingNotReady,
    TooManyPending,
    UnknownRecording,
    UnknownUpload,
)
from avatars.registrations import LEASE, Refusal
from avatars.uploads import is_spent

LONGEST_S: Final = 3600
"""An hour; longer sound is refused."""

_TOLD: Final = 20
"""How many of an owner's recordings are named where one is asked for that is not there."""

ABANDONED: Final = Refusal(
    code="abandoned",
    en="No registrar has taken this up for too long. Upload the sound again.",
    fa="مدت زیادی هیچ ثبت‌کننده‌ای به این درخواست نرسید. صدا را دوباره بارگذاری کنید.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecording:
    """What is asked for, checked already."""

    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    owner: str
    title: str
    upload_id: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRow:
    """A recording as the database holds it."""

    id: str
    owner: str
    title: str
    state: RecordingState
    upload_id: str | None
    fingerprint: str
    step: str
    percent: int
    report: Mapping[str, Any] | None
    """What it was found to be, or `{"code", "en", "fa"}` of why it is refused."""
    length_samples: int | None
    loudness_lufs: float | None
    attempts: int
    created_at: datetime
    finished_at: datetime | None
    used_at: datetime | None

    @property
    def finished(self) -> bool:
        """Whether nothing is read of its upload any more."""
        return self.state not in UNREAD_STATES


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a registrar found in an upload."""

    length_samples: int
    loudness_lufs: float | None
    report: Mapping[str, Any]


def prefix(recording_id: str) -> str:
    """Return what the keys of a recording's files begin with."""
    return f"recordings/{recording_id}/"


_UNREAD: Final = Recording.state.in_(UNREAD_STATES)


class Recordings:
    """The recordings there are."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, new: NewRecording, *, limit: int) -> RecordingRow:
        """Write a recording that is still to be read.

        Args:
            new: what is asked for.
            limit: how many of this owner's may wait.

        Raises:
            UnknownUpload: something was made of the upload already; it is good for one.
            TooManyPending: the limit is reached.
            sqlalchemy.exc.IntegrityError: the id is taken.
        """
        given = {part.name: getattr(new, part.name) for part in fields(NewRecording)}
        row = Recording(
            **given, state="queued", step="waiting", percent=0, attempts=0, created_at=datetime.now(UTC)
        )
        with self._database.transaction() as db:
            if is_spent(db, new.upload_id):
                raise UnknownUpload(new.upload_id)
            waiting = select(func.count()).where(Recording.owner == new.owner, _UNREAD)
            if (db.scalar(waiting) or 0) >= limit:
                raise TooManyPending(limit)
            db.add(row)
            db.flush()
            return _frozen(row)

    def get(self, recording_id: str) -> RecordingRow | None:
        """Return a recording, or None if there is none of this id."""
        with self._database.reading() as db:
            row = db.get(Recording, recording_id)
            return None if row is None else _frozen(row)

    def get_owned(self, recording_id: str, owner: str) -> RecordingRow:
        """Return an owner's recording. Raises UnknownRecording, also for another's."""
        with self._database.reading() as db:
            return _frozen(_owned(db, recording_id, owner))

    def use(self, recording_id: str, owner: str) -> RecordingRow:
        """Return an owner's recording that can be spoken, and note that it is.

        Raises:
            UnknownRecording: there is none, or it is another's.
            RecordingNotReady: it is still being read, was refused, or is kept no more.
        """
        with self._database.transaction() as db:
            row = _owned(db, recording_id, owner)
            if row.state != "ready":
                raise RecordingNotReady(recording_id, row.state)
            row.used_at = datetime.now(UTC)
            return _frozen(row)

    def list_owned(self, owner: str, limit: int, before: str | None = None) -> Sequence[RecordingRow]:
        """Return an owner's recordings, newest first; `before` is the last id of the page before."""
        query = select(Recording).where(Recording.owner == owner)
        with self._database.reading() as db:
            if before is not None:
                last = db.get(Recording, before)
                if last is None or last.owner != owner:
                    return []
                same = and_(Recording.created_at == last.created_at, Recording.id < last.id)
                query = query.where(or_(Recording.created_at < last.created_at, same))
            newest = query.order_by(Recording.created_at.desc(), Recording.id.desc()).limit(limit)
            return [_frozen(row) for row in db.scalars(newest)]

    def remove(self, recording_id: str, owner: str) -> RecordingRow:
        """Remove an owner's recording that nothing speaks; its files are the caller's to remove.

        Raises:
            UnknownRecording: there is none, or it is another's.
            RecordingBusy: an utterance of it has not ended.
        """
        with self._database.transaction() as db:
            row = _owned(db, recording_id, owner)
            if _is_spoken(db, recording_id):
                raise RecordingBusy(recording_id)
            db.delete(row)
            return _frozen(row)

    def claim(self, recording_id: str, holder: str, now: datetime) -> RecordingRow | None:
        """Take hold of a recording to read it; None if it was read or somebody else is at it."""
        values = {"holder": holder, "lease_until": now + LEASE, "attempts": Recording.attempts + 1}
        if not self._change(and_(Recording.id == recording_id, _free(now)), state="reading", **values):
            return None
        return self.get(recording_id)

    def note(
        self, recording_id: str, holder: str, now: datetime, *, step: str | None = None, percent: int = 0
    ) -> bool:
        """Note that its holder is at work, and how far. False if it holds it no more."""
        told = {} if step is None else {"step": step, "percent": percent}
        return self._change(_held(recording_id, holder), lease_until=now + LEASE, **told)

    def release(self, recording_id: str, holder: str, *, counted: bool = True) -> bool:
        """Give a recording back, to be read by another; `counted` unless a server was merely away."""
        spared = {} if counted else {"attempts": Recording.attempts - 1}
        held = _held(recording_id, holder)
        return self._change(held, state="queued", holder=None, lease_until=None, **spared)

    def release_all(self, holder_prefix: str) -> Sequence[str]:
        """Give back what an earlier boot of a registrar held; return the ids."""
        held = and_(_UNREAD, Recording.holder.startswith(holder_prefix, autoescape=True))
        freed = update(Recording).where(held).values(state="queued", holder=None, lease_until=None)
        told = freed.returning(Recording.id).execution_options(synchronize_session=False)
        with self._database.transaction() as db:
            return list(db.scalars(told))

    def complete(self, recording_id: str, holder: str, heard: Heard) -> bool:
        """Note that its sound is kept. False if somebody else holds it now, or it was removed."""
        return self._finish(
            _held(recording_id, holder), "ready",
            length_samples=heard.length_samples, loudness_lufs=heard.loudness_lufs, report=dict(heard.report),
        )  # fmt: skip

    def refuse(self, recording_id: str, holder: str, refusal: Refusal) -> bool:
        """Note why it cannot be spoken. False if it is not held by this one."""
        return self._finish(_held(recording_id, holder), "refused", report=asdict(refusal))

    def abandon(self, before: datetime) -> int:
        """Refuse those that were asked for before a time and that nobody is at; return how many."""
        old = and_(_free(datetime.now(UTC)), Recording.created_at < before)
        ended = update(Recording).where(old).values(
            state="refused", finished_at=datetime.now(UTC), report=asdict(ABANDONED), holder=None
        )  # fmt: skip
        with self._database.transaction() as db:
            told = ended.returning(Recording.id).execution_options(synchronize_session=False)
            return len(list(db.scalars(told)))

    def due(self, now: datetime, gap: timedelta) -> Sequence[str]:
        """Return those that nobody reads and that were not rung for lately, oldest first."""
        rung = or_(Recording.doorbell_at.is_(None), Recording.doorbell_at <= now - gap)
        query = select(Recording.id).where(_free(now), rung, Recording.created_at <= now - gap)
        with self._database.reading() as db:
            return list(db.scalars(query.order_by(Recording.created_at)))

    def rang(self, recording_id: str, at: datetime) -> None:
        """Note that registrars were asked to read it."""
        self._change(and_(Recording.id == recording_id, _UNREAD), doorbell_at=at)

    def stale(self, before: datetime) -> Sequence[str]:
        """Return those whose files are kept though nothing has spoken them since a time."""
        last = func.coalesce(Recording.used_at, Recording.finished_at)
        spoken = select(Utterance.recording_id).where(Utterance.state.in_(UNFINISHED_STATES))
        busy = Recording.id.in_(spoken.where(Utterance.recording_id.is_not(None)))
        query = select(Recording.id).where(Recording.state == "ready", last < before, ~busy)
        with self._database.reading() as db:
            return list(db.scalars(query.order_by(Recording.created_at)))

    def expire(self, recording_id: str, before: datetime) -> bool:
        """Note that its files are kept no more. False if it was spoken meanwhile."""
        last = func.coalesce(Recording.used_at, Recording.finished_at)
        unused = and_(Recording.id == recording_id, Recording.state == "ready", last < before)
        return self._change(unused, state="expired")

    def known(self, recording_ids: Sequence[str]) -> set[str]:
        """Return which of some recordings have a row whose files may be kept."""
        kept = and_(Recording.id.in_(recording_ids), Recording.state.not_in(("expired", "refused")))
        with self._database.reading() as db:
            return set(db.scalars(select(Recording.id).where(kept)))

    def _finish(self, held: ColumnElement[bool], state: RecordingState, **values: object) -> bool:
        now = datetime.now(UTC)
        ended = {"step": "done", "percent": 100, "finished_at": now, "holder": None, "lease_until": None}
        return self._change(held, state=state, **ended, **values)

    def _change(self, condition: ColumnElement[bool], **values: object) -> bool:
        change = update(Recording).where(condition).values(**values).returning(Recording.id)
        with self._database.transaction() as db:
            return db.scalar(change.execution_options(synchronize_session=False)) is not None


def _free(now: datetime) -> ColumnElement[bool]:
    return and_(_UNREAD, or_(Recording.lease_until.is_(None), Recording.lease_until < now))


def _held(recording_id: str, holder: str) -> ColumnElement[bool]:
    return and_(Recording.id == recording_id, Recording.holder == holder, _UNREAD)


def _owned(db: Session, recording_id: str, owner: str) -> Recording:
    row = db.get(Recording, recording_id)
    if row is None or row.owner != owner:
        own = select(Recording.id).where(Recording.owner == owner, Recording.state == "ready")
        newest = own.order_by(Recording.created_at.desc()).limit(_TOLD)
        raise UnknownRecording(recording_id, list(db.scalars(newest)))
    return row


def _is_spoken(db: Session, recording_id: str) -> bool:
    of = (Utterance.recording_id == recording_id, Utterance.state.in_(UNFINISHED_STATES))
    return db.scalar(select(Utterance.id).where(*of).limit(1)) is not None


def _frozen(row: Recording) -> RecordingRow:
    return RecordingRow(**{column.name: getattr(row, column.name) for column in fields(RecordingRow)})
