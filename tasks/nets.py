"""The network of this process: opened before it takes work, and what follows when it fails.

Between tasks.worker and `workers.warm_net`. A device that failed is not asked again by this process:
its fault is written down, what is being drawn is handed over at the next chunk border, and the
process that the supervisor starts in its place tests the device before it uses it.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from lipsync.engines.net import NetFailed
from lipsync.engines.sprites import Keeping
from monitoring.model_monitor import ModelMetrics
from workers.batcher import NetClosed
from workers.device import Device, DeviceUnusable, device_memory, pinned_device
from workers.faults import FaultBook
from workers.states_table import shipped_states
from workers.warm_net import WarmNet, warm_net

log = structlog.get_logger(__name__)

_DEVICES: Final = Path("run") / "devices"
_CACHE: Final = Path("cache") / "nets"


def leave() -> None:
    """Have Celery end this process as its supervisor would: no new jobs, the running ones hand over."""
    os.kill(os.getpid(), signal.SIGTERM)


def call_later(after_s: float, act: Callable[[], None]) -> None:
    """Have something done after a while, if this process is there then."""
    timer = threading.Timer(after_s, act)
    timer.daemon = True
    timer.start()


class NetKeeper:
    """Opens the network of a process, and takes the process down when it fails.

    Args:
        var: folder of the service's own files.
        metrics: told of the network's start, its calls and its failures.
        draining: set at the first failure, so that what runs is handed over and nothing more begins.
        leaving: ends the process in good order.
        later: does something after so many seconds.
    """

    def __init__(
        self,
        var: Path,
        metrics: ModelMetrics,
        draining: threading.Event,
        leaving: Callable[[], None] = leave,
        later: Callable[[float, Callable[[], None]], None] = call_later,
    ) -> None:
        self._book = FaultBook(var / _DEVICES)
        self._cache = var / _CACHE
        self._metrics = metrics
        self._draining = draining
        self._leaving = leaving
        self._later = later
        self._lock = threading.Lock()
        self._has_failed = False
        self._device: Device | None = None

    def open(self, asset_dir: Path, gpu: str) -> WarmNet | None:
        """Return the network whose model lies in the asset folder, ready for work, or None.

        Args:
            asset_dir: where the model is.
            gpu: what the process is pinned to; empty for the processor.
        """
        try:
            self._device = pinned_device(gpu)
        except DeviceUnusable as trouble:
            self._book.note(trouble.device.key, str(trouble), time.time())
            log.error("device_unusable", device=trouble.device.title, error=str(trouble))
            return None
        device = self._device
        found = warm_net(
            asset_dir, device, self._book, cache=self._cache, on_call=self._metrics.called,
            on_drift=self._metrics.drifted,
        )  # fmt: skip
        if found is not None:
            ready = found.readiness
            self._metrics.ready(
                loaded_s=ready.loaded_s, warmed_s=ready.warmed_s, golden_db=ready.golden_db,
                frames_per_s=ready.frames_per_s,
            )  # fmt: skip
            self._metrics.watch(lambda: device_memory(device))
        else:
            self._come_back(device)
        return found

    def _come_back(self, device: Device) -> None:
        """Have this process make room for one that tests the device, when it is let in again."""
        now_s = time.time()
        until_s = self._book.out_until(device.key, now_s)
        if until_s is None:
            return

        def make_room() -> None:
            log.info("device_let_in_again", device=device.title)
            self._draining.set()
            self._leaving()

        self._later(until_s - now_s + 1, make_room)

    def keeping(self, states: int, limit_bytes: int) -> Keeping | None:
        """Return how what the network paints of photos is kept, its dials beside the network's.

        Args:
            states: by how many; 0 keeps nothing.
            limit_bytes: the most memory.
        """
        if not states:
            return None
        return Keeping(shipped_states().first(states), limit_bytes, self._metrics.looked)

    def failed(self, trouble: NetFailed, utterance: str) -> None:
        """Note that the network gave nothing that may be shown of an utterance; the process leaves, once."""
        with self._lock:
            first, self._has_failed = not self._has_failed, True
        if not first:
            # Streams that shared the call, or came after it.
            return
        self._draining.set()
        closed = NetClosed in (type(trouble), type(trouble.__cause__))
        if not closed:
            self._metrics.failures.inc()
        if self._device is not None and not closed:
            self._book.note(self._device.key, str(trouble), time.time(), utterance)
        log.error(
            "net_failed", utterance=utterance, device=self._device and self._device.title, error=str(trouble)
        )
        self._leaving()
