"""Recordings at the front door: uploaded, looked at, spoken, removed; what does not go together is said."""

import io
from typing import Any

import pytest

from avatars.recordings import Heard, prefix
from tasks.manner import Manner

WAV = b"RIFF" + bytes(100)
REPORT = {"kind": "WAV", "speaks": True}


def send(door: Any, data: bytes = WAV, **options: Any) -> Any:
    name = options.pop("name", "voice.wav")
    return door.post(
        "/v1/recordings", data={"file": (io.BytesIO(data), name), "title": options.pop("title", "سخن")},
        content_type="multipart/form-data", **options,
    )  # fmt: skip


def ready(door: Any, house: Any, **report: Any) -> str:
    """Return the id of a recording that a registrar has read."""
    recording_id: str = send(door).json["id"]
    from datetime import UTC, datetime

    assert house.recordings.claim(recording_id, "r", datetime.now(UTC))
    house.storage.put(prefix(recording_id) + "index.json", b"{}")
    heard = Heard(length_samples=96_000, loudness_lufs=-20.04, report={**REPORT, **report})
    assert house.recordings.complete(recording_id, "r", heard)
    return recording_id


def speak(door: Any, **fields: Any) -> Any:
    return door.post("/v1/utterances", json={"avatar": "samira", **fields})


def test_a_file_is_taken_at_once_and_read_by_a_registrar(door, house, rung_recordings) -> None:
    answer = send(door)
    assert answer.status_code == 202
    body = answer.json
    assert (body["state"], body["title"]) == ("queued", "سخن")
    assert (body["duration_ms"], body["refusal"]) == (None, None)
    assert rung_recordings == [body["id"]]
    row = house.recordings.get(body["id"])
    assert house.uploads.get(row.upload_id).size_bytes == len(WAV)
    assert door.get(answer.headers["Location"]).json == body


@pytest.mark.parametrize("name", ["../etc/passwd", "a\0b.wav", "\u202ev.wav", "x" * 5000, "<script>.wav"])
def test_the_name_of_the_file_is_of_no_account(door, name: str) -> None:
    answer = send(door, name=name)
    assert answer.status_code == 202
    assert "passwd" not in answer.text
    assert "script" not in answer.text


def test_a_finished_upload_becomes_a_recording_once(door, rung_recordings) -> None:
    tus = {"Tus-Resumable": "1.0.0"}
    made = door.post("/v1/uploads", headers={**tus, "Upload-Length": "5"})
    where = made.headers["Location"]
    upload = where.rpartition("/")[2]
    early = door.post("/v1/recordings", json={"upload": upload})
    assert (early.status_code, early.json["type"]) == (409, "/docs#upload-unfinished")
    part = {**tus, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    door.send("PATCH", where, data=b"12345", headers=part)
    assert door.post("/v1/recordings", json={"upload": upload, "title": "t"}).status_code == 202
    again = door.post("/v1/recordings", json={"upload": upload})
    assert (again.status_code, again.json["type"]) == (404, "/docs#no-such-upload")
    assert len(rung_recordings) == 1


def test_a_repeated_request_makes_one_recording_and_keeps_one_upload(door, house, rung_recordings) -> None:
    key = {"Idempotency-Key": "k"}
    first, second = send(door, headers=key), send(door, headers=key)
    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json["id"] == second.json["id"]
    assert len(rung_recordings) == 1
    other = send(door, data=WAV + b"x", headers=key)
    assert (other.status_code, other.json["type"]) == (409, "/docs#key-reused")
    assert len({key.split("/")[1] for key in house.storage.keys("quarantine/")}) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 400), ({"upload": "x"}, 400), ({"upload": "0" * 32}, 404),
     ({"upload": "0" * 32, "voice": "fa"}, 400), ({"upload": "0" * 32, "title": "x" * 201}, 400)],
)  # fmt: skip
def test_a_wrong_body_is_refused(door, body: dict[str, Any], status: int) -> None:
    assert door.post("/v1/recordings", json=body).status_code == status


def test_a_form_without_a_file_is_refused_and_leaves_nothing(door, house) -> None:
    answer = door.post("/v1/recordings", data={"title": "t"}, content_type="multipart/form-data")
    assert (answer.status_code, answer.json["type"]) == (400, "/docs#file-wrong")
    assert list(house.storage.keys("quarantine/")) == []


def test_recordings_are_listed_newest_first_and_are_their_owners(door, stranger) -> None:
    ids = [send(door).json["id"] for _ in range(3)]
    page = door.get("/v1/recordings?limit=2").json
    assert [row["id"] for row in page["recordings"]] == ids[:0:-1]
    rest = door.get(f"/v1/recordings?limit=2&before={page['next']}").json
    assert [row["id"] for row in rest["recordings"]] == ids[:1]
    assert stranger.get("/v1/recordings").json["recordings"] == []
    for method in ("GET", "DELETE"):
        answer = stranger.send(method, f"/v1/recordings/{ids[0]}")
        assert (answer.status_code, answer.json["type"]) == (404, "/docs#no-such-recording")


def test_what_was_found_and_why_it_was_refused_are_shown(door, house) -> None:
    from datetime import UTC, datetime

    from avatars.registrations import Refusal

    shown = door.get(f"/v1/recordings/{ready(door, house)}").json
    assert (shown["state"], shown["duration_ms"], shown["loudness_lufs"]) == ("ready", 2000, -20.0)
    assert shown["report"]["kind"] == "WAV"
    bad = send(door).json["id"]
    house.recordings.claim(bad, "r", datetime.now(UTC))
    house.recordings.refuse(bad, "r", Refusal(code="silent", en="Nothing.", fa="هیچ."))
    shown = door.get(f"/v1/recordings/{bad}").json
    assert shown["refusal"] == {"code": "silent", "detail": "Nothing.", "detail_fa": "هیچ."}
    assert (shown["state"], shown["report"]) == ("refused", None)


def test_a_recording_is_spoken_in_place_of_a_text(door, house, rung) -> None:
    recording = ready(door, house)
    answer = speak(door, recording=recording, transcript=" سلام دنیا ", language="fa")
    assert answer.status_code == 201
    body = answer.json
    assert (body["voice"], body["voice_from"], body["recording"]) == (None, "recording", recording)
    assert (body["shown"], body["captions"], body["warnings"]) == ("سلام دنیا", True, [])
    row = house.utterances.get(body["id"])
    assert (row.recording_id, row.text, row.voice) == (recording, "سلام دنیا", "")
    assert Manner.from_json(row.manner).language == "fa"
    assert rung == [body["id"]]
    shown = door.get(body["links"]["self"]).json
    assert (shown["voice"], shown["recording"]) == (None, recording)


def test_without_a_transcript_there_are_no_captions_and_that_is_said(door, house) -> None:
    body = speak(door, recording=ready(door, house)).json
    assert (body["captions"], body["cues"]) == (False, [])
    assert [warning["code"] for warning in body["warnings"]] == ["no-transcript"]
    house.utterances.mark_running(body["id"])
    house.utterances.mark_done(body["id"], chunks=1, frames=5, duration_ms=200)
    house.utterances.set_files(body["id"], "v", "c", 1)
    shown = door.get(body["links"]["self"]).json
    assert shown["video"]
    assert (shown["vtt"], shown["srt"]) == (None, None)
    silent = speak(door, recording=ready(door, house, speaks=False), captions=False).json
    assert [warning["code"] for warning in silent["warnings"]] == ["no-speech"]


def test_a_recording_that_stays_too_soft_is_told_of_where_it_is_shown_and_spoken(door, house) -> None:
    soft = ready(door, house, lufs=-53.2, gain_db=20.0)
    spoken = speak(door, recording=soft, transcript="سلام")
    for body in (door.get(f"/v1/recordings/{soft}").json, spoken.json):
        (warning,) = body["warnings"]
        assert warning["code"] == "recording-soft"
        assert "-33 LUFS" in warning["detail"]
    loud = ready(door, house, lufs=-30.0, gain_db=14.0)
    assert door.get(f"/v1/recordings/{loud}").json["warnings"] == []


@pytest.mark.parametrize(
    ("fields", "slug"),
    [
        ({}, "text-or-recording"),
        ({"text": "سلام", "recording": "R"}, "text-or-recording"),
        ({"text": "سلام", "transcript": "سلام"}, "transcript-alone"),
        ({"recording": "R", "voice": "fa"}, "not-for-recordings"),
        ({"recording": "R", "rate": 1.2}, "not-for-recordings"),
        ({"recording": "R", "ssml": True, "open": True}, "not-for-recordings"),
        ({"recording": "R", "burned": True}, "nothing-to-burn"),
        ({"recording": "R", "transcript": "😀"}, "text-silent"),
        ({"recording": "R", "transcript": "a\x00"}, "text-broken"),
        ({"recording": "R", "transcript": "a" * 40_001}, "text-too-long"),
        ({"recording": "0" * 32}, "unknown-recording"),
    ],
)
def test_what_does_not_go_together_is_refused_by_name(door, house, rung, fields, slug) -> None:
    if fields.get("recording") == "R":
        fields = {**fields, "recording": ready(door, house)}
    answer = speak(door, **fields)
    assert (answer.status_code, answer.json["type"]) == (422, f"/docs#{slug}")
    assert rung == []


def test_another_owners_and_an_unready_recording_are_refused(door, stranger, house) -> None:
    recording = ready(door, house)
    answer = speak(stranger, recording=recording)
    assert (answer.status_code, answer.json["type"]) == (422, "/docs#unknown-recording")
    assert recording not in answer.json["known"]
    waiting = speak(door, recording=send(door).json["id"])
    assert (waiting.status_code, waiting.json["type"]) == (422, "/docs#recording-not-ready")
    assert waiting.json["state"] == "queued"
    assert speak(door, recording="0" * 32).json["known"] == [recording]


def test_a_recording_goes_with_its_files_but_not_while_it_is_spoken(door, house) -> None:
    recording = ready(door, house)
    utterance = speak(door, recording=recording).json["id"]
    busy = door.send("DELETE", f"/v1/recordings/{recording}")
    assert (busy.status_code, busy.json["type"]) == (409, "/docs#recording-busy")
    house.utterances.mark_cancelled(utterance)
    assert door.send("DELETE", f"/v1/recordings/{recording}").status_code == 204
    assert list(house.storage.keys("recordings/")) == []
    assert door.get(f"/v1/recordings/{recording}").status_code == 404


def test_one_that_was_not_read_yet_goes_with_its_upload(door, house) -> None:
    unread = send(door).json["id"]
    assert door.send("DELETE", f"/v1/recordings/{unread}").status_code == 204
    assert list(house.storage.keys("quarantine/")) == []


def test_the_same_key_with_another_recording_is_refused(door, house) -> None:
    first, second = ready(door, house), ready(door, house)
    body, key = {"avatar": "samira", "recording": first}, {"Idempotency-Key": "u"}
    assert door.post("/v1/utterances", json=body, headers=key).status_code == 201
    assert door.post("/v1/utterances", json=body, headers=key).status_code == 200
    other = door.post("/v1/utterances", json={**body, "recording": second}, headers=key)
    assert other.json["type"] == "/docs#key-reused"
