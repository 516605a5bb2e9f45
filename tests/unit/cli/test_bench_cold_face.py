"""The benchmark's photo has twelve megapixels and a face, and loads are timed where there is one."""

import cv2
import numpy as np
import pytest

from avatars.database import Database
from avatars.face_stored import StoredFaces
from avatars.registry import AvatarRow, Registry
from avatars.seeding import SAMPLES, seed_samples
from avatars.storage_memory import MemoryStorage
from cli.bench.cold_face import PHOTO_PX, _milliseconds, _timed, photo


def test_every_turn_has_another_photo_of_twelve_megapixels() -> None:
    first, second = photo(0), photo(2)
    assert first != second
    picture = cv2.imdecode(np.frombuffer(first, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (PHOTO_PX[1], PHOTO_PX[0], 3)
    # The presenter is in the middle, and as large as the photo is high.
    width_px, height_px = PHOTO_PX
    side = (width_px - height_px) // 2
    assert np.ptp(picture[:, side : side + height_px].astype(int), axis=(0, 1)).min() > 100


def test_time_to_ready_is_from_the_row_to_its_end() -> None:
    row = {"created_at": "2026-05-01T12:00:00+00:00", "finished_at": "2026-05-01T12:00:01.250000+00:00"}
    assert _milliseconds(row) == 1250.0


@pytest.fixture
def row(sqlite_database: Database) -> tuple[MemoryStorage, AvatarRow]:
    storage = MemoryStorage()
    registry = Registry(sqlite_database, storage)
    seed_samples(registry)
    return storage, registry.get(SAMPLES[0].id)


def test_only_loads_that_found_a_face_are_timed(row: tuple[MemoryStorage, AvatarRow]) -> None:
    storage, avatar = row
    stored = StoredFaces(storage, lambda *_: None)
    assert _timed(stored.get, avatar) is None
    stored.build(avatar)
    found = _timed(stored.get, avatar)
    assert found is not None
    assert found > 0
