"""What a bench of faults counts as a stall, a loss or a takeover; and it strikes only its own stack."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from cli.bench import faults
from cli.bench.together import BenchmarkFailed
from cli.client import Arrival, ViewerReport
from cli.run_file import RunFile
from tasks.stream_memory import MemoryChunkStream


def report(*at_s: float, gens: tuple[int, ...] = (), told: int | None = None) -> ViewerReport:
    """A viewing of chunks of 320 ms that came at these seconds."""
    gens = gens or (1,) * len(at_s)
    arrivals = [Arrival(n + 1, gens[n], at, n * 320, 320, 100) for n, at in enumerate(at_s)]
    detail = {"chunks": len(at_s) if told is None else told}
    return ViewerReport(arrivals=arrivals, detail=detail, ending="end")


def test_a_takeover_that_was_covered_by_what_the_viewer_had_is_no_stall() -> None:
    figures = faults._figures([report(0.0, 0.1, 0.2, 0.9, gens=(1, 1, 1, 2))])
    assert (figures["stall_max_ms"], figures["stalled"], figures["taken_over"]) == (0, 0, 1)


def test_the_time_the_picture_stood_still_is_the_stall() -> None:
    figures = faults._figures([report(0.0, 0.1, 0.2, 1.96), report(0.0, 0.1, 0.2, 0.3)])
    assert (figures["stall_p50_ms"], figures["stall_max_ms"], figures["stalled"]) == (0, 1000, 1)


def test_a_stream_whose_end_tells_another_number_of_chunks_is_counted() -> None:
    assert faults._figures([report(0.0, 0.1), report(0.0, 0.1, told=3)])["untold"] == 1


def test_without_reports_there_are_no_figures() -> None:
    assert faults._figures([]) == {}


def test_only_a_child_of_the_services_supervisor_is_struck() -> None:
    run = RunFile(address="http://127.0.0.1:1", key="", pid=os.getpid(), started="", login="", redis_url="")
    child = subprocess.Popen([sys.executable, "-c", "input('worker-7@%h')"], stdin=subprocess.PIPE)
    try:
        assert faults._child(run, "worker-7@%h") == child.pid
        with pytest.raises(BenchmarkFailed, match="redis-server"):
            faults._redis_pid(replace(run, pid=child.pid))
    finally:
        child.kill()
        child.communicate()


def test_a_stream_that_nobody_holds_cannot_lose_its_holder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "_PAUSE_S", 0.0)
    run = RunFile(address="", key="", pid=os.getpid(), started="", login="", redis_url="")
    stream = MemoryChunkStream()
    stream.create("f" * 32, "epoch")
    with pytest.raises(faults.NobodyHolds):
        faults._holder_pid(run, stream, "f" * 32)
