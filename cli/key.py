"""`avatar key`: keys by which programs and people use the service."""

import click

import settings
from avatars.database import open_database
from avatars.keys import ROLES, ApiKeys


@click.group()
def key() -> None:
    """Make API keys."""


@key.command()
@click.option("--name", required=True, help="Whose key it is, for the list.")
@click.option("--role", type=click.Choice(ROLES), default=ROLES[0], show_default=True, help="What it may do.")
def create(name: str, role: str) -> None:
    """Make a key and print it, this once; only its hash is kept."""
    configured = settings.load()
    database = open_database(configured.database_url, pool_size=1)
    try:
        made = ApiKeys(database).create(name, role=role)
    finally:
        database.close()
    click.echo(made)
