"""A process that writes to the folder is killed at every one of its system calls."""

import json
import subprocess
import sys
from pathlib import Path

from avatars.storage_folder import FolderStorage

DRIVER = """
import ctypes, json, os, signal, sys
from pathlib import Path
from avatars.storage_folder import FolderStorage

TRACEME, SYSCALL = 0, 24
ptrace = ctypes.CDLL(None, use_errno=True).ptrace
ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
root, way = Path(sys.argv[1]), sys.argv[2]
old, new = b"a" * 200_000, b"b" * 300_000

def write():
    storage = FolderStorage(root)
    if way == "put":
        storage.put("o/p/q", new)
        return
    with storage.writer("o/p/q") as file:
        for _ in range(3):
            file.write(new[:100_000])

def start():
    child = os.fork()
    if not child:
        ptrace(TRACEME, 0, None, None)
        os.kill(os.getpid(), signal.SIGSTOP)
        write()
        os._exit(0)
    os.waitpid(child, 0)
    return child

steps = halves = whole = 0
ended = False
while not ended:
    steps += 1
    storage = FolderStorage(root)
    before = b"" if steps % 2 else old
    storage.delete("o/p/q")
    if before:
        storage.put("o/p/q", before)
    child = start()
    for _ in range(steps):
        if ptrace(SYSCALL, child, None, None):
            raise OSError(ctypes.get_errno(), "ptrace")
        status = os.waitpid(child, 0)[1]
        if not os.WIFSTOPPED(status):
            ended = True
            break
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    keys = list(storage.keys(""))
    there = storage.get("o/p/q") if keys else b""
    assert keys in ([], ["o/p/q"]), keys
    assert there in (before, new), (steps, len(there))
    whole += there == new
    halves += storage.sweep()
    assert list(root.glob(".writing/*")) == []
    if ended:
        assert there == new
print(json.dumps({"steps": steps, "halves": halves, "whole": whole}))
"""


def _kill_everywhere(root: Path, way: str) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, root, way], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    counts: dict[str, int] = json.loads(done.stdout)
    return counts


def test_a_put_killed_at_any_system_call_leaves_the_old_object_or_the_new_one(tmp_path: Path) -> None:
    counts = _kill_everywhere(tmp_path, "put")
    # Each of open, lock, write, two fsyncs and rename is stopped at twice, coming and going.
    assert counts["steps"] > 20
    assert counts["halves"] > 5
    assert counts["whole"] > 1
    assert FolderStorage(tmp_path).sweep() == 0


def test_a_writer_killed_at_any_system_call_leaves_the_old_object_or_the_new_one(tmp_path: Path) -> None:
    counts = _kill_everywhere(tmp_path, "writer")
    assert counts["steps"] > 20
    assert counts["halves"] > 5
    assert counts["whole"] > 1
