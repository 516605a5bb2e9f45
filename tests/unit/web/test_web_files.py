"""Finished files, previews, lists, the page and its modules."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from conftest import WORKER

from avatars.voice_files import sample_key
from tasks.catalogue import UnknownSize, VoiceCard, parse_size
from web import page_routes

VIDEO = bytes(range(256)) * 40


@pytest.fixture
def done(door, house):
    """An utterance whose files are there."""
    sid = door.speak().json["id"]
    house.utterances.mark_running(sid)
    house.utterances.mark_done(sid, 3, 60, 2400)
    keys = (f"utterances/{sid}/video.mp4", f"utterances/{sid}/captions.vtt")
    house.storage.put(keys[0], VIDEO)
    house.storage.put(keys[1], "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nسلام".encode())
    house.utterances.set_files(sid, *keys, len(VIDEO))
    return f"/v1/utterances/{sid}"


def test_a_finished_video_is_sent_whole(door, done) -> None:
    answer = door.get(f"{done}/video.mp4")
    assert answer.status_code == 200
    assert answer.data == VIDEO
    assert answer.content_type == "video/mp4"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert door.get(done).json["video"] == f"{done}/video.mp4"
    assert door.get(done).json["duration_ms"] == 2400


@pytest.mark.parametrize(
    ("asked", "first", "last"), [("bytes=0-9", 0, 9), ("bytes=100-", 100, 10239), ("bytes=-5", 10235, 10239)]
)
def test_a_range_of_it_is_sent_in_part(door, done, asked: str, first: int, last: int) -> None:
    answer = door.get(f"{done}/video.mp4", headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/10240"
    assert answer.data == VIDEO[first : last + 1]


@pytest.mark.parametrize("asked", ["frames=0-9", "bytes=0-9,100-109", "bytes=x", "bytes=9-5", "0-9"])
def test_a_range_that_is_not_one_of_bytes_is_answered_with_the_whole(door, done, asked: str) -> None:
    answer = door.get(f"{done}/video.mp4", headers={"Range": asked})
    assert (answer.status_code, answer.data) == (200, VIDEO)
    assert "Content-Range" not in answer.headers
    assert answer.headers["Accept-Ranges"] == "bytes"


def test_a_range_means_nothing_where_no_body_is_sent(door, done) -> None:
    answer = door.send("HEAD", f"{done}/video.mp4", headers={"Range": "bytes=0-9"})
    assert (answer.status_code, answer.headers["Content-Length"]) == (200, "10240")


def test_a_range_outside_is_told_the_length(door, done) -> None:
    answer = door.get(f"{done}/video.mp4", headers={"Range": "bytes=20000-"})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == "bytes */10240"
    assert answer.json["status"] == 416


def test_an_unchanged_file_is_not_sent_again(door, done) -> None:
    etag = door.get(f"{done}/video.mp4").headers["ETag"]
    assert door.get(f"{done}/video.mp4", headers={"If-None-Match": etag}).status_code == 304
    stale = door.get(f"{done}/video.mp4", headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    assert (stale.status_code, len(stale.data)) == (200, len(VIDEO))


def test_captions_are_sent_as_webvtt(door, done) -> None:
    answer = door.get(f"{done}/captions.vtt")
    assert answer.content_type == "text/vtt; charset=utf-8"
    assert answer.text.endswith("سلام")


def test_captions_are_sent_as_subrip_too(door, done) -> None:
    answer = door.get(f"{done}/captions.srt")
    assert answer.content_type == "application/x-subrip; charset=utf-8"
    assert answer.text == "1\r\n00:00:00,000 --> 00:00:01,500\r\n\u200f\u202bسلام\u202c\r\n\r\n"
    assert door.get(done).json["srt"] == f"{done}/captions.srt"
    again = door.get(f"{done}/captions.srt", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_file_that_is_not_there_yet_is_told_with_the_state(door, house) -> None:
    made = door.speak().json
    path = f"/v1/utterances/{made['id']}/video.mp4"
    answer = door.get(path)
    assert (answer.status_code, answer.json["state"]) == (409, "queued")
    house.utterances.mark_done(made["id"], 1, 5, 200)
    answer = door.get(path)
    assert (answer.status_code, answer.headers["Retry-After"]) == (409, "1")


def test_a_cancelled_utterance_never_has_a_file(door) -> None:
    made = door.speak().json
    door.send("DELETE", f"/v1/utterances/{made['id']}")
    answer = door.get(f"/v1/utterances/{made['id']}/video.mp4")
    assert (answer.status_code, answer.json["type"]) == (409, "/docs#never-finished")


def test_an_expired_file_is_gone(door, house, done) -> None:
    house.utterances.mark_expired(done.rpartition("/")[2], datetime.now(UTC))
    assert door.get(f"{done}/video.mp4").status_code == 410


def test_captions_not_asked_for_are_not_there(door, house) -> None:
    sid = door.speak(captions=False).json["id"]
    house.utterances.mark_done(sid, 1, 5, 200)
    assert door.get(f"/v1/utterances/{sid}/captions.vtt").status_code == 404
    assert door.get(f"/v1/utterances/{sid}/captions.srt").status_code == 404


def test_avatars_are_shown_with_their_pictures(door) -> None:
    (samira,) = door.get("/v1/avatars").json["avatars"]
    assert (samira["id"], samira["title_fa"], samira["voice"]) == ("samira", "سمیرا", "fa-woman")
    shown = door.get("/v1/avatars/samira").json
    assert samira.items() <= shown.items()
    picture = door.get(samira["preview"])
    assert (picture.content_type, picture.data) == ("image/jpeg", b"\xff\xd8jpeg")
    assert picture.headers["ETag"]


def test_an_avatar_nobody_registered_is_not_found(door) -> None:
    answer = door.get("/v1/avatars/nobody")
    assert (answer.status_code, answer.json["known"]) == (404, ["samira"])


def test_voices_are_those_that_workers_announce(door) -> None:
    shown = door.get("/v1/voices").json
    assert [voice["name"] for voice in shown["voices"]] == ["fa", "fa-woman", "en"]
    assert shown["sizes"] == ["256x256", "512x512", "1024x1024", "720x1280"]


def test_a_voice_is_shown_with_its_licence_its_engine_its_speed_and_its_sample(door, house) -> None:
    piper = VoiceCard(
        name="fa-amir", language="fa", title_fa="امیر", title_en="Amir", licence="CC0-1.0", engine="piper",
        real_time_factor=0.08, sample="0123456789abcdef",
    )  # fmt: skip
    house.catalogue.announce(replace(WORKER, voices=[*WORKER.voices, piper]))
    house.storage.put(sample_key("fa-amir"), b"RIFF....WAVE")
    plain, shown = (door.get("/v1/voices").json["voices"][place] for place in (0, -1))
    assert (plain["engine"], plain["real_time_factor"], plain["sample"]) == ("espeak-ng", None, None)
    assert shown == {
        "name": "fa-amir", "language": "fa", "title_fa": "امیر", "title_en": "Amir", "licence": "CC0-1.0",
        "engine": "piper", "real_time_factor": 0.08, "sample": "/v1/voices/fa-amir/sample.wav",
    }  # fmt: skip
    sent = door.get(shown["sample"])
    assert (sent.content_type, sent.data) == ("audio/wav", b"RIFF....WAVE")
    assert sent.headers["ETag"] == '"0123456789abcdef"'


def test_a_sample_that_nobody_has_made_or_of_nobody_is_not_found(door) -> None:
    early, unknown = door.get("/v1/voices/fa/sample.wav"), door.get("/v1/voices/klingon/sample.wav")
    assert (early.status_code, early.json["type"]) == (404, "/docs#no-sample-yet")
    assert (unknown.status_code, unknown.json["known"]) == (404, ["fa", "fa-woman", "en"])


def test_sizes_are_told_beside_the_avatars_so_that_a_program_can_choose(door) -> None:
    sizes = door.get("/v1/avatars").json["sizes"]
    assert sizes["default"] == "512x512"
    square = sizes["square_px"]
    asked = [f"{edge}x{edge}" for edge in range(square["smallest"], square["largest"] + 1, square["step"])]
    assert all(parse_size(size) for size in [*asked, *sizes["others"], *sizes["suggested"]])
    with pytest.raises(UnknownSize):
        parse_size(f"{square['largest'] + square['step']}x{square['largest'] + square['step']}")


@pytest.fixture
def studio(tmp_path, monkeypatch):
    (tmp_path / "studio" / "parts").mkdir(parents=True)
    (tmp_path / "secret.js").write_text("secret")
    for name in ("index.html", "player.js", "style.css", "parts/words.mjs", "favicon.svg", "notes.txt"):
        (tmp_path / "studio" / name).write_text(f"/* {name} */")
    monkeypatch.setattr(page_routes, "STUDIO", tmp_path / "studio")
    return tmp_path / "studio"


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/studio/player.js", "text/javascript; charset=utf-8"),
        ("/studio/parts/words.mjs", "text/javascript; charset=utf-8"),
        ("/studio/style.css", "text/css; charset=utf-8"),
        ("/favicon.ico", "image/svg+xml; charset=utf-8"),
    ],
)
def test_each_file_of_the_page_has_its_type_and_the_policy(
    nobody, studio, path: str, content_type: str
) -> None:
    answer = nobody.get(path)
    assert answer.status_code == 200
    assert answer.content_type == content_type
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert nobody.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_a_changed_module_has_another_tag(nobody, studio) -> None:
    before = nobody.get("/studio/player.js").headers["ETag"]
    (studio / "player.js").write_text("changed")
    assert nobody.get("/studio/player.js").headers["ETag"] != before


@pytest.mark.parametrize(
    "path",
    [
        "/studio/../secret.js",
        "/studio/%2e%2e/secret.js",
        "/studio/notes.txt",
        "/studio/none.js",
        "/studio/parts",
    ],
)
def test_nothing_beside_the_page_is_sent(nobody, studio, path: str) -> None:
    assert nobody.get(path).status_code == 404


def test_a_link_out_of_the_page_is_not_followed(nobody, studio) -> None:
    (studio / "way_out.js").symlink_to(studio.parent / "secret.js")
    assert nobody.get("/studio/way_out.js").status_code == 404


def test_health_needs_no_token(nobody) -> None:
    assert nobody.get("/healthz").json == {"status": "ok"}


def test_readiness_names_what_is_missing(nobody, house) -> None:
    assert nobody.get("/readyz").status_code == 200
    house.catalogue.withdraw("worker-1")
    answer = nobody.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["checks"] == {"database": "ok", "redis": "ok", "worker": "no worker is warm"}


def test_metrics_count_requests_by_route(nobody, door) -> None:
    door.speak()
    text = nobody.get("/metrics").text
    assert 'avatar_http_requests_total{method="POST",route="/v1/utterances",status="201"} 1.0' in text
    assert 'avatar_http_request_seconds_count{route="/v1/utterances"} 1.0' in text
    assert "avatar_queue_waiting 1.0" in text


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/v1/nothing", 404), ("PUT", "/v1/avatars", 405)]
)
def test_unknown_addresses_and_methods_are_problems_too(door, method: str, path: str, status: int) -> None:
    answer = door.send(method, path)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json; charset=utf-8")
    assert answer.json["detail_fa"]


def test_a_fault_of_ours_tells_nothing_of_its_inside(door, house, monkeypatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("password is hunter2")

    monkeypatch.setattr(house.utterances, "get_owned", broken)
    answer = door.get("/v1/utterances/x")
    assert (answer.status_code, answer.json["type"]) == (500, "/docs#unexpected")
    assert "hunter2" not in answer.text


def test_the_socket_address_without_a_socket_says_so(door) -> None:
    answer = door.get("/v1/utterances/x/stream")
    assert (answer.status_code, answer.json["type"]) == (426, "/docs#not-a-socket")


def test_hosts_that_listen_anywhere_accept_their_own_name() -> None:
    from flask import Request
    from werkzeug.test import EnvironBuilder

    from web.auth import Origins

    request = Request(EnvironBuilder(base_url="http://studio.local:8000").get_environ())
    assert Origins("0.0.0.0", ()).allows("http://studio.local:8000", request)
    assert not Origins("0.0.0.0", ()).allows("http://studio.local:8001", request)
    assert not Origins("127.0.0.1", ()).allows("http://studio.local:8000", request)
