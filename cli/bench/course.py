"""Every promised figure, measured in order on a stack of its own: the lines of the page.

A later line takes what an earlier one measured as its floor, so the order matters: what
needs a quiet machine comes first, what breaks the service last.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import settings
from cli import programs
from cli.bench import (
    alone,
    cold_face,
    faults,
    machine,
    viewing,
    worker_counts,
)
from cli.bench.browser import measure_open_mouth
from cli.bench.figures import percentile
from cli.bench.films import films
from cli.bench.floor import empty_task_ms
from cli.bench.table import ALONE, SERVICE, Line, ratio
from cli.bench.together import Begin, BenchmarkFailed
from cli.client import Service
from cli.demo import running_stack
from cli.run_file import RunFile
from lipsync import clock
from tasks.stream import LEASE_S

FIRST_CHUNK_TURNS: Final = 40
OPEN_MOUTH_TURNS: Final = 10
FILMS: Final = 5
NEW_FACES: Final = 20
STREAMS: Final = 16
VIEWERS: Final = 10
FAULTS: Final[dict[faults.Kind, int]] = {"kill": 20, "stop": 20, "redis": 20}
"""How often each thing is broken: a worker killed, a worker frozen, Redis killed."""

STEPS: Final = alone.STEPS + 7 + len(FAULTS)
"""How often `begin` is called."""

MOST_STALL_MS: Final = 12_000
"""The longest that a picture may ever stand still when something breaks."""

DISPLAY_FRAME_MS: Final = 1000 / 60
"""A screen shows a new picture so often."""
FRAME_MS: Final = clock.frames_to_ms(1)


@dataclass(slots=True)
class Course:
    """One run of all benchmarks, and what earlier lines found out for later ones."""

    run: RunFile
    service: Service
    begin: Begin
    seconds: float
    """Length of a stream under load."""
    engine: str | None
    faults: dict[faults.Kind, int]
    chunk: dict[str, Any]
    bare: dict[str, float]
    first_chunk: dict[str, Any] = field(default_factory=dict)

    def open_service(self) -> Service:
        """Return another client of the same service."""
        return Service(self.run.address, self.run.key)


def measure(
    seconds: float, engine: str | None, begin: Begin, broken: dict[faults.Kind, int] = FAULTS
) -> dict[str, list[Line]]:
    """Measure everything; breaking each thing 20 times it takes about 40 minutes.

    Returns:
        The lines of each section of the page, by its title.

    Args:
        seconds: length of a stream under load.
        engine: which engine draws; the avatars' own when None.
        begin: told what begins and how many steps it has.
        broken: how often each thing is broken.

    Raises:
        BenchmarkFailed: something could not be measured.
    """
    found = alone.alone(engine, begin)
    configured = settings.load()
    workers = programs.worker_count(configured, programs.gpu_count(), len(os.sched_getaffinity(0)))
    begin("bare workers", 1)
    bare = machine.bare_workers(workers)
    with running_stack(configured) as run, Service(run.address, run.key) as service:
        course = Course(run, service, begin, seconds, engine, broken, found.chunk, bare)
        lines: list[Line] = []
        # New faces stay in the workers' memory, which is measured before.
        for part in (_first_chunk, _viewers, _open_mouth, _films, _streams, _boot, _new_faces, _takeovers):
            lines += part(course)
    return {ALONE: found.lines, SERVICE: lines}


def _first_chunk(course: Course) -> list[Line]:
    tell = course.begin("first chunk", FIRST_CHUNK_TURNS)
    viewing.first_chunk(course.service, 4, course.engine, lambda _: None)
    empty_ms = empty_task_ms(course.run.redis_url)
    drawn_ms = course.chunk["p50_ms"] * clock.FIRST_CHUNK_FRAMES / clock.CHUNK_FRAMES
    found = viewing.first_chunk(course.service, FIRST_CHUNK_TURNS, course.engine, tell)
    course.first_chunk = found
    return [
        Line(
            figure="first chunk, POST sent to last byte of the first media message",
            measured=f"p50 {found['p50_ms']} ms, p95 {found['p95_ms']} ms",
            floor=f"an empty task through the queue, {empty_ms:.1f} ms, and drawing and encoding 5 frames, "
            f"{drawn_ms:.1f} ms: {empty_ms + drawn_ms:.1f} ms",
            ratio=ratio(found["p50_ms"], empty_ms + drawn_ms, "p50"),
            aim="p50 60 ms, p95 120 ms",
            met=found["p50_ms"] <= 60 and found["p95_ms"] <= 120,
        )
    ]


def _viewers(course: Course) -> list[Line]:
    tell = course.begin("viewers of one stream", VIEWERS)
    found = viewing.viewers(course.service, course.open_service, VIEWERS, course.engine, tell)
    renders = "1 render" if found["renders"] == 1 else f"{found['renders']} renders"
    return [
        Line(
            figure=f"{VIEWERS} viewers of one stream, added time of a chunk: how long after the first of all "
            "viewers each one has it",
            measured=f"p50 {found['p50_ms']} ms, p95 {found['p95_ms']} ms; {renders}",
            floor=f"the same bytes to {VIEWERS} readers over bare sockets on loopback: "
            f"p50 {found['floor_p50_ms']} ms, p95 {found['floor_p95_ms']} ms",
            ratio=ratio(found["p95_ms"], found["floor_p95_ms"], "p95"),
            aim="one render, p95 50 ms",
            met=found["renders"] == 1 and found["p95_ms"] <= 50,
        )
    ]


def _open_mouth(course: Course) -> list[Line]:
    tell = course.begin("an open mouth on the screen", OPEN_MOUTH_TURNS)
    seen = measure_open_mouth(course.run.address, course.run.key, OPEN_MOUTH_TURNS, tell)
    on_screen_ms = [mouth.on_screen_ms for mouth in seen]
    opens_ms = percentile([mouth.in_film_ms for mouth in seen], 0.5)
    floor_ms = course.first_chunk["p50_ms"] + opens_ms + DISPLAY_FRAME_MS
    p50_ms = percentile(on_screen_ms, 0.5)
    return [
        Line(
            figure="first frame with an open mouth on screen in Chromium, after pressing speak",
            measured=f"p50 {p50_ms:.0f} ms, p95 {percentile(on_screen_ms, 0.95):.0f} ms",
            floor=f"the first chunk, {course.first_chunk['p50_ms']} ms, where in the film the mouth opens, "
            f"{opens_ms:.0f} ms, and one picture of a screen, {DISPLAY_FRAME_MS:.0f} ms: {floor_ms:.0f} ms",
            ratio=ratio(p50_ms, floor_ms, "p50"),
            aim="p50 450 ms",
            met=p50_ms <= 450,
        )
    ]


def _films(course: Course) -> list[Line]:
    found = films(course.service, FILMS, course.engine, course.begin("finished files", FILMS))
    return [
        Line(
            figure="sound and picture of the finished MP4 end apart by, at most",
            measured=f"{found['ends_apart_ms']} ms in {FILMS} files",
            floor="a bare film from the library's own muxer, checked the same way: "
            f"{found['floor_ends_apart_ms']} ms; a frame is {FRAME_MS} ms",
            ratio=ratio(found["ends_apart_ms"], found["floor_ends_apart_ms"]),
            aim=f"{FRAME_MS} ms",
            met=found["ends_apart_ms"] <= FRAME_MS,
        ),
        Line(
            figure="the finished MP4, decoded: gaps in timestamps, and errors",
            measured=f"{found['gaps']} gaps, {found['errors']} errors in {found['frames']} frames",
            floor=f"the bare film: {found['floor_gaps']} gaps, "
            f"{found['floor_errors']} errors in {found['floor_frames']} frames",
            ratio=ratio(found["gaps"] + found["errors"], found["floor_gaps"] + found["floor_errors"]),
            aim="none",
            met=not found["gaps"] and not found["errors"],
        ),
    ]


def _new_faces(course: Course) -> list[Line]:
    tell = course.begin("new and cold faces", NEW_FACES)
    found = cold_face.cold_face(course.service, course.run, NEW_FACES, tell)
    alone_ms, prepare_ms = course.first_chunk["p50_ms"], found["floor_prepare_ms"]
    return [
        Line(
            figure="a photo of 12 megapixels, from its row to an avatar that is ready",
            measured=f"p50 {found['ready_p50_ms']} ms, p95 {found['ready_p95_ms']} ms",
            floor="reading the photo and writing the picture that is kept of it: "
            f"{found['floor_photo_ms']} ms",
            ratio=ratio(found["ready_p50_ms"], found["floor_photo_ms"], "p50"),
            aim="p95 1500 ms",
            met=found["ready_p95_ms"] <= 1500,
        ),
        Line(
            figure="first chunk of an avatar that neither Redis nor a worker holds",
            measured=f"p50 {found['cold_p50_ms']} ms, p95 {found['cold_p95_ms']} ms of {found['cold_n']}",
            floor=f"the first chunk of one that is ready, {alone_ms} ms, and making a face ready, "
            f"{prepare_ms} ms: {alone_ms + prepare_ms:.1f} ms",
            ratio=ratio(found["cold_p50_ms"], alone_ms + prepare_ms, "p50"),
            aim="p95 250 ms",
            met=found["cold_p95_ms"] <= 250,
        ),
        *(_load(found, level, aim_ms) for level, aim_ms in (("redis", 5), ("storage", 30))),
    ]


_LEVELS: Final = {"redis": "Redis", "storage": "storage"}


def _load(found: dict[str, Any], level: str, aim_ms: int) -> Line:
    bytes_ms = found[f"{level}_bytes_p50_ms"]
    return Line(
        figure=f"a face loaded from {_LEVELS[level]}",
        measured=f"p50 {found[f'{level}_p50_ms']} ms, p95 {found[f'{level}_p95_ms']} ms",
        floor=f"its bytes alone from there: p50 {bytes_ms} ms",
        ratio=ratio(found[f"{level}_p50_ms"], bytes_ms, "p50"),
        aim=f"p50 {aim_ms} ms",
        met=found[f"{level}_p50_ms"] <= aim_ms,
    )


def _streams(course: Course) -> list[Line]:
    idle_mb = machine.worker_memory_mb(course.run)
    tell = course.begin(f"{STREAMS} streams of {course.seconds:.0f} s", STREAMS)
    with _peak_memory(course.run) as peak_mb:
        found = worker_counts.loaded(course.run, STREAMS, course.seconds, course.engine, tell)
    drawn_ms = course.chunk["cpu_ms"] * clock.FPS / clock.CHUNK_FRAMES
    cores = len(os.sched_getaffinity(0))
    alone = course.first_chunk
    return [
        Line(
            figure=f"{STREAMS} streams at 25 fps, {found['seconds']:.0f} s each or longer, on {cores} cores "
            "with web, Redis and the clients",
            measured=f"{found['underruns']} underruns with a cushion of {found['cushion_ms']} ms, "
            f"worst chunk late by {found['worst_late_ms']} ms, {found['missing']} missing, "
            f"{found['duplicates']} twice; the service took {found['cpu_share']:.0%} of the cores, "
            f"{found['cpu_ms_per_s']} ms for a second of a stream, the clients "
            f"{found['clients_cpu_share']:.0%}",
            floor="processor time of drawing and encoding the same frames alone: "
            f"{drawn_ms:.1f} ms for a second of a stream",
            ratio=ratio(found["cpu_ms_per_s"], drawn_ms, "processor"),
            aim="no underrun",
            met=not found["underruns"],
        ),
        Line(
            figure="first chunk at that load",
            measured=f"p50 {found['first_chunk_p50_ms']} ms, p95 {found['first_chunk_p95_ms']} ms",
            floor=f"without load: p50 {alone['p50_ms']} ms, p95 {alone['p95_ms']} ms",
            ratio=ratio(found["first_chunk_p95_ms"], alone["p95_ms"], "p95"),
            aim="p95 500 ms",
            met=found["first_chunk_p95_ms"] <= 500,
        ),
        *_memory(course, idle_mb, peak_mb),
    ]


def _memory(course: Course, idle_mb: list[float], peak_mb: list[float]) -> list[Line]:
    bare = course.bare
    a_stream_mb = (sum(peak_mb) - sum(idle_mb)) / STREAMS
    return [
        Line(
            figure="memory of a worker with both avatars and its voice process",
            measured=f"{max(idle_mb):.0f} MB",
            floor=f"a bare Python with the same imports: {bare['import_mb']:.0f} MB",
            ratio=ratio(max(idle_mb), bare["import_mb"]),
            aim="400 MB",
            met=max(idle_mb) <= 400,
        ),
        Line(
            figure="memory of every extra stream",
            measured=f"{a_stream_mb:.1f} MB",
            floor=f"an open encoder in use: {bare['encoder_mb']:.1f} MB",
            ratio=ratio(a_stream_mb, bare["encoder_mb"]),
            aim="10 MB",
            met=a_stream_mb <= 10,
        ),
    ]


@contextmanager
def _peak_memory(run: RunFile) -> Iterator[list[float]]:
    """Yield a list that holds each worker's memory when all together had most."""
    peak_mb: list[float] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(2.0):
            peak_mb[:] = max(peak_mb, machine.worker_memory_mb(run), key=sum)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak_mb
    finally:
        ended.set()
        watcher.join()


def _boot(course: Course) -> list[Line]:
    warm_s = max(machine.worker_gauges(course.run, "avatar_worker_warm_seconds"))
    ready_s = max(machine.worker_gauges(course.run, "avatar_worker_ready_seconds"))
    import_s, prepare_s = course.bare["import_s"], course.bare["prepare_s"]
    together = "all workers at once, the slowest"
    return [
        Line(
            figure=f"worker_init to ready, {together}",
            measured=f"{warm_s:.2f} s",
            floor="as many bare processes at once that make both faces ready and draw and encode a chunk of "
            f"each: {prepare_s:.2f} s",
            ratio=ratio(warm_s, prepare_s),
            aim="1 s",
            met=warm_s <= 1,
        ),
        Line(
            figure=f"exec to ready, {together}",
            measured=f"{ready_s:.2f} s",
            floor=f"the same bare processes, from exec, with their imports: {import_s + prepare_s:.2f} s",
            ratio=ratio(ready_s, import_s + prepare_s),
            aim="-",
            met=None,
        ),
    ]


_BROKEN: Final[dict[faults.Kind, str]] = {
    "kill": "the worker that holds a stream killed with -9",
    "stop": "the worker that holds a stream frozen with SIGSTOP",
    "redis": "Redis killed in mid-sentence",
}


def _takeovers(course: Course) -> list[Line]:
    return [_takeover(course, kind, count) for kind, count in course.faults.items() if count]


def _takeover(course: Course, kind: faults.Kind, count: int) -> Line:
    tell = course.begin(_BROKEN[kind], count)
    found = faults.takeover(course.service, course.run, count, kind, engine=course.engine, tell=tell)
    if "stall_p95_ms" not in found:
        raise BenchmarkFailed(f"no viewer saw the end of a stream: {_BROKEN[kind]}, {count} times")
    return Line(
        figure=f"{_BROKEN[kind]}, {count} times: what the picture stood still",
        measured=f"p50 {found['stall_p50_ms']} ms, p95 {found['stall_p95_ms']} ms, "
        f"worst {found['stall_max_ms']} ms; {found['missing']} chunks missing, "
        f"{found['duplicates']} twice, {found['broken']} streams broken, "
        f"{found['files_whole']} of {count} files whole",
        floor=f"the lease, after which a silent worker is taken for dead: {LEASE_S * 1000:.0f} ms",
        ratio=ratio(found["stall_p95_ms"], LEASE_S * 1000, "p95"),
        aim="none, p95; never above 12 s; nothing missing or twice",
        met=found["stall_p95_ms"] == 0
        and found["stall_max_ms"] <= MOST_STALL_MS
        and not found["missing"] + found["duplicates"] + found["broken"]
        and found["files_whole"] == count,
    )
