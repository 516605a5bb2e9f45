"""Opens ONNX sessions: the one room that does so, and that knows what they run on.

A model's bytes or file in, a session out that is ready to run on the GPU this process is pinned
to, or on its processor. Knows nothing of what a model is for.
"""

from __future__ import annotations

import importlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

CPU_PROVIDER: Final = "CPUExecutionProvider"
CUDA_PROVIDER: Final = "CUDAExecutionProvider"

MEMORY_SHARE: Final = 0.9
"""Of a GPU's memory, all who use it together; what is left keeps its driver alive."""


class ModelUnreadable(ValueError):
    """A file is no ONNX model that can be run here; fetch or export it again."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} is no ONNX model that runs here; fetch or export it again. {reason}")
        self.name, self.reason = name, reason


class DeviceUnusable(RuntimeError):
    """The GPU that this process is pinned to cannot be used; `avatar doctor` tells more."""

    def __init__(self, device: Device, reason: str) -> None:
        super().__init__(f"{device.title} cannot be used: {reason}")
        self.device, self.reason = device, reason


@dataclass(frozen=True, slots=True)
class Device:
    """What sessions of this process run on."""

    kind: str
    """cuda or cpu."""
    key: str
    """What tells it from others, after a restart of the machine too: a GPU's own id."""
    title: str
    """Its maker's name for it."""


@dataclass(frozen=True, slots=True)
class DeviceMemory:
    """A GPU's memory, whoever uses it."""

    used_bytes: int
    total_bytes: int

    @property
    def free_bytes(self) -> int:
        """What may still be taken of `MEMORY_SHARE`; never below 0."""
        return max(0, int(self.total_bytes * MEMORY_SHARE) - self.used_bytes)


CPU: Final = Device("cpu", "cpu", "the processor")


def pinned_device(visible: str) -> Device:
    """Return what a process with this CUDA_VISIBLE_DEVICES works on.

    Args:
        visible: one GPU's number or id; empty for the processor.

    Raises:
        DeviceUnusable: the driver does not know that GPU, or more than one is visible.
    """
    named = visible.strip()
    if not named or named == "-1":
        return CPU
    unknown = Device("cuda", named, f"GPU {named}")
    if "," in named:
        raise DeviceUnusable(unknown, "a worker is pinned to one GPU; start one worker for each")
    try:
        with _driver() as nvml:
            handle = _handle(nvml, named)
            return Device("cuda", str(nvml.nvmlDeviceGetUUID(handle)), str(nvml.nvmlDeviceGetName(handle)))
    except Exception as trouble:
        # The driver's errors share no class with those of a missing library.
        raise DeviceUnusable(unknown, str(trouble)) from trouble


def device_memory(device: Device) -> DeviceMemory | None:
    """Return a GPU's memory as its driver counts it; None for the processor, or where it does not say."""
    if device.kind != "cuda":
        return None
    try:
        with _driver() as nvml:
            told = nvml.nvmlDeviceGetMemoryInfo(_handle(nvml, device.key))
            return DeviceMemory(int(told.used), int(told.total))
    except Exception:  # noqa: BLE001 - a driver that goes away is told by the sessions, not by a dial
        return None


def device_load(device: Device) -> float | None:
    """Return which share of the last moments a GPU has worked, 0 to 1; None as `device_memory`."""
    if device.kind != "cuda":
        return None
    try:
        with _driver() as nvml:
            return float(nvml.nvmlDeviceGetUtilizationRates(_handle(nvml, device.key)).gpu) / 100
    except Exception:  # noqa: BLE001 - as above
        return None


@contextmanager
def _driver() -> Iterator[Any]:
    nvml = importlib.import_module("pynvml")  # the module that nvidia-ml-py installs
    nvml.nvmlInit()
    try:
        yield nvml
    finally:
        nvml.nvmlShutdown()


def _handle(nvml: Any, named: str) -> Any:
    if named.isdecimal():
        return nvml.nvmlDeviceGetHandleByIndex(int(named))
    return nvml.nvmlDeviceGetHandleByUUID(named)


def open_session(
    model: bytes | Path,
    device: Device = CPU,
    *,
    threads: int = 1,
    memory_bytes: int = 0,
    graphs: bool = False,
) -> Any:
    """Return a session.

    Args:
        model: the file, or what is in it.
        device: what it runs on.
        threads: of the processor that one run is spread over.
        memory_bytes: of a GPU that the session may take; 0 for as much as is free.
        graphs: whether a GPU is to record what a run does and play it back.

    Raises:
        ModelUnreadable: it is no model, or has operators that are not known.
        DeviceUnusable: the session would run on the processor instead.
    """
    # Imported here: half of the processes that import this room never open one.
    ort: Any = importlib.import_module("onnxruntime")
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    given, name = (model, "the model") if isinstance(model, bytes) else (str(model), model.name)
    providers: list[Any] = [CPU_PROVIDER]
    if device.kind == "cuda":
        if CUDA_PROVIDER not in ort.get_available_providers():
            raise DeviceUnusable(device, "ONNX Runtime is here in its build for processors alone")
        _load_cuda(ort)
        providers = [(CUDA_PROVIDER, cuda_options(device, memory_bytes, graphs=graphs)), CPU_PROVIDER]
    try:
        session = ort.InferenceSession(given, options, providers=providers)
    except Exception as trouble:
        # The runtime's errors share no class but this one.
        raise ModelUnreadable(name, str(trouble)) from trouble
    if device.kind == "cuda" and CUDA_PROVIDER not in session.get_providers():
        # The runtime says which providers it was built with, and falls back without a word.
        raise DeviceUnusable(
            device, "ONNX Runtime did not take it; is its build for CUDA, with its libraries?"
        )
    return session


def device_value(array: Any, device: Device) -> Any:
    """Return an array's copy in the memory of the device that this process sees, for a session to use."""
    ort: Any = importlib.import_module("onnxruntime")
    return ort.OrtValue.ortvalue_from_numpy(array, device.kind, 0)


def traced_run(
    model: Path, given: Mapping[str, Any]
) -> list[tuple[str, list[list[int]], list[list[int]]]]:
    """Run a model once on the processor; return each step's operator, and the shapes it took and gave.

    Raises:
        ModelUnreadable: it is no model, or has operators that are not known.
    """
    ort: Any = importlib.import_module("onnxruntime")
    options = ort.SessionOptions()
    options.log_severity_level = 3
    # Steps that were joined or laid out anew would not have the shapes of the file.
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    # Weights that were laid out for the processor would not be among what a step takes.
    options.add_session_config_entry("session.disable_prepacking", "1")
    options.enable_profiling = True
    with tempfile.TemporaryDirectory() as folder:
        options.profile_file_prefix = str(Path(folder) / "run")
        try:
            session = ort.InferenceSession(str(model), options, providers=[CPU_PROVIDER])
            session.run(None, dict(given))
        except Exception as trouble:
            raise ModelUnreadable(model.name, str(trouble)) from trouble
        events = json.loads(Path(session.end_profiling()).read_text("utf-8"))
    steps = [event["args"] for event in events if event["name"].endswith("_kernel_time")]
    return [
        (step["op_name"], _shapes(step["input_type_shape"]), _shapes(step["output_type_shape"]))
        for step in steps
    ]


def _shapes(told: list[dict[str, list[int]]]) -> list[list[int]]:
    return [next(iter(each.values())) for each in told]


def cuda_options(device: Device, memory_bytes: int, *, graphs: bool) -> dict[str, str]:
    """Return how a session uses the one GPU that this process sees.

    Args:
        device: the GPU.
        memory_bytes: that it may take; 0 for as much as is free.
        graphs: whether runs are recorded and played back.
    """
    memory = device_memory(device)
    limit = memory_bytes or (memory.free_bytes if memory is not None else 0)
    options = {
        # The process sees one GPU, so its number is 0 whatever it is outside.
        "device_id": "0",
        # The usual way doubles what it takes at each growth, and never gives it back.
        "arena_extend_strategy": "kSameAsRequested",
        # Shapes are few and warmed, so that the search is paid for once.
        "cudnn_conv_algo_search": "EXHAUSTIVE",
        "enable_cuda_graph": "1" if graphs else "0",
    }
    return {**options, "gpu_mem_limit": str(limit)} if limit else options


def _load_cuda(ort: Any) -> None:
    """Have the libraries found that pip has installed beside the runtime."""
    preload = getattr(ort, "preload_dlls", None)
    if preload is not None:
        preload()
