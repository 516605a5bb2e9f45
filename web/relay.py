"""One socket: let in, resume, forward, close when slow.

Between web.broadcast and a viewer. The first message brings a one-time ticket and a
position; from there every chunk is forwarded once and in order, one at a time, from what
the process has just read, else from the log, else from storage.
"""

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, Final

import structlog
from simple_websocket import ConnectionClosed
from wsproto.events import CloseConnection, Ping

from avatars.errors import StorageError
from monitoring.logs import about
from monitoring.metrics_collector import WebMetrics
from tasks.errors import StreamUnreachable
from tasks.parts import Parts, PartsBroken
from tasks.stream import ChunkStream, StreamMeta
from web.broadcast import Behind, Entry, Hub, InitSegment, StreamOver, StreamReader, entry_of
from web.protocol import (
    WATCH_WITHIN_S,
    BadWatch,
    CloseCode,
    Watch,
    hello,
    init_message,
    queued,
    read_watch,
    writing_ticket,
)
from web.socket_writing import answer_to_viewer
from web.sockets import DeadlineSocket, SlowReader

PRESENCE_EVERY_S: Final = 5.0
PING_EVERY_S: Final = 20.0
"""A viewer that has not answered one ping when the next is due is a slow one."""

LOOK_EVERY_S: Final = 1.0
"""How often an idle viewer looks whether its client has gone."""

MAX_IDLE_MESSAGES: Final = 64
"""What a client may say after `watch`; nothing of it is read."""

CLOSE_WITHIN_S: Final = 1.0
"""How long a client may take to answer a close."""

BACKLOG_CHUNKS: Final = 4

log = structlog.get_logger(__name__)


class Closing(Exception):
    """This socket is to be closed with a code and a few words."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Relay:
    """All sockets of one process."""

    def __init__(
        self,
        stream: ChunkStream,
        parts: Parts,
        metrics: WebMetrics,
        *,
        places: int,
        place: Callable[[str], int | None] | None = None,
        write: Callable[[str, str | bytes], str] | None = None,
    ) -> None:
        """Make the sockets of a process.

        Args:
            stream: the log.
            parts: what the log has let go of.
            metrics: where it is counted.
            places: how many sockets there may be at once.
            place: tells a queued stream's place in the waiting line; the stream's own when None.
            write: does what a writer's message asks and returns the answer; None takes no text.
        """
        self.write = write
        self.hub = Hub(stream, metrics, place)
        self.stream = stream
        self.parts = parts
        self.metrics = metrics
        self._places = threading.BoundedSemaphore(places)

    def admit(self) -> bool:
        """Take a place for a socket if there is one; each holds a thread of the server."""
        admitted = not self.hub.draining and self._places.acquire(blocking=False)
        if admitted:
            self.metrics.viewers.inc()
        else:
            self.metrics.relay_refused.inc()
        return admitted

    def release(self) -> None:
        """Give a place back."""
        self.metrics.viewers.dec()
        self._places.release()

    def drain(self) -> None:
        """Close every socket with DRAIN; returns at once."""
        self.hub.drain()

    def serve(self, ws: Any, sid: str) -> None:
        """Serve one viewer until its socket is closed; never raises.

        Args:
            ws: a simple-websocket server over a DeadlineSocket.
            sid: the stream its address names.
        """
        viewer = Viewer(self, ws, sid)
        with about(utterance=sid, viewer=viewer.name):
            code = self._run(viewer)
            self.metrics.relay_closed.labels(code).inc()

    def _run(self, viewer: "Viewer") -> str:
        try:
            closing = viewer.run()
        except SlowReader:
            return viewer.close_slow()
        except StreamUnreachable:
            closing = Closing(CloseCode.DRAIN, "unreachable")
        except (ConnectionClosed, OSError):
            closing = None
        except Exception:
            # Past the handshake nothing may be raised: an answer of HTTP 500 would land
            # in the middle of the stream.
            log.exception("viewer_failed")
            closing = Closing(CloseCode.INTERNAL, "internal")
        return viewer.close_lost() if closing is None else viewer.close(closing.code, closing.reason)


class Viewer:
    """One socket from its first message to its close."""

    def __init__(self, relay: Relay, ws: Any, sid: str) -> None:
        self.name = uuid.uuid4().hex[:12]
        self._relay = relay
        self._stream = relay.stream
        self._ws = ws
        self._socket: DeadlineSocket = ws.sock
        self._sid = sid
        self._after = 0
        self._may_write = False
        self._epoch = ""
        self._place: int | None = None
        self._init: InitSegment | None = None
        self._seen_at_s = 0.0
        self._pinged_at_s = time.monotonic()
        self._idle_messages = 0
        self._sending = threading.Lock()
        """Two threads may send: this one, and that of a writer, which acknowledges."""
        self._writer: threading.Thread | None = None

    def run(self) -> Closing | None:
        """Serve until there is a reason to close, which is returned; None when the client left.

        Raises:
            SlowReader: messages were not read in time.
            StreamUnreachable: Redis does not answer a viewer that has just come.
            ConnectionClosed, OSError: the client left in the middle of a message.
        """
        try:
            self._serve()
        except Closing as closing:
            return closing
        except StreamOver as over:
            return self._tell_ending(over.code)
        return None

    def _serve(self) -> None:
        watch = self._let_in()
        meta = self._stream.meta(self._sid)
        if meta is None:
            raise Closing(CloseCode.GONE, "gone")
        self._epoch = meta.epoch
        if self._may_write:
            self._writer = threading.Thread(target=self._take_text, name="writer", daemon=True)
        if watch.position is not None and watch.position.epoch == meta.epoch:
            self._after = watch.position.seq
        self._be_seen()
        # A position past the end of the log is this viewer's own: the reader it shares
        # with others starts where the stream is.
        reader = self._relay.hub.join(self._sid, meta, min(self._after, meta.next - 1))
        try:
            self._greet(meta, reader)
            self._forward(reader)
        finally:
            self._relay.hub.leave(reader)

    def _let_in(self) -> Watch:
        message = self._ws.receive(timeout=WATCH_WITHIN_S)
        if message is None:
            raise Closing(CloseCode.NOT_ALLOWED, f"no watch within {WATCH_WITHIN_S} s")
        try:
            watch = read_watch(message)
        except BadWatch as error:
            raise Closing(CloseCode.NOT_ALLOWED, str(error)) from error
        opened = self._stream.redeem_ticket(watch.ticket)
        self._may_write = opened == writing_ticket(self._sid) and self._relay.write is not None
        if opened != self._sid and not self._may_write:
            raise Closing(CloseCode.NOT_ALLOWED, "ticket is used, expired or not for this stream")
        return watch

    def _greet(self, meta: StreamMeta, reader: StreamReader) -> None:
        self._place = reader.place
        self._say(hello(self._sid, meta, self._place))
        self._send_init(reader.init)
        if self._writer is not None:
            self._writer.start()

    def _say(self, message: str | bytes) -> None:
        with self._sending:
            self._ws.send(message)

    def _take_text(self) -> None:
        """Take a writer's messages until the socket is closed; the thread beside the viewer's own."""
        write = self._relay.write
        with about(utterance=self._sid, viewer=self.name), contextlib.suppress(ConnectionClosed, OSError):
            while write is not None and self._ws.connected:
                message = self._ws.receive(timeout=LOOK_EVERY_S)
                if message is not None:
                    self._say(write(self._sid, message))

    def _forward(self, reader: StreamReader) -> None:
        while self._here():
            try:
                entry = reader.take(self._after, self._place, LOOK_EVERY_S)
            except Behind:
                self._catch_up(reader)
                continue
            if entry is not None:
                self._send(entry, reader)
            elif reader.place != self._place:
                self._place = reader.place
                self._say(queued(self._place))

    def _send(self, entry: Entry, reader: StreamReader) -> None:
        self._place = None
        self._send_init(reader.init)
        self._say(entry.message)
        self._after = entry.seq
        self._relay.metrics.relay_lag.observe(time.monotonic() - entry.read_at_s)
        if entry.terminal:
            raise Closing(CloseCode.FAILED if entry.kind == "failed" else CloseCode.ENDED, entry.kind)

    def _send_init(self, init: InitSegment | None) -> None:
        if init is None or (self._init is not None and self._init.data == init.data):
            return
        self._say(init_message(self._epoch, init.gen, init.mime, init.data))
        self._init = init

    def _catch_up(self, reader: StreamReader) -> None:
        found = False
        try:
            for entry in self._backlog():
                found = True
                self._send(entry, reader)
                if not self._here():
                    return
        except StreamUnreachable:
            # The reader waits for Redis too, and says when that has taken too long.
            if reader.over is not None:
                raise StreamOver(reader.over) from None
            time.sleep(0.1)
            return
        except (PartsBroken, StorageError) as error:
            raise Closing(CloseCode.GONE, "position is no longer kept") from error
        if not found:
            raise Closing(CloseCode.GONE, "position is no longer kept")

    def _tell_ending(self, code: CloseCode) -> Closing:
        """Tell a viewer whose position is at or past the ending how the stream ended."""
        meta = self._stream.meta(self._sid)
        if meta is not None and meta.state.ended and code in (CloseCode.ENDED, CloseCode.FAILED):
            with contextlib.suppress(PartsBroken, StorageError):
                ending = next(self._following(meta.next - 2), None)
                if ending is not None and ending.terminal:
                    self._say(ending.message)
        return Closing(code, code.name.lower())

    def _backlog(self) -> Iterator[Entry]:
        return self._following(self._after)

    def _following(self, after: int) -> Iterator[Entry]:
        """Yield what follows a position without a hole, from the log, else from storage."""
        batch = self._stream.read(self._sid, after, count=BACKLOG_CHUNKS)
        if not batch or batch[0][0] != after + 1:
            # The log was trimmed past this position; what it let go of lies in storage.
            batch = self._relay.parts.read_after(self._sid, after)  # type: ignore[assignment]
        for seq, message in batch:
            if seq != after + 1:
                return
            after = seq
            yield entry_of(seq, message)

    def _here(self) -> bool:
        """Look after the socket between two chunks; False when the client has left."""
        if self._relay.hub.draining:
            raise Closing(CloseCode.DRAIN, "drain")
        while self._writer is None and (message := self._ws.receive(timeout=0)) is not None:
            self._idle_messages += 1
            if self._idle_messages > MAX_IDLE_MESSAGES:
                raise Closing(CloseCode.NOT_ALLOWED, "a viewer has nothing to say after watch")
            if (refused := answer_to_viewer(message)) is not None:
                self._say(refused)
        now = time.monotonic()
        if now - self._seen_at_s >= PRESENCE_EVERY_S:
            self._be_seen()
        if now - self._pinged_at_s >= PING_EVERY_S:
            self._ping()
        return bool(self._ws.connected and self._ws.thread.is_alive())

    def _be_seen(self) -> None:
        self._seen_at_s = time.monotonic()
        with contextlib.suppress(StreamUnreachable):
            self._stream.watch(self._sid, self.name)

    def _ping(self) -> None:
        if not self._ws.pong_received:
            raise SlowReader("a ping was not answered")
        self._pinged_at_s = time.monotonic()
        self._ws.pong_received = False
        self._socket.send(self._ws.ws.send(Ping()))

    def close(self, code: CloseCode, reason: str) -> str:
        """Say goodbye with a code, wait shortly for the answer; return the code's label."""
        try:
            self._ws.close(int(code), reason[:120])
        except SlowReader:
            return self.close_slow()
        except (ConnectionClosed, OSError):
            return self.close_lost()
        self._ws.thread.join(CLOSE_WITHIN_S)
        self._socket.finish(drain=not self._ws.thread.is_alive())
        return str(int(code))

    def close_slow(self) -> str:
        """Leave the code to the kernel, for whenever the client reads again."""
        self._ws.connected = False
        frame = self._ws.ws.send(CloseConnection(int(CloseCode.SLOW), "slow"))
        delivered = self._socket.close_slow(frame)
        self._socket.finish(drain=False)
        log.info("viewer_slow", after=self._after, told=delivered)
        return str(int(CloseCode.SLOW))

    def close_lost(self) -> str:
        """End a socket whose client has left or broken the protocol."""
        self._ws.connected = False
        # It is the reading thread that answers a close or a broken frame, and it wakes this
        # one before it has written that answer.
        self._ws.thread.join(CLOSE_WITHIN_S)
        self._socket.finish(drain=True)
        return "client"
