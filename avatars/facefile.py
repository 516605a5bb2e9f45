"""A face track as one .npz file, and a registered avatar's files as a face track.

Arrays only, nothing pickled, with a version and a checksum. The registry keeps
the picture and the points apart, so that a person can correct the points; this room puts
them together.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any, Final

import cv2
import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from avatars.errors import FaceFileBroken
from avatars.registry import AvatarRow
from avatars.storage import Storage
from lipsync.face.points import CONTOURS, FacePoints, FacePointsError
from lipsync.face.track import FaceTrack

FACE_FILE_VERSION: Final = 1

FACE: Final = "face.npz"
"""Name of the face file that is a video's own source."""

_Arrays = Mapping[str, NDArray[Any]]
_POINTS: Final = "points_"
_CHECKSUM_BYTES: Final = 64
"""The archive's comment, last in the file: SHA-256 in hex of all that is before it."""


def to_npz(track: FaceTrack) -> bytes:
    """Return a face track as the bytes of an .npz file.

    Args:
        track: pictures of one size, uint8 BGR, with as many sets of points.

    Raises:
        FaceFileBroken: the track is empty, or its pictures and points do not belong together.
    """
    check_track(track)
    arrays: dict[str, NDArray[Any]] = {
        "version": np.array(FACE_FILE_VERSION, np.int64),
        "pictures": np.stack(track.pictures),
    }
    for name in CONTOURS:
        arrays[_POINTS + name] = np.stack([points[name] for points in track.points])
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    with zipfile.ZipFile(file, "a") as archive:
        archive.comment = bytes(_CHECKSUM_BYTES)
    content = file.getvalue()[:-_CHECKSUM_BYTES]
    return content + _checksum(content)


def from_npz(data: bytes) -> FaceTrack:
    """Return the face track that `to_npz` wrote.

    Raises:
        FaceFileBroken: these are not its bytes, or of a version this build does not read.
    """
    # Before anything is parsed: on broken bytes the readers of zip and of arrays fail in a
    # dozen ways, and ask for as much memory as a broken length tells them to.
    if data[-_CHECKSUM_BYTES:] != _checksum(data[:-_CHECKSUM_BYTES]):
        raise FaceFileBroken("not a face file, or not a whole one: its checksum does not fit")
    try:
        # NpzFile rather than np.load, which hands back a bare array for a file that holds one.
        with NpzFile(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (ValueError, zipfile.BadZipFile) as error:
        raise FaceFileBroken(f"not a face file: {error}") from error
    _check_arrays(arrays)
    pictures = arrays["pictures"]
    count, height_px, width_px, _ = pictures.shape
    points = tuple(
        FacePoints(width_px, height_px, {name: arrays[_POINTS + name][index] for name in CONTOURS})
        for index in range(count)
    )
    track = FaceTrack(tuple(pictures), points)
    check_track(track)
    return track


def load_face(storage: Storage, avatar: AvatarRow) -> FaceTrack:
    """Return a registered avatar's face, checked against its row.

    A video's is its face file, a photo's is made of its picture and points.

    Raises:
        ObjectMissing: a file is not in storage.
        FaceFileBroken: a file is not what the row says, or cannot be read.
    """
    if FACE in avatar.files:
        return from_npz(_checked(storage, avatar.key(FACE), avatar.files[FACE]))
    picture_png = _checked(storage, avatar.picture_key, avatar.picture_sha256)
    points_json = _checked(storage, avatar.points_key, avatar.points_sha256)
    picture = cv2.imdecode(np.frombuffer(picture_png, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise FaceFileBroken(f"{avatar.picture_key} is not a picture")
    track = FaceTrack((picture.astype(np.uint8, copy=False),), (read_points(points_json),))
    check_track(track)
    return track


def read_points(points_json: bytes) -> FacePoints:
    """Return face points from their JSON.

    Raises:
        FaceFileBroken: it is not JSON, or not the points of a face.
    """
    try:
        document = json.loads(points_json)
        if not isinstance(document, dict):
            raise FaceFileBroken("face points are not a JSON object")
        return FacePoints.from_json(document)
    except (ValueError, FacePointsError) as error:
        raise FaceFileBroken(f"face points cannot be read: {error}") from error


def _checked(storage: Storage, key: str, sha256: str) -> bytes:
    data = storage.get(key)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise FaceFileBroken(f"{key} is not the file that was registered")
    return data


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def check_track(track: FaceTrack) -> None:
    """Let a track pass whose pictures are of one size and have a set of points each.

    Raises:
        FaceFileBroken: the track is empty, or its pictures and points do not belong together.
    """
    if not track.pictures or len(track.pictures) != len(track.points):
        raise FaceFileBroken(f"{len(track.pictures)} pictures with {len(track.points)} sets of points")
    size = track.pictures[0].shape
    if len(size) != 3 or size[2] != 3 or any(picture.shape != size for picture in track.pictures):
        raise FaceFileBroken("pictures must all be of one size, with three colours")
    for points in track.points:
        if (points.height_px, points.width_px) != size[:2]:
            raise FaceFileBroken(
                f"points for {points.width_px}x{points.height_px} on a picture of {size[1]}x{size[0]}"
            )


def _check_arrays(arrays: _Arrays) -> None:
    expected = {"version", "pictures", *(_POINTS + name for name in CONTOURS)}
    if arrays.keys() != expected:
        raise FaceFileBroken(f"a face file holds {sorted(expected)}; got {sorted(arrays)}")
    version = arrays["version"]
    if version.shape != () or version != FACE_FILE_VERSION:
        raise FaceFileBroken(f"version {version} of a face file; known: {FACE_FILE_VERSION}")
    pictures = arrays["pictures"]
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[3] != 3:
        raise FaceFileBroken(f"pictures of shape {pictures.shape} and type {pictures.dtype}")
    for name, count in CONTOURS.items():
        curves = arrays[_POINTS + name]
        if curves.dtype != np.float32 or curves.shape != (len(pictures), count, 2):
            raise FaceFileBroken(f"contour {name} of shape {curves.shape} and type {curves.dtype}")
