"""Rows of plain pictures as few bytes, and back to the last bit.

Each row is kept as its difference from the row above, under Zstandard (RFC 8878): a third
fewer bytes than without the differences. Half of the rows stand in a frame of their own, so
that two cores read at once.
"""

import struct
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Final

import numpy as np
import zstandard
from numpy.typing import NDArray

from avatars.errors import FaceFileBroken

Rows = NDArray[np.uint8]
"""Rows of pictures one after the other, uint8, shape (rows, width * 3)."""

_FIRST: Final = struct.Struct("<Q")
"""Bytes of the first frame."""
_LEVEL: Final = 1
"""Of Zstandard: the higher ones save a hundredth and take twice as long to write."""
_WORTH_A_THREAD_BYTES: Final = 1 << 20
"""Below, handing half of the rows to another thread takes longer than reading them."""


def pack_rows(rows: Rows) -> bytes:
    """Return rows as bytes for `unpack_rows`."""
    first, second = (_frame(half) for half in _halves(rows))
    return _FIRST.pack(len(first)) + first + second


def unpack_rows(packed: memoryview, rows: int, width: int) -> Rows:
    """Return rows, read-only.

    Args:
        packed: what `pack_rows` returned.
        rows: how many there must be.
        width: bytes of each.

    Raises:
        FaceFileBroken: the bytes are not those of as many rows.
    """
    if len(packed) < _FIRST.size:
        raise FaceFileBroken(f"{len(packed)} bytes in place of pictures")
    filled = np.empty((rows, width), np.uint8)
    border = _FIRST.size + _FIRST.unpack_from(packed)[0]
    halves = tuple(zip(_halves(filled), (packed[_FIRST.size : border], packed[border:]), strict=True))
    if filled.nbytes < _WORTH_A_THREAD_BYTES:
        for half, frame in halves:
            _fill(half, frame)
    else:
        other = _readers().submit(_fill, *halves[1])
        _fill(*halves[0])
        other.result()
    filled.flags.writeable = False
    return filled


@cache
def _readers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(2, "face-reader")


def _halves(rows: Rows) -> Sequence[Rows]:
    return np.array_split(rows, 2)


def _frame(rows: Rows) -> bytes:
    return zstandard.ZstdCompressor(level=_LEVEL).compress(_steps(rows).data)


def _steps(rows: Rows) -> Rows:
    """Return every row less the one above it, the first as it is."""
    steps = np.ascontiguousarray(rows).copy()
    steps[1:] -= rows[:-1]
    return steps


def _fill(rows: Rows, frame: memoryview) -> None:
    """Fill rows from a frame of their steps."""
    flat = rows.reshape(-1)
    try:
        with zstandard.ZstdDecompressor().stream_reader(frame) as reader:
            read_bytes = reader.readinto(flat) if flat.size else 0
            excess = reader.read(1)
    except zstandard.ZstdError as error:
        raise FaceFileBroken(f"pictures of a kept face: {error}") from error
    if read_bytes != flat.size or excess:
        raise FaceFileBroken(f"{read_bytes + len(excess)} bytes of pictures or more in place of {flat.size}")
    # Row by row: numpy's own running sum goes down the columns and takes ten times as long.
    for above, row in pairwise(rows):
        np.add(row, above, out=row)
