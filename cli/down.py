"""`avatar down`: ends the service that runs in this var folder, and waits until it has."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

import settings
from cli import run_file
from cli.farewell import said_still
from cli.folder_lock import in_use

_LIMIT_S: Final = 105.0
"""Above the sum of what streams get to end, and workers, web and Redis after them."""


@click.command()
def down() -> None:
    """Stop the service that runs in the background.

    Nothing new is taken; what is being said has half a minute to end; a second `avatar down` cuts it off.
    """
    configured = settings.load()
    var = configured.var
    try:
        running = run_file.read(var)
    except run_file.NotRunning:
        _without_run_file(var)
        return
    if not in_use(var):
        run_file.remove(var)
        click.echo("the service had died already")
        return
    os.kill(running.pid, signal.SIGTERM)
    click.echo(f"stopping {running.address}", err=True)
    _wait(configured, running.pid)
    click.echo("stopped")


def _without_run_file(var: Path) -> None:
    click.echo("it is starting or ending; try again in a moment" if in_use(var) else "no service runs here")


def _wait(configured: settings.Settings, pid: int) -> None:
    deadline_s = time.monotonic() + _LIMIT_S
    with _telling() as tell:
        while in_use(configured.var):
            if time.monotonic() > deadline_s:
                raise click.ClickException(f"process {pid} does not end; its log is {configured.var / 'log'}")
            tell(_left(configured.leaving_file))
            time.sleep(0.05)


def _left(leaving_file: Path) -> int:
    try:
        return int(leaving_file.read_text("utf-8") or 0)
    except FileNotFoundError:
        return 0


@contextmanager
def _telling() -> Iterator[Callable[[int], None]]:
    """Show how many streams are left: on a terminal in one line that changes, elsewhere line by line."""
    console = Console(stderr=True)
    told = [0]
    if not console.is_terminal:

        def line(left: int) -> None:
            if left and left != told[0]:
                click.echo(said_still(left), err=True)
            told[0] = left

        yield line
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("the programs end", total=None)
        yield lambda left: progress.update(bar, description=said_still(left) if left else "the programs end")
