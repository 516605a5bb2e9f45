"""One reader per stream and process, however many watch: the log read once, kept shortly.

Between tasks.stream and web.relay. Each viewer asks for what follows its own position
and reads the log itself only when it has fallen behind what is kept here. Knows no
socket; a Redis that goes away is waited for.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from monitoring.metrics_collector import WebMetrics
from tasks.chunks import TERMINAL_KINDS, split_message
from tasks.errors import StreamUnreachable
from tasks.stream import ChunkStream, StreamMeta, StreamState
from web.protocol import CloseCode

KEPT_CHUNKS: Final = 64
"""Recent chunks kept for viewers that lag a little."""

KEPT_BYTES: Final = 8 * 1024 * 1024
"""And never more than this of one stream."""

BLOCK_MS: Final = 2000
"""How long one read waits for a chunk."""

QUEUED_BLOCK_MS: Final = 500
"""The same while the stream waits for a worker: how soon a new place in the line is told."""

MISSING_FOR_S: Final = 10.0
"""A stream whose meta is gone for so long is not made again any more."""

UNREACHABLE_FOR_S: Final = 60.0
"""Sockets are kept for so long while Redis is away."""

log = structlog.get_logger(__name__)


class Behind(Exception):
    """The position lies before what is kept here; read the log."""


class StreamOver(Exception):
    """Nothing follows for this position; close the socket with this code."""

    def __init__(self, code: CloseCode) -> None:
        super().__init__(code.name)
        self.code = code


@dataclass(frozen=True, slots=True)
class InitSegment:
    """What a player needs before the first media segment."""

    gen: int
    mime: str | None
    data: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """A chunk's message as it is forwarded, with what the relay needs to know of it."""

    seq: int
    message: bytes
    kind: str
    gen: int
    epoch: str
    read_at_s: float
    """When it came off the log, on the monotonic clock."""

    @property
    def terminal(self) -> bool:
        """Whether nothing follows."""
        return self.kind in TERMINAL_KINDS


def entry_of(seq: int, message: bytes) -> Entry:
    """Read as much of a message's header as the relay needs. Raises BadMessage."""
    header, _payload = split_message(message)
    kind, gen, epoch = str(header.get("kind")), header.get("gen"), str(header.get("epoch"))
    return Entry(seq, message, kind, gen if isinstance(gen, int) else 0, epoch, time.monotonic())


def code_after(state: StreamState) -> CloseCode:
    """Return the close code for a stream that ended in a state."""
    return CloseCode.FAILED if state is StreamState.FAILED else CloseCode.ENDED


class StreamReader:
    """Reads one stream for all its viewers in this process, in a thread of its own."""

    def __init__(self, hub: "Hub", sid: str, meta: StreamMeta, after: int) -> None:
        self.sid = sid
        self.viewers = 0
        """Guarded by the hub's lock."""
        self._hub = hub
        self._stream = hub.stream
        self._epoch = meta.epoch
        self._cursor = after
        self._kept: deque[Entry] = deque()
        self._kept_bytes = 0
        self._init = _init_of(meta)
        self._place = hub.place(sid) if meta.state is StreamState.QUEUED else None
        self._over: CloseCode | None = None
        # What the meta says is there already need not be waited for; if the log has it no
        # longer, the first look around finds that out.
        self._waits = not meta.state.ended and meta.next - 1 <= after
        self._missing_since_s: float | None = None
        self._unreachable_since_s: float | None = None
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=f"reader-{sid[:8]}", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    @property
    def place(self) -> int | None:
        """The stream's place in the waiting line, None when it does not wait."""
        return self._place

    @property
    def init(self) -> InitSegment | None:
        """The init segment, once a worker has made it."""
        return self._init

    def take(self, after: int, place: int | None, timeout_s: float) -> Entry | None:
        """Return the chunk after a position.

        Args:
            after: the last sequence number the viewer has.
            place: the place in line that the viewer was told last.
            timeout_s: how long to wait for it.

        Returns:
            None when the time is up, the place is another one, or the process drains.

        Raises:
            Behind: the chunk is not kept here any more.
            StreamOver: there will be none.
        """
        with self._news:
            self._news.wait_for(lambda: self._answerable(after, place), timeout_s)
            index = after + 1 - self._first
            if index < 0:
                raise Behind
            if index < len(self._kept):
                return self._kept[index]
            if self._over is not None:
                raise StreamOver(self._over)
            return None

    @property
    def over(self) -> CloseCode | None:
        """With which code nothing follows what was read here; None while something may."""
        return self._over

    def wake(self) -> None:
        """Have every waiting viewer look around."""
        with self._news:
            self._news.notify_all()

    @property
    def _first(self) -> int:
        return self._kept[0].seq if self._kept else self._cursor + 1

    def _answerable(self, after: int, place: int | None) -> bool:
        there = after + 1 < self._first + len(self._kept)
        return there or self._over is not None or self._place != place or self._hub.draining

    def _run(self) -> None:
        try:
            while self._over is None and self._hub.keeps(self):
                self._read_once()
        finally:
            # Whatever ended this thread, no viewer may wait for it.
            self._end(self._over or CloseCode.INTERNAL)
            self._hub.drop(self)

    def _read_once(self) -> None:
        block_ms = BLOCK_MS if self._place is None else QUEUED_BLOCK_MS
        try:
            batch = self._stream.read(
                self.sid, self._cursor, block_ms=block_ms if self._waits else 0, count=16
            )
            self._waits = True
            if batch:
                self._append(batch)
            else:
                self._look_around()
            self._unreachable_since_s = None
        except StreamUnreachable:
            self._wait_for_redis()

    def _wait_for_redis(self) -> None:
        now = time.monotonic()
        if self._unreachable_since_s is None:
            log.warning("stream_unreachable", utterance=self.sid, cursor=self._cursor)
            self._unreachable_since_s = now
        if now - self._unreachable_since_s > UNREACHABLE_FOR_S:
            self._end(CloseCode.DRAIN)
        time.sleep(0.1)

    def _append(self, batch: Sequence[tuple[int, bytes]]) -> None:
        entries = [entry_of(seq, message) for seq, message in batch]
        if self._init is None or self._init.gen != entries[0].gen:
            # A successor sets its own init segment before its first chunk.
            self._refresh_init(entries[0].gen)
        with self._news:
            for entry in entries:
                self._keep(entry)
            self._place = None
            self._news.notify_all()

    def _keep(self, entry: Entry) -> None:
        if entry.epoch != self._epoch:
            # Positions mean something else now; a viewer comes back and is told so by hello.
            self._over = CloseCode.DRAIN
            return
        if entry.seq != self._cursor + 1:
            # Trimmed before it was read here. What is kept has no holes, so begin anew;
            # viewers before the hole read the parts.
            self._kept.clear()
            self._kept_bytes = 0
        self._kept.append(entry)
        self._kept_bytes += len(entry.message)
        self._cursor = entry.seq
        while len(self._kept) > KEPT_CHUNKS or (self._kept_bytes > KEPT_BYTES and len(self._kept) > 1):
            self._kept_bytes -= len(self._kept.popleft().message)
        if entry.terminal:
            self._over = CloseCode.FAILED if entry.kind == "failed" else CloseCode.ENDED

    def _refresh_init(self, gen: int) -> None:
        meta = self._stream.meta(self.sid)
        if meta is None or meta.init is None:
            log.error("chunk_without_init", utterance=self.sid, gen=gen)
            return
        self._init = InitSegment(gen, meta.mime, meta.init)

    def _look_around(self) -> None:
        meta = self._stream.meta(self.sid)
        now = time.monotonic()
        if meta is None:
            self._missing_since_s = self._missing_since_s or now
            if now - self._missing_since_s > MISSING_FOR_S:
                self._end(CloseCode.GONE)
            return
        self._missing_since_s = None
        if meta.next - 1 > self._cursor and self._stream.oldest(self.sid) is None:
            self._skip_to(meta.next - 1)
        if meta.epoch != self._epoch:
            self._end(CloseCode.DRAIN)
        elif meta.state.ended and self._cursor >= meta.next - 1:
            self._end(code_after(meta.state))
        place = self._hub.place(self.sid) if meta.state is StreamState.QUEUED else None
        with self._news:
            self._place = place
            self._news.notify_all()

    def _skip_to(self, seq: int) -> None:
        # The log has expired. Whoever is before this position finds the parts in storage.
        with self._news:
            self._kept.clear()
            self._kept_bytes = 0
            self._cursor = seq
            self._news.notify_all()

    def _end(self, code: CloseCode) -> None:
        with self._news:
            self._over = self._over or code
            self._news.notify_all()


def _init_of(meta: StreamMeta) -> InitSegment | None:
    return None if meta.init is None else InitSegment(meta.gen, meta.mime, meta.init)


class Hub:
    """The readers of this process, by stream."""

    def __init__(
        self, stream: ChunkStream, metrics: WebMetrics, place: Callable[[str], int | None] | None = None
    ) -> None:
        self.stream = stream
        self.place = place or stream.place
        """Tells a queued stream's place in the waiting line."""
        self.draining = False
        self._metrics = metrics
        self._readers: dict[str, StreamReader] = {}
        self._lock = threading.Lock()

    def join(self, sid: str, meta: StreamMeta, after: int) -> StreamReader:
        """Return the reader of a stream, started now if there is none; `leave` it again."""
        with self._lock:
            reader = self._readers.get(sid)
            if reader is None:
                reader = self._readers[sid] = StreamReader(self, sid, meta, after)
                self._metrics.stream_readers.inc()
                reader.start()
            reader.viewers += 1
            return reader

    def leave(self, reader: StreamReader) -> None:
        """Say that a viewer is gone. The reader ends with its last viewer, after its read."""
        with self._lock:
            reader.viewers -= 1

    def keeps(self, reader: StreamReader) -> bool:
        """Return whether a reader is still wanted; once not, it is forgotten here."""
        with self._lock:
            if reader.viewers > 0:
                return True
            self._forget(reader)
            return False

    def drop(self, reader: StreamReader) -> None:
        """Forget a reader that has come to its end; its viewers keep what it holds."""
        with self._lock:
            self._forget(reader)

    def _forget(self, reader: StreamReader) -> None:
        if self._readers.get(reader.sid) is reader:
            del self._readers[reader.sid]
            self._metrics.stream_readers.dec()

    def readers(self) -> Sequence[str]:
        """Return the streams that are read now."""
        with self._lock:
            return sorted(self._readers)

    def drain(self) -> None:
        """Have every viewer leave."""
        self.draining = True
        with self._lock:
            readers = list(self._readers.values())
        for reader in readers:
            reader.wake()
