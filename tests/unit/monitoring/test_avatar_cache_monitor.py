"""The dials of the face cache show what they are told, level by level."""

from types import SimpleNamespace

import pytest

from avatars.face_levels import EVENTS, LEVELS
from monitoring import avatar_cache_monitor
from monitoring.avatar_cache_monitor import CACHE_METRICS, CacheMetrics
from monitoring.metrics_collector import WorkerMetrics, exposition


def test_every_metric_stands_in_the_table() -> None:
    text = exposition(CacheMetrics().registry).decode()
    shown = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    assert {name for name in shown if not name.endswith("_created")} == set(CACHE_METRICS)


def test_the_levels_are_those_of_the_cache() -> None:
    assert avatar_cache_monitor.LEVELS == LEVELS


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_of_the_cache_is_counted_at_its_level(event: str) -> None:
    metrics = CacheMetrics()
    metrics.note("redis", event, 3)
    text = exposition(metrics.registry).decode()
    assert f'avatar_face_cache_{event}_total{{level="redis"}} 3.0' in text
    assert f'avatar_face_cache_{event}_total{{level="process"}} 0.0' in text


def test_what_a_level_holds_is_asked_when_somebody_looks() -> None:
    worker = WorkerMetrics()
    metrics = CacheMetrics(worker.registry)
    held = SimpleNamespace(kept_bytes=10, oldest_s=2.5)
    metrics.watch("process", lambda: held)
    metrics.watch("redis", lambda: None)
    held.kept_bytes = 20
    text = exposition(worker.registry).decode()
    assert 'avatar_face_cache_kept_bytes{level="process"} 20.0' in text
    assert 'avatar_face_cache_oldest_seconds{level="process"} 2.5' in text
    assert 'avatar_face_cache_kept_bytes{level="redis"} 0.0' in text
