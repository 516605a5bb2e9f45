"""What can be wrong around a command, each told in one sentence instead of a traceback.

A database or a Redis that is away, a folder that cannot be written: nothing in the code
is broken, so the reader is told which setting names it and what to do. No sentence holds
a password: addresses are shown without what stands before the `@` and after the `?`.
"""

import errno
import importlib
from collections.abc import Callable
from typing import Any, Final

import settings

TROUBLE_STATUS: Final = 3
"""How a program of the stack ends that has told such a sentence as its last line."""

_PLACES: Final = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ENOSPC}
)
"""What the machine says of a place that cannot be written; any other OSError is a fault of ours."""


class FolderUnusable(Exception):
    """The folder of everything the service writes cannot be made or written; set AVATAR_VAR to another."""

    def __init__(self, folder: object, error: OSError) -> None:
        super().__init__(
            f"AVATAR_VAR: {folder} cannot be made or written ({error.strerror}); name another folder"
        )


def known() -> tuple[type[Exception], ...]:
    """Return the errors that `told` may have words for.

    For use behind `except`, where it is called only when something has been raised: no
    command that succeeds waits for the libraries that these errors come from.
    """
    return (settings.BadSetting, FolderUnusable, OSError, *_words())


def told(error: Exception) -> str | None:
    """Return the sentence for an error; None when it is not one that is known after all."""
    if isinstance(error, settings.BadSetting | FolderUnusable):
        return str(error)
    for kind, words in _words().items():
        if isinstance(error, kind):
            return words(error)
    if isinstance(error, OSError) and error.errno in _PLACES and error.filename is not None:
        return (
            f"{error.filename}: {error.strerror}; AVATAR_VAR, AVATAR_STORAGE, AVATAR_SECRET_FILE and "
            "DATABASE_URL name where the service writes"
        )
    return None


def _words() -> dict[type[Exception], Callable[[Any], str]]:
    database = importlib.import_module("sqlalchemy.exc")
    return {
        database.OperationalError: _of_database,
        database.DatabaseError: _of_database,
        database.TimeoutError: _of_database,
        importlib.import_module("alembic.util.exc").CommandError: _of_migration,
        importlib.import_module("redis.exceptions").RedisError: _of_redis,
        importlib.import_module("kombu.exceptions").OperationalError: _of_redis,
        importlib.import_module("tasks.errors").StreamUnreachable: _of_redis,
        importlib.import_module("web.tokens").SecretTooShort: _of_secret,
        importlib.import_module("avatars.errors").StorageError: _of_storage,
    }


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error).__name__


def _of_database(error: Any) -> str:
    # The driver's own words: SQLAlchemy's around them hold the statement and an address.
    reason = _first_line(getattr(error, "orig", None) or error)
    where = settings.without_secrets(settings.load().database_url)
    return f"DATABASE_URL: {where} cannot be used: {reason}; {_advice_on(reason)}"


def _advice_on(reason: str) -> str:
    advice = {
        "no such table": "bring it to the newest tables with `avatar migrate`",
        "does not exist": "make it, or mend the address",
        "password": "mend the user or the password in DATABASE_URL",
        "locked": "another process has been writing to it; try again",
        "not a database": "that file is something else; move it away",
        "unable to open": "that folder cannot be written; name another file",
        "readonly": "that file cannot be written; mend its rights",
    }
    fitting = (line for word, line in advice.items() if word in reason)
    return next(fitting, "start the server, or mend the address")


def _of_migration(error: Any) -> str:
    reason = _first_line(error)
    return f"the database was migrated by another build ({reason}); run that one, or restore a backup"


def _of_redis(error: Any) -> str:
    chosen = settings.load()
    name = "REDIS_URL" if chosen.media_redis_url == chosen.redis_url else "REDIS_URL or MEDIA_REDIS_URL"
    where = " or ".join(
        dict.fromkeys(settings.without_secrets(url) for url in (chosen.redis_url, chosen.media_redis_url))
    )
    return f"{name}: {where} does not answer: {_first_line(error)}; start it, or mend the address"


def _of_secret(error: Any) -> str:
    del error
    file = settings.load().secret_file
    return f"AVATAR_SECRET_FILE: {file} holds fewer than 32 bytes; remove it and a good one is made"


def _of_storage(error: Any) -> str:
    return f"AVATAR_STORAGE: {_first_line(error)}"
