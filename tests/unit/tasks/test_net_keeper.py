"""A process whose network fails writes down the fault and leaves, once."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lipsync.engines.net import NetPaintedNoNumbers, NetPaintedNothing
from lipsync.engines.sprites import Look
from monitoring.model_monitor import ModelMetrics
from tasks.nets import NetKeeper
from workers.batcher import NetClosed
from workers.faults import MOST, OUT_S, FaultBook
from workers.golden import golden_input
from workers.nets import MODEL
from workers.tiny_wav2lip import write_tiny


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    (tmp_path / "assets" / MODEL).parent.mkdir(parents=True)
    (tmp_path / "assets" / MODEL).write_bytes(write_tiny(96))
    return tmp_path / "assets"


def test_without_a_gpu_the_network_is_on_the_processor(assets: Path, tmp_path: Path) -> None:
    metrics = ModelMetrics()
    found = NetKeeper(tmp_path, metrics, threading.Event()).open(assets, "")
    assert found is not None
    with found.net as net:
        assert net.side_px == 96
        mel, face = golden_input(96)
        net.paint(mel, face)
    assert found.readiness.device.kind == "cpu"
    shown = metrics.registry.get_sample_value
    assert shown("avatar_net_golden_db") == 100
    assert shown("avatar_net_frames_total") == 2
    assert shown("avatar_net_call_seconds_count", {"size": "2"}) == 1
    assert shown("avatar_net_memory_total_bytes") == 0
    assert (shown("avatar_net_capacity_frames") or 0) > 0


def test_a_gpu_that_is_not_there_is_a_fault_and_offers_no_network(assets: Path, tmp_path: Path) -> None:
    assert NetKeeper(tmp_path, ModelMetrics(), threading.Event()).open(assets, "7") is None
    assert len(FaultBook(tmp_path / "run" / "devices").faults("7")) == 1


def test_whoever_fails_first_has_the_process_leave_and_the_fault_written_once(
    assets: Path, tmp_path: Path
) -> None:
    left: list[str] = []
    metrics = ModelMetrics()
    draining = threading.Event()
    keeper = NetKeeper(tmp_path, metrics, draining, lambda: left.append("left"))
    found = keeper.open(assets, "")
    assert found is not None
    found.net.close()
    keeper.failed(NetPaintedNoNumbers(3), "one")
    keeper.failed(NetPaintedNothing(1), "two")
    assert left == ["left"]
    assert draining.is_set()
    # The second stream shared the device that the first one found broken.
    assert metrics.registry.get_sample_value("avatar_net_failures_total") == 1
    (fault,) = FaultBook(tmp_path / "run" / "devices").faults("cpu")
    assert fault.about == "one"
    assert fault.what == "3 painted frames hold NaN or infinity; test the device before it goes on"


def test_sprites_are_kept_by_as_many_states_as_are_asked_for_and_counted(tmp_path: Path) -> None:
    metrics = ModelMetrics()
    keeper = NetKeeper(tmp_path, metrics, threading.Event())
    assert keeper.keeping(0, 1 << 20) is None
    keeping = keeper.keeping(256, 1 << 20)
    assert keeping is not None
    assert (len(keeping.states), keeping.limit_bytes) == (256, 1 << 20)
    keeping.on_look(Look(found=2, painted=1, held_bytes=7))
    assert metrics.registry.get_sample_value("avatar_net_sprite_hits_total") == 2


def test_a_network_that_was_only_closed_is_no_fault_of_its_device(assets: Path, tmp_path: Path) -> None:
    left: list[str] = []
    metrics = ModelMetrics()
    keeper = NetKeeper(tmp_path, metrics, threading.Event(), lambda: left.append("left"))
    found = keeper.open(assets, "")
    assert found is not None
    found.net.close()
    with pytest.raises(NetClosed) as closed:
        found.net.paint(*golden_input(96))
    keeper.failed(closed.value, "one")
    assert left == ["left"]
    assert metrics.registry.get_sample_value("avatar_net_failures_total") == 0
    assert FaultBook(tmp_path / "run" / "devices").faults("cpu") == ()


def test_when_a_device_is_let_in_again_its_process_makes_room_for_one_that_tests_it(
    assets: Path, tmp_path: Path
) -> None:
    book, now_s = FaultBook(tmp_path / "run" / "devices"), time.time()
    for number in range(MOST):
        book.note("cpu", "NaN", now_s - MOST + number, str(number))
    left: list[str] = []
    asked: list[tuple[float, Callable[[], None]]] = []
    draining = threading.Event()
    keeper = NetKeeper(
        tmp_path, ModelMetrics(), draining, lambda: left.append("left"),
        lambda after_s, act: asked.append((after_s, act)),
    )  # fmt: skip
    assert keeper.open(assets, "") is None
    [(after_s, act)] = asked
    assert after_s == pytest.approx(OUT_S, abs=60)
    assert left == []
    act()
    assert (left, draining.is_set()) == (["left"], True)
