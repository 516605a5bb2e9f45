"""What has gone wrong with a device lately, kept in a file, so that a new process knows of it.

Beside `workers.boot`, which asks before it opens a session, and whoever saw a device fail. A
device that failed now and then is used again once it has been tested; one that keeps failing is
kept out for a while. Knows nothing of what failed.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

MOST: Final = 3
"""So many faults within `WITHIN_S` keep a device out."""
WITHIN_S: Final = 3600.0
OUT_S: Final = 1800.0
"""From the last of them."""
_KEPT: Final = 20
"""The file tells of so many."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One time that a device failed."""

    at_s: float
    """Unix time."""
    what: str
    about: str = ""
    """What was being made: one that breaks every device alike must not keep them all out."""


class DeviceKeptOut(RuntimeError):
    """A device has failed again and again; see to it, or let it back in by removing the file named."""

    def __init__(self, device: str, faults: Sequence[Fault], until_s: float, path: Path) -> None:
        super().__init__(
            f"{device} failed {len(faults)} times within {WITHIN_S / 60:.0f} minutes, "
            f"last: {faults[-1].what}. It is kept out until "
            f"{datetime.fromtimestamp(until_s, UTC):%Y-%m-%d %H:%M} UTC, or until {path} is removed and the "
            "worker started again"
        )
        self.device, self.faults, self.until_s, self.path = device, tuple(faults), until_s, path


class FaultBook:
    """The faults of a machine's devices, each in a file of its own.

    Args:
        folder: where they are; made when the first fault is noted.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def note(self, device: str, what: str, now_s: float, about: str = "") -> None:
        """Keep that a device failed, and at what; several processes may do so at once."""
        with self._alone():
            faults = [*self.faults(device), Fault(now_s, what[:500], about)][-_KEPT:]
            path = self._path(device)
            scratch = path.with_suffix(f".{os.getpid()}")
            scratch.write_text(json.dumps([asdict(fault) for fault in faults]), "utf-8")
            scratch.replace(path)

    def faults(self, device: str) -> tuple[Fault, ...]:
        """Return what is known of a device, the oldest first; a file that cannot be read is none."""
        try:
            return tuple(Fault(**entry) for entry in json.loads(self._path(device).read_text("utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return ()

    def admit(self, device: str, now_s: float) -> None:
        """Return if a device may be tried.

        Raises:
            DeviceKeptOut: it has failed too often, too lately.
        """
        until_s = self.out_until(device, now_s)
        if until_s is not None:
            raise DeviceKeptOut(device, self._recent(device, now_s), until_s, self._path(device))

    def out_until(self, device: str, now_s: float) -> float | None:
        """Return until when (Unix time) a device is kept out; None for one that may be tried."""
        recent = self._recent(device, now_s)
        if len({fault.about or fault.at_s for fault in recent}) < MOST:
            return None
        until_s = recent[-1].at_s + OUT_S
        return until_s if now_s < until_s else None

    def _recent(self, device: str, now_s: float) -> list[Fault]:
        return [fault for fault in self.faults(device) if now_s - WITHIN_S < fault.at_s <= now_s]

    def _path(self, device: str) -> Path:
        return self._folder / (re.sub(r"[^A-Za-z0-9-]", "_", device) + ".json")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".noting").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
