"""`avatar key`: keys by which programs and people use the service."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import click
from rich.console import Console
from rich.table import Table

import migrations.run
import settings
from avatars.database import open_database
from avatars.keys import ROLES, ApiKeys, NameReserved


@click.group()
def key() -> None:
    """Make, list and revoke API keys."""


@key.command()
@click.option("--name", default="api", show_default=True, help="Whose key it is, for the list.")
@click.option("--role", type=click.Choice(ROLES), default=ROLES[0], show_default=True, help="What it may do.")
def create(name: str, role: str) -> None:
    """Make a key and print it, this once; only its hash is kept."""
    with _keys() as keys:
        try:
            click.echo(keys.create(name, role=role))
        except NameReserved as error:
            raise click.ClickException(str(error)) from error


@key.command("list")
def show() -> None:
    """List the keys; the keys themselves are not kept."""
    table = Table()
    # Whole, since this is what `revoke` is given.
    table.add_column("id", no_wrap=True)
    for title in ("name", "role", "made", "last used", "revoked"):
        table.add_column(title)
    with _keys() as keys:
        for row in keys.list():
            times = (row.created_at, row.last_used_at, row.revoked_at)
            table.add_row(row.id, row.name, row.role, *(_told(time) for time in times))
    Console().print(table)


@key.command()
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """End a key by the id that `avatar key list` shows."""
    with _keys() as keys:
        if not keys.revoke(key_id):
            raise click.ClickException(f"no good key {key_id!r}; `avatar key list` shows those there are")
    click.echo(f"{key_id} is revoked; tokens made from it end within 15 minutes")


@contextmanager
def _keys() -> Iterator[ApiKeys]:
    configured = settings.load()
    configured.var.mkdir(parents=True, exist_ok=True)
    # A key may be wanted before the service was ever started.
    migrations.run.upgrade(configured.database_url)
    database = open_database(configured.database_url, pool_size=1)
    try:
        yield ApiKeys(database)
    finally:
        database.close()


def _told(time: datetime | None) -> str:
    return "-" if time is None else f"{time:%Y-%m-%d %H:%M}"
