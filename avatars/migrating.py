"""Face files of an older version are written anew, so that no build has to read them for ever.

A video's own face file comes into a new version of its avatar beside the files it has, as a
corrected face does: whoever speaks goes on with the version it was promised, and whoever is
killed on the way leaves the avatar as it was. A face file made of a photo is replaced where
it lies; it can be made again at any time.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from avatars.database import Avatar, AvatarVersion, Database
from avatars.errors import AvatarError, FaceFileBroken, ObjectMissing, StorageError
from avatars.face_stored import made_key
from avatars.facefile import FACE_FILE_VERSION, file_version, from_npz, to_npz
from avatars.registry import FACE, PICTURE, POINTS, PREVIEW, AvatarFiles, AvatarRow, Registry
from avatars.storage import Storage

Outcome = Literal["old", "renewed", "changed", "broken"]
"""To be renewed; renewed now; changed by somebody else meanwhile, so left alone; not to be helped here."""

_OWN: Final = (PICTURE, POINTS, PREVIEW)


@dataclass(frozen=True, slots=True)
class Found:
    """One avatar that is not of this build, and what came of it."""

    avatar: str
    version: int
    file: str
    outcome: Outcome
    file_version: int = 0
    """Of the face file; 0 where it could not be read."""
    before_bytes: int = 0
    after_bytes: int = 0
    reason: str = ""


class Migration:
    """Looks for old face files, and renews them."""

    def __init__(self, database: Database, registry: Registry, storage: Storage) -> None:
        self._database = database
        self._registry = registry
        self._storage = storage

    def run(
        self, avatars: Sequence[AvatarRow], *, apply: bool, tell: Callable[[int], None] = lambda _: None
    ) -> Iterator[Found]:
        """Yield what is old or broken among avatars' newest versions; renew it if told to.

        One that cannot be helped is told and holds no other up.
        """
        for number, avatar in enumerate(avatars, 1):
            try:
                yield from self._look(avatar, apply=apply)
            except (AvatarError, StorageError) as trouble:
                yield Found(avatar.id, avatar.version, FACE, "broken", reason=str(trouble))
            tell(number)

    def _look(self, avatar: AvatarRow, *, apply: bool) -> Iterator[Found]:
        missing = [name for name in avatar.files if not self._storage.exists(avatar.key(name))]
        if missing:
            reason = "not in storage; restore it from a backup, or register the avatar anew"
            yield Found(avatar.id, avatar.version, ", ".join(sorted(missing)), "broken", reason=reason)
            return
        own = FACE in avatar.files
        key = avatar.key(FACE) if own else made_key(avatar)
        try:
            data = self._storage.get(key)
        except ObjectMissing:
            return  # of a photo: made when it is first asked for
        if own and hashlib.sha256(data).hexdigest() != avatar.files[FACE]:
            raise FaceFileBroken(f"{key} is not the file that was registered")
        was = file_version(data)
        if was == FACE_FILE_VERSION:
            return
        new = to_npz(from_npz(data))
        outcome: Outcome = "old"
        if apply:
            outcome = self._renew(avatar, key, new, own=own)
        yield Found(avatar.id, avatar.version, key.rpartition("/")[2], outcome, was, len(data), len(new))

    def _renew(self, avatar: AvatarRow, key: str, face: bytes, *, own: bool) -> Outcome:
        if not own:
            self._storage.put(key, face)
            return "renewed"
        with self._database.transaction() as db:
            row = db.get(Avatar, avatar.id, with_for_update=True)
            if row is None or row.version != avatar.version:
                return "changed"
            kept = db.get_one(AvatarVersion, (avatar.id, avatar.version))
            self._registry.keep(db, row, self._files(avatar, kept, face))
        return "renewed"

    def _files(self, avatar: AvatarRow, kept: AvatarVersion, face: bytes) -> AvatarFiles:
        content = {name: self._storage.get(avatar.key(name)) for name in avatar.files}
        others = {name: data for name, data in content.items() if name not in _OWN}
        return AvatarFiles(
            picture=content[PICTURE], points=content.get(POINTS), preview=content[PREVIEW],
            source_sha256=kept.source_sha256, others={**others, FACE: face}, kind=avatar.kind,
            report=kept.report, choices=kept.choices,
        )  # fmt: skip
