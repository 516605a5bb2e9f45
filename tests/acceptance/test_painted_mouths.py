"""A network paints the mouths of a whole running service, though the worker that has it is killed."""

import io
import os
import signal
import time
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from stacks import avatar_environment, running

from cli.client import Service, StreamBroken, Viewer
from lipsync.media.probe import probe
from tasks.stream_redis import open_stream
from workers.faults import FaultBook
from workers.nets import MODEL
from workers.onnx_writing import write_model, write_node
from workers.tiny_wav2lip import NAMES, TINY_RAMP, TINY_SOUND, write_tiny
from workers.wav2lip_layout import SIZE_PX

TEXT = (
    "سلام. این جمله را شبکه‌ای کوچک نقاشی می‌کند، و یکی از دو کارگر در میانهٔ آن از کار می‌افتد. "
    "دیگری ادامه می‌دهد."
)


BREAKS: Final = (-1.7, -0.4)
"""Between these means of a mel, on its scale of -4..4, the model paints NaN."""


def breaking_model() -> bytes:
    """Return a model that paints a grey ramp, and NaN where the mel's mean is as of usual speech."""
    sound, face = NAMES
    ramp = 0.4 + np.linspace(-TINY_RAMP, TINY_RAMP, SIZE_PX, dtype=np.float32).reshape(1, 1, 1, SIZE_PX)
    tensors = {
        "low": np.array(BREAKS[:1], np.float32),
        "high": np.array(BREAKS[1:], np.float32),
        "little": np.array([1e-6], np.float32),
        "loud": np.array(TINY_SOUND, np.float32).reshape(1, 3, 1, 1),
        "ramp": ramp + np.zeros((1, 1, SIZE_PX, 1), np.float32),
        "shown": np.array([0.01], np.float32),
    }
    nodes = [
        write_node("ReduceMean", [sound], "volume", axes=[1, 2, 3]),
        write_node("Sub", ["volume", "low"], "above"),
        write_node("Sub", ["volume", "high"], "below"),
        write_node("Mul", ["above", "below"], "room"),
        # The root of less than nothing is no number, and stays none whatever it is multiplied with.
        write_node("Sqrt", ["room"], "root"),
        write_node("Mul", ["root", "little"], "trap"),
        write_node("ReduceMean", [face], "seen", axes=[1, 2, 3]),
        write_node("Mul", ["seen", "shown"], "tint"),
        write_node("Mul", ["volume", "loud"], "heard"),
        write_node("Add", ["heard", "tint"], "both"),
        write_node("Add", ["both", "trap"], "colour"),
        write_node("Add", ["colour", "ramp"], "painted"),
    ]
    ends = {sound: ("N", 1, 80, 16), face: ("N", 6, SIZE_PX, SIZE_PX)}
    return write_model(nodes, tensors, ends, ("painted", ("N", 3, SIZE_PX, SIZE_PX)))


@pytest.fixture
def var(tmp_path: Path) -> Path:
    return tmp_path / "var"


def test_a_painted_stream_outlives_its_worker_and_its_successor_is_tested_before_it_works(var: Path) -> None:
    model = var / "assets" / MODEL
    model.parent.mkdir(parents=True)
    model.write_bytes(write_tiny(96))
    env = avatar_environment(var, AVATAR_WORKERS="2")
    with running(var, env, "--no-flower") as run, Service(run["address"], run["key"]) as service:
        made = service.request(
            "POST", "/v1/utterances", {"avatar": "kian", "text": TEXT, "engine": "wav2lip"}
        )
        seen: list[int] = []

        def strike(chunk: object) -> None:
            seen.append(1)
            if len(seen) == 6:
                meta = open_stream(run["redis_url"]).meta(made["id"])
                assert meta is not None
                assert meta.owner is not None
                os.kill(int(meta.owner.split(":")[1].split("-")[0]), signal.SIGKILL)

        report = Viewer(
            service,
            made["id"],
            made["stream"],
            posted_s=time.monotonic(),
            on_chunk=strike,
            keep_segments=True,
        ).watch()
        assert (report.ending, report.missing, report.duplicates) == ("end", 0, 0)
        film = probe(io.BytesIO(report.init + b"".join(report.segments)))
        assert (film.gaps, film.errors) == ((), ())
        assert film.frames * 40 == report.duration_ms
        log = "".join(path.read_text("utf-8") for path in (var / "log").glob("worker-*.log"))
        deadline_s = time.monotonic() + 20
        while log.count("net_warm") < 3 and time.monotonic() < deadline_s:
            time.sleep(0.2)
            log = "".join(path.read_text("utf-8") for path in (var / "log").glob("worker-*.log"))
        assert log.count("net_warm") == 3
        assert "net_failed" not in log


def test_a_network_that_breaks_ends_its_process_and_never_becomes_content(var: Path) -> None:
    model = var / "assets" / MODEL
    model.parent.mkdir(parents=True)
    model.write_bytes(breaking_model())
    env = avatar_environment(var, AVATAR_WORKERS="2")
    with running(var, env, "--no-flower") as run, Service(run["address"], run["key"]) as service:
        body = {"avatar": "kian", "text": TEXT, "engine": "wav2lip"}
        made = service.request("POST", "/v1/utterances", body)
        with pytest.raises(StreamBroken, match="poison"):
            Viewer(service, made["id"], made["stream"], posted_s=time.monotonic()).watch()
        log = "".join(path.read_text("utf-8") for path in (var / "log").glob("worker-*.log"))
        assert "hold NaN or infinity" in log
        assert "net_failed" in log
        (book,) = (var / "run" / "devices").glob("*.json")
        assert {fault.about for fault in FaultBook(book.parent).faults(book.stem)} == {made["id"]}
        # The house goes on: another engine, and this one too once the device has been tested.
        again = service.request("POST", "/v1/utterances", {**body, "engine": "warp"})
        assert (
            Viewer(service, again["id"], again["stream"], posted_s=time.monotonic()).watch().ending == "end"
        )
