"""The embedded stack: which programs run, in which order they start and end.

Stands between `cli.up` (the command) and `cli.supervisor` (which knows only processes).
"""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from cli import embedded_redis, programs
from cli.farewell import Farewell
from cli.log_file import tail
from cli.ports import check_ports, wanted_ports
from cli.run_file import RunFile
from cli.supervisor import Supervisor
from cli.troubles import TROUBLE_STATUS
from cli.worker_programs import Workers
from settings import Settings, environment
from tasks.stream_redis import redis_client

_READY_LIMIT_S: Final = 90.0
_DEATHS_AT_START: Final = 3
"""A program that dies so often before the service is ready will not come up."""


class StackFailed(Exception):
    """The service cannot be started; the message says which part and what it said last."""


class Stack:
    """Everything `avatar up` runs."""

    def __init__(
        self,
        configured: Settings,
        supervisor: Supervisor,
        *,
        port: int,
        flower: bool,
        say: Callable[[str], None],
    ) -> None:
        self._configured = configured
        self._supervisor = supervisor
        self._with_flower = flower
        self._wanted_port = port
        self._env = programs.shared_environment(configured)
        self._ports: dict[str, int] = {}
        self._workers = Workers(configured, supervisor)
        self._farewell = Farewell(configured, supervisor, say)
        self._key = ""
        self._address = ""
        self._login_code = ""

    @property
    def interrupted(self) -> bool:
        """Whether somebody asked for the end while it was starting."""
        return self._supervisor.interrupts > 0

    def check_ports(self) -> None:
        """Look at every port that a setting names before anything is started. Raises PortsTaken."""
        check_ports(wanted_ports(self._configured, port=self._wanted_port, flower=self._with_flower))

    def steps(self) -> Sequence[tuple[str, Callable[[], None]]]:
        """Return the steps of a start, in order, each with its name."""
        return (
            ("redis", self._start_redis),
            ("tables and avatars", self._prepare),
            ("doors and workers", self._start_programs),
            ("ready", self._wait_ready),
        )

    def _start_redis(self) -> None:
        if self._configured.redis_socket is None:
            self._reach_redis()
            return
        try:
            self._supervisor.start(programs.redis_program(self._configured))
        except (embedded_redis.NoRedisServer, embedded_redis.ForeignFolder) as error:
            raise StackFailed(str(error)) from error
        sock = self._configured.redis_socket
        self._wait(lambda: embedded_redis.answers(sock), "redis", 60.0)

    def _reach_redis(self) -> None:
        for url in dict.fromkeys((self._configured.redis_url, self._configured.media_redis_url)):
            redis_client(url, blocking=False).ping()

    def _prepare(self) -> None:
        made = subprocess.run(
            [sys.executable, "-m", "cli.prepare"],
            env=environment(self._env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode == TROUBLE_STATUS:
            raise StackFailed(made.stderr.strip().splitlines()[-1])
        if made.returncode != 0:
            raise StackFailed(f"tables or avatars could not be made:\n{made.stderr[-4000:]}")
        answer = json.loads(made.stdout.splitlines()[-1])
        self._key, self._login_code = answer["key"], answer["login_code"]

    def _start_programs(self) -> None:
        self._open_door()
        self._ports |= self._workers.start(self._env)
        self._supervisor.start(programs.reaper_program(self._env))
        port = self._ports[programs.REGISTRAR] = programs.free_port()
        self._supervisor.start(programs.registrar_program(self._configured, self._env, metrics_port=port))

    def _open_door(self) -> None:
        host = self._configured.host
        try:
            listener = programs.listen(host, self._wanted_port)
        except OSError as error:
            raise StackFailed(f"cannot listen on {host}:{self._wanted_port}: {error.strerror}") from error
        self._listener = listener
        port = listener.getsockname()[1]
        self._ports["web"] = port
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - read, not bound
        self._address = f"http://{shown}:{port}"
        self._supervisor.start(programs.web_program(self._configured, self._env, listener))

    def _wait_ready(self) -> None:
        self._wait(self._workers.all_warm, "workers", _READY_LIMIT_S)
        self._wait(self._door_answers, "web", _READY_LIMIT_S)
        # Last, because it takes a while of the cores that the others need to get ready.
        if self._with_flower:
            port = self._configured.flower_port or programs.free_port()
            self._ports["flower"] = port
            self._supervisor.start(programs.flower_program(self._env, port=port, key=self._key))

    def _door_answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self._address}/readyz", timeout=2.0) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False

    def _wait(self, condition: Callable[[], bool], what: str, limit_s: float) -> None:
        deadline_s = time.monotonic() + limit_s
        while not self.interrupted and not condition():
            self._give_up_on_the_dying()
            if time.monotonic() > deadline_s:
                logs = self._configured.var / "log"
                raise StackFailed(f"{what} not ready within {limit_s:.0f} s; the logs are in {logs}")
            self._supervisor.pump(0.05)

    def _give_up_on_the_dying(self) -> None:
        for name, deaths in self._supervisor.restarts().items():
            if deaths >= _DEATHS_AT_START:
                words = tail(self._supervisor.log_path(name))
                raise StackFailed(f"{name} died {deaths} times; its last words:\n{words}")

    def run(self) -> RunFile:
        """Return what others need to find the service. Only after the last step."""
        return RunFile(
            address=self._address,
            key=self._key,
            pid=os.getpid(),
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            login=f"{self._address}/login?code={self._login_code}",
            redis_url=self._configured.redis_url,
            ports=dict(self._ports),
        )

    def stop(self) -> None:
        """End everything: what is being said ends first, while all of it still stands."""
        if self._address:
            names = self._workers.names
            self._farewell.wait({name: self._ports[name] for name in names if name in self._ports})
        self._supervisor.stop(self._workers.names)
        self._supervisor.stop(("web", "reaper", programs.REGISTRAR, "flower"))
        self._supervisor.stop(("redis",))
        self._farewell.over()
