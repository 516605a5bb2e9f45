"""The process that a voice runs in: started on demand, and again after every death.

Between the voices, which talk over its connections, and the program it runs:
`workers/espeak_voice.py`, or `workers/piper_process.py`. Knows nothing of what is said.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import espeakng_loader

from lipsync.speech.errors import VoiceUnavailable
from settings import environment

START_TIMEOUT_S = 15.0
ANSWER_TIMEOUT_S = 15.0
"""The longest wait for the next frame; eSpeak needs milliseconds, a loaded machine more."""

LONGEST_PATH_BYTES = 107
"""What fits into sockaddr_un beside its closing null byte."""

_BACKOFF_S = 0.1
_LONGEST_BACKOFF_S = 2.0
_SHORT_LIFE_S = 5.0
"""A process that lived less than this before dying is started again only after a wait."""

_QUIET = {"ORT_DISABLE_TELEMETRY": "1"}
"""ONNX Runtime's published builds else keep a database of uses in the home and send it out."""

_count = itertools.count()


def espeak_command(socket_path: str) -> Sequence[str]:
    """Return what starts eSpeak NG behind a socket."""
    program = Path(__file__).with_name("espeak_voice.py")
    library, data = espeakng_loader.get_library_path(), espeakng_loader.get_data_path()
    return [sys.executable, "-I", "-S", str(program), library, data, socket_path]


class VoiceProcess:
    """A voice's program in a process of its own, started on demand and after every death.

    Safe to share between threads. The process ends with this one, however this one ends.
    """

    def __init__(self, socket_dir: Path, command: Callable[[str], Sequence[str]] = espeak_command) -> None:
        """Prepare a process; nothing is started yet.

        Args:
            socket_dir: folder for its socket, made if missing.
            command: what to start, given the socket's path.
        """
        self._dir = socket_dir
        self._command = command
        self._own_dir: str | None = None
        self._path = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._short_lives = 0
        self._closed = False
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The process's id, or None when none runs."""
        process = self._process
        return None if process is None or process.poll() is not None else process.pid

    def connect(self) -> socket.socket:
        """Return a connection for one sentence, starting the process if it does not run.

        Raises:
            VoiceUnavailable: it does not start, or does not answer once started.
        """
        with self._lock:
            if self.pid is None:
                self._start()
            path = self._path
        try:
            return _connect(path)
        except OSError:
            # It died a moment ago and is not reaped yet, so it still looks alive.
            with self._lock:
                if self._path == path:
                    self._stop()
                    self._start()
                path = self._path
        try:
            return _connect(path)
        except OSError as error:
            raise VoiceUnavailable("the voice process does not answer") from error

    def abandon(self) -> None:
        """Kill a process that no longer answers; the next sentence starts another."""
        with self._lock:
            if self._process is not None:
                self._process.kill()
                self._stop()

    def close(self) -> None:
        """End the process and every sentence it is speaking."""
        with self._lock:
            self._closed = True
            self._stop()
            if self._own_dir is not None:
                with contextlib.suppress(OSError):
                    Path(self._own_dir).rmdir()

    def _start(self) -> None:
        if self._closed:
            raise VoiceUnavailable("the voices are closed")
        self._stop()
        self._wait_after_short_life()
        self._path = self._new_path()
        try:
            command = self._command(self._path)
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(_QUIET)
            )
        except OSError as error:
            raise VoiceUnavailable("the voice process cannot be started") from error
        self._started_at = time.monotonic()
        if not _says_ready(self._process):
            self._stop()
            raise VoiceUnavailable("the voice process did not become ready")

    def _wait_after_short_life(self) -> None:
        if self._started_at and time.monotonic() - self._started_at < _SHORT_LIFE_S:
            time.sleep(min(_BACKOFF_S * 2**self._short_lives, _LONGEST_BACKOFF_S))
            self._short_lives += 1
        else:
            self._short_lives = 0

    def _new_path(self) -> str:
        name = f"voice-{os.getpid()}-{next(_count)}.sock"
        path = str(self._dir.absolute() / name)
        if len(os.fsencode(path)) <= LONGEST_PATH_BYTES:
            self._dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            return path
        if self._own_dir is None:
            self._own_dir = tempfile.mkdtemp(prefix="voice-")
        return str(Path(self._own_dir) / name)

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        Path(self._path).unlink(missing_ok=True)


def _says_ready(process: subprocess.Popen[bytes]) -> bool:
    """Wait for the program's one line, and close the pipe it came through."""
    if process.stdout is None:
        return False
    with process.stdout as output:
        ready, _, _ = select.select([output], [], [], START_TIMEOUT_S)
        return bool(ready) and output.readline() == b"ready\n"


def _connect(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(ANSWER_TIMEOUT_S)
    try:
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection
