"""A Redis that a test may kill, and a wire to it that a test may cut."""

import os
import socket
import subprocess
import threading
import time
from pathlib import Path

import redis


class PrivateRedis:
    """A redis-server with an append-only file that is on disk before any answer."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self._binary = binary
        self._folder = folder
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it on what its folder holds, and wait until it answers."""
        self._process = subprocess.Popen(
            [
                self._binary, "--port", "0", "--unixsocket", str(self.socket), "--dir", str(self._folder),
                "--save", "", "--appendonly", "yes", "--appendfsync", "always",
                "--logfile", str(self._folder / "log"),
            ]
        )  # fmt: skip
        with redis.Redis(unix_socket_path=str(self.socket), protocol=2) as client:
            deadline = time.monotonic() + 20
            while True:
                try:
                    client.ping()
                except redis.ConnectionError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.02)
                else:
                    return

    def kill(self) -> None:
        """End it without a chance to write anything."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def log_file(self) -> Path:
        """The append-only file that grows."""
        single = self._folder / "appendonly.aof"
        return single if single.exists() else next((self._folder / "appendonlydir").glob("*.incr.aof"))


class Wire:
    """Forwards a Unix socket to another, and can lose the answer to one request."""

    def __init__(self, path: Path, server: Path) -> None:
        self.url = f"unix://{path}"
        self.lost = 0
        self._server = str(server)
        self._lose_next = threading.Event()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def lose_next_answer(self) -> None:
        """Let the next request through, and drop the connection in place of its answer."""
        self._lose_next.set()

    def close(self) -> None:
        """Stop accepting."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._forward(client)

    def _forward(self, client: socket.socket) -> None:
        """Serve one connection to its end; a client of these tests has one at a time."""
        with client, socket.socket(socket.AF_UNIX) as server:
            server.connect(self._server)
            while request := client.recv(1 << 20):
                server.sendall(request)
                answer = server.recv(1 << 20)
                if self._lose_next.is_set():
                    self._lose_next.clear()
                    self.lost += 1
                    return
                client.sendall(answer)


def cut_off_end(path: Path, size_bytes: int) -> None:
    """Shorten a file, as a machine does that loses power before it has written everything."""
    assert path.stat().st_size > size_bytes
    os.truncate(path, size_bytes)
