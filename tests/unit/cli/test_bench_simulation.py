"""The simulated queue keeps to what is known of queues, and to what the house does."""

import math

import numpy as np
import pytest

from cli.bench.simulation import DAY_S, Absence, Arrivals, House, a_day, per_day_for, simulate


def steady(rate: float, mean_s: float, count: int, seed: int) -> Arrivals:
    """Return Poisson arrivals at one rate whose places are held for exponential times."""
    chance = np.random.default_rng(seed)
    return Arrivals(np.cumsum(chance.exponential(1 / rate, count)), chance.exponential(mean_s, count))


def bare(*places: int, queue: int = 1_000_000) -> House:
    return House(places=places, ahead_s=0.0, overhead_s=0.0, queue=queue)


def erlang_c(places: int, offered: float) -> float:
    """Return the share that waits, of Poisson arrivals with exponential times (Erlang 1917)."""
    full = offered**places / math.factorial(places) * places / (places - offered)
    return full / (sum(offered**count / math.factorial(count) for count in range(places)) + full)


@pytest.mark.parametrize(("workers", "offered"), [(1, 0.7), (4, 3.0), (8, 7.0), (20, 17.0)])
def test_waits_are_those_of_erlang_where_his_formula_holds(workers: int, offered: float) -> None:
    outcome = simulate(steady(offered, 1.0, 200_000, seed=workers), bare(*[1] * workers))
    waits = erlang_c(workers, offered)
    assert outcome.late_share(1e-9) == pytest.approx(waits, rel=0.08)
    assert outcome.waited_s.mean() == pytest.approx(waits / (workers - offered), rel=0.15)
    assert outcome.utilisation == pytest.approx(offered / workers, rel=0.02)


def test_nobody_waits_while_there_is_a_place_and_those_who_wait_go_in_order() -> None:
    arrivals = Arrivals(np.array([0.0, 1.0, 2.0, 3.0]), np.array([10.0, 10.0, 10.0, 10.0]))
    outcome = simulate(arrivals, bare(1, 1))
    assert outcome.waited_s.tolist() == [0.0, 0.0, 8.0, 8.0]
    assert outcome.most_at_once == 2
    assert outcome.held_s == 40.0


def test_a_place_is_free_before_the_end_is_heard() -> None:
    arrivals = Arrivals(np.array([0.0, 1.0]), np.array([10.0, 2.0]))
    outcome = simulate(arrivals, House(places=[1], ahead_s=4.0, overhead_s=0.5))
    assert outcome.waited_s.tolist() == [0.0, 5.5]
    # One shorter than what is made ahead holds a place for no more than taking it up.
    assert outcome.held_s == 7.0


def test_who_finds_the_queue_full_is_turned_away() -> None:
    arrivals = Arrivals(np.arange(5.0), np.full(5, 100.0))
    outcome = simulate(arrivals, bare(1, queue=2))
    assert outcome.turned_away == 2
    assert len(outcome.waited_s) == 3


def test_a_worker_that_leaves_hands_its_streams_over_and_nothing_is_lost() -> None:
    arrivals = Arrivals(np.array([0.0, 0.0]), np.array([10.0, 10.0]))
    outcome = simulate(arrivals, bare(1, 1), [Absence(worker=0, from_s=4.0, to_s=6.0)])
    assert outcome.handed_over == 1
    assert outcome.waited_s.tolist() == [0.0, 0.0]
    # The one that was handed over goes on when its worker is back: no second is made twice.
    assert outcome.held_s == 20.0
    assert outcome.offered_s == 2 * 12.0 - 2.0


def test_all_that_came_are_served_however_often_workers_leave() -> None:
    arrivals = a_day(40_000, seed=3)
    house = House(places=[2, 2, 2])
    away = [Absence(hour % 3, hour * 3600.0, hour * 3600.0 + 40) for hour in range(24)]
    outcome = simulate(arrivals, house, away)
    assert len(outcome.waited_s) == len(arrivals)
    whole = simulate(arrivals, house)
    assert outcome.held_s == pytest.approx(whole.held_s)
    assert outcome.waited_s.sum() > whole.waited_s.sum()


def test_a_day_has_as_many_as_were_asked_for_and_most_in_the_evening() -> None:
    day = a_day(100_000, seed=1)
    assert len(day) == pytest.approx(100_000, rel=0.02)
    hours = np.bincount((day.at_s // 3600).astype(int), minlength=24)
    assert hours.argmax() in (19, 20)
    assert hours.argmin() in (7, 8)
    assert hours.max() > 6 * hours.min()
    assert day.at_s.max() < DAY_S
    np.testing.assert_array_equal(day.at_s, a_day(100_000, seed=1).at_s)


def test_the_load_asked_for_is_the_load_at_the_peak() -> None:
    house = House(places=[50])
    day = a_day(per_day_for(house, 0.8), seed=2)
    peak = (day.at_s > 19.5 * 3600) & (day.at_s < 20.5 * 3600)
    held_s = np.maximum(day.speech_s[peak] - house.ahead_s, 0).sum() + house.overhead_s * peak.sum()
    assert held_s / 3600 / 50 == pytest.approx(0.8, rel=0.05)
