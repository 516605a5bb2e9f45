"""`avatar migrate`: brings the database to the newest tables, and avatars to the newest face files."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import get_args

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

import migrations.run
import settings
from avatars.database import AvatarState, Database, open_database
from avatars.migrating import Found, Migration
from avatars.registry import Asked, Registry
from avatars.seeding import seed_samples
from avatars.storage import Storage
from avatars.storage_homes import open_storage


@click.command()
@click.option("--samples/--no-samples", default=False, help="Register the sample avatars too.")
@click.option("--avatars", "of_avatars", is_flag=True,
              help="Leave the tables; show which avatars have face files of an older version.")  # fmt: skip
@click.option("--apply", "apply_", is_flag=True, help="With --avatars: write them anew.")
@click.option("--json", "as_json", is_flag=True, help="With --avatars: print one line of JSON.")
def migrate(*, samples: bool, of_avatars: bool, apply_: bool, as_json: bool) -> None:
    """Bring the database to the newest tables; with --avatars, avatars to the newest face files.

    Nothing of an avatar changes without --apply.
    """
    if (apply_ or as_json) and not of_avatars:
        raise click.UsageError("--apply and --json are for --avatars")
    if of_avatars:
        migrate_all(apply=apply_, as_json=as_json)
        return
    configured = settings.load()
    migrations.run.upgrade(configured.database_url)
    click.echo("the tables are the newest")
    if samples:
        with _house(configured) as (database, storage):
            storage.check()
            rows = seed_samples(Registry(database, storage))
        click.echo(f"registered: {', '.join(row.id for row in rows)}")


def migrate_all(*, apply: bool, as_json: bool) -> None:
    """Look at every avatar, renew what is old if told to, and print what was found.

    Raises:
        click.exceptions.Exit: something is broken, and this cannot help it.
    """
    console = Console(stderr=True)
    columns = (TextColumn("avatars"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with _house(settings.load()) as (database, storage):
        registry = Registry(database, storage)
        rows = registry.list(Asked(states=get_args(AvatarState)))
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
            bar = bars.add_task("", total=len(rows))
            migration = Migration(database, registry, storage)
            found = list(migration.run(rows, apply=apply, tell=lambda done: bars.update(bar, completed=done)))
    if as_json:
        click.echo(json.dumps({"avatars": len(rows), "applied": apply, "found": [asdict(f) for f in found]}))
    else:
        _print(found, len(rows))
    if any(one.outcome == "broken" for one in found):
        raise click.exceptions.Exit(1)


def _print(found: list[Found], avatars: int) -> None:
    if found:
        table = Table()
        for head in ("avatar", "version", "file", "of version", "bytes", "will be", "what"):
            table.add_column(head)
        for one in found:
            table.add_row(
                one.avatar, str(one.version), one.file, str(one.file_version or "-"),
                str(one.before_bytes or "-"), str(one.after_bytes or "-"), one.reason or one.outcome,
            )  # fmt: skip
        Console().print(table)
    counts = Counter(one.outcome for one in found)
    told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())) or "nothing to do"
    click.echo(f"{avatars} avatars: {told}")
    if counts["old"]:
        click.echo("nothing was changed; `avatar migrate --avatars --apply` writes them anew")


@contextmanager
def _house(configured: settings.Settings) -> Iterator[tuple[Database, Storage]]:
    database = open_database(configured.database_url, pool_size=1)
    try:
        yield database, open_storage(configured.storage, endpoint=configured.s3_endpoint)
    finally:
        database.close()
