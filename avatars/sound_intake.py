"""An upload in, a recording's files out, by way of a child process that can do nothing else.

As `avatars.intake` is for pictures: all that parses or decodes happens in `avatars.intake_child`;
here bytes are counted, what the child says is checked, and everything removed again when the
upload is refused. Imports no sound library.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from avatars.intake_output import ChildOutput
from avatars.intake_verdict import OnProgress, judge
from avatars.recordings import LONGEST_S
from avatars.sound_refusals import sound_refused

INDEX: Final = "index.json"


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
    request = {name: getattr(chosen, name) for name in ("cpu_s", "memory_bytes", "sound_s", "streams")}
    return judge(
        source, out, request=request, bounds=chosen, refused=sound_refused, believed=_believed,
        on_progress=on_progress,
    )  # fmt: skip


def _believed(output: ChildOutput, given: Mapping[str, object]) -> tuple[SoundResult, Sequence[str]]:
    """Return what the child says, each value of its own type."""
    if INDEX not in output.files or "sound-00000.flac" not in output.files:
        raise KeyError(sorted(output.files)[:3])
    lufs = given["lufs"]
    result = SoundResult(
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
    return result, sorted(output.files)
