"""What the face cache counts, level by level, as Prometheus shows it.

A worker hands `CacheMetrics.note` to its cache and `CacheMetrics.watch` a way to ask what the
levels hold; that is asked when somebody scrapes, not before.
"""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge

CACHE_METRICS: Final[Mapping[str, str]] = {
    "avatar_face_cache_hits_total": "Faces that a level of the cache had.",
    "avatar_face_cache_misses_total": "Faces that a level of the cache did not have.",
    "avatar_face_cache_evictions_total": "Faces pushed out by others that are asked for more.",
    "avatar_face_cache_expired_total": "Faces let go because nobody asked for them.",
    "avatar_face_cache_poisoned_total": "Kept faces that were broken or of another version, and dropped.",
    "avatar_face_cache_troubles_total": "Times a level of the cache did not answer or could not write.",
    "avatar_face_cache_kept_bytes": "What a level of the cache holds.",
    "avatar_face_cache_oldest_seconds": "Since the face that waits longest for a request was asked for.",
}
"""Name as Prometheus shows it, and what it means."""

LEVELS: Final = ("process", "redis", "storage")


class Held(Protocol):
    """What a level holds, as `CacheMetrics.watch` is told it."""

    @property
    def kept_bytes(self) -> int:
        """Bytes that count against the level's limit."""
        ...

    @property
    def oldest_s(self) -> float | None:
        """Seconds since the face that waits longest was asked for; None where it is not kept."""
        ...


def _named(name: str) -> tuple[str, str]:
    return name, CACHE_METRICS[name]


class CacheMetrics:
    """What one worker's face cache counts, on a registry of its own unless given one."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry = registry or CollectorRegistry()
        by_level = ["level"]
        self.hits = Counter(*_named("avatar_face_cache_hits_total"), by_level, registry=registry)
        self.misses = Counter(*_named("avatar_face_cache_misses_total"), by_level, registry=registry)
        self.evictions = Counter(*_named("avatar_face_cache_evictions_total"), by_level, registry=registry)
        self.expired = Counter(*_named("avatar_face_cache_expired_total"), by_level, registry=registry)
        self.poisoned = Counter(*_named("avatar_face_cache_poisoned_total"), by_level, registry=registry)
        self.troubles = Counter(*_named("avatar_face_cache_troubles_total"), by_level, registry=registry)
        self.kept = Gauge(*_named("avatar_face_cache_kept_bytes"), by_level, registry=registry)
        self.oldest = Gauge(*_named("avatar_face_cache_oldest_seconds"), by_level, registry=registry)
        self._events = {
            "hits": self.hits,
            "misses": self.misses,
            "evictions": self.evictions,
            "expired": self.expired,
            "poisoned": self.poisoned,
            "troubles": self.troubles,
        }
        for counter in self._events.values():
            for level in LEVELS:
                counter.labels(level)

    def note(self, level: str, event: str, count: int) -> None:
        """Count what happened at a level; an unknown event raises KeyError."""
        self._events[event].labels(level).inc(count)

    def watch(self, level: str, ask: Callable[[], Held | None]) -> None:
        """Show what a level holds, asked at every scrape; one that does not answer shows 0."""

        def kept() -> float:
            held = ask()
            return 0.0 if held is None else float(held.kept_bytes)

        def oldest() -> float:
            held = ask()
            return 0.0 if held is None or held.oldest_s is None else held.oldest_s

        self.kept.labels(level).set_function(kept)
        self.oldest.labels(level).set_function(oldest)
