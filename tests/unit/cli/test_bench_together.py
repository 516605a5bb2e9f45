"""Clients at once: results in order, failures told once."""

import threading

import pytest

from cli.bench.together import BenchmarkFailed, together
from cli.client import Refused


def test_everybody_acts_at_once_and_results_keep_their_order() -> None:
    everybody = threading.Barrier(4, timeout=30)

    def act(number: int) -> int:
        everybody.wait()
        return number * 10

    told: list[int] = []
    assert together(4, act, told.append) == [0, 10, 20, 30]
    assert told == [1, 2, 3, 4]


def test_one_that_fails_fails_them_all_after_the_others_have_ended() -> None:
    ended: list[int] = []

    def act(number: int) -> None:
        if number == 1:
            raise Refused(429, "Too many", "come back")
        ended.append(number)

    with pytest.raises(BenchmarkFailed, match="1 of 3 failed: 429 Too many"):
        together(3, act, lambda _: None)
    assert sorted(ended) == [0, 2]
