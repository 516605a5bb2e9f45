"""The one WebSocket address: origin, a place, a safe socket, then `web.relay`."""

from typing import Any, Final

from flask import Blueprint, Response, g, request
from flask_sock import Sock

from web.protocol import MAX_INCOMING_MESSAGE_BYTES
from web.refusals import NoPlaceForSocket, NotASocket
from web.services import services
from web.sockets import DeadlineSocket

SOCKET_OPTIONS: Final = {"max_message_size": MAX_INCOMING_MESSAGE_BYTES}
_SERVER_SOCKETS: Final = ("gunicorn.socket", "werkzeug.socket")

relay = Blueprint("relay", __name__, url_prefix="/v1/utterances")
sock = Sock()


@relay.before_request
def let_in() -> None:
    """Prepare the way for the handshake, which follows at once.

    Raises:
        ForeignOrigin: the page is not on the list.
        NoPlaceForSocket: every thread that sockets may take is taken.
    """
    house = services()
    house.origins.check(request)
    if request.endpoint != "relay.watch":
        return
    if not house.relay.admit():
        raise NoPlaceForSocket
    g.admitted = True
    # Compression is refused by never being offered: a few bytes would become megabytes.
    request.environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
    for name in _SERVER_SOCKETS:
        if name in request.environ:
            request.environ[name] = DeadlineSocket(request.environ[name])


@relay.teardown_request
def give_place_back(_error: BaseException | None) -> None:
    """Give the place back however the request ended."""
    if g.pop("admitted", False):
        services().relay.release()


@sock.route("/<utterance_id>/stream", bp=relay, endpoint="watch")  # type: ignore[untyped-decorator]
def watch(ws: Any, utterance_id: str) -> None:
    """Show one stream to one viewer."""
    services().relay.serve(ws, utterance_id)


@relay.get("/<utterance_id>/stream")
def explain(**_path: str) -> Response:
    """Tell whoever asks for this address without a socket. Raises NotASocket."""
    raise NotASocket
