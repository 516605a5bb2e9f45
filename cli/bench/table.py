"""The table of `make bench`: every promised figure, its floor in the same run, and its aim.

Starts a stack of its own, so that nothing else is on it, and speaks to it as clients do.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import settings
from cli.bench import machine, rendering, viewing
from cli.bench.browser import measure_open_mouth
from cli.bench.figures import percentile
from cli.bench.floor import empty_task_ms
from cli.client import Service
from cli.demo import running_stack
from cli.run_file import RunFile

Line = dict[str, Any]

FIRST_CHUNK_TURNS = 40
OPEN_MOUTH_TURNS = 15
STREAMS = 16
VIEWERS = 10


def measure(seconds: float, tell: Callable[[str], None]) -> list[Line]:
    """Measure everything; takes some minutes. `tell` hears what is being measured."""
    tell("a chunk of 8 frames, without a service")
    lines = [_chunk()]
    with running_stack(settings.load()) as run:

        def open_service() -> Service:
            return Service(run.address, run.key)

        with open_service() as service:
            tell("first chunk")
            lines += _first_chunk(service, run)
            tell("viewers of one stream")
            lines.append(_viewers(service, open_service))
        tell("an open mouth on the screen")
        lines.append(_open_mouth(run))
        tell(f"{STREAMS} streams of {seconds:.0f} s")
        lines += _streams(open_service, run, seconds)
        lines += _boot(run)
    return lines


def _row(figure: str, value: str, floor: str, aim: str) -> dict[str, Any]:
    """Return one line of the table."""
    return {"figure": figure, "measured": value, "floor": floor, "aim": aim}


def _nothing(done: int) -> None:
    del done


def _chunk() -> Line:
    figures = rendering.chunks(150, "warp")
    return _row(
        "a chunk of 8 frames, 512x512, one core",
        f"p50 {figures['p50_ms']} ms, p95 {figures['p95_ms']} ms",
        "",
        "p95 30 ms",
    )


def _first_chunk(service: Service, run: RunFile) -> list[Line]:
    viewing.first_chunk(service, 4, None, _nothing)
    empty_ms = empty_task_ms(run.redis_url)
    drawn_ms = rendering.first_frames_ms("warp")
    floor_ms = empty_ms + drawn_ms
    figures = viewing.first_chunk(service, FIRST_CHUNK_TURNS, None, _nothing)
    ratio = figures["p50_ms"] / floor_ms
    return [
        _row(
            "first chunk, POST sent to last byte of the first media message",
            f"p50 {figures['p50_ms']} ms, p95 {figures['p95_ms']} ms",
            f"{floor_ms:.1f} ms (empty task {empty_ms:.1f}, 5 frames {drawn_ms:.1f}); p50: {ratio:.1f} x",
            "p50 60 ms, p95 120 ms",
        )
    ]


def _viewers(service: Service, open_service: Callable[[], Service]) -> Line:
    figures = viewing.viewers(service, open_service, VIEWERS, None, _nothing)
    return _row(
        f"{VIEWERS} viewers of one stream, added time of a chunk",
        f"p50 {figures['p50_ms']} ms, p95 {figures['p95_ms']} ms; {figures['renders']} render",
        "the first viewer of the same chunk: 0 ms",
        "one render, p95 50 ms",
    )


def _open_mouth(run: RunFile) -> Line:
    times_ms = measure_open_mouth(run.address, run.key, OPEN_MOUTH_TURNS)
    return _row(
        "first frame with an open mouth on screen in Chromium, after pressing speak",
        f"p50 {percentile(times_ms, 0.5):.0f} ms, p95 {percentile(times_ms, 0.95):.0f} ms",
        "",
        "p50 450 ms",
    )


def _streams(open_service: Callable[[], Service], run: RunFile, seconds: float) -> list[Line]:
    idle_mb = machine.worker_memory_mb(run)
    peak_mb: list[float] = []
    ended = threading.Event()

    def watch_memory() -> None:
        while not ended.wait(2.0):
            peak_mb[:] = max(peak_mb, machine.worker_memory_mb(run), key=sum)

    watcher = threading.Thread(target=watch_memory)
    watcher.start()
    try:
        figures = viewing.streams(open_service, STREAMS, seconds, None, _nothing)
    finally:
        ended.set()
        watcher.join()
    a_stream_mb = (sum(peak_mb) - sum(idle_mb)) / STREAMS
    return [
        _row(
            f"{STREAMS} streams at 25 fps, {figures['seconds']:.0f} s each; web, Redis, clients as well",
            f"{figures['underruns']} underruns, worst chunk late by {figures['worst_late_ms']} ms, "
            f"{figures['missing']} missing, {figures['duplicates']} twice",
            f"cushion {figures['cushion_ms']} ms",
            "no underrun",
        ),
        _row(
            "first chunk at that load",
            f"p50 {figures['first_chunk_p50_ms']} ms, p95 {figures['first_chunk_p95_ms']} ms",
            "",
            "p95 500 ms",
        ),
        _row(
            "memory of a worker with both avatars and its voice process",
            f"{max(idle_mb):.0f} MB; {a_stream_mb:.1f} MB for every extra stream",
            "",
            "400 MB; 10 MB",
        ),
    ]


def _boot(run: RunFile) -> list[Line]:
    warm_s = machine.worker_gauges(run, "avatar_worker_warm_seconds")
    ready_s = machine.worker_gauges(run, "avatar_worker_ready_seconds")
    return [
        _row(
            "worker_init to ready, all workers at once",
            f"{max(warm_s):.2f} s (from exec: {max(ready_s):.2f} s)",
            "",
            "1 s",
        )
    ]


def markdown(lines: list[Line]) -> str:
    """Return the page of figures."""
    head = (
        "# Benchmarks\n\n"
        f"Measured {datetime.now(UTC):%Y-%m-%d} with `make bench` on {machine.describe()}.\n"
        "Written by that command, not by hand. On a shared machine ratios say more than milliseconds.\n\n"
        "| figure | measured | floor in the same run | aim |\n|---|---|---|---|\n"
    )
    rows = "".join(
        f"| {line['figure']} | {line['measured']} | {line['floor'] or '-'} | {line['aim']} |\n"
        for line in lines
    )
    return head + rows
