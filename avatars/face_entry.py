"""A face track as Redis keeps it: compressed pictures, a header with version and checksum.

A video's pictures are JPEG already and kept so; others are kept by `avatars.face_rows`.

A face file (`avatars.facefile`) is for years and for other programs; this is for seconds and
for this build alone, so anything unexpected in it only means that it is made again.
"""

import math
import struct
import zlib
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from avatars.errors import FaceFileBroken
from avatars.face_rows import pack_rows, unpack_rows
from avatars.facefile import check_track
from lipsync.face.points import CONTOURS, Curve, FacePoints
from lipsync.face.track import CodedPictures, FaceTrack, Picture, pictures_bytes

ENTRY_VERSION: Final = 3
"""Rises with the layout below and with the contours."""

_MAGIC: Final = b"AFCE"
_HEADER: Final = struct.Struct("<4sHHIIIQIBB")
"""Magic, version, contours' points, pictures, height and width in px, bytes of the pictures, the
one at rest, whether they bounce, whether they are coded."""
_LENGTH: Final = np.dtype("<u4")
_CHECKSUM: Final = struct.Struct("<I")
_POINTS: Final = sum(CONTOURS.values())
_LARGEST_BYTES: Final = 1 << 30
"""Of a track's pictures. Nothing near this is worth keeping in a Redis that also carries streams."""


def pack(track: FaceTrack) -> bytes:
    """Return a face track as an entry.

    Raises:
        FaceFileBroken: the track is empty, its parts do not belong together, or it is too large.
    """
    check_track(track)
    height_px, width_px = track.points[0].height_px, track.points[0].width_px
    coded = isinstance(track.pictures, CodedPictures)
    size_bytes = pictures_bytes(track.pictures)
    if size_bytes > _LARGEST_BYTES:
        raise FaceFileBroken(f"{size_bytes} bytes of pictures; an entry holds {_LARGEST_BYTES}")
    points = b"".join(
        np.ascontiguousarray(face[name], np.float32).tobytes() for face in track.points for name in CONTOURS
    )
    head = _HEADER.pack(
        _MAGIC, ENTRY_VERSION, _POINTS, len(track.pictures), height_px, width_px, size_bytes,
        track.rest, track.bounces, coded,
    )  # fmt: skip
    content = b"".join((head, points, _packed(track.pictures)))
    return _CHECKSUM.pack(zlib.crc32(content)) + content


def _packed(pictures: Sequence[Picture]) -> bytes:
    if isinstance(pictures, CodedPictures):
        lengths = np.array([len(data) for data in pictures.coded], _LENGTH)
        return lengths.tobytes() + b"".join(pictures.coded)
    stacked = np.stack(pictures)
    return pack_rows(stacked.reshape(-1, stacked.shape[2] * 3))


def unpack(entry: bytes) -> FaceTrack:
    """Return the face track of an entry; its arrays are read-only.

    Raises:
        FaceFileBroken: its checksum does not fit, or another build wrote it.
    """
    view = memoryview(entry)
    start = _CHECKSUM.size + _HEADER.size
    if len(view) < start or _CHECKSUM.unpack_from(view)[0] != zlib.crc32(view[_CHECKSUM.size :]):
        raise FaceFileBroken("not a kept face, or not a whole one: its checksum does not fit")
    head = _Head(*_HEADER.unpack_from(view, _CHECKSUM.size))
    if (head.magic, head.version, head.points) != (_MAGIC, ENTRY_VERSION, _POINTS):
        raise FaceFileBroken(f"version {head.version} of a kept face; known: {ENTRY_VERSION}")
    points_end = start + head.pictures * _POINTS * 2 * 4
    pictures = _coded(view[points_end:], head) if head.coded else _raw(view[points_end:], head)
    curves = np.frombuffer(view[start:points_end], np.float32).reshape(head.pictures, _POINTS, 2)
    points = tuple(_points(one, head.width_px, head.height_px) for one in curves)
    track = FaceTrack(pictures, points, bool(head.bounces), head.rest)
    check_track(track)
    return track


class _Head(NamedTuple):
    """What stands before the points of an entry."""

    magic: bytes
    version: int
    points: int
    pictures: int
    height_px: int
    width_px: int
    size_bytes: int
    rest: int
    bounces: int
    coded: int


def _raw(packed: memoryview, head: _Head) -> tuple[Picture, ...]:
    shape = (head.pictures, head.height_px, head.width_px, 3)
    if not 0 < head.size_bytes <= _LARGEST_BYTES or head.size_bytes != math.prod(shape):
        raise FaceFileBroken(f"{head.size_bytes} bytes for pictures of shape {shape}")
    rows = unpack_rows(packed, head.pictures * head.height_px, head.width_px * 3)
    return tuple(rows.reshape(shape))


def _coded(packed: memoryview, head: _Head) -> CodedPictures:
    begin = head.pictures * _LENGTH.itemsize
    if len(packed) != begin + head.size_bytes:
        raise FaceFileBroken(f"{len(packed)} bytes of coded pictures in place of {begin + head.size_bytes}")
    ends = (begin + np.cumsum(np.frombuffer(packed[:begin], _LENGTH), dtype=np.int64)).tolist()
    if not ends or ends[-1] != len(packed):
        raise FaceFileBroken("the lengths of coded pictures do not add up")
    coded = [bytes(packed[first:end]) for first, end in zip([begin, *ends], ends, strict=False)]
    return CodedPictures(coded, head.width_px, head.height_px)


def _points(curves: Curve, width_px: int, height_px: int) -> FacePoints:
    contours, begin = {}, 0
    for name, count in CONTOURS.items():
        contours[name] = curves[begin : begin + count]
        begin += count
    return FacePoints(width_px, height_px, contours)
