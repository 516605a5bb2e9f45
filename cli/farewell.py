"""How a service ends: nothing new is taken, and what is being said has time to end.

Used by `cli.stack` before it stops any program. The front door sees the leaving file and
answers new utterances with 503; the workers take no more rings. `avatar down` reads from
the same file how many streams are left.
"""

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Final

import kombu.exceptions

from cli.programs import DRAIN_S
from cli.supervisor import Supervisor
from settings import Settings
from tasks.queue import stop_taking

_LOOK_EVERY_S: Final = 0.5
_METRIC: Final = "avatar_streams_running "
_ANYWHERE: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared with, not bound to


class Farewell:
    """The last half minute of a service."""

    def __init__(self, configured: Settings, supervisor: Supervisor, say: Callable[[str], None]) -> None:
        self._configured = configured
        self._supervisor = supervisor
        self._say = say
        self._told = -1

    def wait(self, workers: Mapping[str, int], limit_s: float = DRAIN_S) -> None:
        """Return once no stream is being said, the time is up, or somebody interrupts again.

        Args:
            workers: the port of each worker's metrics.
            limit_s: how long streams may take to end.
        """
        asked = self._supervisor.interrupts
        deadline_s = time.monotonic() + limit_s
        self._tell(self._streams(workers), limit_s)
        self._stop_taking(workers)
        while self._supervisor.interrupts == asked and time.monotonic() < deadline_s:
            left = self._streams(workers)
            self._tell(left, max(0.0, deadline_s - time.monotonic()))
            if left == 0:
                return
            self._pause()

    def over(self) -> None:
        """Take the leaving file away: the service has ended."""
        self._configured.leaving_file.unlink(missing_ok=True)

    def _stop_taking(self, workers: Mapping[str, int]) -> None:
        try:
            stop_taking(list(workers))
        except kombu.exceptions.OperationalError as error:
            # Streams that they take up now are handed over when the time is up, as the others.
            self._say(f"the workers could not be told to take nothing new: {error}")

    def _pause(self) -> None:
        until_s = time.monotonic() + _LOOK_EVERY_S
        asked = self._supervisor.interrupts
        while time.monotonic() < until_s and self._supervisor.interrupts == asked:
            self._supervisor.pump(_LOOK_EVERY_S)

    def _tell(self, left: int, seconds: float) -> None:
        if left == self._told:
            return
        self._told = left
        self._configured.leaving_file.write_text(f"{left}\n", encoding="utf-8")
        if left:
            self._say(f"{said_still(left)}; up to {seconds:.0f} s for them to end, once more to cut them off")

    def _streams(self, workers: Mapping[str, int]) -> int:
        return sum(self._streams_of(port) for port in workers.values())

    def _streams_of(self, port: int) -> int:
        host = self._configured.metrics_host
        address = f"http://{'127.0.0.1' if host in _ANYWHERE else host}:{port}/metrics"
        try:
            with urllib.request.urlopen(address, timeout=2.0) as answer:
                lines = answer.read().decode("utf-8", "replace").splitlines()
        except (urllib.error.URLError, OSError):
            # A worker that does not answer says nothing that could be waited for.
            return 0
        return sum(int(float(line.removeprefix(_METRIC))) for line in lines if line.startswith(_METRIC))


def said_still(left: int) -> str:
    """Return how many streams are left, in words."""
    return "1 stream is being said still" if left == 1 else f"{left} streams are being said still"
