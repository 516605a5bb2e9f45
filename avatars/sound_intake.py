"""An upload in, a recording's files out, by way of a child process that can do nothing else.

As `avatars.intake` is for pictures: all that parses or decodes happens in `avatars.intake_child`;
here bytes are counted, what the child says is checked, and everything removed again when the
upload is refused. Imports no sound library.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from avatars.errors import IntakeBroken, IntakeRefused, SandboxUnavailable
from avatars.intake_output import ChildOutput
from avatars.intake_process import Ended, run_child
from avatars.recordings import LONGEST_S
from avatars.sound_refusals import sound_refused

OnProgress = Callable[[str, float], None]
"""Told the step that begins (recognise, measure, write, done) and the share done."""

INDEX: Final = "index.json"
_UNAVAILABLE: Final = "SandboxUnavailable"
_CPU_SIGNALS: Final = (9, 24)
"""SIGKILL and SIGXCPU: how a process ends that used up its processor time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundIntakeLimits:
    """What an upload of sound may have, and what reading it may take."""

    upload_bytes: int = 512 << 20
    sound_s: int = LONGEST_S
    streams: int = 12
    output_bytes: int = 400 << 20
    """An hour of noise, which FLAC makes no smaller, has 346 MB."""
    cpu_s: int = 480
    wall_s: int = 1200
    memory_bytes: int = 1024 << 20
    """Beyond what the libraries hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundResult:
    """What an upload of sound was found to be."""

    kind: str
    """WAV, MP3, Ogg, FLAC, M4A, MP4, MOV, WebM or MKV."""
    codec: str
    rate_hz: int
    channels: int
    samples: int
    """Of its one channel at 48 kHz."""
    lufs: float | None
    """Loudness as it came; None where it is too short to have one."""
    peak_dbfs: float
    gain_db: float
    """What was given to it."""
    speaks: bool
    """Whether speech was found in it; where there is none the mouth rests."""

    def report(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return asdict(self)


def take_in_sound(
    source: Path, out: Path, *, limits: SoundIntakeLimits | None = None, on_progress: OnProgress
) -> tuple[SoundResult, Sequence[str]]:
    """Make a recording's files of an upload; return what it is and the names of the files.

    Must be called by a thread that lives as long as the call: the child is killed when it ends.

    Args:
        source: the upload, as it came.
        out: folder for `index.json` and `sound-NNNNN.flac`; made if missing, must be empty.
        limits: what it may have; the usual ones where absent.
        on_progress: told of each step.

    Raises:
        IntakeRefused: the upload cannot be spoken; `out` is gone.
        SandboxUnavailable: this machine cannot shut the child in; nothing was read.
        IntakeBroken: the child failed before it read anything.
        FileExistsError: `out` holds something.
    """
    chosen = limits or SoundIntakeLimits()
    _check_bytes(source.stat().st_size, chosen)
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty")
    try:
        output = ChildOutput(out, chosen.output_bytes, on_progress)
        try:
            ended = run_child(_command(chosen), source, chosen.wall_s, output.take)
        finally:
            output.close()
        return _result(output, ended), sorted(output.files)
    except BaseException:
        shutil.rmtree(out)
        raise


def _check_bytes(size: int, limits: SoundIntakeLimits) -> None:
    if not size:
        raise sound_refused("empty", {})
    if size > limits.upload_bytes:
        told = {"megabytes": -(-size >> 20), "limit": limits.upload_bytes >> 20}
        raise sound_refused("too_many_bytes", told)


def _command(limits: SoundIntakeLimits) -> list[str]:
    request = {
        "parent_pid": os.getpid(),
        "cpu_s": limits.cpu_s,
        "memory_bytes": limits.memory_bytes,
        "sound_s": limits.sound_s,
        "streams": limits.streams,
    }
    # A warning is printed with the line it came from, and the child cannot open source files.
    return [sys.executable, "-I", "-W", "ignore", "-m", "avatars.intake_child", json.dumps(request)]


def _result(output: ChildOutput, ended: Ended) -> SoundResult:
    """Return the child's result, or raise what its end means."""
    if output.refusal is not None:
        raise _refusal(*output.refusal, ended.last_words)
    if not output.guards and not ended.timed_out:
        reason = ended.last_words.strip().rpartition("\n")[2]
        raise (SandboxUnavailable if _UNAVAILABLE in reason else IntakeBroken)(reason)
    if ended.timed_out or -ended.status in _CPU_SIGNALS or "MemoryError" in ended.last_words:
        raise sound_refused("too_costly", {}, ended.last_words)
    if ended.status or output.result is None or output.broken:
        raise sound_refused("unreadable", {}, f"status {ended.status}; {output.broken}; {ended.last_words}")
    try:
        return _believed(output, output.result)
    except (KeyError, TypeError, ValueError) as error:
        raise sound_refused("unreadable", {}, f"a result that is none: {error!r}") from error


def _refusal(code: str, values: Mapping[str, object], last_words: str) -> IntakeRefused:
    try:
        return sound_refused(code, values, last_words)
    except ValueError as error:
        return sound_refused("unreadable", {}, f"a refusal that is none: {error}")


def _believed(output: ChildOutput, given: Mapping[str, object]) -> SoundResult:
    """Return what the child says, each value of its own type."""
    if INDEX not in output.files or "sound-00000.flac" not in output.files:
        raise KeyError(sorted(output.files)[:3])
    lufs = given["lufs"]
    return SoundResult(
        kind=str(given["kind"])[:8],
        codec=str(given["codec"])[:16],
        rate_hz=int(str(given["rate_hz"])),
        channels=int(str(given["channels"])),
        samples=int(str(given["samples"])),
        lufs=None if lufs is None else float(str(lufs)),
        peak_dbfs=float(str(given["peak_dbfs"])),
        gain_db=float(str(given["gain_db"])),
        speaks=bool(given["speaks"]),
    )
