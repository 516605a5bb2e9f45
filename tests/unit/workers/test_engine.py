"""One warm engine per process; each face is made ready once, and names are not guessed."""

import threading

import pytest

from lipsync.engines.catalogue import UnknownEngine
from lipsync.engines.contract import Size
from lipsync.face.track import FaceTrack
from workers import engine as room
from workers.engine import Engine, EngineCold, Painters, current_engine, install, remove
from workers.gate import DeadlineGate

SIZE = Size(256, 256)


class Plate:
    """A painter that only weighs something."""

    def __init__(self, size: Size, memory_bytes: int = 10) -> None:
        self.size = size
        self.memory_bytes = memory_bytes


class Plates:
    """An engine that makes plates and counts them."""

    name = "plates"

    def __init__(self) -> None:
        self.made: list[FaceTrack] = []

    def prepare(self, face: FaceTrack, size: Size) -> Plate:
        self.made.append(face)
        return Plate(size)


@pytest.fixture
def drawing() -> Plates:
    return Plates()


@pytest.fixture
def warm(drawing: Plates) -> Engine:
    faces = {("samira", 1): FaceTrack((), ()), ("kian", 2): FaceTrack((), ())}
    return Engine("w1:1", None, {"plates": drawing}, lambda *key: faces[key], DeadlineGate())


def test_a_face_is_made_ready_once_for_each_version_engine_and_size(warm: Engine, drawing: Plates) -> None:
    first = warm.painter("samira", 1, "plates", SIZE)
    assert warm.painter("samira", 1, "plates", SIZE) is first
    assert warm.painter("samira", 1, "plates", Size(512, 512)) is not first
    assert warm.painter("kian", 2, "plates", SIZE) is not first
    assert len(drawing.made) == 3
    assert (warm.painters.hits, warm.painters.misses) == (1, 3)


def test_an_unknown_engine_is_refused_and_the_known_ones_are_listed(warm: Engine) -> None:
    with pytest.raises(UnknownEngine, match="no engine 'oil'; known: plates"):
        warm.painter("samira", 1, "oil", SIZE)


def test_many_threads_that_ask_at_once_wait_for_one_to_build() -> None:
    painters, built, go = Painters(), [], threading.Event()

    def build() -> Plate:
        go.wait(10)
        built.append(1)
        return Plate(SIZE)

    found: list[Plate] = []
    key = ("samira", 1, "plates", SIZE)
    threads = [threading.Thread(target=lambda: found.append(painters.get(key, build))) for _ in range(8)]
    for thread in threads:
        thread.start()
    go.set()
    for thread in threads:
        thread.join()
    assert len(built) == 1
    assert len({id(plate) for plate in found}) == 1
    assert len(found) == 8


def test_a_face_that_could_not_be_made_ready_is_tried_again() -> None:
    painters = Painters()
    key = ("samira", 1, "plates", SIZE)
    with pytest.raises(ZeroDivisionError):
        painters.get(key, lambda: 1 // 0)
    assert painters.get(key, lambda: Plate(SIZE)).size == SIZE


def test_the_least_recently_used_face_goes_when_memory_is_short() -> None:
    painters = Painters(limit_bytes=25)
    keys = [(name, 1, "plates", SIZE) for name in "abc"]
    first = painters.get(keys[0], lambda: Plate(SIZE))
    painters.get(keys[1], lambda: Plate(SIZE))
    assert painters.get(keys[0], lambda: Plate(SIZE)) is first
    painters.get(keys[2], lambda: Plate(SIZE))
    assert painters.memory_bytes == 20
    assert painters.get(keys[0], lambda: Plate(SIZE)) is first
    misses = painters.misses
    painters.get(keys[1], lambda: Plate(SIZE))
    assert painters.misses == misses + 1


def test_a_face_larger_than_all_memory_is_still_held() -> None:
    painters = Painters(limit_bytes=5)
    painters.get(("a", 1, "plates", SIZE), lambda: Plate(SIZE))
    assert painters.memory_bytes == 10


def test_a_process_that_has_not_booted_is_cold(warm: Engine) -> None:
    remove()
    with pytest.raises(EngineCold):
        current_engine()
    install(warm)
    assert current_engine() is warm
    assert warm.engines == ("plates",)
    remove()
    assert room._current == []
