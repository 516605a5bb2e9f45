"""What a registration finds in its process: the rows, quarantine, storage and the models' files.

Set up by tasks.registrar when the process starts. Jobs are threads and share it.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from avatars.facecache import FaceCache
from avatars.recordings import Recordings
from avatars.registrations import Registrations
from avatars.registry import Registry
from avatars.storage import Storage
from avatars.uploads import Uploads
from monitoring.registrar_metrics import RegistrarMetrics

STALE_S: Final = 3600.0
"""A folder older than this belongs to no job: the longest takes minutes."""


class DeskClosed(RuntimeError):
    """This process registers no avatars; only a registrar does."""

    def __init__(self) -> None:
        super().__init__("this process registers no avatars")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything a registration is handed."""

    registrations: Registrations
    registry: Registry
    recordings: Recordings
    uploads: Uploads
    storage: Storage
    faces: FaceCache
    """Where a face is put for all workers once it is ready."""
    models: Callable[[], Mapping[str, Path]]
    """Returns the files that find faces by their use; raises `workers.assets.AssetsMissing`."""
    metrics: RegistrarMetrics = field(default_factory=RegistrarMetrics)
    scratch: "Scratch"
    holder: str
    """Name of this boot of this registrar, as rows carry it."""


class Scratch:
    """Private folders of jobs, in one place, so that those of killed processes can be removed.

    Uploads lie there while they are read; nothing of them may outlive their job for long.
    """

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self._prefix = f"{name}."

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """Yield a new folder that only this user can look into; remove it afterwards."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sweep(lambda path: time.time() - path.stat().st_mtime > STALE_S)
        with tempfile.TemporaryDirectory(prefix=self._prefix, dir=self._root) as made:
            yield Path(made)

    def clear(self) -> int:
        """Remove what earlier boots of this process left; return how many folders."""
        return self._sweep(lambda path: path.name.startswith(self._prefix))

    def _sweep(self, gone: Callable[[Path], bool]) -> int:
        found = [path for path in self._root.glob("*.*") if path.is_dir() and gone(path)]
        for path in found:
            shutil.rmtree(path, ignore_errors=True)
        return len(found)


_current: list[Desk] = []


def current_desk() -> Desk:
    """Return the desk of this process. Raises DeskClosed."""
    if not _current:
        raise DeskClosed
    return _current[0]


def open_desk(desk: Desk) -> None:
    """Make a desk the one of this process; called once, at its start."""
    _current[:] = [desk]
