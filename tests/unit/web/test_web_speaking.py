"""POST, GET and DELETE of utterances, and every bad body there is."""

import io
from dataclasses import replace
from typing import Any

import kombu.exceptions
import pytest
from conftest import WORKER

from lipsync.text.caption_style import CaptionStyle
from tasks.chunks import Chunk
from tasks.errors import StreamUnreachable
from tasks.stream import StreamState


def test_a_post_makes_row_and_stream_before_it_rings_the_doorbell(door, house, rung) -> None:
    seen: list[tuple[str, StreamState]] = []

    def ring(sid: str, _: str) -> None:
        seen.append((house.utterances.get(sid).state, house.stream.meta(sid).state))

    object.__setattr__(house, "ring", ring)
    answer = door.speak()
    assert answer.status_code == 201
    assert seen == [("queued", StreamState.QUEUED)]


def test_the_answer_tells_where_to_watch_and_what_was_chosen(door, house, rung) -> None:
    answer = door.speak(seed=7)
    made = answer.json
    assert answer.headers["Location"] == f"/v1/utterances/{made['id']}"
    assert made["stream"]["url"] == f"/v1/utterances/{made['id']}/stream"
    assert made["stream"]["epoch"] == house.stream.meta(made["id"]).epoch
    assert house.stream.redeem_ticket(made["stream"]["ticket"]) == made["id"]
    assert (made["state"], made["position"]) == ("queued", None)
    assert made["warnings"] == []
    assert (made["voice"], made["voice_from"]) == ("fa-woman", "avatar")
    assert (made["size"], made["captions"], made["seed"]) == ("512x512", True, 7)
    assert rung == [made["id"]]


def test_a_voice_of_ones_own_is_taken(door) -> None:
    made = door.speak(voice="fa", size="720x1280", captions=False).json
    assert (made["voice"], made["voice_from"], made["size"]) == ("fa", "request", "720x1280")


TEXTS = [
    ("", 422, "text-empty"),
    ("  \n\t ", 422, "text-empty"),
    ("😀😃🎉", 422, "text-silent"),
    ("س" * 20_000, 422, "text-too-long"),
    ("سلام \ud800 دنیا", 422, "text-broken"),
    ("سلام\x00دنیا", 422, "text-broken"),
]


@pytest.mark.parametrize(
    ("text", "status", "slug"), TEXTS, ids=[slug + str(n) for n, (_, _, slug) in enumerate(TEXTS)]
)
def test_a_text_that_cannot_be_spoken_is_refused_and_leaves_nothing(door, house, text, status, slug) -> None:
    answer = door.speak(text=text)
    assert answer.status_code == status
    assert answer.json["type"] == f"/docs#{slug}"
    assert answer.json["detail"]
    assert answer.json["detail_fa"]
    assert house.utterances.count_by_state() == {}
    assert house.stream.waiting() == 0


def test_a_long_text_is_told_the_limit(door) -> None:
    problem = door.speak(text="س" * 20_000).json
    assert problem["length"] == 20_000
    assert problem["limit"] < 20_000


def test_bidi_overrides_are_accepted_as_written(door, house) -> None:
    text = "\u202eسلام\u202c دنیا\u2066!\u2069"
    answer = door.speak(text=text)
    assert answer.status_code == 201
    assert house.utterances.get(answer.json["id"]).text == text


@pytest.mark.parametrize(
    ("fields", "slug", "known"),
    [
        ({"avatar": "nobody"}, "unknown-avatar", ["samira"]),
        ({"voice": "en-robot"}, "unknown-voice", ["en", "fa", "fa-woman", "de", "cmn"]),
        ({"size": "500x400"}, "unknown-size", ["256x256 to 1024x1024 (square, even)", "720x1280"]),
        ({"size": "257x257"}, "unknown-size", None),
        ({"size": "2048x2048"}, "unknown-size", None),
        ({"size": "512X512"}, "unknown-size", None),
        ({"size": "٥١٢x٥١٢"}, "unknown-size", None),
    ],
)
def test_an_unknown_name_is_refused_with_the_known_ones(door, fields, slug, known) -> None:
    answer = door.speak(**fields)
    assert answer.status_code == 422
    assert answer.json["type"] == f"/docs#{slug}"
    assert answer.json["known"] == known or known is None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": 5}, "text"),
        ({"text": None}, "text"),
        ({"text": ["سلام"]}, "text"),
        ({"avatar": 1}, "avatar"),
        ({"avatar": "\ud800"}, "avatar"),
        ({"avatar": "samira\0"}, "avatar"),
        ({"voice": "fa\0"}, "voice"),
        ({"voice": 0}, "voice"),
        ({"size": 512}, "size"),
        ({"captions": "yes"}, "captions"),
        ({"captions": 1}, "captions"),
        ({"seed": "7"}, "seed"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**40}, "seed"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_field_of_another_type_or_name_is_refused_by_name(door, fields: dict[str, Any], field: str) -> None:
    answer = door.speak(**fields)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert "avatar" in answer.json["allowed"]


@pytest.mark.parametrize(
    "address",
    ["/v1/utterances/a%00", "/v1/utterances?before=%00", "/v1/avatars/a%00", "/v1/avatars?after=%00",
     "/v1/avatars?q=%00"],
)  # fmt: skip
def test_a_null_character_in_an_address_is_refused_before_a_database_sees_it(door, address: str) -> None:
    answer = door.get(address)
    assert (answer.status_code, answer.json["type"]) == (400, "/docs#null-in-address")


def test_missing_and_wrong_fields_are_all_named_at_once(door) -> None:
    answer = door.post("/v1/utterances", json={"text": "سلام", "size": 5})
    assert {error["field"] for error in answer.json["errors"]} == {"avatar", "size"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b'{"text":' + b"[" * 100_000,
        b'{"seed":' + b"9" * 6000 + b"}",
        b'{"avatar":"samira","text":"one","text":"another"}',
    ],
)
def test_a_body_that_is_no_json_object_is_refused(door, body: bytes) -> None:
    answer = door.post("/v1/utterances", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json["type"] == "/docs#not-json"


def test_a_body_of_another_type_is_refused(door) -> None:
    assert door.post("/v1/utterances", data="text=hi").status_code == 415


def test_a_body_beyond_all_measure_is_refused(door) -> None:
    answer = door.post("/v1/utterances", data=b" " * 300_000, content_type="application/json")
    assert answer.status_code == 413
    assert answer.json["limit_bytes"] == 256 * 1024
    assert "5000 characters" in answer.json["detail"]
    assert "open" in answer.json["detail"]
    assert "5000 نویسه" in answer.json["detail_fa"]


def test_a_body_that_is_refused_is_read_so_that_its_connection_can_be_kept(door) -> None:
    body = io.BytesIO(b" " * 2_000_000)
    answer = door.post(
        "/v1/utterances", input_stream=body, content_length=2_000_000, content_type="application/json"
    )
    assert answer.status_code == 413
    assert body.tell() == 2_000_000


def test_a_full_queue_answers_when_to_come_back_and_leaves_nothing_behind(door, house) -> None:
    for _ in range(3):
        assert door.speak().status_code == 201
    answer = door.speak()
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == str(answer.json["retry_after_s"])
    assert answer.json["limit"] == 3
    assert house.utterances.count_by_state() == {"queued": 3}


def test_without_redis_nothing_is_left_behind(door, house, monkeypatch, rung) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise StreamUnreachable("no route to 10.0.0.7")

    monkeypatch.setattr(house.stream, "create", unreachable)
    answer = door.speak()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "10.0.0.7" not in answer.text
    assert house.utterances.count_by_state() == {}
    assert rung == []


def test_a_doorbell_that_does_not_ring_leaves_a_stream_that_the_reaper_finds(door, house) -> None:
    def silent(*_: str) -> None:
        raise kombu.exceptions.OperationalError("broker away")

    object.__setattr__(house, "ring", silent)
    answer = door.speak()
    assert answer.status_code == 201
    assert house.stream.overdue(4e9) == [answer.json["id"]]


def test_before_any_worker_was_warm_a_post_is_asked_to_wait(door, redis) -> None:
    redis.flushall()
    answer = door.speak()
    assert answer.status_code == 503
    assert answer.json["type"] == "/docs#no-worker-yet"
    assert answer.headers["Retry-After"] == "2"


def test_while_all_workers_restart_the_last_ones_offer_still_counts(door, house) -> None:
    house.catalogue.withdraw("worker-1")
    assert door.speak().status_code == 201


def test_the_same_idempotency_key_means_the_same_utterance(door, stranger, rung) -> None:
    key = {"Idempotency-Key": "one"}
    body = {"avatar": "samira", "text": "سلام"}
    first = door.post("/v1/utterances", json=body, headers=key)
    again = door.post("/v1/utterances", json=body, headers=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json["id"] == again.json["id"]
    assert first.json["stream"]["ticket"] != again.json["stream"]["ticket"]
    assert rung == [first.json["id"]]
    other = door.post("/v1/utterances", json={**body, "text": "خدانگهدار"}, headers=key)
    assert other.status_code == 409
    assert stranger.post("/v1/utterances", json=body, headers=key).json["id"] != first.json["id"]


def test_a_key_that_comes_again_with_another_seed_is_refused(door) -> None:
    key = {"Idempotency-Key": "seeded"}
    body = {"avatar": "samira", "text": "سلام"}
    first = door.post("/v1/utterances", json={**body, "seed": 1}, headers=key)
    assert door.post("/v1/utterances", json={**body, "seed": 1}, headers=key).json["id"] == first.json["id"]
    for other in ({**body, "seed": 2}, body):
        answer = door.post("/v1/utterances", json=other, headers=key)
        assert (answer.status_code, answer.json["type"]) == (409, "/docs#key-reused")


def test_of_two_posts_at_once_under_one_key_the_second_is_judged_by_the_row_that_is_there(
    door, house, monkeypatch
) -> None:
    key = {"Idempotency-Key": "race"}
    body = {"avatar": "samira", "text": "سلام"}
    door.post("/v1/utterances", json=body, headers=key)
    found = house.utterances.get_owned
    looks: list[object] = []

    def blind_at_first(*asked: str) -> object:
        looks.append(asked)
        return None if len(looks) % 2 else found(*asked)

    monkeypatch.setattr(house.utterances, "get_owned", blind_at_first)
    other = door.post("/v1/utterances", json={**body, "text": "خدانگهدار"}, headers=key)
    assert (other.status_code, other.json["type"]) == (409, "/docs#key-reused")


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        (True, CaptionStyle()),
        ({}, CaptionStyle()),
        ({"back": "stroke", "size": 9, "spoken": None}, CaptionStyle(back="stroke", size=9, spoken=None)),
    ],
)
def test_captions_in_the_pictures_are_kept_as_they_were_asked_for(door, house, asked, kept) -> None:
    made = door.speak(burned=asked).json
    assert house.utterances.get(made["id"]).manner["burned"] == kept.to_json()


def test_captions_that_no_worker_can_draw_are_refused_with_the_way_out(door, house) -> None:
    house.catalogue.announce(replace(WORKER, draws_captions=False))
    house.catalogue._remembered = (float("-inf"), ())
    answer = door.speak(burned=True)
    assert (answer.status_code, answer.json["type"]) == (422, "/docs#captions-undrawable")
    assert "scripts/fonts.sh" in answer.json["detail"]
    assert door.speak().status_code == 201


def test_the_look_of_captions_is_told_with_the_utterance(door) -> None:
    made = door.speak(burned={"back": "stroke"}).json
    assert door.get(f"/v1/utterances/{made['id']}").json["burned"]["back"] == "stroke"


def test_no_captions_are_drawn_unless_they_are_asked_for(door, house) -> None:
    for fields in ({}, {"burned": False}):
        assert "burned" not in house.utterances.get(door.speak(**fields).json["id"]).manner


@pytest.mark.parametrize(
    ("look", "field"),
    [
        ({"back": "glow"}, "back"), ({"size": 2}, "size"), ({"size": 99}, "size"), ("yes", "burned"),
        ({"opacity": 101}, "opacity"), ({"font": "x"}, "font"), ({"behind": "#fff"}, "behind"),
        ({"colour": "red"}, "colour"),
    ],
)  # fmt: skip
def test_a_look_that_captions_cannot_have_is_refused_by_its_field(door, look, field: str) -> None:
    answer = door.speak(burned=look)
    assert answer.status_code == 400
    assert field in str(answer.json["errors"])


def test_a_key_that_comes_again_with_other_captions_is_refused(door) -> None:
    key = {"Idempotency-Key": "captioned"}
    body = {"avatar": "samira", "text": "سلام"}
    first = door.post("/v1/utterances", json={**body, "burned": True}, headers=key)
    assert first.status_code == 201
    assert door.post("/v1/utterances", json=body, headers=key).status_code == 409


def test_seeds_differ_where_none_is_asked_for(door) -> None:
    seeds = {door.speak().json["seed"] for _ in range(3)}
    assert len(seeds) == 3
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_a_place_is_told_only_to_those_for_whom_there_is_no_room(door, house) -> None:
    house.catalogue.announce(replace(WORKER, streams=1))
    first, second, third = (door.speak().json for _ in range(3))
    assert [made["position"] for made in (first, second, third)] == [None, 1, 2]
    house.stream.claim(first["id"], "worker-1:boot:1")
    assert door.get(f"/v1/utterances/{second['id']}").json["position"] == 1
    assert door.get(f"/v1/utterances/{first['id']}").json["position"] is None


def test_while_no_worker_is_warm_everybody_waits(door, house) -> None:
    house.catalogue.withdraw("worker-1")
    assert door.speak().json["position"] == 1


def test_a_voice_that_reads_no_letter_of_the_text_is_refused_with_those_that_do(door, rung) -> None:
    answer = door.speak(voice="en")
    assert (answer.status_code, answer.json["type"]) == (422, "/docs#voice-cannot-speak")
    assert answer.json["known"] == ["fa", "fa-woman"]
    assert "Arabic" in answer.json["detail"]
    assert rung == []


def test_letters_that_a_voice_only_spells_are_warned_of(door) -> None:
    made = door.speak(voice="en", text="Say سلام to her.")
    assert made.status_code == 201
    (warning,) = made.json["warnings"]
    assert (warning["code"], warning["letters"]) == ("voice-spells", 4)
    assert warning["known"] == ["fa", "fa-woman"]
    assert "Arabic" in warning["detail"]
    assert "۴" in warning["detail_fa"] or "4" in warning["detail_fa"]


def test_latin_words_in_a_persian_text_are_nothing_to_warn_of(door) -> None:
    assert door.speak(text="سلام Sara، ساعت 12 است.").json["warnings"] == []


def test_a_service_that_is_stopping_takes_nothing_new_and_says_when_to_come_back(door, house, rung) -> None:
    key = {"Idempotency-Key": "before"}
    body = {"avatar": "samira", "text": "سلام"}
    made = door.post("/v1/utterances", json=body, headers=key).json
    house.settings.leaving_file.parent.mkdir(parents=True)
    house.settings.leaving_file.write_text("1")
    answer = door.speak()
    assert (answer.status_code, answer.json["type"]) == (503, "/docs#service-leaving")
    assert answer.headers["Retry-After"] == "10"
    assert rung == [made["id"]]
    # What was taken before is still told of and can still be resumed.
    assert door.post("/v1/utterances", json=body, headers=key).status_code == 200
    assert door.post(f"/v1/utterances/{made['id']}/tickets").status_code == 201


def test_an_utterance_of_another_looks_like_none(door, stranger) -> None:
    made = door.speak().json
    path = f"/v1/utterances/{made['id']}"
    assert door.get(path).json["text"] == "سلام دنیا"
    for method, tail in [("GET", ""), ("DELETE", ""), ("POST", "/tickets"), ("GET", "/video.mp4")]:
        answer = stranger.send(method, path + tail)
        assert (method, tail, answer.status_code) == (method, tail, 404)
    assert stranger.get("/v1/utterances").json == {"utterances": [], "next": None}


def test_utterances_are_listed_newest_first_by_pages(door) -> None:
    ids = [door.speak().json["id"] for _ in range(3)]
    first = door.get("/v1/utterances?limit=2").json
    assert [row["id"] for row in first["utterances"]] == [ids[2], ids[1]]
    second = door.get(f"/v1/utterances?limit=2&before={first['next']}").json
    assert [row["id"] for row in second["utterances"]] == [ids[0]]
    assert second["next"] is None


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "", "1e2", "9" * 5000])
def test_a_page_of_another_length_is_refused(door, limit: str) -> None:
    assert door.get(f"/v1/utterances?limit={limit}").status_code == 400


def test_another_ticket_lets_in_once(door, house) -> None:
    made = door.speak().json
    answer = door.post(f"/v1/utterances/{made['id']}/tickets")
    assert answer.status_code == 201
    assert house.stream.redeem_ticket(answer.json["ticket"]) == made["id"]
    assert house.stream.redeem_ticket(answer.json["ticket"]) is None


def test_a_waiting_utterance_is_cancelled_at_once(door, house) -> None:
    made = door.speak().json
    answer = door.send("DELETE", f"/v1/utterances/{made['id']}")
    assert (answer.status_code, answer.json["state"]) == (200, "cancelled")
    assert house.stream.meta(made["id"]).state is StreamState.CANCELLED


def test_a_running_utterance_is_left_to_its_worker_to_cancel(door, house) -> None:
    made = door.speak().json
    house.stream.claim(made["id"], "worker-1:boot:1")
    answer = door.send("DELETE", f"/v1/utterances/{made['id']}")
    assert (answer.status_code, answer.json["state"]) == (202, "queued")
    assert house.stream.cancel_requested(made["id"])


def test_cancelling_what_has_just_ended_does_not_turn_it_into_a_cancelled_one(door, house) -> None:
    made = door.speak().json
    claim = house.stream.claim(made["id"], "worker-1:boot:1")
    house.utterances.mark_running(made["id"])
    end = Chunk(epoch=claim.epoch, gen=claim.gen, seq=claim.next, kind="end", utterance=made["id"])
    house.stream.publish(claim.gen, end)
    assert door.send("DELETE", f"/v1/utterances/{made['id']}").json["state"] == "running"
    house.utterances.mark_done(made["id"], 0, 0, 0)
    answer = door.send("DELETE", f"/v1/utterances/{made['id']}")
    assert (answer.status_code, answer.json["state"]) == (200, "done")


def test_the_services_usual_engine_draws_where_nobody_asks_for_another(door, house, redis) -> None:
    painting = replace(WORKER, engines=("warp", "wav2lip"))
    house.catalogue.announce(painting)
    object.__setattr__(house, "settings", replace(house.settings, engine="wav2lip"))
    usual, asked = door.speak(), door.speak(engine="warp")
    rows = [house.utterances.get(answer.json["id"]) for answer in (usual, asked)]
    assert [row.engine for row in rows] == ["wav2lip", "warp"]
    # Each waits in the line of its engine.
    assert (house.stream.waiting(painted=True), house.stream.waiting(painted=False)) == (1, 1)
