"""How a worker uses the one GPU that it is pinned to, asked of a driver of four functions."""

import sys
from types import SimpleNamespace

import pytest

from workers.device import (
    CPU,
    Device,
    DeviceUnusable,
    cuda_options,
    device_load,
    device_memory,
    pinned_device,
)

GIB = 1 << 30
GPU = Device("cuda", "GPU-1234", "H200")


def found(named: object) -> str:
    """As the driver finds its one GPU."""
    if named not in (0, GPU.key):
        raise RuntimeError("Not Found")
    return "handle"


@pytest.fixture
def shut(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """A driver of one GPU of 100 GiB, of which 30 are used; every time it was let go of."""
    times: list[None] = []
    driver = SimpleNamespace(
        nvmlInit=lambda: None,
        nvmlShutdown=lambda: times.append(None),
        nvmlDeviceGetHandleByIndex=found,
        nvmlDeviceGetHandleByUUID=found,
        nvmlDeviceGetUUID=lambda _: GPU.key,
        nvmlDeviceGetName=lambda _: GPU.title,
        nvmlDeviceGetMemoryInfo=lambda _: SimpleNamespace(used=30 * GIB, total=100 * GIB),
        nvmlDeviceGetUtilizationRates=lambda _: SimpleNamespace(gpu=70),
    )
    monkeypatch.setitem(sys.modules, "pynvml", driver)
    return times


def test_a_gpu_is_known_by_its_own_id_however_it_is_named(shut: list[None]) -> None:
    assert [pinned_device(name) for name in ("0", GPU.key, "", "-1")] == [GPU, GPU, CPU, CPU]
    assert len(shut) == 2


def test_a_worker_has_one_gpu_that_is_there(shut: list[None]) -> None:
    with pytest.raises(DeviceUnusable, match="one worker for each"):
        pinned_device("0,1")
    with pytest.raises(DeviceUnusable, match="Not Found"):
        pinned_device("1")


def test_a_session_may_take_what_is_left_of_nine_tenths_and_grows_as_it_asks(shut: list[None]) -> None:
    options = cuda_options(GPU, 0, graphs=False)
    assert options["gpu_mem_limit"] == str(60 * GIB)
    assert options["arena_extend_strategy"] == "kSameAsRequested"
    # The process sees the one GPU it is pinned to.
    assert (options["device_id"], options["enable_cuda_graph"]) == ("0", "0")
    assert cuda_options(GPU, 2 * GIB, graphs=True)["gpu_mem_limit"] == str(2 * GIB)


def test_memory_and_load_are_what_the_driver_says_and_a_processor_has_none(shut: list[None]) -> None:
    memory = device_memory(GPU)
    assert memory is not None
    assert (memory.used_bytes, memory.total_bytes, memory.free_bytes) == (30 * GIB, 100 * GIB, 60 * GIB)
    assert device_load(GPU) == 0.7
    assert (device_memory(CPU), device_load(CPU)) == (None, None)


def test_a_driver_that_goes_away_leaves_dials_empty(shut: list[None]) -> None:
    gone = Device("cuda", "GPU-gone", "gone")
    assert (device_memory(gone), device_load(gone)) == (None, None)
    assert "gpu_mem_limit" not in cuda_options(gone, 0, graphs=False)
