"""Many finished uploads become avatars by one request, and are watched as one.

Everything is checked and written before anything is begun: an item that cannot be begun
refuses the batch. What becomes of each file after that is its own affair.
"""

import hashlib
from typing import Any

import kombu.exceptions
import sqlalchemy.exc
import structlog
from flask import Blueprint, Response, jsonify, request, url_for

from avatars.batches import BatchRow, ItemRow, NewBatch, NewItem
from web.asking import asked_id, fingerprint
from web.auth import this_caller
from web.avatar_routes import new_registration
from web.avatar_view import seen_by, shown_registration
from web.bodies import BatchItem, read_batch
from web.paging import page_limit, page_number
from web.refusals import KeyReused, NoSuchBatch
from web.services import services

log = structlog.get_logger(__name__)
batches = Blueprint("batches", __name__, url_prefix="/v1")

@batches.post("/avatars:batch")
def begin() -> tuple[Response, int, dict[str, str]]:
    """Take finished uploads and have each made an avatar."""
    house = services()
    house.refuse_if_leaving()
    items = read_batch(request)
    for voice in {item.voice for item in items}:
        house.catalogue.check_voice(voice)
    for engine in {item.engine for item in items}:
        house.catalogue.check_engine(engine)
    row, made = _written(_new_batch(items))
    return jsonify(_shown(row)), 202 if made else 200, {"Location": _address(row)}


def _new_batch(items: list[BatchItem]) -> NewBatch:
    asking = this_caller()
    batch_id = asked_id(asking)
    told = [item.model_dump() for item in items]
    return NewBatch(
        id=batch_id,
        owner=asking.owner,
        fingerprint=fingerprint({"items": told}),
        items=[_new_item(batch_id, place, item) for place, item in enumerate(items)],
    )


def _new_item(batch_id: str, place: int, item: BatchItem) -> NewItem:
    # From the batch's own id, so that a batch that is asked for again names the same rows.
    own = hashlib.sha256(f"{batch_id}/{place}".encode()).hexdigest()[:32]
    registration, about = new_registration(item, own, item.upload, this_caller())
    return NewItem(registration.of_batch(batch_id, place, item.file or None), about)


def _written(new: NewBatch) -> tuple[BatchRow, bool]:
    """Write the batch and ring for its files; False beside one that this Idempotency-Key made before."""
    house = services()
    before = _repeated(new)
    if before is not None:
        return before, False
    try:
        row = house.batches.create(new)
    except sqlalchemy.exc.IntegrityError:
        # Two requests with one key at the same moment, or somebody took one of the names meanwhile.
        before = _repeated(new)
        if before is not None:
            return before, False
        row = house.batches.create(new)
    try:
        house.ring_batch([item.registration.id for item in new.items])
    except kombu.exceptions.OperationalError:
        # The rows are due: the reaper rings in a few seconds.
        log.warning("doorbell_silent", batch=row.id)
    return row, True


def _repeated(new: NewBatch) -> BatchRow | None:
    """Return the batch an earlier request with this Idempotency-Key made. Raises KeyReused."""
    row = services().batches.get(new.id)
    if row is not None and (row.fingerprint, row.owner) != (new.fingerprint, new.owner):
        raise KeyReused
    return row


@batches.get("/batches")
def show_all() -> Response:
    """Show the caller's newest batches."""
    return jsonify(batches=[_shown(row) for row in services().batches.list(seen_by=seen_by())])


@batches.get("/batches/<batch_id>")
def show(batch_id: str) -> Response:
    """Show how far a batch is, and a page of its files with what became of each."""
    row = _found(batch_id)
    limit = page_limit()
    items = services().batches.items(row.id, after=page_number("after", -1), limit=limit)
    following = items[-1].registration.place if len(items) == limit else None
    if following is not None and following + 1 >= row.files:
        following = None
    return jsonify({**_shown(row), "items": [_shown_item(item) for item in items], "next": following})


@batches.delete("/batches/<batch_id>")
def cancel(batch_id: str) -> Response:
    """Call off what has not ended; what is an avatar already stays one."""
    services().batches.cancel(_found(batch_id).id)
    return jsonify(_shown(_found(batch_id)))


def _found(batch_id: str) -> BatchRow:
    row = services().batches.get(batch_id, seen_by=seen_by())
    if row is None:
        raise NoSuchBatch
    return row


def _shown(row: BatchRow) -> dict[str, Any]:
    ended = "cancelled" if row.cancelled_at is not None else "done"
    return {
        "id": row.id, "state": "running" if row.counts["pending"] else ended, "files": row.files,
        "counts": row.counts, "percent": row.percent, "created_at": row.created_at.isoformat(),
        "finished_at": None if row.finished_at is None else row.finished_at.isoformat(),
        "links": {"self": _address(row)},
    }  # fmt: skip


def _shown_item(item: ItemRow) -> dict[str, Any]:
    row, report = item.registration, item.report or {}
    findings = report.get("findings", ())
    return {
        "place": row.place, "file": row.label, "avatar": row.avatar_id,
        "registration": shown_registration(row),
        "verdict": report.get("verdict"),
        "advice": [each for each in findings if each["verdict"] != "good"],
        "links": {"avatar": url_for("avatars.show", avatar_id=row.avatar_id)},
    }  # fmt: skip


def _address(row: BatchRow) -> str:
    return url_for("batches.show", batch_id=row.id)
