"""Appending to a text over HTTP: what is acknowledged is in the row, and every refusal says why."""

import json
from typing import Any

import pytest

from lipsync.text.checks import LONGEST_TEXT
from web.bodies import AppendBody
from web.refusals import TooManyAppends
from web.socket_writing import answer_to
from web.writing import APPENDS_AT_ONCE, Writing


def opened(door: Any, text: str = "", **fields: Any) -> str:
    answer = door.speak(text=text, open=True, **fields)
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def append(door: Any, sid: str, **fields: Any) -> Any:
    body = json.dumps(fields)
    return door.post(f"/v1/utterances/{sid}/text", data=body, content_type="application/json")


def test_an_open_text_may_be_empty_and_tells_where_more_of_it_goes(door, house) -> None:
    made = door.speak(text="", open=True).json
    assert made["text"]["url"] == f"/v1/utterances/{made['id']}/text"
    assert (made["text"]["length"], made["text"]["open"], made["cues"]) == (0, True, [])
    assert house.stream.redeem_ticket(made["text"]["ticket"]) == f"{made['id']}/text"
    assert house.stream.redeem_ticket(made["stream"]["ticket"]) == made["id"]
    assert door.get(made["links"]["self"]).json["open"] is True
    assert "text" not in door.speak().json


def test_what_is_appended_is_in_the_row_and_its_worker_is_told(door, house) -> None:
    sid = opened(door, "سلام")
    assert append(door, sid, text=" دنیا", at=4).json == {"length": 9, "open": True}
    assert house.utterances.get(sid).text == "سلام دنیا"
    assert house.stream.await_text(sid, 0.01)
    assert append(door, sid, flush=True).json == {"length": 9, "open": True}
    assert house.utterances.get(sid).flushed == 9
    assert append(door, sid, text="!", end=True).json == {"length": 10, "open": False}
    shown = door.get(f"/v1/utterances/{sid}").json
    assert (shown["text"], shown["open"]) == ("سلام دنیا!", False)


def test_a_request_that_is_repeated_changes_nothing(door, house) -> None:
    sid = opened(door)
    for _ in range(3):
        assert append(door, sid, text="یک", at=0).json["length"] == 2
    assert append(door, sid, text=" دو", at=2).json["length"] == 5
    assert append(door, sid, text="یک", at=0).json["length"] == 5
    for _ in range(2):
        assert append(door, sid, text=" سه", at=5, flush=True, end=True).json == {"length": 8, "open": False}
    assert append(door, sid, end=True).status_code == 200
    assert house.utterances.get(sid).text == "یک دو سه"


@pytest.mark.parametrize("at", [0, 3, 9])
def test_a_gap_is_told_with_the_true_length(door, at: int) -> None:
    sid = opened(door, "یک دو")
    answer = append(door, sid, text="سه", at=at)
    assert (answer.status_code, answer.json["type"]) == (409, "/docs#text-elsewhere")
    assert (answer.json["length"], answer.json["asked"]) == (5, at)


def test_a_text_that_cannot_be_appended_to_says_why(door, stranger, house) -> None:
    over = opened(door)
    door.send("DELETE", f"/v1/utterances/{over}")
    whole, ended, full = door.speak().json["id"], opened(door), opened(door)
    append(door, ended, text="یک", end=True)
    append(door, full, text="س" * LONGEST_TEXT)
    told = {
        slug: append(door, sid, text="x")
        for slug, sid in (
            ("text-not-open", whole), ("text-ended", ended), ("utterance-over", over),
            ("text-too-long", full), ("no-such-utterance", "0" * 32),
        )
    }
    assert {slug: answer.json["type"] for slug, answer in told.items()} == {s: f"/docs#{s}" for s in told}
    assert [answer.status_code for answer in told.values()] == [409, 409, 409, 422, 404]
    assert told["text-ended"].json["length"] == 2
    assert told["utterance-over"].json["state"] == "cancelled"
    assert append(stranger, full, end=True).status_code == 404
    assert append(door, full, end=True).status_code == 200


@pytest.mark.parametrize(
    ("fields", "status", "slug"),
    [
        ({}, 400, "wrong-fields"),
        ({"text": ""}, 400, "wrong-fields"),
        ({"text": 5}, 400, "wrong-fields"),
        ({"text": "x", "at": -1}, 400, "wrong-fields"),
        ({"text": "x", "at": True}, 400, "wrong-fields"),
        ({"text": "x", "when": 1}, 400, "wrong-fields"),
        ({"text": "\ud83d"}, 422, "text-broken"),
        ({"text": "\ude00 x"}, 422, "text-broken"),
        ({"text": "a\x00b"}, 422, "text-broken"),
        ({"text": "س" * (LONGEST_TEXT + 1)}, 422, "text-too-long"),
    ],
)
def test_what_is_no_text_is_refused_and_changes_nothing(door, house, fields, status, slug) -> None:
    sid = opened(door, "یک")
    answer = append(door, sid, **fields)
    assert (answer.status_code, answer.json["type"]) == (status, f"/docs#{slug}")
    assert house.utterances.get(sid).text == "یک"


def test_a_body_longer_than_a_message_may_be_is_refused(door) -> None:
    answer = append(door, opened(door), text="x" * 70_000)
    assert answer.status_code == 413


def test_a_repeated_post_means_the_same_utterance_however_its_text_has_grown(door) -> None:
    headers = {"Idempotency-Key": "k"}
    body = {"avatar": "samira", "text": "یک", "open": True}
    sid = door.post("/v1/utterances", json=body, headers=headers).json["id"]
    append(door, sid, text=" دو", end=True)
    again = door.post("/v1/utterances", json=body, headers=headers)
    assert (again.status_code, again.json["id"], again.json["text"]["length"]) == (200, sid, 5)
    for other in ({**body, "text": "دو"}, {**body, "open": False}):
        assert door.post("/v1/utterances", json=other, headers=headers).status_code == 409


def test_a_ticket_to_write_is_asked_for_by_name(door, house) -> None:
    sid = opened(door)
    path = f"/v1/utterances/{sid}/tickets"
    assert house.stream.redeem_ticket(door.post(path).json["ticket"]) == sid
    assert house.stream.redeem_ticket(door.post(path, json={"write": True}).json["ticket"]) == f"{sid}/text"
    assert door.post(path, json={"write": "yes"}).status_code == 400


def test_pieces_that_come_too_fast_are_slowed_down(door, house) -> None:
    now_s = [0.0]
    writing = Writing(house.utterances, house.stream, house.lexicons, clock=lambda: now_s[0])
    sid, other, piece = opened(door), opened(door), AppendBody(text="x")
    for _ in range(APPENDS_AT_ONCE):
        writing.append(sid, piece)
    with pytest.raises(TooManyAppends):
        writing.append(sid, piece)
    writing.append(other, piece)
    now_s[0] += 0.011
    writing.append(sid, piece)
    assert len(house.utterances.get(sid).text) == APPENDS_AT_ONCE + 1


MESSAGES = ("no json", "[]", '{"type": "watch"}', '{"text": "x"}', b"\x00")


@pytest.mark.parametrize("message", [*MESSAGES, '{"type": "text", "text": "\\ud800"}'])
def test_a_message_that_says_nothing_is_answered_and_changes_nothing(door, house, message) -> None:
    sid = opened(door, "یک")
    answer = json.loads(answer_to(house.writing.append, sid, message))
    assert answer["type"] == "refused"
    assert answer["problem"]["status"] in {400, 422}
    assert house.utterances.get(sid).text == "یک"


def test_a_message_over_the_socket_does_what_the_request_does(door, house) -> None:
    sid = opened(door, "یک")

    def say(**fields: Any) -> Any:
        return json.loads(answer_to(house.writing.append, sid, json.dumps({"type": "text", **fields})))

    assert say(text=" دو", at=2) == {"type": "text", "length": 5, "open": True}
    assert say(text="x", at=1)["problem"]["length"] == 5
