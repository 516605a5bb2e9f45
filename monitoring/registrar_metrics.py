"""What a registrar counts, as Prometheus shows it: how registrations end, and where their time goes."""

import time
from collections.abc import Mapping
from threading import Lock
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRAR_METRICS: Final[Mapping[str, str]] = {
    "avatar_registrations_total": "Attempts to make an avatar by how they ended; pending ones were put off.",
    "avatar_registration_step_seconds": "Time of one step of a registration.",
    "avatar_registration_wait_seconds": "From a registration being asked for to a registrar taking it up.",
    "avatar_registrations_running": "Registrations that a registrar is at now.",
}
"""Name as Prometheus shows it, and what it means."""

_STEP_BUCKETS_S: Final = (0.01, 0.03, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 6.0, 15.0, 60.0, 300.0)
_WAIT_BUCKETS_S: Final = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 120.0, 600.0, 3600.0)


def _named(name: str) -> tuple[str, str]:
    return name, REGISTRAR_METRICS[name]


class RegistrarMetrics:
    """What one registrar counts, on a registry of its own unless given one; safe to share by threads."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry = registry or CollectorRegistry()
        self.registrations = Counter(*_named("avatar_registrations_total"), ["outcome"], registry=registry)
        self.step_time = Histogram(
            *_named("avatar_registration_step_seconds"), ["step"], buckets=_STEP_BUCKETS_S, registry=registry
        )
        self.wait = Histogram(
            *_named("avatar_registration_wait_seconds"), buckets=_WAIT_BUCKETS_S, registry=registry
        )
        self.running = Gauge(*_named("avatar_registrations_running"), registry=registry)
        self._lock = Lock()
        self._at: dict[str, tuple[str, float]] = {}
        """The step each running registration is at, and since when."""

    def begin(self, registration_id: str, waited_s: float) -> None:
        """Note that a registration is taken up, so long after it was asked for."""
        self.wait.observe(max(0.0, waited_s))
        self.running.inc()
        with self._lock:
            self._at[registration_id] = ("claim", time.perf_counter())

    def step(self, registration_id: str, name: str) -> None:
        """Note that a running registration is at a step; told again it changes nothing."""
        now_s = time.perf_counter()
        with self._lock:
            before, since_s = self._at.get(registration_id, (name, now_s))
            if before == name:
                return
            self._at[registration_id] = (name, now_s)
        self.step_time.labels(before).observe(now_s - since_s)

    def end(self, registration_id: str, outcome: str) -> None:
        """Note how a running registration has ended: ready, refused, or pending if it has not."""
        with self._lock:
            before, since_s = self._at.pop(registration_id, ("claim", time.perf_counter()))
        self.step_time.labels(before).observe(time.perf_counter() - since_s)
        self.running.dec()
        self.registrations.labels(outcome).inc()
