"""The client against a real server on loopback that follows a script: drops, repeats, refuses."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask, Response, jsonify, request
from flask_sock import Sock
from werkzeug.serving import make_server

from cli import client
from cli.say import say
from tasks.chunks import CaptionWord, Chunk

UTTERANCE = "a" * 32


def media(seq: int, epoch: str = "e1") -> bytes:
    words = (CaptionWord(f"w{seq}", 0, 1, 0, 1),)
    return Chunk(
        epoch=epoch, gen=1, seq=seq, kind="media", utterance=UTTERANCE,
        pts_ms=(seq - 1) * 320, duration_ms=320, words=words, payload=b"m" * seq,
    ).to_message()  # fmt: skip


def ending(seq: int, kind: Any = "end", epoch: str = "e1") -> bytes:
    detail = {"chunks": seq - 1, "duration_ms": (seq - 1) * 320}
    return Chunk(
        epoch=epoch, gen=1, seq=seq, kind=kind, utterance=UTTERANCE, detail=detail
    ).to_message()  # fmt: skip


def hello(position: int | None = None) -> str:
    return json.dumps({"type": "hello", "v": 1, "position": position, "state": "running"})


def init() -> bytes:
    header = json.dumps({"v": 1, "kind": "init", "epoch": "e1", "gen": 1, "mime": "video/mp4"}).encode()
    return len(header).to_bytes(4, "big") + header + b"ftyp"


Script = list[str | bytes | int | None]
"""Messages in order; a number closes with that code, None drops the line in mid-air."""


@dataclass
class Served:
    """What the server says on each socket in turn, and what it was told."""

    address: str = ""
    sockets: list[Script] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    posted: list[dict[str, Any]] = field(default_factory=list)
    tokens: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)
    busy_tickets: int = 0
    """How many tickets are refused with 503 before one is given."""
    warnings: list[dict[str, str]] = field(default_factory=list)
    refusal: tuple[int, dict[str, Any], dict[str, str]] | None = None


def build(served: Served) -> Flask:  # noqa: C901 - routes, each of them plain
    app = Flask("scripted")
    sock = Sock(app)

    @app.post("/v1/tokens")
    def tokens() -> tuple[Response, int]:
        served.tokens += 1
        return jsonify(access_token=f"jwt-{request.get_json()['key']}"), 201

    @app.post("/v1/utterances")
    def create() -> Any:
        assert request.headers["Authorization"] == "Bearer jwt-k"
        if served.refusal is not None:
            status, body, headers = served.refusal
            return jsonify(body), status, headers
        served.posted.append(request.get_json())
        url = f"/v1/utterances/{UTTERANCE}/stream"
        stream = {"url": url, "ticket": "t0", "epoch": "e1"}
        return jsonify(id=UTTERANCE, stream=stream, warnings=served.warnings), 201

    @app.post(f"/v1/utterances/{UTTERANCE}/tickets")
    def ticket() -> Any:
        if served.busy_tickets:
            served.busy_tickets -= 1
            return jsonify(title="Not now"), 503
        return jsonify(ticket=f"t{len(served.told)}"), 201

    @app.get(f"/v1/utterances/{UTTERANCE}")
    def show() -> Response:
        return jsonify(served.rows.pop(0) if len(served.rows) > 1 else served.rows[0])

    @app.get(f"/v1/utterances/{UTTERANCE}/video.mp4")
    def video() -> Response:
        return Response(b"film" * 1000)

    @sock.route(f"/v1/utterances/{UTTERANCE}/stream")
    def stream(ws: Any) -> None:
        served.told.append(json.loads(ws.receive(timeout=5)))
        for step in served.sockets.pop(0):
            if step is None:
                ws.sock.close()
                return
            if isinstance(step, int):
                ws.close(step, "so it is")
                return
            ws.send(step)
        ws.close(1000)

    return app


@pytest.fixture
def served() -> Iterator[Served]:
    made = Served()
    server = make_server("127.0.0.1", 0, build(made), threaded=True)
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    made.address = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def service(served: Served) -> Iterator[client.Service]:
    with client.Service(served.address, "k") as made:
        yield made


def speak(service: client.Service, **options: Any) -> client.ViewerReport:
    return client.speak(service, "سلام", avatar="samira", **options)


def test_a_stream_without_trouble_is_reported_whole(served: Served, service: client.Service) -> None:
    served.sockets = [[hello(), init(), media(1), media(2), media(3), ending(4)]]
    report = speak(service, keep_segments=True)
    assert (report.chunks, report.missing, report.duplicates, report.reconnects) == (3, 0, 0, 0)
    assert (report.ending, report.duration_ms, report.size_bytes) == ("end", 960, 6)
    assert report.segments == [b"m", b"mm", b"mmm"]
    assert (report.init, report.mime) == (b"ftyp", "video/mp4")
    assert report.words == ["w1", "w2", "w3"]
    assert report.detail == {"chunks": 3, "duration_ms": 960}


def test_the_first_message_carries_the_ticket_and_no_place(served: Served, service: client.Service) -> None:
    served.sockets = [[hello(), ending(1)]]
    speak(service, voice="fa", size="256x256")
    assert served.told == [{"type": "watch", "ticket": "t0", "position": None}]
    assert served.posted == [
        {"avatar": "samira", "text": "سلام", "captions": True, "voice": "fa", "size": "256x256"}
    ]


def test_times_count_from_the_post_and_do_not_go_back(served: Served, service: client.Service) -> None:
    served.sockets = [[hello(), init(), media(1), media(2), ending(3)]]
    report = speak(service)
    assert report.first_chunk_ms is not None
    assert 0 < report.answered_ms <= report.first_chunk_ms <= report.total_ms
    assert [arrival.seq for arrival in report.arrivals] == [1, 2]


def test_a_dropped_line_is_resumed_behind_the_last_chunk_with_a_new_ticket(
    served: Served, service: client.Service
) -> None:
    served.sockets = [
        [hello(), init(), media(1), media(2), None],
        [hello(), 1012],
        [hello(), init(), media(3), ending(4)],
    ]
    report = speak(service)
    assert (report.chunks, report.missing, report.duplicates, report.reconnects) == (3, 0, 0, 2)
    assert [message["position"] for message in served.told] == [
        None, {"epoch": "e1", "seq": 2}, {"epoch": "e1", "seq": 2},
    ]  # fmt: skip
    assert len({message["ticket"] for message in served.told}) == 3
    assert served.tokens == 1


def test_a_chunk_that_comes_again_is_counted_and_not_kept(served: Served, service: client.Service) -> None:
    served.sockets = [[hello(), init(), media(1), media(1), media(2), ending(3)]]
    report = speak(service, keep_segments=True)
    assert (report.duplicates, report.chunks, report.segments) == (1, 2, [b"m", b"mm"])


def test_a_hole_is_counted_chunk_by_chunk(served: Served, service: client.Service) -> None:
    served.sockets = [[hello(), init(), media(1), media(4), ending(5)]]
    assert speak(service).missing == 2


def test_chunks_missing_before_the_first_are_counted_too(served: Served, service: client.Service) -> None:
    served.sockets = [[hello(), init(), media(3), ending(4)]]
    assert speak(service).missing == 2


def test_another_epoch_begins_anew(served: Served, service: client.Service) -> None:
    served.sockets = [
        [hello(), media(1), media(2), None],
        [hello(), media(1, "e2"), ending(2, epoch="e2")],
    ]
    report = speak(service, keep_segments=True)
    assert (report.chunks, report.segments, report.duration_ms) == (1, [b"m"], 320)
    assert (report.missing, report.duplicates) == (0, 0)


def test_the_place_in_the_waiting_line_is_told(served: Served, service: client.Service) -> None:
    places: list[int] = []
    queued = json.dumps({"type": "queued", "position": 1})
    served.sockets = [[hello(2), queued, init(), media(1), ending(2)]]
    report = speak(service, on_place=places.append)
    assert places == [2, 1]
    assert report.waited_at == 2


@pytest.mark.parametrize("code", [4001, 4004, 4009])
def test_what_a_resume_cannot_mend_ends_the_watching(
    served: Served, service: client.Service, code: int
) -> None:
    served.sockets = [[hello(), code]]
    with pytest.raises(client.StreamBroken, match=f"{code} so it is"):
        speak(service)
    assert len(served.told) == 1


def test_a_slow_reader_that_was_shut_out_comes_back(served: Served, service: client.Service) -> None:
    served.sockets = [[hello(), init(), media(1), 4008], [hello(), media(2), ending(3)]]
    assert speak(service).chunks == 2


def test_a_service_that_leaves_is_waited_for_and_the_stream_resumed(
    served: Served, service: client.Service
) -> None:
    lost: list[bool] = []
    served.sockets = [[hello(), init(), media(1), 1012], [1012], [hello(), init(), media(2), ending(3)]]
    report = speak(service, on_lost=lambda: lost.append(True))
    assert (report.chunks, report.missing, report.reconnects, lost) == (2, 0, 2, [True])


def test_a_service_that_answers_no_ticket_while_it_restarts_is_asked_again(
    served: Served, service: client.Service
) -> None:
    served.busy_tickets = 2
    served.sockets = [[hello(), init(), media(1), 1012], [hello(), media(2), ending(3)]]
    assert speak(service).chunks == 2


def test_a_service_that_left_for_good_is_told_with_what_had_come(
    served: Served, service: client.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_AWAY_LIMIT_S", 0.0)
    served.busy_tickets = 1000
    served.sockets = [[hello(), init(), media(1), 1012]]
    with pytest.raises(client.StreamBroken, match=r"stopped while it was speaking \(0\.3 s had ") as told:
        speak(service)
    assert UTTERANCE in str(told.value)


def test_an_ending_counts_even_for_whoever_is_past_it(served: Served, service: client.Service) -> None:
    served.sockets = [[hello(), init(), media(1), media(2), None], [hello(), init(), ending(2, "cancelled")]]
    report = speak(service)
    assert (report.ending, report.duplicates, report.chunks) == ("cancelled", 0, 2)


def test_warnings_of_the_answer_are_in_the_report(served: Served, service: client.Service) -> None:
    served.warnings = [{"code": "voice-spells", "detail": "it spells 4 letters"}]
    served.sockets = [[hello(), ending(1)]]
    assert speak(service).to_json()["warnings"] == ["it spells 4 letters"]


def test_say_prints_warnings_beside_its_report(
    served: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    served.warnings = [{"code": "voice-spells", "detail": "it spells 4 letters"}]
    served.sockets = [[hello(), ending(1)]]
    env = {"AVATAR_URL": served.address, "AVATAR_KEY": "k", "AVATAR_VAR": str(tmp_path)}
    done = CliRunner().invoke(say, ["--json", "سلام"], env=env)
    assert done.exit_code == 0, done.output
    assert done.stderr == "warning: it spells 4 letters\n"
    assert json.loads(done.stdout)["ending"] == "end"


def test_a_failed_utterance_says_why(served: Served, service: client.Service) -> None:
    served.sockets = [[hello(), media(1), ending(2, "failed")]]
    with pytest.raises(client.StreamBroken, match="duration_ms"):
        speak(service)


def test_a_cancelled_utterance_is_an_ending_like_any_other(served: Served, service: client.Service) -> None:
    served.sockets = [[hello(), media(1), ending(2, "cancelled")]]
    assert speak(service).ending == "cancelled"


def test_a_refusal_carries_the_services_own_words(served: Served, service: client.Service) -> None:
    served.refusal = (429, {"title": "Too many wait", "detail": "64 wait already"}, {"Retry-After": "3"})
    with pytest.raises(client.Refused, match="429 Too many wait: 64 wait already") as raised:
        speak(service)
    assert raised.value.retry_after_s == 3


def test_a_refusal_that_is_no_problem_document_is_still_one(served: Served, service: client.Service) -> None:
    served.refusal = (502, ["odd"], {})  # type: ignore[assignment]
    with pytest.raises(client.Refused, match="502"):
        speak(service)


def test_files_are_waited_for_and_saved_whole(
    served: Served, service: client.Service, tmp_path: Path
) -> None:
    served.rows = [{"state": "running", "video": None}, {"state": "done", "video": "/x"}]
    service.wait_for_files(UTTERANCE)
    target = tmp_path / "deep" / "film.mp4"
    assert service.download(f"/v1/utterances/{UTTERANCE}/video.mp4", target) == 4000
    assert [path.name for path in target.parent.iterdir()] == ["film.mp4"]


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_files_that_will_never_come_are_not_waited_for(
    served: Served, service: client.Service, state: str
) -> None:
    served.rows = [{"state": state, "error": {"code": "poison"}, "video": None}]
    with pytest.raises(client.StreamBroken, match=state):
        service.wait_for_files(UTTERANCE)


@pytest.mark.parametrize(
    ("address", "url", "wanted"),
    [
        ("http://h:1", "/v1/s", "ws://h:1/v1/s"),
        ("https://h", "/v1/s", "wss://h/v1/s"),
        ("http://h:1", "ws://other/v1/s", "ws://other/v1/s"),
        ("http://h:1", "https://other/v1/s", "wss://other/v1/s"),
    ],
)
def test_the_stream_is_where_the_answer_says(
    address: str, url: str, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def remember(where: str, **_: object) -> Callable[[], None]:
        asked.append(where)
        raise OSError("nobody there")

    monkeypatch.setattr(client.websocket, "create_connection", remember)
    monkeypatch.setattr(client, "_RECONNECTS", 1)
    monkeypatch.setattr(client, "_PAUSE_S", 0)
    with client.Service(address, "k") as service:
        viewer = client.Viewer(service, UTTERANCE, {"url": url, "ticket": "t"}, posted_s=0.0)
        with pytest.raises(client.StreamBroken):
            viewer.watch()
    assert asked == [wanted]
