"""Every environment variable, read once.

`load` is called by cli, celeryconfig, migrations/env, web.wsgi and workers.boot, which
hand the values on; no other room reads the environment.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

_SOCKET_PATH_LIMIT_BYTES: Final = 107
"""sockaddr_un holds 108 with the closing zero."""


PLAIN_ENGINE: Final = "warp"
"""The engine that needs nothing of others; an avatar that has no wish of its own has this one."""

LOG_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")

_BUCKET: Final = re.compile(
    r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[a-z0-9_-][a-z0-9._-]{0,199}){0,16}/?", re.ASCII
)


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
    storage: str
    """Folder of pictures, plans, parts and films, absolute; or s3://bucket/prefix."""
    s3_endpoint: str | None
    """http(s) address of the bucket's server; None is Amazon's own."""
    asset_dir: Path
    """Folder of the files of others that `avatar assets pull` fetches."""
    asset_mirror: str | None
    """Folder, or http(s) address of one, that is tried before an asset's own sources."""
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
    engine: str
    """What draws where an utterance asks for no engine and its avatar for none but the plain one."""
    queue_limit: int
    """Utterances that may wait; the next POST is answered 429."""
    upload_bytes: int
    """Longest photo or video that is taken."""
    pending_limit: int
    """Registrations one owner may have waiting; the next one is answered 429."""
    face_bytes: int
    """Memory for faces in each worker process."""
    painter_bytes: int
    """Memory for faces ready to paint in each worker process."""
    sprite_states: int
    """States that painted mouths of photos are kept by; 0 has every frame painted."""
    sprite_bytes: int
    """Memory for them in each worker process."""
    pass_on_s: float
    """How long a worker leaves a face it has not to one that has it; 0 leaves none."""
    face_redis_bytes: int
    """Memory for faces in Redis, of all workers together; 0 keeps none there."""
    face_idle_s: float
    """How long a face stays there that nobody asks for."""
    gpu: str
    """The one GPU that a worker of this process may use, as CUDA names it; empty for the processor."""
    ahead_s: float
    """How far live work may be rendered ahead of the playhead."""
    retention_hours: int
    """How long finished files are kept."""
    refused_days: int
    """How long an avatar of which nothing came is kept for its owner to mend."""
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

    def engine_for(self, avatars_own: str) -> str:
        """Return what draws an avatar of an utterance that asks for no engine."""
        return self.engine if avatars_own == PLAIN_ENGINE else avatars_own

    @property
    def voice_dir(self) -> Path:
        """Where voices of others are that speak here."""
        return self.asset_dir / "voices"

    @property
    def leaving_file(self) -> Path:
        """Is there while `avatar up` ends; holds how many streams are being said still."""
        return self.var / "run" / "leaving"


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


def without_secrets(url: str) -> str:
    """Return an address as it may be shown: without a user, a password and a query."""
    before, mark, rest = url.partition("://")
    scheme, place = (before, rest) if mark else ("", before)
    place, _, query = place.partition("?")
    # With an @ behind the ? either may be part of a password.
    shown = "..." if "@" in query else place.rpartition("@")[2]
    return scheme + mark + shown


def _has_good_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _database_url(env: Mapping[str, str], var: Path) -> str:
    url = env.get("DATABASE_URL", "").strip() or f"sqlite:///{var / 'avatar.db'}"
    if not url.startswith(("sqlite:///", "postgresql+psycopg2://")):
        # A bare postgresql:// means psycopg 3 to SQLAlchemy 2.1, which is not installed.
        raise BadSetting("DATABASE_URL", without_secrets(url), "use sqlite:/// or postgresql+psycopg2://")
    if not url.startswith("sqlite") and not _has_good_port(url):
        allowed = "its port must be a number from 1 to 65535; write marks in a password as %40 and so on"
        raise BadSetting("DATABASE_URL", without_secrets(url), allowed)
    return url


def _redis_url(env: Mapping[str, str], name: str, default: str) -> str:
    url = env.get(name, "").strip()
    if not url:
        return default
    if not url.startswith(("redis://", "rediss://", "redis+socket:///")) or not _has_good_port(url):
        allowed = "use redis://host:port/0, rediss://host:port/0 or redis+socket:///path"
        raise BadSetting(name, without_secrets(url), allowed)
    return url


def _log_level(env: Mapping[str, str]) -> str:
    level = env.get("AVATAR_LOG_LEVEL", "").strip().upper() or "INFO"
    if level not in LOG_LEVELS:
        raise BadSetting("AVATAR_LOG_LEVEL", level, f"must be one of {', '.join(LOG_LEVELS)}")
    return level


def _storage(env: Mapping[str, str], var: Path) -> str:
    home = env.get("AVATAR_STORAGE", "").strip()
    if "://" not in home:
        return str(Path(home or var / "storage").absolute())
    if not _BUCKET.fullmatch(home):
        allowed = "use a folder, or s3://bucket/prefix, the prefix of a-z, 0-9, '.', '_', '-' and '/'"
        raise BadSetting("AVATAR_STORAGE", without_secrets(home), allowed)
    return home.rstrip("/")


def _s3_endpoint(env: Mapping[str, str]) -> str | None:
    url = env.get("AVATAR_S3_ENDPOINT", "").strip()
    if not url:
        return None
    parts = urlsplit(url)
    good = parts.scheme in ("http", "https") and parts.hostname and _has_good_port(url)
    if not good or "@" in parts.netloc or parts.query or parts.fragment:
        allowed = "use http://host:port or https://host:port; credentials go into AWS_ACCESS_KEY_ID and so on"
        raise BadSetting("AVATAR_S3_ENDPOINT", without_secrets(url), allowed)
    return url.rstrip("/")


def _asset_mirror(env: Mapping[str, str]) -> str | None:
    given = env.get("AVATAR_ASSET_MIRROR", "").strip()
    if given.startswith(("http://", "https://")):
        return given
    if "://" in given:
        raise BadSetting("AVATAR_ASSET_MIRROR", without_secrets(given), "use a folder, http:// or https://")
    return str(Path(given).absolute()) if given else None


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
    given_redis = _redis_url(env, "REDIS_URL", "")
    redis_socket = None if given_redis else _embedded_socket(var)
    redis_url = given_redis or f"redis+socket://{redis_socket}"
    return Settings(
        var=var,
        database_url=_database_url(env, var),
        redis_url=redis_url,
        media_redis_url=_redis_url(env, "MEDIA_REDIS_URL", redis_url),
        storage=_storage(env, var),
        s3_endpoint=_s3_endpoint(env),
        asset_dir=Path(env.get("AVATAR_ASSETS", "").strip() or var / "assets").absolute(),
        asset_mirror=_asset_mirror(env),
        secret_file=Path(env.get("AVATAR_SECRET_FILE", "").strip() or var / "secret").absolute(),
        host=env.get("AVATAR_HOST", "").strip() or "127.0.0.1",
        port=_integer(env, "AVATAR_PORT", 0, 0, 65535),
        origins=tuple(o.strip() for o in env.get("AVATAR_ORIGINS", "").split(",") if o.strip()),
        web_processes=_integer(env, "AVATAR_WEB_PROCESSES", 1, 1, 64),
        web_threads=_integer(env, "AVATAR_WEB_THREADS", 96, 8, 2000),
        workers=_integer(env, "AVATAR_WORKERS", 0, 0, 256),
        streams=_integer(env, "AVATAR_STREAMS", 0, 0, 256),
        engine=env.get("AVATAR_ENGINE", "").strip() or PLAIN_ENGINE,
        queue_limit=_integer(env, "AVATAR_QUEUE_LIMIT", 64, 0, 100_000),
        upload_bytes=_integer(env, "AVATAR_UPLOAD_MB", 256, 1, 512) << 20,
        pending_limit=_integer(env, "AVATAR_PENDING_LIMIT", 16, 1, 100_000),
        face_bytes=_integer(env, "AVATAR_FACE_MB", 256, 1, 1_000_000) << 20,
        painter_bytes=_integer(env, "AVATAR_PAINTER_MB", 192, 8, 1_000_000) << 20,
        sprite_states=_integer(env, "AVATAR_SPRITE_STATES", 0, 0, 512),
        sprite_bytes=_integer(env, "AVATAR_SPRITE_MB", 64, 1, 1_000_000) << 20,
        pass_on_s=_seconds(env, "AVATAR_PASS_ON_S", 0.04, 0.0, 1.0),
        face_redis_bytes=_integer(env, "AVATAR_FACE_REDIS_MB", 256, 0, 1_000_000) << 20,
        face_idle_s=_integer(env, "AVATAR_FACE_IDLE_HOURS", 24, 1, 100_000) * 3600.0,
        gpu=env.get("CUDA_VISIBLE_DEVICES", "").strip(),
        ahead_s=_seconds(env, "AVATAR_AHEAD_S", 4.0, 0.5, 30.0),
        retention_hours=_integer(env, "AVATAR_RETENTION_HOURS", 72, 1, 100_000),
        refused_days=_integer(env, "AVATAR_REFUSED_DAYS", 30, 1, 100_000),
        pool_size=_integer(env, "AVATAR_POOL_SIZE", 8, 1, 500),
        flower_port=_integer(env, "AVATAR_FLOWER_PORT", 0, 0, 65535),
        worker_metrics_port=_integer(env, "AVATAR_WORKER_METRICS_PORT", 0, 0, 65535),
        metrics_host=env.get("AVATAR_METRICS_HOST", "").strip() or "127.0.0.1",
        log_level=_log_level(env),
        url=env.get("AVATAR_URL", "").strip() or None,
        key=env.get("AVATAR_KEY", "").strip() or None,
        worker_name=_worker_name(env),
        redis_socket=redis_socket,
    )


def load_workers() -> Settings:
    """Read the settings for workers alone: named after this machine unless told otherwise.

    The service they work for has workers of the usual name. Raises as `load`.
    """
    env = dict(os.environ)
    if not env.get("AVATAR_WORKER_NAME", "").strip():
        env["AVATAR_WORKER_NAME"] = "%h"
    return load(env)


def environment(changes: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with some variables set, for a child process."""
    return {**os.environ, **changes}
