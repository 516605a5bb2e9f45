"""`avatar assets`: the files of others that this service uses, listed and fetched."""

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
from rich.table import Table

import settings
from lipsync.engines.net import NetFailed
from lipsync.speech.errors import VoiceError
from workers.assets import (
    Asset,
    AssetsMissing,
    LicenceNotAccepted,
    Pulled,
    UnknownAsset,
    choose,
    held,
    read_manifest,
)
from workers.assets import (
    pull as pull_assets,
)
from workers.checkpoint import CheckpointBroken, CheckpointUnsafe
from workers.device import ModelUnreadable
from workers.nets import HALF, INT8, MODEL, NotAMouthModel


@click.group()
def assets() -> None:
    """List and fetch the models that registering a face needs, and voices."""


@assets.command("list")
def show() -> None:
    """Show every asset of the manifest and whether it is here."""
    folder = settings.load().asset_dir
    table = Table(title=f"Assets in {folder}", title_justify="left")
    for title in ("name", "here", "needed", "licence", "bytes", "what for"):
        table.add_column(title, justify="right" if title == "bytes" else "left", overflow="fold")
    for asset in read_manifest():
        table.add_row(
            asset.name,
            "yes" if held(asset, folder) else "no",
            "yes" if asset.needed else "no",
            asset.licence,
            f"{asset.size_bytes:,}",
            asset.purpose,
        )
    console = Console()
    console.print(table)
    for asset in read_manifest():
        if asset.terms:
            console.print(
                f"{asset.name}, {asset.licence}: {asset.terms}. "
                f"To accept: avatar assets pull {asset.name} --accept {asset.licence}",
                highlight=False, soft_wrap=True,
            )  # fmt: skip


@assets.command()
@click.option("--needed", is_flag=True, help="Only what registering cannot do without.")
@click.option(
    "--accept", "accepted", multiple=True, metavar="LICENCE", help="A licence whose terms you accept."
)
@click.argument("names", nargs=-1, metavar="[NAME…]")
def pull(needed: bool, accepted: tuple[str, ...], names: tuple[str, ...]) -> None:
    """Fetch assets into the asset folder; for no name, those that are under free licences.

    Fails when one that is needed, or that was named, came from no source, or has terms that
    were not accepted.
    """
    configured = settings.load()
    try:
        chosen = [asset for asset in choose(read_manifest(), names) if asset.needed or not needed]
        outcomes = _pull(chosen, configured.asset_dir, configured.asset_mirror, accepted)
    except (UnknownAsset, AssetsMissing, LicenceNotAccepted) as error:
        raise click.ClickException(str(error)) from error
    for got in outcomes:
        _tell(got)
    absent = [
        (got.asset, got.tried) for got in outcomes
        if got.source is None and {got.asset.name, got.asset.part_of} & set(names)
    ]  # fmt: skip
    if absent:
        raise click.ClickException(str(AssetsMissing(configured.asset_dir, absent)))


def _pull(
    wanted: list[Asset], folder: Path, mirror: str | None, accepted: tuple[str, ...]
) -> tuple[Pulled, ...]:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        rows: dict[str, TaskID] = {}

        def progress(asset: Asset, done: int) -> None:
            if asset.name not in rows:
                rows[asset.name] = bars.add_task(asset.name, total=asset.size_bytes)
            bars.update(rows[asset.name], completed=done)

        return pull_assets(wanted, folder, mirror, progress, accepted=accepted)


def _tell(got: Pulled) -> None:
    if got.source == "held":
        click.echo(f"{got.asset.name}: is here")
    elif got.source is not None:
        click.echo(f"{got.asset.name}: fetched from {got.source}")
    else:
        click.echo(f"{got.asset.name}: not to be had now; the work goes on without it")
        for attempt in got.tried:
            click.echo(f"  {attempt.source}: {attempt.reason}")


@assets.command()
@click.argument("checkpoint", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The ONNX file to write.")
def export(checkpoint: Path | None, out: Path | None) -> None:
    """Make a Wav2Lip checkpoint of PyTorch's an ONNX file that workers paint with.

    Without CHECKPOINT the one of the asset folder is taken. Nothing in it is run, and PyTorch is
    not needed; the package onnx is (`pip install '.[export]'`).
    """
    folder = settings.load().asset_dir / "wav2lip"
    checkpoint = checkpoint or folder / "wav2lip_gan.pth"
    out = out or settings.load().asset_dir / MODEL
    if not checkpoint.exists():
        raise click.ClickException(
            f"{checkpoint} is not there: `avatar assets pull wav2lip` fetches it, or name one of yours"
        )
    try:
        from workers.wav2lip_export import GraphDiffers, WeightsDiffer, export_checkpoint  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise _lacks_extra(error) from error
    try:
        difference = export_checkpoint(checkpoint, out)
    except (CheckpointBroken, CheckpointUnsafe, WeightsDiffer, GraphDiffers) as error:
        raise click.ClickException(f"{checkpoint}: {error}") from error
    click.echo(f"{out}: written, and paints what the weights say (largest difference {difference:.1g} of 1)")


@assets.command()
@click.argument("model", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@click.option(
    "--least-db", type=click.FloatRange(30, 100), default=40.0, show_default=True,
    help="How near its pictures must come to the original's (PSNR).",
)  # fmt: skip
def quantise(model: Path | None, out: Path | None, least_db: float) -> None:
    """Make a Wav2Lip model one in eight bits, for workers without a GPU, and say how its pictures differ.

    Without MODEL the one of the asset folder is taken. What its values are is learnt from the
    house's own presenters; that and the comparison take some minutes.
    """
    model, out = _model_and_out(model, out, INT8, ".int8.onnx")
    try:
        from workers.wav2lip_int8 import QuantisedDiffers, quantise, requests_for  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise _lacks_extra(error) from error
    try:
        found = quantise(model, out, *requests_for(model), least_db=least_db)
    except (ModelUnreadable, NotAMouthModel, NetFailed, VoiceError, QuantisedDiffers) as error:
        raise click.ClickException(f"{model}: {error}") from error
    single = f"; in single precision: {', '.join(found.single)}" if found.single else ""
    click.echo(
        f"{out}: written, {found.size_bytes:,} bytes; its pictures differ by {found.psnr_db:.1f} dB, "
        f"the worst by {found.worst_db:.1f} dB{single}"
    )


@assets.command()
@click.argument("model", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
def halve(model: Path | None, out: Path | None) -> None:
    """Make a Wav2Lip model one in half precision, for workers with a GPU, and say how its pictures differ.

    Without MODEL the one of the asset folder is taken.
    """
    model, out = _model_and_out(model, out, HALF, ".fp16.onnx")
    try:
        from workers import wav2lip_half  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise _lacks_extra(error) from error
    try:
        psnr_db = wav2lip_half.halve(model, out)
    except (ModelUnreadable, NotAMouthModel, NetFailed) as error:
        raise click.ClickException(f"{model}: {error}") from error
    click.echo(f"{out}: written; its pictures differ by {psnr_db:.1f} dB")


def _model_and_out(model: Path | None, out: Path | None, usual: Path, suffix: str) -> tuple[Path, Path]:
    """Return the model that another is made of, and where that goes unless told.

    Args:
        model: None is that of the asset folder.
        out: where it is to go.
        usual: where it is within the asset folder.
        suffix: of one made of a model that was named.
    """
    folder = settings.load().asset_dir
    out = out or (folder / usual if model is None else model.with_suffix(suffix))
    model = model or folder / MODEL
    if not model.exists():
        raise click.ClickException(f"{model} is not there: `avatar assets export` writes it, or name a model")
    return model, out


def _lacks_extra(error: ModuleNotFoundError) -> click.ClickException:
    return click.ClickException(f"{error.name} is missing; install it: pip install '.[export]'")
