"""The ways in: a key becomes a token, a login link becomes a cookie."""

from flask import Blueprint, Response, jsonify, redirect, request

from avatars.keys import KeyHolder, KeyRefused
from web.auth import COOKIE, KeyMissing, LoginLinkUsed, bearer_of, redeem_login_code, set_cookie, this_caller
from web.bodies import read_key
from web.services import services
from web.tokens import API_AUDIENCE, TOKEN_LIVES_S, Caller

doors = Blueprint("doors", __name__)


@doors.post("/v1/tokens")
def make_token() -> tuple[Response, int]:
    """Turn an API key into a token of 15 minutes."""
    holder = _holder()
    caller = Caller(holder.owner, holder.role)
    token = services().signer.issue(caller, API_AUDIENCE, TOKEN_LIVES_S)
    body = {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIVES_S, "role": holder.role}
    answer = jsonify(body)
    answer.headers["Cache-Control"] = "no-store"
    return answer, 201


def _holder() -> KeyHolder:
    house = services()
    address = request.remote_addr or "local"
    house.failures.check(address)
    key = bearer_of(request) or _key_in_body()
    try:
        return house.keys.check(key)
    except KeyRefused:
        house.failures.note(address)
        house.metrics.failed_keys.inc()
        raise


def _key_in_body() -> str:
    if not request.content_length and not request.is_json:
        raise KeyMissing
    return read_key(request)


@doors.get("/v1/session")
def show_session() -> Response:
    """Tell a page who it is signed in as."""
    caller = this_caller()
    return jsonify(owner=caller.owner, role=caller.role)


@doors.delete("/v1/session")
def end_session() -> tuple[Response, int]:
    """Sign the page out."""
    answer = Response(status=204)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="Strict")
    return answer, 204


@doors.get("/login")
def login() -> Response:
    """Follow a one-time login link: sign the page in and show it."""
    house = services()
    try:
        caller = redeem_login_code(house.logins, request.args.get("code", ""))
    except LoginLinkUsed:
        if not request.accept_mimetypes.accept_html or request.accept_mimetypes.best == "*/*":
            raise
        # A person who opens an old link sees the page: it lets those in who are signed in
        # already, and tells the others where a new link comes from.
        return redirect("/#link-used", 303)  # type: ignore[return-value]
    answer = redirect("/", 303)
    set_cookie(answer, house.signer, caller, secure=request.is_secure)  # type: ignore[arg-type]
    # The code is used up, but its address need not be told to anybody either.
    answer.headers["Cache-Control"] = "no-store"
    return answer  # type: ignore[return-value]
