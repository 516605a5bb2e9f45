"""Faces in storage: what everything can be made from, and a face file that saves the making.

The picture and the points of a version are its source; a face file made from them lies
beside them, named for what it was made of. A video's face file is source itself.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

import cv2
import numpy as np
import structlog

from avatars.errors import FaceFileBroken, ObjectMissing, StorageError
from avatars.face_levels import FaceName, LevelState, Note, face_name
from avatars.facefile import check_track, from_npz, read_points, to_npz
from avatars.registry import FACE, AvatarRow
from avatars.storage import Storage
from lipsync.face.track import FaceTrack

_MADE: Final = "face-"
_SUFFIX: Final = ".npz"

log = structlog.get_logger(__name__)


def name_of(avatar: AvatarRow) -> FaceName:
    """Return which face a row stands for."""
    sums = (avatar.picture_sha256, avatar.points_sha256, avatar.files.get(FACE, ""))
    return face_name(avatar, hashlib.sha256(" ".join(sums).encode()).hexdigest())


def made_key(avatar: AvatarRow) -> str:
    """Return where the face file that was made of a version's picture and points lies."""
    return avatar.key(f"{_MADE}{name_of(avatar).source[:32]}{_SUFFIX}")


def load_face(storage: Storage, avatar: AvatarRow) -> FaceTrack:
    """Return a registered avatar's face, checked against its row.

    A video's is its face file, a photo's is made of its picture and points.

    Raises:
        ObjectMissing: a file is not in storage.
        FaceFileBroken: a file is not what the row says, or cannot be read.
    """
    if FACE in avatar.files:
        return from_npz(_checked(storage, avatar.key(FACE), avatar.files[FACE]))
    picture_png = _checked(storage, avatar.picture_key, avatar.picture_sha256)
    points_json = _checked(storage, avatar.points_key, avatar.points_sha256)
    picture = cv2.imdecode(np.frombuffer(picture_png, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise FaceFileBroken(f"{avatar.picture_key} is not a picture")
    track = FaceTrack((picture.astype(np.uint8, copy=False),), (read_points(points_json),))
    check_track(track)
    return track


def _checked(storage: Storage, key: str, sha256: str) -> bytes:
    data = storage.get(key)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise FaceFileBroken(f"{key} is not the file that was registered")
    return data


class StoredFaces:
    """The last level."""

    def __init__(self, storage: Storage, note: Note) -> None:
        self._storage = storage
        self._note = note

    def get(self, avatar: AvatarRow) -> FaceTrack | None:
        """Return a face that needs no making, or None; a poisoned file is removed.

        Raises:
            FaceFileBroken: a video's face file is not what was registered.
            ObjectMissing: a video's face file is not in storage.
        """
        if FACE in avatar.files:
            track = load_face(self._storage, avatar)
            self._note("storage", "hits", 1)
            return track
        key = made_key(avatar)
        try:
            track = from_npz(self._storage.get(key))
        except ObjectMissing:
            self._note("storage", "misses", 1)
            return None
        except FaceFileBroken as error:
            log.warning("face_file_poisoned", key=key, error=str(error))
            self._note("storage", "poisoned", 1)
            self._note("storage", "misses", 1)
            self._storage.delete(key)
            return None
        self._note("storage", "hits", 1)
        return track

    def peek(self, avatar: AvatarRow) -> FaceTrack | None:
        """Return a face whose file is there and whole, without counting anything. Raises StorageError."""
        try:
            return from_npz(self._storage.get(made_key(avatar)))
        except (ObjectMissing, FaceFileBroken):
            return None

    def build(self, avatar: AvatarRow) -> FaceTrack:
        """Make a face from its picture and points, and keep its file.

        Raises:
            ObjectMissing: picture or points are not in storage.
            FaceFileBroken: they are not what was registered, or cannot be read.
        """
        track = load_face(self._storage, avatar)
        self.put(avatar, track)
        return track

    def put(self, avatar: AvatarRow, track: FaceTrack) -> None:
        """Keep the face file of a version; where storage refuses, it is made again next time."""
        if FACE in avatar.files:
            return
        try:
            # It can be made again at any time, and a stream may wait for it: not flushed.
            self._storage.put(made_key(avatar), to_npz(track), durable=False)
        except StorageError as error:
            self._note("storage", "troubles", 1)
            log.warning("face_file_not_kept", avatar=avatar.id, error=str(error))

    def state(self) -> LevelState:
        """Return how many face files there are; walks the avatars' folders. Raises StorageError."""
        sizes = [self._storage.size_bytes(key) for key in self.made_keys()]
        return LevelState(len(sizes), sum(sizes), None, None)

    def made_keys(self) -> Iterator[str]:
        """Yield the keys of all face files that were made of a picture. Raises StorageError."""
        for key in self._storage.keys("avatars/"):
            file = key.rpartition("/")[2]
            if file.startswith(_MADE) and file.endswith(_SUFFIX):
                yield key

    def strays(self, versions: Sequence[AvatarRow]) -> Sequence[str]:
        """Return the face files that belong to none of the versions. Raises StorageError."""
        wanted = {made_key(avatar) for avatar in versions}
        return [key for key in self.made_keys() if key not in wanted]

    def remove(self, key: str) -> None:
        """Remove a face file. Raises StorageError."""
        self._storage.delete(key)
