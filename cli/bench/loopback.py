"""The least that sending the same bytes to many costs here: bare sockets on loopback.

A process of its own (`python -m cli.bench.loopback`) sends every message to each socket in
turn; threads of this one read them, as the clients of the benchmark do. No frames, no
tickets, no log between.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Final

from cli.bench.together import BenchmarkFailed, together

GAP_S: Final = 0.1
"""Between two messages: long enough that every reader waits for the next one, as viewers do."""

_PATIENCE_S: Final = 30.0


def broadcast(sizes_bytes: Sequence[int], viewers: int, gap_s: float = GAP_S) -> list[dict[int, float]]:
    """Send messages of these sizes to `viewers` readers.

    Returns:
        For each reader, when it had the last byte of which message (from 1), in seconds of one clock.

    Raises:
        BenchmarkFailed: a socket broke, or nothing came for 30 s.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=viewers) as door:
        address, number = door.getsockname(), door.fileno()
        words = [str(number), str(viewers), str(gap_s), *map(str, sizes_bytes)]
        # Not a thread: it would share the readers' interpreter, as a front door does not.
        sender = subprocess.Popen(
            [sys.executable, "-m", "cli.bench.loopback", *words], stdin=subprocess.DEVNULL, pass_fds=(number,)
        )
        try:
            return together(viewers, lambda _: _receive(address, sizes_bytes), lambda _: None)
        finally:
            sender.kill()
            sender.wait()


def main(words: Sequence[str]) -> None:
    """Send: descriptor of the listening socket, readers, seconds between messages, sizes in bytes."""
    with socket.socket(fileno=int(words[0])) as door:
        readers = [door.accept()[0] for _ in range(int(words[1]))]
    for word in words[3:]:
        message = bytes(int(word))
        for reader in readers:
            reader.sendall(message)
        time.sleep(float(words[2]))
    for reader in readers:
        reader.close()


def _receive(address: tuple[str, int], sizes_bytes: Sequence[int]) -> dict[int, float]:
    had = {}
    try:
        with socket.create_connection(address, timeout=_PATIENCE_S) as stream:
            for number, size_bytes in enumerate(sizes_bytes, start=1):
                _read(stream, size_bytes)
                had[number] = time.monotonic()
    except OSError as error:
        raise BenchmarkFailed(f"a bare socket broke after {len(had)} messages: {error}") from error
    return had


def _read(stream: socket.socket, size_bytes: int) -> None:
    """Read so many bytes. Raises OSError when they do not come."""
    while size_bytes:
        got_bytes = len(stream.recv(min(size_bytes, 1 << 16)))
        if not got_bytes:
            raise ConnectionResetError("the sender has gone")
        size_bytes -= got_bytes


if __name__ == "__main__":
    main(sys.argv[1:])
