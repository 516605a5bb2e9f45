"""When a mouth is called open; the browser itself is tried in tests/browser."""

import pytest

from cli.bench.browser import MouthNeverOpened, OpenMouth, first_open, first_open_ms

REST, AJAR, OPEN = 4.0, 6.0, 20.0


def frames(*changes: float) -> list[list[float]]:
    return [[200.0 + 40 * i, i / 25, change] for i, change in enumerate(changes)]


def test_the_first_frame_well_away_from_rest_counts() -> None:
    assert first_open_ms(frames(REST, AJAR, 12.0, OPEN, REST)) == 280.0


def test_its_place_in_the_film_is_told_beside_its_time_on_the_screen() -> None:
    assert first_open(frames(REST, AJAR, 12.0, OPEN, REST)) == OpenMouth(280.0, 80.0)


def test_a_mouth_that_is_open_at_once_counts_at_once() -> None:
    assert first_open_ms(frames(OPEN, OPEN, REST)) == 200.0


@pytest.mark.parametrize("changes", [(), (REST, REST, REST), (AJAR, AJAR, REST + 1)])
def test_a_mouth_that_hardly_moves_is_no_measurement(changes: tuple[float, ...]) -> None:
    with pytest.raises(MouthNeverOpened):
        first_open_ms(frames(*changes))
