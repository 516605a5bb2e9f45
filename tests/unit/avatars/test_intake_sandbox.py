"""Every guard of the shut-in child holds when something in the child tries to break it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from avatars.sandbox_filter import ALLOWED, ARCHITECTURES, BY_DESCRIPTOR, NO_EXEC, build

PREAMBLE = """
import ctypes, json, mmap, os, resource, signal, socket, sys, threading
from avatars import sandbox
given = json.loads(sys.argv[1])
held = os.open(".", os.O_RDONLY)
guards = sandbox.shut_in(sandbox.Limits(2, 200 << 20), kill=given.get("kill", False))
def attempt(what):
    try:
        return repr(what())
    except (OSError, MemoryError, RuntimeError, ValueError) as error:
        return type(error).__name__
libc = ctypes.CDLL(None, use_errno=True)
"""


def child(script: str, tmp_path: Path, *, kill: bool = False) -> "subprocess.CompletedProcess[str]":
    arguments = [sys.executable, "-I", "-c", PREAMBLE + script, json.dumps({"kill": kill})]
    return subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)


BREAKOUTS = {
    "read a file": 'open("/etc/passwd").read()',
    "write a file": 'open("new", "w")',
    "write beside an open folder": 'os.open("new", os.O_CREAT | os.O_WRONLY, dir_fd=held)',
    "list a folder": 'os.listdir("/")',
    "list an open folder": "os.listdir(held)",
    "look at a file": 'os.stat("/etc/passwd")',
    "remove a file": 'os.remove("keep")',
    "open a socket": "socket.socket()",
    "open a pair of sockets": "socket.socketpair()",
    "fork": "os.fork()",
    "start a program": 'os.execv(sys.executable, [sys.executable, "-c", "1"])',
    "start a thread": "threading.Thread(target=print).start()",
    "signal its parent": "os.kill(os.getppid(), signal.SIGTERM)",
    "signal a group": "os.killpg(os.getppid(), signal.SIGTERM)",
    "raise its limits": "resource.setrlimit(resource.RLIMIT_CPU, (9, 9))",
    "run what it wrote": "mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)",
    "ask for more memory": "bytearray(400 << 20)",
    "make a file in memory": 'os.memfd_create("x")',
    "become another user": "os.setuid(65534)",
}


@pytest.mark.parametrize("name", BREAKOUTS)
def test_a_child_that_is_shut_in_cannot(name: str, tmp_path: Path) -> None:
    (tmp_path / "keep").write_text("kept")
    done = child(f"print(attempt(lambda: {BREAKOUTS[name]}))", tmp_path)
    assert done.stdout.strip() in {"PermissionError", "MemoryError", "RuntimeError", "ValueError"}, done
    assert [path.name for path in tmp_path.iterdir()] == ["keep"]


@pytest.mark.parametrize(
    "call", ["libc.ptrace(16, os.getppid(), 0, 0)", "libc.unshare(0x10000000)", "libc.prctl(22, 0, 0, 0, 0)"]
)
def test_a_raw_system_call_is_refused_too(call: str, tmp_path: Path) -> None:
    done = child(f"print({call}, ctypes.get_errno())", tmp_path)
    assert done.stdout.split() == ["-1", "1"]


def test_what_is_open_can_still_be_read_and_written(tmp_path: Path) -> None:
    done = child("print(len(os.read(0, 10)), os.fstat(1).st_size >= 0)", tmp_path)
    assert done.stdout.strip() == "0 True"


def test_processor_time_is_limited(tmp_path: Path) -> None:
    done = child("while True: pass", tmp_path)
    assert -done.returncode in (9, 24)


def test_a_file_that_is_open_for_writing_cannot_grow(tmp_path: Path) -> None:
    opened = 'held = os.open("f", os.O_CREAT | os.O_WRONLY)'
    script = PREAMBLE.replace('held = os.open(".", os.O_RDONLY)', opened)
    arguments = [sys.executable, "-I", "-c", script + "print(attempt(lambda: os.write(held, b'x')))", "{}"]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (tmp_path / "f").stat().st_size == 0
    assert done.stdout.strip() == "OSError"


def test_an_attempt_kills_where_attempts_are_counted(tmp_path: Path) -> None:
    assert child('open("/etc/passwd")', tmp_path, kill=True).returncode == -31


def test_the_guards_in_force_are_said(tmp_path: Path) -> None:
    done = child("print(json.dumps(guards))", tmp_path)
    guards = json.loads(done.stdout)
    assert {"no new privileges", "resource limits"} <= set(guards)
    assert guards[-1] == "system calls"


def test_a_process_with_threads_is_not_shut_in(tmp_path: Path) -> None:
    script = (
        "import threading; from avatars import sandbox\n"
        "threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        "try: sandbox.shut_in(sandbox.Limits(1, 1 << 20))\n"
        "except sandbox.SandboxUnavailable as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "2 threads" in done.stdout


def test_a_machine_without_a_table_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from avatars import sandbox

    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(sandbox.SandboxUnavailable, match="riscv64"):
        sandbox.shut_in(sandbox.Limits(1, 1))


def test_a_child_whose_parent_has_gone_does_not_begin() -> None:
    script = (
        "from avatars import sandbox\n"
        "try: sandbox.tie_to(1 << 30)\n"
        "except sandbox.SandboxUnavailable as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=False)
    assert "parent ended" in done.stdout


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_no_call_stands_twice_in_a_filter(machine: str) -> None:
    column = ARCHITECTURES[machine][1]
    numbers = [numbers[column] for table in (ALLOWED, NO_EXEC, BY_DESCRIPTOR) for numbers in table.values()]
    assert len(set(numbers)) == len(numbers)
    assert len(build(machine)) % 8 == 0
    assert len(build(machine)) // 8 < 4096


