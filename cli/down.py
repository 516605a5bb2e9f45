"""`avatar down`: ends the service that runs in this var folder, and waits until it has."""

import os
import signal
import time
from typing import Final

import click

import settings
from cli import run_file
from cli.folder_lock import in_use

_LIMIT_S: Final = 75.0
"""Above the sum of what the supervisor gives workers, web and Redis."""


@click.command()
def down() -> None:
    """Stop the service that runs in the background."""
    var = settings.load().var
    try:
        running = run_file.read(var)
    except run_file.NotRunning:
        click.echo("no service runs here")
        return
    if not in_use(var):
        run_file.remove(var)
        click.echo("the service had died already")
        return
    os.kill(running.pid, signal.SIGTERM)
    click.echo(f"stopping {running.address}; work under way may take up to 30 s", err=True)
    deadline_s = time.monotonic() + _LIMIT_S
    while in_use(var):
        if time.monotonic() > deadline_s:
            raise click.ClickException(f"process {running.pid} does not end; its log is {var / 'log'}")
        time.sleep(0.05)
    click.echo("stopped")
