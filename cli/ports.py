"""The ports that settings name, looked at before anything is started.

Taken one by one as programs come up, an occupied port would show as a program that dies
again and again; here all of them are told at once, by the names of their settings.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from cli import programs
from settings import Settings

_HIGHEST: Final = 65535
_FLOWER_HOST: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class WantedPort:
    """A port that a setting names."""

    setting: str
    host: str
    port: int


class PortsTaken(Exception):
    """Ports that settings name cannot be had; choose others, or 0 for free ones."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults) + "; choose another, or 0 for a free one")
        self.faults = tuple(faults)


def wanted_ports(
    configured: Settings, *, port: int | None = None, flower: bool = True
) -> Sequence[WantedPort]:
    """Return the ports that `avatar up` would take by name; a 0 names none.

    Args:
        configured: the settings.
        port: the front door's; the setting's when None.
        flower: whether Flower runs.
    """
    return tuple(_wanted(configured, configured.port if port is None else port, flower))


def _wanted(configured: Settings, port: int, flower: bool) -> Iterator[WantedPort]:
    if port:
        yield WantedPort("AVATAR_PORT", configured.host, port)
    if flower and configured.flower_port:
        yield WantedPort("AVATAR_FLOWER_PORT", _FLOWER_HOST, configured.flower_port)
    first = configured.worker_metrics_port
    if first:
        cores = len(os.sched_getaffinity(0))
        for number in range(programs.worker_count(configured, programs.gpu_count(), cores)):
            yield WantedPort("AVATAR_WORKER_METRICS_PORT", configured.metrics_host, first + number)


def check_ports(wanted: Sequence[WantedPort]) -> None:
    """Let ports pass that can be had, all at the same time.

    Raises:
        PortsTaken: some cannot; all of them are named.
    """
    faults = []
    with ExitStack() as held:
        for each in wanted:
            fault = _fault(each, held)
            if fault:
                faults.append(fault)
    if faults:
        raise PortsTaken(faults)


def _fault(wanted: WantedPort, held: ExitStack) -> str:
    shown = f"{wanted.setting}: {wanted.host}:{wanted.port}"
    if wanted.port > _HIGHEST:
        return f"{shown} is above {_HIGHEST}, the last port there is"
    try:
        held.enter_context(programs.listen(wanted.host, wanted.port))
    except OSError as error:
        # The error's own words name the address again.
        return f"{shown} cannot be had ({os.strerror(error.errno) if error.errno else error.strerror})"
    return ""
