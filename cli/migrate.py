"""`avatar migrate`: brings the database named by the settings to the newest tables."""

import click

import migrations.run
import settings
from avatars.database import open_database
from avatars.registry import Registry
from avatars.seeding import seed_samples
from avatars.storage_folder import FolderStorage


@click.command()
@click.option("--samples/--no-samples", default=False, help="Register the sample avatars too.")
def migrate(*, samples: bool) -> None:
    """Bring the database to the newest tables."""
    configured = settings.load()
    migrations.run.upgrade(configured.database_url)
    click.echo("the tables are the newest")
    if not samples:
        return
    database = open_database(configured.database_url, pool_size=1)
    try:
        rows = seed_samples(Registry(database, FolderStorage(configured.storage_dir)))
    finally:
        database.close()
    click.echo(f"registered: {', '.join(row.id for row in rows)}")
