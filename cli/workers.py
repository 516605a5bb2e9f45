"""`avatar workers`: only the workers of this machine or container, watched over.

For a service whose Redis, database and front door run elsewhere (compose, several
machines): the same programs as `avatar up` starts, with the same care for the dead.
"""

import time
from datetime import UTC, datetime
from pathlib import Path

import click

import settings
from cli import programs
from cli.folder_lock import AlreadyRunning, only_one
from cli.gone_workers import clear_gone
from cli.log_file import LogFile
from cli.ports import PortsTaken, check_ports, wanted_ports
from cli.supervisor import Supervisor, clear_leftovers
from cli.worker_programs import Workers


@click.command()
def workers() -> None:
    """Start one worker per GPU, or as set, and watch over them until SIGTERM."""
    configured = settings.load_workers()
    if configured.redis_socket is not None:
        raise click.UsageError("workers alone need REDIS_URL; `avatar up` starts a whole service")
    # Several containers share one folder of files; each watches over children of its own.
    own = configured.var / "workers" / configured.worker_name
    try:
        with only_one(own):
            check_ports(wanted_ports(configured, port=0, flower=False))
            clear_leftovers(own / "run" / "children.json")
            _watch(configured, own)
    except (AlreadyRunning, PortsTaken) as error:
        raise click.ClickException(str(error)) from error


def _watch(configured: settings.Settings, own: Path) -> None:
    log = LogFile(own / "log" / "supervisor.log")

    def say(line: str) -> None:
        log.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {line}\n".encode())
        click.echo(line, err=True)

    for name in clear_gone(own.parent, own, time.time()):
        say(f"{name} is gone for a day; its folder is removed")
    supervisor = Supervisor(log_dir=own / "log", children_file=own / "run" / "children.json", say=say)
    with supervisor:
        pool = Workers(configured, supervisor)
        try:
            # Sockets and logs belong to this container alone, on a folder that several may share.
            env = {**programs.shared_environment(configured), "AVATAR_VAR": str(own)}
            ports = pool.start(env)
            for name, port in ports.items():
                say(f"{name} starts, metrics on port {port}")
            while not supervisor.interrupts:
                supervisor.pump(3600.0)
        finally:
            supervisor.stop(pool.names)
            log.close()
