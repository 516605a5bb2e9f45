"""A client of the running service, over HTTP and one WebSocket, as anybody could write it.

`speak` posts an utterance and watches it to its end; the report says what a viewer saw.
`say`, `demo` and `bench` stand on it.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urljoin

import websocket

from cli.dictation import Dictation
from cli.service import Refused, Service, ServiceUnreachable, StreamBroken
from cli.viewer_report import Arrival, ViewerReport
from tasks.chunks import TERMINAL_KINDS, Chunk, StreamPosition, split_message

__all__ = [
    "Arrival", "Refused", "Service", "ServiceUnreachable", "StreamBroken", "Viewer", "ViewerReport", "speak",
]  # fmt: skip

_SILENCE_LIMIT_S: Final = 30.0
"""A socket that says nothing for so long is taken for dead and opened again."""
_RECONNECTS: Final = 200
"""How often it may break in all; one that opens and breaks for ever is no stream."""
_PAUSE_S: Final = 0.25
_AWAY_LIMIT_S: Final = 30.0
"""How long a service that has left is waited for."""

CLOSE_LEAVING: Final = 1012
CLOSE_NOT_ALLOWED: Final = 4001
CLOSE_GONE: Final = 4004
CLOSE_FAILED: Final = 4009


def speak(
    service: Service,
    text: str | Iterable[str] | None,
    *,
    avatar: str,
    voice: str | None = None,
    size: str | None = None,
    engine: str | None = None,
    captions: bool = True,
    manner: Mapping[str, object] | None = None,
    keep_segments: bool = False,
    on_chunk: Callable[[Chunk], None] | None = None,
    on_place: Callable[[int], None] | None = None,
    on_lost: Callable[[], None] | None = None,
) -> ViewerReport:
    """Post an utterance and watch it to its end.

    Args:
        service: where.
        text: what is said; pieces of it are said as they come. None where `manner` names a recording.
        avatar: who says it.
        voice: in which voice; the avatar's own when None.
        size: such as `512x512`; the service's default when None.
        engine: what draws; the avatar's own when None.
        captions: whether words are wanted with the chunks and in the file.
        manner: further fields of the request: `language`, `rate`, `pitch`, `volume`, `ssml`, `burned`,
            `recording`, `transcript`.
        keep_segments: whether the report holds the segments' bytes.
        on_chunk: told every new media chunk.
        on_place: told the place in the waiting line.
        on_lost: told when the stream broke off and is being waited for.

    Raises:
        Refused: the service says no.
        ServiceUnreachable: nobody answers.
        StreamBroken: the stream failed, is gone, or does not come back after many tries.
    """
    service.sign_in()
    body: dict[str, object] = {"avatar": avatar, "captions": captions}
    if isinstance(text, str):
        body["text"] = text
    elif text is not None:
        body |= {"text": "", "open": True}
    chosen = {"voice": voice, "size": size, "engine": engine, **(manner or {})}
    body |= {name: value for name, value in chosen.items() if value is not None}
    posted_s = time.monotonic()
    made = service.request("POST", "/v1/utterances", body)
    answered_ms = (time.monotonic() - posted_s) * 1000
    viewer = Viewer(
        service, made["id"], made["stream"], posted_s=posted_s, keep_segments=keep_segments,
        on_chunk=on_chunk, on_place=on_place, on_lost=on_lost,
    )  # fmt: skip
    viewer.report.answered_ms = answered_ms
    viewer.report.warnings = [str(warning["detail"]) for warning in made.get("warnings", ())]
    if text is None or isinstance(text, str):
        return viewer.watch()
    dictation = Dictation(Service(service.address, service.key), made["id"], text)
    dictation.start()
    try:
        report = viewer.watch()
    finally:
        dictation.let_go()
    if dictation.refused is not None:
        report.cut_short = True
        report.warnings.append(f"not all of the text was taken: {dictation.refused}")
    return report


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
        on_lost: Callable[[], None] | None = None,
    ) -> None:
        self._service = service
        self._url = _socket_address(service.address, stream["url"])
        self._ticket: str | None = stream["ticket"]
        self._keep = keep_segments
        self._on_chunk = on_chunk
        self._on_place = on_place
        self._on_lost = on_lost
        self._lost_at_s: float | None = None
        """Since when no socket has opened, on the monotonic clock; None while one is open."""
        self._left = False
        """Whether the service said that it is leaving, and no chunk has come since."""
        self._fruitless = False
        """Whether no chunk has come since the last time it broke."""
        self._position: StreamPosition | None = None
        self.report = ViewerReport(utterance=utterance, posted_s=posted_s)

    def watch(self) -> ViewerReport:
        """Receive until the stream's ending. Raises as `speak`."""
        while True:
            broken = False
            try:
                if self._watch_once():
                    return self.report
            except Refused as refusal:
                if refusal.status != 503:
                    raise
                broken = True
            except (websocket.WebSocketException, OSError, ServiceUnreachable):
                broken = True
            self.report.reconnects += 1
            self._come_back(broken)

    def _come_back(self, broken: bool) -> None:
        """Wait before the next try. Raises StreamBroken when there have been enough."""
        now_s = time.monotonic()
        if self._lost_at_s is None:
            self._lost_at_s = now_s
            if self._on_lost is not None:
                self._on_lost()
        away_s = now_s - self._lost_at_s
        if away_s > _AWAY_LIMIT_S or self.report.reconnects >= _RECONNECTS:
            raise StreamBroken(self._how_it_ended(away_s))
        if broken or self._fruitless:
            time.sleep(_PAUSE_S)
        self._fruitless = True

    def _how_it_ended(self, away_s: float) -> str:
        had = f"{self.report.duration_ms / 1000:.1f} s had come"
        if self._left:
            return (
                f"the service stopped while it was speaking ({had}) and was not back within {away_s:.0f} s; "
                f"utterance {self.report.utterance} goes on when it is started again"
            )
        return f"the stream did not come back in {self.report.reconnects} tries and {away_s:.0f} s ({had})"

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
                    self._left = _judge_close(data) == CLOSE_LEAVING or self._left
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
        self._lost_at_s = None
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
        in_order = self._in_order(chunk)
        if chunk.kind in TERMINAL_KINDS:
            # Whatever its number: to whoever is past it the service tells it all the same.
            self._finish(chunk, at_s)
            return True
        if in_order and chunk.kind == "media":
            self._left = self._fruitless = False
            self.report.keep(chunk, at_s, with_segment=self._keep)
            if self._on_chunk is not None:
                self._on_chunk(chunk)
        return False

    def _in_order(self, chunk: Chunk) -> bool:
        """Advance the position; False for a chunk that is here already."""
        last = self._position.seq if self._position is not None else 0
        if self._position is not None and chunk.epoch != self._position.epoch:
            # Earlier positions mean something else now: what was seen is not part of this.
            self.report.forget_media()
            last = 0
        elif chunk.seq <= last:
            self.report.duplicates += chunk.kind not in TERMINAL_KINDS
            return False
        self.report.missing += chunk.seq - last - 1
        self._position = StreamPosition(chunk.epoch, chunk.seq)
        return True

    def _finish(self, chunk: Chunk, at_s: float) -> None:
        self.report.ending = chunk.kind
        self.report.detail = chunk.detail
        self.report.total_ms = at_s * 1000
        if chunk.kind == "failed":
            raise StreamBroken(f"the utterance failed: {dict(chunk.detail or {})}")


def _judge_close(data: bytes) -> int:
    """Return a code that a resume can mend. Raises StreamBroken for the rest."""
    code = int.from_bytes(data[:2], "big") if len(data) >= 2 else 0
    reason = data[2:].decode("utf-8", "replace")
    if code in (CLOSE_NOT_ALLOWED, CLOSE_GONE, CLOSE_FAILED):
        raise StreamBroken(f"the service closed the stream with {code} {reason}".rstrip())
    return code


def _socket_address(address: str, url: str) -> str:
    whole = urljoin(address + "/", url)
    return whole.replace("http://", "ws://", 1).replace("https://", "wss://", 1)
