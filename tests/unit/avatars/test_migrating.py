"""Face files of an older version are shown, written anew when told to, and never lost on the way."""

import io
import zipfile
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
import pytest
from faces import face, same

from avatars.database import Database
from avatars.errors import StorageError
from avatars.face_stored import load_face, made_key
from avatars.facefile import FACE_FILE_VERSION, file_version, from_npz, to_npz
from avatars.migrating import Migration
from avatars.registry import FACE, POINTS, AvatarFiles, AvatarRow, Registry, Titles
from avatars.storage_folder import FolderStorage
from lipsync.face.track import FaceTrack


def first_version(track: FaceTrack) -> bytes:
    """Return a face file as the first version wrote it."""
    with np.load(io.BytesIO(to_npz(track)), allow_pickle=False) as newest:
        arrays = {name: newest[name] for name in newest.files if name != "order"}
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **{**arrays, "version": np.array(1, np.int64)})
    with zipfile.ZipFile(file, "a") as archive:
        archive.comment = bytes(64)
    content = file.getvalue()[:-64]
    return content + sha256(content).hexdigest().encode()


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    return FolderStorage(tmp_path / "storage")


@pytest.fixture
def registry(database: Database, storage: FolderStorage) -> Registry:
    return Registry(database, storage)


def add(registry: Registry, name: str, track: FaceTrack, *, film: bytes | None) -> AvatarRow:
    picture = cv2.imencode(".png", track.pictures[0])[1].tobytes()
    files = AvatarFiles(
        picture=picture, points=b'{"points": 1}', preview=b"preview", source_sha256="5" * 64,
        others={} if film is None else {FACE: film, "idle.mp4": b"film"},
        kind="photo" if film is None else "video", report={"verdict": "good"},
    )  # fmt: skip
    return registry.register(name, titles=Titles(fa="س", en="S"), voice="fa", files=files, owner="ali")


def test_a_video_of_the_first_version_is_shown_and_left_as_it_is(database, registry, storage) -> None:
    row = add(registry, "old", face(1, 3), film=first_version(face(1, 3)))
    add(registry, "new", face(2, 3), film=to_npz(face(2, 3)))
    (found,) = Migration(database, registry, storage).run(registry.list(), apply=False)
    assert (found.avatar, found.file, found.file_version, found.outcome) == ("old", FACE, 1, "old")
    assert found.before_bytes == storage.size_bytes(row.key(FACE))
    assert found.after_bytes > 0
    assert registry.get("old") == row


def test_it_becomes_a_new_version_beside_the_old_one_and_nothing_is_left_to_do(
    database, registry, storage
) -> None:
    row = add(registry, "old", face(1, 3), film=first_version(face(1, 3)))
    migration = Migration(database, registry, storage)
    (found,) = migration.run(registry.list(), apply=True)
    assert found.outcome == "renewed"
    now = registry.get("old")
    assert now.version == row.version + 1
    assert file_version(storage.get(now.key(FACE))) == FACE_FILE_VERSION
    assert same(load_face(storage, now), face(1, 3))
    assert same(load_face(storage, registry.get_version("old", row.version)), face(1, 3))
    assert storage.get(now.key(POINTS)) == b'{"points": 1}'
    assert storage.get(now.key("idle.mp4")) == b"film"
    assert (now.kind, now.report, now.source_sha256) == ("video", {"verdict": "good"}, "5" * 64)
    assert list(migration.run(registry.list(), apply=True)) == []


def test_a_face_file_made_of_a_photo_is_replaced_where_it_lies(database, registry, storage) -> None:
    row = add(registry, "photo", face(1), film=None)
    storage.put(made_key(row), first_version(face(1)))
    (found,) = Migration(database, registry, storage).run(registry.list(), apply=True)
    assert (found.file, found.outcome) == (made_key(row).rpartition("/")[2], "renewed")
    assert file_version(storage.get(made_key(row))) == FACE_FILE_VERSION
    assert same(from_npz(storage.get(made_key(row))), face(1))
    assert registry.get("photo").version == row.version


def test_what_is_broken_is_told_and_holds_up_nobody(database, registry, storage) -> None:
    for name in ("bent", "gone", "old"):
        add(registry, name, face(1, 3), film=first_version(face(1, 3)))
    storage.put(registry.get("bent").key(FACE), b"something else")
    storage.delete(registry.get("gone").key("idle.mp4"))
    found = {
        one.avatar: one for one in Migration(database, registry, storage).run(registry.list(), apply=True)
    }
    assert {name: one.outcome for name, one in found.items()} == {
        "bent": "broken", "gone": "broken", "old": "renewed",
    }  # fmt: skip
    assert "not the file that was registered" in found["bent"].reason
    assert found["gone"].file == "idle.mp4"


class Failing(FolderStorage):
    """A storage that takes so many files and no more."""

    left = 0

    def put(self, key: str, data: bytes, *, durable: bool = True) -> None:
        if not self.left:
            raise StorageError(f"no room for {key}")
        self.left -= 1
        super().put(key, data, durable=durable)


@pytest.mark.parametrize("puts", range(5))
def test_wherever_it_stops_the_avatar_is_as_it_was_and_the_next_run_goes_on(
    database, registry, storage, tmp_path, puts: int
) -> None:
    row = add(registry, "old", face(1, 3), film=first_version(face(1, 3)))
    failing = Failing(tmp_path / "storage")
    failing.left = puts
    stopped = Migration(database, Registry(database, failing), failing)
    (found,) = stopped.run(registry.list(), apply=True)
    assert found.outcome == "broken"
    assert "no room" in found.reason
    assert registry.get("old") == row
    assert same(load_face(storage, row), face(1, 3))
    (found,) = Migration(database, registry, storage).run(registry.list(), apply=True)
    assert found.outcome == "renewed"
    assert same(load_face(storage, registry.get("old")), face(1, 3))


def test_who_changed_an_avatar_meanwhile_is_left_alone(database, registry, storage) -> None:
    seen = [add(registry, "old", face(1, 3), film=first_version(face(1, 3)))]
    add(registry, "old", face(2, 3), film=first_version(face(2, 3)))
    (found,) = Migration(database, registry, storage).run(seen, apply=True)
    assert found.outcome == "changed"
    assert same(load_face(storage, registry.get("old")), face(2, 3))
