"""Every environment variable, read once.

`load` is called by cli, celeryconfig, migrations/env, web.wsgi and workers.boot, which
hand the values on; no other room reads the environment.
"""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SOCKET_PATH_LIMIT_BYTES: Final = 107
"""sockaddr_un holds 108 with the closing zero."""


class BadSetting(ValueError):
    """A setting has a value it must not have; the message says what is allowed."""

    def __init__(self, name: str, value: str, allowed: str) -> None:
        super().__init__(f"{name}={value!r}: {allowed}")
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole configuration, typed."""

    var: Path
    """Folder of everything the service writes."""
    database_url: str
    redis_url: str
    media_redis_url: str
    storage_dir: Path
    secret_file: Path
    """Key that signs tokens; made at first start, 0600."""
    host: str
    port: int
    """0 lets `avatar up` choose a free one."""
    origins: tuple[str, ...]
    """Exact origins that may open a socket or call with credentials; the service's own is always allowed."""
    web_processes: int
    web_threads: int
    workers: int
    """Worker processes; 0 means one per GPU, or as many as the machine's cores."""
    streams: int
    """Streams per worker; 0 means as many as measured at boot."""
    queue_limit: int
    """Utterances that may wait; the next POST is answered 429."""
    ahead_s: float
    """How far live work may be rendered ahead of the playhead."""
    retention_hours: int
    """How long finished files are kept."""
    pool_size: int
    flower_port: int
    worker_metrics_port: int
    """First port of the workers' /metrics on loopback; 0 chooses free ones."""
    metrics_host: str
    """Address of the workers' /metrics; loopback unless a container's own network is around it."""
    log_level: str
    url: str | None
    """Service a command-line client talks to (AVATAR_URL)."""
    key: str | None
    """API key of a command-line client (AVATAR_KEY)."""
    worker_name: str
    """Name of this worker process in leases, metrics and Flower."""
    redis_socket: Path | None = None
    """Where the embedded Redis listens; None when REDIS_URL names a server."""


def _integer(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name, "").strip()
    if not text:
        return default
    if not text.lstrip("-").isdecimal() or not low <= int(text) <= high:
        raise BadSetting(name, text, f"must be a whole number from {low} to {high}")
    return int(text)


def _seconds(env: Mapping[str, str], name: str, default: float, low: float, high: float) -> float:
    text = env.get(name, "").strip()
    try:
        value = float(text) if text else default
    except ValueError as error:
        raise BadSetting(name, text, f"must be seconds from {low} to {high}") from error
    if not low <= value <= high:
        raise BadSetting(name, text, f"must be seconds from {low} to {high}")
    return value


def _database_url(env: Mapping[str, str], var: Path) -> str:
    url = env.get("DATABASE_URL", "").strip() or f"sqlite:///{var / 'avatar.db'}"
    if not url.startswith(("sqlite:///", "postgresql+psycopg2://")):
        # A bare postgresql:// means psycopg 3 to SQLAlchemy 2.1, which is not installed.
        raise BadSetting("DATABASE_URL", url.split("@")[-1], "use sqlite:/// or postgresql+psycopg2://")
    return url


def _worker_name(env: Mapping[str, str]) -> str:
    """Return the name with %h put in: containers of one service tell each other apart by it."""
    name = env.get("AVATAR_WORKER_NAME", "").strip() or "worker"
    return name.replace("%h", platform.node())


def _embedded_socket(var: Path) -> Path:
    """Return var/run/redis.sock, or a short path of the same meaning when that is too long."""
    wanted = var / "run" / "redis.sock"
    if len(str(wanted).encode()) <= _SOCKET_PATH_LIMIT_BYTES:
        return wanted
    mark = hashlib.sha256(str(var).encode()).hexdigest()[:16]
    # The folder is made 0700 and its owner checked before anything listens in it.
    return Path(f"/tmp/avatar-{os.getuid()}-{mark}/redis.sock")  # noqa: S108


def load(env: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from an environment (the process's own by default).

    Raises:
        BadSetting: a value is out of its range or of another kind.
    """
    env = os.environ if env is None else env
    var = Path(env.get("AVATAR_VAR", "").strip() or "var").absolute()
    given_redis = env.get("REDIS_URL", "").strip()
    redis_socket = None if given_redis else _embedded_socket(var)
    redis_url = given_redis or f"redis+socket://{redis_socket}"
    return Settings(
        var=var,
        database_url=_database_url(env, var),
        redis_url=redis_url,
        media_redis_url=env.get("MEDIA_REDIS_URL", "").strip() or redis_url,
        storage_dir=Path(env.get("AVATAR_STORAGE", "").strip() or var / "storage").absolute(),
        secret_file=Path(env.get("AVATAR_SECRET_FILE", "").strip() or var / "secret").absolute(),
        host=env.get("AVATAR_HOST", "").strip() or "127.0.0.1",
        port=_integer(env, "AVATAR_PORT", 0, 0, 65535),
        origins=tuple(o.strip() for o in env.get("AVATAR_ORIGINS", "").split(",") if o.strip()),
        web_processes=_integer(env, "AVATAR_WEB_PROCESSES", 1, 1, 64),
        web_threads=_integer(env, "AVATAR_WEB_THREADS", 96, 8, 2000),
        workers=_integer(env, "AVATAR_WORKERS", 0, 0, 256),
        streams=_integer(env, "AVATAR_STREAMS", 0, 0, 256),
        queue_limit=_integer(env, "AVATAR_QUEUE_LIMIT", 64, 0, 100_000),
        ahead_s=_seconds(env, "AVATAR_AHEAD_S", 4.0, 0.5, 30.0),
        retention_hours=_integer(env, "AVATAR_RETENTION_HOURS", 72, 1, 100_000),
        pool_size=_integer(env, "AVATAR_POOL_SIZE", 8, 1, 500),
        flower_port=_integer(env, "AVATAR_FLOWER_PORT", 0, 0, 65535),
        worker_metrics_port=_integer(env, "AVATAR_WORKER_METRICS_PORT", 0, 0, 65535),
        metrics_host=env.get("AVATAR_METRICS_HOST", "").strip() or "127.0.0.1",
        log_level=env.get("AVATAR_LOG_LEVEL", "").strip().upper() or "INFO",
        url=env.get("AVATAR_URL", "").strip() or None,
        key=env.get("AVATAR_KEY", "").strip() or None,
        worker_name=_worker_name(env),
        redis_socket=redis_socket,
    )


def environment(changes: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with some variables set, for a child process."""
    return {**os.environ, **changes}
