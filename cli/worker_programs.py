"""The workers of one machine or container: how many, pinned to what, and what follows a death.

Used by `cli.stack` for the whole service and by `cli.workers` where the rest of it runs
elsewhere. What a dead worker held is given back at once, so that another goes on before
a viewer notices.
"""

import os
from collections.abc import Mapping
from functools import partial

import kombu.exceptions

from cli import embedded_redis, programs
from cli.supervisor import Supervisor
from settings import Settings
from tasks.catalogue import Catalogue
from tasks.errors import StreamUnreachable
from tasks.queue import ring_synthesis
from tasks.stream_redis import open_stream, redis_client


class Workers:
    """One worker per GPU, or as many as set, or one per core."""

    def __init__(self, configured: Settings, supervisor: Supervisor) -> None:
        self._configured = configured
        self._supervisor = supervisor
        self.names: list[str] = []

    def start(self, env: Mapping[str, str]) -> dict[str, int]:
        """Start them all; return the port of each one's metrics."""
        gpus = programs.gpu_count()
        count = programs.worker_count(self._configured, gpus, len(os.sched_getaffinity(0)))
        first_port = self._configured.worker_metrics_port
        catalogue = self._catalogue()
        ports = {}
        for number in range(1, count + 1):
            port = first_port + number - 1 if first_port else programs.free_port()
            name = programs.worker_name(self._configured, number)
            # What a killed worker of this name announced is not this one being warm.
            catalogue.withdraw(name)
            self._supervisor.start(
                programs.worker_program(
                    self._configured,
                    dict(env),
                    number=number,
                    gpu=(number - 1) % gpus if gpus else None,
                    metrics_port=port,
                    after_exit=partial(self._give_back, name),
                )
            )
            ports[name] = port
            self.names.append(name)
        return ports

    def all_warm(self) -> bool:
        """Return whether every one of them has announced itself."""
        return {worker.name for worker in self._catalogue().workers()}.issuperset(self.names)

    def _catalogue(self) -> Catalogue:
        return Catalogue(redis_client(self._configured.media_redis_url, blocking=False))

    def _give_back(self, worker: str) -> bool:
        """Free what a dead worker held and ring for it; False while Redis is away too."""
        sock = self._configured.redis_socket
        if sock is not None and not embedded_redis.answers(sock):
            # Asked first, because the stream's own retries would hold up Redis's restart.
            return False
        try:
            for sid in open_stream(self._configured.media_redis_url).release_owner(f"{worker}:"):
                ring_synthesis(sid)
        except (StreamUnreachable, kombu.exceptions.OperationalError):
            return False
        return True
