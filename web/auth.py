"""Who may come in, and from where: bearer tokens, the page's cookie, exact origins.

Every route under /v1 asks `identify`; the cookie is made by a one-time login link. The
socket is let in by a ticket instead, which `web.relay` redeems.
"""

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Request, Response, g

from avatars.keys import PERSON_HERE
from web.tokens import API_AUDIENCE, PAGE_AUDIENCE, SESSION_LIVES_S, Caller, Signer, TokenForged

COOKIE: Final = "avatar_session"
LOGIN_LIVES_S: Final = 600
STUDIO: Final = Caller(PERSON_HERE, "admin")
"""Whoever followed a login link: the person at this machine."""

FAILURES_ALLOWED: Final = 20
FAILURES_WITHIN_S: Final = 60
_ADDRESSES_KEPT: Final = 4096

_LOGIN_PREFIX: Final = "login:"
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_ANYWHERE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not bound to


class AuthError(Exception):
    """The caller is not let in."""


class NotSignedIn(AuthError):
    """No token came with the request; send `Authorization: Bearer <token>` from POST /v1/tokens."""


class KeyMissing(AuthError):
    """No API key came with the request; send `Authorization: Bearer ak_...`, or `{"key": "ak_..."}`."""


class KeyInsteadOfToken(AuthError):
    """An API key came where a token belongs; turn it into a token at POST /v1/tokens."""


class LoginLinkUsed(AuthError):
    """The login link was used before, or is older than ten minutes; make a new one with `avatar login`."""


class ForeignOrigin(AuthError):
    """The page that sent this request is not on the list of origins; add it to AVATAR_ORIGINS."""

    def __init__(self, origin: str) -> None:
        super().__init__(str(type(self).__doc__))
        self.origin = origin


class TooManyFailures(AuthError):
    """Too many refused keys came from this address; wait a minute."""

    def __init__(self) -> None:
        super().__init__(str(type(self).__doc__))
        self.retry_after_s = FAILURES_WITHIN_S


class Origins:
    """Which pages may call: the service's own and those listed, exactly."""

    def __init__(self, host: str, listed: Collection[str]) -> None:
        self._listed = frozenset(listed)
        self._any_host = host in _ANYWHERE
        self._hosts = _LOOPBACK if host in _LOOPBACK else frozenset({host})

    def listed(self, origin: str) -> bool:
        """Return whether an origin stands on the list."""
        return origin in self._listed

    def allows(self, origin: str, request: Request) -> bool:
        """Return whether an origin is on the list or is where this request was sent to.

        The Host header alone is not believed: a name that an attacker made resolve to
        this machine would be its own origin.
        """
        if origin in self._listed:
            return True
        own = urlsplit(f"{request.scheme}://{request.host}")
        named = self._any_host or own.hostname in self._hosts
        return named and origin == f"{own.scheme}://{own.netloc}"

    def check(self, request: Request) -> None:
        """Let a request pass that names no origin or a good one. Raises ForeignOrigin."""
        origin = request.headers.get("Origin")
        if origin is not None and not self.allows(origin, request):
            raise ForeignOrigin(origin)


def this_caller() -> Caller:
    """Return who sent the request at hand, as `identify` found before its route began."""
    found: Caller = g.caller
    return found


def identify(request: Request, signer: Signer, origins: Origins) -> Caller:
    """Return who is calling.

    Raises:
        NotSignedIn: neither a token nor a cookie came.
        KeyInsteadOfToken: an API key came in its place.
        TokenExpired, TokenForged: see `Signer.read`.
        ForeignOrigin: a cookie came with a change, and no proof of the page it came from.
    """
    bearer = bearer_of(request)
    if bearer is not None:
        if bearer.startswith("ak_"):
            raise KeyInsteadOfToken
        return signer.read(bearer, API_AUDIENCE)
    cookie = request.cookies.get(COOKIE)
    if cookie is None:
        raise NotSignedIn
    caller = signer.read(cookie, PAGE_AUDIENCE)
    if request.method not in _SAFE_METHODS:
        # SameSite=Strict lets other ports of this host through; the origin does not.
        origin = request.headers.get("Origin", "none")
        if not origins.allows(origin, request):
            raise ForeignOrigin(origin)
    return caller


def bearer_of(request: Request) -> str | None:
    """Return what stands after `Bearer` in the Authorization header, or None without one.

    Raises:
        TokenForged: the header is of another scheme.
    """
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "bearer" or not value.strip():
        raise TokenForged
    return value.strip()


def make_login_code(client: Any) -> str:
    """Return a code for `/login?code=...`, good once and for ten minutes.

    Args:
        client: a Redis client; only the code's hash is kept there.
    """
    code = secrets.token_urlsafe(32)
    client.set(_login_key(code), STUDIO.owner, ex=LOGIN_LIVES_S)
    return code


def redeem_login_code(client: Any, code: str) -> Caller:
    """Use a login code up and return who it lets in.

    Raises:
        LoginLinkUsed: it is unknown, used or too old.
    """
    if not code or client.getdel(_login_key(code)) is None:
        raise LoginLinkUsed
    return STUDIO


def _login_key(code: str) -> str:
    return _LOGIN_PREFIX + hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()


def set_cookie(response: Response, signer: Signer, caller: Caller, *, secure: bool) -> None:
    """Sign a page in; its scripts cannot read the cookie."""
    token = signer.issue(caller, PAGE_AUDIENCE, SESSION_LIVES_S)
    response.set_cookie(
        COOKIE, token, max_age=SESSION_LIVES_S, httponly=True, samesite="Strict", secure=secure, path="/"
    )


class FailureLimit:
    """Refused keys per address in this process: guessing is hopeless anyway, and this keeps it cheap."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, list[float]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, address: str) -> None:
        """Let an address try. Raises TooManyFailures."""
        with self._lock:
            if len(self._recent(address)) >= FAILURES_ALLOWED:
                raise TooManyFailures

    def note(self, address: str) -> None:
        """Remember that an address showed a bad key."""
        with self._lock:
            self._failures[address] = [*self._recent(address), self._clock()][-FAILURES_ALLOWED:]
            self._failures.move_to_end(address)
            while len(self._failures) > _ADDRESSES_KEPT:
                self._failures.popitem(last=False)

    def _recent(self, address: str) -> list[float]:
        since = self._clock() - FAILURES_WITHIN_S
        return [at for at in self._failures.get(address, ()) if at > since]
