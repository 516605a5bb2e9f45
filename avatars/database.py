"""The rows and the way to them: one engine, a pool, short transactions.

SQLite and PostgreSQL behave alike here: times come back aware and in UTC, foreign keys
hold, and what is opened for reading cannot write. Standard library and SQLAlchemy only,
so the front door may use it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, Literal

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    Engine,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    create_engine,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator

from avatars.sqlite import tame_sqlite

AvatarState = Literal["pending", "ready", "refused", "retired"]
AVATAR_STATES: Final[tuple[AvatarState, ...]] = ("pending", "ready", "refused", "retired")

RegistrationState = Literal["pending", "ready", "refused"]
REGISTRATION_STATES: Final[tuple[RegistrationState, ...]] = ("pending", "ready", "refused")

RegistrationWork = Literal["intake", "points", "choose"]
REGISTRATION_WORKS: Final[tuple[RegistrationWork, ...]] = ("intake", "points", "choose")

AvatarKind = Literal["photo", "video"]
AVATAR_KINDS: Final[tuple[AvatarKind, ...]] = ("photo", "video")

RecordingState = Literal["queued", "reading", "ready", "refused", "expired"]
RECORDING_STATES: Final[tuple[RecordingState, ...]] = ("queued", "reading", "ready", "refused", "expired")
UNREAD_STATES: Final[tuple[RecordingState, ...]] = ("queued", "reading")

UtteranceState = Literal["queued", "running", "done", "failed", "cancelled"]
UTTERANCE_STATES: Final[tuple[UtteranceState, ...]] = ("queued", "running", "done", "failed", "cancelled")
UNFINISHED_STATES: Final[tuple[UtteranceState, ...]] = ("queued", "running")

_POOL_TIMEOUT_S: Final = 10
_CONNECT_TIMEOUT_S: Final = 5
"""A server's address that swallows packets is told as unreachable after this."""
_WRITING: Final = "avatar_writing"


class NaiveTime(ValueError):
    """A time without a zone was to be written; give it one, preferably UTC."""


class UtcTime(TypeDecorator[datetime]):
    """An aware time, UTC on the way back, on databases with zones and without."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the time in UTC; SQLite keeps it without its zone, so order stays text order."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise NaiveTime(f"{value.isoformat()} has no zone")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Return the time aware and in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Row(DeclarativeBase):
    """What every table shares: names for constraints, so that each can be dropped by name."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcTime(), dict[str, Any]: JSON()}  # noqa: RUF012


def _one_of(column: str, allowed: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in allowed)})"


class Avatar(Row):
    """A face with a name. What it looks like is in its versions."""

    __tablename__ = "avatars"
    __table_args__ = (
        CheckConstraint(_one_of("state", AVATAR_STATES), name="state"),
        CheckConstraint("version >= 0", name="version"),
        Index(None, "state", "created_at", "id"),
        Index(None, "owner", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner: Mapped[str] = mapped_column(String(255))
    title_fa: Mapped[str] = mapped_column(String(255))
    title_en: Mapped[str] = mapped_column(String(255))
    search: Mapped[str] = mapped_column(Text, default="")
    """Both titles and the id, folded by `avatars.search`."""
    voice: Mapped[str] = mapped_column(String(64))
    engine: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(Integer)
    """The newest one; 0 before there is any."""
    pinned: Mapped[bool] = mapped_column(default=False)
    """Whether workers load it when they start."""
    last_used_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class AvatarVersion(Row):
    """One look of an avatar. Its files lie in storage under `avatars/{avatar_id}/v{version}/`."""

    __tablename__ = "avatar_versions"
    __table_args__ = (CheckConstraint(_one_of("kind", AVATAR_KINDS), name="kind"),)

    avatar_id: Mapped[str] = mapped_column(ForeignKey("avatars.id"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    files: Mapped[dict[str, Any]]
    """File name to SHA-256, in hex."""
    source_sha256: Mapped[str] = mapped_column(String(64))
    """SHA-256 of what it was made from, or "" where that was not worth saving."""
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What `lipsync.face.report` found; None for what was not judged."""
    choices: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """`{"face": chosen, "faces": [{"face", "score", "box"}]}` where the picture shows several."""
    created_at: Mapped[datetime]


class Consent(Row):
    """Who allowed that an avatar be made of them, in which words; never changed, never removed."""

    __tablename__ = "consents"
    __table_args__ = (Index(None, "avatar_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    avatar_id: Mapped[str] = mapped_column(ForeignKey("avatars.id"))
    who: Mapped[str] = mapped_column(String(255))
    statement: Mapped[str] = mapped_column(Text)
    evidence_sha256: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of a file that shows it; the file itself stays with whoever recorded it."""
    recorded_by: Mapped[str] = mapped_column(String(255))
    recorded_at: Mapped[datetime]


class Upload(Row):
    """Bytes on their way to an avatar, in parts under `quarantine/{id}/` in storage."""

    __tablename__ = "uploads"
    __table_args__ = (
        CheckConstraint("offset_bytes >= 0 AND offset_bytes <= size_bytes", name="offset"),
        Index(None, "updated_at"),
        Index(None, "owner"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str] = mapped_column(String(255))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    offset_bytes: Mapped[int] = mapped_column(BigInteger)
    parts: Mapped[list[Any]] = mapped_column(JSON)
    """Names of the parts, in order."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Batch(Row):
    """Many attempts that were asked for at once. `avatars.batches` alone writes it."""

    __tablename__ = "batches"
    __table_args__ = (
        CheckConstraint("files > 0", name="files"),
        Index(None, "owner", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str] = mapped_column(String(255))
    fingerprint: Mapped[str] = mapped_column(String(64))
    """SHA-256 of what was asked for: a repeated request is known by it."""
    files: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]


class Registration(Row):
    """One attempt to make a version of an avatar. `avatars.registrations` alone writes it."""

    __tablename__ = "registrations"
    __table_args__ = (
        CheckConstraint(_one_of("state", REGISTRATION_STATES), name="state"),
        CheckConstraint(_one_of("work", REGISTRATION_WORKS), name="work"),
        CheckConstraint("percent >= 0 AND percent <= 100", name="percent"),
        CheckConstraint("(state = 'pending') = (finished_at IS NULL)", name="finished"),
        Index(None, "state", "created_at"),
        Index(None, "owner", "state"),
        Index(None, "avatar_id", "created_at"),
        Index(None, "batch_id", "place"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    avatar_id: Mapped[str] = mapped_column(ForeignKey("avatars.id"))
    batch_id: Mapped[str | None] = mapped_column(ForeignKey("batches.id"))
    """The batch it was asked for with, if with one."""
    place: Mapped[int | None] = mapped_column(Integer)
    """Which of its batch it is, from 0."""
    label: Mapped[str | None] = mapped_column(String(255))
    """What whoever asked for the batch calls the file; told back, and no name of ours."""
    owner: Mapped[str] = mapped_column(String(255))
    work: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    upload_id: Mapped[str | None] = mapped_column(String(32))
    """What is taken in. No foreign key: the row outlives the upload."""
    points: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Face points set by hand."""
    face: Mapped[int | None] = mapped_column(Integer)
    """Which of several faces, best first from 0."""
    fingerprint: Mapped[str] = mapped_column(String(64))
    """SHA-256 of what was asked for: a repeated request is known by it."""
    step: Mapped[str] = mapped_column(String(32))
    percent: Mapped[int] = mapped_column(Integer)
    refusal_code: Mapped[str | None] = mapped_column(String(64))
    refusal_en: Mapped[str | None] = mapped_column(Text)
    refusal_fa: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer)
    holder: Mapped[str | None] = mapped_column(String(128))
    """Whoever works on it; nobody else may write."""
    lease_until: Mapped[datetime | None]
    version: Mapped[int | None] = mapped_column(Integer)
    """What came of it."""
    created_at: Mapped[datetime]
    doorbell_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class Recording(Row):
    """Recorded sound that avatars may speak. `avatars.recordings` alone writes it."""

    __tablename__ = "recordings"
    __table_args__ = (
        CheckConstraint(_one_of("state", RECORDING_STATES), name="state"),
        CheckConstraint("percent >= 0 AND percent <= 100", name="percent"),
        CheckConstraint("(state IN ('queued', 'reading')) = (finished_at IS NULL)", name="finished"),
        Index(None, "state", "created_at"),
        Index(None, "owner", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16))
    upload_id: Mapped[str | None] = mapped_column(String(32))
    """What is read. No foreign key: the row outlives the upload."""
    fingerprint: Mapped[str] = mapped_column(String(64))
    """SHA-256 of what was asked for: a repeated request is known by it."""
    step: Mapped[str] = mapped_column(String(32))
    percent: Mapped[int] = mapped_column(Integer)
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What it was found to be, or `{"code", "en", "fa"}` of why it is refused."""
    length_samples: Mapped[int | None] = mapped_column(BigInteger)
    """At 48 kHz."""
    loudness_lufs: Mapped[float | None]
    """As it came, by ITU-R BS.1770."""
    attempts: Mapped[int] = mapped_column(Integer)
    holder: Mapped[str | None] = mapped_column(String(128))
    """Whoever reads it; nobody else may write."""
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    doorbell_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    """When an utterance of it was last asked for."""


class Utterance(Row):
    """One text to be spoken. `tasks.utterances` is the only room that writes it."""

    __tablename__ = "utterances"
    __table_args__ = (
        CheckConstraint(_one_of("state", UTTERANCE_STATES), name="state"),
        CheckConstraint("width_px > 0 AND height_px > 0 AND fps > 0", name="size"),
        CheckConstraint(
            "(state IN ('queued', 'running')) = (finished_at IS NULL)",
            name="finished",
        ),
        Index(None, "state", "created_at"),
        Index(None, "owner", "created_at", "id"),
        Index(None, "finished_at"),
        Index(None, "avatar_id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str] = mapped_column(String(255))
    avatar_id: Mapped[str] = mapped_column(ForeignKey("avatars.id"))
    avatar_version: Mapped[int] = mapped_column(Integer)
    voice: Mapped[str] = mapped_column(String(64))
    engine: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    """Of recorded sound what is said in it, or nothing."""
    recording_id: Mapped[str | None] = mapped_column(String(32))
    """The sound that is spoken in place of a text. No foreign key: the row outlives the recording."""
    width_px: Mapped[int] = mapped_column(Integer)
    height_px: Mapped[int] = mapped_column(Integer)
    fps: Mapped[int] = mapped_column(Integer)
    captions: Mapped[bool]
    seed: Mapped[int] = mapped_column(BigInteger)
    manner: Mapped[dict[str, Any]] = mapped_column(JSON, server_default="{}")
    """What `tasks.manner.Manner` says beyond the text."""
    open: Mapped[bool] = mapped_column(server_default=false())
    """Whether text may still be appended."""
    flushed: Mapped[int] = mapped_column(Integer, server_default="0")
    """Up to which character the writer asked for it to be said at once."""
    appended_at: Mapped[datetime | None]
    """When its writer was last heard of; None for a text that came whole."""
    epoch: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    doorbell_at: Mapped[datetime | None]
    doorbells: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    chunks: Mapped[int | None] = mapped_column(Integer)
    frames: Mapped[int | None] = mapped_column(Integer)
    duration_ms: Mapped[int | None] = mapped_column(BigInteger)
    video_key: Mapped[str | None] = mapped_column(String(512))
    captions_key: Mapped[str | None] = mapped_column(String(512))
    video_bytes: Mapped[int | None] = mapped_column(BigInteger)
    expired_at: Mapped[datetime | None]
    """When retention removed its files; the row stays."""


class LexiconEntry(Row):
    """A word and what is spoken for it. `avatars.lexicons` is the only room that writes it."""

    __tablename__ = "lexicon_entries"
    __table_args__ = (Index(None, "owner", "first_part"),)

    owner: Mapped[str] = mapped_column(String(255), primary_key=True)
    word: Mapped[str] = mapped_column(String(80), primary_key=True)
    """What it is compared by."""
    first_part: Mapped[str] = mapped_column(String(80))
    """Up to the first space of it: a text is asked for these."""
    written: Mapped[str] = mapped_column(String(80))
    spoken: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ApiKey(Row):
    """A key that may be turned into a token. Only its hash is kept."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256, in hex, of a random key of 32 bytes."""
    name: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Database:
    """A pool of connections to one database; shared by threads, not by processes."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writing = engine.execution_options(**{_WRITING: True})
        self._reading = engine.execution_options(postgresql_readonly=True)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Yield a session that may write; commit at the end, roll back on an error.

        On SQLite the write lock is taken before the first read, so that nothing read
        here can be changed by another process before it is written back.

        Raises:
            sqlalchemy.exc.OperationalError: the database is gone, or another writer held
                SQLite for five seconds.
        """
        with Session(self._writing, expire_on_commit=False) as db, db.begin():
            yield db

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that sees one state of the database and cannot write."""
        with Session(self._reading, expire_on_commit=False) as db, db.begin():
            yield db

    def close(self) -> None:
        """Close the pooled connections; a later use opens new ones."""
        self.engine.dispose()


def open_database(url: str, *, pool_size: int = 8) -> Database:
    """Return a database; nothing is connected to until it is used.

    Args:
        url: `sqlite:///path` or `postgresql+psycopg2://...`.
        pool_size: connections this process holds at most; further threads wait for one.
    """
    return Database(open_engine(url, pool_size=pool_size))


def open_engine(url: str, *, pool_size: int = 8, foreign_keys: bool = True) -> Engine:
    """Return the engine under a database; migrations rebuild tables with foreign keys off."""
    sqlite = url.startswith("sqlite")
    named = "connect_timeout=" in url
    engine = create_engine(
        url,
        connect_args={} if sqlite or named else {"connect_timeout": _CONNECT_TIMEOUT_S},
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_POOL_TIMEOUT_S,
        # A file does not hang up; a server may have been restarted since the last use.
        pool_pre_ping=not sqlite,
    )
    if engine.dialect.name == "sqlite":
        tame_sqlite(engine, writing=_WRITING, foreign_keys=foreign_keys)
    return engine
