"""Finished files and previews, whole or in ranges.

Objects come out of storage as open files; nothing is held in memory.
"""

from typing import Final

from flask import Blueprint, Response, request
from werkzeug.http import parse_range_header
from werkzeug.wsgi import FileWrapper

from lipsync.text.subrip import srt_of
from tasks.utterances import UtteranceRow
from web.refusals import FileExpired, NeverFinished, NoCaptions, NotFinished
from web.services import services
from web.speak_routes import owned

_BLOCK_BYTES: Final = 64 * 1024

files = Blueprint("files", __name__, url_prefix="/v1/utterances")


@files.get("/<utterance_id>/video.mp4")
def video(utterance_id: str) -> Response:
    """Send the finished MP4."""
    row = _finished(utterance_id)
    if row.video_key is None:
        raise NotFinished("done, and its file is being made")
    return send_object(row.video_key, "video/mp4", etag=f"{row.id}-{row.video_bytes}")


@files.get("/<utterance_id>/captions.vtt")
def captions(utterance_id: str) -> Response:
    """Send the finished captions."""
    row, key = _captioned(utterance_id)
    return send_object(key, "text/vtt; charset=utf-8", etag=f"{row.id}-vtt")


@files.get("/<utterance_id>/captions.srt")
def subrip(utterance_id: str) -> Response:
    """Send the finished captions as SubRip, made from the kept file."""
    row, key = _captioned(utterance_id)
    with services().storage.open(key) as kept:
        made = srt_of(kept.read().decode())
    response = Response(made, content_type="application/x-subrip; charset=utf-8")
    response.set_etag(f"{row.id}-srt")
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    return response


def _captioned(utterance_id: str) -> tuple[UtteranceRow, str]:
    """Return an utterance and the key of its captions. Raises as the doors to files do."""
    row = _finished(utterance_id)
    if not row.captions:
        raise NoCaptions
    if row.captions_key is None:
        raise NotFinished("done, and its file is being made")
    return row, row.captions_key


def _finished(utterance_id: str) -> UtteranceRow:
    row = owned(utterance_id)
    if row.expired_at is not None:
        raise FileExpired
    if not row.finished:
        raise NotFinished(row.state)
    if row.state != "done":
        raise NeverFinished(row.state)
    return row


def send_object(key: str, content_type: str, *, etag: str) -> Response:
    """Answer with an object of storage; understands Range (one of bytes), If-Range and If-None-Match.

    Raises:
        ObjectMissing: there is none of this key.
        werkzeug.exceptions.RequestedRangeNotSatisfiable: the range lies outside.
    """
    storage = services().storage
    size_bytes = storage.size_bytes(key)
    file = storage.open(key)
    # Not the server's own wrapper: that one cannot seek, and a range near the end of a
    # long file would be read from its beginning.
    response = Response(FileWrapper(file, _BLOCK_BYTES), content_type=content_type, direct_passthrough=True)
    response.call_on_close(file.close)
    response.content_length = size_bytes
    response.set_etag(etag)
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request, accept_ranges=_wants_one_range(), complete_length=size_bytes)
    response.headers["Accept-Ranges"] = "bytes"
    return response


def _wants_one_range() -> bool:
    """Return whether one range of bytes is asked for; any other wish is answered with the whole.

    Of a unit it does not know a server has to ignore the header (RFC 9110, 14.2); of several
    ranges it may, as of a header it cannot read and with any method but GET.
    """
    asked = parse_range_header(request.headers.get("Range"))
    if request.method != "GET" or asked is None or asked.units != "bytes":
        return False
    return len(asked.ranges) == 1
