"""The face cache's benchmark counts right, and the cache it measures hands out right faces."""

from cli.bench.face_cache import COURSES, belady, face_cache, lru, steps, trace


def test_lru_keeps_what_was_used_last() -> None:
    assert lru([1, 2, 1, 3, 1, 2], 2) == 2 / 6


def test_belady_keeps_what_is_needed_soonest() -> None:
    assert belady([1, 2, 3, 1, 2, 3, 1, 2, 3], 2) == 4 / 9
    assert belady([1, 2, 1, 2], 2) == 2 / 4
    assert belady([1, 2, 3], 5) == 0


def test_requests_follow_zipf_and_a_seed_repeats_them() -> None:
    asked = trace(1, 1000, 50_000)
    assert asked == trace(1, 1000, 50_000)
    assert asked != trace(2, 1000, 50_000)
    assert 1.8 < asked.count(0) / asked.count(1) < 2.2
    assert max(asked) < 1000


def test_a_short_run_measures_all_courses_and_finds_no_wrong_face() -> None:
    told: list[int] = []
    figures = face_cache(600, (1,), told.append, requests=1500)
    assert told == list(range(1, steps((1,)) + 1))
    assert {*COURSES, "process_rate", "lru_rate", "optimum_rate", "best_without_foresight"} <= set(figures)
    assert 0 < figures["process_rate"] < figures["hit_rate_by_count"] < figures["hit_rate"] <= 1
    assert figures["hit_rate"] <= figures["unlimited_rate"] <= 1
    assert figures["poisoned_found"] > 0
