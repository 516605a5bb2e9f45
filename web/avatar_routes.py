"""Avatars: what can be asked for, and how a face of one's own comes to be one of them.

Registering answers at once with an attempt that a registrar takes up; the row and the bytes
stand before the doorbell rings. Pictures and films of avatars are in web.avatar_files.
"""

import secrets
import time
from typing import Any, Final

import kombu.exceptions
import sqlalchemy.exc
import structlog
from flask import Blueprint, Response, jsonify, request, url_for

from avatars.database import AVATAR_STATES, AvatarState
from avatars.errors import UnknownAvatar, UploadUnfinished
from avatars.registrations import NewAvatar, NewConsent, NewRegistration, RegistrationRow
from avatars.registry import Asked, Titles
from tasks.catalogue import DEFAULT_SIZE, LARGEST_PX, PORTRAIT, SMALLEST_PX
from web.asking import asked_id, fingerprint
from web.auth import this_caller
from web.avatar_progress import ticket_for
from web.avatar_view import owned_avatar, seen_avatar, seen_by, shown_avatar, shown_row
from web.bodies import AvatarBody, WrongFields, read_avatar, read_face, read_json
from web.paging import page_limit
from web.refusals import KeyReused, NoSuchAvatar
from web.services import services
from web.speak_routes import TICKET_LIVES_S
from web.tokens import Caller
from web.uploading import read_form

FACE_WAIT_S: Final = 8.0
"""How long a changed face is waited for before the answer is 202."""
_LOOK_EVERY_S: Final = 0.1

_PORTRAIT: Final = f"{PORTRAIT[0]}x{PORTRAIT[1]}"
SIZES: Final[dict[str, Any]] = {
    "default": DEFAULT_SIZE,
    "suggested": [
        f"{SMALLEST_PX}x{SMALLEST_PX}", DEFAULT_SIZE, f"{LARGEST_PX}x{LARGEST_PX}", _PORTRAIT,
    ],
    "square_px": {"smallest": SMALLEST_PX, "largest": LARGEST_PX, "step": 2},
    "others": [_PORTRAIT],
}  # fmt: skip
"""What a `size` may be: any square in steps, or one of the others; some of them to offer."""

log = structlog.get_logger(__name__)
faces = Blueprint("avatars", __name__, url_prefix="/v1")


@faces.get("/avatars")
def show_all() -> Response:
    """Show the caller's avatars and the house's, oldest first, a page at a time."""
    limit = page_limit()
    asked = Asked(
        seen_by=seen_by(), states=_states(), text=request.args.get("q", "")[:200],
        after=request.args.get("after"), limit=limit,
    )  # fmt: skip
    rows = services().registry.list(asked)
    following = rows[-1].id if len(rows) == limit else None
    return jsonify(avatars=[shown_row(row) for row in rows], next=following, sizes=SIZES)


def _states() -> tuple[AvatarState, ...]:
    names = request.args.get("state", "ready").split(",")
    found = tuple(state for state in AVATAR_STATES if state in names)
    if len(found) != len(set(names)):
        problem = f"must be one or more of {', '.join(AVATAR_STATES)}"
        raise WrongFields([{"field": "state", "problem": problem}], ["state", "q", "limit", "after"])
    return found


@faces.get("/avatars/<avatar_id>")
def show(avatar_id: str) -> Response:
    """Show one avatar, and how far its registration is."""
    return jsonify(shown_avatar(seen_avatar(avatar_id)))


@faces.post("/avatars")
def register() -> tuple[Response, int, dict[str, str]]:
    """Take a photo or a video, or a finished upload, and have it made an avatar."""
    house = services()
    house.refuse_if_leaving()
    if request.mimetype == "multipart/form-data":
        with house.upload_places.one():
            form = read_form(request, house.uploads, this_caller().owner)
        fields, came = dict(form.fields), form.sha256
        if form.evidence_sha256 is not None:
            fields["consent_evidence_sha256"] = form.evidence_sha256
        fields["upload"] = form.upload.id
        try:
            row, made = _begin(read_avatar(fields), came)
        except BaseException:
            house.uploads.forget(form.upload.id)
            raise
        if row.upload_id != form.upload.id:
            house.uploads.forget(form.upload.id)
        return _begun(row, 202 if made else 200)
    body = read_avatar(read_json(request))
    if body.upload is None:
        raise WrongFields([{"field": "upload", "problem": "Field required"}], list(AvatarBody.model_fields))
    upload = house.uploads.get(body.upload, this_caller().owner)
    if not upload.whole:
        raise UploadUnfinished(upload.offset_bytes, upload.size_bytes)
    row, made = _begin(body, upload.id)
    return _begun(row, 202 if made else 200)


def _begin(body: AvatarBody, came: str) -> tuple[RegistrationRow, bool]:
    """Write the attempt and ring for it; False beside one that this Idempotency-Key made before."""
    house, caller = services(), this_caller()
    house.catalogue.check_voice(body.voice)
    house.catalogue.check_engine(body.engine)
    return _written(*new_registration(body, asked_id(caller), came, caller))


def new_registration(
    body: AvatarBody, registration_id: str, came: str, caller: Caller
) -> tuple[NewRegistration, NewAvatar]:
    """Return what a body asks for.

    Args:
        body: checked for its shape.
        registration_id: of the attempt; an avatar without a name is named after it.
        came: what tells the bytes from others, for the fingerprint.
        caller: whose it will be.
    """
    new = NewRegistration(
        id=registration_id,
        avatar_id=body.id or f"a-{registration_id[:12]}",
        owner=caller.owner,
        work="intake",
        fingerprint=fingerprint({**body.model_dump(exclude={"upload"}), "came": came}),
        upload_id=body.upload,
    )
    about = NewAvatar(
        titles=Titles(fa=body.title_fa.strip() or body.title_en.strip(),
                      en=body.title_en.strip() or body.title_fa.strip()),
        voice=body.voice,
        engine=body.engine,
        consent=NewConsent(
            who=body.consent_who, statement=body.consent_statement,
            evidence_sha256=body.consent_evidence_sha256, recorded_by=caller.owner,
        ),
    )  # fmt: skip
    return new, about


def _written(new: NewRegistration, about: NewAvatar | None) -> tuple[RegistrationRow, bool]:
    house = services()
    before = _repeated(new)
    if before is not None:
        return before, False
    try:
        row = house.registrations.create(new, about, limit=house.settings.pending_limit)
    except sqlalchemy.exc.IntegrityError:
        # Two requests with one Idempotency-Key at the same moment: the other one made it.
        made = _repeated(new)
        if made is None:
            raise
        return made, False
    try:
        house.ring_registration(row.id)
    except kombu.exceptions.OperationalError:
        # The row is due: the reaper rings in a few seconds.
        log.warning("doorbell_silent", registration=row.id)
    return row, True


def _repeated(new: NewRegistration) -> RegistrationRow | None:
    """Return the attempt an earlier request with this Idempotency-Key made. Raises KeyReused."""
    row = services().registrations.get(new.id)
    if row is None:
        return None
    if row.fingerprint != new.fingerprint or row.owner != new.owner:
        raise KeyReused
    return row


def _begun(row: RegistrationRow, status: int) -> tuple[Response, int, dict[str, str]]:
    avatar = owned_avatar(row.avatar_id)
    return jsonify(shown_avatar(avatar)), status, {"Location": url_for("avatars.show", avatar_id=avatar.id)}


@faces.patch("/avatars/<avatar_id>/face")
def change_face(avatar_id: str) -> tuple[Response, int, dict[str, str]]:
    """Move the points of a face, or choose another of several; answers when it is drawn anew."""
    body, avatar = read_face(request), owned_avatar(avatar_id)
    new = NewRegistration(
        id=asked_id(this_caller()),
        avatar_id=avatar.id,
        owner=avatar.owner,
        work="choose" if body.points is None else "points",
        fingerprint=fingerprint(body.model_dump()),
        points=body.points,
        face=body.choose,
    )
    try:
        row, _ = _written(new, None)
    except UnknownAvatar as error:
        raise NoSuchAvatar(error.asked, error.known) from error
    return _begun(row, 200 if _wait(row.id) else 202)


def _wait(registration_id: str) -> bool:
    """Return whether an attempt has ended, after waiting for it a while."""
    until_s = time.monotonic() + FACE_WAIT_S
    while time.monotonic() < until_s:
        row = services().registrations.get(registration_id)
        if row is None or row.finished:
            return True
        time.sleep(_LOOK_EVERY_S)
    return False


@faces.post("/avatars/<avatar_id>/tickets")
def ticket(avatar_id: str) -> tuple[Response, int]:
    """Give a ticket to watch a registration."""
    avatar, made = owned_avatar(avatar_id), secrets.token_urlsafe(24)
    services().stream.issue_ticket(made, ticket_for(avatar.id), ttl_s=TICKET_LIVES_S)
    url = f"{url_for('avatars.show', avatar_id=avatar.id)}/progress"
    return jsonify(url=url, ticket=made, expires_in_s=TICKET_LIVES_S), 201


@faces.delete("/avatars/<avatar_id>")
def retire(avatar_id: str) -> Response:
    """Retire an avatar: what it says now is said to the end, and nothing new is taken."""
    house, avatar = services(), owned_avatar(avatar_id)
    house.registry.retire(avatar.id)
    house.registrations.cancel(avatar.id)
    return jsonify(shown_avatar(owned_avatar(avatar_id)))
