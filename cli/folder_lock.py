"""One service to a var folder: a lock that the kernel lets go of, even after kill -9.

A process number in a file can belong to somebody else after a reboot; a lock cannot.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from cli import run_file
from cli.troubles import FolderUnusable


class AlreadyRunning(Exception):
    """A service runs in this var folder; stop it, or set AVATAR_VAR to another one."""

    def __init__(self, var: Path) -> None:
        super().__init__(
            f"a service already runs in {var} ({_where(var)}); "
            "`avatar login` prints a new link for it; "
            "stop it with `make down`, or set AVATAR_VAR to another folder"
        )


@contextmanager
def only_one(var: Path) -> Iterator[None]:
    """Hold a var folder, made if need be, for as long as the block or the process lives.

    Raises:
        AlreadyRunning: another process holds it.
        FolderUnusable: it can be neither made nor written.
    """
    with _open_lock(var) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(var) from error
        yield


def _open_lock(var: Path) -> IO[str]:
    try:
        var.mkdir(parents=True, exist_ok=True)
        (var / "run").mkdir(exist_ok=True, mode=0o700)
        return (var / "run" / "supervisor.lock").open("a+")
    except OSError as error:
        raise FolderUnusable(var, error) from error


def in_use(var: Path) -> bool:
    """Return whether a service holds this folder now; one that is not there is not made.

    Raises:
        FolderUnusable: it can be neither read nor written.
    """
    try:
        if not (var / "run" / "supervisor.lock").exists():
            return False
    except OSError as error:
        raise FolderUnusable(var, error) from error
    try:
        with only_one(var):
            return False
    except AlreadyRunning:
        return True


def _where(var: Path) -> str:
    try:
        running = run_file.read(var)
    except run_file.NotRunning:
        return "still starting"
    return f"{running.address}, process {running.pid}"
