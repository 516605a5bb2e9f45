"""A model file becomes a net that is ready for work: opened, tested, timed, and shared by all streams.

Called by `workers.boot`'s caller before the process takes a job. What is warmed here are the very
sizes that the batcher will use, and nothing takes work before it has painted what its file says.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np
import structlog

from lipsync.engines.net import Net, NetFailed
from workers.batcher import Batcher, Call
from workers.device import Device, DeviceUnusable, ModelUnreadable
from workers.drift import Drift, DriftNet
from workers.fastest import fastest, ways
from workers.faults import DeviceKeptOut, FaultBook
from workers.golden import Golden, golden_input, golden_of
from workers.nets import MODEL, NotAMouthModel, plain_net

CPU_SIZES: Final = (1, 4)
"""A processor needs no size to be warm; of two the times of all are known well enough."""
CPU_MOST: Final = 8
"""Frames of a call on a processor: of more than a chunk no frame is cheaper, and all wait longer."""
CUDA_SIZES: Final = (1, 2, 4, 8, 16, 32, 64)
_CPU_TURNS: Final = 2
_CUDA_TURNS: Final = 3

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Readiness:
    """What became of a net on its way to work."""

    device: Device
    way: str
    """Which file in which runtime."""
    loaded_s: float
    """Opened and found to paint what the model says."""
    warmed_s: float
    """Sizes warmed and timed."""
    golden_db: float
    seconds: Mapping[int, float]
    """By frames of a call."""

    @property
    def frames_per_s(self) -> float:
        """The most that the net alone paints."""
        return max(size / seconds for size, seconds in self.seconds.items())


@dataclass(frozen=True, slots=True)
class WarmNet:
    """A net that takes work, and how it came to."""

    net: Batcher
    readiness: Readiness


def warm_net(
    asset_dir: Path,
    device: Device,
    book: FaultBook,
    *,
    cache: Path,
    threads: int = 1,
    on_call: Callable[[Call], None] = lambda _: None,
    on_drift: Callable[[Drift], None] = lambda _: None,
) -> WarmNet | None:
    """Return the net whose model lies in the asset folder, ready for work; None where it cannot be had.

    Why not is logged, and a fault of the device is noted: the engine is then not offered here,
    and the others go on.

    Args:
        asset_dir: where the model is.
        device: what it is to run on.
        book: what is known of devices.
        cache: folder for what is worked out of a model once on a machine.
        threads: of the processor that one call is spread over.
        on_call: told of every call of the network.
        on_drift: told after each how far the network is from where it began.
    """
    path = asset_dir / MODEL
    if not path.is_file():
        return None
    try:
        book.admit(device.key, time.time())
        net, golden, readiness = _ready(asset_dir, device, cache, threads)
    except (ModelUnreadable, NotAMouthModel, DeviceKeptOut) as trouble:
        log.error("net_not_opened", file=str(path), error=str(trouble))
    except (DeviceUnusable, NetFailed) as trouble:
        book.note(device.key, str(trouble), time.time())
        log.error("net_not_opened", file=str(path), device=device.title, error=str(trouble))
    else:
        told = {size: round(seconds * 1000, 2) for size, seconds in readiness.seconds.items()}
        log.info(
            "net_warm", device=device.title, way=readiness.way, loaded_s=round(readiness.loaded_s, 3),
            warmed_s=round(readiness.warmed_s, 3), golden_db=round(readiness.golden_db, 1), call_ms=told,
        )  # fmt: skip
        watched = DriftNet(net, golden, readiness.golden_db, on_drift)
        return WarmNet(Batcher(watched, readiness.seconds, on_call=on_call), readiness)
    return None


def _ready(asset_dir: Path, device: Device, cache: Path, threads: int) -> tuple[Net, Golden, Readiness]:
    begun_s = perf_counter()
    path = asset_dir / MODEL
    golden = golden_of(path, lambda: plain_net(path))
    ready = fastest(ways(asset_dir, cache, threads, device), golden, cache, device)
    net, way, golden_db = ready.net, ready.way.name, ready.golden_db
    loaded_s = perf_counter()
    if device.kind == "cuda":
        seconds = time_sizes(net, CUDA_SIZES, _CUDA_TURNS)
    else:
        seconds = spread(time_sizes(net, CPU_SIZES, _CPU_TURNS), CPU_MOST)
    warmed_s = perf_counter() - loaded_s
    return net, golden, Readiness(device, way, loaded_s - begun_s, warmed_s, golden_db, seconds)


def spread(seconds: Mapping[int, float], most: int) -> dict[int, float]:
    """Return how long calls of every size up to `most` take, on a line through those that were timed."""
    small, large = min(seconds), max(seconds)
    each_s = (seconds[large] - seconds[small]) / (large - small)
    return {size: seconds[small] + max(each_s, 0.0) * (size - small) for size in range(1, most + 1)}


def time_sizes(net: Net, sizes: Sequence[int], turns: int) -> dict[int, float]:
    """Return how long a call of each size takes, the first one, which warms it, left out.

    Args:
        net: the net.
        sizes: frames of a call.
        turns: calls of each, of which the fastest counts: what else the machine does while its workers
            start must not halve what this one carries for as long as it lives.

    Raises:
        NetFailed: it does not paint so many at once.
    """
    mel, face = (given[:1] for given in golden_input(net.side_px))
    found = {}
    for size in sizes:
        many = [np.repeat(given, size, axis=0) for given in (mel, face)]
        net.paint(many[0], many[1])
        times = []
        for _ in range(turns):
            begun_s = perf_counter()
            net.paint(many[0], many[1])
            times.append(perf_counter() - begun_s)
        found[size] = min(times)
    return found
