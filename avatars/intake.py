"""An upload in, an avatar's files out, by way of a child process that can do nothing else.

`take_in` is called by the registration task with a file from quarantine. All that parses or
decodes happens in `avatars.intake_child`; here bytes are counted, names and lengths checked,
and everything removed again when the upload is refused. Imports no picture library.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from avatars.intake_output import ChildOutput
from avatars.intake_refusals import refused
from avatars.intake_verdict import OnProgress, judge


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


def take_in(source: Path, out: Path, *, options: IntakeOptions, on_progress: OnProgress) -> IntakeResult:
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

    def kept(output: ChildOutput, given: Mapping[str, object]) -> IntakeResult:
        result = _believed(source, output, given)
        document = json.dumps(_document(result), ensure_ascii=False, separators=(",", ":"))
        (out / "result.json").write_text(document, "utf-8")
        return result

    return judge(
        source, out, request=_request(options), bounds=options.limits, refused=refused, believed=kept,
        on_progress=on_progress,
    )  # fmt: skip


def _request(options: IntakeOptions) -> dict[str, object]:
    limits = options.limits
    return {
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


def _believed(source: Path, output: ChildOutput, given: Mapping[str, object]) -> IntakeResult:
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
