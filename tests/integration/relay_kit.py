"""A real front door under gunicorn, a producer of real chunks, and a client that can misbehave."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import redis
import websocket
from services import find_redis_server

from avatars.database import open_database
from avatars.keys import ApiKeys
from avatars.registry import AvatarFiles, Registry, Titles
from avatars.storage_folder import FolderStorage
from migrations import run as migrations
from tasks.catalogue import Catalogue, VoiceCard, WorkerAnnouncement
from tasks.chunks import Chunk, Kind, split_message
from tasks.parts import Parts
from tasks.stream import ClaimVerdict
from tasks.stream_redis import open_stream, redis_client

ROOT = Path(__file__).parents[2]
INIT = b"ftyp-and-moov"
MIME = 'video/mp4; codecs="avc1.64001f, opus"'
VOICES = (VoiceCard(name="fa", language="fa", title_fa="مرد", title_en="Man"),)


@dataclass(kw_only=True)
class Door:
    """A running front door."""

    url: str
    process: "subprocess.Popen[bytes]"
    folder: Path
    redis_url: str
    token: str = ""
    log: Path = field(default_factory=Path)

    def __post_init__(self) -> None:
        self.stream = open_stream(self.redis_url)
        self.storage = FolderStorage(self.folder / "storage")
        self.parts = Parts(self.storage)
        self._sockets: list[websocket.WebSocket] = []
        self.http = httpx.Client(base_url=self.url, timeout=20, trust_env=False)

    def sign_in(self, key: str) -> None:
        answer = self.http.post("/v1/tokens", json={"key": key})
        answer.raise_for_status()
        self.token = answer.json()["access_token"]
        self.http.headers["Authorization"] = f"Bearer {self.token}"

    def announce(self) -> None:
        announcement = WorkerAnnouncement(
            name="worker-1",
            owner="worker-1:boot:1",
            streams=4,
            voices=VOICES,
            engines=("warp",),
            metrics_port=1,
        )
        Catalogue(redis_client(self.redis_url, blocking=False)).announce(announcement)

    def post(self, text: str = "سلام دنیا") -> dict[str, Any]:
        self.announce()
        answer = self.http.post("/v1/utterances", json={"avatar": "samira", "text": text})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def ticket(self, sid: str) -> str:
        answer = self.http.post(f"/v1/utterances/{sid}/tickets")
        assert answer.status_code == 201, answer.text
        return str(answer.json()["ticket"])

    def open(self, sid: str, **options: Any) -> websocket.WebSocket:
        address = self.url.replace("http", "ws", 1) + f"/v1/utterances/{sid}/stream"
        ws = websocket.create_connection(address, timeout=20, **options)
        self._sockets.append(ws)
        return ws

    def hang_up(self) -> None:
        """Drop every socket that a test left open."""
        while self._sockets:
            self._sockets.pop().shutdown()

    def watch(self, sid: str, position: Any = None, ticket: str | None = None, **options: Any) -> "Client":
        ws = self.open(sid, **options)
        ws.send(json.dumps({"type": "watch", "ticket": ticket or self.ticket(sid), "position": position}))
        return Client(ws)

    def metric(self, name: str) -> float:
        for line in self.http.get("/metrics").text.splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
        return 0.0


class Client:
    """One viewer."""

    def __init__(self, ws: websocket.WebSocket) -> None:
        self.ws = ws
        self.hello: dict[str, Any] = {}
        self.control: list[dict[str, Any]] = []
        self.inits: list[bytes] = []
        self.seqs: list[int] = []
        self.payloads: dict[int, bytes] = {}
        self.kinds: list[str] = []
        self.code: int | None = None
        self.reason = ""

    def step(self) -> bool:
        """Receive one message; False at the close."""
        opcode, data = self.ws.recv_data()
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            self.code = int.from_bytes(data[:2], "big")
            self.reason = data[2:].decode()
            return False
        if opcode == websocket.ABNF.OPCODE_TEXT:
            message = json.loads(data)
            self.control.append(message)
            if message["type"] == "hello":
                self.hello = message
            return True
        header, payload = split_message(data)
        if header["kind"] == "init":
            self.inits.append(payload)
        else:
            self.seqs.append(header["seq"])
            self.payloads[header["seq"]] = payload
            self.kinds.append(header["kind"])
        return True

    def until(self, *, seq: int) -> "Client":
        while not self.seqs or self.seqs[-1] < seq:
            assert self.step(), f"closed with {self.code} {self.reason} after {self.seqs[-3:]}"
        return self

    def to_close(self) -> "Client":
        while self.step():
            pass
        return self

    @property
    def position(self) -> dict[str, Any]:
        return {"epoch": self.hello["epoch"], "seq": self.seqs[-1] if self.seqs else 0}


class Producer:
    """A worker's hand: claims a stream and publishes chunks of known bytes."""

    def __init__(self, door: Door, sid: str, *, init: bytes = INIT) -> None:
        self.stream, self.sid, self.door = door.stream, sid, door
        self.owner = f"worker-1:{secrets.token_hex(4)}:1"
        self.claim = self.stream.claim(sid, self.owner)
        assert self.claim.verdict is ClaimVerdict.CLAIMED, self.claim
        self.next = self.claim.next
        self.stream.set_init(sid, self.claim.gen, init, MIME)

    def chunk(self, kind: Kind = "media", size: int = 1000) -> Chunk:
        detail = {"code": "x", "message": "y"} if kind == "failed" else None
        return Chunk(
            epoch=self.claim.epoch, gen=self.claim.gen, seq=self.next, kind=kind, utterance=self.sid,
            pts_ms=self.next * 320, duration_ms=320, detail=detail, payload=payload(self.next, size),
        )  # fmt: skip

    def publish(self, count: int = 1, *, size: int = 1000, trim_to: int | None = None) -> None:
        for _ in range(count):
            published = self.stream.publish(self.claim.gen, self.chunk(size=size), trim_to=trim_to)
            assert published.verdict in {"appended", "dup"}, published
            self.next += 1

    def end(self, kind: Kind = "end") -> None:
        published = self.stream.publish(self.claim.gen, self.chunk(kind, 0))
        assert published.verdict in {"appended", "dup"}, published

    def give_back(self) -> None:
        self.stream.release(self.sid, self.claim.gen, self.owner, drained=True)


def payload(seq: int, size: int) -> bytes:
    return (seq.to_bytes(4, "big") * (size // 4 + 1))[:size]


@contextmanager
def running_door(redis_url: str, **env: str) -> Iterator[Door]:
    """Yield a front door with the avatar `samira` in it, signed in."""
    folder = Path(tempfile.mkdtemp(prefix="avatar-door-"))
    database_url = f"sqlite:///{folder / 'avatar.db'}"
    migrations.upgrade(database_url)
    database = open_database(database_url)
    files = AvatarFiles(picture=b"png", points=b"{}", preview=b"\xff\xd8jpeg")
    Registry(database, FolderStorage(folder / "storage")).register(
        "samira", titles=Titles("سمیرا", "Samira"), voice="fa", files=files, owner="house"
    )
    key = ApiKeys(database).create("test")
    database.close()
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        listener.set_inheritable(True)
        whole = {
            **os.environ, "AVATAR_VAR": str(folder), "DATABASE_URL": database_url, "REDIS_URL": redis_url,
            "AVATAR_STORAGE": str(folder / "storage"), "PYTHONFAULTHANDLER": "1", **env,
        }  # fmt: skip
        command = [
            sys.executable, "-m", "gunicorn", "--config", "python:web.gunicorn_conf",
            "--bind", f"fd://{listener.fileno()}",
        ]  # fmt: skip
        log = folder / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, cwd=ROOT, env=whole, pass_fds=(listener.fileno(),), stdout=out, stderr=out
            )
        door = Door(
            url=f"http://127.0.0.1:{listener.getsockname()[1]}", process=process, folder=folder,
            redis_url=redis_url, log=log,
        )  # fmt: skip
        try:
            door.sign_in(key)
            yield door
        finally:
            door.hang_up()
            door.stream.close()
            door.http.close()
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(20)
            sys.stderr.write(log.read_text()[-20_000:])
            shutil.rmtree(folder)


def eventually(condition: Any, limit_s: float = 15.0) -> None:
    """Return once a condition holds; fail the test if it never does."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.02)


class OwnRedis:
    """A Redis that can be killed and started again with what it had on disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [
            find_redis_server(), "--bind", "127.0.0.1", "--port", str(self.port), "--dir", self.folder,
            "--save", "", "--appendonly", "yes", "--appendfsync", "always",
        ]  # fmt: skip
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with redis.Redis.from_url(self.url) as client:
            eventually(lambda: _pings(client))

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()


def _pings(client: "redis.Redis") -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
