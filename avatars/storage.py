"""Where files live: one contract, and a folder or a bucket behind it.

Keys are relative paths of ours (`avatars/...`, `utterances/...`). A write is atomic: a
reader sees the whole object or none, and a process killed at any point leaves no object
under the key. Standard library only, so the front door may use it. The folder is in
`avatars.storage_folder`, its twin in memory in `avatars.storage_memory`, the bucket in
`avatars.storage_s3`; `avatars.storage_homes` opens the one that settings name.

A folder and an object cannot share a name (`a` beside `a/b`). Folder and memory refuse
it; a bucket could hold both, and asking it would cost every write as many requests as
the key has parts, so there it is the caller's to keep.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO, Final, Protocol

from avatars.errors import BadKey

_MAX_KEY_CHARS: Final = 512
# A part never begins with a dot: that leaves such names to the storage itself, and
# shuts out "." and "..".
_PART = re.compile(r"[a-z0-9_-][a-z0-9._-]{0,199}", re.ASCII)


def check_key(key: str) -> None:
    """Let a proper key pass.

    Raises:
        BadKey: it is empty, absolute, too long, climbs, or holds another character.
    """
    if len(key) > _MAX_KEY_CHARS or not all(_PART.fullmatch(part) for part in key.split("/")):
        raise BadKey(key)


def check_prefix(prefix: str) -> None:
    """Let the beginning of a proper key pass; the empty one too.

    Raises:
        BadKey: no key begins like this.
    """
    if prefix:
        check_key(prefix.removesuffix("/"))


class Storage(Protocol):
    """Objects by key."""

    def put(self, key: str, data: bytes, *, durable: bool = True) -> None:
        """Write an object, replacing one of the same key.

        Args:
            key: a relative key.
            data: the whole object.
            durable: whether it must survive a power cut (fsync). What can be made again
                (plans, parts of a live stream) need not, and its writer must not wait.
        """
        ...

    def get(self, key: str) -> bytes:
        """Return an object. Raises ObjectMissing."""
        ...

    def open(self, key: str) -> BinaryIO:
        """Open an object for reading, seekable.

        It reads as it was when it was opened even if it is replaced meanwhile, or raises
        ObjectReplaced; never a mixture.

        Raises:
            ObjectMissing: there is none of this key.
        """
        ...

    def writer(self, key: str) -> "Writer":
        """Return a context manager that streams an object and puts it in place on success."""
        ...

    def size_bytes(self, key: str) -> int:
        """Return an object's size. Raises ObjectMissing."""
        ...

    def exists(self, key: str) -> bool:
        """Return whether an object is there."""
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that start with a prefix, sorted."""
        ...

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        ...

    def delete_all(self, prefix: str) -> int:
        """Remove every object under a prefix; return how many."""
        ...

    def sweep(self) -> int:
        """Remove what dead writers left half written; return how many such things."""
        ...

    def check(self) -> None:
        """Let a home pass that can be written to.

        Raises:
            StorageError: it cannot; the message says why and what to do.
        """
        ...


class Writer(Protocol):
    """Streams an object; nothing is visible until the block ends without an error."""

    def __enter__(self) -> BinaryIO: ...

    def __exit__(self, *exc: object) -> None: ...
