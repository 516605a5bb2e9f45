"""Which of the ways to run a model on this processor is the fastest: measured once, and kept.

Between `workers.warm_net` and the rooms that open models. Ways are the files that are there, in
single precision and in eight bits, and the runtimes that are installed. One that does not paint
what the model says is no way.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final

import structlog

from lipsync.engines.net import Net, NetFailed
from workers.device import CPU, Device, ModelUnreadable, open_session
from workers.golden import Golden
from workers.nets import HALF, INT8, MODEL, NotAMouthModel, OnnxNet
from workers.openvino_net import OpenVinoNet, has_openvino

_TURNS: Final = 3
_VERSION: Final = 2

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Way:
    """A file and what runs it."""

    name: str
    file: Path
    opened: Callable[[], Net]


@dataclass(frozen=True, slots=True)
class Ready:
    """A way that has been opened and has painted what the model says."""

    way: Way
    net: Net
    golden_db: float


def ways(asset_dir: Path, cache: Path, threads: int, device: Device = CPU) -> tuple[Way, ...]:
    """Return the ways that there are on a device, the plain one first.

    Args:
        asset_dir: where the model files are.
        cache: folder for what a runtime compiles.
        threads: of the processor that one call is spread over.
        device: what they are run on.
    """
    if device.kind == "cuda":
        files = (("single", asset_dir / MODEL), ("half", asset_dir / HALF))
        return tuple(
            Way(f"cuda-{name}", file, partial(_onnx, file, threads, device))
            for name, file in files
            if file.is_file()
        )
    found = []
    for name, file in (("single", asset_dir / MODEL), ("int8", asset_dir / INT8)):
        if file.is_file():
            found.append(Way(f"onnxruntime-{name}", file, partial(_onnx, file, threads)))
            if has_openvino():
                found.append(Way(f"openvino-{name}", file, partial(_openvino, file, threads, cache)))
    return tuple(found)


def _onnx(file: Path, threads: int, device: Device = CPU) -> Net:
    return OnnxNet(open_session(file, device, threads=threads), device)


def _openvino(file: Path, threads: int, cache: Path) -> Net:
    return OpenVinoNet(file, threads=threads, cache=cache)


def fastest(found: Sequence[Way], golden: Golden, cache: Path, device: Device = CPU) -> Ready:
    """Return the fastest way, opened; which it is, is measured where nobody has here before.

    Args:
        found: the ways, at least one.
        golden: what is right to come of the model.
        cache: folder where the answer is kept.
        device: what they are run on.

    Raises:
        NetFailed: no way paints what the model says.
        ModelUnreadable, NotAMouthModel: the only way's file cannot be opened.
    """
    kept = cache / f"fastest-{_circumstances(found, device)}.json"
    for way in found:
        if len(found) == 1 or way.name == _read(kept):
            return _ready(way, golden)
    timed: list[tuple[float, Ready]] = []
    for way in found:
        try:
            ready = _ready(way, golden)
            timed.append((_seconds(ready.net, golden), ready))
        except (NetFailed, ModelUnreadable, NotAMouthModel) as trouble:
            log.warning("net_way_left_out", way=way.name, error=str(trouble))
    if not timed:
        raise NetFailed("no way to run the model here paints what the model says; see the log for each")
    told = {ready.way.name: round(seconds * 1000, 1) for seconds, ready in timed}
    log.info("net_ways_timed", ms=told)
    best = min(timed, key=lambda each: each[0])[1]
    _keep(kept, best.way.name)
    return best


def _ready(way: Way, golden: Golden) -> Ready:
    net = way.opened()
    return Ready(way, net, golden.measure(net))


def _seconds(net: Net, golden: Golden) -> float:
    times = []
    for _ in range(_TURNS):
        begun_s = perf_counter()
        net.paint(golden.mel, golden.face)
        times.append(perf_counter() - begun_s)
    # The least: what else the machine does only ever adds.
    return min(times)


def _circumstances(found: Sequence[Way], device: Device) -> str:
    """Return a word for all that the answer depends on: files, runtimes, device."""
    parts = [str(_VERSION), device.key, platform.machine(), _processor(), str(len(os.sched_getaffinity(0)))]
    for way in found:
        stat = way.file.stat()
        parts.append(f"{way.name} {stat.st_size} {stat.st_mtime_ns}")
    for package in ("onnxruntime", "onnxruntime-gpu", "openvino"):
        with suppress(importlib.metadata.PackageNotFoundError):
            parts.append(f"{package} {importlib.metadata.version(package)}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def _read(kept: Path) -> str:
    try:
        return str(json.loads(kept.read_text("utf-8"))["way"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _keep(kept: Path, way: str) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    scratch = kept.with_suffix(f".{os.getpid()}")
    scratch.write_text(json.dumps({"way": way}), "utf-8")
    scratch.replace(kept)
