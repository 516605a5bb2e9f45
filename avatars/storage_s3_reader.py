"""An object of a bucket as a file: seekable, fetched in ranges as it is read.

A reader that goes straight on gets blocks that double up to a bound; after a jump they
begin small again, so a range near the end of a long film costs little more than itself.
"""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from avatars.errors import ObjectDamaged

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

FIRST_BLOCK_BYTES: Final = 256 * 1024
_MAX_BLOCK_BYTES: Final = 4 * 1024**2


@dataclass(frozen=True, slots=True)
class Opened:
    """An object as it was found."""

    key: str
    size_bytes: int
    etag: str
    version: str | None
    """Its version, in a bucket that keeps them; then it can be read although replaced."""
    sha256: str | None
    """Of the whole, in hexadecimal; None for an object that others put there."""


class BucketReader(io.RawIOBase):
    """Reads one object; holds one block of it."""

    def __init__(self, opened: Opened, first: bytes, fetch: Callable[[int, int], bytes]) -> None:
        """Begin with the object's first bytes; `fetch(start, count)` brings exactly count others."""
        super().__init__()
        self._opened = opened
        self._fetch = fetch
        self._position = 0
        self._block_start = 0
        self._block = first
        self._ahead_bytes = FIRST_BLOCK_BYTES
        self._sum: Any = hashlib.sha256()
        self._summed_bytes = 0
        self._add_to_sum(0, first)

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; nothing is fetched before the next read. Raises ValueError before the beginning."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._opened.size_bytes}[whence]
        if base + offset < 0:
            raise ValueError(f"position {base + offset} is before the beginning")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill a buffer with what follows, as far as one block reaches.

        Raises:
            ObjectDamaged: it came back cut, or read from end to end does not fit its checksum.
            ObjectReplaced: it is no more what was opened.
            StorageError: the bucket's server does not give it.
        """
        view = memoryview(buffer).cast("B")
        if self._position >= self._opened.size_bytes or not view:
            return 0
        at = self._position - self._block_start
        if not 0 <= at < len(self._block):
            self._turn_to(self._position)
            at = 0
        piece = self._block[at : at + len(view)]
        view[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def _turn_to(self, start: int) -> None:
        straight_on = start == self._block_start + len(self._block)
        self._ahead_bytes = min(self._ahead_bytes * 2, _MAX_BLOCK_BYTES) if straight_on else FIRST_BLOCK_BYTES
        count = min(self._ahead_bytes, self._opened.size_bytes - start)
        block = self._fetch(start, count)
        self._add_to_sum(start, block)
        self._block_start, self._block = start, block

    def _add_to_sum(self, start: int, block: bytes) -> None:
        """Go on with the checksum of the whole, as long as it is read without a gap."""
        if start != self._summed_bytes or self._opened.sha256 is None:
            return
        self._sum.update(block)
        self._summed_bytes += len(block)
        if self._summed_bytes == self._opened.size_bytes and self._sum.hexdigest() != self._opened.sha256:
            raise ObjectDamaged(self._opened.key, "does not fit its checksum")
