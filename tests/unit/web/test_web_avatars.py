"""Registering, looking at, correcting and retiring an avatar of one's own."""

import hashlib
import io
import json
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from conftest import WORKER, Door

from avatars.registrations import Refusal
from avatars.registry import AvatarFiles
from web.tokens import API_AUDIENCE, Caller

FIELDS = {"title_fa": "من", "voice": "fa", "consent_who": "Me", "consent_statement": "I allow it"}
DRAWN = AvatarFiles(
    picture=b"png", points=b'{"version": 1}', preview=b"jpeg",
    others={"idle.mp4": bytes(range(100)), "visemes.jpg": b"three", "face-1.jpg": b"second"},
    report={"verdict": "good", "findings": []},
    choices={
        "face": 0, "faces": [{"face": 0, "score": 0.9, "box": {}}, {"face": 1, "score": 0.8, "box": {}}],
    },
)  # fmt: skip


def send(door, *, data: bytes = b"a photo", name: str = "holiday.jpg", key: str | None = None, **fields):
    form = {**FIELDS, **fields, "file": (io.BytesIO(data), name)}
    headers = {} if key is None else {"Idempotency-Key": key}
    return door.post("/v1/avatars", data=form, content_type="multipart/form-data", headers=headers)


def finish(house, avatar_id: str, files: AvatarFiles = DRAWN, refusal: Refusal | None = None) -> None:
    """Do what a registrar does."""
    row = house.registrations.latest(avatar_id)
    assert house.registrations.claim(row.id, "r:1", datetime.now(UTC)) is not None
    assert house.registrations.complete(row.id, "r:1", files, refusal)


@pytest.fixture
def mine(door, house) -> str:
    """An avatar of the caller's, ready."""
    assert send(door, id="mine").status_code == 202
    finish(house, "mine")
    return "/v1/avatars/mine"


def test_a_photo_is_taken_and_answered_before_anything_is_done(door, house, rung_registrars) -> None:
    answer = send(door)
    assert answer.status_code == 202
    shown = answer.json
    assert (shown["state"], shown["version"], shown["title_en"]) == ("pending", 0, "من")
    assert shown["registration"]["step"] == "waiting"
    assert answer.headers["Location"] == shown["links"]["self"]
    assert rung_registrars == [shown["registration"]["id"]]
    row = house.registrations.get(rung_registrars[0])
    (key,) = house.storage.keys(f"quarantine/{row.upload_id}/")
    assert house.storage.get(key) == b"a photo"
    assert "holiday" not in json.dumps(shown)


def test_the_consent_is_kept_with_the_checksum_of_its_evidence_alone(door, house) -> None:
    form = {**FIELDS, "file": (io.BytesIO(b"photo"), "a"), "consent_evidence": (io.BytesIO(b"signed"), "b")}
    answer = door.post("/v1/avatars", data=form, content_type="multipart/form-data")
    (consent,) = answer.json["consents"]
    assert (consent["who"], consent["recorded_by"]) == ("Me", "key:a")
    assert consent["evidence_sha256"] == hashlib.sha256(b"signed").hexdigest()
    kept = [house.storage.get(key) for key in house.storage.keys("quarantine/")]
    assert kept == [b"photo"]


def test_an_avatar_may_be_drawn_by_an_engine_of_its_own_where_a_worker_has_it(door, house) -> None:
    without = send(door, id="painted", engine="wav2lip")
    assert (without.status_code, without.json["type"]) == (422, "/docs#unknown-engine")
    assert "docs/wav2lip.md" in without.json["detail"]
    house.catalogue.announce(replace(WORKER, name="worker-2", engines=("warp", "wav2lip")))
    house.catalogue._remembered = (float("-inf"), ())
    assert send(door, id="painted", engine="wav2lip").status_code == 202
    finish(house, "painted")
    assert door.get("/v1/avatars/painted").json["engine"] == "wav2lip"
    assert house.utterances.get(door.speak(avatar="painted").json["id"]).engine == "wav2lip"
    assert send(door, id="plain").json["engine"] == "warp"


def test_a_registered_avatar_speaks_at_once(door, mine: str) -> None:
    assert door.speak(avatar="mine").status_code == 201
    shown = door.get(mine).json
    assert (shown["state"], shown["version"], shown["report"]["verdict"]) == ("ready", 1, "good")
    assert [face["face"] for face in shown["faces"]] == [0, 1]


def test_nobody_else_sees_or_uses_it(stranger, mine: str) -> None:
    assert stranger.get(mine).status_code == 404
    assert stranger.get(f"{mine}/preview.jpg").status_code == 404
    assert stranger.speak(avatar="mine").status_code == 422
    assert [each["id"] for each in stranger.get("/v1/avatars").json["avatars"]] == ["samira"]
    assert stranger.send("DELETE", mine).status_code == 404


def test_an_admin_sees_all(app, house, mine: str) -> None:
    admin = Door(app.test_client(), house.signer.issue(Caller("key:z", "admin"), API_AUDIENCE, 900))
    assert admin.get(mine).json["owner"] == "key:a"
    assert [each["id"] for each in admin.get("/v1/avatars").json["avatars"]] == ["samira", "mine"]


def test_the_houses_avatars_are_not_a_callers_to_change(door) -> None:
    assert door.send("DELETE", "/v1/avatars/samira").json["type"] == "/docs#not-your-avatar"
    patched = door.send("PATCH", "/v1/avatars/samira/face", json={"choose": 1})
    assert patched.status_code == 403
    assert send(door, id="samira").json["type"] == "/docs#avatar-taken"


@pytest.mark.parametrize(
    ("fields", "status", "slug"),
    [
        ({"id": "../x"}, 422, "bad-avatar-id"),
        ({"voice": "robot"}, 422, "unknown-voice"),
        ({"consent_who": ""}, 400, "wrong-fields"),
        ({"title_fa": " "}, 400, "wrong-fields"),
        ({"colour": "red"}, 400, "wrong-fields"),
        ({"data": b""}, 400, "file-wrong"),
        ({"data": b"0" * 100_001}, 413, "upload-too-long"),
    ],
)
def test_a_refused_form_says_why_and_leaves_nothing(
    door, house, rung_registrars, fields: dict, status: int, slug: str
) -> None:
    answer = send(door, **fields)
    assert (answer.status_code, answer.json["type"]) == (status, f"/docs#{slug}")
    assert answer.json["detail_fa"]
    assert list(house.storage.keys("quarantine/")) == []
    assert rung_registrars == []


def test_a_form_without_a_file_says_so(door, house) -> None:
    answer = door.post("/v1/avatars", data=FIELDS, content_type="multipart/form-data")
    assert answer.json["type"] == "/docs#file-wrong"
    assert list(house.storage.keys("quarantine/")) == []


def test_the_same_key_means_the_same_registration(door, house, rung_registrars) -> None:
    first, again = send(door, key="k"), send(door, key="k")
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json["registration"]["id"] == again.json["registration"]["id"]
    assert len(rung_registrars) == 1
    assert len(list(house.storage.keys("quarantine/"))) == 1
    assert send(door, key="k", data=b"another").json["type"] == "/docs#key-reused"
    assert len(list(house.storage.keys("quarantine/"))) == 1


def test_only_so_many_wait(door, house) -> None:
    for _ in range(house.settings.pending_limit):
        assert send(door).status_code == 202
    late = send(door)
    assert (late.status_code, late.json["type"]) == (429, "/docs#too-many-pending")
    assert late.headers["Retry-After"]


def test_a_refused_avatar_tells_why_in_both_languages(door, house) -> None:
    send(door, id="mine")
    row = house.registrations.latest("mine")
    house.registrations.claim(row.id, "r:1", datetime.now(UTC))
    house.registrations.refuse(row.id, "r:1", Refusal(code="blurred", en="It is blurred.", fa="تار است."))
    shown = door.get("/v1/avatars/mine").json
    assert shown["state"] == "refused"
    assert shown["registration"]["refusal"] == {
        "code": "blurred", "detail": "It is blurred.", "detail_fa": "تار است.",
    }  # fmt: skip
    missing = door.get("/v1/avatars/mine/preview.jpg")
    assert (missing.status_code, missing.json["state"]) == (404, "refused")


def test_lists_are_searched_by_state_and_words_and_paged(door, mine: str) -> None:
    send(door, id="second")
    ids = lambda query: [each["id"] for each in door.get(f"/v1/avatars?{query}").json["avatars"]]  # noqa: E731
    assert ids("") == ["samira", "mine"]
    assert ids("state=pending,ready") == ["samira", "mine", "second"]
    assert ids("q=سميرا") == ["samira"]
    page = door.get("/v1/avatars?limit=1").json
    assert (page["next"], ids(f"limit=1&after={page['next']}")) == ("samira", ["mine"])
    assert door.get("/v1/avatars?state=asleep").status_code == 400
    assert door.get("/v1/avatars?limit=0").status_code == 400


@pytest.mark.parametrize(
    ("name", "body", "kind"),
    [
        ("preview.jpg", b"jpeg", "image/jpeg"),
        ("visemes.jpg", b"three", "image/jpeg"),
        ("picture.png", b"png", "image/png"),
        ("points.json", b'{"version": 1}', "application/json"),
        ("faces/1.jpg", b"second", "image/jpeg"),
        ("idle.mp4", bytes(range(100)), "video/mp4"),
    ],
)
def test_its_files_are_sent_with_strong_etags(door, mine: str, name: str, body: bytes, kind: str) -> None:
    answer = door.get(f"{mine}/{name}")
    assert (answer.data, answer.content_type) == (body, kind)
    etag = answer.headers["ETag"]
    assert not etag.startswith("W/")
    assert door.get(f"{mine}/{name}", headers={"If-None-Match": etag}).status_code == 304


def test_the_loop_is_sent_in_ranges(door, mine: str) -> None:
    answer = door.get(f"{mine}/idle.mp4", headers={"Range": "bytes=10-19"})
    assert (answer.status_code, answer.data) == (206, bytes(range(10, 20)))


def test_a_changed_face_is_answered_when_it_is_drawn(door, house, rung_registrars, mine: str) -> None:
    def draw() -> None:
        while len(rung_registrars) < 2:
            threading.Event().wait(0.01)
        finish(house, "mine", AvatarFiles(picture=b"png", points=b"moved", preview=b"new"))

    registrar = threading.Thread(target=draw)
    registrar.start()
    answer = door.send("PATCH", f"{mine}/face", json={"points": {"version": 1}})
    registrar.join()
    assert answer.status_code == 200
    assert (answer.json["version"], answer.json["registration"]["work"]) == (2, "points")
    assert door.get(f"{mine}/preview.jpg").data == b"new"


def test_a_face_that_takes_longer_is_answered_with_where_to_look(
    door, mine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.avatar_routes.FACE_WAIT_S", 0.0)
    answer = door.send("PATCH", f"{mine}/face", json={"choose": 1})
    assert (answer.status_code, answer.headers["Location"]) == (202, mine)
    assert door.get(mine).json["state"] == "ready"
    assert door.send("PATCH", f"{mine}/face", json={"choose": 0}).json["type"] == "/docs#avatar-busy"


@pytest.mark.parametrize("body", [{}, {"choose": 1, "points": {}}, {"choose": -1}, {"choose": "1"}])
def test_a_change_is_one_of_two(door, mine: str, body: dict) -> None:
    assert door.send("PATCH", f"{mine}/face", json=body).json["type"] == "/docs#wrong-fields"


def test_a_retired_avatar_says_nothing_new(door, mine: str) -> None:
    assert door.send("DELETE", mine).json["state"] == "retired"
    assert door.speak(avatar="mine").status_code == 422
    assert door.get(mine).json["state"] == "retired"
    assert [each["id"] for each in door.get("/v1/avatars").json["avatars"]] == ["samira"]


def test_a_ticket_watches_this_registration_and_no_stream(door, house, mine: str) -> None:
    made = door.post(f"{mine}/tickets").json
    assert made["url"] == f"{mine}/progress"
    assert house.stream.redeem_ticket(made["ticket"]) == "avatar:mine"
    assert door.get(f"{mine}/progress").json["type"] == "/docs#not-a-socket"
