"""An upload becomes an avatar, and a corrected face a new version of one.

Takes hold of one attempt, fetches what it needs into a folder of its own, has throw-away
processes do all that is heavy or dangerous, and ends the attempt in one transaction. Killed
at any point it leaves a row that is due again, an upload that is still whole, and files under
a version that no row names.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from avatars.database import AvatarKind
from avatars.errors import (
    FaceFileBroken,
    IntakeRefused,
    StorageError,
)
from avatars.face_stored import load_face
from avatars.intake import IntakeOptions, IntakeResult, take_in
from avatars.intake_refusals import refused
from avatars.registrations import Refusal, RegistrationRow
from avatars.registry import PICTURE, POINTS, PREVIEW, AvatarFiles, AvatarRow
from monitoring.logs import about
from tasks import refusals
from tasks.app import app
from tasks.attempt import HoldLost, attempt
from tasks.desk import Desk, current_desk
from tasks.jobs import RegistrationJob
from tasks.queue import REGISTER
from workers.assets import AssetsMissing

REDRAW_WITHIN_S: Final = 60.0

REPORT: Final = "report.json"
_UNUSABLE: Final = 4
"""How `avatars.repoint` ends when nothing can be drawn."""

log = structlog.get_logger(__name__)


class RedrawFailed(Exception):
    """The process that draws previews failed; the message is its last words."""


@app.task(name=REGISTER, ignore_result=True)  # type: ignore[untyped-decorator]
def register(body: dict[str, object]) -> None:
    """Take up one attempt to make a version of an avatar."""
    perform(RegistrationJob.from_json(body).registration_id, current_desk())


def perform(registration_id: str, desk: Desk) -> None:
    """Bring an attempt to its end, if nobody else is at it.

    What passes by itself (storage, the database) leaves it pending, to be rung for again.
    """
    row = desk.registrations.claim(registration_id, desk.holder, datetime.now(UTC))
    if row is None:
        return
    with _counted(row, desk), about(registration=row.id, avatar=row.avatar_id):
        attempt(row, desk.registrations, desk, partial(_work, desk=desk))


@contextmanager
def _counted(row: RegistrationRow, desk: Desk) -> Iterator[None]:
    """Have an attempt on the dials while the block runs, and how it has ended then."""
    desk.metrics.begin(row.id, (datetime.now(UTC) - row.created_at).total_seconds())
    ended = "pending"
    try:
        yield
        with suppress(SQLAlchemyError):
            after = desk.registrations.get(row.id)
            ended = row.state if after is None else after.state
    finally:
        desk.metrics.end(row.id, ended)


def _work(row: RegistrationRow, folder: Path, desk: Desk) -> None:
    if row.work == "intake":
        files, refusal = _take_in(row, desk, folder)
    else:
        files, refusal = _change_face(row, desk, folder), None
    if not desk.registrations.complete(row.id, desk.holder, files, refusal):
        raise HoldLost
    if refusal is None:
        _keep_face(row.avatar_id, desk)
    log.info("registration_ended", work=row.work, refused=None if refusal is None else refusal.code)


def _keep_face(avatar_id: str, desk: Desk) -> None:
    """Put a new face where all workers find it; without this the first of them makes it."""
    avatar = desk.registry.find(avatar_id)
    if avatar is None:
        return
    try:
        desk.faces.keep(avatar, load_face(desk.storage, avatar))
    except (StorageError, FaceFileBroken) as trouble:
        log.warning("face_not_cached", error=str(trouble))


def _take_in(row: RegistrationRow, desk: Desk, folder: Path) -> tuple[AvatarFiles, Refusal | None]:
    _note(row, desk, "fetch", 0.0)
    desk.uploads.fetch(row.upload_id or "", folder / "upload")
    models = _models(desk)
    out = folder / "out"
    result = take_in(
        folder / "upload",
        out,
        options=IntakeOptions(models=models, face=row.face),
        on_progress=lambda step, share: _note(row, desk, step, share),
    )
    # Removed before anything is kept: the original is on no disk of ours longer than it must be.
    (folder / "upload").unlink()
    _note(row, desk, "keep", 0.95)
    report = _report(out)
    return _files_of(out, result, report), _verdict(result, report, has_models=bool(models))


def _models(desk: Desk) -> Mapping[str, Path]:
    try:
        return desk.models()
    except AssetsMissing as error:
        log.error("face_models_missing", error=str(error))
        return {}


def _files_of(out: Path, result: IntakeResult, report: Mapping[str, Any] | None) -> AvatarFiles:
    kind: AvatarKind = "video" if result.video else "photo"
    faces = [{"face": each.face, "score": each.score, "box": dict(each.box)} for each in result.choices]
    return _gathered(
        out,
        result.files,
        source_sha256=result.source_sha256,
        kind=kind,
        report=report,
        choices={"face": result.face, "faces": faces} if faces else None,
    )


def _gathered(out: Path, names: Sequence[str] | Mapping[str, int], **more: Any) -> AvatarFiles:
    apart = {PICTURE, POINTS, PREVIEW, REPORT}
    return AvatarFiles(
        picture=out / PICTURE,
        points=out / POINTS if (out / POINTS).exists() else None,
        preview=out / PREVIEW,
        others={name: out / name for name in names if name not in apart},
        **more,
    )


def _report(folder: Path) -> Mapping[str, Any] | None:
    path = folder / REPORT
    if not path.exists():
        return None
    found = json.loads(path.read_text("utf-8"))
    return found if isinstance(found, dict) else None


def _verdict(
    result: IntakeResult, report: Mapping[str, Any] | None, *, has_models: bool
) -> Refusal | None:
    """Return why an avatar that could be read cannot be used yet."""
    if not has_models:
        return refusals.NO_MODELS
    if result.needs_points:
        return refusals.NEEDS_POINTS
    if report is None or report.get("verdict") != "refused":
        return None
    bad = [each for each in report["findings"] if each["verdict"] == "bad"]
    reason_en, reason_fa = (" ".join(each[name] for each in bad) for name in ("advice_en", "advice_fa"))
    told = refused("face_unusable", {"reason_en": reason_en, "reason_fa": reason_fa})
    return Refusal(code=told.code, en=told.message_en, fa=told.message_fa)


def _change_face(row: RegistrationRow, desk: Desk, folder: Path) -> AvatarFiles:
    """Return the files of an avatar whose face was chosen or whose points were moved."""
    _note(row, desk, "fetch", 0.0)
    avatar = desk.registry.find(row.avatar_id)
    if avatar is None or not avatar.version:
        raise refused("no_such_face", {"asked": (row.face or 0) + 1, "count": 0})
    if avatar.kind == "video":
        raise IntakeRefused(refusals.VIDEO_FACE.code, refusals.VIDEO_FACE.en, refusals.VIDEO_FACE.fa)
    for name in avatar.files:
        _fetch(desk, avatar.key(name), folder / name)
    if row.points is not None:
        (folder / POINTS).write_text(json.dumps(row.points), "utf-8")
    if row.face is not None:
        _choose(folder, row.face, avatar)
    _note(row, desk, "draw", 0.3)
    _redraw(folder, _models(desk))
    _note(row, desk, "keep", 0.95)
    choices = None
    if avatar.choices is not None:
        choices = {**avatar.choices, "face": avatar.choices["face"] if row.face is None else row.face}
    names = sorted(path.name for path in folder.iterdir())
    return _gathered(
        folder, names, source_sha256=avatar.source_sha256, kind=avatar.kind, choices=choices,
        report=_report(folder) or avatar.report,
    )  # fmt: skip


def _choose(folder: Path, face: int, avatar: AvatarRow) -> None:
    faces = {each["face"] for each in (avatar.choices or {"faces": []})["faces"]}
    if face not in faces:
        raise refused("no_such_face", {"asked": face + 1, "count": len(faces)})
    shutil.copyfile(folder / f"face-{face}.png", folder / PICTURE)
    shutil.copyfile(folder / f"face-{face}.json", folder / POINTS)


def _fetch(desk: Desk, key: str, target: Path) -> None:
    with desk.storage.open(key) as file, target.open("xb") as out:
        shutil.copyfileobj(file, out)


def _redraw(folder: Path, models: Mapping[str, Path]) -> None:
    """Have a process of its own draw the previews of what lies in a folder.

    Raises:
        IntakeRefused: nothing can be drawn from these points.
        RedrawFailed: the process failed.
    """
    named = json.dumps({use: str(path) for use, path in models.items()})
    done = subprocess.run(
        [sys.executable, "-m", "avatars.repoint", str(folder), named],
        capture_output=True, text=True, errors="replace", check=False, timeout=REDRAW_WITHIN_S,
    )  # fmt: skip
    last = (done.stderr.strip().splitlines() or [""])[-1]
    if done.returncode == _UNUSABLE:
        told = refusals.points_unusable(last)
        raise IntakeRefused(told.code, told.en, told.fa)
    if done.returncode != 0:
        raise RedrawFailed(f"status {done.returncode}: {last}")


def _note(row: RegistrationRow, desk: Desk, step: str, share: float) -> None:
    now = datetime.now(UTC)
    # "done" is for the transaction to say that keeps it.
    percent = min(95, round(100 * share))
    desk.metrics.step(row.id, step)
    if not desk.registrations.note(row.id, desk.holder, now, step=step, percent=percent):
        raise HoldLost
