"""Rows of plain pictures as few bytes, and back to the last bit.

Each row is kept as its difference from the row above, under Zstandard (RFC 8878): a third
fewer bytes than without the differences, and much less room than LZ4 takes. The upper and the
lower half are packed apart, so that two threads unpack them.
"""

import struct
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Final

import numpy as np
import zstandard
from numpy.typing import NDArray

from avatars.errors import FaceFileBroken

Rows = NDArray[np.uint8]
"""Rows of pictures one after the other, uint8, shape (rows, width * 3)."""

_LEVEL: Final = 1
"""Of Zstandard: the higher ones save a hundredth and take twice as long to write."""

_LENGTH: Final = struct.Struct("<Q")
"""Bytes of the upper half, before both halves."""


def pack_rows(rows: Rows) -> bytes:
    """Return rows as bytes for `unpack_rows`."""
    upper, lower = (_packed(half) for half in _halves(rows))
    return _LENGTH.pack(len(upper)) + upper + lower


def unpack_rows(packed: memoryview, rows: int, width: int) -> Rows:
    """Return rows, read-only; two threads take a half each.

    Args:
        packed: what `pack_rows` returned.
        rows: how many there must be.
        width: bytes of each.

    Raises:
        FaceFileBroken: the bytes are not those of as many rows.
    """
    if len(packed) < _LENGTH.size:
        raise FaceFileBroken(f"{len(packed)} bytes in place of pictures")
    middle = _LENGTH.size + _LENGTH.unpack_from(packed)[0]
    filled = np.empty((rows, width), np.uint8)
    upper, lower = _halves(filled)
    # Decompressing is nearly all of it, and lets go of the interpreter. A thread for each call, at a
    # tenth of a millisecond: one that was kept would be missing in a process forked since.
    with ThreadPoolExecutor(1, thread_name_prefix="face-rows") as helper:
        other = helper.submit(_fill, lower, packed[middle:])
        _fill(upper, packed[_LENGTH.size : middle])
    other.result()
    filled.flags.writeable = False
    return filled


def _halves(rows: Rows) -> tuple[Rows, Rows]:
    """Return the upper and the lower half; of a single row the lower one is empty."""
    middle = (len(rows) + 1) // 2
    return rows[:middle], rows[middle:]


def _packed(rows: Rows) -> bytes:
    steps = np.ascontiguousarray(rows).copy()
    steps[1:] -= rows[:-1]
    return zstandard.ZstdCompressor(level=_LEVEL).compress(steps.data)


def _fill(rows: Rows, packed: memoryview) -> None:
    """Write the rows that `_packed` was given into their place. Raises FaceFileBroken."""
    try:
        with zstandard.ZstdDecompressor().stream_reader(packed) as reader:
            read_bytes = reader.readinto(rows.reshape(-1)) if rows.size else 0
            excess = reader.read(1)
    except zstandard.ZstdError as error:
        raise FaceFileBroken(f"pictures of a kept face: {error}") from error
    if read_bytes != rows.nbytes or excess:
        raise FaceFileBroken(f"{read_bytes + len(excess)} bytes of pictures in place of {rows.nbytes}")
    # Row by row: numpy's own running sum goes down the columns and takes ten times as long.
    for above, row in pairwise(rows):
        np.add(row, above, out=row)
