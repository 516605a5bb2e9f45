"""`avatar bench`: the verbs that look at painted mouths; none of them needs a service."""

from pathlib import Path

import click

import settings
from cli.bench import painting, side_by_side, sprites
from cli.bench.reports import count_option, json_option, print_figures, progress, reported
from workers.assets import face_models

_drawn = click.option(
    "--drawn", is_flag=True, help="With a mouth that is drawn by the sound, not by a network."
)
_picture = click.Path(dir_okay=False, path_type=Path)


@click.command("painting")
@count_option
@json_option
def painted_mouths(count: int | None, as_json: bool) -> None:
    """Paint mouths with a network on one core, stage by stage; needs no service."""
    count = count or 20
    with reported(), progress("chunks", count) as tell:
        print_figures(painting.painting(count, settings.load().asset_dir, tell), as_json)


@click.command("sprites")
@count_option
@_drawn
@click.option("--picture", type=_picture, help="Draw frames beside each other into a PNG file.")
@json_option
def kept_mouths(*, count: int | None, drawn: bool, picture: Path | None, as_json: bool) -> None:
    """Compare mouths from sprites with those painted for every frame; needs no service."""
    with reported(), progress("levels", len(sprites.LEVELS)) as tell:
        net, model = sprites.sprites_net(settings.load().asset_dir, drawn=drawn)
        rows = sprites.sprites(count or 6, net, tell, picture)
    if as_json:
        print_figures({"bench": "sprites", "model": model, "levels": rows}, as_json)
        return
    for row in ({"bench": "sprites", "model": model}, *rows):
        print_figures(row, as_json)
        click.echo()


@click.command("borders")
@click.option("--picture", type=_picture, required=True, help="The PNG file to draw.")
@click.option(
    "--photo", "photos", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A photo with a face; the house's presenters unless told otherwise. Needs the face models.",
)
@_drawn
@json_option
def borders(*, picture: Path, photos: tuple[Path, ...], drawn: bool, as_json: bool) -> None:
    """Draw a sentence warped and painted, frame beside frame, to look at the border; needs no service."""
    configured = settings.load()
    with reported(), progress("faces", len(photos)) as tell:
        net, model = sprites.sprites_net(configured.asset_dir, drawn=drawn)
        models = face_models(configured) if photos else None
        faces = [side_by_side.photo_face(photo, models) for photo in photos] if models else []
        figures = side_by_side.side_by_side(net, faces, picture, tell)
    print_figures({"bench": "borders", "model": model, **figures}, as_json)
