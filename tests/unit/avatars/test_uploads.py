"""Bytes come in parts, are whole or not there, and go when nobody waits for them."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from avatars.database import Database, Upload
from avatars.errors import TooManyPending, UnknownUpload, UploadAhead, UploadTooLong, UploadUnfinished
from avatars.registrations import NewAvatar, NewConsent, NewRegistration, Registrations
from avatars.registry import Registry, Titles
from avatars.storage_memory import MemoryStorage
from avatars.uploads import KEPT, MOST_OPEN, QUARANTINE, UploadRow, Uploads


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


@pytest.fixture
def uploads(database: Database, storage: MemoryStorage) -> Uploads:
    return Uploads(database, storage, limit_bytes=100)


def _send(uploads: Uploads, upload: UploadRow, data: bytes) -> UploadRow:
    with uploads.part(upload) as part:
        part.write(data)
    return uploads.get(upload.id)


def _in_quarantine(storage: MemoryStorage) -> list[str]:
    return list(storage.keys(f"{QUARANTINE}/"))


def test_parts_become_the_file_in_their_order(uploads: Uploads, tmp_path: Path) -> None:
    upload = uploads.begin("me", 10)
    upload = _send(uploads, upload, b"0123")
    assert (upload.offset_bytes, upload.whole) == (4, False)
    upload = _send(uploads, upload, b"456789")
    assert upload.whole
    uploads.fetch(upload.id, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"0123456789"


def test_an_upload_that_is_not_whole_is_not_fetched(uploads: Uploads, tmp_path: Path) -> None:
    upload = _send(uploads, uploads.begin("me", 10), b"0123")
    with pytest.raises(UploadUnfinished):
        uploads.fetch(upload.id, tmp_path / "file")
    assert uploads.seal(upload.id).whole


def test_a_part_that_breaks_off_leaves_the_upload_as_it_was(
    uploads: Uploads, storage: MemoryStorage
) -> None:
    upload = uploads.begin("me", 10)

    def break_off() -> None:
        with uploads.part(upload) as part:
            part.write(b"012")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert uploads.get(upload.id) == upload
    assert _in_quarantine(storage) == []


@pytest.mark.parametrize("promised", [10, 101])
def test_more_than_was_promised_or_is_allowed_is_refused(
    uploads: Uploads, storage: MemoryStorage, promised: int
) -> None:
    with pytest.raises(UploadTooLong):
        _send(uploads, uploads.begin("me", promised), b"0" * 11)
    assert _in_quarantine(storage) == []


def test_of_two_that_send_the_same_part_one_is_taken(uploads: Uploads, storage: MemoryStorage) -> None:
    upload = uploads.begin("me", 20)
    _send(uploads, upload, b"first")
    with pytest.raises(UploadAhead) as caught:
        _send(uploads, upload, b"second")
    assert caught.value.position == 5
    assert [storage.get(key) for key in _in_quarantine(storage)] == [b"first"]


def test_many_that_send_at_once_leave_one_part(uploads: Uploads, storage: MemoryStorage) -> None:
    upload = uploads.begin("me", 20)
    outcomes: list[str] = []

    def send(data: bytes) -> None:
        try:
            _send(uploads, upload, data)
            outcomes.append(data.decode())
        except UploadAhead:
            outcomes.append("late")

    threads = [threading.Thread(target=send, args=(bytes([97 + n]) * 4,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("late") == 3
    (kept,) = [storage.get(key).decode() for key in _in_quarantine(storage)]
    assert kept in outcomes


def test_another_owner_does_not_see_it(uploads: Uploads) -> None:
    upload = uploads.begin("me", 10)
    with pytest.raises(UnknownUpload):
        uploads.get(upload.id, "another")
    assert uploads.get(upload.id, "me") == upload


def test_one_owner_has_so_many_on_the_way_and_no_more(uploads: Uploads) -> None:
    for _ in range(MOST_OPEN):
        uploads.begin("me", 10)
    with pytest.raises(TooManyPending):
        uploads.begin("me", 10)
    uploads.begin("another", 10)


def test_a_forgotten_upload_leaves_nothing(
    uploads: Uploads, storage: MemoryStorage, database: Database
) -> None:
    upload = _send(uploads, uploads.begin("me", 10), b"0123")
    uploads.forget(upload.id)
    uploads.forget(upload.id)
    assert _in_quarantine(storage) == []
    with database.reading() as db:
        assert db.get(Upload, upload.id) is None


def test_a_sweep_leaves_what_is_waited_for(
    uploads: Uploads, storage: MemoryStorage, database: Database
) -> None:
    registry = Registry(database, storage)
    registrations = Registrations(database, registry)
    waited, ended, lying = (
        uploads.seal(_send(uploads, uploads.begin("me", 10), b"x").id) for _ in range(3)
    )
    about = NewAvatar(
        titles=Titles("س", "S"), voice="fa",
        consent=NewConsent(who="w", statement="s", evidence_sha256=None, recorded_by="me"),
    )  # fmt: skip
    for name, upload in (("waited", waited), ("ended", ended)):
        new = NewRegistration(
            avatar_id=name, owner="me", work="intake", fingerprint="f", upload_id=upload.id
        )
        registrations.create(new, about, limit=9)
    registrations.cancel("ended")
    storage.put(f"{QUARANTINE}/{'0' * 32}/00000-left", b"whose row is gone")
    now = datetime.now(UTC)
    assert uploads.sweep(now) == 2
    assert {key.split("/")[1] for key in _in_quarantine(storage)} == {waited.id, lying.id}
    assert uploads.sweep(now + KEPT + timedelta(seconds=1)) == 1
    assert uploads.get(waited.id).whole
