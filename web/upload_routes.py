"""Uploads that resume: the core of tus 1.0, with creation, checksum, expiration and termination.

A client makes an upload of a length, sends parts from the offset it stands at, and names the
finished upload in POST /v1/avatars. Every part is an object of storage, so any process of the
front door may take the next one.
"""

from typing import Final
from wsgiref.handlers import format_date_time

from flask import Blueprint, Response, request, url_for

from avatars.errors import UploadAhead
from avatars.uploads import UploadRow
from web.auth import this_caller
from web.refusals import BadUploadHeader, ForeignTus
from web.services import services
from web.uploading import CHECKSUMS, read_part

TUS: Final = "1.0.0"
_PART_TYPE: Final = "application/offset+octet-stream"

uploads = Blueprint("uploads", __name__, url_prefix="/v1/uploads")


@uploads.before_request
def speak_tus() -> None:
    """Let requests of this version pass. Raises ForeignTus."""
    if request.method != "OPTIONS" and request.headers.get("Tus-Resumable") != TUS:
        raise ForeignTus


@uploads.after_request
def say_tus(response: Response) -> Response:
    """Put the version, and what is offered, on every answer."""
    response.headers["Tus-Resumable"] = TUS
    response.headers["Tus-Version"] = TUS
    response.headers["Tus-Extension"] = "creation,checksum,expiration,termination"
    response.headers["Tus-Max-Size"] = str(services().uploads.limit_bytes)
    response.headers["Tus-Checksum-Algorithm"] = ",".join(CHECKSUMS)
    return response


@uploads.post("")
def begin() -> Response:
    """Make an upload of a length."""
    size_bytes = _number("Upload-Length")
    row = services().uploads.begin(this_caller().owner, size_bytes)
    response = _standing(row, 201)
    response.headers["Location"] = url_for("uploads.stand", upload_id=row.id)
    return response


@uploads.get("/<upload_id>", endpoint="stand")
def stand(upload_id: str) -> Response:
    """Tell where an upload stands; HEAD does the same."""
    row = services().uploads.get(upload_id, this_caller().owner)
    response = _standing(row, 200)
    response.headers["Upload-Length"] = str(row.size_bytes)
    response.headers["Cache-Control"] = "no-store"
    return response


@uploads.patch("/<upload_id>")
def take(upload_id: str) -> Response:
    """Take the next bytes of an upload."""
    house = services()
    row = house.uploads.get(upload_id, this_caller().owner)
    if request.mimetype != _PART_TYPE:
        raise BadUploadHeader("Content-Type", _PART_TYPE)
    if _number("Upload-Offset") != row.offset_bytes:
        raise UploadAhead(row.offset_bytes)
    with house.upload_places.one():
        read_part(request, house.uploads, row)
    return _standing(house.uploads.get(upload_id), 204)


@uploads.delete("/<upload_id>")
def end(upload_id: str) -> Response:
    """Remove an upload."""
    house = services()
    house.uploads.forget(house.uploads.get(upload_id, this_caller().owner).id)
    return Response(status=204)


def _standing(row: UploadRow, status: int) -> Response:
    response = Response(status=status)
    response.headers["Upload-Offset"] = str(row.offset_bytes)
    response.headers["Upload-Expires"] = format_date_time(row.expires_at.timestamp())
    return response



def _number(name: str) -> int:
    text = request.headers.get(name, "")
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise BadUploadHeader(name, "a whole number of bytes")
    return int(text)
