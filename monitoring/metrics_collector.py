"""Every number the house shows, with its unit in its name, in one place.

A worker process holds `WorkerMetrics`, a front door process `WebMetrics`; each is built
on a registry of its own, so tests and processes do not share counts. Several front door
processes are added up by prometheus_client's multiprocess mode, which is on when
PROMETHEUS_MULTIPROC_DIR was set (and emptied) before they started.
"""

from collections.abc import Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.values import MutexValue, ValueClass

EXPOSITION_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_CHUNK_BUCKETS_S: Final = (
    0.002,
    0.005,
    0.01,
    0.015,
    0.02,
    0.03,
    0.05,
    0.08,
    0.12,
    0.2,
    0.32,
    0.64,
    1.28,
    5.0,
)
_FIRST_BUCKETS_S: Final = (0.02, 0.04, 0.06, 0.08, 0.12, 0.2, 0.3, 0.5, 0.8, 1.2, 2.0, 5.0, 15.0, 60.0)
_WAIT_BUCKETS_S: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
_LAG_BUCKETS_S: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)

METRICS: Final[Mapping[str, str]] = {
    "avatar_first_chunk_seconds": "From the row being written to the first chunk being published.",
    "avatar_chunk_stage_seconds": "Time of one chunk in one stage of its making.",
    "avatar_queue_wait_seconds": "From the row being written to a worker taking it up.",
    "avatar_streams_running": "Streams that a worker is making now.",
    "avatar_chunks_published_total": "Media chunks published.",
    "avatar_underruns_total": "Chunks of watched streams published over half a second after their place.",
    "avatar_takeovers_total": "Claims on streams that another worker had begun.",
    "avatar_fenced_writes_total": "Writes refused because another worker holds the stream.",
    "avatar_first_faces_total": "Utterances by whether the worker that was rung had the face ready or cold.",
    "avatar_passed_on_total": "Utterances offered to a worker that had the face ready, taken or kept.",
    "avatar_utterances_ended_total": "Utterances by how they ended.",
    "avatar_worker_ready_seconds": "From the worker's start to its first claim being possible.",
    "avatar_worker_warm_seconds": "From `worker_init` to the first claim being possible.",
    "avatar_viewers": "Sockets open to viewers.",
    "avatar_stream_readers": "Streams that this front door reads for its viewers.",
    "avatar_http_requests_total": "HTTP requests answered.",
    "avatar_http_request_seconds": "Time to answer an HTTP request; sockets not counted.",
    "avatar_relay_lag_seconds": "From reading a chunk off the log to a viewer's kernel having it.",
    "avatar_relay_closed_total": "Sockets closed, by close code.",
    "avatar_relay_refused_total": "Sockets not admitted because all places were taken.",
    "avatar_queue_waiting": "Utterances that wait for a worker.",
    "avatar_failed_keys_total": "Keys and tokens that were refused.",
}
"""Name as Prometheus shows it, and what it means."""


def _named(name: str) -> tuple[str, str]:
    return name, METRICS[name]


class WorkerMetrics:
    """What one worker counts, on a registry of its own unless given one."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry = registry or CollectorRegistry()
        self.first_chunk = Histogram(
            *_named("avatar_first_chunk_seconds"), buckets=_FIRST_BUCKETS_S, registry=registry
        )
        self._stages = Histogram(
            *_named("avatar_chunk_stage_seconds"), ["stage"], buckets=_CHUNK_BUCKETS_S, registry=registry
        )
        self.queue_wait = Histogram(
            *_named("avatar_queue_wait_seconds"), buckets=_WAIT_BUCKETS_S, registry=registry
        )
        self.streams_running = Gauge(*_named("avatar_streams_running"), registry=registry)
        self.chunks_published = Counter(*_named("avatar_chunks_published_total"), registry=registry)
        self.underruns = Counter(*_named("avatar_underruns_total"), registry=registry)
        self.takeovers = Counter(*_named("avatar_takeovers_total"), registry=registry)
        self.fenced_writes = Counter(*_named("avatar_fenced_writes_total"), registry=registry)
        self.first_faces = Counter(*_named("avatar_first_faces_total"), ["face"], registry=registry)
        self.passed_on = Counter(*_named("avatar_passed_on_total"), ["outcome"], registry=registry)
        self.utterances_ended = Counter(
            *_named("avatar_utterances_ended_total"), ["state"], registry=registry
        )
        self.ready = Gauge(*_named("avatar_worker_ready_seconds"), registry=registry)
        self.warm = Gauge(*_named("avatar_worker_warm_seconds"), registry=registry)

    def stage(self, name: str, seconds: float) -> None:
        """Note how long one chunk took in one stage; fits `on_stage` of the pipeline."""
        self._stages.labels(name).observe(seconds)


class WebMetrics:
    """What one front door process counts, on a registry of its own unless given one."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry = registry or CollectorRegistry()
        self.viewers = Gauge(*_named("avatar_viewers"), registry=registry, multiprocess_mode="livesum")
        self.stream_readers = Gauge(
            *_named("avatar_stream_readers"), registry=registry, multiprocess_mode="livesum"
        )
        self.http_requests = Counter(
            *_named("avatar_http_requests_total"), ["route", "method", "status"], registry=registry
        )
        self.http_request = Histogram(
            *_named("avatar_http_request_seconds"), ["route"], buckets=_WAIT_BUCKETS_S, registry=registry
        )
        self.relay_lag = Histogram(
            *_named("avatar_relay_lag_seconds"), buckets=_LAG_BUCKETS_S, registry=registry
        )
        self.relay_closed = Counter(*_named("avatar_relay_closed_total"), ["code"], registry=registry)
        self.relay_refused = Counter(*_named("avatar_relay_refused_total"), registry=registry)
        self.queue_waiting = Gauge(
            *_named("avatar_queue_waiting"), registry=registry, multiprocess_mode="mostrecent"
        )
        self.failed_keys = Counter(*_named("avatar_failed_keys_total"), registry=registry)


def exposition(registry: CollectorRegistry) -> bytes:
    """Return the metrics as Prometheus reads them; of all processes in multiprocess mode."""
    if ValueClass is MutexValue:
        return generate_latest(registry)
    everybody = CollectorRegistry()
    MultiProcessCollector(everybody)  # type: ignore[no-untyped-call]
    return generate_latest(everybody)


def forget_process(pid: int) -> None:
    """Drop the gauges of a front door process that has ended; nothing to do in single mode."""
    if ValueClass is not MutexValue:
        mark_process_dead(pid)  # type: ignore[no-untyped-call]


def serve_metrics(registry: CollectorRegistry, port: int, host: str = "127.0.0.1") -> int:
    """Serve a worker's metrics from a thread of its own; return the port.

    Args:
        registry: what to show.
        port: where; 0 takes a free one.
        host: the address; loopback, since the metrics need no token.

    Raises:
        OSError: the port is taken.
    """
    server, _thread = start_http_server(port, addr=host, registry=registry)
    return int(server.server_port)
