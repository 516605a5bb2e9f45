"""A client of the running service, over HTTP and one WebSocket, as anybody could write it.

`speak` posts an utterance and watches it to its end; the report says what a viewer saw.
`say`, `demo` and `bench` stand on it.
"""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urljoin

import httpx
import websocket

import settings
from cli import run_file
from tasks.chunks import TERMINAL_KINDS, Chunk, StreamPosition, split_message

_TOKEN_LIFE_S: Final = 14 * 60.0
"""Tokens live 15 minutes; a new one is fetched a minute before."""
_ANSWER_LIMIT_S: Final = 30.0
_SILENCE_LIMIT_S: Final = 30.0
"""A socket that says nothing for so long is taken for dead and opened again."""
_RECONNECTS: Final = 40
_PAUSE_S: Final = 0.25

CLOSE_NOT_ALLOWED: Final = 4001
CLOSE_GONE: Final = 4004
CLOSE_FAILED: Final = 4009


class ServiceUnreachable(Exception):
    """Nobody answers at the service's address; start it with `make up`."""


class Refused(Exception):
    """The service answered with a problem; status, title and detail are its own words."""

    def __init__(self, status: int, title: str, detail: str, retry_after_s: int | None = None) -> None:
        super().__init__(f"{status} {title}: {detail}" if detail else f"{status} {title}")
        self.status = status
        self.title = title
        self.detail = detail
        self.retry_after_s = retry_after_s


class StreamBroken(Exception):
    """A stream ended otherwise than with its end; the message says how."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One media chunk as a viewer received it."""

    seq: int
    gen: int
    at_s: float
    """Seconds from sending the POST to the message's last byte."""
    pts_ms: int
    duration_ms: int
    size_bytes: int
    """Length of the segment without its header."""


@dataclass(slots=True, kw_only=True)
class ViewerReport:
    """What one viewer saw of one utterance."""

    utterance: str = ""
    posted_s: float = 0.0
    """When the POST was sent, on `time.monotonic()`'s clock."""
    answered_ms: float = 0.0
    """From sending the POST to having its whole answer."""
    first_chunk_ms: float | None = None
    """From sending the POST to the last byte of the first media message."""
    total_ms: float = 0.0
    """From sending the POST to the end of the stream."""
    ending: str = ""
    """end, cancelled or failed."""
    detail: Mapping[str, Any] | None = None
    """What the ending said: `{"chunks", "duration_ms"}` or `{"code", "message"}`."""
    duration_ms: int = 0
    """Sum of the chunks' lengths."""
    size_bytes: int = 0
    missing: int = 0
    """Chunks below the last one that never came."""
    duplicates: int = 0
    """Chunks that came again although the position said they were here."""
    reconnects: int = 0
    waited_at: int | None = None
    """First place in the waiting line that was told, if any."""
    mime: str = ""
    init: bytes = b""
    arrivals: list[Arrival] = field(default_factory=list)
    segments: list[bytes] = field(default_factory=list)
    """The media segments in order, when asked to keep them."""
    words: list[str] = field(default_factory=list)

    def forget_media(self) -> None:
        """Drop what came so far; the first chunk's time stays, since a viewer has seen it."""
        self.arrivals.clear()
        self.segments.clear()
        self.words.clear()
        self.duration_ms = self.size_bytes = 0

    @property
    def chunks(self) -> int:
        """Media chunks that came, each counted once."""
        return len(self.arrivals)

    def to_json(self) -> dict[str, object]:
        """Return the figures, without the bytes."""
        return {
            "utterance": self.utterance,
            "ending": self.ending,
            "answered_ms": round(self.answered_ms, 1),
            "first_chunk_ms": None if self.first_chunk_ms is None else round(self.first_chunk_ms, 1),
            "total_ms": round(self.total_ms, 1),
            "chunks": self.chunks,
            "duration_ms": self.duration_ms,
            "bytes": self.size_bytes,
            "missing": self.missing,
            "duplicates": self.duplicates,
            "reconnects": self.reconnects,
            "waited_at": self.waited_at,
            "mime": self.mime,
        }


class Service:
    """A running service, reached as one holder of an API key. Not to be shared by threads."""

    def __init__(self, address: str, key: str) -> None:
        self.address = address.rstrip("/")
        self._key = key
        self._token = ""
        self._token_from_s = float("-inf")
        self._http = httpx.Client(base_url=self.address, timeout=_ANSWER_LIMIT_S, trust_env=False)

    @classmethod
    def find(cls, configured: settings.Settings | None = None) -> "Service":
        """Return the service named by AVATAR_URL and AVATAR_KEY, else the one in var/run.json.

        Raises:
            NotRunning: neither is there.
        """
        chosen = configured or settings.load()
        if chosen.url and chosen.key:
            return cls(chosen.url, chosen.key)
        running = run_file.read(chosen.var)
        return cls(chosen.url or running.address, chosen.key or running.key)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._http.close()

    def request(self, method: str, path: str, body: object = None) -> Any:
        """Send a request with a token; return the JSON of the answer.

        Raises:
            Refused: the service says no.
            ServiceUnreachable: nobody answers.
        """
        answer = self._send(method, path, json=body, headers=self._bearer())
        return answer.json() if answer.content else None

    def _bearer(self) -> dict[str, str]:
        if time.monotonic() - self._token_from_s > _TOKEN_LIFE_S:
            answer = self._send("POST", "/v1/tokens", json={"key": self._key}).json()
            self._token = answer["access_token"]
            self._token_from_s = time.monotonic()
        return {"Authorization": f"Bearer {self._token}"}

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **options)
        except httpx.TransportError as error:
            raise ServiceUnreachable(f"nobody answers at {self.address}: {error}") from error
        if answer.is_error:
            raise _refusal(answer)
        return answer

    def sign_in(self) -> None:
        """Fetch a token now, so that no later request waits for one."""
        self._bearer()

    def download(self, path: str, target: Path) -> int:
        """Save a file of the service; return its length in bytes."""
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = target.with_name(target.name + ".part")
        with self._http.stream("GET", path, headers=self._bearer()) as answer, scratch.open("wb") as out:
            if answer.is_error:
                answer.read()
                raise _refusal(answer)
            for piece in answer.iter_bytes():
                out.write(piece)
        scratch.replace(target)
        return target.stat().st_size

    def wait_for_files(self, utterance: str, *, limit_s: float = 60.0) -> Any:
        """Return the utterance's row once its MP4 can be fetched.

        Raises:
            StreamBroken: it failed, was cancelled, or took too long.
        """
        deadline_s = time.monotonic() + limit_s
        while True:
            row = self.request("GET", f"/v1/utterances/{utterance}")
            if row["state"] in ("failed", "cancelled"):
                raise StreamBroken(f"the utterance is {row['state']}: {row.get('error')}")
            if row.get("video"):
                return row
            if time.monotonic() > deadline_s:
                raise StreamBroken(f"no finished file within {limit_s:.0f} s")
            time.sleep(0.05)


def _refusal(answer: httpx.Response) -> Refused:
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    after = answer.headers.get("Retry-After", "")
    return Refused(
        answer.status_code,
        str(problem.get("title") or answer.reason_phrase),
        str(problem.get("detail") or ""),
        int(after) if after.isdecimal() else None,
    )


def speak(
    service: Service,
    text: str,
    *,
    avatar: str,
    voice: str | None = None,
    size: str | None = None,
    engine: str | None = None,
    captions: bool = True,
    keep_segments: bool = False,
    on_chunk: Callable[[Chunk], None] | None = None,
    on_place: Callable[[int], None] | None = None,
) -> ViewerReport:
    """Post an utterance and watch it to its end.

    Args:
        service: where.
        text: what is said.
        avatar: who says it.
        voice: in which voice; the avatar's own when None.
        size: such as `512x512`; the service's default when None.
        engine: what draws; the avatar's own when None.
        captions: whether words are wanted with the chunks and in the file.
        keep_segments: whether the report holds the segments' bytes.
        on_chunk: told every new media chunk.
        on_place: told the place in the waiting line.

    Raises:
        Refused: the service says no.
        ServiceUnreachable: nobody answers.
        StreamBroken: the stream failed, is gone, or does not come back after many tries.
    """
    service.sign_in()
    body: dict[str, object] = {"avatar": avatar, "text": text, "captions": captions}
    chosen = {"voice": voice, "size": size, "engine": engine}
    body |= {name: value for name, value in chosen.items() if value is not None}
    posted_s = time.monotonic()
    made = service.request("POST", "/v1/utterances", body)
    answered_ms = (time.monotonic() - posted_s) * 1000
    viewer = Viewer(
        service, made["id"], made["stream"], posted_s=posted_s, keep_segments=keep_segments,
        on_chunk=on_chunk, on_place=on_place,
    )  # fmt: skip
    viewer.report.answered_ms = answered_ms
    return viewer.watch()


class Viewer:
    """Watches one stream, resuming by position whenever the socket drops."""

    def __init__(
        self,
        service: Service,
        utterance: str,
        stream: Mapping[str, str],
        *,
        posted_s: float,
        keep_segments: bool = False,
        on_chunk: Callable[[Chunk], None] | None = None,
        on_place: Callable[[int], None] | None = None,
    ) -> None:
        self._service = service
        self._url = _socket_address(service.address, stream["url"])
        self._ticket: str | None = stream["ticket"]
        self._keep = keep_segments
        self._on_chunk = on_chunk
        self._on_place = on_place
        self._position: StreamPosition | None = None
        self.report = ViewerReport(utterance=utterance, posted_s=posted_s)

    def watch(self) -> ViewerReport:
        """Receive until the stream's ending. Raises as `speak`."""
        for _ in range(_RECONNECTS):
            try:
                if self._watch_once():
                    return self.report
            except (websocket.WebSocketException, OSError):
                time.sleep(_PAUSE_S)
            self.report.reconnects += 1
        raise StreamBroken(f"the stream did not come back in {_RECONNECTS} tries")

    def _watch_once(self) -> bool:
        """Return whether the stream has ended; False when the socket closed before."""
        ticket = self._ticket or self._new_ticket()
        self._ticket = None
        socket = websocket.create_connection(
            self._url, timeout=_SILENCE_LIMIT_S, enable_multithread=False, origin=self._service.address
        )
        try:
            socket.send(json.dumps({"type": "watch", "ticket": ticket, "position": self._where()}))
            while True:
                opcode, data = socket.recv_data()
                if opcode == websocket.ABNF.OPCODE_CLOSE:
                    _judge_close(data)
                    return False
                if opcode == websocket.ABNF.OPCODE_TEXT:
                    self._on_control(json.loads(data))
                elif opcode == websocket.ABNF.OPCODE_BINARY and self._on_binary(data):
                    return True
        finally:
            # Not `close`, which leaves the descriptor open when the other side has gone.
            with suppress(OSError, websocket.WebSocketException):
                socket.send_close()
            socket.shutdown()  # type: ignore[no-untyped-call]

    def _new_ticket(self) -> str:
        answer = self._service.request("POST", f"/v1/utterances/{self.report.utterance}/tickets")
        return str(answer["ticket"])

    def _where(self) -> dict[str, object] | None:
        if self._position is None:
            return None
        return {"epoch": self._position.epoch, "seq": self._position.seq}

    def _on_control(self, message: Mapping[str, Any]) -> None:
        place = message.get("position")
        if message.get("type") in ("hello", "queued") and isinstance(place, int):
            if self.report.waited_at is None:
                self.report.waited_at = place
            if self._on_place is not None:
                self._on_place(place)

    def _on_binary(self, message: bytes) -> bool:
        at_s = time.monotonic() - self.report.posted_s
        header, payload = split_message(message)
        if header.get("kind") == "init":
            self.report.init = payload
            self.report.mime = str(header.get("mime", ""))
            return False
        chunk = Chunk.from_message(message)
        if not self._in_order(chunk):
            return False
        if chunk.kind == "media":
            self._keep_media(chunk, at_s)
        if chunk.kind in TERMINAL_KINDS:
            self._finish(chunk, at_s)
            return True
        return False

    def _in_order(self, chunk: Chunk) -> bool:
        """Advance the position; False for a chunk that is here already."""
        last = self._position.seq if self._position is not None else 0
        if self._position is not None and chunk.epoch != self._position.epoch:
            # Earlier positions mean something else now: what was seen is not part of this.
            self.report.forget_media()
            last = 0
        elif chunk.seq <= last:
            self.report.duplicates += 1
            return False
        self.report.missing += chunk.seq - last - 1
        self._position = StreamPosition(chunk.epoch, chunk.seq)
        return True

    def _keep_media(self, chunk: Chunk, at_s: float) -> None:
        report = self.report
        if report.first_chunk_ms is None:
            report.first_chunk_ms = at_s * 1000
        size_bytes = len(chunk.payload)
        report.arrivals.append(
            Arrival(chunk.seq, chunk.gen, at_s, chunk.pts_ms, chunk.duration_ms, size_bytes)
        )
        report.size_bytes += size_bytes
        report.duration_ms += chunk.duration_ms
        report.words.extend(word.text for word in chunk.words)
        if self._keep:
            report.segments.append(chunk.payload)
        if self._on_chunk is not None:
            self._on_chunk(chunk)

    def _finish(self, chunk: Chunk, at_s: float) -> None:
        self.report.ending = chunk.kind
        self.report.detail = chunk.detail
        self.report.total_ms = at_s * 1000
        if chunk.kind == "failed":
            raise StreamBroken(f"the utterance failed: {dict(chunk.detail or {})}")


def _judge_close(data: bytes) -> None:
    """Let pass what a resume can mend. Raises StreamBroken for the rest."""
    code = int.from_bytes(data[:2], "big") if len(data) >= 2 else 0
    reason = data[2:].decode("utf-8", "replace")
    if code in (CLOSE_NOT_ALLOWED, CLOSE_GONE, CLOSE_FAILED):
        raise StreamBroken(f"the service closed the stream with {code} {reason}".rstrip())


def _socket_address(address: str, url: str) -> str:
    whole = urljoin(address + "/", url)
    return whole.replace("http://", "ws://", 1).replace("https://", "wss://", 1)
