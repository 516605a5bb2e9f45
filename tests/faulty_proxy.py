"""An HTTP proxy of our own between a client and a server that speaks S3, which can be made to fail.

It carries each request on and the answer back, and notes what went through. A fault looks at
every request and may spoil it; faults are handed in as plain functions.
"""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

_HOP = frozenset({"connection", "transfer-encoding", "keep-alive", "content-length"})


@dataclass
class Exchange:
    """One request and, once there is one, its answer; a fault may change either."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    status: int = 0
    answer_headers: list[tuple[str, str]] = field(default_factory=list)
    answer: bytes = b""
    cut_at: int | None = None
    """After how many bytes of the answer's body the connection breaks."""
    pause: threading.Event | None = None
    """What the answer's body waits for."""

    @property
    def operation(self) -> str:
        """What is asked for, in the words of S3."""
        if "uploads" in self.query:
            return "CreateMultipartUpload" if self.method == "POST" else "ListMultipartUploads"
        if "uploadId" in self.query:
            return {"PUT": "UploadPart", "POST": "CompleteMultipartUpload", "DELETE": "AbortMultipartUpload"}[
                self.method
            ]
        if self.method == "POST":
            return "DeleteObjects"
        of_bucket = self.path.strip("/").count("/") == 0
        return ("Bucket" if of_bucket else "Object") + self.method.title()

    def set_header(self, name: str, value: str) -> None:
        """Replace a header of the answer."""
        self.answer_headers = [(n, v) for n, v in self.answer_headers if n.lower() != name.lower()]
        self.answer_headers.append((name, value))

    def length(self) -> str:
        """Return the Content-Length of the answer; of a HEAD, the one the server told."""
        told = {name.lower(): value for name, value in self.answer_headers}
        return told.get("content-length", "0") if self.method == "HEAD" else str(len(self.answer))


class Cut(Exception):
    """The connection breaks here."""


@dataclass
class FaultyProxy:
    """What the tests see of it."""

    url: str
    seen: list[Exchange] = field(default_factory=list)
    before: Callable[[Exchange], None] = lambda _: None
    """Called before a request is carried on; may raise Cut, or set a status and so the answer."""
    after: Callable[[Exchange], None] = lambda _: None
    """Called with the server's answer, before it goes back."""

    def operations(self) -> list[str]:
        """Return what went through, in order."""
        return [exchange.operation for exchange in self.seen]


def refuse(exchange: Exchange, status: int, code: str) -> None:
    """Answer in the server's place, as S3 tells an error."""
    exchange.status = status
    exchange.answer_headers = [("Content-Type", "application/xml")]
    if exchange.method != "HEAD":
        exchange.answer = f"<Error><Code>{code}</Code><Message>said so</Message></Error>".encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = urlsplit(upstream)
        self.proxy = FaultyProxy(url=f"http://127.0.0.1:{self.server_address[1]}")


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, Cut):
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def carry(self) -> None:
        parts, proxy = urlsplit(self.path), self.server.proxy
        exchange = Exchange(
            method=self.command,
            path=parts.path,
            query=parse_qs(parts.query, keep_blank_values=True),
            headers=dict(self.headers.items()),
            body=self.rfile.read(int(self.headers.get("Content-Length", "0"))),
        )
        proxy.seen.append(exchange)
        proxy.before(exchange)
        if not exchange.status:
            self.ask(exchange)
            proxy.after(exchange)
        self.answer(exchange)

    def ask(self, exchange: Exchange) -> None:
        upstream = self.server.upstream
        connection = http.client.HTTPConnection(upstream.hostname or "", upstream.port, timeout=30)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in exchange.headers.items():
                if name.lower() not in {"expect", "connection"}:
                    connection.putheader(name, value)
            connection.endheaders(exchange.body)
            answer = connection.getresponse()
            exchange.status = answer.status
            exchange.answer = answer.read()
            exchange.answer_headers = answer.getheaders()
        finally:
            connection.close()

    def answer(self, exchange: Exchange) -> None:
        self.send_response_only(exchange.status)
        for name, value in exchange.answer_headers:
            if name.lower() not in _HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", exchange.length())
        self.end_headers()
        self.wfile.flush()
        if exchange.pause is not None:
            exchange.pause.wait(30)
        if exchange.method == "HEAD":
            return
        self.wfile.write(exchange.answer[: exchange.cut_at])
        if exchange.cut_at is not None:
            raise Cut

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = carry  # noqa: N815


@contextmanager
def between(upstream: str) -> Iterator[FaultyProxy]:
    """Run a proxy in front of a server."""
    server = _Server(upstream)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
