"""Common sizes are made ready while nobody is waiting, and never at the cost of what is in use."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from sqlalchemy.exc import OperationalError

from avatars.errors import ObjectMissing
from avatars.usage import Likely
from lipsync.engines.contract import Size
from lipsync.face.track import FaceTrack
from workers import warming as room
from workers.engine import WARM_SIZE, Engine
from workers.gate import DeadlineGate
from workers.warming import COMMON_SIZES, LikelyFaces, keep_warm, next_cold


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


LIMIT_BYTES = 1000


def engine_with(drawing: Plates, *avatars: str) -> Engine:
    GONE.clear()
    engine = Engine(
        "w1:1", None, {"plates": drawing}, faces, DeadlineGate(), painters_bytes=LIMIT_BYTES
    )
    for avatar in avatars:
        engine.painter(avatar, 1, "plates", WARM_SIZE)
    return engine


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "EVERY_S", 0.0)


def likely(*avatars: str) -> list[Likely]:
    return [Likely(avatar, 1, "plates", pinned=False) for avatar in avatars]


def warmed(engine: Engine, rounds: int, idle: bool = True, wanted: Sequence[Likely] = ()) -> None:
    """Let it look so many times."""
    stop, left = threading.Event(), [rounds]

    def counted() -> bool:
        left[0] -= 1
        if left[0] <= 0:
            stop.set()
        return idle

    def look_on() -> None:
        while next_cold(engine, wanted, set()) is not None and not stop.is_set():
            stop.wait(0.005)
        stop.set()

    threading.Thread(target=look_on, daemon=True).start()
    keep_warm(engine, counted, stop, lambda limit: wanted[:limit])


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
    engine = engine_with(Plates(weight_bytes=LIMIT_BYTES // 6), "a", "b", "c", "d")
    assert next_cold(engine, (), set()) is None


def test_a_face_that_was_taken_away_is_passed_over() -> None:
    drawing = Plates()
    engine = engine_with(drawing, "samira", "kian")
    GONE.add("kian")
    warmed(engine, 2 * len(COMMON_SIZES))
    assert {key[3] for key in engine.painters.ready() if key[0] == "samira"} == {WARM_SIZE, *COMMON_SIZES}
    assert {key[3] for key in engine.painters.ready() if key[0] == "kian"} == {WARM_SIZE}


def test_the_likeliest_faces_are_ready_first_in_their_order_then_the_sizes() -> None:
    drawing = Plates()
    engine = engine_with(drawing, "samira")
    warmed(engine, 100, wanted=likely("pinned", "recent", "samira"))
    assert drawing.made[1:3] == [WARM_SIZE, WARM_SIZE]
    assert set(drawing.made[3:]) == set(COMMON_SIZES)
    assert {key[0] for key in engine.painters.ready()} == {"samira", "pinned", "recent"}
    other = engine_with(Plates(), "samira")
    assert next_cold(other, likely("a", "b"), set()) == ("a", 1, "plates", WARM_SIZE)


def test_the_likeliest_get_a_quarter_of_memory_more_than_sizes_do_and_no_more() -> None:
    engine = engine_with(Plates(weight_bytes=LIMIT_BYTES // 5), "a", "b", "c")
    assert next_cold(engine, (), set()) is None
    assert next_cold(engine, likely("new"), set()) == ("new", 1, "plates", WARM_SIZE)
    engine.painter("d", 1, "plates", WARM_SIZE)
    assert next_cold(engine, likely("new"), set()) is None


def test_a_likely_face_of_an_engine_that_is_not_held_is_passed_over() -> None:
    drawing = Plates()
    engine = engine_with(drawing)
    warmed(engine, 20, wanted=[Likely("old", 1, "oil", pinned=True), *likely("new")])
    assert {key[0] for key in engine.painters.ready()} == {"new"}


def test_the_likeliest_are_asked_for_now_and_then_and_remembered_while_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def ask(limit: int) -> list[Likely]:
        asked.append(limit)
        if len(asked) == 2:
            raise OperationalError("SELECT", {}, Exception("away"))
        return likely(f"avatar-{len(asked)}")

    found = LikelyFaces(ask)
    assert found.now() == found.now() == likely("avatar-1")
    assert asked == [room.MOST_LIKELY]
    monkeypatch.setattr(room, "ASK_EVERY_S", 0.0)
    assert found.now() == likely("avatar-1")
    assert found.now() == likely("avatar-3")
