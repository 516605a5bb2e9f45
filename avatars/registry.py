"""Avatars by name: add, get, list, retire.

A row says what an avatar is called and how it speaks; each version says what it looks like.
Files lie in storage, one folder per version, with their checksums in the row. Holds no
picture and knows no format: whoever registers hands in finished files. No numpy, so the
front door may use it.
"""

import hashlib
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from avatars.database import Avatar, AvatarKind, AvatarState, AvatarVersion, Database
from avatars.errors import BadAvatarId, UnknownAvatar
from avatars.search import search_text, search_words
from avatars.storage import Storage

HOUSE: Final = "house"
"""Owner of the avatars that everybody may use."""

PICTURE: Final = "picture.png"
POINTS: Final = "points.json"
PREVIEW: Final = "preview.jpg"

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)
FACE: Final = "face.npz"
"""Name of the face file that is a video's own source."""
_FACE_FILES: Final = (PICTURE, POINTS, FACE)
"""The files that make a version another one when they change."""


@dataclass(frozen=True, slots=True)
class Titles:
    """What people call an avatar."""

    fa: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AvatarFiles:
    """The finished files of an avatar."""

    picture: bytes | Path
    """Canonical picture, PNG."""
    points: bytes | Path | None
    """Face points in it, JSON as `lipsync.face.points` reads it; None until they are set by hand."""
    preview: bytes | Path
    """Small picture for lists, JPEG."""
    source_sha256: str = ""
    """SHA-256 (hex) of what they were made from, where making them again is worth saving."""
    others: Mapping[str, bytes | Path] = field(default_factory=dict)
    """Further files by name."""
    kind: AvatarKind = "photo"
    report: Mapping[str, Any] | None = None
    choices: Mapping[str, Any] | None = None

    def by_name(self) -> dict[str, bytes | Path]:
        """Return every file by the name it has in storage."""
        points = {} if self.points is None else {POINTS: self.points}
        return {PICTURE: self.picture, **points, PREVIEW: self.preview, **self.others}


@dataclass(frozen=True, slots=True, kw_only=True)
class AvatarRow:
    """One version of an avatar, with the keys and SHA-256 checksums (hex) of its files."""

    id: str
    owner: str
    title_fa: str
    title_en: str
    voice: str
    engine: str
    state: AvatarState
    version: int
    picture_key: str
    points_key: str
    preview_key: str
    picture_sha256: str
    points_sha256: str
    preview_sha256: str
    source_sha256: str
    created_at: datetime
    updated_at: datetime
    retired_at: datetime | None
    kind: AvatarKind = "photo"
    pinned: bool = False
    last_used_at: datetime | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    """File name to SHA-256; empty before there is a version."""
    report: Mapping[str, Any] | None = None
    choices: Mapping[str, Any] | None = None

    def key(self, name: str) -> str:
        """Return where a file of this version lies in storage."""
        return _key(self.id, self.version, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which avatars are to be listed."""

    seen_by: str | None = None
    """Whose and the house's; None sees all."""
    states: Sequence[AvatarState] = ("ready",)
    text: str = ""
    """Words that have to be in the titles or the id."""
    after: str | None = None
    """Id of the last avatar of the page before."""
    limit: int | None = None


class Registry:
    """The avatars there are."""

    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        self._storage = storage

    def register(
        self,
        avatar_id: str,
        *,
        titles: Titles,
        voice: str,
        files: AvatarFiles,
        owner: str,
        engine: str = "warp",
    ) -> AvatarRow:
        """Add an avatar, or make a known one what is given here; return its row, ready.

        The version rises only when picture or points changed, so doing it again with the
        same changes nothing. Older versions keep their files for work under way.

        Args:
            avatar_id: the public name.
            titles: what people call it.
            voice: name of the voice it speaks with unless told otherwise.
            files: picture, points and preview.
            owner: whose it is.
            engine: name of the engine that draws it.

        Raises:
            BadAvatarId: the name is not one.
            StorageError: the files could not be kept; the row is as it was.
        """
        check_id(avatar_id)
        with self._database.transaction() as db:
            row = lock_or_insert(db, avatar_id, owner)
            row.owner = owner
            describe(row, titles, voice, engine)
            # Files are written under the row's lock: two that register one name at the
            # same moment would else both write the same version's keys.
            version = self.keep(db, row, files)
            row.state, row.retired_at = "ready", None
            if version in db.new or db.is_modified(row) or db.is_modified(version):
                row.updated_at = datetime.now(UTC)
            db.flush()
            return _frozen(row, version)

    def keep(self, db: Session, row: Avatar, files: AvatarFiles) -> AvatarVersion:
        """Put an avatar's files under the version they belong to, a new one if the face is another.

        Args:
            db: an open transaction that holds the row's lock.
            row: the avatar; its version follows.
            files: all of them.

        Raises:
            StorageError: they could not be kept; the transaction must not be committed.
        """
        contents = files.by_name()
        sums = {name: _sha256(content) for name, content in contents.items()}
        newest = db.get(AvatarVersion, (row.id, row.version))
        if newest is None or any(newest.files.get(name) != sums.get(name) for name in _FACE_FILES):
            row.version += 1
            newest = AvatarVersion(
                avatar_id=row.id, version=row.version, kind=files.kind, files={}, source_sha256="",
                created_at=datetime.now(UTC),
            )  # fmt: skip
            db.add(newest)
        for name, content in contents.items():
            key = _key(row.id, row.version, name)
            # Under the keys of a new version may lie files of somebody who died before committing.
            if newest.files.get(name) != sums[name] or not self._storage.exists(key):
                _put(self._storage, key, content)
        newest.files, newest.kind, newest.source_sha256 = sums, files.kind, files.source_sha256
        newest.report = None if files.report is None else dict(files.report)
        newest.choices = None if files.choices is None else dict(files.choices)
        return newest

    def get(self, avatar_id: str, *, seen_by: str | None = None) -> AvatarRow:
        """Return an avatar that may be used.

        Args:
            avatar_id: its name.
            seen_by: who asks; None for whoever may see all.

        Raises:
            UnknownAvatar: there is none of this name, it is not ready or somebody else's; lists
                those that may be used.
        """
        with self._database.reading() as db:
            usable = _joined(Avatar.id == avatar_id, Avatar.state == "ready", _seen(seen_by))
            found = db.execute(usable).first()
            if found is None:
                raise UnknownAvatar(avatar_id, _ready_ids(db, seen_by))
            return _frozen(*found)

    def find(self, avatar_id: str, *, seen_by: str | None = None) -> AvatarRow | None:
        """Return an avatar's newest version in whatever state, or None if there is none.

        One that never came to a version is returned with version 0 and without files.
        """
        with self._database.reading() as db:
            found = db.execute(_joined(Avatar.id == avatar_id, _seen(seen_by))).first()
            return None if found is None else _frozen(*found)

    def has_files(self, avatar: AvatarRow) -> bool:
        """Return whether all files of an avatar's version are in storage."""
        return bool(avatar.files) and all(self._storage.exists(avatar.key(name)) for name in avatar.files)

    def get_version(self, avatar_id: str, version: int) -> AvatarRow:
        """Return an avatar as an utterance was promised it, even if retired or changed since.

        Raises:
            UnknownAvatar: it never had this version.
        """
        with self._database.reading() as db:
            row, kept = db.get(Avatar, avatar_id), db.get(AvatarVersion, (avatar_id, version))
            if row is None or kept is None:
                raise UnknownAvatar(f"{avatar_id} version {version}", _ready_ids(db, None))
            return _frozen(row, kept)

    def versions(self, avatar_id: str) -> Sequence[AvatarRow]:
        """Return every version of an avatar, the newest first."""
        query = (
            select(Avatar, AvatarVersion)
            .join(AvatarVersion, AvatarVersion.avatar_id == Avatar.id)
            .where(Avatar.id == avatar_id)
            .order_by(AvatarVersion.version.desc())
        )
        with self._database.reading() as db:
            return [_frozen(row, kept) for row, kept in db.execute(query)]

    def list(self, asked: Asked | None = None) -> Sequence[AvatarRow]:
        """Return avatars, oldest first; all that may be used unless asked otherwise.

        A page begins behind `after`; one that nobody has gives an empty page.
        """
        wanted = asked or Asked()
        conditions = [Avatar.state.in_(wanted.states), _seen(wanted.seen_by)]
        conditions += [Avatar.search.contains(word, autoescape=True) for word in search_words(wanted.text)]
        with self._database.reading() as db:
            if wanted.after is not None:
                last = db.get(Avatar, wanted.after)
                if last is None:
                    return []
                later = Avatar.created_at > last.created_at
                conditions.append(or_(later, and_(Avatar.created_at == last.created_at, Avatar.id > last.id)))
            query = _joined(*conditions).order_by(Avatar.created_at, Avatar.id).limit(wanted.limit)
            return [_frozen(row, kept) for row, kept in db.execute(query)]

    def retire(self, avatar_id: str) -> bool:
        """Let no new work use an avatar; work under way goes on. False if it was retired already.

        Raises:
            UnknownAvatar: there is none of this name.
        """
        with self._database.transaction() as db:
            row = db.get(Avatar, avatar_id, with_for_update=True)
            if row is None:
                raise UnknownAvatar(avatar_id, _ready_ids(db, None))
            if row.state == "retired":
                return False
            row.state = "retired"
            row.retired_at = row.updated_at = datetime.now(UTC)
            return True

    def refused_before(self, before: datetime, limit: int = 100) -> Sequence[str]:
        """Return avatars that were refused before a time and not tried again since."""
        query = select(Avatar.id).where(Avatar.state == "refused", Avatar.updated_at < before)
        with self._database.reading() as db:
            return list(db.scalars(query.order_by(Avatar.updated_at).limit(limit)))

    def purge_refused(self, avatar_id: str, before: datetime, now: datetime) -> bool:
        """Retire an avatar that was refused before a time, and remove its versions with their files.

        Its row stays, for who consented to it. False if it was tried again meanwhile.

        Raises:
            StorageError: a file would not go; the row is as it was.
        """
        with self._database.transaction() as db:
            row = db.get(Avatar, avatar_id, with_for_update=True)
            if row is None or row.state != "refused" or row.updated_at >= before:
                return False
            # Under the row's lock, and before it says so: killed here, it is found again.
            self._storage.delete_all(f"avatars/{avatar_id}/")
            db.execute(delete(AvatarVersion).where(AvatarVersion.avatar_id == avatar_id))
            row.state, row.retired_at, row.updated_at = "retired", now, now
            return True

    def longest_unused_s(self, now: datetime) -> float | None:
        """Return how long the avatar waits that was used or made longest ago; None without any."""
        lately = func.coalesce(Avatar.last_used_at, Avatar.updated_at)
        first = select(Avatar.last_used_at, Avatar.updated_at).where(Avatar.state == "ready").order_by(lately)
        with self._database.reading() as db:
            found = db.execute(first.limit(1)).first()
        return None if found is None else max(0.0, (now - (found[0] or found[1])).total_seconds())

    def pin(self, avatar_id: str, pinned: bool) -> bool:
        """Have workers load an avatar when they start, or no more. False if there is none of this name."""
        return self._change(Avatar.id == avatar_id, pinned=pinned)

    def _change(self, condition: ColumnElement[bool], **values: object) -> bool:
        change = update(Avatar).where(condition).values(**values).returning(Avatar.id)
        with self._database.transaction() as db:
            return db.scalar(change.execution_options(synchronize_session=False)) is not None


def check_id(avatar_id: str) -> None:
    """Let a proper name pass. Raises BadAvatarId."""
    if not _ID.fullmatch(avatar_id):
        raise BadAvatarId(avatar_id)


def describe(row: Avatar, titles: Titles, voice: str, engine: str) -> None:
    """Write what an avatar is called and how it speaks into its row."""
    row.title_fa, row.title_en = titles.fa, titles.en
    row.search = search_text(titles.fa, titles.en, row.id)
    row.voice, row.engine = voice, engine


def new_row(avatar_id: str, owner: str, now: datetime) -> Avatar:
    """Return the row of an avatar that is pending and has no version; nothing is written."""
    return Avatar(
        id=avatar_id, owner=owner, title_fa="", title_en="", search="", voice="", engine="", state="pending",
        version=0, pinned=False, created_at=now, updated_at=now,
    )  # fmt: skip


def lock_or_insert(db: Session, avatar_id: str, owner: str) -> Avatar:
    """Return an avatar's row, locked; a new one is pending and has no version."""
    row = db.get(Avatar, avatar_id, with_for_update=True)
    if row is not None:
        return row
    row = new_row(avatar_id, owner, datetime.now(UTC))
    try:
        with db.begin_nested():
            db.add(row)
    except IntegrityError:
        # PostgreSQL only: another process has just added it, and has ended its transaction.
        return db.get_one(Avatar, avatar_id, with_for_update=True)
    return row


def _joined(*conditions: ColumnElement[bool]) -> Select[Avatar, AvatarVersion]:
    own = and_(AvatarVersion.avatar_id == Avatar.id, AvatarVersion.version == Avatar.version)
    return select(Avatar, AvatarVersion).outerjoin(AvatarVersion, own).where(*conditions)


def _seen(by: str | None) -> ColumnElement[bool]:
    return Avatar.id.is_not(None) if by is None else Avatar.owner.in_((by, HOUSE))


def _ready_ids(db: Session, seen_by: str | None) -> Sequence[str]:
    ready = select(Avatar.id).where(Avatar.state == "ready", _seen(seen_by))
    return list(db.scalars(ready.order_by(Avatar.id)))


def _key(avatar_id: str, version: int, name: str) -> str:
    return f"avatars/{avatar_id}/v{version}/{name}"


def _sha256(content: bytes | Path) -> str:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _put(storage: Storage, key: str, content: bytes | Path) -> None:
    if isinstance(content, bytes):
        storage.put(key, content)
        return
    with content.open("rb") as file, storage.writer(key) as out:
        shutil.copyfileobj(file, out)


def _frozen(row: Avatar, kept: AvatarVersion | None) -> AvatarRow:
    files: dict[str, str] = {} if kept is None else dict(kept.files)
    version = 0 if kept is None else kept.version
    return AvatarRow(
        id=row.id, owner=row.owner, title_fa=row.title_fa, title_en=row.title_en, voice=row.voice,
        engine=row.engine, state=row.state, version=version,  # type: ignore[arg-type]
        picture_key=_key(row.id, version, PICTURE), points_key=_key(row.id, version, POINTS),
        preview_key=_key(row.id, version, PREVIEW), picture_sha256=files.get(PICTURE, ""),
        points_sha256=files.get(POINTS, ""), preview_sha256=files.get(PREVIEW, ""),
        source_sha256="" if kept is None else kept.source_sha256,
        created_at=row.created_at, updated_at=row.updated_at, retired_at=row.retired_at,
        kind="photo" if kept is None else kept.kind,  # type: ignore[arg-type]
        pinned=row.pinned, last_used_at=row.last_used_at, files=files,
        report=None if kept is None else kept.report, choices=None if kept is None else kept.choices,
    )  # fmt: skip
