"""The curve of admitted streams: more workers wait less at the same load, and leaving costs little."""

import numpy as np
import pytest

from cli.bench.scaling import churn, curve, fitted
from cli.bench.simulation import Arrivals, House, simulate


def test_waits_rise_with_the_load_and_fall_with_the_number_of_workers() -> None:
    told: list[int] = []
    rows = curve(4, (1, 8), (0.6, 0.95), 1, told.append)
    assert told == [1, 2, 3, 4]
    assert [(row["workers"], row["load"]) for row in rows] == [(1, 0.6), (1, 0.95), (8, 0.6), (8, 0.95)]
    one, many = [row["late_share"] for row in rows[:2]], [row["late_share"] for row in rows[2:]]
    assert one[0] < one[1]
    assert many[0] <= many[1]
    assert many[0] < one[0]
    assert many[1] < one[1]
    assert all(row["at_once"] <= 4 * row["workers"] for row in rows)
    assert all(0 < row["utilisation"] < row["load"] for row in rows)


def test_workers_that_leave_hand_over_and_little_is_late() -> None:
    row = churn(4, 8, 0.6, 3600.0, 1)
    assert row["left"] in (22, 23)
    assert row["handed_over"] > row["left"]
    assert row["late_share"] < 0.01


@pytest.mark.parametrize("overhead_s", [0.1, 0.75, 2.0])
def test_what_a_place_is_held_beside_the_speech_is_found_from_waits(overhead_s: float) -> None:
    chance = np.random.default_rng(3)
    came = Arrivals(np.sort(chance.uniform(0, 120, 60)), chance.uniform(5, 15, 60))
    waited_s = simulate(came, House(places=[2, 2], overhead_s=overhead_s)).waited_s.tolist()
    assert fitted(came, House(places=[2, 2]), waited_s) == pytest.approx(overhead_s, abs=0.051)
