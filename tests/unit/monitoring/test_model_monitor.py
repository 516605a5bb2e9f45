"""A network's dials: start, calls, fill, drift and memory."""

import pytest

from lipsync.engines.sprites import Look
from monitoring.model_monitor import MODEL_METRICS, ModelMetrics
from workers.batcher import Call
from workers.device import DeviceMemory
from workers.drift import Drift


def call(frames: int = 3, size: int = 4, mean: float = 0.5, deviation: float = 0.1) -> Call:
    return Call(
        frames=frames,
        size=size,
        streams=2,
        left=5,
        seconds=0.03,
        waited_s=0.004,
        mean=mean,
        deviation=deviation,
    )


def value(metrics: ModelMetrics, name: str, **labels: str) -> float:
    found = metrics.registry.get_sample_value(name, labels)
    assert found is not None
    return found


def test_a_start_shows_how_long_it_took_and_what_came_of_it() -> None:
    metrics = ModelMetrics()
    metrics.ready(loaded_s=0.4, warmed_s=0.3, golden_db=float("inf"), frames_per_s=55.0)
    assert value(metrics, "avatar_net_load_seconds") == 0.4
    assert value(metrics, "avatar_net_warm_seconds") == 0.3
    assert value(metrics, "avatar_net_golden_db") == 100
    assert value(metrics, "avatar_net_capacity_frames") == 55


def test_a_call_counts_frames_and_the_copies_that_filled_it() -> None:
    metrics = ModelMetrics()
    metrics.called(call())
    metrics.called(call(frames=8, size=8))
    assert value(metrics, "avatar_net_frames_total") == 11
    assert value(metrics, "avatar_net_filled_frames_total") == 1
    assert value(metrics, "avatar_net_call_seconds_count", size="4") == 1
    assert value(metrics, "avatar_net_wait_seconds_count") == 2
    assert value(metrics, "avatar_net_waiting_frames") == 5
    assert value(metrics, "avatar_net_streams") == 2


def test_what_is_painted_is_averaged_slowly_so_that_a_drift_shows() -> None:
    metrics = ModelMetrics()
    metrics.called(call(mean=0.5, deviation=0.1))
    assert value(metrics, "avatar_net_painted_mean_ratio") == 0.5
    for _ in range(125):
        metrics.called(call(frames=8, size=8, mean=0.7, deviation=0.3))
    # After a thousand frames it has gone all but 1/e of the way.
    assert value(metrics, "avatar_net_painted_mean_ratio") == pytest.approx(0.7 - 0.2 / 2.71828, abs=0.002)
    assert value(metrics, "avatar_net_painted_deviation_ratio") == pytest.approx(
        0.3 - 0.2 / 2.71828, abs=0.002
    )


def test_memory_is_asked_for_at_every_scrape() -> None:
    metrics, told = ModelMetrics(), [DeviceMemory(3, 10), None]
    assert value(metrics, "avatar_net_memory_used_bytes") == 0
    metrics.watch(lambda: told[0])
    assert value(metrics, "avatar_net_memory_used_bytes") == 3
    assert value(metrics, "avatar_net_memory_total_bytes") == 10
    metrics.watch(lambda: told[1])
    assert value(metrics, "avatar_net_memory_total_bytes") == 0


def test_every_dial_is_explained() -> None:
    shown = {family.name for family in ModelMetrics().registry.collect()}
    assert shown == {name.removesuffix("_total") for name in MODEL_METRICS}


def test_sprites_count_the_frames_they_saved_and_the_ones_that_were_painted() -> None:
    metrics = ModelMetrics()
    metrics.looked(Look(found=5, painted=3, held_bytes=9_000))
    metrics.looked(Look(found=8, painted=0, held_bytes=8_000))
    assert value(metrics, "avatar_net_sprite_hits_total") == 13
    assert value(metrics, "avatar_net_sprite_misses_total") == 3
    assert value(metrics, "avatar_net_sprite_held_bytes") == 8_000


def test_how_far_a_network_is_from_where_it_began_is_shown() -> None:
    metrics = ModelMetrics()
    metrics.ready(loaded_s=1, warmed_s=1, golden_db=float("inf"), frames_per_s=50)
    metrics.drifted(Drift(0.5, float("inf")))
    assert (value(metrics, "avatar_net_golden_db"), value(metrics, "avatar_net_golden_lost_db")) == (100, 0)
    metrics.drifted(Drift(2.5, 60.0))
    assert (value(metrics, "avatar_net_golden_db"), value(metrics, "avatar_net_golden_lost_db")) == (60, 40)
    assert value(metrics, "avatar_net_drift_ratio") == 2.5
