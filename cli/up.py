"""`avatar up`: the whole service on one machine, under one watching process.

Order matters on the way up (Redis, tables, doors, workers) and on the way down (workers
hand over first, while Redis and the front door still stand).
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

import settings
from cli import run_file
from cli.folder_lock import AlreadyRunning, only_one
from cli.log_file import LogFile, tail
from cli.ports import PortsTaken
from cli.stack import Stack, StackFailed
from cli.supervisor import Supervisor, clear_leftovers

_START_LIMIT_S: Final = 120.0
STEPS: Final = ("redis", "tables and avatars", "doors and workers", "ready")


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), help="Port of the service; 0 takes a free one.")
@click.option("--detach/--foreground", default=False, help="Go on in the background when it is ready.")
@click.option("--flower/--no-flower", default=True, help="The view of workers and tasks.")
def up(port: int | None, detach: bool, flower: bool) -> None:
    """Start the service on this machine and watch over it."""
    configured = settings.load()
    try:
        if detach:
            _detach(configured.var, port, flower)
            return
        with only_one(configured.var):
            _foreground(configured, configured.port if port is None else port, flower)
    except AlreadyRunning as error:
        raise click.ClickException(str(error)) from error


def _foreground(configured: settings.Settings, port: int, flower: bool) -> None:
    var = configured.var
    clear_leftovers(var / "run" / "children.json")
    run_file.remove(var)
    configured.leaving_file.unlink(missing_ok=True)
    for socket_left in (var / "run").glob("*.sock"):
        socket_left.unlink()
    log = LogFile(var / "log" / "supervisor.log")
    log.path.chmod(0o600)

    def say(line: str) -> None:
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        log.write(f"{stamp} {line}\n".encode())
        click.echo(line, err=True)

    supervisor = Supervisor(log_dir=var / "log", children_file=var / "run" / "children.json", say=say)
    with supervisor:
        stack = Stack(configured, supervisor, port=port, flower=flower, say=say)
        try:
            stack.check_ports()
            _start(stack, var)
            _watch(supervisor)
        except (StackFailed, PortsTaken) as error:
            raise click.ClickException(str(error)) from error
        finally:
            stack.stop()
            run_file.remove(var)
            log.close()


def _start(stack: Stack, var: Path) -> None:
    with _steps() as step:
        for name, action in stack.steps():
            step(name)
            action()
            if stack.interrupted:
                return
    run = stack.run()
    run_file.write(var, run)
    click.echo(f"{run.address} is ready; sign in once with {run.login}")


def _watch(supervisor: Supervisor) -> None:
    while not supervisor.interrupts:
        supervisor.pump(3600.0)


@contextmanager
def _steps() -> Iterator[Callable[[str], None]]:
    """Show which step runs, on a terminal as a bar, elsewhere as lines."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda name: click.echo(f"starting: {name}", err=True)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("starting", total=len(STEPS))

        def step(name: str) -> None:
            progress.update(bar, description=name, completed=STEPS.index(name) if name in STEPS else 0)

        yield step


def _detach(var: Path, port: int | None, flower: bool) -> None:
    with only_one(var):
        pass
    (var / "log").mkdir(exist_ok=True)
    words = var / "log" / "up.log"
    with words.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "up", "--foreground",
             *([] if port is None else [f"--port={port}"]), *([] if flower else ["--no-flower"])],
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    run = wait_until_ready(var, process, words)
    click.echo(f"{run.address} is ready; sign in once with {run.login}")


def wait_until_ready(var: Path, process: "subprocess.Popen[bytes]", words: Path) -> run_file.RunFile:
    """Show a starting supervisor's steps; return its run file.

    Raises:
        click.ClickException: it ended, or took too long; the message holds its last words.
    """
    deadline_s = time.monotonic() + _START_LIMIT_S
    with words.open("rb") as said, _steps() as step:
        while time.monotonic() < deadline_s:
            _relay_steps(said, step)
            run = _run_of(var, process.pid)
            if run is not None:
                return run
            if process.poll() is not None:
                raise click.ClickException(f"the service did not start: {_last_words(words)}")
            time.sleep(0.05)
    process.terminate()
    late = f"the service was not ready within {_START_LIMIT_S:.0f} s"
    raise click.ClickException(f"{late}: {_last_words(words)}")


def _last_words(words: Path) -> str:
    """Return what a supervisor said at last, its error alone if it told one; the steps have been shown."""
    lines = [line for line in tail(words).splitlines() if not line.startswith("starting: ")]
    said = [number for number, line in enumerate(lines) if line.startswith("Error: ")]
    return "\n".join(lines[said[-1] if said else 0 :]).removeprefix("Error: ")


def _relay_steps(said: IO[bytes], step: Callable[[str], None]) -> None:
    for line in said.readlines():
        name = line.decode("utf-8", "replace").strip().removeprefix("starting: ")
        if name in STEPS:
            step(name)


def _run_of(var: Path, pid: int) -> run_file.RunFile | None:
    try:
        run = run_file.read(var)
    except run_file.NotRunning:
        return None
    return run if run.pid == pid else None


