"""A recording is spoken by a whole running service, though the worker that speaks it is killed."""

import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import sound_files
from stacks import avatar, avatar_environment, running

from cli.client import Service, Viewer
from lipsync.media.probe import probe
from tasks.stream_redis import open_stream

SECONDS = 20.0
FRAMES = 500


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("recording") / "var"


def test_a_recording_outlives_the_worker_that_speaks_it(var: Path, tmp_path: Path) -> None:
    env = avatar_environment(var, AVATAR_WORKERS="2")
    file = tmp_path / "voice.mp3"
    file.write_bytes(sound_files.coded(sound_files.hum(SECONDS), "mp3", "libmp3lame"))
    with running(var, env, "--no-flower") as run:
        film, vtt = tmp_path / "a.mp4", tmp_path / "a.vtt"
        said = avatar(
            env, "say", "--recording", str(file), "--transcript", "یک دو سه چهار", "--avatar", "kian",
            "--out", str(film), "--vtt", str(vtt), "--json",
        )  # fmt: skip
        assert said.returncode == 0, said.stderr
        figures = json.loads(said.stdout)
        # An MP3 is padded to whole frames of its own.
        assert SECONDS * 1000 <= figures["duration_ms"] <= SECONDS * 1000 + 120
        assert "چهار" in vtt.read_text("utf-8")
        undisturbed = _film(film)

        with Service(run["address"], run["key"]) as service:
            recording = service.request("GET", "/v1/recordings")["recordings"][0]
            assert (recording["state"], recording["report"]["kind"]) == ("ready", "MP3")
            body = {"avatar": "kian", "recording": recording["id"], "transcript": "یک دو سه چهار"}
            made = service.request("POST", "/v1/utterances", body)
            seen: list[int] = []

            def strike(chunk: object) -> None:
                seen.append(1)
                if len(seen) == 12:
                    os.kill(_holder(var, run, made["id"]), signal.SIGKILL)

            report = Viewer(
                service, made["id"], made["stream"], posted_s=time.monotonic(), on_chunk=strike
            ).watch()
            assert (report.ending, report.missing, report.duplicates) == ("end", 0, 0)
            service.wait_for_files(made["id"])
            service.download(f"/v1/utterances/{made['id']}/video.mp4", tmp_path / "b.mp4")
        disturbed = _film(tmp_path / "b.mp4")
        assert len(disturbed) == len(undisturbed)
        assert np.abs(np.diff(disturbed)).max() <= 1.3 * np.abs(np.diff(undisturbed)).max()

        silent = tmp_path / "silent.wav"
        silent.write_bytes(sound_files.wav(np.zeros(96_000, np.float32)))
        refused = avatar(env, "say", "--recording", str(silent))
        assert refused.returncode == 1
        assert "silent from beginning to end" in refused.stderr
        assert "Traceback" not in refused.stderr


def _holder(var: Path, run: dict[str, str], sid: str) -> int:
    """Return the process of the worker that holds a stream."""
    meta = open_stream(run["redis_url"]).meta(sid)
    assert meta is not None
    assert meta.owner is not None
    children = json.loads((var / "run" / "children.json").read_text())
    return int(children[meta.owner.partition(":")[0]]["pid"])


def _film(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Return the sound of a whole film."""
    import av

    with path.open("rb") as file:
        found = probe(file)
    assert (found.gaps, found.errors) == ((), ())
    assert FRAMES <= found.frames <= FRAMES + 3
    with av.open(str(path)) as container:
        return np.concatenate([piece.to_ndarray().reshape(-1) for piece in container.decode(audio=0)])
