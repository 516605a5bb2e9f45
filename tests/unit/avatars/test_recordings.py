"""Rows of recordings: one reader at a time, owners apart, and kept for as long as they are spoken."""

from datetime import UTC, datetime, timedelta

import pytest

from avatars.database import Avatar, Database
from avatars.errors import (
    RecordingBusy,
    RecordingNotReady,
    TooManyPending,
    UnknownRecording,
    UnknownUpload,
)
from avatars.recordings import Heard, NewRecording, RecordingRow, Recordings
from avatars.registrations import LEASE, Refusal
from avatars.storage_memory import MemoryStorage
from avatars.uploads import KEPT, Uploads
from tasks.utterances import NewUtterance, Utterances

HEARD = Heard(length_samples=48_000, loudness_lufs=None, report={"kind": "WAV", "speaks": True})
WHY = Refusal(code="silent", en="Nothing.", fa="هیچ.")


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def recordings(sqlite_database: Database) -> Recordings:
    return Recordings(sqlite_database)


def asked(recordings: Recordings, upload: str = "u", **changed: str) -> RecordingRow:
    new = {"owner": "me", "title": "t", "upload_id": upload, "fingerprint": "f", **changed}
    return recordings.create(NewRecording(**new), limit=9)


def ready(recordings: Recordings, upload: str = "u") -> RecordingRow:
    row = asked(recordings, upload)
    assert recordings.claim(row.id, "r", now())
    assert recordings.complete(row.id, "r", HEARD)
    return recordings.get_owned(row.id, "me")


def test_one_reader_holds_a_recording_until_its_lease_runs_out(recordings: Recordings) -> None:
    row = asked(recordings)
    first = recordings.claim(row.id, "a", now())
    assert first is not None
    assert (first.state, first.attempts) == ("reading", 1)
    assert recordings.claim(row.id, "b", now()) is None
    second = recordings.claim(row.id, "b", now() + LEASE * 2)
    assert second is not None
    assert second.attempts == 2
    # The first was thought dead: it writes nothing any more.
    assert not recordings.note(row.id, "a", now(), step="measure", percent=5)
    assert not recordings.complete(row.id, "a", HEARD)
    assert not recordings.refuse(row.id, "a", WHY)
    assert recordings.note(row.id, "b", now(), step="measure", percent=5)
    assert recordings.complete(row.id, "b", HEARD)
    done = recordings.get_owned(row.id, "me")
    assert (done.state, done.step, done.percent, done.length_samples) == ("ready", "done", 100, 48_000)
    assert recordings.claim(row.id, "c", now() + LEASE * 9) is None


def test_what_is_given_back_is_queued_and_an_outage_is_no_attempt(recordings: Recordings) -> None:
    row = asked(recordings)
    recordings.claim(row.id, "a", now())
    assert recordings.release(row.id, "a", counted=False)
    again = recordings.get_owned(row.id, "me")
    assert (again.state, again.attempts) == ("queued", 0)
    recordings.claim(row.id, "boot:1", now())
    assert recordings.release_all("boot:") == [row.id]
    assert recordings.get_owned(row.id, "me").state == "queued"


def test_a_refused_one_says_why(recordings: Recordings) -> None:
    row = asked(recordings)
    recordings.claim(row.id, "a", now())
    assert recordings.refuse(row.id, "a", WHY)
    refused = recordings.get_owned(row.id, "me")
    assert (refused.state, refused.report) == ("refused", {"code": "silent", "en": "Nothing.", "fa": "هیچ."})
    with pytest.raises(RecordingNotReady, match="refused"):
        recordings.use(row.id, "me")


def test_an_upload_is_good_for_one_and_an_owner_for_so_many(recordings: Recordings) -> None:
    asked(recordings, "one")
    with pytest.raises(UnknownUpload):
        asked(recordings, "one")
    with pytest.raises(TooManyPending):
        recordings.create(
            NewRecording(owner="me", title="", upload_id="two", fingerprint="f"), limit=1
        )
    recordings.create(NewRecording(owner="you", title="", upload_id="two", fingerprint="f"), limit=1)


def test_anothers_recording_is_unknown_and_only_ones_own_are_named(recordings: Recordings) -> None:
    mine = ready(recordings)
    for call in (recordings.get_owned, recordings.use, recordings.remove):
        with pytest.raises(UnknownRecording) as caught:
            call(mine.id, "you")
        assert caught.value.known == ()
    with pytest.raises(UnknownRecording) as caught:
        recordings.use("0" * 32, "me")
    assert caught.value.known == (mine.id,)


def test_bells_are_rung_for_what_nobody_reads(recordings: Recordings) -> None:
    row, gap = asked(recordings), timedelta(seconds=10)
    assert recordings.due(now(), gap) == []
    later = now() + gap * 2
    assert recordings.due(later, gap) == [row.id]
    recordings.rang(row.id, later)
    assert recordings.due(later + gap / 2, gap) == []
    recordings.claim(row.id, "a", later)
    assert recordings.due(later + gap, gap) == []
    assert recordings.due(later + LEASE * 2, gap) == [row.id]


def speaking(database: Database, recording_id: str) -> str:
    with database.transaction() as db:
        db.add(
            Avatar(
                id="grey", owner="house", title_fa="-", title_en="-", voice="fa", engine="warp",
                state="ready", version=1, created_at=now(), updated_at=now(),
            )
        )  # fmt: skip
    row = Utterances(database).create(
        NewUtterance(
            owner="me", avatar_id="grey", avatar_version=1, voice="", engine="warp", text="", width_px=64,
            height_px=64, fps=25, captions=False, seed=1, epoch="e", recording_id=recording_id,
        )
    )  # fmt: skip
    return row.id


def test_one_that_is_spoken_neither_goes_nor_expires(
    recordings: Recordings, sqlite_database: Database
) -> None:
    row = ready(recordings)
    utterance, late = speaking(sqlite_database, row.id), now() + timedelta(days=9)
    with pytest.raises(RecordingBusy):
        recordings.remove(row.id, "me")
    assert recordings.stale(late) == []
    Utterances(sqlite_database).mark_cancelled(utterance)
    assert recordings.stale(late) == [row.id]
    assert recordings.expire(row.id, late)
    with pytest.raises(RecordingNotReady, match="expired"):
        recordings.use(row.id, "me")
    assert recordings.known([row.id]) == set()
    assert recordings.remove(row.id, "me").id == row.id


def test_being_asked_for_keeps_it(recordings: Recordings) -> None:
    row = ready(recordings)
    before = now()
    assert recordings.use(row.id, "me").used_at is not None
    assert recordings.stale(before) == []
    assert not recordings.expire(row.id, before)


def test_one_that_nobody_reads_for_long_is_refused(recordings: Recordings) -> None:
    row = asked(recordings)
    assert recordings.abandon(now() - timedelta(days=1)) == 0
    assert recordings.abandon(now() + timedelta(days=1)) == 1
    assert recordings.get_owned(row.id, "me").state == "refused"


def test_uploads_of_recordings_wait_for_them_and_go_when_they_are_read(
    recordings: Recordings, sqlite_database: Database
) -> None:
    uploads = Uploads(sqlite_database, MemoryStorage(), limit_bytes=100)
    upload = uploads.begin("me", 3)
    with uploads.part(upload) as part:
        part.write(b"abc")
    row = asked(recordings, upload.id)
    assert uploads.sweep(now() + KEPT * 2) == 0
    recordings.claim(row.id, "a", now())
    recordings.complete(row.id, "a", HEARD)
    assert uploads.sweep(now()) == 1
