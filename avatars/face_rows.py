"""Rows of plain pictures as few bytes, and back to the last bit.

Each row is kept as its difference from the row above, under Zstandard (RFC 8878): a third
fewer bytes than without the differences, and much less room than LZ4 takes.
"""

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


def pack_rows(rows: Rows) -> bytes:
    """Return rows as bytes for `unpack_rows`."""
    steps = np.ascontiguousarray(rows).copy()
    steps[1:] -= rows[:-1]
    return zstandard.ZstdCompressor(level=_LEVEL).compress(steps.data)


def unpack_rows(packed: memoryview, rows: int, width: int) -> Rows:
    """Return rows, read-only.

    Args:
        packed: what `pack_rows` returned.
        rows: how many there must be.
        width: bytes of each.

    Raises:
        FaceFileBroken: the bytes are not those of as many rows.
    """
    filled = np.empty((rows, width), np.uint8)
    try:
        with zstandard.ZstdDecompressor().stream_reader(packed) as reader:
            read_bytes = reader.readinto(filled.reshape(-1))
            excess = reader.read(1)
    except zstandard.ZstdError as error:
        raise FaceFileBroken(f"pictures of a kept face: {error}") from error
    if read_bytes != filled.nbytes or excess:
        raise FaceFileBroken(f"{read_bytes + len(excess)} bytes of pictures in place of {filled.nbytes}")
    # Row by row: numpy's own running sum goes down the columns and takes ten times as long.
    for above, row in pairwise(filled):
        np.add(row, above, out=row)
    filled.flags.writeable = False
    return filled
