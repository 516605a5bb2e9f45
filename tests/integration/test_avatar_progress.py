"""Registering through a front door under gunicorn: big files, broken senders, and the progress socket."""

import json
import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis as redis_module
import relay_kit
import websocket
from click.testing import CliRunner
from relay_kit import Door, eventually

from avatars.database import open_database
from avatars.keys import ApiKeys
from avatars.registrations import Refusal, Registrations
from avatars.registry import AvatarFiles, Registry
from cli.register import register

FIELDS = {"title_en": "Me", "voice": "fa", "consent_who": "Me", "consent_statement": "I allow it"}
FINDING = {
    "name": "faces", "measure": 1, "unit": "faces", "limit": 1, "verdict": "good", "advice_fa": "",
    "advice_en": "", "title_fa": "چهره‌ها", "title_en": "Faces",
}  # fmt: skip
DRAWN = AvatarFiles(
    picture=b"png", points=b"{}", preview=b"jpeg", report={"verdict": "good", "findings": [FINDING]}
)


@pytest.fixture(scope="module")
def door(redis_url: str) -> Iterator[Door]:
    with redis_module.Redis.from_url(redis_url) as client:
        client.flushall()
    with relay_kit.running_door(redis_url, AVATAR_UPLOAD_MB="8") as door:
        door.announce()
        yield door


@pytest.fixture
def registrations(door: Door) -> Iterator[Registrations]:
    database = open_database(f"sqlite:///{door.folder / 'avatar.db'}")
    yield Registrations(database, Registry(database, door.storage))
    database.close()


def send(door: Door, avatar_id: str, data: bytes = b"a photo") -> dict[str, Any]:
    answer = door.http.post("/v1/avatars", data={**FIELDS, "id": avatar_id}, files={"file": data})
    assert answer.status_code == 202, answer.text
    made: dict[str, Any] = answer.json()
    return made


def watch(door: Door, path: str, **options: Any) -> websocket.WebSocket:
    address = door.url.replace("http", "ws", 1) + path
    return websocket.create_connection(address, timeout=20, suppress_origin=True, **options)


def told(ws: websocket.WebSocket) -> tuple[list[dict[str, Any]], int]:
    """Return every message to the close, and its code."""
    messages = []
    while True:
        opcode, data = ws.recv_data()
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            ws.shutdown()
            return messages, int.from_bytes(data[:2], "big")
        messages.append(json.loads(data))


def test_progress_is_told_as_it_changes_to_the_end(door: Door, registrations: Registrations) -> None:
    made = send(door, "one")
    ws = watch(door, made["links"]["progress"], header=[f"Authorization: Bearer {door.token}"])
    first = json.loads(ws.recv())
    assert (first["type"], first["state"], first["step"]) == ("registration", "pending", "waiting")
    row = registrations.claim(made["registration"]["id"], "r:1", datetime.now(UTC))
    assert row is not None
    registrations.note(row.id, "r:1", datetime.now(UTC), step="draw", percent=60)
    assert json.loads(ws.recv())["percent"] == 60
    assert registrations.complete(row.id, "r:1", DRAWN)
    messages, code = told(ws)
    assert (messages[-1]["state"], messages[-1]["version"], code) == ("ready", 1, 1000)


def test_a_ticket_lets_a_watcher_in_once(door: Door, registrations: Registrations) -> None:
    made = send(door, "two")
    row = registrations.claim(made["registration"]["id"], "r:1", datetime.now(UTC))
    assert row is not None
    registrations.refuse(row.id, "r:1", Refusal(code="blurred", en="Blurred.", fa="تار."))
    given = door.http.post(made["links"]["tickets"]).json()
    hello = json.dumps({"type": "watch", "ticket": given["ticket"], "position": None})
    ws = watch(door, given["url"])
    ws.send(hello)
    messages, code = told(ws)
    assert (messages[0]["refusal"]["detail_fa"], code) == ("تار.", 1000)
    again = watch(door, given["url"])
    again.send(hello)
    assert told(again) == ([], 4001)


@pytest.mark.parametrize("said", ["nonsense", '{"type": "watch", "ticket": "made-up", "position": null}'])
def test_whoever_shows_nothing_good_is_told_nothing(door: Door, said: str) -> None:
    ws = watch(door, "/v1/avatars/samira/progress")
    ws.send(said)
    assert told(ws) == ([], 4001)


def test_another_pages_socket_is_not_opened(door: Door) -> None:
    address = door.url.replace("http", "ws", 1) + "/v1/avatars/samira/progress"
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        websocket.create_connection(address, timeout=20, origin="https://evil.example")


def test_a_file_of_megabytes_is_kept_whole(door: Door) -> None:
    data = bytes(range(256)) * 4096 * 5
    made = send(door, "three", data)
    assert made["state"] == "pending"
    kept = [door.storage.get(key) for key in door.storage.keys("quarantine/")]
    assert data in kept


def test_a_file_that_is_too_long_is_refused_while_it_comes(door: Door) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
        for _ in range(40):
            yield b"0" * 1_000_000
        yield b"\r\n--b--\r\n"

    before = list(door.storage.keys("quarantine/"))
    answer = door.http.post(
        "/v1/avatars", content=pieces(), headers={"Content-Type": "multipart/form-data; boundary=b"}
    )
    assert answer.status_code == 413
    assert list(door.storage.keys("quarantine/")) == before


def test_a_sender_that_is_cut_off_leaves_what_came_to_go_on_from(door: Door) -> None:
    tus = {"Tus-Resumable": "1.0.0"}
    where = door.http.post("/v1/uploads", headers={**tus, "Upload-Length": "1000000"}).headers["Location"]
    host, port = re.fullmatch(r"http://(.+):(\d+)", door.url).groups()  # type: ignore[union-attr]
    with socket.create_connection((host, int(port))) as sock:
        sock.sendall(
            f"PATCH {where} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {door.token}\r\n"
            "Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Length: 1000000\r\n"
            "Content-Type: application/offset+octet-stream\r\n\r\n".encode() + b"x" * 300_000
        )

    def offset() -> int:
        return int(door.http.head(where, headers=tus).headers["Upload-Offset"])

    eventually(lambda: offset() == 300_000)
    rest = {
        **tus, "Upload-Offset": "300000", "Content-Type": "application/offset+octet-stream",
    }  # fmt: skip
    assert door.http.patch(where, content=b"y" * 700_000, headers=rest).status_code == 204
    assert offset() == 1_000_000
    door.http.delete(where, headers=tus)


def test_the_command_reports_in_the_readers_language_and_fails_on_a_refusal(
    door: Door, registrations: Registrations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_database(f"sqlite:///{door.folder / 'avatar.db'}")
    monkeypatch.setenv("AVATAR_URL", door.url)
    monkeypatch.setenv("AVATAR_KEY", ApiKeys(database).create("command"))
    database.close()
    (tmp_path / "me.jpg").write_bytes(b"a photo")

    def finish(_seconds: float) -> None:
        for each in registrations.due(datetime.now(UTC), timedelta(0)):
            row = registrations.claim(each, "r:1", datetime.now(UTC))
            if row is not None and row.avatar_id == "good":
                registrations.complete(row.id, "r:1", DRAWN)
            elif row is not None:
                registrations.refuse(row.id, "r:1", Refusal(code="blurred", en="Blurred.", fa="تار است."))

    # The pauses of the command are when a registrar would work.
    monkeypatch.setattr("cli.registering.time.sleep", finish)
    arguments = [str(tmp_path / "me.jpg"), "--consent-who", "Me", "--lang", "fa"]
    good = CliRunner().invoke(register, [*arguments, "--id", "good"])
    assert good.exit_code == 0, good.output
    assert "چهره‌ها" in good.output
    bad = CliRunner().invoke(register, [*arguments, "--id", "bad", "--json"])
    assert bad.exit_code == 1
    assert json.loads(bad.stdout)["registration"]["refusal"]["code"] == "blurred"
