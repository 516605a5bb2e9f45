"""`avatar cache`: what the face cache holds, and whether all of it is whole."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, get_args

import click
from redis.exceptions import RedisError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import settings
from avatars.database import AvatarState, open_database
from avatars.face_check import Check, Checked
from avatars.face_levels import LevelState
from avatars.face_redis import RedisFaces, faces_client
from avatars.face_stored import StoredFaces
from avatars.registry import Asked, AvatarRow, Registry
from avatars.storage import Storage
from avatars.storage_homes import open_storage
from tasks.stream_redis import plain_url

_json = click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
_PATIENCE_S = 10.0
"""A walk over everything may wait for its answers; a stream may not."""


@click.group()
def cache() -> None:
    """Look at the faces kept in Redis and storage, and repair them."""


@cache.command()
@_json
def validate(*, as_json: bool) -> None:
    """Check every kept face and make broken ones again.

    Fails when something could not be repaired, such as an avatar whose own picture is broken.
    """
    configured = settings.load()
    checked = _validate(configured)
    if as_json:
        click.echo(json.dumps(checked.to_json()))
    else:
        _tell(checked)
    if checked.unrepaired:
        raise click.exceptions.Exit(1)


@cache.command()
@_json
def stats(*, as_json: bool) -> None:
    """Show what Redis and storage hold, and what all workers together have counted in Redis.

    Each worker's own memory is on its /metrics.
    """
    configured = settings.load()
    figures = _stats(configured)
    if as_json:
        click.echo(json.dumps(figures))
        return
    for level, state in figures.items():
        for name, value in state.items():
            click.echo(f"{level:>8}  {name:<12} {value}")


def _validate(configured: settings.Settings) -> Checked:
    storage = open_storage(configured.storage, endpoint=configured.s3_endpoint)
    versions = _versions(configured, storage)
    with _shared(configured) as shared, _progress() as bar:
        task = bar.add_task("faces", total=len(versions) + 1)
        check = Check(versions, storage, shared, lambda done: bar.update(task, completed=done))
        bar.update(task, total=check.steps)
        return check.run()


def _versions(configured: settings.Settings, storage: Storage) -> list[AvatarRow]:
    database = open_database(configured.database_url, pool_size=1)
    try:
        registry = Registry(database, storage)
        everyone = registry.list(Asked(states=get_args(AvatarState)))
        return [version for row in everyone for version in registry.versions(row.id)]
    finally:
        database.close()


@contextmanager
def _shared(configured: settings.Settings) -> Iterator[RedisFaces | None]:
    """Yield the faces in Redis; None where the embedded server is down and so holds none that is used."""
    client = faces_client(plain_url(configured.media_redis_url), answer_s=_PATIENCE_S)
    shared = RedisFaces(client, configured.face_redis_bytes, configured.face_idle_s, _ignore)
    try:
        here = configured.redis_socket is None or configured.redis_socket.is_socket()
        if not here:
            click.echo("Redis is not running: only storage is looked at", err=True)
        yield shared if here else None
    finally:
        client.close()


def _ignore(level: str, event: str, count: int) -> None:
    """Take note of nothing: the walk counts for itself."""
    del level, event, count


def _stats(configured: settings.Settings) -> Mapping[str, Mapping[str, Any]]:
    storage = open_storage(configured.storage, endpoint=configured.s3_endpoint)
    figures = {"storage": _state(StoredFaces(storage, _ignore).state())}
    with _shared(configured) as shared:
        if shared is not None:
            try:
                totals = shared.totals()
            except RedisError as error:
                raise click.ClickException(f"Redis: {error}") from error
            state = shared.state()
            figures["redis"] = {**(_state(state) if state is not None else {}), **totals}
    return figures


def _state(state: LevelState) -> dict[str, Any]:
    return {
        "entries": state.entries,
        "kept_bytes": state.kept_bytes,
        "limit_bytes": state.limit_bytes,
        "oldest_s": None if state.oldest_s is None else round(state.oldest_s, 1),
    }


def _tell(checked: Checked) -> None:
    for level, counts in (("storage", checked.storage), ("redis", checked.redis)):
        click.echo(f"{level:>8}  " + ", ".join(f"{count} {what}" for what, count in counts.items()))
    if checked.lines_set_right:
        click.echo(f"   redis  {checked.lines_set_right} lines of its lists set right")
    for what in checked.unrepaired:
        click.echo(f"not repaired: {what}", err=True)


@contextmanager
def _progress() -> Iterator[Progress]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield bar
