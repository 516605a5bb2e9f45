"""Who has a place, and for whom it is worth giving one up."""

import pytest
from stage import Stage

from avatars.database import Database
from tasks.painted_places import PaintedPlaces
from tasks.station import NOBODY, Station, Waiting


@pytest.fixture
def stage(sqlite_database: Database) -> Stage:
    return Stage(sqlite_database)


def station(stage: Stage, *, free: bool, places: int, taken: int) -> Station:
    """Return one that carries a stream already, or has room for one, and so many painted ones."""
    painted = PaintedPlaces(places)
    for _ in range(taken):
        painted.enter()
    made = stage.worker(painted=painted)
    made.engine.streams = 1 if free else 0
    return made


def test_where_there_is_room_or_nobody_waits_none_need_leave(stage: Stage) -> None:
    some = Waiting(painted=1, others=1)
    roomy = station(stage, free=True, places=2, taken=1)
    assert not roomy.lacks_place(some, leaving_painted=True)
    assert not roomy.lacks_place(some, leaving_painted=False)
    assert not station(stage, free=False, places=1, taken=1).lacks_place(NOBODY, leaving_painted=True)


def test_a_full_worker_lacks_a_place_for_any_that_is_not_painted(stage: Stage) -> None:
    full = station(stage, free=False, places=0, taken=0)
    assert full.lacks_place(Waiting(painted=0, others=1), leaving_painted=False)
    assert not full.lacks_place(Waiting(painted=1, others=0), leaving_painted=False)


def test_a_full_network_is_left_by_painted_streams_alone(stage: Stage) -> None:
    waiting = Waiting(painted=1, others=0)
    roomy = station(stage, free=True, places=1, taken=1)
    assert roomy.lacks_place(waiting, leaving_painted=True)
    assert not roomy.lacks_place(waiting, leaving_painted=False)
    full = station(stage, free=False, places=1, taken=1)
    assert not full.lacks_place(waiting, leaving_painted=False)


def test_one_that_is_not_painted_leaves_a_full_worker_whose_network_has_room(stage: Stage) -> None:
    full = station(stage, free=False, places=2, taken=1)
    assert full.lacks_place(Waiting(painted=1, others=0), leaving_painted=False)
