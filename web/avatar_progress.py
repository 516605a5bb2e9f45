"""How far a registration is, told over a socket as it changes.

Whoever has a token or the page's cookie is let in by it; anybody else says `watch` with a
ticket first, as for a stream. Each message is `{"type": "registration", ...}`, as
GET /v1/avatars/{id} shows it; the socket is closed when the attempt has ended.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy.exc
import structlog
from flask import Blueprint, Response, g, request
from simple_websocket import ConnectionClosed

from avatars.registrations import RegistrationRow, Registrations
from tasks.errors import StreamUnreachable
from web.auth import COOKIE, identify
from web.avatar_view import owned_avatar, shown_registration
from web.protocol import WATCH_WITHIN_S, BadWatch, CloseCode, read_watch
from web.refusals import NoPlaceForSocket, NotASocket
from web.relay_routes import sock
from web.services import services
from web.sockets import SlowReader

LOOK_EVERY_S: Final = 0.2
MOST_S: Final = 600.0
"""A socket is closed after this; who still waits opens another."""
_CLOSE_WITHIN_S: Final = 1.0

log = structlog.get_logger(__name__)
progress = Blueprint("progress", __name__, url_prefix="/v1/avatars")


def ticket_for(avatar_id: str) -> str:
    """Return what a ticket to watch an avatar's registration is good for; no stream has this name."""
    return f"avatar:{avatar_id}"


@progress.before_request
def let_in() -> None:
    """Let a watcher through to the handshake.

    Raises:
        ForeignOrigin: the page is not on the list.
        NoPlaceForSocket: every thread that sockets may take is taken.
        TokenError, NoSuchAvatar: it showed who it is, and may not watch this avatar.
    """
    house = services()
    house.origins.check(request)
    if request.endpoint != "progress.watch":
        return
    g.known = "Authorization" in request.headers or COOKIE in request.cookies
    if g.known:
        g.caller = identify(request, house.signer, house.origins)
        owned_avatar((request.view_args or {})["avatar_id"])
    if not house.relay.admit():
        raise NoPlaceForSocket
    g.admitted = True


@progress.teardown_request
def give_place_back(_error: BaseException | None) -> None:
    """Give the place back however the request ended."""
    if g.pop("admitted", False):
        services().relay.release()


@sock.route("/<avatar_id>/progress", bp=progress, endpoint="watch")  # type: ignore[untyped-decorator]
def watch(ws: Any, avatar_id: str) -> None:
    """Tell one watcher of one avatar."""
    house = services()
    good_for = None if g.known else house.stream.redeem_ticket
    watcher = Watcher(ws, avatar_id, house.registrations, good_for, lambda: house.relay.hub.draining)
    watcher.serve()


@progress.get("/<avatar_id>/progress")
def explain(**_path: str) -> Response:
    """Tell whoever asks for this address without a socket. Raises NotASocket."""
    raise NotASocket


@dataclass(frozen=True, slots=True)
class Watcher:
    """One socket from its handshake to its close."""

    ws: Any
    avatar_id: str
    registrations: Registrations
    redeem: Callable[[str], str | None] | None
    """Turns a ticket into what it is good for; None where the watcher is known already."""
    draining: Callable[[], bool]

    def serve(self) -> None:
        """Tell what changes until there is nothing more to tell; never raises what a peer can cause."""
        try:
            code = self._let_in() or self._tell()
        except (StreamUnreachable, sqlalchemy.exc.SQLAlchemyError) as trouble:
            log.warning("progress_broken_off", avatar=self.avatar_id, error=str(trouble))
            code = CloseCode.DRAIN
        except (ConnectionClosed, SlowReader, OSError):
            code = None
        self._close(code)

    def _let_in(self) -> CloseCode | None:
        if self.redeem is None:
            return None
        message = self.ws.receive(timeout=WATCH_WITHIN_S)
        if message is None:
            return CloseCode.NOT_ALLOWED
        try:
            ticket = read_watch(message).ticket
        except BadWatch:
            return CloseCode.NOT_ALLOWED
        return None if self.redeem(ticket) == ticket_for(self.avatar_id) else CloseCode.NOT_ALLOWED

    def _tell(self) -> CloseCode | None:
        told: RegistrationRow | None = None
        until_s = time.monotonic() + MOST_S
        while self.ws.connected and time.monotonic() < until_s:
            row = self.registrations.latest(self.avatar_id)
            if row is None:
                return CloseCode.GONE
            if row != told:
                message = {"type": "registration", **shown_registration(row)}
                self.ws.send(json.dumps(message, ensure_ascii=False))
                told = row
            if row.finished:
                return CloseCode.ENDED
            if self.draining():
                return CloseCode.DRAIN
            # A watcher has nothing more to say; what it says is dropped here.
            self.ws.receive(timeout=LOOK_EVERY_S)
        return CloseCode.DRAIN

    def _close(self, code: CloseCode | None) -> None:
        if code is not None:
            try:
                self.ws.close(int(code), code.name.lower())
            except (ConnectionClosed, SlowReader, OSError):
                log.debug("watcher_gone", avatar=self.avatar_id)
        self.ws.connected = False
        self.ws.thread.join(_CLOSE_WITHIN_S)
        self.ws.sock.finish(drain=True)
