"""A manifest is read whole before anything is sent, and a report is read as far as it is whole."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.register import register
from cli.register_dir import (
    Line,
    ManifestWrong,
    RunStopped,
    counted,
    entries_in,
    entries_of,
    read_report,
    register_all,
)
from cli.registering import Registering
from cli.service import Service


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "deeper").mkdir(parents=True)
    for name in ("b.jpg", "a.HEIC", "notes.txt", "deeper/c.webm"):
        (folder / name).write_bytes(b"bytes")
    return folder


def test_photos_and_videos_of_a_folder_are_taken_by_name(folder: Path) -> None:
    assert [entry.shown for entry in entries_of(folder, recursive=False)] == ["a.HEIC", "b.jpg"]
    assert [entry.shown for entry in entries_of(folder, recursive=True)] == [
        "a.HEIC",
        "b.jpg",
        "deeper/c.webm",
    ]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "names no file"),
        ([{"id": "a"}], "row 1, file: is missing"),
        ([{"file": "b.jpg"}, {"file": "x.jpg"}], "row 2, file: there is no 'x.jpg'"),
        ([{"file": "b.jpg"}, {"file": "b.jpg"}], "row 2, file: 'b.jpg' is in row 1 too"),
        ([{"file": "b.jpg", "id": "a"}, {"file": "a.HEIC", "id": "a"}], "row 2, id: 'a' is in row 1 too"),
        ([{"file": "b.jpg", "colour": "red"}], "row 1: 'colour' is no field; known: file, id"),
        ([{"file": "b.jpg", "voice": 5}], "row 1, voice: must be a text, not 5"),
        ({"file": "b.jpg"}, "is not a list of objects"),
        ("{", "is not JSON"),
    ],
)
def test_a_wrong_manifest_is_told_by_row_and_field(folder: Path, rows: object, told: str) -> None:
    manifest = folder.parent / "people.json"
    manifest.write_text(rows if isinstance(rows, str) else json.dumps(rows))
    with pytest.raises(ManifestWrong, match=told):
        entries_in(manifest, folder)


def test_a_table_leaves_empty_cells_to_the_command(folder: Path) -> None:
    manifest = folder.parent / "people.csv"
    manifest.write_text("\ufefffile,id,voice\nb.jpg,,fa\na.HEIC,second,\n", encoding="utf-8")
    first, second = entries_in(manifest, folder)
    assert (first.shown, first.avatar_id, first.fields) == ("b.jpg", None, {"voice": "fa"})
    assert (second.shown, second.avatar_id, second.fields) == ("a.HEIC", "second", {})


def test_a_report_is_read_without_the_line_that_was_cut_short(tmp_path: Path) -> None:
    report = tmp_path / "report.jsonl"
    assert read_report(report) == {}
    report.write_text(
        '{"key": "a", "outcome": "failed"}\n{"key": "a", "outcome": "ready"}\n{"key": "b", "out'
    )
    assert read_report(report) == {"a": {"key": "a", "outcome": "ready"}}


def test_every_outcome_is_counted_also_where_there_is_none_of_it() -> None:
    assert counted([{"outcome": "ready"}]) == {"ready": 1, "usable": 0, "refused": 0, "failed": 0}


@pytest.mark.parametrize(
    "arguments", [[], ["b.jpg", "--dir", "."], ["--dir", ".", "--id", "a"], ["--dir", ".", "--choose", "1"]]
)
def test_files_and_a_folder_are_not_mixed(
    folder: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    done = CliRunner().invoke(register, [*arguments, "--consent-who", "nobody"])
    assert done.exit_code == 2
    assert "Error" in done.stderr


def test_a_line_cut_inside_a_letter_is_left_out_too(tmp_path: Path) -> None:
    report = tmp_path / "report.jsonl"
    report.write_bytes(b'{"key": "a", "outcome": "ready"}\n{"key": "b", "reason": "' + "چ".encode()[:1])
    assert read_report(report) == {"a": {"key": "a", "outcome": "ready"}}


def test_a_manifest_that_is_not_utf_8_is_told(folder: Path) -> None:
    manifest = folder.parent / "people.csv"
    manifest.write_bytes("file\nچهره.jpg\n".encode("cp1256"))
    with pytest.raises(ManifestWrong, match="not in UTF-8"):
        entries_in(manifest, folder)


def test_a_cell_may_have_line_breaks(folder: Path) -> None:
    manifest = folder.parent / "people.csv"
    manifest.write_text('file,consent\nb.jpg,"I allow it,\nand sign it."\n', encoding="utf-8", newline="")
    (entry,) = entries_in(manifest, folder)
    assert entry.fields == {"consent": "I allow it,\nand sign it."}


class Answering(BaseHTTPRequestHandler):
    """A service that gives tokens and answers every registration in one way."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        signing_in = self.path == "/v1/tokens"
        status = 201 if signing_in else self.server.status  # type: ignore[attr-defined]
        told = {"access_token": "t"} if signing_in else {"title": "No", "detail": "because"}
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def answering() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def _registered(
    server: ThreadingHTTPServer, folder: Path, status: int, **more: bool
) -> list[tuple[Line, bool]]:
    server.status = status  # type: ignore[attr-defined]

    def find() -> Service:
        return Service(f"http://127.0.0.1:{server.server_port}", "key")

    with find() as service:
        work = Registering(service=service, voice="fa", consent_who="me", consent="yes", evidence=None)
        entries = entries_of(folder, recursive=True)
        return list(register_all(work, entries, folder.parent / "r.jsonl", at_once=2, find=find, **more))


@pytest.mark.parametrize(
    ("status", "outcome"), [(422, "refused"), (413, "refused"), (500, "failed"), (404, "failed")]
)
def test_trouble_of_the_service_is_not_the_files(
    answering: ThreadingHTTPServer, folder: Path, status: int, outcome: str
) -> None:
    first = _registered(answering, folder, status)
    assert [line["outcome"] for line, _ in first] == [outcome] * 3
    assert all("because" in line["reason"] for line, _ in first)
    again = _registered(answering, folder, status)
    assert [known for _, known in again] == [outcome == "refused"] * 3
    asked_anew = _registered(answering, folder, status, again=True)
    assert [known for _, known in asked_anew] == [False] * 3


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_good_for_nothing_stops_the_run(
    answering: ThreadingHTTPServer, folder: Path, status: int
) -> None:
    with pytest.raises(RunStopped, match="because"):
        _registered(answering, folder, status)
    assert read_report(folder.parent / "r.jsonl") == {}


def test_a_file_that_is_gone_when_its_turn_comes_fails_alone(
    answering: ThreadingHTTPServer, folder: Path
) -> None:
    (folder / "b.jpg").unlink()
    (folder / "b.jpg").symlink_to(folder / "a.HEIC")
    entries = entries_of(folder, recursive=True)
    (folder / "b.jpg").unlink()
    answering.status = 422  # type: ignore[attr-defined]

    def find() -> Service:
        return Service(f"http://127.0.0.1:{answering.server_port}", "key")

    with find() as service:
        work = Registering(service=service, voice="fa", consent_who="me", consent="yes", evidence=None)
        lines = [line for line, _ in register_all(work, entries, folder.parent / "r", at_once=1, find=find)]
    assert [(line["file"], line["outcome"]) for line in lines] == [
        ("a.HEIC", "refused"), ("b.jpg", "failed"), ("deeper/c.webm", "refused"),
    ]  # fmt: skip
    assert "b.jpg" in lines[1]["reason"]
