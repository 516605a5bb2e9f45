"""How the network of a worker does, as Prometheus shows it: its start, its calls, its device.

A worker hands `ModelMetrics.called` to whoever calls the network and `ModelMetrics.watch` a way to ask
for the device's memory; that is asked when somebody scrapes, not before.
"""

import math
import threading
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

MODEL_METRICS: Final[Mapping[str, str]] = {
    "avatar_net_load_seconds": "From opening the model's file to having painted the golden input right.",
    "avatar_net_warm_seconds": "From then to all sizes of a call being warm and timed.",
    "avatar_net_golden_db": "How near the network comes to its file: PSNR, 100 where nothing differs.",
    "avatar_net_golden_lost_db": "How much nearer it came when it was opened.",
    "avatar_net_capacity_frames": "Frames a second that the network alone paints, as timed at the start.",
    "avatar_net_call_seconds": "One call of the network, by the frames it painted.",
    "avatar_net_wait_seconds": "How long the frame of a call that waited longest had waited for it.",
    "avatar_net_frames_total": "Frames of streams that the network painted.",
    "avatar_net_filled_frames_total": "Copies that were painted to fill a call up to a warm size.",
    "avatar_net_waiting_frames": "Frames that went on waiting when the last call began.",
    "avatar_net_streams": "Streams that shared the last call.",
    "avatar_net_failures_total": "Times the network gave nothing that may be shown.",
    "avatar_net_painted_mean_ratio": "Brightness of what is painted, 0 to 1, over some thousand frames.",
    "avatar_net_painted_deviation_ratio": "How much what is painted varies, over some thousand frames.",
    "avatar_net_sprite_hits_total": "Frames of photos that were shown from kept sprites: no network ran.",
    "avatar_net_sprite_misses_total": "Sprites that the network had to paint.",
    "avatar_net_sprite_held_bytes": "What the kept sprites take.",
    "avatar_net_drift_ratio": "Brightness of the last minute from the first, in deviations of frames.",
    "avatar_net_memory_used_bytes": "Memory of the GPU that is used, by whomever; 0 on a processor.",
    "avatar_net_memory_total_bytes": "Memory that the GPU has; 0 on a processor.",
}
"""Name as Prometheus shows it, and what it means."""

_CALL_BUCKETS_S: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_MOST_DB: Final = 100.0
_MEMORY_FRAMES: Final = 1000.0
"""The older half of what is averaged is older than about so many frames."""


class Called(Protocol):
    """One call of the network, as `ModelMetrics.called` is told it."""

    @property
    def frames(self) -> int:
        """Of streams."""
        ...

    @property
    def size(self) -> int:
        """Painted, copies included."""
        ...

    @property
    def streams(self) -> int:
        """How many streams they were of."""
        ...

    @property
    def left(self) -> int:
        """Frames that went on waiting."""
        ...

    @property
    def seconds(self) -> float:
        """How long it took."""
        ...

    @property
    def waited_s(self) -> float:
        """How long the frame that waited longest had waited."""
        ...

    @property
    def mean(self) -> float:
        """Of what was painted, 0 to 1."""
        ...

    @property
    def deviation(self) -> float:
        """Of what was painted."""
        ...


class Looked(Protocol):
    """Frames that were looked for among the sprites, as `ModelMetrics.looked` is told them."""

    @property
    def found(self) -> int:
        """Frames that took no network."""
        ...

    @property
    def painted(self) -> int:
        """Sprites that the network painted."""
        ...

    @property
    def held_bytes(self) -> int:
        """Of all sprites."""
        ...


class Drifted(Protocol):
    """How far the network is from where it began, as `ModelMetrics.drifted` is told it."""

    @property
    def deviations(self) -> float:
        """Of brightness, from its first minute."""
        ...

    @property
    def golden_db(self) -> float:
        """When its golden input was last painted."""
        ...


class Memory(Protocol):
    """A device's memory, as `ModelMetrics.watch` is told it."""

    @property
    def used_bytes(self) -> int:
        """By whomever."""
        ...

    @property
    def total_bytes(self) -> int:
        """All there is."""
        ...


def _named(name: str) -> tuple[str, str]:
    return name, MODEL_METRICS[name]


class ModelMetrics:
    """What one worker's network counts, on a registry of its own unless given one."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry = registry or CollectorRegistry()
        self.load = Gauge(*_named("avatar_net_load_seconds"), registry=registry)
        self.warm = Gauge(*_named("avatar_net_warm_seconds"), registry=registry)
        self.golden = Gauge(*_named("avatar_net_golden_db"), registry=registry)
        self.golden_lost = Gauge(*_named("avatar_net_golden_lost_db"), registry=registry)
        self.drift = Gauge(*_named("avatar_net_drift_ratio"), registry=registry)
        self.capacity = Gauge(*_named("avatar_net_capacity_frames"), registry=registry)
        self.calls = Histogram(
            *_named("avatar_net_call_seconds"), ["size"], buckets=_CALL_BUCKETS_S, registry=registry
        )
        self.waits = Histogram(*_named("avatar_net_wait_seconds"), buckets=_CALL_BUCKETS_S, registry=registry)
        self.frames = Counter(*_named("avatar_net_frames_total"), registry=registry)
        self.filled = Counter(*_named("avatar_net_filled_frames_total"), registry=registry)
        self.waiting = Gauge(*_named("avatar_net_waiting_frames"), registry=registry)
        self.streams = Gauge(*_named("avatar_net_streams"), registry=registry)
        self.failures = Counter(*_named("avatar_net_failures_total"), registry=registry)
        self.mean = Gauge(*_named("avatar_net_painted_mean_ratio"), registry=registry)
        self.deviation = Gauge(*_named("avatar_net_painted_deviation_ratio"), registry=registry)
        self.used = Gauge(*_named("avatar_net_memory_used_bytes"), registry=registry)
        self.total = Gauge(*_named("avatar_net_memory_total_bytes"), registry=registry)
        self.sprite_hits = Counter(*_named("avatar_net_sprite_hits_total"), registry=registry)
        self.sprite_misses = Counter(*_named("avatar_net_sprite_misses_total"), registry=registry)
        self.sprites = Gauge(*_named("avatar_net_sprite_held_bytes"), registry=registry)
        self._first_db = 0.0
        self._lock = threading.Lock()
        self._painted: tuple[float, float] | None = None

    def ready(self, *, loaded_s: float, warmed_s: float, golden_db: float, frames_per_s: float) -> None:
        """Note how the network came to take work; `golden_db` may be infinite."""
        self.load.set(loaded_s)
        self.warm.set(warmed_s)
        self._first_db = min(golden_db, _MOST_DB)
        self.golden.set(self._first_db)
        self.capacity.set(frames_per_s)

    def called(self, call: Called) -> None:
        """Count one call."""
        self.calls.labels(call.size).observe(call.seconds)
        self.waits.observe(call.waited_s)
        self.frames.inc(call.frames)
        self.filled.inc(call.size - call.frames)
        self.waiting.set(call.left)
        self.streams.set(call.streams)
        with self._lock:
            share = 1 - math.exp(-call.frames / _MEMORY_FRAMES)
            mean, deviation = self._painted or (call.mean, call.deviation)
            self._painted = (
                mean + share * (call.mean - mean),
                deviation + share * (call.deviation - deviation),
            )
            self.mean.set(self._painted[0])
            self.deviation.set(self._painted[1])

    def looked(self, look: Looked) -> None:
        """Count one search among the sprites."""
        self.sprite_hits.inc(look.found)
        self.sprite_misses.inc(look.painted)
        self.sprites.set(look.held_bytes)

    def drifted(self, drift: Drifted) -> None:
        """Note how far the network is from where it began."""
        golden_db = min(drift.golden_db, _MOST_DB)
        self.golden.set(golden_db)
        self.golden_lost.set(self._first_db - golden_db)
        self.drift.set(drift.deviations)

    def watch(self, ask: Callable[[], Memory | None]) -> None:
        """Show a device's memory, asked at every scrape; one that does not answer shows 0."""

        def used() -> float:
            memory = ask()
            return 0.0 if memory is None else float(memory.used_bytes)

        def total() -> float:
            memory = ask()
            return 0.0 if memory is None else float(memory.total_bytes)

        self.used.set_function(used)
        self.total.set_function(total)
