"""The gate admits one at a time, the most urgent first."""

import threading

import pytest

from workers.gate import DeadlineGate


def test_the_most_urgent_of_those_who_wait_is_admitted_first() -> None:
    gate = DeadlineGate()
    order: list[float] = []
    threads = []

    def draw(deadline_s: float) -> None:
        with gate.admitted(deadline_s, _patient):
            order.append(deadline_s)

    with gate.admitted(0.0, _patient):
        for waiting, deadline_s in enumerate([5.0, 1.0, 9.0, 3.0], 1):
            thread = threading.Thread(target=draw, args=(deadline_s,))
            thread.start()
            threads.append(thread)
            _until(lambda waiting=waiting: len(gate._waiting) == waiting)
    for thread in threads:
        thread.join()
    assert order == [1.0, 3.0, 5.0, 9.0]


def test_no_more_than_the_slots_are_inside_at_once() -> None:
    gate = DeadlineGate(slots=2)
    inside, most, lock = 0, 0, threading.Lock()
    barrier = threading.Barrier(2)

    def draw() -> None:
        nonlocal inside, most
        with gate.admitted(1.0, _patient):
            with lock:
                inside += 1
                most = max(most, inside)
            barrier.wait(timeout=10)
            with lock:
                inside -= 1

    threads = [threading.Thread(target=draw) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


def test_one_who_fails_inside_frees_the_slot() -> None:
    gate = DeadlineGate()
    with pytest.raises(ZeroDivisionError), gate.admitted(0.0, _patient):
        _ = 1 // 0
    with gate.admitted(0.0, _patient):
        pass


def test_a_gate_without_slots_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one slot"):
        DeadlineGate(0)


def test_one_who_gives_up_while_waiting_leaves_the_line() -> None:
    gate = DeadlineGate()

    def give_up() -> None:
        raise TimeoutError

    with gate.admitted(0.0, _patient), pytest.raises(TimeoutError), gate.admitted(1.0, give_up):
        pass
    with gate.admitted(2.0, _patient):
        assert gate._waiting == []


def _patient() -> None:
    """Wait for as long as it takes."""


def _until(condition) -> None:
    for _ in range(10_000):
        if condition():
            return
        threading.Event().wait(0.001)
    raise AssertionError("never came true")
