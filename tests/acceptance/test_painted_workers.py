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
from typing import Any, Final

import numpy as np
import pytest
from stacks import avatar_environment, running

from cli.client import Service, Viewer
from lipsync.media.probe import probe
from tasks.catalogue import Catalogue
from tasks.stream_redis import open_stream, redis_client
from workers.nets import MODEL
from workers.onnx_writing import write_model, write_node
from workers.tiny_wav2lip import NAMES, TINY_RAMP, TINY_SOUND, write_tiny
from workers.wav2lip_layout import SIZE_PX

SENTENCE = "این جمله را شبکه‌ای کوچک نقاشی می‌کند و کارگرها در میانهٔ آن می‌آیند و می‌روند. "


CHANNELS: Final = 64
LAYERS: Final = 12


def slow_model() -> bytes:
    """Return a model that paints a ramp in the sound's grey, after the work of a real one: 8 GFLOP."""
    sound, face = NAMES
    chance = np.random.default_rng(1)
    ramp = 0.4 + np.linspace(-TINY_RAMP, TINY_RAMP, SIZE_PX, dtype=np.float32).reshape(1, 1, 1, SIZE_PX)
    tensors = {
        "little": np.array([1e-9], np.float32),
        "loud": np.array(TINY_SOUND, np.float32).reshape(1, 3, 1, 1),
        "ramp": ramp + np.zeros((1, 1, SIZE_PX, 1), np.float32),
    }
    nodes, before, channels = [], face, 6
    for layer in range(LAYERS):
        weights = chance.normal(0, 0.04, (CHANNELS, channels, 3, 3)).astype(np.float32)
        tensors[f"w{layer}"], channels = weights, CHANNELS
        nodes.append(
            write_node("Conv", [before, f"w{layer}"], f"x{layer}", kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        )
        before = f"x{layer}"
    nodes += [
        write_node("ReduceMean", [before], "worked", axes=[1, 2, 3]),
        write_node("Mul", ["worked", "little"], "trifle"),
        write_node("ReduceMean", [sound], "volume", axes=[1, 2, 3]),
        write_node("Mul", ["volume", "loud"], "heard"),
        write_node("Add", ["heard", "trifle"], "colour"),
        write_node("Add", ["colour", "ramp"], "painted"),
    ]
    ends = {sound: ("N", 1, 80, 16), face: ("N", 6, SIZE_PX, SIZE_PX)}
    return write_model(nodes, tensors, ends, ("painted", ("N", 3, SIZE_PX, SIZE_PX)))


def wait_until(condition: Callable[[], bool], what: str, limit_s: float = 120.0) -> None:
    deadline_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline_s, what
        time.sleep(0.1)


class Watched:
    """A painted stream that is watched to its end beside the test."""

    def __init__(self, run: dict[str, Any], sentences: int, text: str = SENTENCE) -> None:
        self._service = Service(run["address"], run["key"])
        self._stream = open_stream(run["redis_url"])
        made = self._service.request(
            "POST", "/v1/utterances", {"avatar": "kian", "text": text * sentences, "engine": "wav2lip"}
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


def test_while_the_network_is_full_painted_streams_wait_and_others_begin(var: Path) -> None:
    (var / "assets" / MODEL).write_bytes(slow_model())
    with running(var, avatar_environment(var, AVATAR_WORKERS="1"), "--no-flower") as run:
        (told,) = Catalogue(redis_client(run["redis_url"], blocking=False)).workers()
        assert (told.streams, dict(told.engine_streams)) == (4, {"wav2lip": 1})
        held = Watched(run, 1)
        wait_until(lambda: held.chunks > 0, "the first stream has not begun")
        waiting = [Watched(run, 1, "سلام دنیا. "), Watched(run, 1, "سلام دنیا. ")]
        assert [each.place for each in waiting] == [1, 2]
        with Service(run["address"], run["key"]) as service:
            made = service.request(
                "POST", "/v1/utterances", {"avatar": "kian", "text": "سلام دنیا.", "engine": "warp"}
            )
            viewer = Viewer(service, made["id"], made["stream"], posted_s=time.monotonic())
            assert viewer.watch().ending == "end"
        for each in (held, *waiting):
            each.check_whole()
        log = (var / "log" / "worker-1.log").read_text("utf-8")
        assert "net_failed" not in log
