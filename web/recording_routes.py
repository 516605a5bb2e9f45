"""Recordings: sound that avatars may speak, uploaded, looked at, removed.

As with avatars, the answer comes at once and a registrar reads the bytes; the row and the bytes
stand before the doorbell rings. Spoken they are by `web.speak_routes`.
"""

from dataclasses import asdict
from typing import Any

import kombu.exceptions
import sqlalchemy.exc
import structlog
from flask import Blueprint, Response, jsonify, request, url_for

from avatars.errors import UnknownRecording, UploadUnfinished
from avatars.recordings import NewRecording, RecordingRow, prefix
from lipsync import clock
from web.advice import loudness_advice
from web.asking import asked_id, fingerprint
from web.auth import this_caller
from web.bodies import RecordingBody, WrongFields, read_json, read_recording
from web.paging import page_limit
from web.refusals import KeyReused, NoSuchRecording
from web.services import services
from web.uploading import read_form

_PAGE = 20

log = structlog.get_logger(__name__)
recordings = Blueprint("recordings", __name__, url_prefix="/v1/recordings")


@recordings.post("")
def upload() -> tuple[Response, int, dict[str, str]]:
    """Take a sound file, or a finished upload, and have it made ready to be spoken."""
    house = services()
    house.refuse_if_leaving()
    if request.mimetype == "multipart/form-data":
        return _from_form()
    body = read_recording(read_json(request))
    if body.upload is None:
        raise WrongFields(
            [{"field": "upload", "problem": "Field required"}], list(RecordingBody.model_fields)
        )
    found = house.uploads.get(body.upload, this_caller().owner)
    if not found.whole:
        raise UploadUnfinished(found.offset_bytes, found.size_bytes)
    return _begun(*_begin(body, found.id, found.id))


def _from_form() -> tuple[Response, int, dict[str, str]]:
    house = services()
    with house.upload_places.one():
        form = read_form(request, house.uploads, this_caller().owner)
    try:
        body = read_recording({**form.fields, "upload": form.upload.id})
        row, made = _begin(body, form.upload.id, form.sha256)
    except BaseException:
        house.uploads.forget(form.upload.id)
        raise
    if row.upload_id != form.upload.id:
        house.uploads.forget(form.upload.id)
    return _begun(row, made)


def _begin(body: RecordingBody, upload_id: str, came: str) -> tuple[RecordingRow, bool]:
    """Write the row and ring for it; False beside one that this Idempotency-Key made before."""
    house, caller = services(), this_caller()
    new = NewRecording(
        id=asked_id(caller),
        owner=caller.owner,
        title=body.title.strip(),
        upload_id=upload_id,
        fingerprint=fingerprint({"title": body.title, "came": came}),
    )
    before = _repeated(new)
    if before is not None:
        return before, False
    try:
        row = house.recordings.create(new, limit=house.settings.pending_limit)
    except sqlalchemy.exc.IntegrityError:
        # Two requests with one Idempotency-Key at the same moment: the other one made it.
        made = _repeated(new)
        if made is None:
            raise
        return made, False
    try:
        house.ring_recording(row.id)
    except kombu.exceptions.OperationalError:
        # The row is due: the reaper rings in a few seconds.
        log.warning("doorbell_silent", recording=row.id)
    return row, True


def _repeated(new: NewRecording) -> RecordingRow | None:
    """Return the recording an earlier request with this Idempotency-Key made. Raises KeyReused."""
    row = services().recordings.get(new.id)
    if row is not None and (row.fingerprint != new.fingerprint or row.owner != new.owner):
        raise KeyReused
    return row


def _begun(row: RecordingRow, made: bool) -> tuple[Response, int, dict[str, str]]:
    return jsonify(_shown(row)), 202 if made else 200, {"Location": _address(row)}


@recordings.get("")
def show_all() -> Response:
    """Show the caller's recordings, newest first, a page at a time."""
    limit = page_limit(_PAGE)
    rows = services().recordings.list_owned(this_caller().owner, limit, request.args.get("before"))
    following = rows[-1].id if len(rows) == limit else None
    return jsonify(recordings=[_shown(row) for row in rows], next=following)


@recordings.get("/<recording_id>")
def show(recording_id: str) -> Response:
    """Show one recording, and how far the reading of it is."""
    try:
        return jsonify(_shown(services().recordings.get_owned(recording_id, this_caller().owner)))
    except UnknownRecording as error:
        raise NoSuchRecording from error


@recordings.delete("/<recording_id>")
def remove(recording_id: str) -> tuple[Response, int]:
    """Remove a recording that nothing speaks; what was made of it stays."""
    house = services()
    try:
        row = house.recordings.remove(recording_id, this_caller().owner)
    except UnknownRecording as error:
        raise NoSuchRecording from error
    # After the row: files without one are swept, a row without files could be spoken.
    house.storage.delete_all(prefix(row.id))
    if row.upload_id is not None and not row.finished:
        house.uploads.forget(row.upload_id)
    return Response(), 204


def _address(row: RecordingRow) -> str:
    return url_for("recordings.show", recording_id=row.id)


def _shown(row: RecordingRow) -> dict[str, Any]:
    report = dict(row.report or {})
    refused = row.state == "refused"
    refusal = {"code": report["code"], "detail": report["en"], "detail_fa": report["fa"]} if refused else None
    return {
        "id": row.id, "title": row.title, "state": row.state, "step": row.step, "percent": row.percent,
        "refusal": refusal,
        "duration_ms": None if row.length_samples is None else clock.samples_to_ms(row.length_samples),
        "loudness_lufs": None if row.loudness_lufs is None else round(row.loudness_lufs, 1),
        "report": None if refused or not report else report,
        "warnings": [] if refused else [asdict(each) for each in loudness_advice(report)],
        "created_at": row.created_at.isoformat(),
        "finished_at": None if row.finished_at is None else row.finished_at.isoformat(),
        "links": {"self": _address(row)},
    }  # fmt: skip
