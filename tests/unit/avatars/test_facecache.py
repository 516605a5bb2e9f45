"""Faces are loaded once, kept while there is room, and dropped oldest first."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest

from avatars.errors import FaceFileBroken
from avatars.facecache import FaceCache, memory_bytes
from avatars.registry import AvatarRow
from lipsync.face.points import CONTOURS, FacePoints
from lipsync.face.track import FaceTrack

NOON = datetime(2031, 3, 21, 12, tzinfo=UTC)


def row(name: str, version: int = 1) -> AvatarRow:
    return AvatarRow(
        id=name, owner="house", title_fa="س", title_en="S", voice="fa", engine="warp", state="ready",
        version=version, picture_key="p", points_key="q", preview_key="r", picture_sha256="1",
        points_sha256="2", preview_sha256="3", source_sha256="", created_at=NOON, updated_at=NOON,
        retired_at=None,
    )  # fmt: skip


def face() -> FaceTrack:
    curves = {name: np.zeros((count, 2), np.float32) for name, count in CONTOURS.items()}
    return FaceTrack((np.zeros((8, 8, 3), np.uint8),), (FacePoints(8, 8, curves),))


FACE_BYTES = memory_bytes(face())


class Loader:
    """Loads faces, and counts."""

    def __init__(self, before: Callable[[], object] = lambda: None) -> None:
        self.loaded: list[tuple[str, int]] = []
        self._before = before

    def __call__(self, avatar: AvatarRow) -> FaceTrack:
        self.loaded.append((avatar.id, avatar.version))
        self._before()
        return face()


def test_the_size_of_a_face_is_that_of_its_arrays() -> None:
    assert memory_bytes(face()) == 8 * 8 * 3 + sum(CONTOURS.values()) * 2 * 4


def test_a_face_is_loaded_once() -> None:
    load = Loader()
    cache = FaceCache(load, limit_bytes=FACE_BYTES)
    assert cache.get(row("samira")) is cache.get(row("samira"))
    assert load.loaded == [("samira", 1)]
    assert (cache.hits, cache.misses, cache.kept_bytes) == (1, 1, FACE_BYTES)


def test_another_version_is_another_face() -> None:
    load = Loader()
    cache = FaceCache(load, limit_bytes=2 * FACE_BYTES)
    cache.get(row("samira"))
    cache.get(row("samira", 2))
    assert load.loaded == [("samira", 1), ("samira", 2)]


def test_the_face_that_was_used_longest_ago_makes_room() -> None:
    load = Loader()
    cache = FaceCache(load, limit_bytes=2 * FACE_BYTES)
    for name in ("a", "b", "a", "c", "a", "b"):
        cache.get(row(name))
    assert [name for name, _ in load.loaded] == ["a", "b", "c", "b"]
    assert cache.kept_bytes == 2 * FACE_BYTES


def test_a_face_larger_than_the_cache_is_handed_out_and_pushes_nobody_out() -> None:
    load = Loader()
    small = FaceCache(load, limit_bytes=FACE_BYTES - 1)
    assert memory_bytes(small.get(row("a"))) == FACE_BYTES
    small.get(row("a"))
    assert load.loaded == [("a", 1), ("a", 1)]
    assert small.kept_bytes == 0


def test_threads_that_want_one_face_at_once_load_it_once() -> None:
    started, go_on = threading.Event(), threading.Event()

    def slowly() -> None:
        started.set()
        assert go_on.wait(30)

    load = Loader(slowly)
    cache = FaceCache(load, limit_bytes=FACE_BYTES)
    got: list[FaceTrack] = []
    threads = [threading.Thread(target=lambda: got.append(cache.get(row("a")))) for _ in range(8)]
    threads[0].start()
    assert started.wait(30)
    for thread in threads[1:]:
        thread.start()
    while cache.hits < 7:
        threading.Event().wait(0.001)
    go_on.set()
    for thread in threads:
        thread.join()
    assert load.loaded == [("a", 1)]
    assert {id(one) for one in got} == {id(got[0])}
    assert len(got) == 8


def test_a_face_that_could_not_be_loaded_is_tried_again() -> None:
    failing = [True, False]

    def sometimes() -> None:
        if failing.pop(0):
            raise FaceFileBroken("cut short")

    cache = FaceCache(Loader(sometimes), limit_bytes=FACE_BYTES)
    with pytest.raises(FaceFileBroken):
        cache.get(row("a"))
    assert cache.kept_bytes == 0
    assert memory_bytes(cache.get(row("a"))) == FACE_BYTES
