"""`avatar avatars`: which there are, what each can look like, and which workers make ready by themselves."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import click
from rich.console import Console
from rich.table import Table

import settings
from avatars.database import AvatarState, open_database
from avatars.errors import UnknownAvatar
from avatars.face_stored import load_face
from avatars.registry import Asked, AvatarRow, Registry
from avatars.storage_homes import open_storage
from avatars.viseme_sheet import viseme_sheet


@click.group()
def avatars() -> None:
    """List avatars, and pin those that workers are to have ready."""


@avatars.command("list")
@click.option(
    "--state", "states", type=click.Choice(get_args(AvatarState)), multiple=True, default=("ready",),
    show_default=True, help="In which states; may be given more than once.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for each.")
def show(states: tuple[AvatarState, ...], *, as_json: bool) -> None:
    """List avatars, oldest first, with those that are pinned and when each was used last."""
    with _registry() as registry:
        rows = registry.list(Asked(states=states))
    if as_json:
        for row in rows:
            click.echo(json.dumps(_told(row), ensure_ascii=False))
        return
    table = Table()
    # Whole, since this is what `pin` is given.
    table.add_column("id", no_wrap=True)
    for title in ("owner", "state", "version", "pinned", "last used"):
        table.add_column(title)
    for row in rows:
        pinned, used = "yes" if row.pinned else "", row.last_used_at
        last = "-" if used is None else f"{used:%Y-%m-%d %H:%M}"
        table.add_row(row.id, row.owner, row.state, str(row.version), pinned, last)
    Console().print(table)


@avatars.command()
@click.argument("avatar_ids", nargs=-1, required=True, metavar="ID…")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path(), show_default=True,
              help="Folder for the pictures; each is called ID.jpg.")  # fmt: skip
def sheet(avatar_ids: tuple[str, ...], out: Path) -> None:
    """Draw every mouth an avatar can make, and a blink, on one picture, to be looked at."""
    configured = settings.load()
    storage = open_storage(configured.storage, endpoint=configured.s3_endpoint)
    out.mkdir(parents=True, exist_ok=True)
    try:
        with _registry() as registry:
            rows = [registry.get(avatar_id) for avatar_id in avatar_ids]
    except UnknownAvatar as error:
        raise click.ClickException(str(error)) from error
    for row in rows:
        target = out / f"{row.id}.jpg"
        target.write_bytes(viseme_sheet(load_face(storage, row)))
        click.echo(str(target))


@avatars.command()
@click.argument("avatar_ids", nargs=-1, required=True, metavar="ID…")
def pin(avatar_ids: tuple[str, ...]) -> None:
    """Have every worker make these faces ready soon after it starts."""
    _set(avatar_ids, pinned=True)


@avatars.command()
@click.argument("avatar_ids", nargs=-1, required=True, metavar="ID…")
def unpin(avatar_ids: tuple[str, ...]) -> None:
    """Leave it to their use again whether these faces are ready."""
    _set(avatar_ids, pinned=False)


def _set(avatar_ids: tuple[str, ...], *, pinned: bool) -> None:
    with _registry() as registry:
        unknown = [avatar_id for avatar_id in avatar_ids if not registry.pin(avatar_id, pinned)]
    done = [avatar_id for avatar_id in avatar_ids if avatar_id not in unknown]
    if done:
        click.echo(f"{'pinned' if pinned else 'not pinned any more'}: {', '.join(done)}")
    if unknown:
        named = ", ".join(repr(avatar_id) for avatar_id in unknown)
        raise click.ClickException(f"no avatar {named}; `avatar avatars list` shows those there are")


@contextmanager
def _registry() -> Iterator[Registry]:
    configured = settings.load()
    storage = open_storage(configured.storage, endpoint=configured.s3_endpoint)
    database = open_database(configured.database_url, pool_size=1)
    try:
        yield Registry(database, storage)
    finally:
        database.close()


def _told(row: AvatarRow) -> dict[str, str | int | bool | None]:
    used = row.last_used_at
    return {
        "id": row.id, "owner": row.owner, "title_fa": row.title_fa, "title_en": row.title_en,
        "state": row.state, "version": row.version, "pinned": row.pinned,
        "last_used_at": None if used is None else used.isoformat(timespec="seconds"),
    }  # fmt: skip
