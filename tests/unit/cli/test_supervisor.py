"""What is watched over is real: small shell programs that die, talk and refuse to end."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from cli.supervisor import Program, Supervisor, clear_leftovers


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    with Supervisor(
        log_dir=tmp_path / "log", children_file=tmp_path / "children.json", say=said.append
    ) as watching:
        yield watching


def shell(name: str, script: str, **options: object) -> Program:
    return Program(name=name, argv=("/bin/sh", "-c", script), **options)  # type: ignore[arg-type]


def pump_until(supervisor: Supervisor, condition: Callable[[], bool], limit_s: float = 20.0) -> None:
    deadline_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not come about"
        supervisor.pump(0.05)


def children(tmp_path: Path) -> dict[str, dict[str, float]]:
    return json.loads((tmp_path / "children.json").read_text())


def test_what_dies_is_started_again_and_counted(
    supervisor: Supervisor, said: list[str], tmp_path: Path
) -> None:
    supervisor.start(shell("short", f"echo lived >> {tmp_path}/lives; exit 3"))
    pump_until(supervisor, lambda: supervisor.restarts()["short"] >= 2)
    pump_until(supervisor, lambda: (tmp_path / "lives").read_text().count("lived") >= 3)
    assert said[0].startswith("short ended (status 3)")


def test_each_quick_death_makes_the_pause_longer(supervisor: Supervisor, said: list[str]) -> None:
    supervisor.start(shell("short", "exit 1"))
    pump_until(supervisor, lambda: supervisor.restarts()["short"] >= 4)
    pauses = [float(line.rpartition(" in ")[2].removesuffix(" s")) for line in said[:4]]
    assert pauses == [0.1, 0.2, 0.4, 0.8]


def test_what_is_killed_is_named_with_its_signal(
    supervisor: Supervisor, said: list[str], tmp_path: Path
) -> None:
    supervisor.start(shell("victim", "exec sleep 600"))
    os.kill(int(children(tmp_path)["victim"]["pid"]), signal.SIGKILL)
    pump_until(supervisor, lambda: bool(said))
    assert said[0].startswith("victim ended (signal 9)")


def test_output_goes_to_a_log_of_the_programs_own(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(shell("talker", "echo to out; echo to err >&2; exec sleep 600"))
    log = tmp_path / "log" / "talker.log"
    pump_until(supervisor, lambda: log.read_text() == "to out\nto err\n")


def test_a_restart_waits_until_what_must_follow_a_death_is_done(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    answers = [False, False, True]
    asked: list[int] = []

    def after_exit() -> bool:
        asked.append((tmp_path / "lives").read_text().count("lived"))
        return answers.pop(0) if answers else True

    supervisor.start(shell("worker", f"echo lived >> {tmp_path}/lives; exit 1", after_exit=after_exit))
    pump_until(supervisor, lambda: (tmp_path / "lives").exists() and len(asked) >= 4)
    # Three times after the first life, and only then a second one.
    assert asked[:4] == [1, 1, 1, 2]


def test_before_start_runs_before_every_start(supervisor: Supervisor, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    supervisor.start(shell("web", f"rm {mark}; exit 1", before_start=mark.touch))
    pump_until(supervisor, lambda: supervisor.restarts()["web"] >= 2)
    assert "cannot remove" not in (tmp_path / "log" / "web.log").read_text()


def test_stopping_lets_a_program_end_in_its_own_way(supervisor: Supervisor, tmp_path: Path) -> None:
    script = f"trap 'echo handed over > {tmp_path}/left; exit 0' TERM; echo up; while :; do sleep 0.05; done"
    supervisor.start(shell("worker", script))
    log = tmp_path / "log" / "worker.log"
    pump_until(supervisor, lambda: log.exists() and "up" in log.read_text())
    supervisor.stop(["worker"])
    assert (tmp_path / "left").read_text() == "handed over\n"
    assert children(tmp_path) == {}


def test_what_does_not_end_in_time_is_killed_with_what_it_started(
    supervisor: Supervisor, said: list[str], tmp_path: Path
) -> None:
    script = f"trap '' TERM; sleep 600 & echo $! > {tmp_path}/inner; wait; sleep 600"
    supervisor.start(shell("deaf", script, stop_s=0.3))
    pump_until(supervisor, lambda: (tmp_path / "inner").exists() and bool((tmp_path / "inner").read_text()))
    inner = int((tmp_path / "inner").read_text())
    supervisor.stop(["deaf"])
    assert said == ["deaf is killed"]
    wait_until(lambda: not runs(inner))


def test_a_second_interrupt_does_not_wait(supervisor: Supervisor, tmp_path: Path) -> None:
    script = "trap 'kill -INT $PPID' TERM; echo up; while :; do sleep 0.05; done"
    supervisor.start(shell("deaf", script, stop_s=600.0))
    log = tmp_path / "log" / "deaf.log"
    pump_until(supervisor, lambda: log.exists() and "up" in log.read_text())
    supervisor.stop(["deaf"])
    assert children(tmp_path) == {}


def test_nothing_is_restarted_once_the_end_has_begun(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(shell("first", "exec sleep 600"))
    supervisor.start(shell("second", "exec sleep 600"))
    supervisor.stop(["first"])
    os.kill(int(children(tmp_path)["second"]["pid"]), signal.SIGKILL)
    pump_until(supervisor, lambda: children(tmp_path) == {})
    supervisor.pump(0.2)
    assert supervisor.restarts() == {"first": 0, "second": 0}


def test_a_signal_to_end_is_counted(supervisor: Supervisor) -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    pump_until(supervisor, lambda: supervisor.interrupts == 1)


WATCHING = """
import sys, time
from pathlib import Path
from cli.supervisor import Program, Supervisor
folder = Path(sys.argv[1])
with Supervisor(log_dir=folder / "log", children_file=folder / "children.json", say=print) as watching:
    watching.start(Program(name="child", argv=("sleep", "600")))
    while True:
        watching.pump(1.0)
"""


@pytest.fixture
def watching(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-c", WATCHING, str(tmp_path)])
    deadline_s = time.monotonic() + 20
    while not (tmp_path / "children.json").exists():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    yield process
    process.kill()
    process.wait()


def test_children_die_with_a_supervisor_that_is_killed(
    watching: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    child = int(children(tmp_path)["child"]["pid"])
    wait_until(lambda: psutil.Process(child).name() == "sleep")
    watching.kill()
    watching.wait()
    wait_until(lambda: not runs(child))


def test_what_an_earlier_supervisor_left_is_cleared(tmp_path: Path) -> None:
    left = subprocess.Popen(["sleep", "600"], start_new_session=True)
    row = {"pid": left.pid, "started_s": psutil.Process(left.pid).create_time(), "restarts": 0}
    (tmp_path / "children.json").write_text(json.dumps({"redis": row}))
    assert clear_leftovers(tmp_path / "children.json") == ("redis",)
    assert left.wait(10) == -signal.SIGKILL
    assert not (tmp_path / "children.json").exists()


def test_a_number_that_belongs_to_another_process_now_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen(["sleep", "600"], start_new_session=True)
    row = {"pid": stranger.pid, "started_s": 1000.0, "restarts": 0}
    (tmp_path / "children.json").write_text(json.dumps({"redis": row}))
    try:
        assert clear_leftovers(tmp_path / "children.json") == ()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def wait_until(condition: Callable[[], bool], limit_s: float = 20.0) -> None:
    deadline_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not come about"
        time.sleep(0.02)


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
