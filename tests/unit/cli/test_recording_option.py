"""`avatar say --recording` sends a file, waits until it is read, and says what the service says of it."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

from cli import recording
from cli.recording import RecordingLate, RecordingRefused, read_transcript, send_recording
from cli.say import say
from cli.service import Service


class Served:
    """A service that reads a recording in the steps it is told."""

    def __init__(self) -> None:
        self.states: list[dict[str, Any]] = []
        self.came: list[tuple[str, bytes]] = []
        self.address = ""


def shown(**what: Any) -> dict[str, Any]:
    links = {"self": "/v1/recordings/r"}
    return {"id": "r", "state": "queued", "percent": 0, "refusal": None, "links": links, **what}


@pytest.fixture
def served() -> Iterator[Served]:
    made, app = Served(), Flask("served")

    @app.post("/v1/tokens")
    def token() -> Response:
        return jsonify(access_token="t")

    @app.post("/v1/recordings")
    def take() -> tuple[Response, int]:
        made.came.append((request.form["title"], request.files["file"].read()))
        return jsonify(shown()), 202

    @app.get("/v1/recordings/r")
    def show() -> Response:
        return jsonify(made.states.pop(0))

    server = make_server("127.0.0.1", 0, app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    made.address = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "سخن.wav"
    path.write_bytes(b"RIFF")
    return path


def test_a_file_is_sent_and_waited_for_while_progress_is_told(served: Served, file: Path) -> None:
    served.states = [shown(state="reading", percent=40), shown(state="ready")]
    told: list[str] = []
    with Service(served.address, "k") as service:
        assert send_recording(service, file, told.append) == "r"
    assert served.came == [("سخن", b"RIFF")]
    assert told == ["sending سخن.wav", "reading سخن.wav, 0 %", "reading سخن.wav, 40 %"]


def test_a_file_that_is_refused_is_told_in_the_services_words(served: Served, file: Path) -> None:
    served.states = [shown(state="refused", refusal={"detail": "Nothing is to be heard."})]
    with Service(served.address, "k") as service, pytest.raises(RecordingRefused, match="Nothing is to be"):
        send_recording(service, file, lambda _: None)


def test_one_that_takes_too_long_is_left_to_be_looked_at(
    served: Served, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "_LIMIT_S", -1.0)
    with Service(served.address, "k") as service, pytest.raises(RecordingLate, match="look at it later"):
        send_recording(service, file, lambda _: None)


def test_a_transcript_is_a_file_of_that_name_or_the_words_themselves(tmp_path: Path) -> None:
    path = tmp_path / "talk.txt"
    path.write_text("سلام", "utf-8")
    assert read_transcript(str(path)) == "سلام"
    assert read_transcript("سلام دنیا") == "سلام دنیا"
    assert read_transcript("ا" * 5000) == "ا" * 5000
    assert read_transcript(None) is None


@pytest.mark.parametrize(
    ("arguments", "why"),
    [([], "either TEXT or --recording"), (["سلام", "--transcript", "سلام"], "--transcript tells"),
     (["--recording", "gone.wav"], "does not exist")],
)  # fmt: skip
def test_what_does_not_go_together_is_said_before_anything_is_sent(arguments: list[str], why: str) -> None:
    answer = CliRunner().invoke(say, arguments)
    assert answer.exit_code == 2
    assert why in answer.stderr


def test_text_and_recording_are_not_said_together(file: Path) -> None:
    answer = CliRunner().invoke(say, ["سلام", "--recording", str(file)])
    assert answer.exit_code == 2
    assert "either TEXT or --recording" in answer.stderr
