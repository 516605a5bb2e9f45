"""An upload in, an avatar's files out, by way of a child process that can do nothing else.

`take_in` is called by the registration task with a file from quarantine. All that parses or
decodes happens in `avatars.intake_child`; here bytes are counted, names and lengths checked,
and everything removed again when the upload is refused. Imports no picture library.
"""

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from avatars.errors import IntakeBroken, IntakeRefused, SandboxUnavailable
from avatars.intake_output import ChildOutput
from avatars.intake_process import Ended, run_child
from avatars.intake_refusals import refused

OnProgress = Callable[[str, float], None]
"""Told the step that begins (recognise, decode, find, judge, draw, done) and the share done."""

_QUIET: Final = ("-W", "ignore")
"""A warning is printed with the line it came from, and the child cannot open source files."""
_UNAVAILABLE: Final = "SandboxUnavailable"
_CPU_SIGNALS: Final = (9, 24)
"""SIGKILL and SIGXCPU: how a process ends that used up its processor time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeLimits:
    """What an upload may have, and what reading it may take."""

    upload_bytes: int = 512 << 20
    photo_px: int = 50_000_000
    video_px: int = 4096 * 2304
    video_s: int = 60
    video_frames: int = 3_600
    streams: int = 12
    output_bytes: int = 256 << 20
    cpu_s: int = 120
    wall_s: int = 240
    memory_bytes: int = 1536 << 20
    """Beyond what the libraries hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeOptions:
    """How an upload is taken in."""

    models: Mapping[str, Path] = field(default_factory=dict)
    """Model files by the field names of `lipsync.face.models.FaceModels`; without any, the
    points of the face are left to be set by hand."""
    face: int | None = None
    """Number of the face that was chosen among several, best first from 0."""
    limits: IntakeLimits = IntakeLimits()


@dataclass(frozen=True, slots=True)
class FaceChoice:
    """One of several faces, with its files `face-{face}.jpg`, `.png` and `.json`."""

    face: int
    score: float
    box: Mapping[str, float]
    """Where it is in the upload: x, y, width and height as shares of the picture's."""


@dataclass(frozen=True, slots=True)
class IntakeResult:
    """What became of an upload."""

    kind: str
    """JPEG, PNG, WebP, AVIF, HEIC, MP4, MOV, AVI, WebM or MKV."""
    video: bool
    width_px: int
    height_px: int
    needs_points: bool
    """No face was found, or none that can be drawn from: its owner sets the points by hand."""
    face: int
    choices: tuple[FaceChoice, ...]
    """The faces to choose from, where there are several; the files are those of the best."""
    files: Mapping[str, int]
    """Names of the files in the output folder, and their bytes."""
    source_sha256: str
    guards: tuple[str, ...]
    """What shut the child in."""


def take_in(
    source: Path, out: Path, *, options: IntakeOptions, on_progress: OnProgress
) -> IntakeResult:
    """Make an avatar's canonical files of an upload.

    Must be called by a thread that lives as long as the call: the child is killed when it ends.

    Args:
        source: the upload, as it came.
        out: folder for the result files; made if missing, must be empty. `picture.png`,
            `preview.jpg` and `report.json` always; `points.json` where a face was found;
            `visemes.jpg` and `idle.mp4` where it can be drawn; `face-{n}.*` for several;
            `result.json` names them.
        options: models, choice and limits.
        on_progress: told of each step.

    Raises:
        IntakeRefused: the upload cannot become an avatar; `out` is gone.
        SandboxUnavailable: this machine cannot shut the child in; nothing was read.
        IntakeBroken: the child failed before it read anything, on its models for one.
        FileExistsError: `out` holds something.
    """
    limits = options.limits
    _check_bytes(source.stat().st_size, limits)
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty")
    try:
        output = ChildOutput(out, limits.output_bytes, on_progress)
        try:
            ended = run_child(_command(options), source, limits.wall_s, output.take)
        finally:
            output.close()
        result = _result(output, ended, source)
        document = json.dumps(_document(result), ensure_ascii=False, separators=(",", ":"))
        (out / "result.json").write_text(document, "utf-8")
    except BaseException:
        shutil.rmtree(out)
        raise
    return result


def _check_bytes(size: int, limits: IntakeLimits) -> None:
    if not size:
        raise refused("empty", {})
    if size > limits.upload_bytes:
        raise refused("too_many_bytes", {"megabytes": -(-size >> 20), "limit": limits.upload_bytes >> 20})


def _command(options: IntakeOptions) -> list[str]:
    limits = options.limits
    request = {
        "parent_pid": os.getpid(),
        "models": {name: str(path.absolute()) for name, path in options.models.items()},
        "face": options.face,
        "cpu_s": limits.cpu_s,
        "memory_bytes": limits.memory_bytes,
        "photo_px": limits.photo_px,
        "video_px": limits.video_px,
        "video_s": limits.video_s,
        "video_frames": limits.video_frames,
        "streams": limits.streams,
    }
    return [sys.executable, "-I", *_QUIET, "-m", "avatars.intake_child", json.dumps(request)]


def _result(output: ChildOutput, ended: Ended, source: Path) -> IntakeResult:
    """Return the child's result, or raise what its end means."""
    if output.refusal is not None:
        raise _refusal(*output.refusal, ended.last_words)
    if not output.guards and not ended.timed_out:
        reason = ended.last_words.strip().rpartition("\n")[2]
        raise (SandboxUnavailable if _UNAVAILABLE in reason else IntakeBroken)(reason)
    if ended.timed_out or -ended.status in _CPU_SIGNALS or "MemoryError" in ended.last_words:
        raise refused("too_costly", {}, ended.last_words)
    if ended.status or output.result is None or output.broken:
        raise refused("unreadable", {}, f"status {ended.status}; {output.broken}; {ended.last_words}")
    try:
        return _believed(output, output.result, source)
    except (KeyError, TypeError, ValueError) as error:
        raise refused("unreadable", {}, f"a result that is none: {error!r}") from error


def _refusal(code: str, values: Mapping[str, object], last_words: str) -> IntakeRefused:
    try:
        return refused(code, values, last_words)
    except ValueError as error:
        return refused("unreadable", {}, f"a refusal that is none: {error}")


def _believed(output: ChildOutput, given: Mapping[str, object], source: Path) -> IntakeResult:
    """Return what the child says, each value of its own type."""
    missing = {"picture.png", "preview.jpg", "report.json"} - output.files.keys()
    if missing:
        raise KeyError(sorted(missing))
    return IntakeResult(
        kind=str(given["kind"])[:8],
        video=bool(given["video"]),
        width_px=int(str(given["width_px"])),
        height_px=int(str(given["height_px"])),
        needs_points=bool(given["needs_points"]),
        face=int(str(given["face"])),
        choices=tuple(_choices(given["choices"])),
        files=dict(output.files),
        source_sha256=_sha256(source),
        guards=tuple(output.guards),
    )


def _choices(given: object) -> list[FaceChoice]:
    if not isinstance(given, list):
        raise TypeError(f"choices are {type(given).__name__}")
    return [
        FaceChoice(int(one["face"]), float(one["score"]), {k: float(v) for k, v in one["box"].items()})
        for one in given
    ]


def _sha256(source: Path) -> str:
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _document(result: IntakeResult) -> Mapping[str, object]:
    return {
        "version": 1,
        "kind": result.kind,
        "video": result.video,
        "width_px": result.width_px,
        "height_px": result.height_px,
        "needs_points": result.needs_points,
        "face": result.face,
        "choices": [{"face": one.face, "score": one.score, "box": one.box} for one in result.choices],
        "files": sorted(result.files),
        "source_sha256": result.source_sha256,
    }
