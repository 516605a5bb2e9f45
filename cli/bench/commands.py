"""`avatar bench`: the verbs. Progress goes to the error output, figures to the output.

The last line of `--json` is one object; without it a person reads the same figures.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import settings
from cli import client, run_file
from cli.bench import faults, rendering, table, viewing
from cli.client import Service

_n = click.option("--n", "count", type=click.IntRange(1, 1000), help="How many.")
_engine = click.option("--engine", help="Which engine draws; the avatar's own unless told otherwise.")
_seconds = click.option(
    "--seconds", type=click.FloatRange(2, 600), default=60.0, show_default=True, help="Length of a stream."
)
_json = click.option("--json", "as_json", is_flag=True, help="Print the figures as one line of JSON.")

_FAILURES = (
    client.Refused,
    client.ServiceUnreachable,
    client.StreamBroken,
    run_file.NotRunning,
    viewing.BenchmarkFailed,
)


@click.group()
def bench() -> None:
    """Measure the running service, as its viewers see it."""


@bench.command("first-chunk")
@_n
@_engine
@_json
def first_chunk(count: int | None, engine: str | None, as_json: bool) -> None:
    """Measure the time from sending POST to the first media message."""
    count = count or 20
    with _reported(), _progress("utterances", count) as tell, Service.find() as service:
        _print(viewing.first_chunk(service, count, engine, tell), as_json)


@bench.command()
@_n
@_seconds
@_engine
@_json
def streams(count: int | None, seconds: float, engine: str | None, as_json: bool) -> None:
    """Watch streams at once and count the frames that came too late."""
    count = count or 16
    with _reported(), _progress("streams", count) as tell:
        _print(viewing.streams(Service.find, count, seconds, engine, tell), as_json)


@bench.command()
@_n
@_engine
@_json
def viewers(count: int | None, engine: str | None, as_json: bool) -> None:
    """Have viewers watch one stream and measure what that adds."""
    count = count or 10
    with _reported(), _progress("viewers", count) as tell, Service.find() as service:
        _print(viewing.viewers(service, Service.find, count, engine, tell), as_json)


@bench.command()
@_n
@click.option("--engine", default="warp", show_default=True, help="Which engine draws.")
@_json
def chunk(count: int | None, engine: str, as_json: bool) -> None:
    """Draw and encode chunks of 8 frames on one core; needs no service."""
    _print(rendering.chunks(count or 100, engine), as_json)


@bench.command()
@_n
@click.option(
    "--kind", type=click.Choice(faults.KINDS), default="kill", show_default=True,
    help="The worker that holds a stream is killed or stopped, or Redis is killed.",
)
@_json
def takeover(count: int | None, kind: faults.Kind, as_json: bool) -> None:
    """Break the local service in the middle of utterances and measure how long pictures stand still."""
    count = count or 20
    with _reported(), _progress("utterances", count) as tell:
        run = run_file.read(settings.load().var)
        with Service(run.address, run.key) as service:
            _print(faults.takeover(service, run, count, kind, tell=tell), as_json)


@bench.command("all")
@click.option("--write", type=click.Path(dir_okay=False, path_type=Path), help="A file to write it to.")
@_seconds
def everything(write: Path | None, seconds: float) -> None:
    """Measure all of it on a stack of its own and print the table."""
    with _reported():
        lines = table.measure(seconds, lambda what: click.echo(f"measuring: {what}", err=True))
    text = table.markdown(lines)
    click.echo(text)
    if write is not None:
        write.write_text(text, encoding="utf-8")


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except _FAILURES as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)


def _print(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(figures))
        return
    for name, value in figures.items():
        click.echo(f"{name:>20}  {value}")
