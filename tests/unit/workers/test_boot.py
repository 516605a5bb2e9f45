"""A booted process is warm: every avatar ready to paint, voices spoken, capacity measured."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from mouth_nets import tiny_net

from avatars.database import Database
from avatars.facecache import CacheLimits, FaceCache
from avatars.registry import AvatarFiles, Registry
from avatars.seeding import SAMPLES, seed_samples
from avatars.storage_memory import MemoryStorage
from lipsync.engines.catalogue import known_engines
from lipsync.engines.contract import Drive
from lipsync.mouth.controls import rest
from workers.boot import WARM_SIZE, boot
from workers.engine import Engine


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


@pytest.fixture
def registry(sqlite_database: Database, storage: MemoryStorage) -> Registry:
    return Registry(sqlite_database, storage)


@pytest.fixture
def warm(registry: Registry, storage: MemoryStorage, tmp_path: Path) -> Iterator[Engine]:
    seed_samples(registry)
    engine = boot("worker-7", registry, FaceCache(storage, limits=CacheLimits()), tmp_path, 0)
    yield engine
    engine.voices.close()


def test_the_first_stream_pays_for_no_preparing(warm: Engine) -> None:
    misses = warm.painters.misses
    for sample in SAMPLES:
        painter = warm.painter(sample.id, 1, "warp", WARM_SIZE)
        frame = next(painter.start(3).paint(Drive.silent(0, rest(1))))
        assert frame.shape == (WARM_SIZE.height_px * 3 // 2, WARM_SIZE.width_px)
        assert np.ptp(frame) > 100
    assert warm.painters.misses == misses
    assert warm.engines == known_engines()
    assert warm.streams >= 1
    assert sum(len(buffer.sound) for buffer in warm.voices.get("fa").speak("سلام", 1)) > 0


def test_each_boot_has_an_owner_of_its_own_under_the_workers_name(
    warm: Engine, registry: Registry, storage: MemoryStorage, tmp_path: Path
) -> None:
    again = boot("worker-7", registry, FaceCache(storage, limits=CacheLimits()), tmp_path, 3)
    again.voices.close()
    assert again.owner != warm.owner
    assert again.owner.startswith("worker-7:")
    assert warm.owner.startswith("worker-7:")
    assert again.streams == 3


def test_without_avatars_a_worker_is_warm_too(
    registry: Registry, storage: MemoryStorage, tmp_path: Path
) -> None:
    engine = boot("worker-8", registry, FaceCache(storage, limits=CacheLimits()), tmp_path, 0)
    engine.voices.close()
    assert engine.streams == 1


def test_only_faces_of_the_house_are_waited_for_and_no_more_than_a_few(
    registry: Registry, storage: MemoryStorage, tmp_path: Path
) -> None:
    seed_samples(registry)
    for sample, owner in zip(SAMPLES, ("somebody", "somebody"), strict=True):
        row = registry.get(sample.id)
        files = AvatarFiles(
            picture=storage.get(row.picture_key), points=storage.get(row.points_key),
            preview=storage.get(row.preview_key),
        )  # fmt: skip
        registry.register(
            f"of-{sample.id}", titles=sample.titles, voice=sample.voice, files=files, owner=owner
        )
    engine = boot("worker-9", registry, FaceCache(storage, limits=CacheLimits()), tmp_path, 1)
    engine.voices.close()
    assert {key[0] for key in engine.painters.ready()} == {sample.id for sample in SAMPLES}


def test_with_a_net_the_worker_draws_with_the_engine_that_needs_one(
    registry: Registry, storage: MemoryStorage, tmp_path: Path
) -> None:
    seed_samples(registry)
    faces = FaceCache(storage, limits=CacheLimits())
    engine = boot("worker-10", registry, faces, tmp_path, 1, net=tiny_net())
    engine.voices.close()
    assert engine.engines == ("warp", "wav2lip")
    painter = engine.painter(SAMPLES[0].id, 1, "wav2lip", WARM_SIZE)
    frame = next(painter.start(3).paint(Drive.silent(0, rest(1))))
    assert np.ptp(frame) > 100
