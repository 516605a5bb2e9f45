"""`avatar assets`: the files of others that this service uses, listed and fetched."""

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
from rich.table import Table

import settings
from workers.assets import (
    Asset,
    AssetsMissing,
    Pulled,
    UnknownAsset,
    choose,
    held,
    read_manifest,
)
from workers.assets import (
    pull as pull_assets,
)


@click.group()
def assets() -> None:
    """List and fetch the models that registering a face needs, and voices."""


@assets.command("list")
def show() -> None:
    """Show every asset of the manifest and whether it is here."""
    folder = settings.load().asset_dir
    table = Table(title=f"Assets in {folder}", title_justify="left")
    for title in ("name", "here", "needed", "licence", "bytes", "what for"):
        table.add_column(title, justify="right" if title == "bytes" else "left")
    for asset in read_manifest():
        table.add_row(
            asset.name,
            "yes" if held(asset, folder) else "no",
            "yes" if asset.needed else "no",
            asset.licence,
            f"{asset.size_bytes:,}",
            asset.purpose,
        )
    Console().print(table)


@assets.command()
@click.option("--needed", is_flag=True, help="Only what registering cannot do without.")
@click.argument("names", nargs=-1, metavar="[NAME…]")
def pull(needed: bool, names: tuple[str, ...]) -> None:
    """Fetch assets into the asset folder; all of the manifest when none is named.

    Fails when one that is needed, or that was named, came from no source.
    """
    configured = settings.load()
    try:
        chosen = [asset for asset in choose(read_manifest(), names) if asset.needed or not needed]
        outcomes = _pull(chosen, configured.asset_dir, configured.asset_mirror)
    except (UnknownAsset, AssetsMissing) as error:
        raise click.ClickException(str(error)) from error
    for got in outcomes:
        _tell(got)
    absent = [
        (got.asset, got.tried) for got in outcomes
        if got.source is None and {got.asset.name, got.asset.part_of} & set(names)
    ]  # fmt: skip
    if absent:
        raise click.ClickException(str(AssetsMissing(configured.asset_dir, absent)))


def _pull(wanted: list[Asset], folder: Path, mirror: str | None) -> tuple[Pulled, ...]:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        rows: dict[str, TaskID] = {}

        def progress(asset: Asset, done: int) -> None:
            if asset.name not in rows:
                rows[asset.name] = bars.add_task(asset.name, total=asset.size_bytes)
            bars.update(rows[asset.name], completed=done)

        return pull_assets(wanted, folder, mirror, progress)


def _tell(got: Pulled) -> None:
    if got.source == "held":
        click.echo(f"{got.asset.name}: is here")
    elif got.source is not None:
        click.echo(f"{got.asset.name}: fetched from {got.source}")
    else:
        click.echo(f"{got.asset.name}: not to be had now; the work goes on without it")
        for attempt in got.tried:
            click.echo(f"  {attempt.source}: {attempt.reason}")
