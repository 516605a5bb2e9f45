"""What the reader of texts costs here, and how soon the embedded voice speaks; without a service.

The reader is measured in a fresh process (`cli.bench.bare_reader`), the voice in a process of its
own as a worker has it. Beside each its floor.
"""

import json
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import settings
from cli.bench.bare_reader import sentence_of
from cli.bench.figures import percentile
from cli.bench.table import Line, ratio
from cli.bench.together import BenchmarkFailed, Tell
from lipsync.speech.runs import speak_runs
from lipsync.speech.sentence import run_of_text
from workers.voices import open_voices

READER_AIM_MS: Final = 1.0
"""Reading a sentence of 200 characters may take so long."""
MEMORY_AIM_MB: Final = 50.0
SPEECH_AIM_MS: Final = 5.0
"""From a sentence to its first sound in hand."""
VOICE: Final = "fa"
_LIMIT_S: Final = 300.0
_ASKED: Final = b"speak"


def reader(count: int) -> dict[str, Any]:
    """Read `count` sentences and a megabyte in a fresh process.

    Raises:
        BenchmarkFailed: it did not end well.
    """
    ran = subprocess.run(
        [sys.executable, "-m", "cli.bench.bare_reader", str(count)], env=settings.environment({}),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_LIMIT_S, check=False,
    )  # fmt: skip
    if ran.returncode:
        raise BenchmarkFailed(f"the reader ended with {ran.returncode}: {ran.stderr[-500:]}")
    found = json.loads(ran.stdout.splitlines()[-1])
    return {
        "bench": "reader", "n": count,
        **_times("sentence", found["times_ms"]), **_times("floor", found["floors_ms"]),
        "megabyte_s": round(found["megabyte_s"], 3), "floor_megabyte_s": round(found["floor_megabyte_s"], 3),
        "memory_mb": round(found["memory_mb"], 1),
    }  # fmt: skip


def speech(count: int, tell: Tell = lambda _: None) -> dict[str, Any]:
    """Have the embedded voice, warm, say `count` sentences; measure until the first sound is in hand.

    With gain and limiter, as an utterance has it.
    """
    with tempfile.TemporaryDirectory() as folder:
        voices = open_voices(Path(folder))
        try:
            voices.warm()
            voice = voices.get(VOICE)
            times = []
            for turn in range(count + 1):
                begun_s = perf_counter()
                spoken = speak_runs((run_of_text(voice, sentence_of(turn)),), turn)
                next(spoken)
                times.append((perf_counter() - begun_s) * 1000)
                # The voice says one sentence at a time.
                for _ in spoken:
                    pass
                tell(turn)
        finally:
            voices.close()
    return {"bench": "speech", "n": count, "voice": VOICE, **_times("speech", times[1:]),
            **_times("floor", _echoes(count))}  # fmt: skip


def _echoes(count: int) -> list[float]:
    """Return how long a word to another thread over a socket and back takes, each time."""
    near, far = socket.socketpair()

    def answer() -> None:
        while told := far.recv(len(_ASKED)):
            far.sendall(told)

    other = threading.Thread(target=answer, daemon=True)
    other.start()
    times = []
    with near, far:
        for _ in range(count):
            begun_s = perf_counter()
            near.sendall(_ASKED)
            near.recv(len(_ASKED))
            times.append((perf_counter() - begun_s) * 1000)
        near.shutdown(socket.SHUT_WR)
        other.join()
    return times


def _times(name: str, values: list[float]) -> dict[str, float]:
    return {f"{name}_p{share}_ms": round(percentile(values, share / 100), 3) for share in (50, 95)}


def reader_lines(found: dict[str, Any]) -> list[Line]:
    """Return the reader's rows of the page."""
    folded = "the same text folded and split into words"
    return [
        Line(
            figure="reading a Persian sentence of 200 characters with numbers, a date and Latin words",
            measured=f"p50 {found['sentence_p50_ms']} ms, p95 {found['sentence_p95_ms']} ms",
            floor=f"{folded}: p50 {found['floor_p50_ms']} ms",
            ratio=ratio(found["sentence_p50_ms"], found["floor_p50_ms"], "p50"),
            aim=f"p95 {READER_AIM_MS:g} ms",
            met=found["sentence_p95_ms"] <= READER_AIM_MS,
        ),
        Line(
            figure="reading a megabyte of such sentences",
            measured=f"{found['megabyte_s']} s",
            floor=f"{folded}: {found['floor_megabyte_s']} s",
            ratio=ratio(found["megabyte_s"], found["floor_megabyte_s"]),
            aim="-",
            met=None,
        ),
        Line(
            figure="memory of the reader, imported and used once in a fresh process",
            measured=f"{found['memory_mb']} MB",
            floor="the same process before: counted as 0",
            ratio="-",
            aim=f"{MEMORY_AIM_MB:g} MB",
            met=found["memory_mb"] <= MEMORY_AIM_MB,
        ),
    ]


def speech_lines(found: dict[str, Any]) -> list[Line]:
    """Return the embedded voice's row of the page."""
    return [
        Line(
            figure="a sentence of 200 characters to its first sound in hand, the embedded voice, warm",
            measured=f"p50 {found['speech_p50_ms']} ms, p95 {found['speech_p95_ms']} ms",
            floor=f"a word over a socket and back: p50 {found['floor_p50_ms']} ms",
            ratio=ratio(found["speech_p50_ms"], found["floor_p50_ms"], "p50"),
            aim=f"p95 {SPEECH_AIM_MS:g} ms",
            met=found["speech_p95_ms"] <= SPEECH_AIM_MS,
        )
    ]
