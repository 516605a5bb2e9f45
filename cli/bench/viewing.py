"""Benchmarks of the running service, as its viewers see them.

Each function speaks texts nobody has spoken before, over HTTP and WebSockets, and
returns the figures that `avatar bench` prints. Nothing in the service is touched or
switched for them.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from cli.bench import loopback
from cli.bench.figures import p50_p95, percentile
from cli.bench.playback import Arrival, play
from cli.bench.texts import spoken_text
from cli.bench.together import BenchmarkFailed, Tell, together
from cli.client import Service, Viewer, ViewerReport, speak

CUSHION_MS: Final = 320
"""What a player holds before it starts: the least that Chromium plays without a stall."""

START_WITHIN_S: Final = 5.0
"""The streams of one run begin spread over so long."""

FIRST_CHUNK_TEXT_S: Final = 3.0
VIEWERS_TEXT_S: Final = 20.0


def avatars_of(service: Service) -> list[str]:
    """Return the ids of the service's avatars. Raises BenchmarkFailed when there is none."""
    names = [row["id"] for row in service.request("GET", "/v1/avatars")["avatars"]]
    if not names:
        raise BenchmarkFailed("the service has no avatar")
    return names


def first_chunk(service: Service, count: int, engine: str | None, tell: Tell) -> dict[str, Any]:
    """Speak `count` utterances one after another; return first-chunk latency.

    From sending the POST to the last byte of the first media message: row, ticket, token
    check and a new socket included.
    """
    avatars = avatars_of(service)
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
        avatars = avatars_of(service)
    seed = time.time_ns() % 1_000_000_000

    def watch(number: int) -> ViewerReport:
        time.sleep(number * START_WITHIN_S / count)
        with open_service() as service:
            report = speak(
                service, spoken_text(seed + number, seconds),
                avatar=avatars[number % len(avatars)], engine=engine,
            )  # fmt: skip
        _judge(report)
        return report

    reports = together(count, watch, tell)
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
        "streamed_s": round(sum(report.duration_ms for report in reports) / 1000, 1),
        "worst_late_ms": round(max(playback.worst_late_ms for playback in playbacks), 1),
        "missing": sum(report.missing for report in reports),
        "duplicates": sum(report.duplicates for report in reports),
    }


def viewers(
    service: Service, open_service: Callable[[], Service], count: int, engine: str | None, tell: Tell
) -> dict[str, Any]:
    """Have `count` viewers watch one stream; return what the later ones wait for a chunk.

    The added time of a viewer is how long after the first of all viewers it has a chunk. Its floor
    is the same of messages as long as those chunks, sent over bare sockets right afterwards.
    """
    avatars = avatars_of(service)
    seed = time.time_ns() % 1_000_000_000
    service.sign_in()
    body = {"avatar": avatars[0], "text": spoken_text(seed, VIEWERS_TEXT_S)}
    if engine is not None:
        body["engine"] = engine
    posted_s = time.monotonic()
    made = service.request("POST", "/v1/utterances", body)
    path = f"/v1/utterances/{made['id']}/tickets"
    tickets = [made["stream"]["ticket"], *(service.request("POST", path)["ticket"] for _ in range(count - 1))]

    def watch(number: int) -> ViewerReport:
        with open_service() as own:
            stream = {**made["stream"], "ticket": tickets[number]}
            return Viewer(own, made["id"], stream, posted_s=posted_s, keep_segments=True).watch()

    reports = together(count, watch, tell)
    arrivals = [report.arrivals for report in reports]
    bare = loopback.broadcast([arrival.size_bytes for arrival in arrivals[0]], count)
    return {
        "bench": "viewers",
        "viewers": count,
        "renders": _renders(reports),
        **p50_p95(added_ms([{a.seq: a.at_s for a in seen} for seen in arrivals])),
        **{f"floor_{name}": value for name, value in p50_p95(added_ms(bare)).items()},
    }


def _renders(reports: list[ViewerReport]) -> int:
    """Return how many different films the viewers saw; 1 when all bytes are the same."""
    return len({b"".join(report.segments) for report in reports})


def added_ms(arrivals: Sequence[Mapping[int, float]]) -> list[float]:
    """Return how much later than the first of all viewers each viewer had each chunk.

    Args:
        arrivals: of each viewer, when it had which chunk, in seconds of one clock.
    """
    by_chunk: dict[int, list[float]] = {}
    for seen in arrivals:
        for seq, at_s in seen.items():
            by_chunk.setdefault(seq, []).append(at_s)
    return [(at_s - min(times)) * 1000 for times in by_chunk.values() for at_s in times]


def _judge(report: ViewerReport) -> None:
    if report.ending != "end" or report.missing:
        raise BenchmarkFailed(f"{report.utterance}: {report.ending}, {report.missing} chunks missing")
