"""Common sizes are made ready while nobody is waiting, and never at the cost of what is in use."""

import threading
from dataclasses import dataclass, field

import pytest

from avatars.errors import ObjectMissing
from lipsync.engines.contract import Size
from lipsync.face.track import FaceTrack
from workers import warming as room
from workers.engine import PAINTERS_BYTES, WARM_SIZE, Engine
from workers.gate import DeadlineGate
from workers.warming import COMMON_SIZES, keep_warm, next_cold


@dataclass(slots=True)
class Plate:
    """A painter that only weighs something."""

    size: Size
    memory_bytes: int


@dataclass(slots=True)
class Plates:
    """An engine that makes plates and remembers their sizes."""

    weight_bytes: int = 10
    made: list[Size] = field(default_factory=list)
    name: str = "plates"

    def prepare(self, face: FaceTrack, size: Size) -> Plate:
        self.made.append(size)
        return Plate(size, self.weight_bytes)


GONE: set[str] = set()


def faces(avatar: str, version: int) -> FaceTrack:
    if avatar in GONE:
        raise ObjectMissing(f"avatars/{avatar}/{version}/face.npz")
    return FaceTrack((), ())


def engine_with(drawing: Plates, *avatars: str) -> Engine:
    GONE.clear()
    engine = Engine("w1:1", None, {"plates": drawing}, faces, DeadlineGate())
    for avatar in avatars:
        engine.painter(avatar, 1, "plates", WARM_SIZE)
    return engine


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "EVERY_S", 0.0)


def warmed(engine: Engine, rounds: int, idle: bool = True) -> None:
    """Let it look so many times."""
    stop, left = threading.Event(), [rounds]

    def counted() -> bool:
        left[0] -= 1
        if left[0] <= 0:
            stop.set()
        return idle

    def look_on() -> None:
        while next_cold(engine, set()) is not None and not stop.is_set():
            stop.wait(0.005)
        stop.set()

    threading.Thread(target=look_on, daemon=True).start()
    keep_warm(engine, counted, stop)


def test_every_face_becomes_ready_in_every_common_size_the_most_asked_for_size_first() -> None:
    drawing = Plates()
    engine = engine_with(drawing, "samira", "kian")
    warmed(engine, 100)
    assert drawing.made[2:] == [size for size in COMMON_SIZES for _ in ("kian", "samira")]
    assert {key[3] for key in engine.painters.ready() if key[0] == "samira"} == {WARM_SIZE, *COMMON_SIZES}
    misses = engine.painters.misses
    engine.painter("samira", 1, "plates", Size(720, 1280))
    assert engine.painters.misses == misses


def test_nothing_is_prepared_while_a_stream_runs() -> None:
    drawing = Plates()
    warmed(engine_with(drawing, "samira"), 5, idle=False)
    assert drawing.made == [WARM_SIZE]


def test_what_is_in_use_is_not_pushed_out() -> None:
    engine = engine_with(Plates(weight_bytes=PAINTERS_BYTES // 6), "a", "b", "c", "d")
    assert next_cold(engine, set()) is None


def test_a_face_that_was_taken_away_is_passed_over() -> None:
    drawing = Plates()
    engine = engine_with(drawing, "samira", "kian")
    GONE.add("kian")
    warmed(engine, 2 * len(COMMON_SIZES))
    assert {key[3] for key in engine.painters.ready() if key[0] == "samira"} == {WARM_SIZE, *COMMON_SIZES}
    assert {key[3] for key in engine.painters.ready() if key[0] == "kian"} == {WARM_SIZE}
