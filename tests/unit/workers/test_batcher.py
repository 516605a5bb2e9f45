"""Frames of many streams share calls of one network, each stream gets its own, none starves."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from lipsync.engines.contract import WHENEVER
from lipsync.engines.net import Faces, Mels, Mouths, NetFailed
from workers.batcher import Batcher, Call, NetClosed, NetHung, Sizes

SIDE_PX = 96
SECONDS = {1: 0.01, 2: 0.011, 4: 0.012, 8: 0.014}


class Mirror:
    """A network whose picture is told by face and sound together; it can be held, and can break."""

    side_px = SIDE_PX

    def __init__(self) -> None:
        self.free = threading.Event()
        self.free.set()
        self.reached = threading.Event()
        self.order: list[list[float]] = []
        self.breaks: Callable[[], Mouths] | None = None
        self.inside = 0

    def paint(self, mel: Mels, face: Faces, due_s: float = WHENEVER) -> Mouths:
        self.inside += 1
        assert self.inside == 1, "two threads in one network"
        self.order.append([float(each) for each in mel[:, 0, 0, 0]])
        self.reached.set()
        assert self.free.wait(30)
        try:
            if self.breaks is not None:
                return self.breaks()
            return expected(mel, face)
        finally:
            self.inside -= 1


def expected(mel: Mels, face: Faces) -> Mouths:
    return np.asarray(face[:, 3:] * 0.5 + mel.mean(axis=(1, 2, 3))[:, None, None, None] * 0.125, np.float32)


def sound(*values: float) -> Mels:
    return np.ones((len(values), 1, 80, 16), np.float32) * np.array(values, np.float32)[:, None, None, None]


def face_of(colour: float, frames: int) -> Faces:
    one = np.full((1, 6, SIDE_PX, SIDE_PX), colour, np.float32)
    return np.broadcast_to(one, (frames, 6, SIDE_PX, SIDE_PX))


@pytest.fixture
def net() -> Iterator[Mirror]:
    made = Mirror()
    yield made
    made.free.set()


def hold(net: Mirror, batcher: Batcher, pool: ThreadPoolExecutor) -> object:
    """Keep the network busy, so that what comes now waits."""
    net.free.clear()
    net.reached.clear()
    busy = pool.submit(batcher.paint, sound(-9), face_of(0, 1), 0.0)
    assert net.reached.wait(10)
    return busy


def waiting(batcher: Batcher, count: int) -> None:
    deadline_s = time.monotonic() + 10
    while len(batcher._waiting) != count:
        assert time.monotonic() < deadline_s
        time.sleep(0.001)


def test_no_face_meets_anothers_mouth_however_many_threads_ask(net: Mirror) -> None:
    """A hundred coloured faces, each with sound of its own, in requests of every length."""
    calls: list[Call] = []
    with Batcher(net, SECONDS, on_call=calls.append) as batcher, ThreadPoolExecutor(24) as pool:

        def speak(stream: int) -> None:
            for turn in range(12):
                frames = 1 + (stream + turn) % 7
                mel = sound(*(stream + turn / 16 + frame / 128 for frame in range(frames)))
                face = face_of(stream / 100, frames)
                painted = batcher.paint(mel, face, due_s=float(turn))
                np.testing.assert_array_equal(painted, expected(mel, face))

        list(pool.map(speak, range(100)))
    asked = sum(1 + (stream + turn) % 7 for stream in range(100) for turn in range(12))
    assert sum(call.frames for call in calls) == asked
    assert {call.size for call in calls} <= set(SECONDS)
    assert max(call.streams for call in calls) > 1
    assert len(calls) < 1200


def test_what_waits_while_the_network_is_busy_is_painted_in_one_call(net: Mirror) -> None:
    calls: list[Call] = []
    with Batcher(net, SECONDS, on_call=calls.append) as batcher, ThreadPoolExecutor(8) as pool:
        busy = hold(net, batcher, pool)
        asked = [pool.submit(batcher.paint, sound(stream), face_of(0.5, 1), 1.0) for stream in range(4)]
        waiting(batcher, 4)
        net.free.set()
        for each in (busy, *asked):
            each.result(10)
    assert [(call.frames, call.streams) for call in calls] == [(1, 1), (4, 4)]


def test_those_due_first_go_first_and_a_late_comer_overtakes(net: Mirror) -> None:
    with Batcher(net, {1: 0.01}) as batcher, ThreadPoolExecutor(8) as pool:
        hold(net, batcher, pool)
        dues = {5: 50.0, 1: 10.0, 9: 90.0, 3: 30.0}
        asked = []
        for count, (name, due_s) in enumerate(dues.items(), 1):
            asked.append(pool.submit(batcher.paint, sound(name), face_of(0.5, 1), due_s))
            waiting(batcher, count)
        net.free.set()
        for each in asked:
            each.result(10)
    assert net.order == [[-9.0], [1.0], [3.0], [5.0], [9.0]]


def test_a_long_request_is_painted_in_parts_and_an_urgent_one_comes_between(net: Mirror) -> None:
    with Batcher(net, {1: 0.01, 2: 0.011}) as batcher, ThreadPoolExecutor(8) as pool:
        net.free.clear()
        long = pool.submit(batcher.paint, sound(0, 1, 2, 3), face_of(0.5, 4), 90.0)
        assert net.reached.wait(10)
        urgent = pool.submit(batcher.paint, sound(7), face_of(0.25, 1), 1.0)
        waiting(batcher, 2)
        net.free.set()
        np.testing.assert_array_equal(urgent.result(10), expected(sound(7), face_of(0.25, 1)))
        np.testing.assert_array_equal(long.result(10), expected(sound(0, 1, 2, 3), face_of(0.5, 4)))
    assert net.order == [[0.0, 1.0], [7.0, 2.0], [3.0]]


def test_what_is_due_at_no_time_is_not_starved(net: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.batcher.LATEST_S", 0.0)
    with Batcher(net, {1: 0.01}) as batcher, ThreadPoolExecutor(8) as pool:
        hold(net, batcher, pool)
        file = pool.submit(batcher.paint, sound(1), face_of(0.5, 1))
        waiting(batcher, 1)
        later = pool.submit(batcher.paint, sound(2), face_of(0.5, 1), time.monotonic() + 3600)
        waiting(batcher, 2)
        net.free.set()
        file.result(10)
        later.result(10)
    assert net.order == [[-9.0], [1.0], [2.0]]


def test_a_call_that_is_filled_up_gives_nobody_the_copies(net: Mirror) -> None:
    calls: list[Call] = []
    with Batcher(net, {4: 0.01}, on_call=calls.append) as batcher:
        painted = batcher.paint(sound(1, 2, 3), face_of(0.5, 3))
    np.testing.assert_array_equal(painted, expected(sound(1, 2, 3), face_of(0.5, 3)))
    assert [(call.frames, call.size) for call in calls] == [(3, 4)]
    # What is told of the painting leaves the copies out.
    assert calls[0].mean == pytest.approx(painted.mean(), rel=1e-5)
    assert calls[0].deviation == pytest.approx(painted.std(), rel=1e-5)
    assert net.order == [[1.0, 2.0, 3.0, 3.0]]


def test_a_lone_stream_waits_for_others_no_longer_than_is_said(net: Mirror) -> None:
    calls: list[Call] = []
    with Batcher(net, SECONDS, wait_s=0.05, on_call=calls.append) as batcher:
        batcher.paint(sound(1), face_of(0.5, 1))
        batcher.paint(sound(*range(8)), face_of(0.5, 8))
    assert calls[0].waited_s >= 0.04
    # A full call waits for nobody.
    assert calls[1].waited_s < 0.04


@pytest.mark.parametrize(
    ("seconds", "waits", "paints"),
    [
        ({1: 1.0, 2: 1.1, 4: 1.2}, [1, 2, 3, 4, 9], [1, 2, 3, 4, 4]),
        # On a processor a frame costs what a frame costs: nothing is filled up for nothing.
        ({1: 1.0, 2: 2.0, 4: 4.0}, [1, 2, 3, 4, 9], [1, 2, 2, 4, 4]),
        ({4: 1.0}, [1, 2, 5], [1, 2, 4]),
    ],
)
def test_a_call_is_filled_up_only_where_two_calls_would_take_longer(
    seconds: dict[int, float], waits: list[int], paints: list[int]
) -> None:
    assert [Sizes(seconds).frames_now(frames) for frames in waits] == paints


def refuse() -> Mouths:
    raise NetFailed("out of memory")


def crash() -> Mouths:
    raise RuntimeError("CUDA error 700")


@pytest.mark.parametrize(
    ("breaks", "said"),
    [
        (refuse, "out of memory"),
        (crash, "CUDA error 700"),
        (lambda: np.zeros((3, 3, 2, 2), np.float32), "3, 3, 2, 2"),
    ],
)  # fmt: skip
def test_a_failure_is_told_to_all_who_wait_and_the_network_is_not_asked_again(
    net: Mirror, breaks: Callable[[], Mouths], said: str
) -> None:
    with Batcher(net, {1: 0.01}) as batcher, ThreadPoolExecutor(8) as pool:
        busy = hold(net, batcher, pool)
        asked = [pool.submit(batcher.paint, sound(stream), face_of(0.5, 1)) for stream in range(4)]
        waiting(batcher, 4)
        net.breaks = breaks
        net.free.set()
        for each in (busy, *asked):
            with pytest.raises(NetFailed, match=said):
                each.result(10)
        with pytest.raises(NetClosed):
            batcher.paint(sound(1), face_of(0.5, 1))
    assert len(net.order) == 1


def test_a_network_that_does_not_come_back_is_told(net: Mirror) -> None:
    with Batcher(net, {1: 0.01}, hangs_after_s=0.2) as batcher:
        net.free.clear()
        with pytest.raises(NetFailed, match="no answer from the network") as caught:
            batcher.paint(sound(1), face_of(0.5, 1))
        net.free.set()
    assert isinstance(caught.value.__cause__, NetHung)


def test_closing_ends_the_wait_of_all(net: Mirror) -> None:
    with ThreadPoolExecutor(8) as pool:
        batcher = Batcher(net, {1: 0.01})
        hold(net, batcher, pool)
        asked = pool.submit(batcher.paint, sound(1), face_of(0.5, 1))
        waiting(batcher, 1)
        closing = pool.submit(batcher.close)
        with pytest.raises(NetFailed, match="closed"):
            asked.result(10)
        net.free.set()
        closing.result(10)
