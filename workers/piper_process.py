"""The Piper process's own program: voices as ONNX graphs behind a Unix socket.

In: one request per connection (4-byte length, JSON): a voice and numbers for its phonemes.
Out: a frame of sound for each run of them, then an end or an error; empty frames while it
works, so that whoever waits can tell work from a freeze. Started by `workers.piper_voice`.
No GPL here: eSpeak NG, which makes the phonemes, is in a process of its own.
"""

import contextlib
import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from workers.espeak_voice import BUFFER, END, ERROR, FRAME, LENGTH
from workers.onnx_graph import NOISE_SAMPLES, NotAnOnnxModel, open_graph

LONGEST_REQUEST_BYTES: Final = 1_048_576
MOST_CONNECTIONS: Final = 64
MOST_THREADS: Final = 4
"""Threads of one run on a processor; fewer on a machine with fewer cores."""
RUNS_AT_ONCE: Final = 2
"""Sentences computed at once; the others wait their turn."""
MODELS_BYTES: Final = 1 << 30
"""Memory for loaded voices, counted as twice their files; those used longest ago go first."""
LARGEST_MODEL_BYTES: Final = 512 << 20
LONGEST_S: Final = 60.0
"""How long one sentence may be computed, its wait for a turn included."""
LONGEST_SPEECH_S: Final = 120
REQUEST_TIMEOUT_S: Final = 5.0
STILL_AT_IT_S: Final = 1.0

_FAILURES: Final = (
    "Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NoSuchFile", "NotImplemented",
    "RuntimeException", "EPFail",
)  # fmt: skip

Sound = NDArray[np.int16]


class SpeechFailed(Exception):
    """The voice gave no speech; the message says why."""


class Runtime:
    """ONNX Runtime, imported when the process starts: importing it opens files of its own."""

    def __init__(self) -> None:
        self.ort: Any = importlib.import_module("onnxruntime")
        raised = importlib.import_module("onnxruntime.capi.onnxruntime_pybind11_state")
        self.failures: tuple[type[Exception], ...] = (
            SpeechFailed, NotAnOnnxModel, *(getattr(raised, name) for name in _FAILURES),
        )  # fmt: skip
        """What a voice that does not speak may raise."""

    def providers(self) -> list[Any]:
        """Return where graphs are computed: on a GPU where this build and this machine have one."""
        cuda = ("CUDAExecutionProvider", {"cudnn_conv_algo_search": "HEURISTIC"})
        return [*([cuda] if cuda[0] in self.ort.get_available_providers() else []), "CPUExecutionProvider"]


class Model:
    """One loaded voice."""

    def __init__(self, path: Path, runtime: Runtime) -> None:
        size = path.stat().st_size
        if size > LARGEST_MODEL_BYTES:
            raise SpeechFailed(f"{path.name} has {size} bytes; at most {LARGEST_MODEL_BYTES}")
        graph = open_graph(path.read_bytes())
        options = runtime.ort.SessionOptions()
        options.intra_op_num_threads = threads()
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Workers share the cores; threads that spin while they wait would take them from the drawing.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = runtime.ort.InferenceSession(graph.model, options, providers=runtime.providers())
        self._graph = graph
        self._takes_speaker = "sid" in {each.name for each in self._session.get_inputs()}
        self._outputs = [self._session.get_outputs()[0].name, *graph.durations]
        self.memory_bytes = 2 * size

    def speak(
        self, ids: Sequence[int], asked: "Asked", index: int, options: Any
    ) -> tuple[Sound, list[int] | None]:
        """Return the sound of a run, and how many samples each id lasts where the voice tells."""
        feeds: dict[str, NDArray[Any]] = {
            "input": np.array([ids], np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array(asked.scales, np.float32),
        }
        if not self._graph.repeatable:
            feeds["scales"][[0, 2]] = 0.0
        if self._takes_speaker:
            feeds["sid"] = np.array([asked.speaker or 0], np.int64)
        for place, name in enumerate(self._graph.noise):
            chance = np.random.Generator(np.random.Philox([asked.seed, index, place]))
            feeds[name] = chance.standard_normal(NOISE_SAMPLES, np.float32)
        wave, *durations = self._session.run(self._outputs, feeds, options)
        wave = np.asarray(wave, np.float32).reshape(-1)
        if not wave.size or not np.isfinite(wave).all() or not wave.any():
            raise SpeechFailed("the voice computed no sound")
        sound = np.rint(np.clip(wave, -1.0, 1.0) * 32767.0).astype(np.int16)
        return sound, _lengths(durations, len(ids), asked.hop, len(sound))


def _lengths(durations: Sequence[NDArray[Any]], ids: int, hop: int, samples: int) -> list[int] | None:
    """Return the one tensor that fits as samples per id: as many as ids, and together all the sound."""
    for tensor in durations:
        flat = np.asarray(tensor, np.float64).reshape(-1)
        if len(flat) == ids and (flat >= 0).all() and int(flat.sum()) * hop == samples:
            return [int(each) * hop for each in flat]
    return None


def threads() -> int:
    """Return how many threads one run takes."""
    return min(MOST_THREADS, len(os.sched_getaffinity(0)))


class Models:
    """The loaded voices by their files; each is loaded once, when it is first asked for."""

    def __init__(self, runtime: Runtime, limit_bytes: int = MODELS_BYTES) -> None:
        self.runtime = runtime
        self._limit_bytes = limit_bytes
        self._loaded: OrderedDict[str, Model] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, path: str) -> Model:
        """Return a voice."""
        with self._lock:
            if path not in self._loaded:
                self._loaded[path] = Model(Path(path), self.runtime)
            self._loaded.move_to_end(path)
            while len(self._loaded) > 1 and self.memory_bytes > self._limit_bytes:
                self._loaded.popitem(last=False)
            return self._loaded[path]

    @property
    def memory_bytes(self) -> int:
        """Bytes counted for all that are loaded."""
        return sum(model.memory_bytes for model in self._loaded.values())


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    path: str
    runs: tuple[tuple[int, ...], ...]
    scales: tuple[float, ...]
    speaker: int | None
    seed: int
    hop: int

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> "Asked":
        """Read a request. Raises KeyError, TypeError or ValueError for one that is none."""
        runs = tuple(tuple(int(each) for each in run) for run in body["runs"])
        return cls(
            str(body["model"]), runs, tuple(float(each) for each in body["scales"]), body["speaker"],
            int(body["seed"]) & 0xFFFF_FFFF_FFFF_FFFF, int(body["hop"]),
        )  # fmt: skip


class Conversation:
    """One connection: its sentence is computed in a thread of the pool, and watched from this one."""

    def __init__(self, connection: socket.socket, models: Models, pool: ThreadPoolExecutor) -> None:
        self._connection = connection
        self._models = models
        self._pool = pool
        self._options = models.runtime.ort.RunOptions()
        self._ends = monotonic() + LONGEST_S

    def serve(self) -> None:
        """Speak the one sentence the connection asks for."""
        with self._connection:
            try:
                asked = self._request()
                samples = 0
                for index, ids in enumerate(asked.runs):
                    done = self._compute(asked, index, ids)
                    if done is None:
                        return
                    sound, lengths = done
                    samples += len(sound)
                    if samples > LONGEST_SPEECH_S * 48_000:
                        raise SpeechFailed(f"more than {LONGEST_SPEECH_S} s of speech")
                    self._send(BUFFER, {"lengths": lengths}, sound.tobytes())
                self._send(END, {})
            except TimeoutError:
                self._fail({"message": "", "seconds": LONGEST_S})
            except self._models.runtime.failures as error:
                self._fail({"message": str(error)})
            except (KeyError, TypeError, ValueError) as error:
                self._fail({"message": f"no such request: {error!r}"})
            except (OSError, EOFError) as error:
                self._fail({"message": str(error)})

    def _compute(self, asked: Asked, index: int, ids: Sequence[int]) -> tuple[Sound, list[int] | None] | None:
        """Return a run's speech; None when whoever asked has gone. Raises TimeoutError."""
        woken, waker = socket.socketpair()
        with woken, waker:
            work = self._pool.submit(self._speak, asked, index, ids)
            work.add_done_callback(lambda _: _wake(waker))
            while not work.done():
                ready: list[socket.socket] = []
                ready, _, _ = select.select([woken, self._connection], [], [], STILL_AT_IT_S)
                if self._connection in ready:
                    self._give_up(work)
                    return None
                if monotonic() > self._ends:
                    self._give_up(work)
                    raise TimeoutError
                if not ready:
                    self._send(BUFFER, {})
            return work.result()

    def _speak(self, asked: Asked, index: int, ids: Sequence[int]) -> tuple[Sound, list[int] | None]:
        return self._models.get(asked.path).speak(ids, asked, index, self._options)

    def _give_up(self, work: "Future[Any]") -> None:
        self._options.terminate = True
        if not work.cancel():
            with contextlib.suppress(OSError, *self._models.runtime.failures):
                work.result()

    def _request(self) -> Asked:
        self._connection.settimeout(REQUEST_TIMEOUT_S)
        (length,) = LENGTH.unpack(self._receive(LENGTH.size))
        if length > LONGEST_REQUEST_BYTES:
            raise ValueError(f"a request has at most {LONGEST_REQUEST_BYTES} bytes")
        asked = Asked.from_json(json.loads(self._receive(length)))
        self._connection.settimeout(LONGEST_S)
        return asked

    def _receive(self, length: int) -> bytes:
        received = b""
        while len(received) < length:
            more = self._connection.recv(length - len(received))
            if not more:
                raise EOFError
            received += more
        return received

    def _send(self, kind: bytes, body: Any, sound: bytes = b"") -> None:
        encoded = json.dumps(body).encode()
        self._connection.sendall(FRAME.pack(kind, len(encoded), len(sound)) + encoded + sound)

    def _fail(self, body: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            self._send(ERROR, body)


def _wake(waker: socket.socket) -> None:
    # The one who waited may have gone on already and closed both ends.
    with contextlib.suppress(OSError):
        waker.send(b".")


def _serve(listener: socket.socket, starter: int, models: Models) -> None:
    """Serve until the starter's process ends or closes our stdin."""
    pool = ThreadPoolExecutor(RUNS_AT_ONCE)
    places = threading.Semaphore(MOST_CONNECTIONS)

    def converse(connection: socket.socket) -> None:
        try:
            Conversation(connection, models, pool).serve()
        finally:
            places.release()

    ends = [sys.stdin.fileno(), starter]
    while True:
        ready, _, _ = select.select([*ends, listener], [], [])
        while not places.acquire(timeout=STILL_AT_IT_S):
            if select.select(ends, [], [], 0)[0]:
                return
        if set(ends) & set(ready):
            return
        connection, _ = listener.accept()
        threading.Thread(target=converse, args=(connection,), daemon=True).start()


def main(path: str) -> NoReturn:
    """Announce readiness with one line, and serve at a socket's path."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    starter = os.pidfd_open(os.getppid())
    models = Models(Runtime())
    os.umask(0o177)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(128)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    _serve(listener, starter, models)
    Path(path).unlink(missing_ok=True)
    # A run may still be on its way in a thread of the pool, which an ordinary exit would wait for.
    os._exit(0)
