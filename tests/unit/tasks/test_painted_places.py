"""A worker paints no more streams than its network carries, and listens for more only while it has room."""

from tasks.painted_places import PaintedPlaces, painted_streams


def test_a_fifth_of_the_network_is_left_free_and_one_stream_is_always_tried() -> None:
    speeds = (10.0, 31.0, 62.5, 84.0, 125.0)
    assert [painted_streams(each, on_gpu=True) for each in speeds] == [1, 1, 2, 2, 4]
    assert [painted_streams(each, on_gpu=False) for each in speeds] == [1, 1, 1, 2, 3]


def test_who_takes_the_last_place_ends_the_listening_and_who_leaves_begins_it_anew() -> None:
    places, told = PaintedPlaces(2), []
    places.on_change(told.append)
    assert places.enter()
    assert told == []
    assert places.enter()
    assert told == [False]
    assert (places.taken, places.full) == (2, True)
    assert not places.enter()
    assert places.taken == 2
    places.leave()
    assert (told[-1], places.full) == (True, False)
    assert places.enter()


def test_what_was_said_can_be_said_again() -> None:
    places, told = PaintedPlaces(1), []
    places.on_change(told.append)
    places.tell()
    places.enter()
    places.tell()
    assert told == [True, False, False]


def test_without_a_network_there_is_no_place() -> None:
    assert PaintedPlaces().full
    assert not PaintedPlaces().enter()
