"""`avatar migrate`: brings the database named by the settings to the newest tables."""

import click

import migrations.run
import settings


@click.command()
def migrate() -> None:
    """Bring the database to the newest tables."""
    migrations.run.upgrade(settings.load().database_url)
    click.echo("the tables are the newest")
