"""Uploads that resume: parts, offsets, checksums, and the avatar made of the whole."""

import base64
import hashlib

import pytest

TUS = {"Tus-Resumable": "1.0.0"}
FIELDS = {"title_fa": "من", "voice": "fa", "consent_who": "Me", "consent_statement": "I allow it"}


def begin(door, size: int = 10) -> str:
    answer = door.post("/v1/uploads", headers={**TUS, "Upload-Length": str(size)})
    assert answer.status_code == 201
    return answer.headers["Location"]


def patch(door, where: str, data: bytes, offset: int, **headers: str):
    given = {**TUS, "Upload-Offset": str(offset), **{k.replace("_", "-"): v for k, v in headers.items()}}
    return door.send("PATCH", where, data=data, headers=given, content_type="application/offset+octet-stream")


def offset_of(door, where: str) -> str:
    return door.send("HEAD", where, headers=TUS).headers["Upload-Offset"]


def test_what_is_offered_is_told_to_whoever_asks(app) -> None:
    answer = app.test_client().options("/v1/uploads")
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert {"creation", "checksum"} <= set(answer.headers["Tus-Extension"].split(","))
    assert answer.headers["Tus-Max-Size"] == "100000"


def test_an_upload_goes_on_where_it_stands_and_becomes_an_avatar(door, house, rung_registrars) -> None:
    where = begin(door)
    assert patch(door, where, b"0123", 0).headers["Upload-Offset"] == "4"
    assert offset_of(door, where) == "4"
    body = {**FIELDS, "upload": where.rpartition("/")[2]}
    early = door.post("/v1/avatars", json=body)
    assert (early.json["type"], early.json["position"]) == ("/docs#upload-unfinished", 4)
    assert patch(door, where, b"456789", 4).status_code == 204
    made = door.post("/v1/avatars", json=body)
    assert made.status_code == 202
    row = house.registrations.get(rung_registrars[0])
    assert house.uploads.get(row.upload_id).whole


def test_a_part_from_another_offset_is_refused_with_the_right_one(door) -> None:
    where = begin(door)
    patch(door, where, b"0123", 0)
    answer = patch(door, where, b"0123", 0)
    assert (answer.status_code, answer.json["position"]) == (409, 4)


def test_a_part_of_another_checksum_is_not_kept(door, house) -> None:
    where = begin(door)
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    assert patch(door, where, b"0123", 0, Upload_Checksum=f"sha256 {wrong}").status_code == 460
    assert offset_of(door, where) == "0"
    assert list(house.storage.keys("quarantine/")) == []
    right = base64.b64encode(hashlib.sha256(b"0123").digest()).decode()
    assert patch(door, where, b"0123", 0, Upload_Checksum=f"sha256 {right}").status_code == 204


@pytest.mark.parametrize("given", ["md5 eA==", "sha256 !", "sha256"])
def test_a_checksum_of_another_kind_is_refused(door, given: str) -> None:
    answer = patch(door, begin(door), b"0", 0, Upload_Checksum=given)
    assert answer.status_code in (400, 460)
    assert answer.json["detail_fa"]


@pytest.mark.parametrize("length", ["", "-1", "many", "1" * 16])
def test_a_length_that_is_none_is_refused(door, length: str) -> None:
    answer = door.post("/v1/uploads", headers={**TUS, "Upload-Length": length})
    assert answer.json["type"] == "/docs#bad-upload-header"


def test_more_than_is_allowed_or_promised_is_refused(door) -> None:
    answer = door.post("/v1/uploads", headers={**TUS, "Upload-Length": "100001"})
    assert (answer.status_code, answer.json["limit"]) == (413, 100_000)
    assert patch(door, begin(door, 3), b"0123", 0).status_code == 413


def test_a_version_that_is_not_spoken_is_told_which_is(door) -> None:
    answer = door.post("/v1/uploads", headers={"Upload-Length": "3"})
    assert answer.status_code == 412
    assert answer.headers["Tus-Version"] == "1.0.0"


def test_a_part_of_another_type_is_refused(door) -> None:
    headers = {**TUS, "Upload-Offset": "0"}
    answer = door.send("PATCH", begin(door), data=b"0", headers=headers, content_type="image/jpeg")
    assert answer.json["asked"] == "Content-Type"


def test_nobody_else_sees_it_and_its_owner_removes_it(door, stranger, house) -> None:
    where = begin(door)
    patch(door, where, b"0123", 0)
    assert stranger.get(where, headers=TUS).status_code == 404
    assert patch(stranger, where, b"4", 4).status_code == 404
    theirs = {**FIELDS, "upload": where.rpartition("/")[2]}
    assert stranger.post("/v1/avatars", json=theirs).status_code == 404
    assert door.send("DELETE", where, headers=TUS).status_code == 204
    assert door.get(where, headers=TUS).status_code == 404
    assert list(house.storage.keys("quarantine/")) == []


def test_a_caller_without_a_token_uploads_nothing(nobody) -> None:
    assert nobody.post("/v1/uploads", headers={**TUS, "Upload-Length": "3"}).status_code == 401
