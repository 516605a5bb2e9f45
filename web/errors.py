"""Errors out: every one as a problem, in the words of `web.error_rules` and its own.

Answers are problem details (RFC 9457) in English with a Persian line beside; what an
error knows (`known`, `limit`, `state`, ...) travels as members of its own. What stands in
no table is a fault of ours: it is logged, and the caller is told nothing of its inside.
"""

import json
import time
from collections.abc import Mapping
from typing import Any, Final

import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from lipsync.text.checks import LONGEST_TEXT
from lipsync.text.errors import MarkupRefused
from web.error_rules import Rule, rule_for

TYPE_PREFIX: Final = "/docs#"
"""Problem types are addresses in the service's own documentation."""

log = structlog.get_logger(__name__)


_TOLD: Final = frozenset(
    {
        "known", "asked", "allowed", "element", "errors", "limit", "length", "position", "state",
        "retry_after_s",
    }
)
"""Attributes of an error that a caller may see."""

_SILENT_FROM: Final = 503
"""From here on the error's own words may name hosts and paths, and are not shown."""

_TRY_AGAIN: Final = "This is not your request's fault; try the same again in a few seconds."


def problem(error: Exception) -> Response:
    """Return an error of ours as an answer."""
    rule, body, headers = told(error)
    return _answer(rule, body, headers)


def told(error: Exception) -> tuple[Rule, dict[str, Any], dict[str, str]]:
    """Return how an error of ours is told, the problem, and headers to send with it over HTTP."""
    rule = rule_for(error)
    members = {name: value for name, value in vars(error).items() if name in _TOLD}
    headers = {}
    if rule.status == 401:
        headers["WWW-Authenticate"] = f'Bearer realm="avatar", error="{rule.slug}"'
    retry_after_s = members.get("retry_after_s", 2 if rule.status == 503 else None)
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    own_words = str(error) or " ".join((type(error).__doc__ or "").split())
    hidden = rule.status == 500 or (rule.status >= _SILENT_FROM and "retry_after_s" not in members)
    persian = error.in_persian if isinstance(error, MarkupRefused) else ""
    return rule, _body(rule, _TRY_AGAIN if hidden else own_words, members, persian), headers


def _body(rule: Rule, detail: str, members: Mapping[str, Any], detail_fa: str = "") -> dict[str, Any]:
    return {
        "type": TYPE_PREFIX + rule.slug, "title": rule.title, "status": rule.status,
        "detail": detail, "detail_fa": detail_fa or rule.fa, **members,
    }  # fmt: skip


def _answer(rule: Rule, body: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    # A caller's lone surrogates may stand in `asked`; escaped they are JSON, encoded they are nothing.
    encoded = json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return Response(encoded, rule.status, headers, content_type="application/problem+json; charset=utf-8")


_FA_BY_STATUS: Final[Mapping[int, str]] = {
    404: "چنین نشانی‌ای نیست.",
    405: "این روش برای این نشانی پذیرفته نیست.",
    416: "این بازه بیرون از فایل است.",
}


_SWALLOWED_BYTES: Final = 8 << 20
_SWALLOWED_S: Final = 2.0


def _swallow_body() -> None:
    """Read what is left of a body that is refused, within bounds.

    The server closes a connection with too much unread, after it said that it would keep it, so a
    client's next request on it would fail.
    """
    body, left, until = request.input_stream, _SWALLOWED_BYTES, time.monotonic() + _SWALLOWED_S
    while left > 0 and time.monotonic() < until:
        part = body.read(min(left, 65_536))
        if not part:
            return
        left -= len(part)


def _too_large() -> tuple[str, str]:
    """Return what is told of a body that is refused for its length, in English and in Persian."""
    limit = request.max_content_length
    told = f"the body is longer than {limit} bytes, the most that is taken here; "
    persian = f"بدنهٔ درخواست از {limit} بایت، اندازهٔ مجاز اینجا، بلندتر است؛ "
    if request.path.startswith("/v1/utterances"):
        told += (
            f"a text has at most {LONGEST_TEXT} characters: send a longer one in parts, or begin with "
            '"open": true and append its parts to /v1/utterances/{id}/text'
        )
        persian += (
            f"متن حداکثر {LONGEST_TEXT} نویسه دارد: متن بلندتر را بخش‌بخش بفرستید، یا با open آغاز کنید و "
            "بخش‌ها را یکی‌یکی بیفزایید."
        )
    else:
        told += "send it in parts, a large file by /v1/uploads"
        persian += "آن را بخش‌بخش بفرستید، فایل بزرگ را با /v1/uploads."
    return told, persian


def _http_problem(error: HTTPException) -> Response:
    status = error.code or 500
    title = error.name
    detail, detail_fa = error.description or title, _FA_BY_STATUS.get(status, "درخواست پذیرفته نشد.")
    members = {}
    if status == 413:
        detail, detail_fa = _too_large()
        members = {"limit_bytes": request.max_content_length}
        _swallow_body()
    rule = Rule(status, title.lower().replace(" ", "-"), title, detail_fa)
    headers = {
        name: value
        for name, value in error.get_headers()
        if name.lower() in {"allow", "content-range", "retry-after", "location"}
    }
    return _answer(rule, _body(rule, detail, members), headers)


def register_errors(app: Flask) -> None:
    """Have an application answer every error with a problem."""

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        if error.response is not None or (error.code or 500) < 400:
            return error.get_response()  # type: ignore[return-value]
        return _http_problem(error)

    @app.errorhandler(Exception)
    def ours(error: Exception) -> Response:
        rule = rule_for(error)
        if rule.status >= 500:
            log.error("request_failed", slug=rule.slug, exc_info=error)
        return problem(error)
