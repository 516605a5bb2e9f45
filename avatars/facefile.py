"""A face track as one .npz file: arrays only, nothing pickled, with a version and a checksum."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from avatars.errors import FaceFileBroken
from lipsync.face.points import CONTOURS, FacePoints, FacePointsError
from lipsync.face.track import CodedPictures, FaceTrack, Picture

FACE_FILE_VERSION: Final = 2
"""Of files that are written."""

READ_VERSIONS: Final = (1, FACE_FILE_VERSION)
"""Of files that are read. The first knew neither `order` nor coded pictures."""

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
        "order": np.array([track.rest, track.bounces], np.int64),
    }
    arrays |= _pictures_to_arrays(track.pictures)
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
    arrays = _arrays_in(data)
    _check_arrays(arrays)
    pictures, (height_px, width_px) = _pictures_from_arrays(arrays)
    points = tuple(
        FacePoints(width_px, height_px, {name: arrays[_POINTS + name][index] for name in CONTOURS})
        for index in range(len(pictures))
    )
    rest, bounces = arrays.get("order", np.zeros(2, np.int64)).tolist()
    track = FaceTrack(pictures, points, bool(bounces), rest)
    check_track(track)
    return track


def file_version(data: bytes) -> int:
    """Return the version of a face file, of whatever layout it is otherwise.

    Raises:
        FaceFileBroken: these are not the bytes of a face file.
    """
    return int(_arrays_in(data)["version"])


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


def _arrays_in(data: bytes) -> _Arrays:
    """Return the arrays of a whole file, the version among them."""
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
    if "version" not in arrays or arrays["version"].shape != ():
        raise FaceFileBroken(f"a face file has a version; got {sorted(arrays)}")
    return arrays


def _pictures_to_arrays(pictures: Sequence[Picture]) -> dict[str, NDArray[Any]]:
    if not isinstance(pictures, CodedPictures):
        return {"pictures": np.stack(pictures)}
    return {
        "coded": np.frombuffer(b"".join(pictures.coded), np.uint8),
        "lengths": np.array([len(data) for data in pictures.coded], np.int64),
        "size": np.array([pictures.height_px, pictures.width_px], np.int64),
    }


def _pictures_from_arrays(arrays: _Arrays) -> tuple[Sequence[Picture], tuple[int, int]]:
    """Return the pictures and their height and width."""
    if "pictures" in arrays:
        whole = arrays["pictures"]
        return tuple(whole), (whole.shape[1], whole.shape[2])
    ends = np.cumsum(arrays["lengths"]).tolist()
    everything = arrays["coded"].tobytes()
    coded = [everything[first:end] for first, end in zip([0, *ends], ends, strict=False)]
    height_px, width_px = arrays["size"].tolist()
    return CodedPictures(coded, width_px, height_px), (height_px, width_px)


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def check_track(track: FaceTrack) -> None:
    """Let a track pass whose pictures are of one size and have a set of points each.

    Raises:
        FaceFileBroken: the track is empty, or its pictures and points do not belong together.
    """
    if not track.pictures or len(track.pictures) != len(track.points):
        raise FaceFileBroken(f"{len(track.pictures)} pictures with {len(track.points)} sets of points")
    if not 0 <= track.rest < len(track.pictures):
        raise FaceFileBroken(f"picture {track.rest} is at rest, of {len(track.pictures)}")
    height_px, width_px = _size_of(track.pictures)
    for points in track.points:
        if (points.height_px, points.width_px) != (height_px, width_px):
            raise FaceFileBroken(
                f"points for {points.width_px}x{points.height_px} on a picture of {width_px}x{height_px}"
            )


def _size_of(pictures: Sequence[Picture]) -> tuple[int, int]:
    """Return the height and width that all pictures have; coded ones are not read for it."""
    if isinstance(pictures, CodedPictures):
        return pictures.height_px, pictures.width_px
    size = pictures[0].shape
    if len(size) != 3 or size[2] != 3 or any(picture.shape != size for picture in pictures):
        raise FaceFileBroken("pictures must all be of one size, with three colours")
    return size[0], size[1]


def _check_arrays(arrays: _Arrays) -> None:
    version = arrays["version"]
    if version not in READ_VERSIONS:
        raise FaceFileBroken(f"version {version} of a face file; known: {READ_VERSIONS}")
    points = {_POINTS + name for name in CONTOURS}
    expected = {"version", *({"order"} if version > 1 else ()), *points}
    layouts = [expected | {"pictures"}] + [expected | {"coded", "lengths", "size"}] * bool(version > 1)
    if arrays.keys() not in layouts:
        raise FaceFileBroken(f"a face file holds {sorted(layouts[0])}; got {sorted(arrays)}")
    if version > 1 and (arrays["order"].shape != (2,) or arrays["order"].dtype != np.int64):
        raise FaceFileBroken(f"order of shape {arrays['order'].shape}")
    count = _check_raw(arrays["pictures"]) if "pictures" in arrays else _check_coded(arrays)
    for name, points_of in CONTOURS.items():
        curves = arrays[_POINTS + name]
        if curves.dtype != np.float32 or curves.shape != (count, points_of, 2):
            raise FaceFileBroken(f"contour {name} of shape {curves.shape} and type {curves.dtype}")


def _check_raw(pictures: NDArray[Any]) -> int:
    """Return how many pictures there are."""
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[3] != 3:
        raise FaceFileBroken(f"pictures of shape {pictures.shape} and type {pictures.dtype}")
    return len(pictures)


def _check_coded(arrays: _Arrays) -> int:
    """Return how many pictures there are."""
    coded, lengths, size = arrays["coded"], arrays["lengths"], arrays["size"]
    known = (("coded", coded, 1, np.uint8), ("lengths", lengths, 1, np.int64), ("size", size, 1, np.int64))
    for name, array, dimensions, kind in known:
        if array.ndim != dimensions or array.dtype != kind:
            raise FaceFileBroken(f"{name} of shape {array.shape} and type {array.dtype}")
    if size.shape != (2,) or (size <= 0).any() or (lengths <= 0).any() or int(lengths.sum()) != len(coded):
        raise FaceFileBroken(f"{len(coded)} bytes for pictures of {int(lengths.sum())}, size {size.tolist()}")
    return len(lengths)
