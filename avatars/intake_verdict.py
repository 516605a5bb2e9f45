"""A shut-in child is run over one upload, and its end becomes a result or an error that says why.

Under `avatars.intake` (pictures) and `avatars.sound_intake`, which know what the child is asked and
what its result means. The child is not trusted: what it says is checked, and everything it wrote is
removed again when the upload is refused.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from avatars.errors import IntakeBroken, IntakeRefused, SandboxUnavailable
from avatars.intake_output import ChildOutput
from avatars.intake_process import Ended, run_child

OnProgress = Callable[[str, float], None]
"""Told the step that begins and the share done."""
Refused = Callable[[str, Mapping[str, object], str], IntakeRefused]
"""Makes a refusal of a code, its values and details for the log; ValueError for what is none."""
Result = TypeVar("Result")

_QUIET: Final = ("-W", "ignore")
"""A warning is printed with the line it came from, and the child cannot open source files."""
_UNAVAILABLE: Final = "SandboxUnavailable"
_CPU_SIGNALS: Final = (9, 24)
"""SIGKILL and SIGXCPU: how a process ends that used up its processor time."""


class Bounds(Protocol):
    """What an upload may have and its child may take."""

    @property
    def upload_bytes(self) -> int:
        """Of the upload."""
        ...

    @property
    def output_bytes(self) -> int:
        """Of all files the child writes."""
        ...

    @property
    def wall_s(self) -> int:
        """From its start to its end."""
        ...


def judge(
    source: Path,
    out: Path,
    *,
    request: Mapping[str, Any],
    bounds: Bounds,
    refused: Refused,
    believed: Callable[[ChildOutput, Mapping[str, object]], Result],
    on_progress: OnProgress,
) -> Result:
    """Run the child over an upload; return what `believed` makes of its result.

    Must be called by a thread that lives as long as the call: the child is killed when it ends.

    Args:
        source: the upload, as it came.
        out: folder for the result files; made if missing, must be empty. Gone after any error.
        request: what the child is asked, ready for JSON.
        bounds: what is allowed.
        refused: makes the refusals of this kind of upload.
        believed: checks the result; KeyError, TypeError or ValueError where it is none.
        on_progress: told of each step.

    Raises:
        IntakeRefused: the upload is not taken.
        SandboxUnavailable: this machine cannot shut the child in; nothing was read.
        IntakeBroken: the child failed before it read anything.
        FileExistsError: `out` holds something.
    """
    _check_bytes(source.stat().st_size, bounds, refused)
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty")
    try:
        output = ChildOutput(out, bounds.output_bytes, on_progress)
        try:
            ended = run_child(_command(request), source, bounds.wall_s, output.take)
        finally:
            output.close()
        return _result(output, ended, refused, believed)
    except BaseException:
        shutil.rmtree(out)
        raise


def _check_bytes(size: int, bounds: Bounds, refused: Refused) -> None:
    if not size:
        raise refused("empty", {}, "")
    if size > bounds.upload_bytes:
        told = {"megabytes": -(-size >> 20), "limit": bounds.upload_bytes >> 20}
        raise refused("too_many_bytes", told, "")


def _command(request: Mapping[str, Any]) -> list[str]:
    asked = json.dumps({"parent_pid": os.getpid(), **request})
    return [sys.executable, "-I", *_QUIET, "-m", "avatars.intake_child", asked]


def _result(
    output: ChildOutput,
    ended: Ended,
    refused: Refused,
    believed: Callable[[ChildOutput, Mapping[str, object]], Result],
) -> Result:
    """Return the child's result, or raise what its end means."""
    if output.refusal is not None:
        raise _refusal(*output.refusal, ended.last_words, refused)
    if not output.guards and not ended.timed_out:
        reason = ended.last_words.strip().rpartition("\n")[2]
        raise (SandboxUnavailable if _UNAVAILABLE in reason else IntakeBroken)(reason)
    if ended.timed_out or -ended.status in _CPU_SIGNALS or "MemoryError" in ended.last_words:
        raise refused("too_costly", {}, ended.last_words)
    if ended.status or output.result is None or output.broken:
        raise refused("unreadable", {}, f"status {ended.status}; {output.broken}; {ended.last_words}")
    try:
        return believed(output, output.result)
    except (KeyError, TypeError, ValueError) as error:
        raise refused("unreadable", {}, f"a result that is none: {error!r}") from error


def _refusal(code: str, values: Mapping[str, object], last_words: str, refused: Refused) -> IntakeRefused:
    try:
        return refused(code, values, last_words)
    except ValueError as error:
        return refused("unreadable", {}, f"a refusal that is none: {error}")
