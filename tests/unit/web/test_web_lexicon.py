"""Owners say how words are spoken, the house says it for everybody, and utterances take the words along."""

from typing import Any
from urllib.parse import quote

import pytest
from conftest import Door

from avatars import lexicons as module

ZWNJ = "\u200c"
TSV = "text/tab-separated-values"


def put(door: Door, word: str, spoken: str, *, house: bool = False, **more: str) -> Any:
    query = "?house=true" if house else ""
    return door.send("PUT", f"/v1/lexicon/{quote(word)}{query}", json={"spoken": spoken, **more})


def lexicon_of(house, answer: Any) -> dict[str, str]:
    assert answer.status_code in (200, 201), answer.json
    return house.utterances.get(answer.json["id"]).manner.get("lexicon", {})


def test_a_word_is_added_shown_replaced_and_removed(door) -> None:
    made = put(door, f"مي{ZWNJ}شود", "میشه", note="گفتاری")
    assert made.status_code == 201
    assert made.headers["Location"] == made.json["links"]["self"]
    shown = door.get(made.json["links"]["self"]).json
    assert shown == made.json
    assert (shown["word"], shown["spoken"], shown["note"]) == (f"می{ZWNJ}شود", "میشه", "گفتاری")
    again = put(door, "می شود", "می‌شَوَد")
    assert (again.status_code, again.json["note"]) == (200, "")
    assert door.get("/v1/lexicon").json["count"] == 1
    assert door.send("DELETE", f"/v1/lexicon/{quote('می شود')}").status_code == 204
    gone = door.get(made.json["links"]["self"])
    assert (gone.status_code, gone.json["type"]) == (404, "/docs#no-such-word")
    assert door.send("DELETE", made.json["links"]["self"]).status_code == 404


def test_a_lexicon_is_nobody_elses(door, stranger, admin) -> None:
    put(door, "ملک", "مُلک")
    for other in (stranger, admin):
        assert other.get("/v1/lexicon").json["entries"] == []
        assert other.get(f"/v1/lexicon/{quote('ملک')}").status_code == 404


def test_a_lexicon_is_listed_by_pages_and_searched(door) -> None:
    for word in ("الف", "بال", "پل", "پلک"):
        put(door, word, "س")
    first = door.get("/v1/lexicon?limit=3").json
    assert (len(first["entries"]), first["count"], first["limit"]) == (3, 4, 10_000)
    rest = door.get("/v1/lexicon", query_string={"limit": 3, "after": first["next"]}).json
    assert (len(rest["entries"]), rest["next"]) == (1, None)
    found = door.get("/v1/lexicon", query_string={"q": "پل"}).json["entries"]
    assert {each["word"] for each in found} == {"پل", "پلک"}
    assert door.get("/v1/lexicon?limit=0").json["type"] == "/docs#bad-page"


@pytest.mark.parametrize(
    ("word", "body", "field"),
    [
        ("مُلک", {"spoken": "مُلک"}, "word"),
        ("یک دو سه چهار پنج", {"spoken": "س"}, "word"),
        ("ملک", {"spoken": "۱۰"}, "spoken"),
        ("ملک", {"spoken": ""}, "spoken"),
        ("ملک", {"spoken": "س", "note": "a\nb"}, "note"),
    ],
)
def test_an_entry_that_cannot_be_one_is_told_by_field(door, word, body, field) -> None:
    answer = door.send("PUT", f"/v1/lexicon/{quote(word)}", json=body)
    assert (answer.status_code, answer.json["type"]) == (422, "/docs#lexicon-wrong")
    assert [each["field"] for each in answer.json["errors"]] == [field]
    assert answer.json["detail_fa"]
    assert door.get("/v1/lexicon").json["count"] == 0


@pytest.mark.parametrize("body", [{}, {"spoken": 1}, {"spoken": "س", "word": "س"}, {"spoken": "a\0"}])
def test_a_body_of_another_shape_is_refused(door, body) -> None:
    answer = door.send("PUT", f"/v1/lexicon/{quote('ملک')}", json=body)
    assert (answer.status_code, answer.json["type"]) == (400, "/docs#wrong-fields")


def test_many_come_as_json_or_as_a_table(door) -> None:
    items = [{"word": "ملک", "spoken": "مِلک"}, {"word": "دل", "spoken": "دِل", "note": "n"}]
    answer = door.post("/v1/lexicon:import", json={"items": items})
    assert (answer.status_code, answer.json["added"], answer.json["replaced"]) == (200, 2, 0)
    table = "word\tspoken\tnote\nملک\tمُلک\nگل\tگُل\tflower\n".encode()
    answer = door.post("/v1/lexicon:import", data=table, content_type=TSV)
    assert answer.json == {"added": 1, "replaced": 1, "count": 3, "limit": 10_000}
    spoken = {each["word"]: each["spoken"] for each in door.get("/v1/lexicon").json["entries"]}
    assert spoken == {"ملک": "مُلک", "دل": "دِل", "گل": "گُل"}


def test_one_wrong_entry_writes_nothing_and_is_named(door) -> None:
    items = [{"word": "ملک", "spoken": "مُلک"}, {"word": "دل", "spoken": "۱"}, {"word": "ملك", "spoken": "م"}]
    answer = door.post("/v1/lexicon:import", json={"items": items})
    assert (answer.status_code, answer.json["type"]) == (422, "/docs#lexicon-wrong")
    assert [each["field"] for each in answer.json["errors"]] == ["items.1.spoken", "items.2.word"]
    table = "ملک\tمُلک\n\nدل\n".encode()
    answer = door.post("/v1/lexicon:import", data=table, content_type=f"{TSV}; charset=utf-8")
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "items.1"
    assert answer.json["errors"][0]["problem"].startswith("line 3 ")
    assert door.get("/v1/lexicon").json["count"] == 0


@pytest.mark.parametrize(
    ("data", "kind", "status", "slug"),
    [
        (b"[]", "application/json", 400, "not-json"),
        (b'{"items": [{"word": "a"}]}', "application/json", 400, "wrong-fields"),
        (b'{"items": ["a"]}', "application/json", 400, "wrong-fields"),
        (b"a\tb", "text/plain", 415, "neither-json-nor-table"),
        ("ملک\tملک".encode("cp1256"), TSV, 400, "not-utf-8"),
    ],
)
def test_what_is_no_lexicon_is_refused(door, data, kind, status, slug) -> None:
    answer = door.post("/v1/lexicon:import", data=data, content_type=kind)
    assert (answer.status_code, answer.json["type"]) == (status, f"/docs#{slug}")


def test_fields_of_an_item_are_named_by_its_place(door) -> None:
    items = [{"word": "a", "spoken": "b"}, {"word": "a", "speak": "b"}]
    answer = door.post("/v1/lexicon:import", json={"items": items})
    assert [each["field"] for each in answer.json["errors"]] == ["items.1.spoken", "items.1.speak"]


def test_a_lexicon_has_an_end(door, monkeypatch) -> None:
    monkeypatch.setattr(module, "MOST_ENTRIES", 1)
    put(door, "ملک", "مُلک")
    answer = put(door, "دل", "دِل")
    assert (answer.status_code, answer.json["type"], answer.json["limit"]) == (409, "/docs#lexicon-full", 1)
    assert put(door, "ملک", "مِلک").status_code == 200


def test_more_lines_than_a_lexicon_holds_are_refused_unread(door) -> None:
    table = "دل\t۱\n" * (module.MOST_ENTRIES + 1)
    answer = door.post("/v1/lexicon:import", data=table.encode(), content_type=TSV)
    assert (answer.status_code, answer.json["type"]) == (409, "/docs#lexicon-full")


def test_only_admins_come_to_the_lexicon_of_the_house(door, admin) -> None:
    for method, path in (("GET", ""), ("GET", "/a"), ("PUT", "/a"), ("DELETE", "/a"), ("POST", ":import")):
        answer = door.send(method, f"/v1/lexicon{path}?house=true", json={"spoken": "b"})
        assert (answer.status_code, answer.json["type"]) == (403, "/docs#house-for-admins")
    made = put(admin, "ملک", "مِلک", house=True)
    assert made.status_code == 201
    assert admin.get(made.headers["Location"]).json == made.json
    assert admin.get("/v1/lexicon?house=true").json["count"] == 1
    assert admin.get("/v1/lexicon").json["count"] == 0
    assert admin.get("/v1/lexicon?house=yes").json["type"] == "/docs#wrong-fields"


def test_an_utterance_takes_the_words_of_its_text_along(door, stranger, admin, house) -> None:
    put(admin, "ملک", "مِلک", house=True)
    put(admin, "دل", "دِل", house=True)
    put(door, "ملک", "مُلک")
    put(door, "گل", "گُل")
    text = f"ملک{ZWNJ}ها و دل."
    assert lexicon_of(house, door.speak(text=text)) == {"ملک": "مُلک", "دل": "دِل"}
    assert lexicon_of(house, stranger.speak(text=text)) == {"ملک": "مِلک", "دل": "دِل"}
    assert lexicon_of(house, door.speak(text="مُلک")) == {}


def test_an_utterance_keeps_its_words_when_the_lexicon_changes(door, house) -> None:
    key = {"Idempotency-Key": "k"}
    put(door, "ملک", "مُلک")
    body = {"avatar": "samira", "text": "ملک"}
    first = door.post("/v1/utterances", json=body, headers=key)
    put(door, "ملک", "مِلک")
    again = door.post("/v1/utterances", json=body, headers=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert lexicon_of(house, again) == {"ملک": "مُلک"}
    other = door.post("/v1/utterances", json={**body, "language": "fa"}, headers=key)
    assert (other.status_code, other.json["type"]) == (409, "/docs#key-reused")


def test_nobody_without_a_token_sees_a_lexicon(nobody) -> None:
    assert nobody.get("/v1/lexicon").status_code == 401
    assert nobody.put("/v1/lexicon/a", json={"spoken": "b"}).status_code == 401


def test_a_page_elsewhere_may_put(nobody) -> None:
    answer = nobody.options("/v1/lexicon/a", headers={"Origin": "https://app.example"})
    assert answer.status_code == 204
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
