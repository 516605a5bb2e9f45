"""A network paints the mouths of a whole running service, though the worker that has it is killed."""

import io
import os
import signal
import time
from pathlib import Path

import pytest
from stacks import avatar_environment, running

from cli.client import Service, Viewer
from lipsync.media.probe import probe
from tasks.stream_redis import open_stream
from workers.nets import MODEL
from workers.tiny_wav2lip import write_tiny

TEXT = (
    "سلام. این جمله را شبکه‌ای کوچک نقاشی می‌کند، و یکی از دو کارگر در میانهٔ آن از کار می‌افتد. "
    "دیگری ادامه می‌دهد."
)


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("painted") / "var"


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
