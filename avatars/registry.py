"""Avatars by name: add, get, list, retire.

A row says what an avatar is called and how it speaks; its files lie in storage, one
folder per version, with their checksums in the row. Holds no picture and knows no
format: whoever registers hands in finished bytes. No numpy, so the front door may use it.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from avatars.database import Avatar, AvatarState, Database
from avatars.errors import BadAvatarId, UnknownAvatar
from avatars.storage import Storage

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)
_FILES: Final = {"picture": "picture.png", "points": "points.json", "preview": "preview.jpg"}


@dataclass(frozen=True, slots=True)
class Titles:
    """What people call an avatar."""

    fa: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AvatarFiles:
    """The finished files of an avatar."""

    picture: bytes
    """Canonical picture, PNG."""
    points: bytes
    """Face points in it, JSON as `lipsync.face.points` reads it."""
    preview: bytes
    """Small picture for lists, JPEG."""
    source_sha256: str = ""
    """SHA-256 (hex) of what they were made from, where making them again is worth saving."""


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
        if not _ID.fullmatch(avatar_id):
            raise BadAvatarId(avatar_id)
        with self._database.transaction() as db:
            row = _lock_or_insert(db, avatar_id, owner)
            row.owner, row.title_fa, row.title_en = owner, titles.fa, titles.en
            row.voice, row.engine = voice, engine
            # Files are written under the row's lock: two that register one name at the
            # same moment would else both write the same version's keys.
            self._keep(row, files)
            row.state, row.retired_at = "ready", None
            if db.is_modified(row):
                row.updated_at = datetime.now(UTC)
            db.flush()
            return _frozen(row, row.version)

    def get(self, avatar_id: str) -> AvatarRow:
        """Return an avatar that may be used.

        Raises:
            UnknownAvatar: there is none of this name, or it is not ready; lists those that are.
        """
        with self._database.reading() as db:
            row = db.get(Avatar, avatar_id)
            if row is None or row.state != "ready":
                raise UnknownAvatar(avatar_id, _ready_ids(db))
            return _frozen(row, row.version)

    def find(self, avatar_id: str) -> AvatarRow | None:
        """Return an avatar's newest version in whatever state, or None if there was none."""
        with self._database.reading() as db:
            row = db.get(Avatar, avatar_id)
            return None if row is None or not row.version else _frozen(row, row.version)

    def has_files(self, avatar: AvatarRow) -> bool:
        """Return whether all files of an avatar's version are in storage."""
        return all(self._storage.exists(_key(avatar.id, avatar.version, name)) for name in _FILES)

    def get_version(self, avatar_id: str, version: int) -> AvatarRow:
        """Return an avatar as an utterance was promised it, even if retired or changed since.

        Raises:
            UnknownAvatar: it never had this version.
        """
        with self._database.reading() as db:
            row = db.get(Avatar, avatar_id)
            if row is None or _version_name(version) not in row.checksums:
                raise UnknownAvatar(f"{avatar_id} version {version}", _ready_ids(db))
            return _frozen(row, version)

    def list(self) -> Sequence[AvatarRow]:
        """Return the avatars that may be used, oldest first."""
        query = select(Avatar).where(Avatar.state == "ready").order_by(Avatar.created_at, Avatar.id)
        with self._database.reading() as db:
            return [_frozen(row, row.version) for row in db.scalars(query)]

    def retire(self, avatar_id: str) -> bool:
        """Let no new work use an avatar; work under way goes on. False if it was retired already.

        Raises:
            UnknownAvatar: there is none of this name.
        """
        with self._database.transaction() as db:
            row = db.get(Avatar, avatar_id, with_for_update=True)
            if row is None:
                raise UnknownAvatar(avatar_id, _ready_ids(db))
            if row.state == "retired":
                return False
            row.state = "retired"
            row.retired_at = row.updated_at = datetime.now(UTC)
            return True

    def _keep(self, row: Avatar, files: AvatarFiles) -> None:
        contents = {name: getattr(files, name) for name in _FILES}
        checksums = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
        kept = row.checksums.get(_version_name(row.version))
        if kept is None or any(kept[name] != checksums[name] for name in ("picture", "points")):
            row.version += 1
            # What may lie under the new keys is from somebody who died before committing.
            kept = None
        for name, data in contents.items():
            key = _key(row.id, row.version, name)
            if kept is None or kept[name] != checksums[name] or not self._storage.exists(key):
                self._storage.put(key, data)
        checksums["source"] = files.source_sha256
        # A new dictionary: a change inside the old one would go unnoticed.
        row.checksums = {**row.checksums, _version_name(row.version): checksums}
        row.picture_key = _key(row.id, row.version, "picture")
        row.points_key = _key(row.id, row.version, "points")
        row.preview_key = _key(row.id, row.version, "preview")


def _lock_or_insert(db: Session, avatar_id: str, owner: str) -> Avatar:
    row = db.get(Avatar, avatar_id, with_for_update=True)
    if row is not None:
        return row
    now = datetime.now(UTC)
    row = Avatar(
        id=avatar_id, owner=owner, title_fa="", title_en="", voice="", engine="", state="pending",
        version=0, checksums={}, created_at=now, updated_at=now,
    )  # fmt: skip
    try:
        with db.begin_nested():
            db.add(row)
    except IntegrityError:
        # PostgreSQL only: another process has just added it, and has ended its transaction.
        return db.get_one(Avatar, avatar_id, with_for_update=True)
    return row


def _ready_ids(db: Session) -> Sequence[str]:
    return list(db.scalars(select(Avatar.id).where(Avatar.state == "ready").order_by(Avatar.id)))


def _version_name(version: int) -> str:
    return f"v{version}"


def _key(avatar_id: str, version: int, name: str) -> str:
    return f"avatars/{avatar_id}/{_version_name(version)}/{_FILES[name]}"


def _frozen(row: Avatar, version: int) -> AvatarRow:
    checksums: dict[str, Any] = row.checksums[_version_name(version)]
    return AvatarRow(
        id=row.id, owner=row.owner, title_fa=row.title_fa, title_en=row.title_en, voice=row.voice,
        engine=row.engine, state=row.state, version=version,  # type: ignore[arg-type]
        picture_key=_key(row.id, version, "picture"), points_key=_key(row.id, version, "points"),
        preview_key=_key(row.id, version, "preview"), picture_sha256=checksums["picture"],
        points_sha256=checksums["points"], preview_sha256=checksums["preview"],
        source_sha256=checksums["source"],
        created_at=row.created_at, updated_at=row.updated_at, retired_at=row.retired_at,
    )  # fmt: skip
