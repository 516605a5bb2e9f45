"""A face track as Redis keeps it: pictures under LZ4, a header with version and checksum.

A face file (`avatars.facefile`) is for years and for other programs; this is for seconds and
for this build alone, so anything unexpected in it only means that it is made again.
"""

import struct
import zlib
from typing import Final

import lz4.block
import numpy as np

from avatars.errors import FaceFileBroken
from avatars.facefile import check_track
from lipsync.face.points import CONTOURS, Curve, FacePoints
from lipsync.face.track import FaceTrack

ENTRY_VERSION: Final = 1
"""Rises with the layout below and with the contours."""

_MAGIC: Final = b"AFCE"
_HEADER: Final = struct.Struct("<4sHHIIIQ")
"""Magic, version, contours' points, pictures, height and width in px, bytes of the pictures."""
_CHECKSUM: Final = struct.Struct("<I")
_POINTS: Final = sum(CONTOURS.values())
_LZ4_LEVEL: Final = 4
"""Of the high compression: a fifth smaller than the fast one and as quick to read."""
_LARGEST_BYTES: Final = 1 << 30
"""Of a track's pictures. Nothing near this is worth keeping in a Redis that also carries streams."""


def pack(track: FaceTrack) -> bytes:
    """Return a face track as an entry.

    Raises:
        FaceFileBroken: the track is empty, its parts do not belong together, or it is too large.
    """
    check_track(track)
    height_px, width_px, _ = track.pictures[0].shape
    size_bytes = len(track.pictures) * track.pictures[0].nbytes
    if size_bytes > _LARGEST_BYTES:
        raise FaceFileBroken(f"{size_bytes} bytes of pictures; an entry holds {_LARGEST_BYTES}")
    points = b"".join(
        np.ascontiguousarray(face[name], np.float32).tobytes() for face in track.points for name in CONTOURS
    )
    pictures = b"".join(picture.tobytes() for picture in track.pictures)
    small = lz4.block.compress(pictures, mode="high_compression", compression=_LZ4_LEVEL, store_size=False)
    head = _HEADER.pack(_MAGIC, ENTRY_VERSION, _POINTS, len(track.pictures), height_px, width_px, size_bytes)
    content = b"".join((head, points, small))
    return _CHECKSUM.pack(zlib.crc32(content)) + content


def unpack(entry: bytes) -> FaceTrack:
    """Return the face track of an entry; its arrays are read-only.

    Raises:
        FaceFileBroken: its checksum does not fit, or another build wrote it.
    """
    view = memoryview(entry)
    start = _CHECKSUM.size + _HEADER.size
    if len(view) < start or _CHECKSUM.unpack_from(view)[0] != zlib.crc32(view[_CHECKSUM.size :]):
        raise FaceFileBroken("not a kept face, or not a whole one: its checksum does not fit")
    magic, version, points, count, height_px, width_px, size_bytes = _HEADER.unpack_from(view, _CHECKSUM.size)
    if (magic, version, points) != (_MAGIC, ENTRY_VERSION, _POINTS):
        raise FaceFileBroken(f"version {version} of a kept face; known: {ENTRY_VERSION}")
    points_end = start + count * _POINTS * 2 * 4
    if size_bytes != count * height_px * width_px * 3 or size_bytes > _LARGEST_BYTES:
        raise FaceFileBroken(f"{size_bytes} bytes for {count} pictures of {width_px}x{height_px}")
    try:
        raw = lz4.block.decompress(view[points_end:], uncompressed_size=size_bytes)
    except (lz4.block.LZ4BlockError, ValueError) as error:
        raise FaceFileBroken(f"pictures of a kept face: {error}") from error
    if len(raw) != size_bytes:
        raise FaceFileBroken(f"{len(raw)} bytes of pictures in place of {size_bytes}")
    pictures = np.frombuffer(raw, np.uint8).reshape(count, height_px, width_px, 3)
    curves = np.frombuffer(view[start:points_end], np.float32).reshape(count, _POINTS, 2)
    track = FaceTrack(tuple(pictures), tuple(_points(one, width_px, height_px) for one in curves))
    check_track(track)
    return track


def _points(curves: Curve, width_px: int, height_px: int) -> FacePoints:
    contours, begin = {}, 0
    for name, count in CONTOURS.items():
        contours[name] = curves[begin : begin + count]
        begin += count
    return FacePoints(width_px, height_px, contours)
