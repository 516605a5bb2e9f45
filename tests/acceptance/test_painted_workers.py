"""Workers that paint come and go while streams run: one joins, one drains, one is killed."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from stacks import avatar_environment, running

from cli.client import Service, Viewer
from lipsync.media.probe import probe
from tasks.stream_redis import open_stream
from workers.nets import MODEL
from workers.tiny_wav2lip import write_tiny

SENTENCE = "این جمله را شبکه‌ای کوچک نقاشی می‌کند و کارگرها در میانهٔ آن می‌آیند و می‌روند. "


def wait_until(condition: Callable[[], bool], what: str, limit_s: float = 120.0) -> None:
    deadline_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline_s, what
        time.sleep(0.1)


class Watched:
    """A painted stream that is watched to its end beside the test."""

    def __init__(self, run: dict[str, Any], sentences: int) -> None:
        self._service = Service(run["address"], run["key"])
        self._stream = open_stream(run["redis_url"])
        made = self._service.request(
            "POST", "/v1/utterances", {"avatar": "kian", "text": SENTENCE * sentences, "engine": "wav2lip"}
        )
        self.id = made["id"]
        viewer = Viewer(
            self._service, self.id, made["stream"], posted_s=time.monotonic(), keep_segments=True
        )
        self.report = viewer.report
        self._thread = threading.Thread(target=viewer.watch)
        self._thread.start()

    @property
    def owner(self) -> str:
        """The worker that has it; empty for none."""
        meta = self._stream.meta(self.id)
        return "" if meta is None or meta.owner is None else meta.owner.partition(":")[0]

    @property
    def chunks(self) -> int:
        """How many have been published."""
        meta = self._stream.meta(self.id)
        return 0 if meta is None else meta.next - 1

    @property
    def place(self) -> int | None:
        """Its place in the line, as the front door tells it."""
        place: int | None = self._service.request("GET", f"/v1/utterances/{self.id}")["position"]
        return place

    def check_whole(self) -> None:
        """Every chunk came once and in order, to the end, and makes one film."""
        self._thread.join(180)
        assert self.report.ending == "end", self.report.detail
        assert [arrival.seq for arrival in self.report.arrivals] == list(range(1, self.report.chunks + 1))
        assert (self.report.missing, self.report.duplicates) == (0, 0)
        film = probe(io.BytesIO(self.report.init + b"".join(self.report.segments)))
        assert (film.gaps, film.errors, film.frames * 40) == ((), (), self.report.duration_ms)
        self._service.close()


@contextmanager
def joined(var: Path, env: dict[str, str], redis_url: str) -> Iterator[Path]:
    """Have a worker of its own supervisor join a service; yield where it says which process it is."""
    theirs = {
        **env, "REDIS_URL": redis_url, "AVATAR_WORKER_NAME": "late", "AVATAR_ASSETS": str(var / "assets"),
        "DATABASE_URL": f"sqlite:///{var / 'avatar.db'}", "AVATAR_STORAGE": str(var / "storage"),
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "cli.main", "workers"], env=theirs)
    try:
        yield var / "workers" / "late" / "run" / "children.json"
    finally:
        process.terminate()
        process.wait(60)


def pid_in(children: Path, name: str) -> int:
    return int(json.loads(children.read_text())[name]["pid"])


@pytest.fixture
def var(tmp_path: Path) -> Path:
    folder = tmp_path / "var"
    (folder / "assets" / MODEL).parent.mkdir(parents=True)
    (folder / "assets" / MODEL).write_bytes(write_tiny(96))
    return folder


def test_a_worker_joins_one_drains_and_one_is_killed_while_painted_streams_run(var: Path) -> None:
    env = avatar_environment(var, AVATAR_WORKERS="1", AVATAR_STREAMS="1")
    with running(var, env, "--no-flower") as run:
        first = Watched(run, 8)
        wait_until(lambda: first.chunks > 2, "the first stream has not begun")
        assert first.owner == "worker-1"
        second = Watched(run, 6)
        # The one network is full: whoever comes waits in its line, and nobody claims it.
        wait_until(lambda: second.place == 1, "the second stream does not wait")
        time.sleep(2.0)
        assert (second.owner, second.chunks) == ("", 0)
        with joined(var, env, run["redis_url"]) as children:
            wait_until(lambda: second.owner == "late-1", "the worker that joined took nothing up")
            begun = first.chunks
            os.kill(pid_in(var / "run" / "children.json", "worker-1"), signal.SIGTERM)
            wait_until(
                lambda: bool(first.owner) and first.chunks > begun + 2, "what was drained did not go on"
            )
            wait_until(lambda: second.chunks > 4, "the second stream has not begun")
            os.kill(pid_in(children, "late-1"), signal.SIGKILL)
            second.check_whole()
            first.check_whole()
            assert {arrival.gen for arrival in first.report.arrivals} != {1}
            assert {arrival.gen for arrival in second.report.arrivals} != {1}
            # Both are free again, and both listen again.
            later = [Watched(run, 1), Watched(run, 1)]
            for each in later:
                each.check_whole()
