"""In memory the faces that are asked for most stay, within the bytes allowed."""

from collections import Counter

import pytest
from faces import face

from avatars.face_levels import FaceName
from avatars.face_memory import ProcessFaces, memory_bytes
from lipsync.face.points import CONTOURS

FACE_BYTES = memory_bytes(face())


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Level:
    def __init__(self, limit_faces: float) -> None:
        self.clock = Clock()
        self.events: Counter[str] = Counter()
        self.faces = ProcessFaces(int(limit_faces * FACE_BYTES), 60.0, self._note, self.clock)

    def _note(self, level: str, event: str, count: int) -> None:
        assert level == "process"
        self.events[event] += count

    def ask(self, avatar: str, version: int = 1) -> bool:
        """Ask for a face as the cache does; return whether it was there."""
        name = FaceName(avatar, version, "s")
        if self.faces.get(name) is not None:
            return True
        self.faces.put(name, face())
        return False


def test_the_size_of_a_face_is_that_of_its_arrays() -> None:
    assert 8 * 8 * 3 + sum(CONTOURS.values()) * 2 * 4 == FACE_BYTES


def test_a_face_that_is_asked_for_more_stays() -> None:
    level = Level(2)
    level.ask("often")
    level.ask("often")
    for passing in ("a", "b", "c", "d"):
        level.ask(passing)
    assert level.ask("often")
    assert level.faces.state().kept_bytes == 2 * FACE_BYTES
    assert level.events["evictions"] == 3


def test_one_that_is_asked_for_less_than_all_it_would_push_out_is_not_kept() -> None:
    level = Level(1)
    level.ask("often")
    level.ask("often")
    level.ask("new")
    assert level.events["evictions"] == 0
    assert not level.ask("new")
    assert level.ask("new")


def test_a_face_larger_than_everything_pushes_nobody_out() -> None:
    level = Level(1.5)
    level.ask("a")
    assert not level.faces.put(FaceName("large", 1, "s"), face(frames=2))
    assert level.ask("a")


def test_a_large_face_must_be_asked_for_as_often_as_all_whose_place_it_takes() -> None:
    level = Level(2)
    for small in ("a", "b"):
        level.ask(small)
        level.ask(small)
    large = FaceName("large", 1, "s")
    for _ in range(3):
        level.faces.get(large)
        assert not level.faces.put(large, face(frames=2))
    level.faces.get(large)
    level.faces.get(large)
    assert level.faces.put(large, face(frames=2))
    assert level.events["evictions"] == 2


def test_a_new_version_takes_the_place_of_the_old_and_the_old_never_comes_back() -> None:
    level = Level(5)
    level.ask("a", 1)
    level.ask("a", 2)
    assert level.faces.state().entries == 1
    assert not level.ask("a", 1)
    assert level.ask("a", 2)
    assert level.faces.state().kept_bytes == FACE_BYTES


def test_a_face_that_nobody_asks_for_is_let_go() -> None:
    level = Level(5)
    level.ask("a")
    level.clock.now_s += 40
    level.ask("b")
    assert level.faces.state().oldest_s == pytest.approx(40)
    level.clock.now_s += 40
    state = level.faces.state()
    assert (state.entries, state.kept_bytes) == (1, FACE_BYTES)
    assert level.events["expired"] == 1
    assert not level.ask("a")
