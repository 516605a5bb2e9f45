"""Many uploads by one request: checked, begun, watched, called off."""

from datetime import UTC, datetime
from typing import Any

import pytest
from conftest import Door

from avatars.registrations import Refusal
from avatars.registry import AvatarFiles

COMMON = {"voice": "fa", "consent_who": "Me", "consent_statement": "I allow it"}
FINDINGS = [
    {"name": "faces", "verdict": "good", "advice_en": "", "advice_fa": ""},
    {"name": "light", "verdict": "fair", "advice_en": "Turn to the light.", "advice_fa": "رو به نور."},
]
DRAWN = AvatarFiles(
    picture=b"png", points=b"{}", preview=b"jpeg", report={"verdict": "usable", "findings": FINDINGS}
)


def uploaded(house, data: bytes = b"a photo", owner: str = "key:a") -> str:
    row = house.uploads.begin(owner, len(data))
    with house.uploads.part(row) as part:
        part.write(data)
    return row.id


def items(house, *names: str) -> list[dict[str, Any]]:
    return [{"upload": uploaded(house), "file": name} for name in names]


def send(door: Door, listed: list[dict[str, Any]], key: str | None = None, **more: Any) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return door.post("/v1/avatars:batch", json={**COMMON, **more, "items": listed}, headers=headers)


def end(house, batch: str, place: int, refusal: Refusal | None = None) -> None:
    """Do what a registrar does."""
    row = house.batches.items(batch)[place].registration
    assert house.registrations.claim(row.id, "r:1", datetime.now(UTC)) is not None
    if refusal is None:
        assert house.registrations.complete(row.id, "r:1", DRAWN)
    else:
        assert house.registrations.refuse(row.id, "r:1", refusal)


def test_a_batch_is_answered_at_once_and_rung_for_as_one(door, house, rung_batches, rung_registrars) -> None:
    answer = send(door, items(house, "a/one.jpg", "two.png"))
    assert answer.status_code == 202, answer.json
    shown = answer.json
    assert (shown["state"], shown["files"], shown["percent"]) == ("running", 2, 0)
    assert shown["counts"] == {"pending": 2, "ready": 0, "refused": 0}
    assert answer.headers["Location"] == shown["links"]["self"] == f"/v1/batches/{shown['id']}"
    whole = door.get(shown["links"]["self"]).json
    assert [item["file"] for item in whole["items"]] == ["a/one.jpg", "two.png"]
    assert rung_batches == [[item["registration"]["id"] for item in whole["items"]]]
    assert rung_registrars == []
    avatar = door.get(whole["items"][0]["links"]["avatar"]).json
    assert (avatar["title_en"], avatar["voice"], avatar["state"]) == ("one", "fa", "pending")


def test_each_file_has_its_report_in_the_end(door, house) -> None:
    made = send(door, items(house, "one.jpg", "two.jpg")).json
    end(house, made["id"], 0)
    end(house, made["id"], 1, Refusal(code="blurred", en="It is blurred.", fa="تار است."))
    shown = door.get(made["links"]["self"]).json
    assert (shown["state"], shown["percent"]) == ("done", 100)
    assert shown["finished_at"] is not None
    first, second = shown["items"]
    assert (first["registration"]["state"], first["verdict"]) == ("ready", "usable")
    assert [each["advice_fa"] for each in first["advice"]] == ["رو به نور."]
    assert (second["verdict"], second["advice"]) == (None, [])
    assert second["registration"]["refusal"]["detail_fa"] == "تار است."


def test_an_item_may_differ_from_the_rest(door, house) -> None:
    one, two = items(house, "one.jpg", "two.jpg")
    two |= {"id": "second", "voice": "en", "title_fa": "دوم", "consent_who": "She"}
    assert send(door, [one, two]).status_code == 202
    shown = door.get("/v1/avatars/second").json
    assert (shown["voice"], shown["title_fa"], shown["title_en"]) == ("en", "دوم", "دوم")
    assert shown["consents"][0]["who"] == "She"


def test_the_same_key_begins_it_once(door, house, rung_batches) -> None:
    listed = items(house, "one.jpg")
    first, again = send(door, listed, key="k"), send(door, listed, key="k")
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json["id"] == again.json["id"]
    assert len(rung_batches) == 1
    other = send(door, items(house, "two.jpg"), key="k")
    assert (other.status_code, other.json["type"]) == (409, "/docs#key-reused")


def test_one_wrong_item_begins_nothing_and_is_named(door, house, rung_batches) -> None:
    good, half = uploaded(house), house.uploads.begin("key:a", 10).id
    answer = send(door, [{"upload": each, "file": "a"} for each in (good, half, "0" * 32)])
    assert (answer.status_code, answer.json["type"]) == (422, "/docs#batch-wrong")
    assert [each["field"] for each in answer.json["errors"]] == ["items.1.upload", "items.2.upload"]
    assert answer.json["detail_fa"]
    assert rung_batches == []
    assert door.get("/v1/batches").json == {"batches": []}
    assert house.uploads.get(good).whole


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"items": []}, "items"),
        ({**COMMON, "items": ["x"]}, "items.0"),
        ({**COMMON, "items": [{"file": "a"}]}, "items.0.upload"),
        ({**COMMON, "items": [{"upload": "0" * 32}]}, "items.0"),
        ({**COMMON, "items": [{"upload": None, "file": "a"}]}, "items.0.upload"),
        ({**COMMON, "items": [{"upload": "0" * 32, "file": "a", "colour": "red"}]}, "items.0.colour"),
        ({"voice": "fa", "items": [{"upload": "0" * 32, "file": "a"}]}, "items.0.consent_who"),
        ({**COMMON, "items": [{"upload": "0" * 32, "file": "a\0"}]}, "items.0.file"),
        ({**COMMON, "items": [{"upload": "0" * 32, "file": 7}]}, "items.0.file"),
        ({**COMMON, "items": [{"upload": "0" * 32, "file": "a"}] * 1001}, "items"),
        ({**COMMON, "colour": "red", "items": [{"upload": "0" * 32, "file": "a"}]}, "colour"),
    ],
)
def test_a_wrong_field_is_named_by_its_item(door, body: dict[str, Any], field: str) -> None:
    answer = door.post("/v1/avatars:batch", json=body)
    assert (answer.status_code, answer.json["type"]) == (400, "/docs#wrong-fields"), answer.json
    assert field in [each["field"] for each in answer.json["errors"]]


def test_what_is_no_json_or_far_too_long_or_of_no_voice_is_told(door, house) -> None:
    form = door.post("/v1/avatars:batch", data={"file": "x"}, content_type="multipart/form-data")
    assert form.status_code == 415
    long = door.post(
        "/v1/avatars:batch", data=b'{"items": "' + b"x" * (4 << 20) + b'"}', content_type="application/json"
    )
    assert (long.status_code, long.json["limit_bytes"]) == (413, 4 << 20)
    voiceless = send(door, items(house, "one.jpg"), voice="robot")
    assert (voiceless.status_code, voiceless.json["type"]) == (422, "/docs#unknown-voice")
    undrawn = send(door, items(house, "one.jpg"), engine="wav2lip")
    assert (undrawn.status_code, undrawn.json["type"]) == (422, "/docs#unknown-engine")


def test_a_batch_is_nobody_elses(door, stranger, nobody, house) -> None:
    made = send(door, items(house, "one.jpg")).json
    address = made["links"]["self"]
    assert stranger.get(address).json["type"] == "/docs#no-such-batch"
    assert stranger.send("DELETE", address).status_code == 404
    assert stranger.get("/v1/batches").json == {"batches": []}
    assert nobody.get(address).status_code == 401
    assert nobody.post("/v1/avatars:batch", json={}).status_code == 401
    foreign = send(stranger, [{"upload": uploaded(house), "file": "a"}])
    assert foreign.status_code == 422
    assert [each["id"] for each in door.get("/v1/batches").json["batches"]] == [made["id"]]


def test_what_has_not_ended_can_be_called_off(door, house) -> None:
    made = send(door, items(house, "one.jpg", "two.jpg")).json
    end(house, made["id"], 0)
    ended = door.send("DELETE", made["links"]["self"]).json
    assert (ended["state"], ended["counts"]["ready"], ended["counts"]["refused"]) == ("cancelled", 1, 1)
    second = door.get(made["links"]["self"]).json["items"][1]
    assert second["registration"]["refusal"]["code"] == "cancelled"


def test_files_are_shown_by_the_page(door, house) -> None:
    address = send(door, items(house, "one", "two", "three")).json["links"]["self"]
    first = door.get(f"{address}?limit=2").json
    assert ([each["file"] for each in first["items"]], first["next"]) == (["one", "two"], 1)
    rest = door.get(f"{address}?limit=2&after=1").json
    assert ([each["file"] for each in rest["items"]], rest["next"]) == (["three"], None)
    assert door.get(f"{address}?limit=3").json["next"] is None
    for wrong in ("limit=0", "limit=101", "after=x", "limit="):
        assert door.get(f"{address}?{wrong}").json["type"] == "/docs#bad-page"


def test_a_service_that_is_leaving_takes_none(door, house) -> None:
    house.settings.leaving_file.parent.mkdir(parents=True, exist_ok=True)
    house.settings.leaving_file.touch()
    assert send(door, items(house, "one")).status_code == 503
