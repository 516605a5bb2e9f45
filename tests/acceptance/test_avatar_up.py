"""The embedded stack as a person runs it: started, used, struck, stopped."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

import settings


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("house") / "var"


def avatar(var: Path, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    changes = {"AVATAR_VAR": str(var), "AVATAR_WORKERS": "1", "AVATAR_STREAMS": "2", **env}
    changes |= dict.fromkeys(("REDIS_URL", "MEDIA_REDIS_URL", "DATABASE_URL", "AVATAR_URL", "AVATAR_KEY"), "")
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        env=settings.environment(changes), capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def run(var: Path) -> Iterator[dict[str, Any]]:
    started = avatar(var, "up", "--detach", "--no-flower")
    assert started.returncode == 0, started.stderr
    made = json.loads((var / "run.json").read_text())
    assert started.stdout == f"{made['address']} is ready; sign in once with {made['login']}\n"
    yield made
    avatar(var, "down")


def children(var: Path) -> dict[str, dict[str, Any]]:
    made: dict[str, dict[str, Any]] = json.loads((var / "run" / "children.json").read_text())
    return made


def wait_until(condition: Callable[[], bool], limit_s: float = 60.0) -> None:
    deadline_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not come about"
        time.sleep(0.05)


def test_an_occupied_port_is_told_by_its_setting_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        env = {"AVATAR_FLOWER_PORT": port, "AVATAR_WORKER_METRICS_PORT": port}
        for how in ("--detach", "--foreground"):
            refused = avatar(tmp_path / "var", "up", how, **env)
            assert refused.returncode == 1
            (line,) = refused.stderr.splitlines()
            assert "AVATAR_FLOWER_PORT" in line
            assert "AVATAR_WORKER_METRICS_PORT" in line
    assert not (tmp_path / "var" / "redis").exists()


def test_a_second_service_in_the_same_folder_is_refused(run: dict[str, Any], var: Path) -> None:
    for how in ("--detach", "--foreground"):
        second = avatar(var, "up", how)
        assert second.returncode == 1
        assert run["address"] in second.stderr
    assert psutil.pid_exists(run["pid"])


def test_a_new_login_link_can_be_had_while_it_runs(run: dict[str, Any], var: Path) -> None:
    told = avatar(var, "login")
    assert told.returncode == 0, told.stderr
    link = told.stdout.strip()
    assert link.startswith(f"{run['address']}/login?code=")
    assert link != run["login"]
    with urllib.request.urlopen(link) as answer:
        assert answer.status == 200


def test_the_login_link_lets_one_browser_in_once(run: dict[str, Any]) -> None:
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    opener = urllib.request.build_opener(Stay)
    answers = []
    for _ in range(2):
        try:
            opener.open(run["login"])
        except urllib.error.HTTPError as answer:
            with answer:
                answers.append((answer.code, "HttpOnly" in (answer.headers["Set-Cookie"] or "")))
    assert answers == [(303, True), (401, False)]


def test_an_utterance_survives_the_death_of_its_worker(run: dict[str, Any], var: Path) -> None:
    text = "این جمله آن قدر بلند است که کارگر در میان آن بمیرد، و کارگر دیگری آن را به پایان برساند. " * 2
    before = children(var)["worker-1"]
    changes = {"AVATAR_VAR": str(var), "AVATAR_URL": "", "AVATAR_KEY": ""}
    saying = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "say", "--json", text],
        env=settings.environment(changes), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    parts = var / "storage" / "utterances"
    # A kept sentence means that its first chunk is being drawn.
    wait_until(lambda: parts.exists() and any(parts.rglob("*")))
    time.sleep(0.5)
    os.kill(before["pid"], signal.SIGKILL)
    out, _ = saying.communicate(timeout=120)
    report = json.loads(out)
    assert (report["ending"], report["missing"], report["duplicates"]) == ("end", 0, 0)
    after = children(var)["worker-1"]
    assert after["restarts"] == before["restarts"] + 1


def test_the_front_door_comes_back_at_the_same_address(run: dict[str, Any], var: Path) -> None:
    os.kill(children(var)["web"]["pid"], signal.SIGKILL)
    wait_until(lambda: "web" in children(var) and children(var)["web"]["restarts"] == 1)
    with urllib.request.urlopen(f"{run['address']}/healthz", timeout=60) as answer:
        assert answer.status == 200


def streams_running(run: dict[str, Any]) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{run['ports']['worker-1']}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return sum(int(float(line.split()[1])) for line in lines if line.startswith("avatar_streams_running "))


def test_down_lets_what_is_being_said_end_and_leaves_nothing(run: dict[str, Any], var: Path) -> None:
    family = [psutil.Process(run["pid"]), *psutil.Process(run["pid"]).children(recursive=True)]
    assert len(family) >= 5
    changes = {"AVATAR_VAR": str(var), "AVATAR_URL": "", "AVATAR_KEY": ""}
    text = "این جمله آن قدر بلند است که هنگام خاموش شدن هنوز گفته می‌شود، و باید تا پایان شنیده شود. " * 2
    saying = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "say", "--json", text],
        env=settings.environment(changes), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_until(lambda: streams_running(run) == 1)
    done = avatar(var, "down")
    assert done.returncode == 0, done.stderr
    assert "1 stream is being said still" in done.stderr
    out, _ = saying.communicate(timeout=60)
    report = json.loads(out)
    assert (report["ending"], report["missing"], report["reconnects"]) == ("end", 0, 0)
    gone, alive = psutil.wait_procs(family, timeout=10)
    assert [process.name() for process in alive] == []
    assert not (var / "run.json").exists()
    assert not (var / "run" / "children.json").exists()
    assert not (var / "run" / "leaving").exists()
    assert len(gone) == len(family)
