"""The one WebSocket address: origin, a place, a safe socket, then `web.relay`."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, g, request
from flask_sock import Sock

from web.protocol import MAX_INCOMING_MESSAGE_BYTES
from web.refusals import NoPlaceForSocket, NotASocket
from web.services import services
from web.sockets import DeadlineSocket

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SOCKET_OPTIONS: Final = {"max_message_size": MAX_INCOMING_MESSAGE_BYTES}
_SERVER_SOCKETS: Final = frozenset({"gunicorn.socket", "werkzeug.socket"})

relay = Blueprint("relay", __name__, url_prefix="/v1/utterances")
sock = Sock()


class SafeSockets:
    """Puts a DeadlineSocket under every WebSocket before its handshake; WSGI middleware."""

    def __init__(self, inside: "WSGIApplication") -> None:
        self._inside = inside

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        if environ.get("HTTP_UPGRADE", "").lower() == "websocket":
            # Compression is refused by never being offered: a few bytes would become megabytes.
            environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
            for name in _SERVER_SOCKETS & environ.keys():
                environ[name] = DeadlineSocket(environ[name])
        return self._inside(environ, start_response)


@relay.before_request
def let_in() -> None:
    """Let a viewer through to the handshake, which follows at once.

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
