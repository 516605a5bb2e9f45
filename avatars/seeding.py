"""The sample avatars, registered at first start like any other picture.

Reads `{id}.png` (or draws `{id}.svg`, once) and `{id}.points.json` from the samples folder. Does
image work, so the front door does not import it.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import resvg_py

from avatars.errors import SampleMissing
from avatars.facefile import check_track, read_points
from avatars.registry import HOUSE, AvatarFiles, AvatarRow, Registry, Titles
from lipsync.face.track import FaceTrack, Picture

SAMPLES_DIR: Final = Path(__file__).parent / "samples"
PREVIEW_PX: Final = 512

_PICTURE_PX: Final = 1024
_JPEG_QUALITY: Final = 90


@dataclass(frozen=True, slots=True)
class Sample:
    """An avatar that comes with the service."""

    id: str
    titles: Titles
    voice: str


SAMPLES: Final = (
    Sample("samira", Titles(fa="سمیرا", en="Samira"), "fa-woman"),
    Sample("kian", Titles(fa="کیان", en="Kian"), "fa"),
)


def seed_samples(registry: Registry, samples_dir: Path = SAMPLES_DIR) -> Sequence[AvatarRow]:
    """Register the sample avatars; those that are there unchanged stay as they are.

    Raises:
        SampleMissing: a picture or its points are not in the folder.
        FaceFileBroken: face points cannot be read or are not for this picture's size.
    """
    return [_seed(registry, sample, samples_dir) for sample in SAMPLES]


def sample_face(sample_id: str, samples_dir: Path = SAMPLES_DIR) -> FaceTrack:
    """Return a sample's face as it is drawn, without a registry. Raises as `seed_samples`."""
    source = _source_file(samples_dir, sample_id)
    points = read_points(_read(samples_dir / f"{sample_id}.points.json"))
    return FaceTrack((_picture(source, _read(source)),), (points,))


def _seed(registry: Registry, sample: Sample, samples_dir: Path) -> AvatarRow:
    source = _source_file(samples_dir, sample.id)
    points_json = _read(samples_dir / f"{sample.id}.points.json")
    picture_source = _read(source)
    digest = hashlib.sha256(picture_source + points_json).hexdigest()
    known = registry.find(sample.id)
    if known is not None and _is_as_wanted(known, sample, digest) and registry.has_files(known):
        return known
    files = canonical_files(_picture(source, picture_source), points_json)
    return registry.register(
        sample.id,
        titles=sample.titles,
        voice=sample.voice,
        files=replace(files, source_sha256=digest),
        owner=HOUSE,
    )


def _is_as_wanted(known: AvatarRow, sample: Sample, digest: str) -> bool:
    titles = Titles(fa=known.title_fa, en=known.title_en)
    wanted = (known.source_sha256, titles, known.voice) == (digest, sample.titles, sample.voice)
    # One that somebody retired stays retired until the sample itself changes.
    return wanted and known.state in ("ready", "retired")


def canonical_files(picture: Picture, points_json: bytes) -> AvatarFiles:
    """Return the files of an avatar: the picture without anything that came with it.

    Args:
        picture: BGR, uint8, shape (height, width, 3).
        points_json: face points in it.

    Raises:
        FaceFileBroken: the points cannot be read or are for another size.
    """
    points = read_points(points_json)
    check_track(FaceTrack((picture,), (points,)))
    return AvatarFiles(
        picture=_encoded(".png", picture),
        points=json.dumps(points.to_json(), separators=(",", ":")).encode(),
        preview=_encoded(".jpg", _shrunk(picture), cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY),
    )


def _source_file(samples_dir: Path, sample_id: str) -> Path:
    for suffix in (".jpg", ".png", ".svg"):
        path = samples_dir / f"{sample_id}{suffix}"
        if path.is_file():
            return path
    raise SampleMissing(f"{samples_dir} holds none of {sample_id}.jpg, {sample_id}.png, {sample_id}.svg")


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise SampleMissing(f"{path} is not there")
    return path.read_bytes()


def _picture(path: Path, data: bytes) -> Picture:
    if path.suffix == ".svg":
        # No text is drawn, and reading the machine's fonts takes longer than a simple drawing.
        drawing = data.decode("utf-8")
        data = bytes(resvg_py.svg_to_bytes(svg_string=drawing, width=_PICTURE_PX, skip_system_fonts=True))
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise SampleMissing(f"{path} is not a picture")
    return picture.astype(np.uint8, copy=False)


def _shrunk(picture: Picture) -> Picture:
    height_px, width_px = picture.shape[:2]
    scale = PREVIEW_PX / max(height_px, width_px)
    if scale >= 1:
        return picture
    size = (round(width_px * scale), round(height_px * scale))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _encoded(suffix: str, picture: Picture, *options: int) -> bytes:
    encoded, data = cv2.imencode(suffix, picture, list(options))
    if not encoded:
        raise ValueError(f"a picture of shape {picture.shape} cannot be written as {suffix}")
    return data.tobytes()
