"""Start the child, listen until it ends, and let nothing of it remain.

A command and an upload in; its output goes to a function as it comes, and how it ended comes
back. The child gets the upload as standard input, an empty environment and its own process
group, which is killed whole when time is over or the listener fails.
"""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PIECE_BYTES: Final = 1 << 16
_LAST_WORDS_BYTES: Final = 4096
_ENVIRONMENT: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"}
"""Nothing of the parent's: it holds addresses of databases and keys."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended."""

    status: int
    """Its exit status; minus the number of the signal that killed it."""
    timed_out: bool
    last_words: str
    """The end of its standard error."""


def run_child(
    command: Sequence[str], upload: Path, wall_s: float, take: Callable[[bytes], None]
) -> Ended:
    """Run a child on an upload and return when it has ended.

    Args:
        command: program and arguments.
        upload: becomes its standard input.
        wall_s: seconds before it is killed.
        take: given its standard output piece by piece; what it raises ends the child.
    """
    with upload.open("rb") as file:
        child = subprocess.Popen(
            command,
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # It gets no folder of its own: it can open none, and a parent that is killed leaves none.
            cwd="/",
            env=_ENVIRONMENT,
            start_new_session=True,
        )
        with child:
            try:
                timed_out, last_words = _listen(child, time.monotonic() + wall_s, take)
            finally:
                _kill_group(child)
    return Ended(child.returncode, timed_out, last_words.decode("utf-8", "replace"))


def _listen(
    child: "subprocess.Popen[bytes]", deadline: float, take: Callable[[bytes], None]
) -> tuple[bool, bytes]:
    """Pass on the child's output until it closes or time is over; return that, and its last words."""
    last_words = b""
    with selectors.DefaultSelector() as selector:
        for pipe in (child.stdout, child.stderr):
            if pipe is not None:
                selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if time.monotonic() >= deadline:
                return True, last_words
            for key, _ in ready:
                piece = os.read(key.fd, _PIECE_BYTES)
                if not piece:
                    selector.unregister(key.fileobj)
                elif key.fileobj is child.stdout:
                    take(piece)
                else:
                    last_words = (last_words + piece)[-_LAST_WORDS_BYTES:]
    return _outlasts(child, deadline), last_words


def _outlasts(child: "subprocess.Popen[bytes]", deadline: float) -> bool:
    """Tell whether a child that has closed its output is still there when time is over."""
    try:
        child.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return True
    return False


def _kill_group(child: "subprocess.Popen[bytes]") -> None:
    if child.poll() is None:
        # Its group is its own since it was started, and its number is not free before `wait`.
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
