"""`avatar login`: a new one-time link that signs a browser in to the running service."""

import click

import settings
from cli import run_file
from tasks.stream_redis import redis_client
from web.auth import make_login_code


@click.command()
def login() -> None:
    """Print a new link that signs one browser in, once, within ten minutes."""
    try:
        run = run_file.read(settings.load().var)
    except run_file.NotRunning as error:
        raise click.ClickException(str(error)) from error
    with redis_client(run.redis_url, blocking=False) as client:
        click.echo(f"{run.address}/login?code={make_login_code(client)}")
