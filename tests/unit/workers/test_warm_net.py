"""A model file takes work only once it has painted what it says; what fails is noted and not offered."""

import hashlib
import time
from pathlib import Path

import numpy as np
import pytest
from mouth_nets import NetOf, tiny_paints

from workers.batcher import Call
from workers.device import CPU, Device, DeviceUnusable, pinned_device
from workers.faults import MOST, FaultBook
from workers.golden import golden_input
from workers.nets import MODEL
from workers.tiny_wav2lip import write_tiny
from workers.warm_net import CPU_MOST, WarmNet, spread, time_sizes, warm_net


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    (tmp_path / "wav2lip").mkdir()
    (tmp_path / "wav2lip" / "wav2lip.onnx").write_bytes(write_tiny(96))
    return tmp_path


@pytest.fixture
def book(tmp_path: Path) -> FaultBook:
    return FaultBook(tmp_path / "devices")


def opened(found: WarmNet | None) -> WarmNet:
    assert found is not None
    found.net.close()
    return found


def test_a_net_is_opened_tested_timed_and_shared(assets: Path, book: FaultBook) -> None:
    calls: list[Call] = []
    found = warm_net(assets, CPU, book, cache=assets / "cache", on_call=calls.append)
    assert found is not None
    with found.net as net:
        mel, face = golden_input(96)
        np.testing.assert_allclose(net.paint(mel, face), tiny_paints(mel, face), atol=1e-5)
    ready = found.readiness
    assert (ready.device, ready.golden_db) == (CPU, float("inf"))
    assert sorted(ready.seconds) == list(range(1, CPU_MOST + 1))
    assert ready.frames_per_s > 0
    assert [call.frames for call in calls] == [2]
    assert book.faults(CPU.key) == ()


def test_without_a_model_there_is_no_net_and_no_fault(tmp_path: Path, book: FaultBook) -> None:
    assert warm_net(tmp_path, CPU, book, cache=tmp_path / "cache") is None
    assert book.faults(CPU.key) == ()


def test_a_file_that_is_no_model_is_no_fault_of_the_device(assets: Path, book: FaultBook) -> None:
    (assets / MODEL).write_bytes(b"no model")
    assert warm_net(assets, CPU, book, cache=assets / "cache") is None
    assert book.faults(CPU.key) == ()


def test_a_net_that_paints_something_else_than_before_is_a_fault_and_takes_no_work(
    assets: Path, book: FaultBook
) -> None:
    opened(warm_net(assets, CPU, book, cache=assets / "cache"))
    kept = next((assets / "wav2lip").glob("*.golden.npz"))
    with np.load(kept) as was:
        mouths, told = was["mouths"] * 0.5, {name: was[name] for name in ("version", "model")}
    digest = hashlib.sha256(mouths.tobytes()).hexdigest()
    np.savez(kept, mouths=mouths, sha256=digest, **told)
    assert warm_net(assets, CPU, book, cache=assets / "cache") is None
    assert "differs from its file" in book.faults(CPU.key)[0].what


def test_a_device_that_keeps_failing_is_not_tried(assets: Path, book: FaultBook) -> None:
    for _ in range(MOST):
        book.note(CPU.key, "NaN", time.time())
    assert warm_net(assets, CPU, book, cache=assets / "cache") is None
    assert len(book.faults(CPU.key)) == MOST


def test_a_gpu_that_the_runtime_does_not_take_is_a_fault_and_never_the_processor_in_secret(
    assets: Path, book: FaultBook
) -> None:
    gpu = Device("cuda", "GPU-1", "a GPU that is not there")
    assert warm_net(assets, gpu, book, cache=assets / "cache") is None
    assert "a GPU that is not there cannot be used" in book.faults("GPU-1")[0].what


def test_a_worker_that_sees_no_gpu_is_on_the_processor_and_one_that_sees_two_is_refused() -> None:
    assert pinned_device("") == pinned_device("-1") == CPU
    with pytest.raises(DeviceUnusable, match="one worker for each"):
        pinned_device("0,1")


def test_times_of_sizes_between_lie_on_a_line() -> None:
    found = spread({1: 0.1, 4: 0.34}, 8)
    assert found[2] == pytest.approx(0.18)
    assert found[8] == pytest.approx(0.66)
    assert spread({1: 0.5, 4: 0.4}, 2)[2] == 0.5


def test_every_size_is_painted_once_before_it_is_timed() -> None:
    net = NetOf()
    assert sorted(time_sizes(net, (1, 2), 2)) == [1, 2]
    assert [len(mel) for mel, _, _ in net.asked] == [1, 1, 1, 2, 2, 2]
