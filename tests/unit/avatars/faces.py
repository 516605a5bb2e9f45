"""Faces and rows for the tests of the face cache."""

import hashlib
import json
from datetime import UTC, datetime

import cv2
import numpy as np

from avatars.registry import PICTURE, POINTS, AvatarRow
from avatars.storage import Storage
from lipsync.face.points import CONTOURS, FacePoints
from lipsync.face.track import FaceTrack

SIZE_PX = 8
NOON = datetime(2031, 3, 21, 12, tzinfo=UTC)


def face(seed: int = 0, frames: int = 1, size_px: int = SIZE_PX) -> FaceTrack:
    random = np.random.default_rng(seed)
    pictures, points = [], []
    for _ in range(frames):
        pictures.append(random.integers(0, 256, (size_px, size_px, 3), np.uint8))
        curves = {
            name: np.round(random.random((count, 2)) * size_px, 2).astype(np.float32)
            for name, count in CONTOURS.items()
        }
        points.append(FacePoints(size_px, size_px, curves))
    return FaceTrack(tuple(pictures), tuple(points))


def same(one: FaceTrack, other: FaceTrack) -> bool:
    pictures = zip(one.pictures, other.pictures, strict=True)
    points = zip(one.points, other.points, strict=True)
    return all(np.array_equal(a, b) for a, b in pictures) and all(
        np.array_equal(a[name], b[name]) for a, b in points for name in CONTOURS
    )


def registered(storage: Storage, name: str, version: int = 1, seed: int = 0) -> AvatarRow:
    """Put a face's files into storage as the registry does; return its row."""
    track = face(seed)
    files = {
        PICTURE: cv2.imencode(".png", track.pictures[0])[1].tobytes(),
        POINTS: json.dumps(track.points[0].to_json()).encode(),
    }
    for file, content in files.items():
        storage.put(f"avatars/{name}/v{version}/{file}", content)
    sums = {file: hashlib.sha256(content).hexdigest() for file, content in files.items()}
    return AvatarRow(
        id=name, owner="house", title_fa="س", title_en="S", voice="fa", engine="warp", state="ready",
        version=version, picture_key=f"avatars/{name}/v{version}/{PICTURE}",
        points_key=f"avatars/{name}/v{version}/{POINTS}", preview_key="r", picture_sha256=sums[PICTURE],
        points_sha256=sums[POINTS], preview_sha256="3", source_sha256="", created_at=NOON, updated_at=NOON,
        retired_at=None, files=sums,
    )  # fmt: skip
