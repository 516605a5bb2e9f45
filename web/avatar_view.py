"""An avatar as its owner, its users and nobody else see it."""

from typing import Any, Final

from flask import url_for

from avatars.registrations import RegistrationRow
from avatars.registry import PREVIEW, Asked, AvatarRow
from web.auth import this_caller
from web.refusals import NoSuchAvatar, NotYourAvatar
from web.services import services

ADMIN: Final = "admin"
_FILES: Final = {
    "preview": PREVIEW, "visemes": "visemes.jpg", "idle": "idle.mp4", "picture": "picture.png",
    "points": "points.json",
}  # fmt: skip
"""What is linked, where the avatar has it."""


def seen_by() -> str | None:
    """Return whose avatars the caller sees beside the house's; None for all."""
    asking = this_caller()
    return None if asking.role == ADMIN else asking.owner


def seen_avatar(avatar_id: str) -> AvatarRow:
    """Return an avatar the caller may see, in whatever state.

    Raises:
        NoSuchAvatar: there is none, or it is somebody else's; retired ones only their owner sees.
    """
    row = services().registry.find(avatar_id, seen_by=seen_by())
    if row is None or (row.state != "ready" and not _owns(row)):
        raise NoSuchAvatar(avatar_id, _usable())
    return row


def _usable() -> list[str]:
    return [each.id for each in services().registry.list(Asked(seen_by=seen_by()))]


def owned_avatar(avatar_id: str) -> AvatarRow:
    """Return an avatar the caller may change.

    Raises:
        NoSuchAvatar: as `seen_avatar`.
        NotYourAvatar: it is the house's.
    """
    row = seen_avatar(avatar_id)
    if not _owns(row):
        raise NotYourAvatar
    return row


def _owns(row: AvatarRow) -> bool:
    asking = this_caller()
    return asking.role == ADMIN or row.owner == asking.owner


def shown_row(row: AvatarRow) -> dict[str, Any]:
    """Return an avatar as lists show it."""
    own = url_for("avatars.show", avatar_id=row.id)
    files = {name: f"{own}/{file}" for name, file in _FILES.items() if file in row.files}
    return {
        "id": row.id, "title_fa": row.title_fa, "title_en": row.title_en, "voice": row.voice,
        "engine": row.engine, "state": row.state, "version": row.version, "kind": row.kind,
        "own": _owns(row), "pinned": row.pinned, "preview": files.get("preview"),
        "created_at": row.created_at.isoformat(), "updated_at": row.updated_at.isoformat(),
        "links": {"self": own, **files},
    }  # fmt: skip


def shown_avatar(row: AvatarRow) -> dict[str, Any]:
    """Return an avatar with everything about it that the caller may know."""
    house = services()
    latest = house.registrations.latest(row.id) if _owns(row) else None
    # Read again behind its registration: one that is told as ready has its avatar ready too.
    row = house.registry.find(row.id) or row
    shown = shown_row(row)
    own = shown["links"]["self"]
    shown |= {"report": row.report, "faces": _faces(row, own), "face": (row.choices or {}).get("face")}
    if not _owns(row):
        return shown
    consents = house.registrations.consents(row.id)
    shown["links"] |= {"face": f"{own}/face", "progress": f"{own}/progress", "tickets": f"{own}/tickets"}
    return shown | {
        "owner": row.owner,
        "registration": None if latest is None else shown_registration(latest),
        "consents": [{**each, "recorded_at": each["recorded_at"].isoformat()} for each in consents],
        "versions": [
            {"version": each.version, "kind": each.kind} for each in house.registry.versions(row.id)
        ],
    }  # fmt: skip


def shown_registration(row: RegistrationRow) -> dict[str, Any]:
    """Return how far an attempt is, and why nothing came of it."""
    refusal = {"code": row.refusal_code, "detail": row.refusal_en, "detail_fa": row.refusal_fa}
    return {
        "id": row.id, "work": row.work, "state": row.state, "step": row.step, "percent": row.percent,
        "refusal": None if row.refusal_code is None else refusal, "version": row.version,
        "created_at": row.created_at.isoformat(),
        "finished_at": None if row.finished_at is None else row.finished_at.isoformat(),
    }  # fmt: skip


def _faces(row: AvatarRow, own: str) -> list[dict[str, Any]]:
    found = (row.choices or {"faces": []})["faces"]
    return [{**each, "preview": f"{own}/faces/{each['face']}.jpg"} for each in found]
