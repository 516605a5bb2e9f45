"""An upload becomes an avatar or is refused; whatever happens on the way, nothing is left lying."""

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import intake_files
import pytest
from bells import Bells
from sqlalchemy import update

from avatars.batches import Batches, NewBatch, NewItem
from avatars.database import Database, Registration
from avatars.errors import StorageError
from avatars.facecache import CacheLimits, FaceCache
from avatars.recordings import Recordings
from avatars.registrations import (
    LEASE,
    NewAvatar,
    NewConsent,
    NewRegistration,
    RegistrationRow,
    Registrations,
)
from avatars.registry import AvatarFiles, AvatarRow, Registry, Titles
from avatars.seeding import SAMPLES_DIR
from avatars.storage_folder import FolderStorage
from avatars.uploads import QUARANTINE, UploadRow, Uploads
from tasks import refusals
from tasks.attempt import MOST_ATTEMPTS
from tasks.desk import Desk, DeskClosed, Scratch, current_desk
from tasks.registration import perform
from tasks.registration_watch import BELL_GAP, RegistrationWatch
from workers.assets import AssetsMissing

ABOUT = NewAvatar(
    titles=Titles("س", "S"), voice="fa",
    consent=NewConsent(who="w", statement="s", evidence_sha256=None, recorded_by="me"),
)  # fmt: skip
LIMITS = CacheLimits(process_bytes=50_000_000, redis_bytes=0, idle_s=60.0)


def _no_models() -> Mapping[str, Path]:
    raise AssetsMissing(Path("assets"), [])


class House:
    """A registrar's desk on a folder and a database, and a front door's way to it."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.folder = folder
        self.storage = FolderStorage(folder / "storage")
        self.registry = Registry(database, self.storage)
        self.registrations = Registrations(database, self.registry)
        self.recordings = Recordings(database)
        self.uploads = Uploads(database, self.storage, limit_bytes=50_000_000)
        self.faces = FaceCache(self.storage, limits=LIMITS)
        self.scratch = Scratch(folder / "scratch", "registrar")
        self.desk = self.desk_of("registrar:1")
        self.database = database

    def desk_of(self, holder: str) -> Desk:
        return Desk(
            registrations=self.registrations, registry=self.registry, recordings=self.recordings,
            uploads=self.uploads,
            storage=self.storage, faces=self.faces, scratch=self.scratch, models=_no_models,
            holder=holder,
        )  # fmt: skip

    def upload(self, data: bytes) -> UploadRow:
        upload = self.uploads.begin("me", len(data))
        with self.uploads.part(upload) as part:
            part.write(data)
        return upload

    def send(self, data: bytes, avatar_id: str = "mine") -> RegistrationRow:
        return self._create(
            NewRegistration(
                avatar_id=avatar_id, owner="me", work="intake", fingerprint="f",
                upload_id=self.upload(data).id,
            ),
            ABOUT,
        )  # fmt: skip

    def change(self, **what: Any) -> RegistrationRow:
        new = NewRegistration(avatar_id="mine", owner="me", fingerprint="f", **what)
        return self._create(new, None)

    def _create(self, new: NewRegistration, about: NewAvatar | None) -> RegistrationRow:
        return self.registrations.create(new, about, limit=9)

    def end(self, row: RegistrationRow) -> RegistrationRow:
        perform(row.id, self.desk)
        return self.now(row)

    def now(self, row: RegistrationRow) -> RegistrationRow:
        found = self.registrations.get(row.id)
        assert found is not None
        return found

    def avatar(self) -> AvatarRow:
        found = self.registry.find("mine")
        assert found is not None
        return found

    def left(self) -> list[Path]:
        """What lies in quarantine or in the folders of jobs."""
        places = (self.folder / "storage" / QUARANTINE, self.folder / "scratch")
        return [path for place in places for path in place.rglob("*") if path.is_file()]


@pytest.fixture
def house(sqlite_database: Database, tmp_path: Path) -> House:
    return House(sqlite_database, tmp_path)


@pytest.fixture(scope="module")
def photo() -> bytes:
    return (SAMPLES_DIR / "kian.jpg").read_bytes()


@pytest.fixture(scope="module")
def points() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((SAMPLES_DIR / "kian.points.json").read_text("utf-8"))
    return document


def test_without_models_the_picture_is_kept_and_points_by_hand_make_it_ready(
    house: House, photo: bytes, points: dict[str, Any]
) -> None:
    refused = house.end(house.send(photo))
    assert (refused.state, refused.refusal_code) == ("refused", refusals.NO_MODELS.code)
    assert (house.avatar().state, house.avatar().version) == ("refused", 1)
    assert house.left() == []
    done = house.end(house.change(work="points", points=points))
    assert (done.state, done.version) == ("ready", 2)
    avatar = house.registry.get("mine")
    assert {"picture.png", "points.json", "preview.jpg", "visemes.jpg", "idle.mp4"} <= set(avatar.files)
    assert house.registry.has_files(avatar)
    kept = json.loads(house.storage.get(avatar.points_key))
    assert kept["contours"] == points["contours"]
    made = house.faces.stored.peek(avatar)
    assert made is not None, "the first worker that wants it would have to make it"
    assert made.pictures[0].shape[:2] == (made.points[0].height_px, made.points[0].width_px)


def test_points_that_are_none_are_refused_and_the_avatar_stays(
    house: House, photo: bytes, points: dict[str, Any]
) -> None:
    house.end(house.send(photo))
    house.end(house.change(work="points", points=points))
    refused = house.end(house.change(work="points", points={"version": 1}))
    assert (refused.state, refused.refusal_code) == ("refused", "points_unusable")
    assert refused.refusal_fa
    assert (house.avatar().state, house.avatar().version) == ("ready", 2)


def test_one_of_several_faces_is_chosen(house: House, photo: bytes, points: dict[str, Any]) -> None:
    first = house.send(photo)
    row = house.registrations.claim(first.id, "registrar:0", datetime.now(UTC))
    assert row is not None
    encoded = json.dumps(points).encode()
    picture = _png_of(photo)
    other = _png_of(photo, mirrored=True)
    files = AvatarFiles(
        picture=picture, points=encoded, preview=b"jpeg",
        others={"face-0.png": picture, "face-0.json": encoded, "face-1.png": other, "face-1.json": encoded},
        choices={"face": 0, "faces": [{"face": 0}, {"face": 1}]},
    )  # fmt: skip
    assert house.registrations.complete(row.id, "registrar:0", files)
    done = house.end(house.change(work="choose", face=1))
    assert (done.state, done.version) == ("ready", 2)
    avatar = house.registry.get("mine")
    assert house.storage.get(avatar.picture_key) == other
    assert avatar.choices == {"face": 1, "faces": [{"face": 0}, {"face": 1}]}
    assert "face-0.png" in avatar.files
    none = house.end(house.change(work="choose", face=5))
    assert none.refusal_code == "no_such_face"


def _png_of(photo: bytes, *, mirrored: bool = False) -> bytes:
    import cv2
    import numpy as np

    picture = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR)
    return cv2.imencode(".png", cv2.flip(picture, 1) if mirrored else picture)[1].tobytes()


@pytest.mark.parametrize("data", [b"not a picture", intake_files.archive(), b"\xff\xd8\xff\xe0 cut off"])
def test_what_is_no_picture_is_refused_in_both_languages(house: House, data: bytes) -> None:
    refused = house.end(house.send(data))
    assert refused.state == "refused"
    assert refused.refusal_code
    assert refused.refusal_en
    assert refused.refusal_fa
    assert (house.avatar().state, house.avatar().version) == ("refused", 0)
    assert house.left() == []


def test_an_upload_that_is_gone_is_refused(house: House, photo: bytes) -> None:
    row = house.send(photo)
    assert row.upload_id is not None
    house.uploads.forget(row.upload_id)
    assert house.end(row).refusal_code == refusals.UPLOAD_GONE.code


def test_ringing_twice_does_it_once(house: House, photo: bytes) -> None:
    row = house.send(photo)
    first = house.end(row)
    assert house.end(row) == first
    assert house.avatar().version == 1


def test_one_that_somebody_else_is_at_is_left_alone(house: House, photo: bytes) -> None:
    row = house.send(photo)
    assert house.registrations.claim(row.id, "another:1", datetime.now(UTC)) is not None
    assert house.end(row).state == "pending"


def test_an_upload_that_has_ended_three_registrars_is_given_to_no_other(house: House, photo: bytes) -> None:
    row = house.send(photo)
    with house.database.transaction() as db:
        db.execute(update(Registration).values(attempts=MOST_ATTEMPTS))
    assert house.end(row).refusal_code == refusals.GAVE_UP.code
    assert house.left() == []


def test_while_storage_is_away_it_waits_and_nothing_is_counted(
    house: House, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = house.send(photo)

    def away(_upload: str, _target: Path) -> None:
        raise StorageError("away")

    with monkeypatch.context() as patch:
        patch.setattr(house.uploads, "fetch", away)
        put_off = house.end(row)
    assert (put_off.state, put_off.attempts) == ("pending", 0)
    assert house.end(row).finished


def test_one_that_is_retired_meanwhile_is_called_off(
    house: House, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = house.send(photo)
    fetch = house.uploads.fetch

    def fetch_and_retire(upload: str, target: Path) -> None:
        fetch(upload, target)
        house.registry.retire("mine")
        house.registrations.cancel("mine")

    monkeypatch.setattr(house.uploads, "fetch", fetch_and_retire)
    assert house.end(row).refusal_code == "retired"
    assert (house.avatar().state, house.avatar().version) == ("retired", 0)
    assert house.left() == []


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
sys.path[:0] = sys.argv[3].split(":")
from avatars.database import open_database
from avatars.registrations import Registrations
from avatars.storage_folder import FolderStorage
from test_registration import House
from tasks import registration

house = House(open_database(sys.argv[1]), Path(sys.argv[2]))
at = sys.argv[4]
note = house.registrations.note

def die_at(registration_id, holder, now, *, step=None, percent=0):
    if step == at:
        os.kill(os.getpid(), signal.SIGKILL)
    return note(registration_id, holder, now, step=step, percent=percent)

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

house.registrations.note = die_at
if at == "files":
    FolderStorage.writer = lambda self, key: die()
if at == "forget":
    house.uploads.forget = die
registration.perform(sys.argv[5], house.desk)
"""


@pytest.mark.parametrize("at", ["fetch", "decode", "draw", "keep", "files", "forget"])
def test_a_registrar_killed_at_any_step_leaves_it_to_the_next(
    house: House, photo: bytes, at: str, tmp_path: Path
) -> None:
    row = house.send(photo)
    here = ":".join(path for path in sys.path if path)
    url = house.database.engine.url.render_as_string()
    done = subprocess.run([sys.executable, "-c", KILLED, url, str(tmp_path), here, at, row.id], check=False)
    assert done.returncode == -signal.SIGKILL
    bells = Bells()
    watch = RegistrationWatch(house.registrations, house.uploads, bells)
    later = datetime.now(UTC) + max(LEASE, BELL_GAP) + timedelta(seconds=1)
    watch.look(later.timestamp())
    assert bells.rung == ([] if at == "forget" else [row.id])
    house.registrations.release_all("registrar:")
    house.scratch.clear()
    assert house.end(row).finished
    assert house.avatar().version == 1
    watch.look(later.timestamp() + 3600)
    assert house.left() == []
    assert house.registry.has_files(house.avatar())


def test_folders_of_other_registrars_are_left_while_they_are_new(tmp_path: Path) -> None:
    own, other = Scratch(tmp_path, "registrar"), Scratch(tmp_path, "registrar-2")
    with other.folder() as theirs, own.folder() as mine:
        assert own.clear() == 1
        assert not mine.exists()
        assert theirs.exists()
        mine.mkdir()


def test_a_process_that_is_no_registrar_has_no_desk() -> None:
    with pytest.raises(DeskClosed):
        current_desk()


def test_files_of_a_batch_are_rung_for_again_once_no_ring_of_one_waits(house: House, photo: bytes) -> None:
    alone = house.send(photo)
    items = [
        NewItem(
            NewRegistration(
                avatar_id=f"face-{place}", owner="me", work="intake", fingerprint="f",
                upload_id=house.upload(photo).id, batch_id="b" * 32, place=place,
            ),
            ABOUT,
        )
        for place in range(2)
    ]  # fmt: skip
    batches = Batches(house.database, house.registrations)
    batches.create(NewBatch(id="b" * 32, owner="me", fingerprint="f", items=items))
    bells = Bells(waiting=1)
    watch = RegistrationWatch(house.registrations, house.uploads, bells)
    later_s = datetime.now(UTC).timestamp() + BELL_GAP.total_seconds() + 1
    watch.look(later_s)
    assert (bells.rung, bells.batches) == ([alone.id], [])
    bells.waiting = 0
    watch.look(later_s + 1)
    assert bells.batches == []
    watch.look(later_s + BELL_GAP.total_seconds())
    watch.look(later_s + BELL_GAP.total_seconds() + 1)
    assert bells.batches == [[item.registration.id for item in items]]
