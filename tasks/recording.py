"""An upload of sound becomes a recording that avatars may speak, or is refused.

Beside `tasks.registration`, in the same process and under the same rules (`tasks.attempt`): one
child that is shut in does all that decodes.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from avatars.errors import StorageError
from avatars.recordings import Heard, RecordingRow, prefix
from avatars.sound_intake import INDEX, take_in_sound
from monitoring.logs import about
from tasks.app import app
from tasks.attempt import HoldLost, attempt
from tasks.desk import Desk, current_desk
from tasks.jobs import RecordingJob
from tasks.queue import READ_RECORDING

_KEPT_LATER: Final = 0.95

log = structlog.get_logger(__name__)


@app.task(name=READ_RECORDING, ignore_result=True)  # type: ignore[untyped-decorator]
def read(body: dict[str, object]) -> None:
    """Take up one recording."""
    read_recording(RecordingJob.from_json(body).recording_id, current_desk())


def read_recording(recording_id: str, desk: Desk) -> None:
    """Bring a recording to ready or refused, if nobody else is at it.

    What passes by itself (storage, the database) leaves it queued, to be rung for again.
    """
    row = desk.recordings.claim(recording_id, desk.holder, datetime.now(UTC))
    if row is None:
        return
    with about(recording=row.id):
        attempt(
            row, desk.recordings, desk, partial(_read, desk=desk),
            on_lost=partial(_clear_stray, row.id, desk),
        )  # fmt: skip


def _read(row: RecordingRow, folder: Path, desk: Desk) -> None:
    _note(row, desk, "fetch", 0.0)
    desk.uploads.fetch(row.upload_id or "", folder / "upload")
    out = folder / "out"
    result, names = take_in_sound(
        folder / "upload", out, on_progress=lambda step, share: _note(row, desk, step, share)
    )
    # Removed before anything is kept: the original is on no disk of ours longer than it must be.
    (folder / "upload").unlink()
    _note(row, desk, "keep", _KEPT_LATER)
    _keep(row.id, desk, out, names)
    heard = Heard(length_samples=result.samples, loudness_lufs=result.lufs, report=result.report())
    if not desk.recordings.complete(row.id, desk.holder, heard):
        raise HoldLost
    log.info("recording_ready", samples=result.samples, kind=result.kind)


def _keep(recording_id: str, desk: Desk, out: Path, names: Sequence[str]) -> None:
    """Put the files into storage, the index last: with it the recording is whole."""
    for name in sorted(names, key=lambda each: (each == INDEX, each)):
        desk.storage.put(prefix(recording_id) + name, (out / name).read_bytes())


def _note(row: RecordingRow, desk: Desk, step: str, share: float) -> None:
    percent = min(99, round(100 * share * _KEPT_LATER))
    if not desk.recordings.note(row.id, desk.holder, datetime.now(UTC), step=step, percent=percent):
        raise HoldLost


def _clear_stray(recording_id: str, desk: Desk) -> None:
    """Remove the files of a recording that was removed while it was read."""
    with suppress(StorageError, SQLAlchemyError):
        if desk.recordings.get(recording_id) is None:
            desk.storage.delete_all(prefix(recording_id))
