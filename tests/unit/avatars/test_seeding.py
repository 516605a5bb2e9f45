"""The samples are registered like any other picture, and only when they changed."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from avatars.database import Database
from avatars.errors import FaceFileBroken, SampleMissing
from avatars.face_stored import load_face
from avatars.registry import Registry
from avatars.seeding import PREVIEW_PX, seed_samples
from avatars.storage_memory import MemoryStorage
from lipsync.face.points import CONTOURS, FacePoints

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">'
    '<rect width="10" height="10" fill="{}"/></svg>'
)


def _points(size_px: int) -> str:
    curves = {name: np.full((count, 2), size_px / 2, np.float32) for name, count in CONTOURS.items()}
    return json.dumps(FacePoints(size_px, size_px, curves).to_json())


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    for name, colour in (("samira", "red"), ("kian", "blue")):
        (tmp_path / f"{name}.svg").write_text(SVG.format(colour))
        (tmp_path / f"{name}.points.json").write_text(_points(1024))
    return tmp_path


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


@pytest.fixture
def registry(sqlite_database: Database, storage: MemoryStorage) -> Registry:
    return Registry(sqlite_database, storage)


def test_both_samples_are_ready_to_be_loaded(
    registry: Registry, storage: MemoryStorage, samples: Path
) -> None:
    rows = seed_samples(registry, samples)
    assert [row.id for row in registry.list()] == ["samira", "kian"]
    assert [(row.title_fa, row.voice) for row in rows] == [("سمیرا", "fa-woman"), ("کیان", "fa")]
    picture = load_face(storage, rows[0]).pictures[0]
    assert picture.shape == (1024, 1024, 3)
    assert picture[512, 512].tolist() == [0, 0, 255]
    preview = cv2.imdecode(np.frombuffer(storage.get(rows[0].preview_key), np.uint8), cv2.IMREAD_COLOR)
    assert preview.shape == (PREVIEW_PX, PREVIEW_PX, 3)


def test_seeding_again_changes_nothing(registry: Registry, samples: Path) -> None:
    assert seed_samples(registry, samples) == seed_samples(registry, samples)


def test_a_picture_is_preferred_to_a_drawing(
    registry: Registry, storage: MemoryStorage, samples: Path
) -> None:
    cv2.imwrite(str(samples / "kian.png"), np.full((200, 200, 3), 7, np.uint8))
    (samples / "kian.points.json").write_text(_points(200))
    face = load_face(storage, seed_samples(registry, samples)[1])
    assert (face.pictures[0] == np.full((200, 200, 3), 7)).all()


def test_a_sample_that_was_drawn_anew_is_a_new_version(registry: Registry, samples: Path) -> None:
    seed_samples(registry, samples)
    (samples / "kian.svg").write_text(SVG.format("green"))
    assert [row.version for row in seed_samples(registry, samples)] == [1, 2]


def test_samples_that_storage_has_lost_are_put_back(
    registry: Registry, storage: MemoryStorage, samples: Path
) -> None:
    rows = seed_samples(registry, samples)
    storage.delete_all("avatars/kian/")
    assert seed_samples(registry, samples) == rows
    assert registry.has_files(rows[1])


def test_a_sample_that_was_retired_stays_retired(registry: Registry, samples: Path) -> None:
    seed_samples(registry, samples)
    registry.retire("kian")
    seed_samples(registry, samples)
    assert [row.id for row in registry.list()] == ["samira"]


@pytest.mark.parametrize("gone", ["kian.svg", "kian.points.json"])
def test_a_sample_that_lacks_a_file_says_which(registry: Registry, samples: Path, gone: str) -> None:
    (samples / gone).unlink()
    with pytest.raises(SampleMissing, match=gone.replace(".", r"\.")):
        seed_samples(registry, samples)


def test_a_sample_that_is_no_picture_is_refused(registry: Registry, samples: Path) -> None:
    (samples / "samira.png").write_bytes(b"not a picture")
    with pytest.raises(SampleMissing, match="is not a picture"):
        seed_samples(registry, samples)


def test_points_for_another_size_are_refused(registry: Registry, samples: Path) -> None:
    (samples / "samira.points.json").write_text(_points(512))
    with pytest.raises(FaceFileBroken):
        seed_samples(registry, samples)
