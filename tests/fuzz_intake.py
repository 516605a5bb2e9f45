"""Feed intake mutated files and count what comes of it: `python tests/fuzz_intake.py --n 10000`.

By default each file is read by a fork of one process with its libraries loaded, shut in by
the same guards; there the first refused system call kills, so that an attempt to open, connect
or start anything is counted. `--whole` goes the product's own way, a fresh program a file.
"""

import argparse
import collections
import os
import random
import signal
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

import intake_files

from avatars import intake_tools, sandbox
from avatars.errors import IntakeRefused
from avatars.intake import IntakeLimits, IntakeOptions, take_in
from avatars.intake_child import Channel
from avatars.intake_output import ChildOutput

LIMITS = IntakeLimits(cpu_s=20, wall_s=30)


def read_in_fork(data: bytes, folder: Path, tools: intake_tools.Tools) -> str:
    """Read one file in a fork that is shut in, and return how it ended in a word or two."""
    source, out = folder / "upload", folder / "out"
    source.write_bytes(data)
    out.mkdir()
    come, go = os.pipe()
    child = os.fork()
    if not child:
        _be_child(source, go, tools)
    os.close(go)
    output = ChildOutput(out, LIMITS.output_bytes, lambda step, share: None)
    alarm = threading.Timer(LIMITS.wall_s, os.kill, (child, signal.SIGKILL))
    alarm.start()
    with os.fdopen(come, "rb", buffering=0) as pipe:
        while piece := pipe.read(1 << 16):
            output.take(piece)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    alarm.cancel()
    alarm.join()
    output.close()
    source.unlink()
    for path in out.iterdir():
        path.unlink()
    out.rmdir()
    if output.refusal:
        return f"refused: {output.refusal[0]}"
    if status == -signal.SIGSYS:
        return "ATTEMPT"
    if output.broken:
        return f"ended: {output.broken[:40]} ({status})"
    return "accepted" if output.result and not status else f"ended: {status}"


def _be_child(source: Path, go: int, tools: intake_tools.Tools) -> None:
    with source.open("rb") as file:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        request = {"photo_px": LIMITS.photo_px, "video_px": LIMITS.video_px, "video_s": LIMITS.video_s,
            "video_frames": LIMITS.video_frames, "streams": LIMITS.streams}  # fmt: skip
        channel = Channel(os.fdopen(go, "wb"))
        warnings.simplefilter("ignore")
        status = 1
        try:
            sandbox.shut_in(sandbox.Limits(LIMITS.cpu_s, LIMITS.memory_bytes), kill=True)
            put, step, say = channel.put, channel.step, channel.say
            intake_tools.take(file, request, tools, put=put, on_progress=step, say=say)
            status = 0
        finally:
            os._exit(status)


def read_whole(data: bytes, folder: Path) -> str:
    """Read one file the product's own way."""
    source, out = folder / "upload", folder / "out"
    source.write_bytes(data)
    try:
        take_in(source, out, options=IntakeOptions(limits=LIMITS), on_progress=lambda step, share: None)
    except IntakeRefused as refusal:
        if out.exists():
            return "LEFT SOMETHING"
        if refusal.code == "unreadable" and refusal.detail:
            return f"ended: {refusal.detail.strip().rpartition(chr(10))[2][:60]}"
        return f"refused: {refusal.code}"
    for path in out.iterdir():
        path.unlink()
    out.rmdir()
    return "accepted"


def fuzz(count: int, seed: int, *, whole: bool, keep: Path | None = None) -> "collections.Counter[str]":
    """Read `count` mutated files; return how often each end came.

    Args:
        count: files.
        seed: of the mutations.
        whole: go the product's own way.
        keep: folder for files whose end was neither a refusal nor an avatar.

    Raises:
        AssertionError: something was left behind.
    """
    chance = random.Random(seed)
    seeds = list(intake_files.seeds().values())
    tools = None if whole else intake_tools.prepare({})
    ends: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(count):
            data = intake_files.mutate(chance, chance.choice(seeds), seeds)
            end = read_in_fork(data, folder, tools) if tools else read_whole(data, folder)
            ends[end] += 1
            if keep and not end.startswith(("refused", "accepted")):
                (keep / f"{seed}-{number}").write_bytes(data)
            left = {path.name for path in folder.iterdir()} - {"upload"}
            if left:
                raise AssertionError(f"file {number} left {left}")
    return ends


def main() -> None:
    """Fuzz as the command line asks and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    begun = time.monotonic()
    ends = fuzz(given.n, given.seed, whole=given.whole, keep=given.keep)
    lines = [f"{given.n} files, seed {given.seed}, {time.monotonic() - begun:.0f} s"]
    lines += [f"{times:7} {end}" for end, times in ends.most_common()]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
