"""Starts programs, keeps their logs, restarts what dies, and ends them in order.

One thread and one selector: signals, exits and log lines all arrive as readable files.
What the programs are is said by `cli.stack`; this room knows only names and commands.
"""

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Final

import psutil

import settings
from cli import child as trampoline
from cli.log_file import LogFile

_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 10.0
_LONG_LIFE_S: Final = 30.0
"""A program that lived so long starts again without a pause, however often it died before."""
_READ_BYTES: Final = 65536
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One process to keep alive."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    stop_s: float = 10.0
    """How long it may take to end after SIGTERM."""
    death_signal: int = signal.SIGKILL
    """What the kernel sends it when the supervisor is gone."""
    pass_fds: tuple[int, ...] = ()
    before_start: Callable[[], None] | None = None
    """Runs before every start, the first and all later ones."""
    after_exit: Callable[[], bool] | None = None
    """Runs after a death; False means it could not be done yet, and the restart waits."""


@dataclass(slots=True)
class _Running:
    program: Program
    log: LogFile
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    restarts: int = 0
    quick_deaths: int = 0
    start_at_s: float = 0.0
    after_exit_due: bool = False


class Supervisor:
    """Keeps programs alive until it is told to stop them."""

    def __init__(self, *, log_dir: Path, children_file: Path, say: Callable[[str], None]) -> None:
        self._log_dir = log_dir
        self._children_file = children_file
        self._say = say
        self._running: dict[str, _Running] = {}
        self._selector = selectors.DefaultSelector()
        self._handlers: dict[signal.Signals, object] = {}
        self._wake, self._waker = socket.socketpair()
        self._stopping = False
        self.interrupts = 0
        """How many times somebody has asked for the end."""

    def __enter__(self) -> "Supervisor":
        for end in (self._wake, self._waker):
            end.setblocking(False)
        for number in _SIGNALS:
            self._handlers[number] = signal.signal(number, self._on_signal)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._wake, selectors.EVENT_READ)
        return self

    def __exit__(self, *exc: object) -> None:
        self.kill()
        for key in list(self._selector.get_map().values()):
            if isinstance(key.data, _Running):
                # The last words of the dead are still in the pipe.
                self._copy(key.fileobj, key.data)  # type: ignore[arg-type]
                key.fileobj.close()  # type: ignore[union-attr]
        for running in self._running.values():
            running.log.close()
        signal.set_wakeup_fd(-1)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._selector.close()
        self._wake.close()
        self._waker.close()
        self._children_file.unlink(missing_ok=True)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        del frame
        if number != signal.SIGCHLD:
            self.interrupts += 1

    def start(self, program: Program) -> None:
        """Start a program and keep it alive from now on."""
        running = _Running(program, LogFile(self._log_dir / f"{program.name}.log"))
        self._running[program.name] = running
        self._spawn(running)
        self._write_children()

    def _spawn(self, running: _Running) -> None:
        program = running.program
        if program.before_start is not None:
            program.before_start()
        command = (
            sys.executable, "-I", "-S", trampoline.__file__,
            str(int(program.death_signal)), str(os.getpid()), "--", *program.argv,
        )  # fmt: skip
        process = subprocess.Popen(
            command,
            env=settings.environment(program.env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=program.pass_fds,
            start_new_session=True,
        )
        assert process.stdout is not None  # noqa: S101 - stdout=PIPE above
        os.set_blocking(process.stdout.fileno(), False)
        self._selector.register(process.stdout, selectors.EVENT_READ, running)
        running.process = process
        running.started_s = time.monotonic()

    def pump(self, timeout_s: float) -> None:
        """Move log lines, notice deaths and start again what is due; at most `timeout_s`."""
        for key, _ in self._selector.select(self._until_due(timeout_s)):
            if key.data is None:
                with suppress(BlockingIOError):
                    self._wake.recv(4096)
            elif isinstance(key.data, _Running):
                self._copy(key.fileobj, key.data)  # type: ignore[arg-type]
        self._reap()
        if not self._stopping:
            self._restart_due()

    def _until_due(self, timeout_s: float) -> float:
        now_s = time.monotonic()
        waits = [r.start_at_s - now_s for r in self._running.values() if r.process is None]
        return max(0.0, min([timeout_s, *waits]))

    def _copy(self, pipe: IO[bytes], running: _Running) -> None:
        try:
            data = os.read(pipe.fileno(), _READ_BYTES)
        except BlockingIOError:
            return
        if data:
            running.log.write(data)
        else:
            self._selector.unregister(pipe)
            pipe.close()

    def _reap(self) -> None:
        for running in self._running.values():
            process = running.process
            if process is None or process.poll() is None:
                continue
            # What the dead leave behind in their process group goes with them.
            _signal_group(process.pid, signal.SIGKILL)
            running.process = None
            if not self._stopping:
                self._plan_restart(running, process.returncode)
            self._write_children()

    def _plan_restart(self, running: _Running, code: int) -> None:
        lived_s = time.monotonic() - running.started_s
        running.quick_deaths = 0 if lived_s > _LONG_LIFE_S else running.quick_deaths + 1
        running.restarts += 1
        pause_s = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** max(0, running.quick_deaths - 1))
        running.start_at_s = time.monotonic() + pause_s
        running.after_exit_due = running.program.after_exit is not None
        how = f"signal {-code}" if code < 0 else f"status {code}"
        self._say(
            f"{running.program.name} ended ({how}) after {lived_s:.1f} s; "
            f"restart {running.restarts} in {pause_s:.1f} s"
        )

    def _restart_due(self) -> None:
        for running in self._running.values():
            if running.process is not None:
                continue
            if running.after_exit_due and running.program.after_exit is not None:
                running.after_exit_due = not running.program.after_exit()
            if time.monotonic() < running.start_at_s:
                continue
            if running.after_exit_due:
                running.start_at_s = time.monotonic() + 0.2
                continue
            self._spawn(running)
            self._write_children()

    def restarts(self) -> Mapping[str, int]:
        """Return how often each program has been started again."""
        return {name: running.restarts for name, running in self._running.items()}

    def log_path(self, name: str) -> Path:
        """Return where a program's output goes."""
        return self._log_dir / f"{name}.log"

    def stop(self, names: Iterable[str]) -> None:
        """End programs together: SIGTERM, their own time, then SIGKILL; an interrupt cuts it short."""
        self._stopping = True
        ending = [r for r in (self._running[n] for n in names if n in self._running) if r.process]
        asked = self.interrupts
        for running in ending:
            # Only the program itself: what it started is its own to end in good order.
            assert running.process is not None  # noqa: S101 - filtered above
            _signal(running.process.pid, signal.SIGTERM)
        deadline_s = time.monotonic() + max((r.program.stop_s for r in ending), default=0.0)
        while any(r.process for r in ending):
            if time.monotonic() > deadline_s or self.interrupts > asked:
                break
            self.pump(0.2)
        self._kill(ending)

    def kill(self) -> None:
        """End everything at once."""
        self._stopping = True
        self._kill(list(self._running.values()))

    def _kill(self, those: Sequence[_Running]) -> None:
        for running in those:
            if running.process is not None:
                self._say(f"{running.program.name} is killed")
                _signal_group(running.process.pid, signal.SIGKILL)
        deadline_s = time.monotonic() + 5.0
        while any(r.process for r in those) and time.monotonic() < deadline_s:
            self.pump(0.1)

    def _write_children(self) -> None:
        rows = {
            name: {
                "pid": running.process.pid,
                "started_s": _start_time_s(running.process.pid),
                "restarts": running.restarts,
            }
            for name, running in self._running.items()
            if running.process is not None
        }
        scratch = self._children_file.with_suffix(".new")
        scratch.write_text(json.dumps(rows, indent=2), encoding="utf-8")
        scratch.replace(self._children_file)


def _start_time_s(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return 0.0


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _signal_group(pid: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def clear_leftovers(children_file: Path) -> Sequence[str]:
    """Kill what an earlier supervisor left running; return the names.

    A number that the kernel has given to another process since is recognised by its start
    time and left alone.
    """
    try:
        rows = json.loads(children_file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return ()
    left = []
    for name, row in rows.items():
        # Clock ticks round start times; a tenth of a second is well above one tick.
        if row["started_s"] and abs(_start_time_s(row["pid"]) - row["started_s"]) < 0.1:
            _signal_group(row["pid"], signal.SIGKILL)
            left.append(name)
    children_file.unlink(missing_ok=True)
    return tuple(left)
