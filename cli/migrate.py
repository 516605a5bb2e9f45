"""`avatar migrate`: brings the database named by the settings to the newest tables."""

import click

import migrations.run
import settings
from avatars.database import open_database
from avatars.registry import Registry
from avatars.seeding import seed_samples
from avatars.storage_homes import open_storage


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
        storage = open_storage(configured.storage, endpoint=configured.s3_endpoint)
        storage.check()
        rows = seed_samples(Registry(database, storage))
    finally:
        database.close()
    click.echo(f"registered: {', '.join(row.id for row in rows)}")
