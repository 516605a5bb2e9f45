"""Removes what workers of containers that are gone have left on a shared folder.

A container's host name, and with it its worker's folder, is new with every container.
Used by `cli.workers` before it starts its own.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cli.folder_lock import AlreadyRunning, only_one
from cli.troubles import FolderUnusable

KEPT_S: Final = 24 * 3600.0
"""How long the logs of the gone can be read, and far longer than any worker takes to start."""


def clear_gone(workers: Path, own: Path, now_s: float) -> Sequence[str]:
    """Remove the folders that nobody holds and nobody has written to for a day; return their names.

    Args:
        workers: folder of all workers' folders.
        own: the caller's, which stays.
        now_s: Unix time.
    """
    removed = []
    for folder in sorted(workers.iterdir()):
        if folder == own or not folder.is_dir():
            continue
        try:
            if _changed_s(folder) > now_s - KEPT_S:
                continue
            with only_one(folder):
                shutil.rmtree(folder)
        except (AlreadyRunning, FolderUnusable, OSError):
            # It works after all, another removes it now, or it is not ours to remove.
            continue
        removed.append(folder.name)
    return removed


def _changed_s(folder: Path) -> float:
    return max((path.lstat().st_mtime for path in (folder, *folder.rglob("*"))), default=0.0)
