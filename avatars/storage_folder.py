"""Storage in a folder of this machine (or a mounted one).

An object is written to `.writing/` beside the others, flushed, and renamed into place;
the writer holds a lock on it meanwhile, so what a dead process left behind is known by
its being unlocked. Standard library only.
"""

import fcntl
import io
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from avatars.errors import BadKey, ObjectMissing, StorageError
from avatars.storage import check_key, check_prefix

_WRITING: Final = ".writing"
_PLACE_TRIES: Final = 100


class FolderStorage:
    """Objects as files under one root; made when first written to."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._swept = False

    def put(self, key: str, data: bytes, *, durable: bool = True) -> None:
        """Write an object whole; see `Storage.put`. Raises BadKey, StorageError."""
        with self._writer(key, durable) as file:
            file.write(data)

    def get(self, key: str) -> bytes:
        """Return an object. Raises ObjectMissing, BadKey."""
        with self.open(key) as file:
            return file.read()

    def open(self, key: str) -> BinaryIO:
        """Open an object for reading; it stays whole even if replaced meanwhile."""
        path = self._path(key)
        try:
            return open(path, "rb", opener=_no_link)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise ObjectMissing(key) from error
        except OSError as error:
            raise StorageError(f"cannot read {key!r}: {error.strerror}") from error

    def writer(self, key: str) -> "FolderWriter":
        """Return a context manager that streams an object, durably, into place."""
        return self._writer(key, durable=True)

    def size_bytes(self, key: str) -> int:
        """Return an object's size. Raises ObjectMissing, BadKey."""
        path = self._path(key)
        if not path.is_file():
            raise ObjectMissing(key)
        return path.stat().st_size

    def exists(self, key: str) -> bool:
        """Return whether an object is there."""
        return self._path(key).is_file()

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that start with a prefix, sorted."""
        check_prefix(prefix)
        top = self._root / prefix.rpartition("/")[0]
        found = []
        for folder, folders, files in os.walk(top):
            folders[:] = [name for name in folders if not name.startswith(".")]
            found += [(Path(folder) / name).relative_to(self._root).as_posix() for name in files]
        yield from sorted(key for key in found if key.startswith(prefix))

    def delete(self, key: str) -> None:
        """Remove an object, and the folders that become empty."""
        path = self._path(key)
        try:
            path.unlink()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError):
            if path.is_file():
                raise
            return
        self._remove_empty(path.parent)

    def delete_all(self, prefix: str) -> int:
        """Remove every object under a prefix; return how many.

        Raises:
            BadKey: the prefix is empty, which would be everything.
        """
        if not prefix:
            raise BadKey(prefix, "would delete everything")
        keys = list(self.keys(prefix))
        for key in keys:
            self.delete(key)
        return len(keys)

    def sweep(self) -> int:
        """Remove what dead processes left half written; return how many files."""
        self._swept = True
        folder = self._root / _WRITING
        if not folder.is_dir():
            return 0
        return sum(_remove_unlocked(path) for path in folder.iterdir())

    def check(self) -> None:
        """Let a folder pass that can be written to, or made; makes nothing. Raises StorageError."""
        there = next(folder for folder in (self._root, *self._root.absolute().parents) if folder.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            raise StorageError(f"{self._root} cannot be written: {there} is no folder one may write in")

    def _writer(self, key: str, durable: bool) -> "FolderWriter":
        path = self._path(key)
        if not self._swept:
            self.sweep()
        return FolderWriter(self._root, key, path, secrets.token_hex(16), durable)

    def _path(self, key: str) -> Path:
        check_key(key)
        root = os.path.realpath(self._root)
        path = Path(root, key)
        # A symlink below the root would let a key of ours name a file of somebody else's.
        if os.path.realpath(path) != str(path):
            raise BadKey(key, "leads through a symlink")
        return path

    def _remove_empty(self, folder: Path) -> None:
        root = Path(os.path.realpath(self._root))
        while folder != root:
            try:
                folder.rmdir()
            except OSError:
                return  # in use again, or removed by somebody else: either way not ours
            folder = folder.parent


class FolderWriter:
    """Streams one object; the rename at the end is the moment it appears."""

    def __init__(self, root: Path, key: str, path: Path, name: str, durable: bool) -> None:
        self._key = key
        self._path = path
        self._root = root
        self._part = root / _WRITING / name
        self._durable = durable
        self._file: BinaryIO | None = None

    def __enter__(self) -> BinaryIO:
        try:
            self._file = self._open()
        except OSError as error:
            raise StorageError(f"cannot write {self._key!r}: {error.strerror}") from error
        return self._file

    def __exit__(self, *exc: object) -> None:
        file, self._file = self._file, None
        if file is None:
            return
        try:
            # Closing gives the lock up, so it comes last: until then nobody sweeps the file.
            with file:
                if exc[0] is None:
                    self._finish(file)
                else:
                    self._part.unlink(missing_ok=True)
        except OSError as error:
            self._part.unlink(missing_ok=True)
            raise StorageError(f"cannot write {self._key!r}: {error.strerror}") from error

    def _open(self) -> BinaryIO:
        _make_folders(self._part.parent, self._durable)
        while True:
            descriptor = os.open(self._part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # A sweep may have come between the two calls; then the name is gone.
            if os.fstat(descriptor).st_nlink:
                return io.BufferedRandom(io.FileIO(descriptor, "r+b"))
            os.close(descriptor)

    def _finish(self, file: BinaryIO) -> None:
        file.flush()
        if self._durable:
            os.fsync(file.fileno())
        self._place()
        if self._durable:
            _sync_folder(self._path.parent)

    def _place(self) -> None:
        for tries_left in reversed(range(_PLACE_TRIES)):
            try:
                _make_folders(self._path.parent, self._durable)
                self._part.replace(self._path)
                return
            except (NotADirectoryError, IsADirectoryError, FileExistsError, FileNotFoundError) as error:
                if self._path.is_dir() or any(folder.is_file() for folder in self._path.parents):
                    self._part.unlink(missing_ok=True)
                    raise BadKey(self._key, "an object and a folder would share a name") from error
                # Else somebody who deleted a folder's last object has just removed the folder.
                if not tries_left:
                    raise


def _no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC)


def _make_folders(folder: Path, durable: bool) -> None:
    if folder.is_dir():
        return
    _make_folders(folder.parent, durable)
    folder.mkdir(exist_ok=True)
    if durable:
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_unlocked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Opened and locked are two moments: in between, its writer may have put it in place,
        # or, swept by somebody else, have begun again under the same name.
        if not os.path.samestat(os.fstat(descriptor), path.stat()):
            return False
        path.unlink()
    except (BlockingIOError, FileNotFoundError):
        return False
    finally:
        os.close(descriptor)
    return True
