"""The pictures and films of avatars, each with its checksum as a strong ETag."""

from typing import Final

from flask import Blueprint, Response

from web.avatar_view import seen_avatar
from web.file_routes import send_object
from web.refusals import NotReadyYet

avatar_files = Blueprint("avatar_files", __name__, url_prefix="/v1/avatars")

_JPEG: Final = "image/jpeg"


@avatar_files.get("/<avatar_id>/preview")
@avatar_files.get("/<avatar_id>/preview.jpg")
def preview(avatar_id: str) -> Response:
    """Send an avatar's small picture."""
    return _send(avatar_id, "preview.jpg", _JPEG)


@avatar_files.get("/<avatar_id>/visemes.jpg")
def visemes(avatar_id: str) -> Response:
    """Send three of its mouths side by side."""
    return _send(avatar_id, "visemes.jpg", _JPEG)


@avatar_files.get("/<avatar_id>/idle.mp4")
def idle(avatar_id: str) -> Response:
    """Send the loop of it at rest, with Range."""
    return _send(avatar_id, "idle.mp4", "video/mp4")


@avatar_files.get("/<avatar_id>/picture.png")
def picture(avatar_id: str) -> Response:
    """Send its canonical picture, which its points are in."""
    return _send(avatar_id, "picture.png", "image/png")


@avatar_files.get("/<avatar_id>/points.json")
def points(avatar_id: str) -> Response:
    """Send the points of its face."""
    return _send(avatar_id, "points.json", "application/json")


@avatar_files.get("/<avatar_id>/faces/<int:face>.jpg")
def one_face(avatar_id: str, face: int) -> Response:
    """Send one of the faces there are to choose from."""
    return _send(avatar_id, f"face-{face}.jpg", _JPEG)


def _send(avatar_id: str, name: str, content_type: str) -> Response:
    row = seen_avatar(avatar_id)
    if name not in row.files:
        raise NotReadyYet(row.state)
    return send_object(row.key(name), content_type, etag=row.files[name])
