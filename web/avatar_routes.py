"""Avatars and voices: what can be asked for."""

from typing import Any

from flask import Blueprint, Response, jsonify, url_for

from avatars.errors import UnknownAvatar
from avatars.registry import AvatarRow
from tasks.catalogue import SIZES_ALLOWED
from web.file_routes import send_object
from web.refusals import NoSuchAvatar
from web.services import services

faces = Blueprint("avatars", __name__, url_prefix="/v1")


@faces.get("/avatars")
def show_all() -> Response:
    """Show the avatars that may be used."""
    return jsonify(avatars=[_shown(row) for row in services().registry.list()])


@faces.get("/avatars/<avatar_id>")
def show(avatar_id: str) -> Response:
    """Show one avatar."""
    return jsonify(_shown(_get(avatar_id)))


@faces.get("/avatars/<avatar_id>/preview")
def preview(avatar_id: str) -> Response:
    """Send an avatar's small picture."""
    row = _get(avatar_id)
    return send_object(row.preview_key, "image/jpeg", etag=row.preview_sha256)


@faces.get("/voices")
def voices() -> Response:
    """Show the voices that warm workers speak with, and the sizes they draw."""
    known = services().catalogue.voices()
    shown = [
        {"name": card.name, "language": card.language, "title_fa": card.title_fa, "title_en": card.title_en}
        for card in known.values()
    ]
    return jsonify(voices=shown, sizes=list(SIZES_ALLOWED))


def _get(avatar_id: str) -> AvatarRow:
    try:
        return services().registry.get(avatar_id)
    except UnknownAvatar as error:
        raise NoSuchAvatar(error.asked, error.known) from error


def _shown(row: AvatarRow) -> dict[str, Any]:
    own = url_for("avatars.show", avatar_id=row.id)
    return {
        "id": row.id, "title_fa": row.title_fa, "title_en": row.title_en, "voice": row.voice,
        "engine": row.engine, "version": row.version, "preview": f"{own}/preview",
        "links": {"self": own, "preview": f"{own}/preview"},
    }  # fmt: skip
