"""The voice process's own program: eSpeak NG behind a Unix socket.

In: one request per connection (4-byte length, JSON). Out: frames of sound and events
while the sentence is being spoken (or, for `"want": "phonemes"`, one frame that holds how it
is read, for a voice that speaks elsewhere), then an end or an error. Started by `workers.voices`
as `python -I -S`, so it imports the standard library only. eSpeak NG is GPL-3.0-or-later;
a process of its own keeps its licence, its crashes and its global state apart.

eSpeak is not repeatable within one process, so every sentence is spoken in a fresh fork
of this warmed one; the same request then gives the same bytes.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import Any, NoReturn

FRAME = struct.Struct("!cII")
"""Kind, bytes of JSON, bytes of sound; both follow in this order."""
LENGTH = struct.Struct("!I")

BUFFER, END, ERROR = b"B", b"E", b"X"

LONGEST_REQUEST_BYTES = 16_384
MOST_CHILDREN = 64
"""Sentences spoken at once; further connections wait in the listener's backlog."""
CPU_LIMIT_S = 10
WALL_LIMIT_S = 600
"""A child waits for a reader that paces itself, so this is long; the CPU limit is not."""
REQUEST_TIMEOUT_S = 5.0

BUFFER_MS = 60
"""The least eSpeak makes at a time."""
NATIVE_RATE = 22_050

_SYNCHRONOUS = 2
_PHONEME_EVENTS = 0x0001
_DONT_EXIT = 0x8000
_UTF8 = 1
_PHONEMES_IN_BRACKETS = 0x100
_IPA = 0x02
_RATE, _PITCH, _RANGE = 1, 3, 4
_EVENT_WORD, _EVENT_PHONEME = 1, 7
_PR_SET_PDEATHSIG = 1

_WARM_UP = (("fa", "سلام، این یک test است."), ("en", "Hello, this is a test."))


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))


class EspeakFailed(Exception):
    """eSpeak NG refused a call; the message says which."""


class Espeak:
    """The library, initialised once in a process."""

    def __init__(self, library: str, data: str) -> None:
        self._library = ctypes.CDLL(library)
        options = _PHONEME_EVENTS | _DONT_EXIT
        rate = self._library.espeak_Initialize(_SYNCHRONOUS, BUFFER_MS, data.encode(), options)
        if rate != NATIVE_RATE:
            raise EspeakFailed(f"espeak_Initialize answered {rate}")
        self._callback: Any = None

    def speak(self, request: dict[str, Any], take: Any) -> None:
        """Speak a request's text, handing each buffer to `take(sound, events)`.

        `take` returns False to stop at once.
        """
        self._set_voice(request)
        stopped = False

        def on_buffer(wave: int | None, samples: int, events: Any) -> int:
            nonlocal stopped
            if not stopped:
                sound = ctypes.string_at(wave, samples * 2) if wave and samples > 0 else b""
                stopped = not take(sound, _listed(events))
            return int(stopped)

        self._callback = _CALLBACK(on_buffer)
        self._library.espeak_SetSynthCallback(self._callback)
        text = request["text"].encode()
        flags = _UTF8 | (_PHONEMES_IN_BRACKETS if request.get("phonemes") else 0)
        if self._library.espeak_Synth(text, len(text) + 1, 0, 1, 0, flags, None, None):
            raise EspeakFailed("espeak_Synth failed")

    def read(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return how a request's text is read.

        Returns:
            clauses: [the text of a clause and the letter after it, its phonemes in IPA with a
                space between words] in order.
            words: [position, length] of each word, counted as the spaces count them.
        """
        words: list[list[int]] = []

        def take(_sound: bytes, events: list[list[Any]]) -> bool:
            words.extend(event[2:] for event in events if event[0] == "w")
            return True

        self.speak(request, take)
        self._set_voice(request)
        function = self._library.espeak_TextToPhonemes
        function.restype, function.argtypes = ctypes.c_char_p, (ctypes.c_void_p, ctypes.c_int, ctypes.c_int)
        raw = request["text"].encode()
        text = ctypes.create_string_buffer(raw)
        place, clauses, start = ctypes.c_void_p(ctypes.addressof(text)), [], 0
        while place.value and start < len(raw):
            phonemes = function(ctypes.byref(place), _UTF8, _IPA) or b""
            end = place.value - ctypes.addressof(text) if place.value else len(raw)
            clauses.append([raw[start:end].decode("utf-8", "replace"), phonemes.decode("utf-8", "replace")])
            start = max(end, start + 1)
        return {"clauses": clauses, "words": words}

    def _set_voice(self, request: dict[str, Any]) -> None:
        if self._library.espeak_SetVoiceByName(request["voice"].encode()):
            raise EspeakFailed(f"eSpeak NG has no voice {request['voice']!r}")
        self._library.espeak_SetParameter(_RATE, int(request["rate"]), 0)
        self._library.espeak_SetParameter(_PITCH, int(request["pitch"]), 0)
        self._library.espeak_SetParameter(_RANGE, int(request["range"]), 0)
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(int(request["seed"]) & 0x7FFFFFFF))


def _listed(events: Any) -> list[list[Any]]:
    """Return the events of a buffer: ["p", sample, symbol] or ["w", sample, position, length].

    Samples count from the start of the sentence at `NATIVE_RATE`, positions from 0.
    """
    found: list[list[Any]] = []
    for event in events:
        if event.type == 0:
            return found
        if event.type == _EVENT_PHONEME:
            symbol = bytes(event.id.string).split(b"\0")[0].decode("utf-8", "replace")
            found.append(["p", event.sample, symbol])
        elif event.type == _EVENT_WORD:
            found.append(["w", event.sample, event.text_position - 1, event.length])
    return found


def _send(connection: socket.socket, kind: bytes, body: Any, sound: bytes = b"") -> bool:
    """Send one frame; False when the reader has gone."""
    encoded = json.dumps(body).encode()
    try:
        connection.sendall(FRAME.pack(kind, len(encoded), len(sound)) + encoded + sound)
    except OSError:
        return False
    return True


def _receive_exactly(connection: socket.socket, length: int) -> bytes:
    received = b""
    while len(received) < length:
        more = connection.recv(length - len(received))
        if not more:
            raise EOFError
        received += more
    return received


def _request(connection: socket.socket) -> dict[str, Any]:
    connection.settimeout(REQUEST_TIMEOUT_S)
    (length,) = LENGTH.unpack(_receive_exactly(connection, LENGTH.size))
    if length > LONGEST_REQUEST_BYTES:
        raise ValueError(f"a request has at most {LONGEST_REQUEST_BYTES} bytes")
    request: dict[str, Any] = json.loads(_receive_exactly(connection, length))
    connection.settimeout(None)
    return request


def _serve(espeak: Espeak, connection: socket.socket) -> None:
    """Speak the one sentence a connection asks for."""
    try:
        request = _request(connection)
        if request.get("want") == "phonemes":
            _send(connection, BUFFER, espeak.read(request))
        else:
            espeak.speak(request, lambda sound, events: _send(connection, BUFFER, events, sound))
    except (EspeakFailed, ValueError, KeyError, TypeError) as error:
        _send(connection, ERROR, {"message": str(error)})
    except (OSError, EOFError):
        return
    else:
        _send(connection, END, {})


def _be_a_child(espeak: Espeak, connection: socket.socket, server: int) -> NoReturn:
    """Serve in a fork, under limits, and leave without running anything else."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server:
        os._exit(1)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT_S, CPU_LIMIT_S + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(WALL_LIMIT_S)
    try:
        _serve(espeak, connection)
    finally:
        os._exit(0)


class Server:
    """Listens, forks, reaps; ends with the process that started it."""

    def __init__(self, espeak: Espeak, path: str) -> None:
        self._espeak = espeak
        self._children = 0
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        os.umask(0o177)
        self._listener.bind(path)
        self._listener.listen(128)
        self._listener.setblocking(False)
        self._wake_in, self._wake_out = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(self._wake_out, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        # PR_SET_PDEATHSIG would fire when the *thread* that started this process ends,
        # and job threads come and go; a pidfd speaks of the whole process.
        self._starter = os.pidfd_open(os.getppid())

    def run(self) -> None:
        """Serve until the starter's process ends or closes our stdin."""
        stdin = sys.stdin.fileno()
        while True:
            watched = [stdin, self._starter, self._wake_in]
            if self._children < MOST_CHILDREN:
                watched.append(self._listener.fileno())
            ready, _, _ = select.select(watched, [], [])
            if stdin in ready or self._starter in ready:
                return
            if self._wake_in in ready:
                self._reap()
            if self._listener.fileno() in ready:
                self._accept()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        server = os.getpid()
        with connection:
            connection.setblocking(True)
            if os.fork() == 0:
                _be_a_child(self._espeak, connection, server)
        self._children += 1

    def _reap(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_in, 4096)
        while self._children:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self._children -= 1


def main(library: str, data: str, path: str) -> int:
    """Warm the library, announce readiness with one line, serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    espeak = Espeak(library, data)
    for voice, text in _WARM_UP:
        request = {"voice": voice, "text": text, "rate": 170, "pitch": 50, "range": 50, "seed": 0}
        espeak.speak(request, lambda _sound, _events: True)
    server = Server(espeak, path)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    try:
        server.run()
    finally:
        Path(path).unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
