"""Storage in memory: the folder's twin, for trials and for runs that keep nothing."""

import io
from collections.abc import Iterator
from typing import BinaryIO

from avatars.errors import BadKey, ObjectMissing
from avatars.storage import check_key, check_prefix


class MemoryStorage:
    """Objects in a dictionary; as atomic as the folder, and gone with the process."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}

    def put(self, key: str, data: bytes, *, durable: bool = True) -> None:  # noqa: ARG002
        """Keep an object. Raises BadKey."""
        check_key(key)
        parts = key.split("/")
        parents = {"/".join(parts[:count]) for count in range(1, len(parts))}
        taken = list(self._objects)
        if parents.intersection(taken) or any(other.startswith(f"{key}/") for other in taken):
            raise BadKey(key, "an object and a folder would share a name")
        self._objects[key] = bytes(data)

    def get(self, key: str) -> bytes:
        """Return an object. Raises ObjectMissing, BadKey."""
        check_key(key)
        try:
            return self._objects[key]
        except KeyError as error:
            raise ObjectMissing(key) from error

    def open(self, key: str) -> BinaryIO:
        """Open an object for reading, as it is now."""
        return io.BytesIO(self.get(key))

    def writer(self, key: str) -> "MemoryWriter":
        """Return a context manager that streams an object."""
        check_key(key)
        return MemoryWriter(self, key)

    def size_bytes(self, key: str) -> int:
        """Return an object's size. Raises ObjectMissing, BadKey."""
        return len(self.get(key))

    def exists(self, key: str) -> bool:
        """Return whether an object is there."""
        check_key(key)
        return key in self._objects

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that start with a prefix, sorted."""
        check_prefix(prefix)
        yield from sorted(key for key in list(self._objects) if key.startswith(prefix))

    def delete(self, key: str) -> None:
        """Remove an object."""
        check_key(key)
        self._objects.pop(key, None)

    def delete_all(self, prefix: str) -> int:
        """Remove every object under a prefix; return how many. Raises BadKey for an empty one."""
        if not prefix:
            raise BadKey(prefix, "would delete everything")
        keys = list(self.keys(prefix))
        for key in keys:
            self.delete(key)
        return len(keys)

    def sweep(self) -> int:
        """Remove nothing: a writer that died took its memory along."""
        return 0

    def check(self) -> None:
        """Pass; memory can always be written to."""


class MemoryWriter:
    """Gathers one object and keeps it when the block ends without an error."""

    def __init__(self, storage: MemoryStorage, key: str) -> None:
        self._storage = storage
        self._key = key
        self._file = io.BytesIO()

    def __enter__(self) -> BinaryIO:
        return self._file

    def __exit__(self, *exc: object) -> None:
        if exc[0] is None:
            self._storage.put(self._key, self._file.getvalue())
        self._file.close()
