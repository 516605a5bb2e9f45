"""What a viewer sees when something breaks in the middle of a stream.

Speaks utterances one after another; a random while after each one's first chunk, the
worker that holds the stream, or Redis, is killed or frozen. The service is left to mend
itself. Knows processes of the embedded stack only.
"""

import os
import random
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final, Literal

import psutil

from cli.bench.figures import percentile
from cli.bench.films import finished_film, is_whole
from cli.bench.playback import Arrival, play
from cli.bench.texts import spoken_text
from cli.bench.together import BenchmarkFailed, Tell
from cli.bench.viewing import CUSHION_MS, avatars_of
from cli.client import Refused, Service, ServiceUnreachable, StreamBroken, ViewerReport, speak
from cli.run_file import RunFile
from lipsync.media.probe import MediaReport
from tasks.stream import ChunkStream
from tasks.stream_redis import open_stream

Kind = Literal["kill", "stop", "redis"]
KINDS: Final[tuple[Kind, ...]] = ("kill", "stop", "redis")
"""The holder killed, the holder frozen until the stream has ended, Redis killed."""

TEXT_S: Final = 30.0
LATEST_S: Final = 24.0
"""After the first chunk; later the holder may have made all of the stream already."""

_OWNER_TRIES: Final = 200
_PAUSE_S: Final = 0.02


class NobodyHolds(BenchmarkFailed):
    """No worker holds the stream that was to lose one; it is over, or the stack is not local."""


def takeover(
    service: Service,
    run: RunFile,
    count: int,
    kind: Kind,
    *,
    engine: str | None = None,
    tell: Tell = lambda _: None,
    seed: int = 1,
) -> dict[str, Any]:
    """Break something once in each of `count` utterances; return what viewers saw of it.

    A stall is all the time the picture stood still for a player that starts with 320 ms
    in hand and keeps everything it is sent. `files_whole` counts the finished files that decode
    without an error or a gap, sound and picture ending together.

    Raises:
        BenchmarkFailed: nothing could be broken.
    """
    stream = open_stream(run.redis_url)
    moments = random.Random(seed)  # noqa: S311 - which moment, not which key
    avatars = avatars_of(service)
    reports: list[ViewerReport] = []
    broken: list[str] = []
    begun = time.time_ns() % 1_000_000_000
    for turn in range(count):
        with ExitStack() as mended:
            fault = _Fault(stream, run, kind, moments.uniform(0.0, LATEST_S), mended)
            try:
                reports.append(
                    speak(
                        service, spoken_text(begun + turn, TEXT_S),
                        avatar=avatars[turn % len(avatars)], engine=engine, on_chunk=fault.on_chunk,
                    )
                )  # fmt: skip
            except (Refused, ServiceUnreachable, StreamBroken) as error:
                broken.append(str(error))
            fault.check()
        tell(turn + 1)
    whole = sum(is_whole(film) for film in _films(service, reports))
    return {
        "bench": "takeover", "kind": kind, "n": count, "broken": len(broken), "files_whole": whole,
        **_figures(reports),
    }  # fmt: skip


def _films(service: Service, reports: list[ViewerReport]) -> Iterator[MediaReport]:
    """Fetch and decode the finished file of every utterance that a viewer saw to its end."""
    with tempfile.TemporaryDirectory(prefix="films-") as folder:
        for report in reports:
            yield finished_film(service, report.utterance, Path(folder) / "film.mp4")


class _Fault:
    """One thing that breaks, once, in one stream."""

    def __init__(
        self, stream: ChunkStream, run: RunFile, kind: Kind, after_s: float, mended: ExitStack
    ) -> None:
        self._stream = stream
        self._run = run
        self._kind = kind
        self._after_s = after_s
        self._mended = mended
        self._thread: threading.Thread | None = None
        self._error: BenchmarkFailed | None = None

    def on_chunk(self, chunk: Any) -> None:
        """Start the clock at the first chunk."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._strike, args=(chunk.utterance,), daemon=True)
            self._thread.start()

    def check(self) -> None:
        """Raise what kept it from breaking anything."""
        if self._thread is not None:
            self._thread.join()
        if self._error is not None:
            raise self._error

    def _strike(self, sid: str) -> None:
        time.sleep(self._after_s)
        try:
            redis = self._kind == "redis"
            pid = _redis_pid(self._run) if redis else _holder_pid(self._run, self._stream, sid)
        except BenchmarkFailed as error:
            self._error = error
            return
        if self._kind == "stop":
            os.kill(pid, signal.SIGSTOP)
            self._mended.callback(_thaw, pid)
        else:
            os.kill(pid, signal.SIGKILL)


def _thaw(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def _holder_pid(run: RunFile, stream: ChunkStream, sid: str) -> int:
    for _ in range(_OWNER_TRIES):
        meta = stream.meta(sid)
        if meta is not None and meta.owner is not None:
            # An owner is the worker's name and a mark of its boot.
            return _child(run, f"{meta.owner.partition(':')[0]}@%h")
        time.sleep(_PAUSE_S)
    raise NobodyHolds(f"nobody holds stream {sid}")


def _redis_pid(run: RunFile) -> int:
    return _child(run, "redis-server")


def _child(run: RunFile, word: str) -> int:
    """Return the process of the stack in whose command line a word stands."""
    for child in psutil.Process(run.pid).children():
        if word in " ".join(child.cmdline()):
            return child.pid
    raise BenchmarkFailed(f"process {run.pid} runs nothing that is called {word}")


def _figures(reports: list[ViewerReport]) -> dict[str, Any]:
    if not reports:
        return {}
    stalls_ms = [
        play([Arrival(a.pts_ms, a.duration_ms, a.at_s) for a in report.arrivals], CUSHION_MS).stalled_ms
        for report in reports
    ]
    return {
        "stall_p50_ms": round(percentile(stalls_ms, 0.5)),
        "stall_p95_ms": round(percentile(stalls_ms, 0.95)),
        "stall_max_ms": round(max(stalls_ms)),
        "stalled": sum(stall_ms > 0 for stall_ms in stalls_ms),
        "missing": sum(report.missing for report in reports),
        "duplicates": sum(report.duplicates for report in reports),
        "untold": sum(dict(report.detail or {}).get("chunks") != report.chunks for report in reports),
        "taken_over": sum(len({arrival.gen for arrival in report.arrivals}) > 1 for report in reports),
        "reconnects": sum(report.reconnects for report in reports),
        "cushion_ms": CUSHION_MS,
        "load": round(os.getloadavg()[0], 1),
    }
