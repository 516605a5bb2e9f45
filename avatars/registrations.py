"""Attempts to make a version of an avatar: begun by the front door, finished by a registrar.

Between the registry, which holds what came of them, and `tasks.registration`, which does the
work. Every change is conditional on who holds the row, so a registrar that was taken for dead
writes nothing any more. Standard library and SQLAlchemy only, so the front door may use it.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from avatars.database import Avatar, Consent, Database, Registration, RegistrationState, RegistrationWork
from avatars.errors import AvatarBusy, AvatarTaken, TooManyPending, UnknownAvatar, UnknownUpload
from avatars.registry import AvatarFiles, Registry, Titles, check_id, describe, lock_or_insert
from avatars.uploads import is_spent

LEASE: Final = timedelta(seconds=15)
"""How long a registrar that says nothing is believed to be at work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConsent:
    """Who allowed it, in which words."""

    who: str
    statement: str
    evidence_sha256: str | None
    recorded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAvatar:
    """What a new avatar is to be called and how it is to speak."""

    titles: Titles
    voice: str
    consent: NewConsent
    engine: str = "warp"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRegistration:
    """What is asked for, checked already."""

    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    avatar_id: str
    owner: str
    work: RegistrationWork
    fingerprint: str
    upload_id: str | None = None
    points: Mapping[str, Any] | None = None
    face: int | None = None
    batch_id: str | None = None
    place: int | None = None
    """Which of its batch it is, from 0."""
    label: str | None = None
    """What whoever asked for the batch calls the file."""

    def of_batch(self, batch_id: str, place: int, label: str | None) -> Self:
        """Return this as one file of a batch."""
        return replace(self, batch_id=batch_id, place=place, label=label)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why nothing came of it."""

    code: str
    en: str
    fa: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationRow:
    """An attempt as the database holds it."""

    id: str
    avatar_id: str
    owner: str
    work: RegistrationWork
    state: RegistrationState
    upload_id: str | None
    points: Mapping[str, Any] | None
    face: int | None
    fingerprint: str
    step: str
    percent: int
    refusal_code: str | None
    refusal_en: str | None
    refusal_fa: str | None
    attempts: int
    version: int | None
    created_at: datetime
    finished_at: datetime | None
    batch_id: str | None
    place: int | None
    label: str | None

    @property
    def finished(self) -> bool:
        """Whether it is ready or refused; that never changes again."""
        return self.state != "pending"


_PENDING: Final = Registration.state == "pending"
RETIRED: Final = Refusal(
    code="retired",
    en="The avatar was retired while it was being registered. Register it again.",
    fa="این چهره هنگام ثبت کنار گذاشته شد. آن را دوباره ثبت کنید.",
)
ABANDONED: Final = Refusal(
    code="abandoned",
    en="No registrar has taken this up for too long. Register the picture again.",
    fa="مدت زیادی هیچ ثبت‌کننده‌ای به این درخواست نرسید. تصویر را دوباره ثبت کنید.",
)


class Registrations:
    """The attempts there are."""

    def __init__(self, database: Database, registry: Registry) -> None:
        self._database = database
        self._registry = registry

    def create(
        self, new: NewRegistration, about: NewAvatar | None, *, limit: int
    ) -> RegistrationRow:
        """Write an attempt in state pending; its avatar too, if it is new.

        Args:
            new: what is to be done.
            about: the avatar's description, where it is made or made anew; None changes a face.
            limit: how many of this owner's may be pending, beside those of batches.

        Raises:
            BadAvatarId: the name is not one.
            AvatarTaken: it is somebody else's.
            AvatarBusy: an attempt at it is pending already.
            UnknownAvatar: a face is to be changed of an avatar that is not there.
            UnknownUpload: it was registered already; an upload is good for one avatar.
            TooManyPending: the limit is reached.
            sqlalchemy.exc.IntegrityError: the id is taken.
        """
        check_id(new.avatar_id)
        with self._database.transaction() as db:
            avatar = _avatar_for(db, new, about)
            if db.scalar(select(Registration.id).where(Registration.avatar_id == avatar.id, _PENDING)):
                raise AvatarBusy(avatar.id)
            if new.upload_id is not None and is_spent(db, new.upload_id):
                raise UnknownUpload(new.upload_id)
            if _pending_of(db, new.owner) >= limit:
                raise TooManyPending(limit)
            row = begin(db, avatar, new, about, datetime.now(UTC))
            db.flush()
            return frozen(row)

    def get(self, registration_id: str) -> RegistrationRow | None:
        """Return an attempt, or None if there is none of this id."""
        with self._database.reading() as db:
            row = db.get(Registration, registration_id)
            return None if row is None else frozen(row)

    def latest(self, avatar_id: str) -> RegistrationRow | None:
        """Return the newest attempt at an avatar, or None if there was none."""
        query = select(Registration).where(Registration.avatar_id == avatar_id)
        newest = query.order_by(Registration.created_at.desc(), Registration.id).limit(1)
        with self._database.reading() as db:
            row = db.scalars(newest).first()
            return None if row is None else frozen(row)

    def consents(self, avatar_id: str) -> Sequence[Mapping[str, Any]]:
        """Return what was allowed about an avatar, the newest first."""
        query = select(Consent).where(Consent.avatar_id == avatar_id).order_by(Consent.recorded_at.desc())
        names = ("who", "statement", "evidence_sha256", "recorded_by", "recorded_at")
        with self._database.reading() as db:
            return [{name: getattr(row, name) for name in names} for row in db.scalars(query)]

    def claim(self, registration_id: str, holder: str, now: datetime) -> RegistrationRow | None:
        """Take hold of an attempt; None if it has ended or somebody else is at it."""
        values = {"holder": holder, "lease_until": now + LEASE, "attempts": Registration.attempts + 1}
        if not self._change(and_(Registration.id == registration_id, _free(now)), **values):
            return None
        return self.get(registration_id)

    def note(
        self, registration_id: str, holder: str, now: datetime, *, step: str | None = None, percent: int = 0
    ) -> bool:
        """Note that its holder is at work, and how far. False if it holds it no more."""
        told = {} if step is None else {"step": step, "percent": percent}
        return self._change(_held(registration_id, holder), lease_until=now + LEASE, **told)

    def release(self, registration_id: str, holder: str, *, counted: bool = True) -> bool:
        """Give an attempt back, to be gone on with by another. False if it was not held.

        Args:
            registration_id: which.
            holder: who holds it.
            counted: whether it was an attempt; not one when a server was merely away.
        """
        spared = {} if counted else {"attempts": Registration.attempts - 1}
        return self._change(_held(registration_id, holder), holder=None, lease_until=None, **spared)

    def release_all(self, holder_prefix: str) -> Sequence[str]:
        """Give back what an earlier boot of a registrar held; return the ids."""
        held = and_(_PENDING, Registration.holder.startswith(holder_prefix, autoescape=True))
        freed = update(Registration).where(held).values(holder=None, lease_until=None)
        told = freed.returning(Registration.id).execution_options(synchronize_session=False)
        with self._database.transaction() as db:
            return list(db.scalars(told))

    def complete(
        self, registration_id: str, holder: str, files: AvatarFiles, refusal: Refusal | None = None
    ) -> bool:
        """Keep the files as a version of the avatar, and end the attempt; all of it or nothing.

        Args:
            registration_id: which.
            holder: who did it.
            files: what came of it.
            refusal: why the avatar cannot be used yet; its files are kept, so that its owner
                can mend it. One that is ready stays as it is instead.

        Returns:
            False if somebody else holds it now; nothing was kept.

        Raises:
            StorageError: the files could not be kept; the attempt is still pending.
        """
        with self._database.transaction() as db:
            row = db.scalars(
                select(Registration).where(_held(registration_id, holder)).with_for_update()
            ).first()
            if row is None:
                return False
            avatar = db.get_one(Avatar, row.avatar_id, with_for_update=True)
            now = datetime.now(UTC)
            if refusal is None or avatar.state != "ready":
                row.version = self._registry.keep(db, avatar, files).version
                avatar.state = "ready" if refusal is None else "refused"
                avatar.updated_at = now
            _end(row, now, refusal)
            return True

    def refuse(self, registration_id: str, holder: str, refusal: Refusal) -> bool:
        """End an attempt of which nothing came. False if it is not held by this one."""
        return bool(self._refuse_all(_held(registration_id, holder), refusal))

    def refuse_batch(self, batch_id: str, refusal: Refusal) -> int:
        """End what is pending of a batch; return how many."""
        return self._refuse_all(and_(Registration.batch_id == batch_id, _PENDING), refusal)

    def cancel(self, avatar_id: str) -> bool:
        """End what is pending about an avatar that is retired. False if nothing was."""
        return bool(self._refuse_all(and_(Registration.avatar_id == avatar_id, _PENDING), RETIRED))

    def abandon(self, before: datetime) -> int:
        """End the attempts that were asked for before a time and that nobody is at; return how many."""
        idle = or_(Registration.lease_until.is_(None), Registration.lease_until < before)
        return self._refuse_all(and_(_PENDING, idle, Registration.created_at < before), ABANDONED)

    def due(self, now: datetime, gap: timedelta, *, batched: bool = False) -> Sequence[str]:
        """Return the pending attempts that nobody is at and that were not rung for lately, oldest first.

        Those of batches are a list of their own: they may wait long behind one another.
        """
        rung = or_(Registration.doorbell_at.is_(None), Registration.doorbell_at <= now - gap)
        old = Registration.created_at <= now - gap
        of_batch = Registration.batch_id.is_not(None) if batched else Registration.batch_id.is_(None)
        query = select(Registration.id).where(_free(now), rung, old, of_batch)
        with self._database.reading() as db:
            return list(db.scalars(query.order_by(Registration.created_at, Registration.place)))

    def rang(self, registration_ids: Sequence[str], at: datetime) -> None:
        """Note that registrars were asked to take up what has not ended of these."""
        change = update(Registration).where(Registration.id.in_(registration_ids), _PENDING)
        with self._database.transaction() as db:
            db.execute(change.values(doorbell_at=at).execution_options(synchronize_session=False))

    def _refuse_all(self, condition: ColumnElement[bool], refusal: Refusal) -> int:
        with self._database.transaction() as db:
            rows = db.scalars(select(Registration).where(condition).with_for_update()).all()
            now = datetime.now(UTC)
            for row in rows:
                _end(row, now, refusal)
                avatar = db.get_one(Avatar, row.avatar_id, with_for_update=True)
                if avatar.state == "pending":
                    avatar.state, avatar.updated_at = "refused", now
            return len(rows)

    def _change(self, condition: ColumnElement[bool], **values: object) -> bool:
        change = update(Registration).where(condition).values(**values).returning(Registration.id)
        with self._database.transaction() as db:
            return db.scalar(change.execution_options(synchronize_session=False)) is not None


def begin(
    db: Session, avatar: Avatar, new: NewRegistration, about: NewAvatar | None, now: datetime
) -> Registration:
    """Add an attempt to a transaction, with its avatar's description where it has one.

    Args:
        db: the transaction; it holds the avatar's row, or is about to write it.
        avatar: what it is an attempt at.
        new: what is to be done.
        about: the avatar's description; None leaves it as it is.
        now: when it was asked for.
    """
    if about is not None:
        describe(avatar, about.titles, about.voice, about.engine)
        avatar.updated_at = now
        db.add(_consent(avatar.id, about.consent, now))
    if avatar.state != "ready":
        avatar.state, avatar.retired_at = "pending", None
    given = {part.name: getattr(new, part.name) for part in fields(NewRegistration)}
    row = Registration(**given, state="pending", step="waiting", percent=0, attempts=0, created_at=now)
    db.add(row)
    return row


def _free(now: datetime) -> ColumnElement[bool]:
    return and_(_PENDING, or_(Registration.lease_until.is_(None), Registration.lease_until < now))


def _held(registration_id: str, holder: str) -> ColumnElement[bool]:
    return and_(Registration.id == registration_id, Registration.holder == holder, _PENDING)


def _avatar_for(db: Session, new: NewRegistration, about: NewAvatar | None) -> Avatar:
    if about is not None:
        avatar = lock_or_insert(db, new.avatar_id, new.owner)
    else:
        found = db.get(Avatar, new.avatar_id, with_for_update=True)
        if found is None or not found.version:
            raise UnknownAvatar(new.avatar_id, ())
        avatar = found
    if avatar.owner != new.owner:
        raise AvatarTaken(avatar.id)
    return avatar


def _pending_of(db: Session, owner: str) -> int:
    alone = Registration.batch_id.is_(None)
    return db.scalar(select(func.count()).where(Registration.owner == owner, _PENDING, alone)) or 0


def _consent(avatar_id: str, given: NewConsent, now: datetime) -> Consent:
    return Consent(
        id=uuid.uuid4().hex, avatar_id=avatar_id, who=given.who, statement=given.statement,
        evidence_sha256=given.evidence_sha256, recorded_by=given.recorded_by, recorded_at=now,
    )  # fmt: skip


def _end(row: Registration, now: datetime, refusal: Refusal | None) -> None:
    row.finished_at, row.holder, row.lease_until = now, None, None
    if refusal is None:
        row.state, row.step, row.percent = "ready", "done", 100
        return
    row.state = "refused"
    row.refusal_code, row.refusal_en, row.refusal_fa = refusal.code, refusal.en, refusal.fa


def frozen(row: Registration) -> RegistrationRow:
    """Return an attempt as it stands."""
    return RegistrationRow(**{part.name: getattr(row, part.name) for part in fields(RegistrationRow)})
