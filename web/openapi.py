"""The contract: an OpenAPI document, and a page that shows it without foreign scripts.

The problem types come from `web.errors.RULES` and the close codes from `web.protocol`,
so that neither list can fall behind.
"""

import html
from importlib.metadata import version
from typing import Any, Final

from flask import Blueprint, Response, jsonify

from tasks.catalogue import DEFAULT_SIZE, SIZES_ALLOWED
from web.bodies import TokenBody, UtteranceBody
from web.errors import RULES, Rule
from web.protocol import CloseCode

docs = Blueprint("docs", __name__)

_OUR_PACKAGES: Final = frozenset({"web", "tasks", "avatars", "lipsync"})
_STYLE: Final = "/docs/style.css"
_POLICY: Final = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"

_ID: Final = {
    "name": "id", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
}  # fmt: skip
_AVATAR: Final = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
_IDEMPOTENCY: Final = {
    "name": "Idempotency-Key", "in": "header", "required": False,
    "schema": {"type": "string"},
    "description": "The same key of the same caller always means the same utterance.",
}  # fmt: skip
_PAGING: Final = (
    {
        "name": "limit",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
    },
    {
        "name": "before",
        "in": "query",
        "schema": {"type": "string"},
        "description": "`next` of the page before.",
    },
)

_Operation = tuple[str, str, str, dict[str, str], tuple[dict[str, Any], ...], str | None]

_OPERATIONS: Final[tuple[_Operation, ...]] = (
    ("/v1/tokens", "post", "Turn an API key into a token of 15 minutes",
     {"201": "The token", "401": "The key is not valid", "429": "Too many refused keys"}, (), "TokenBody"),
    ("/v1/session", "get", "Who is calling", {"200": "Owner and role"}, (), None),
    ("/v1/session", "delete", "Sign the page out", {"204": "Signed out"}, (), None),
    ("/v1/utterances", "post", "Have an avatar say a text",
     {"201": "Where to watch it", "200": "This Idempotency-Key came before",
      "400": "Wrong JSON or fields", "413": "Body too large", "415": "Not JSON",
      "422": "Text, avatar, voice or size refused",
      "429": "The queue is full", "503": "Not now"}, (_IDEMPOTENCY,), "UtteranceBody"),
    ("/v1/utterances", "get", "Your utterances, newest first", {"200": "A page of them"}, _PAGING, None),
    ("/v1/utterances/{id}", "get", "One utterance",
     {"200": "The utterance", "404": "Not yours"}, (_ID,), None),
    ("/v1/utterances/{id}", "delete", "Cancel; it stops within one chunk",
     {"200": "It has ended", "202": "Its worker was told", "404": "Not yours"}, (_ID,), None),
    ("/v1/utterances/{id}/tickets", "post", "Another ticket, to resume a stream",
     {"201": "The ticket", "404": "Not yours"}, (_ID,), None),
    ("/v1/utterances/{id}/stream", "get", "WebSocket: send `watch` with a ticket, receive chunks",
     {"101": "The stream", "403": "Foreign origin", "426": "Not a WebSocket", "503": "No place"},
     (_ID,), None),
    ("/v1/utterances/{id}/video.mp4", "get", "The finished file, with Range",
     {"200": "The file", "206": "A range of it", "304": "Unchanged", "409": "Not there yet",
      "410": "Removed", "416": "Range outside"}, (_ID,), None),
    ("/v1/utterances/{id}/captions.vtt", "get", "The finished captions, with Range",
     {"200": "The file", "206": "A range of it", "409": "Not there yet", "410": "Removed"}, (_ID,), None),
    ("/v1/avatars", "get", "The avatars", {"200": "All of them"}, (), None),
    ("/v1/avatars/{id}", "get", "One avatar", {"200": "The avatar", "404": "Unknown"}, (_AVATAR,), None),
    ("/v1/avatars/{id}/preview", "get", "Its small picture",
     {"200": "JPEG", "404": "Unknown"}, (_AVATAR,), None),
    ("/v1/voices", "get", "The voices and sizes", {"200": "All of them", "503": "No worker yet"}, (), None),
)  # fmt: skip


def contract() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document."""
    paths: dict[str, dict[str, Any]] = {}
    for path, method, summary, answers, parameters, body in _OPERATIONS:
        paths.setdefault(path, {})[method] = _operation(path, summary, answers, parameters, body)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Avatar Streaming Service", "version": version("avatar-streaming-service")},
        "security": [{"bearer": []}, {"cookie": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "avatar_session"},
            },
            "schemas": {
                "UtteranceBody": _utterance_schema(),
                "TokenBody": TokenBody.model_json_schema(),
                "Problem": _problem_schema(),
            },
        },
    }


def _operation(
    path: str, summary: str, answers: dict[str, str], parameters: tuple[dict[str, Any], ...], body: str | None
) -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation: dict[str, Any] = {
        "summary": summary,
        "responses": {
            status: {"description": text, **({"content": problem} if status >= "400" else {})}
            for status, text in answers.items()
        },
    }
    if parameters:
        operation["parameters"] = list(parameters)
    if body is not None:
        schema = {"schema": {"$ref": f"#/components/schemas/{body}"}}
        operation["requestBody"] = {"required": True, "content": {"application/json": schema}}
    if path == "/v1/tokens":
        operation["security"] = []
    return operation


def _utterance_schema() -> dict[str, Any]:
    schema = UtteranceBody.model_json_schema()
    schema["properties"]["size"]["description"] = f"One of: {', '.join(SIZES_ALLOWED)}"
    schema["examples"] = [{"avatar": "samira", "text": "سلام! حالتان چطور است؟", "size": DEFAULT_SIZE}]
    return schema


def _problem_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail", "detail_fa"],
        "properties": {
            "type": {"type": "string", "enum": sorted({f"/docs#{rule.slug}" for rule in RULES.values()})},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "detail_fa": {"type": "string"},
        },
    }


@docs.get("/v1/openapi.json", endpoint="contract")
def show_contract() -> Response:
    """Send the OpenAPI document."""
    return jsonify(contract())


@docs.get("/docs", endpoint="show")
def show_page() -> Response:
    """Send the contract as a page."""
    response = Response(_page(), content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _POLICY
    return response


@docs.get(_STYLE)
def style() -> Response:
    """Send the page's style."""
    return Response(_CSS, content_type="text/css; charset=utf-8")


def _page() -> str:
    operations = "".join(
        f"<h3><code>{method.upper()} {html.escape(path)}</code></h3><p>{html.escape(summary)}</p>"
        + _table(("Status", "Meaning"), answers.items())
        for path, method, summary, answers, _parameters, _body in _OPERATIONS
    )
    codes = _table(
        ("Code", "Name"), ((str(int(code)), code.name.lower().replace("_", " ")) for code in CloseCode)
    )
    problems = "".join(
        f'<tr id="{rule.slug}"><td>{rule.status}</td><td><code>{rule.slug}</code></td>'
        f"<td>{html.escape(advice)}</td>"
        f'<td lang="fa" dir="rtl">{html.escape(rule.fa)}</td></tr>'
        for rule, advice in _advice().items()
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        "<title>Avatar Streaming Service: the contract</title>"
        '<meta name="viewport" content="width=device-width">'
        f'<link rel="stylesheet" href="{_STYLE}"><main><h1>The contract</h1>'
        '<p>Machine readable: <a href="/v1/openapi.json">/v1/openapi.json</a></p>'
        f"<h2>Requests</h2>{operations}<h2>Close codes of the WebSocket</h2>{codes}"
        "<h2>Problems</h2><table><tr><th>Status</th><th>Type</th><th>What to do</th><th></th></tr>"
        f"{problems}</table></main></html>"
    )


def _advice() -> dict[Rule, str]:
    """Return what to do about each problem, in the words of the first error that it tells."""
    found: dict[Rule, str] = {}
    for kind, rule in RULES.items():
        ours = kind.__module__.partition(".")[0] in _OUR_PACKAGES
        found.setdefault(rule, " ".join((kind.__doc__ or "").split()) if ours else rule.title)
    return found


def _table(head: tuple[str, str], rows: Any) -> str:
    body = "".join(f"<tr><td>{html.escape(a)}</td><td>{html.escape(b)}</td></tr>" for a, b in rows)
    return f"<table><tr><th>{head[0]}</th><th>{head[1]}</th></tr>{body}</table>"


_CSS: Final = """
:root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif; }
main { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code { font-family: ui-monospace, monospace; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; }
td, th { text-align: start; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #8886; }
h3 { margin-bottom: 0; }
:target { background: #fc06; }
"""
