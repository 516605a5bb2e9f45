"""Capacity is measured on the thread's own processor time, and is never nothing."""

import time
from collections.abc import Callable

import pytest

from workers import capacity
from workers.capacity import CHUNKS_TIMED, MOST_STREAMS, measure_streams


@pytest.fixture
def drawing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Callable[[], None]]:
    """Returns drawing that takes given times, in ms a chunk, of a clock that is set."""

    def made(*times_ms: float) -> Callable[[], None]:
        now_s, left = [0.0], list(times_ms)
        monkeypatch.setattr(capacity, "thread_time", lambda: now_s[0])

        def draw() -> None:
            now_s[0] += left.pop(0) / 1000

        return draw

    return made


def test_seven_tenths_of_a_core_are_given_to_drawing(
    drawing: Callable[..., Callable[[], None]],
) -> None:
    streams, frame_ms = measure_streams(drawing(*[31.0] * CHUNKS_TIMED))
    # 3.875 ms a frame are 97 ms a second of each stream.
    assert streams == 7
    assert frame_ms == pytest.approx(3.875)


def test_what_else_the_machine_did_meanwhile_does_not_count(
    drawing: Callable[..., Callable[[], None]],
) -> None:
    times = [90.0] * (CHUNKS_TIMED - 1) + [31.0]
    assert measure_streams(drawing(*times))[0] == 7


@pytest.mark.parametrize(("chunk_ms", "streams"), [(5000.0, 1), (0.1, MOST_STREAMS)])
def test_a_worker_carries_at_least_one_stream_and_no_more_than_a_process_can(
    drawing: Callable[..., Callable[[], None]], chunk_ms: float, streams: int
) -> None:
    assert measure_streams(drawing(*[chunk_ms] * CHUNKS_TIMED))[0] == streams


def test_waiting_is_no_work() -> None:
    assert measure_streams(lambda: time.sleep(0.02))[0] == MOST_STREAMS
