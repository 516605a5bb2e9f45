"""Benchmarks of the running service, as its viewers see them.

Each function speaks texts nobody has spoken before, over HTTP and WebSockets, and
returns the figures that `avatar bench` prints. Nothing in the service is touched or
switched for them.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, Final

from cli.bench.figures import p50_p95, percentile
from cli.bench.playback import Arrival, play
from cli.bench.texts import spoken_text
from cli.client import Refused, Service, ServiceUnreachable, StreamBroken, Viewer, ViewerReport, speak

CUSHION_MS: Final = 320
"""What a player holds before it starts: the least that Chromium plays without a stall."""

START_WITHIN_S: Final = 5.0
"""The streams of one run begin spread over so long."""

FIRST_CHUNK_TEXT_S: Final = 3.0
VIEWERS_TEXT_S: Final = 20.0

Tell = Callable[[int], None]
"""Told how many of the planned steps are done."""


class BenchmarkFailed(RuntimeError):
    """The service did not do what was to be measured; the message says what happened."""


def _avatars(service: Service) -> list[str]:
    names = [row["id"] for row in service.request("GET", "/v1/avatars")["avatars"]]
    if not names:
        raise BenchmarkFailed("the service has no avatar")
    return names


def first_chunk(service: Service, count: int, engine: str | None, tell: Tell) -> dict[str, Any]:
    """Speak `count` utterances one after another; return first-chunk latency.

    From sending the POST to the last byte of the first media message: row, ticket, token
    check and a new socket included.
    """
    avatars = _avatars(service)
    seed = time.time_ns() % 1_000_000_000
    times_ms = []
    for turn in range(count):
        report = speak(
            service, spoken_text(seed + turn, FIRST_CHUNK_TEXT_S),
            avatar=avatars[turn % len(avatars)], engine=engine,
        )  # fmt: skip
        _judge(report)
        times_ms.append(report.first_chunk_ms or 0.0)
        tell(turn + 1)
    return {"bench": "first-chunk", "n": count, **p50_p95(times_ms), "worst_ms": round(max(times_ms), 1)}


def streams(
    open_service: Callable[[], Service], count: int, seconds: float, engine: str | None, tell: Tell
) -> dict[str, Any]:
    """Watch `count` streams at once, each of another text, started within five seconds.

    An underrun is a frame that a player with a cushion of 320 ms needs before it has
    wholly received it.
    """
    with open_service() as service:
        avatars = _avatars(service)
    seed = time.time_ns() % 1_000_000_000
    reports: list[ViewerReport] = []
    failures: list[str] = []
    lock = threading.Lock()

    def watch(number: int) -> None:
        time.sleep(number * START_WITHIN_S / count)
        try:
            with open_service() as service:
                report = speak(
                    service, spoken_text(seed + number, seconds),
                    avatar=avatars[number % len(avatars)], engine=engine,
                )  # fmt: skip
                _judge(report)
        except (Refused, ServiceUnreachable, StreamBroken, BenchmarkFailed) as error:
            with lock:
                failures.append(str(error))
            return
        with lock:
            reports.append(report)
            tell(len(reports))

    threads = [threading.Thread(target=watch, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise BenchmarkFailed(f"{len(failures)} of {count} streams failed: {failures[0]}")
    return {"bench": "streams", "streams": count, **_figures_of(reports)}


def _figures_of(reports: list[ViewerReport]) -> dict[str, Any]:
    playbacks = [
        play([Arrival(a.pts_ms, a.duration_ms, a.at_s) for a in report.arrivals], CUSHION_MS)
        for report in reports
    ]
    first_ms = [report.first_chunk_ms or 0.0 for report in reports]
    return {
        "underruns": sum(playback.underruns for playback in playbacks),
        "stalled_ms": round(sum(playback.stalled_ms for playback in playbacks)),
        "first_chunk_p50_ms": round(percentile(first_ms, 0.5), 1),
        "first_chunk_p95_ms": round(percentile(first_ms, 0.95), 1),
        "cushion_ms": CUSHION_MS,
        "seconds": round(min(report.duration_ms for report in reports) / 1000, 1),
        "worst_late_ms": round(max(playback.worst_late_ms for playback in playbacks), 1),
        "missing": sum(report.missing for report in reports),
        "duplicates": sum(report.duplicates for report in reports),
    }


def viewers(
    service: Service, open_service: Callable[[], Service], count: int, engine: str | None, tell: Tell
) -> dict[str, Any]:
    """Have `count` viewers watch one stream; return what the later ones wait for a chunk.

    The added time of a viewer is how long after the first of all viewers it has a chunk.
    """
    avatars = _avatars(service)
    seed = time.time_ns() % 1_000_000_000
    service.sign_in()
    body = {"avatar": avatars[0], "text": spoken_text(seed, VIEWERS_TEXT_S)}
    if engine is not None:
        body["engine"] = engine
    posted_s = time.monotonic()
    made = service.request("POST", "/v1/utterances", body)
    reports: list[ViewerReport] = []
    failures: list[str] = []

    def watch(ticket: str) -> None:
        try:
            with open_service() as own:
                stream = {**made["stream"], "ticket": ticket}
                reports.append(Viewer(own, made["id"], stream, posted_s=posted_s, keep_segments=True).watch())
                tell(len(reports))
        except (Refused, ServiceUnreachable, StreamBroken) as error:
            failures.append(str(error))

    path = f"/v1/utterances/{made['id']}/tickets"
    tickets = [made["stream"]["ticket"], *(service.request("POST", path)["ticket"] for _ in range(count - 1))]
    threads = [threading.Thread(target=watch, args=(ticket,)) for ticket in tickets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise BenchmarkFailed(f"{len(failures)} of {count} viewers failed: {failures[0]}")
    return {"bench": "viewers", "viewers": count, "renders": _renders(reports), **p50_p95(_added_ms(reports))}


def _renders(reports: list[ViewerReport]) -> int:
    """Return how many different films the viewers saw; 1 when all bytes are the same."""
    return len({b"".join(report.segments) for report in reports})


def _added_ms(reports: list[ViewerReport]) -> list[float]:
    by_chunk: dict[int, list[float]] = {}
    for report in reports:
        for arrival in report.arrivals:
            by_chunk.setdefault(arrival.seq, []).append(arrival.at_s)
    return [(at_s - min(times)) * 1000 for times in by_chunk.values() for at_s in times]


def _judge(report: ViewerReport) -> None:
    if report.ending != "end" or report.missing:
        raise BenchmarkFailed(f"{report.utterance}: {report.ending}, {report.missing} chunks missing")
