"""One viewer's socket: a single locked writer with a deadline, and a bounded reader.

Stands between gunicorn's socket and simple-websocket, which writes from two threads
without a lock: with a stalled reader the bytes of a pong land inside a data frame, and
the writing thread waits for ever. Knows nothing of streams or messages.
"""

import contextlib
import select
import socket
import threading
import time
from typing import Final

WRITE_WITHIN_S: Final = 8.0
"""A message the kernel has not taken whole by then makes its reader a slow one."""

SEND_BUFFER_BYTES: Final = 64 * 1024
"""Asked of the kernel (which doubles it): how far a reader may fall behind unseen."""

CLOSING_BUFFER_BYTES: Final = 208 * 1024
"""Room made for the rest of a frame and the close frame behind it."""

MAX_INCOMING_BYTES: Final = 1024 * 1024
"""A viewer says one short message and answers pings; more than this in all is abuse."""

_DRAIN_WITHIN_S: Final = 1.0


class SlowReader(TimeoutError):
    """A viewer did not read a message in time; close with SLOW so that it resumes by position."""


class TooTalkative(ConnectionAbortedError):
    """A viewer sent more than a viewer has to say."""


class DeadlineSocket:
    """The part of a socket that simple-websocket uses, made safe for two threads.

    `send` is all or nothing from the caller's view. After a SlowReader nothing else is
    written except by `close_slow`, since a frame lies half written on the wire.
    """

    def __init__(self, sock: socket.socket, *, write_within_s: float = WRITE_WITHIN_S) -> None:
        self._sock = sock
        self._within_s = write_within_s
        self._lock = threading.Lock()
        self._rest: memoryview | None = None
        self._incoming_bytes = 0
        # A small kernel buffer makes a stalled reader visible after two chunks or so, not
        # after the megabytes that autotuning would take.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def fileno(self) -> int:
        """Return the descriptor, for selectors."""
        return self._sock.fileno()

    def send(self, data: bytes) -> int:
        """Write all of `data` within the deadline; return its length.

        Raises:
            SlowReader: the reader did not make room in time; now or in an earlier call.
            OSError: the connection is lost.
        """
        with self._lock:
            if self._rest is not None:
                raise SlowReader("the frame before was not read in time")
            rest = self._push(memoryview(data), time.monotonic() + self._within_s)
            if rest.nbytes:
                self._rest = rest
                raise SlowReader(f"{rest.nbytes} of {len(data)} bytes unread after {self._within_s} s")
            return len(data)

    def _push(self, rest: memoryview, deadline: float) -> memoryview:
        poll = select.poll()
        poll.register(self._sock, select.POLLOUT)
        while rest.nbytes:
            try:
                # MSG_DONTWAIT leaves the socket's blocking mode to the thread that reads.
                rest = rest[self._sock.send(rest, socket.MSG_DONTWAIT) :]
            except BlockingIOError:
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    break
                poll.poll(max(1, round(left_s * 1000)))
        return rest

    def recv(self, size: int) -> bytes:
        """Read what is there, waiting for it.

        Raises:
            TooTalkative: more came in than a viewer has to say.
        """
        data = self._sock.recv(size)
        self._incoming_bytes += len(data)
        if self._incoming_bytes > MAX_INCOMING_BYTES:
            raise TooTalkative(f"{self._incoming_bytes} bytes in")
        return data

    def close(self) -> None:
        """Do nothing: the server that owns the socket closes it, once, after `finish`."""

    def close_slow(self, close_frame: bytes) -> bool:
        """Leave the rest of the broken-off frame and a close frame to the kernel.

        The reader finds them whenever it reads again, and no thread waits for it.

        Returns:
            False when the kernel had no room, and the reader will see a lost connection.
        """
        with self._lock:
            rest, self._rest = self._rest, memoryview(b"")
            tail = memoryview(bytes(rest or b"") + close_frame)
            try:
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, CLOSING_BUFFER_BYTES)
                return not self._push(tail, time.monotonic()).nbytes
            except OSError:
                return False

    def finish(self, *, drain: bool) -> None:
        """End the conversation so that the server's own close never waits.

        gunicorn closes on its accepting thread and reads for up to two seconds until the
        peer is gone; a socket already shut both ways returns from that at once.

        Args:
            drain: read what the peer still sends, so that the kernel does not answer it
                with a reset that would overtake our close frame.
        """
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)
            if drain:
                self._drain(time.monotonic() + _DRAIN_WITHIN_S)
            self._sock.shutdown(socket.SHUT_RD)

    def _drain(self, deadline: float) -> None:
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        budget = MAX_INCOMING_BYTES
        while budget > 0 and (left_s := deadline - time.monotonic()) > 0:
            if not poll.poll(max(1, round(left_s * 1000))):
                return
            data = self._sock.recv(65_536, socket.MSG_DONTWAIT)
            if not data:
                return
            budget -= len(data)
