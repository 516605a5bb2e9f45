"""SSML, languages, rate, pitch and volume, as a caller asks for them."""

import pytest

from lipsync.text.ssml import LONGEST_SOURCE
from tasks.manner import Manner


def manner_of(house, made) -> Manner:
    return Manner.from_json(house.utterances.get(made["id"]).manner)


def test_rate_pitch_and_volume_are_kept_with_the_row(door, house) -> None:
    made = door.speak(rate=1.5, pitch=-3, volume=2.5).json
    assert manner_of(house, made) == Manner(rate=1.5, pitch_semitones=-3, volume_db=2.5)
    assert house.utterances.get(door.speak().json["id"]).manner == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rate", 0.4), ("rate", 2.1), ("rate", "fast"), ("rate", None), ("pitch", 12.5), ("pitch", -13),
        ("volume", 7), ("volume", -21), ("volume", True), ("ssml", "yes"), ("language", "x"),
    ],
)  # fmt: skip
def test_a_measure_out_of_range_is_refused_by_its_field(door, field, value) -> None:
    answer = door.speak(**{field: value})
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_a_measure_that_is_no_number_is_refused(door) -> None:
    body = b'{"avatar": "samira", "text": "x", "rate": NaN}'
    answer = door.post("/v1/utterances", data=body, content_type="application/json")
    assert answer.status_code == 400


def test_a_text_that_begins_with_speak_is_ssml_and_is_shown_without_tags(door, house) -> None:
    source = "<speak>سلام <break time='1s'/><prosody rate='fast'>دنیا</prosody>. چطوری؟</speak>"
    made = door.speak(text=source).json
    assert made["shown"] == "سلام دنیا. چطوری؟"
    assert made["cues"] == [[[0, 10]], [[11, 17]]]
    row = house.utterances.get(made["id"])
    assert (row.text, manner_of(house, made).ssml) == (source, True)
    shown = door.get(f"/v1/utterances/{made['id']}").json
    assert (shown["text"], shown["shown"]) == (source, "سلام دنیا. چطوری؟")


def test_a_document_type_is_refused_and_not_read_aloud(door) -> None:
    answer = door.speak(text='<!DOCTYPE speak SYSTEM "x.dtd"><speak>سلام</speak>')
    assert (answer.status_code, answer.json["type"], answer.json["position"]) == (422, "/docs#ssml-wrong", 0)
    assert "leave it out" in answer.json["detail"]


def test_a_refusal_says_the_same_in_persian(door) -> None:
    answer = door.speak(text="<speak><audio src='x'/></speak>")
    assert "7" in answer.json["detail_fa"]
    assert "<audio>" in answer.json["detail_fa"]
    assert "prosody" in answer.json["detail_fa"]


def test_a_text_that_is_said_to_be_plain_is_spoken_with_its_brackets(door, house) -> None:
    made = door.speak(text="<speak>a", ssml=False, voice="en").json
    assert made["shown"] == "<speak>a"
    assert not manner_of(house, made).ssml


def test_a_text_that_is_said_to_be_ssml_must_be(door) -> None:
    answer = door.speak(text="سلام دنیا", ssml=True)
    assert (answer.status_code, answer.json["type"]) == (422, "/docs#ssml-wrong")


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("<speak>سلام", {"position": 0, "element": "speak", "allowed": ["</speak>"]}),
        ("<speak>a<emphasis>b</emphasis></speak>", {"position": 8, "element": "emphasis"}),
        ("<speak><prosody pitch='90Hz'>b</prosody></speak>", {"position": 7, "element": "prosody"}),
        ("<speak>a & b</speak>", {"position": 9, "element": ""}),
    ],
)
def test_wrong_ssml_is_refused_with_its_place_and_leaves_nothing(door, house, text, members) -> None:
    answer = door.speak(text=text)
    assert (answer.status_code, answer.json["type"]) == (422, "/docs#ssml-wrong")
    assert members.items() <= answer.json.items()
    assert answer.json["allowed"]
    assert answer.json["detail_fa"]
    assert house.utterances.count_by_state() == {}


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("<speak/>", "text-empty"),
        ("<speak><break/> 😀 </speak>", "text-silent"),
        ("<speak>" + "a" * 5_001 + "</speak>", "text-too-long"),
        ("<speak>" + "<s/>" * LONGEST_SOURCE + "a</speak>", "text-too-long"),
        ("<speak>a&#0;b</speak>", "text-broken"),
        ("<speak>a\ud800b</speak>", "text-broken"),
    ],
)
def test_what_is_left_without_tags_is_a_text_like_any(door, text, slug) -> None:
    answer = door.speak(text=text)
    assert (answer.status_code, answer.json["type"]) == (422, f"/docs#{slug}")


def test_without_a_voice_the_avatar_speaks_the_language_with_a_voice_of_its_sex(door, house) -> None:
    made = door.speak(text="Guten Tag", language="de-AT").json
    assert (made["voice"], made["language"]) == ("de-woman", "de")
    assert manner_of(house, made).language == "de"


def test_the_language_of_an_ssml_text_counts_as_asked_for(door) -> None:
    made = door.speak(text="<speak xml:lang='zh-CN'>你好。</speak>").json
    assert (made["voice"], made["language"]) == ("cmn-woman", "cmn")


def test_the_avatars_own_voice_stays_where_it_speaks_the_language(door) -> None:
    made = door.speak(language="fa-IR").json
    assert (made["voice"], made["language"]) == ("fa-woman", "fa")


def test_a_voice_of_a_language_may_be_named(door) -> None:
    made = door.speak(text="Guten Tag", voice="de").json
    assert (made["voice"], made["language"]) == ("de", "de")


def test_a_voice_that_does_not_speak_the_language_is_refused_with_those_that_do(door) -> None:
    answer = door.speak(text="Guten Tag", voice="fa", language="de")
    assert (answer.status_code, answer.json["type"]) == (422, "/docs#voice-of-another-language")
    assert answer.json["known"] == ["de", "de-woman"]


@pytest.mark.parametrize(
    "fields", [{"language": "tlh"}, {"text": "<speak>a <lang xml:lang='tlh'>nuqneH</lang></speak>"}]
)
def test_a_language_that_nobody_speaks_is_refused_with_those_there_are(door, fields) -> None:
    answer = door.speak(**fields)
    assert (answer.status_code, answer.json["type"]) == (422, "/docs#unknown-language")
    assert answer.json["known"] == ["de", "cmn", "en", "fa"]


def test_a_script_that_another_voice_says_is_not_held_against_the_first(door) -> None:
    made = door.speak(text="<speak>سلام <lang xml:lang='zh'>你好</lang></speak>")
    assert (made.status_code, made.json["warnings"]) == (201, [])
    spelt = door.speak(text="<speak>سلام 你好</speak>").json
    assert [warning["code"] for warning in spelt["warnings"]] == ["voice-spells"]


def test_one_idempotency_key_holds_for_one_way_of_saying(door) -> None:
    key = {"Idempotency-Key": "k"}
    body = '{"avatar": "samira", "text": "سلام", "rate": 1.5}'.encode()
    first = door.post("/v1/utterances", data=body, content_type="application/json", headers=key)
    again = door.post("/v1/utterances", data=body, content_type="application/json", headers=key)
    other = door.post(
        "/v1/utterances", data=body.replace(b"1.5", b"1.6"), content_type="application/json", headers=key
    )
    assert [answer.status_code for answer in (first, again, other)] == [201, 200, 409]


def test_the_languages_are_told_with_their_voices(door) -> None:
    told = {each["language"]: each for each in door.get("/v1/voices").json["languages"]}
    assert told["cmn"]["aliases"] == ["zh"]
    assert told["de"]["voices"] == ["de", "de-woman"]
    assert told["de"]["title_fa"] == "آلمانی"


@pytest.mark.parametrize(
    ("kind", "text", "told"),
    [
        ("ordinal", "کتاب", True), ("ordinal", "۳", False), ("date", "99/99/99", True),
        ("date", "1403/07/15", False), ("date", "۱۵ مهر", False), ("time", "25:70", True),
        ("time", "10:30", False), ("telephone", "نه", True), ("characters", "abc", False),
    ],
)  # fmt: skip
def test_what_is_not_what_say_as_says_is_read_and_told(door, kind, text, told) -> None:
    answer = door.speak(text=f"<speak>سلام <say-as interpret-as='{kind}'>{text}</say-as></speak>")
    assert answer.status_code == 201
    assert [warning["code"] for warning in answer.json["warnings"]] == ["say-as-unread"] * told


def test_signs_that_turn_what_follows_are_counted_in_what_is_shown(door) -> None:
    text = "سلام \u202eabc\u2066 دنیا."
    made = door.speak(text=text).json
    assert made["shown"] == text
    assert made["cues"] == [[[0, len(text)]]]
    tagged = door.speak(text="<speak>سلام &#8238;abc</speak>").json
    assert tagged["shown"] == "سلام \u202eabc"
