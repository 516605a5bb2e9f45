"""Names asked for often count for more, and old requests for less."""

from avatars.popularity import Popularity


def test_a_name_nobody_asked_for_counts_nothing() -> None:
    assert Popularity().of("a") == 0.0


def test_more_requests_count_for_more() -> None:
    counts = Popularity()
    for name in "aab":
        counts.note(name)
    assert counts.of("a") > counts.of("b") > 0


def test_a_request_counts_for_half_after_its_half_life() -> None:
    counts = Popularity(half_life=10)
    counts.note("old")
    for _ in range(9):
        counts.note("other")
    counts.note("new")
    assert abs(counts.of("new") / counts.of("old") - 2.0) < 1e-9


def test_weights_never_overflow_and_keep_their_order() -> None:
    counts = Popularity(half_life=1)
    for _ in range(5000):
        counts.note("old")
        counts.note("new")
    assert 0 < counts.of("old") < counts.of("new") < float("inf")


def test_the_least_asked_for_are_forgotten_first() -> None:
    counts = Popularity(most_names=20)
    for name in range(20):
        for _ in range(name + 1):
            counts.note(str(name))
    counts.note("more")
    assert len(counts) == 19
    assert counts.of("19") > 0
    assert counts.of("0") == 0
