"""What the verbs of `avatar bench` share: options, progress, how figures and failures are told.

Progress goes to the error output, figures to the output. Measures nothing.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli import client, run_file
from cli.bench.together import BenchmarkFailed, Tell
from lipsync.engines.catalogue import UnknownEngine
from lipsync.engines.sprite_states import StatesBroken
from lipsync.mouth.heard_model import HeardModelBroken
from lipsync.speech.errors import VoiceError
from workers.assets import AssetsMissing
from workers.caption_font import CaptionFontMissing
from workers.device import ModelUnreadable
from workers.nets import NotAMouthModel

count_option = click.option("--n", "count", type=click.IntRange(1, 1000), help="How many.")
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print the figures as one line of JSON."
)

_FAILURES = (
    client.Refused,
    client.ServiceUnreachable,
    client.StreamBroken,
    run_file.NotRunning,
    BenchmarkFailed,
    UnknownEngine,
    CaptionFontMissing,
    HeardModelBroken,
    VoiceError,
    StatesBroken,
    AssetsMissing,
    ModelUnreadable,
    NotAMouthModel,
)


@contextmanager
def reported() -> Iterator[None]:
    """Tell what a person can mend in one line; anything else is raised as it is."""
    try:
        yield
    except _FAILURES as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def progress(what: str, total: int) -> Iterator[Tell]:
    """Show how far a measurement is, on a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as shown:
        task = shown.add_task(what, total=total)
        yield lambda done: shown.update(task, completed=done)


@contextmanager
def steps(total: int) -> Iterator[Callable[[str, int], Tell]]:
    """Show which part runs and how far it is: on a terminal as two bars, elsewhere as lines."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _say_step
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as shown:
        whole = shown.add_task("parts", total=total)
        part = shown.add_task("")
        begun = 0

        def begin(what: str, steps: int) -> Tell:
            nonlocal begun
            shown.update(whole, completed=begun)
            begun += 1
            shown.reset(part, description=what, total=steps)
            return lambda done: shown.update(part, completed=done)

        yield begin


def _say_step(what: str, steps: int) -> Tell:
    del steps
    click.echo(f"measuring: {what}", err=True)
    return lambda _: None


def print_figures(figures: dict[str, Any], as_json: bool) -> None:
    """Print figures as one line of JSON, or one a line."""
    if as_json:
        click.echo(json.dumps(figures))
        return
    for name, value in figures.items():
        click.echo(f"{name:>20}  {value}")
