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
from workers.device import Device, DeviceUnusable, pinned_device
from workers.faults import FaultBook
from workers.warm_net import WarmNet, warm_net

log = structlog.get_logger(__name__)

_DEVICES: Final = Path("run") / "devices"
_CACHE: Final = Path("cache") / "nets"


def leave() -> None:
    """Have Celery end this process as its supervisor would: no new jobs, the running ones hand over."""
    os.kill(os.getpid(), signal.SIGTERM)


class NetKeeper:
    """Opens the network of a process, and takes the process down when it fails.

    Args:
        var: folder of the service's own files.
        leaving: ends the process in good order.
    """

    def __init__(self, var: Path, leaving: Callable[[], None] = leave) -> None:
        self._book = FaultBook(var / _DEVICES)
        self._cache = var / _CACHE
        self._leaving = leaving
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
        return warm_net(asset_dir, self._device, self._book, cache=self._cache)

    def failed(self, trouble: NetFailed) -> None:
        """Note that the network gave nothing that may be shown; the process leaves, once."""
        with self._lock:
            first, self._has_failed = not self._has_failed, True
        if not first:
            return
        if self._device is not None:
            self._book.note(self._device.key, str(trouble), time.time())
        log.error("net_failed", device=self._device and self._device.title, error=str(trouble))
        self._leaving()
