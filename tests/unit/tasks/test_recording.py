"""An upload of sound becomes a recording or is refused; whatever happens, nothing is left lying."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import sound_files

from avatars.database import Database
from avatars.errors import StorageError
from avatars.facecache import CacheLimits, FaceCache
from avatars.recorded import Recorded
from avatars.recordings import NewRecording, RecordingRow, Recordings, prefix
from avatars.registrations import Registrations
from avatars.registry import Registry
from avatars.storage_folder import FolderStorage
from avatars.uploads import Uploads
from tasks.attempt import MOST_ATTEMPTS
from tasks.desk import Desk, Scratch
from tasks.recording import read_recording
from tasks.recording_watch import BELL_GAP, RecordingWatch

SOUND = sound_files.wav(sound_files.hum(3.0))


def _no_models() -> Mapping[str, Path]:
    raise AssertionError("a recording asks for no model")


class House:
    """A registrar's desk on a folder and a database."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.folder = folder
        self.storage = FolderStorage(folder / "storage")
        self.recordings = Recordings(database)
        self.uploads = Uploads(database, self.storage, limit_bytes=50_000_000)
        registry = Registry(database, self.storage)
        limits = CacheLimits(process_bytes=1_000_000, redis_bytes=0, idle_s=60.0)
        self.desk = Desk(
            registrations=Registrations(database, registry), registry=registry, recordings=self.recordings,
            uploads=self.uploads, storage=self.storage, faces=FaceCache(self.storage, limits=limits),
            scratch=Scratch(folder / "scratch", "registrar"), models=_no_models, holder="registrar:1",
        )  # fmt: skip

    def send(self, data: bytes = SOUND) -> RecordingRow:
        upload = self.uploads.begin("me", len(data))
        with self.uploads.part(upload) as part:
            part.write(data)
        return self.recordings.create(
            NewRecording(owner="me", title="t", upload_id=upload.id, fingerprint="f"), limit=9
        )

    def read(self, row: RecordingRow) -> RecordingRow:
        read_recording(row.id, self.desk)
        return self.now(row)

    def now(self, row: RecordingRow) -> RecordingRow:
        return self.recordings.get_owned(row.id, "me")

    def left(self) -> list[str]:
        scratch = [path.name for path in (self.folder / "scratch").glob("*")]
        return [*self.storage.keys("quarantine/"), *scratch]


@pytest.fixture
def house(sqlite_database: Database, tmp_path: Path) -> House:
    return House(sqlite_database, tmp_path)


def test_a_sound_file_becomes_a_recording_by_way_of_the_shut_in_child(house: House) -> None:
    row = house.read(house.send())
    assert (row.state, row.length_samples, row.attempts) == ("ready", 144_000, 1)
    assert row.report is not None
    assert (row.report["kind"], row.report["codec"], row.report["speaks"]) == ("WAV", "pcm_s16le", True)
    assert np.abs(Recorded(house.storage, row.id).sound(0, 48_000)).max() > 3_000
    assert house.left() == []


def test_what_cannot_be_spoken_is_refused_in_both_languages_and_leaves_nothing(house: House) -> None:
    row = house.read(house.send(sound_files.wav(np.zeros(96_000, np.float32))))
    assert row.state == "refused"
    assert row.report is not None
    assert row.report["code"] == "silent"
    assert "ساکت" in row.report["fa"]
    assert list(house.storage.keys("recordings/")) == []
    assert house.left() == []


def test_storage_that_is_away_puts_the_reading_off(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    row, put = house.send(), house.storage.put

    def full(key: str, data: bytes, *, durable: bool = True) -> None:
        raise StorageError("full")

    monkeypatch.setattr(house.storage, "put", full)
    assert (house.read(row).state, house.now(row).attempts) == ("queued", 0)
    monkeypatch.setattr(house.storage, "put", put)
    assert house.read(row).state == "ready"


def test_one_that_ends_its_registrars_is_given_up(house: House) -> None:
    row = house.send()
    for _ in range(MOST_ATTEMPTS):
        house.recordings.claim(row.id, "dead", datetime.now(UTC))
        house.recordings.release(row.id, "dead")
    refused = house.read(row)
    assert refused.report is not None
    assert (refused.state, refused.report["code"]) == ("refused", "gave_up")


def test_one_whose_upload_is_gone_is_refused(house: House) -> None:
    row = house.send()
    house.uploads.forget(row.upload_id or "")
    refused = house.read(row)
    assert refused.report is not None
    assert refused.report["code"] == "upload_gone"


def test_one_that_is_removed_while_it_is_read_leaves_no_files(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, complete = house.send(), house.recordings.complete

    def removed(*args: object) -> bool:
        house.recordings.remove(row.id, "me")
        return complete(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(Recordings, "complete", lambda _, *args: removed(*args))
    read_recording(row.id, house.desk)
    assert list(house.storage.keys("recordings/")) == []


class Bell:
    def __init__(self) -> None:
        self.rung: list[str] = []

    def ring_recording(self, recording_id: str) -> None:
        self.rung.append(recording_id)


def test_the_watch_rings_again_and_removes_what_nobody_speaks(house: House) -> None:
    bell, day = Bell(), timedelta(days=1)
    waiting, kept = house.send(), house.read(house.send())
    stray = prefix("f" * 32) + "sound-00000.flac"
    house.storage.put(stray, b"x")
    watch = RecordingWatch(house.recordings, house.storage, bell, retention=day, abandoned=30 * day)
    soon = datetime.now(UTC) + BELL_GAP * 2
    watch.look(soon.timestamp())
    watch.look(soon.timestamp() + 1)
    assert bell.rung == [waiting.id]
    assert not house.storage.exists(stray)
    assert house.storage.exists(prefix(kept.id) + "index.json")
    watch.look((soon + 2 * day).timestamp())
    assert house.now(kept).state == "expired"
    assert list(house.storage.keys("recordings/")) == []
    watch.look((soon + 60 * day).timestamp())
    assert house.now(waiting).state == "refused"
