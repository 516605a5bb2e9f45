"""The contract: an OpenAPI document, and a page that shows it without foreign scripts.

The problem types come from `web.errors.RULES`, so that the list cannot fall behind.
"""

from importlib.metadata import version
from typing import Any, Final

from flask import Blueprint, Response, jsonify

from avatars.batches import MOST_ITEMS
from avatars.lexicons import MOST_ENTRIES
from tasks.catalogue import DEFAULT_SIZE, SIZES_ALLOWED
from web.bodies import (
    TABLE_TYPE,
    AppendBody,
    AvatarBody,
    BatchBody,
    BatchItem,
    CaptionBody,
    EntryBody,
    EntryItem,
    FaceBody,
    LexiconBody,
    RecordingBody,
    TicketBody,
    TokenBody,
    UtteranceBody,
)
from web.docs_page import render
from web.error_rules import RULES, Rule
from web.page_routes import send_page_file

docs = Blueprint("docs", __name__)

_OUR_PACKAGES: Final = frozenset({"web", "tasks", "avatars", "lipsync"})
_STYLE: Final = "/docs/style.css"
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

_ID: Final = {
    "name": "id", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
}  # fmt: skip
_VOICE: Final = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
_AVATAR: Final = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
_IDEMPOTENCY: Final = {
    "name": "Idempotency-Key", "in": "header", "required": False,
    "schema": {"type": "string"},
    "description": "The same key of the same caller always means the same utterance, registration or batch.",
}  # fmt: skip
_FACE: Final = {
    "name": "face", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0},
}  # fmt: skip
_TUS: Final = {
    "name": "Tus-Resumable", "in": "header", "required": True, "schema": {"type": "string", "const": "1.0.0"},
}  # fmt: skip
_SENT: Final = {
    "200": "The file", "206": "A range of it", "304": "Unchanged", "404": "Unknown, or not there yet",
}  # fmt: skip
_SEARCH: Final = (
    {"name": "q", "in": "query", "schema": {"type": "string"},
     "description": "Words in the titles or the id."},
    {"name": "state", "in": "query", "schema": {"type": "string", "default": "ready"},
     "description": "One or more of pending, ready, refused, retired, with commas between."},
    {"name": "after", "in": "query", "schema": {"type": "string"},
     "description": "`next` of the page before."},
    {"name": "limit", "in": "query",
     "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 100}},
)  # fmt: skip
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

_PLACES: Final = (
    {"name": "after", "in": "query", "schema": {"type": "integer", "minimum": 0},
     "description": "`next` of the page before."},
    {"name": "limit", "in": "query",
     "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 100}},
)  # fmt: skip

_WORD: Final = {"name": "word", "in": "path", "required": True, "schema": {"type": "string"}}
_HOUSE: Final = {
    "name": "house", "in": "query", "schema": {"type": "boolean", "default": False},
    "description": "The lexicon of the house, which holds for everybody; for admins.",
}  # fmt: skip
_WORDS: Final = (
    {"name": "q", "in": "query", "schema": {"type": "string"},
     "description": "Letters in the words, or in what is spoken for them."},
    {"name": "after", "in": "query", "schema": {"type": "string"},
     "description": "`next` of the page before."},
    {"name": "limit", "in": "query",
     "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 100}},
)  # fmt: skip

_FORMS: Final = {"AvatarBody": ("file", "consent_evidence"), "RecordingBody": ("file",)}
"""Bodies that may come as a form, with its files."""

_Operation = tuple[str, str, str, dict[str, str], tuple[dict[str, Any], ...], str | None]

_OPERATIONS: Final[tuple[_Operation, ...]] = (
    ("/v1/tokens", "post", "Turn an API key into a token of 15 minutes",
     {"201": "The token", "400": "Wrong JSON or fields", "401": "No key came, or it is not valid",
      "415": "Not JSON", "429": "Too many refused keys"}, (), "TokenBody"),
    ("/v1/session", "get", "Who is calling", {"200": "Owner and role"}, (), None),
    ("/v1/session", "delete", "Sign the page out", {"204": "Signed out"}, (), None),
    ("/v1/utterances", "post", "Have an avatar say a text, or speak a recording",
     {"201": "Where to watch it", "200": "This Idempotency-Key came before",
      "400": "Wrong JSON or fields", "413": "Body too large", "415": "Not JSON",
      "409": "This Idempotency-Key came with another body", "422": "Text, recording or a name refused",
      "429": "The queue is full", "503": "Not now"}, (_IDEMPOTENCY,), "UtteranceBody"),
    ("/v1/utterances", "get", "Your utterances, newest first", {"200": "A page of them"}, _PAGING, None),
    ("/v1/utterances/{id}", "get", "One utterance",
     {"200": "The utterance", "404": "Not yours"}, (_ID,), None),
    ("/v1/utterances/{id}", "delete", "Cancel; it stops within one chunk",
     {"200": "It has ended", "202": "Its worker was told", "404": "Not yours"}, (_ID,), None),
    ("/v1/utterances/{id}/tickets", "post", "Another ticket, to resume a stream",
     {"201": "The ticket", "400": "Wrong JSON or fields", "404": "Not yours", "415": "Not JSON"}, (_ID,),
     "TicketBody"),
    ("/v1/utterances/{id}/text", "post", "Append to a text that is still being written; flush it, end it",
     {"200": "Written down: its `length` and whether it is `open`", "400": "Wrong JSON or fields",
      "404": "Not yours", "409": "Not open, ended, over, or not as long as `at` says",
      "413": "Body too large", "415": "Not JSON", "422": "Broken, or too long in all",
      "429": "Too many pieces", "503": "Not now"}, (_ID,), "AppendBody"),
    ("/v1/utterances/{id}/stream", "get", "WebSocket: send `watch` with a ticket, receive chunks",
     {"101": "The stream", "403": "Foreign origin", "426": "Not a WebSocket", "503": "No place"},
     (_ID,), None),
    ("/v1/utterances/{id}/video.mp4", "get", "The finished file, with Range",
     {"200": "The file", "206": "A range of it", "304": "Unchanged", "409": "Not there yet",
      "410": "Removed", "416": "Range outside"}, (_ID,), None),
    ("/v1/utterances/{id}/captions.vtt", "get", "The finished captions, with Range",
     {"200": "The file", "206": "A range of it", "409": "Not there yet", "410": "Removed"}, (_ID,), None),
    ("/v1/utterances/{id}/captions.srt", "get", "The finished captions as SubRip",
     {"200": "The file", "304": "Unchanged", "409": "Not there yet", "410": "Removed"}, (_ID,), None),
    ("/v1/avatars", "get", "Your avatars and the house's, oldest first, and the sizes they are drawn in",
     {"200": "A page of them", "400": "Wrong page or state"}, _SEARCH, None),
    ("/v1/avatars", "post", "Have a photo or a video made an avatar",
     {"202": "Its registration waits", "200": "This Idempotency-Key came before",
      "400": "Wrong form, JSON or fields", "404": "No such upload",
      "409": "Name taken, busy, or upload not whole",
      "413": "Too long", "415": "Neither a form nor JSON", "422": "Id or voice refused",
      "429": "Too many registrations of yours wait", "503": "Not now"}, (_IDEMPOTENCY,), "AvatarBody"),
    ("/v1/avatars:batch", "post", "Have many finished uploads made avatars",
     {"202": "Their registrations wait", "200": "This Idempotency-Key came before",
      "400": "Wrong JSON or fields", "409": "This Idempotency-Key came with another body",
      "413": "Body too large", "415": "Not JSON", "422": "A voice, or items: nothing was begun",
      "429": "Too many files of yours wait", "503": "Not now"}, (_IDEMPOTENCY,), "BatchBody"),
    ("/v1/batches", "get", "Your newest batches", {"200": "A hundred of them at most"}, (), None),
    ("/v1/batches/{id}", "get", "How far a batch is, and what became of each file",
     {"200": "The batch and a page of its files", "400": "Wrong page", "404": "Not yours"},
     (_ID, *_PLACES), None),
    ("/v1/batches/{id}", "delete", "Call off what has not ended",
     {"200": "The batch", "404": "Not yours"}, (_ID,), None),
    ("/v1/avatars/{id}", "get", "One avatar, its report, and how far its registration is",
     {"200": "The avatar", "404": "Unknown"}, (_AVATAR,), None),
    ("/v1/avatars/{id}", "delete", "Retire it: what it says now is said to the end",
     {"200": "The avatar, retired", "403": "The house's", "404": "Unknown"}, (_AVATAR,), None),
    ("/v1/avatars/{id}/face", "patch", "Move the points of its face, or choose one of several faces",
     {"200": "Drawn anew, or refused: see `registration`", "202": "Still being drawn", "400": "Wrong fields",
      "403": "The house's", "404": "Unknown", "409": "Being registered already",
      "429": "Too many registrations of yours wait"}, (_AVATAR, _IDEMPOTENCY), "FaceBody"),
    ("/v1/avatars/{id}/tickets", "post", "A ticket to watch its registration",
     {"201": "The ticket", "404": "Unknown"}, (_AVATAR,), None),
    ("/v1/avatars/{id}/progress", "get", "WebSocket: how far its registration is, as it changes",
     {"101": "The progress", "403": "Foreign origin", "426": "Not a WebSocket", "503": "No place"},
     (_AVATAR,), None),
    *(
        (f"/v1/avatars/{{id}}/{name}", "get", summary, _SENT, (_AVATAR,), None)
        for name, summary in (
            ("preview", "Its small picture, JPEG"), ("preview.jpg", "The same"),
            ("visemes.jpg", "Three of its mouths side by side"),
            ("idle.mp4", "A loop of it at rest, with Range"),
            ("picture.png", "Its canonical picture"), ("points.json", "The points of its face"),
        )
    ),
    ("/v1/avatars/{id}/faces/{face}.jpg", "get", "One of the faces to choose from", _SENT,
     (_AVATAR, _FACE), None),
    ("/v1/recordings", "post", "Upload sound that an avatar is to speak",
     {"202": "It waits to be read", "200": "This Idempotency-Key came before",
      "400": "Wrong form, JSON or fields", "404": "No such upload", "409": "Upload not whole",
      "413": "Too long", "415": "Neither a form nor JSON", "429": "Too many recordings of yours wait",
      "503": "Not now"}, (_IDEMPOTENCY,), "RecordingBody"),
    ("/v1/recordings", "get", "Your recordings, newest first", {"200": "A page of them"}, _PAGING, None),
    ("/v1/recordings/{id}", "get", "One recording: how far it is, what it is, or why it is refused",
     {"200": "The recording", "404": "Not yours"}, (_ID,), None),
    ("/v1/recordings/{id}", "delete", "Remove it; what was made of it stays",
     {"204": "Gone", "404": "Not yours", "409": "It is being spoken"}, (_ID,), None),
    ("/v1/uploads", "post", "Begin an upload that resumes (tus 1.0: `Upload-Length`)",
     {"201": "Where to send it", "400": "Wrong header", "412": "Another version of tus", "413": "Too long",
      "429": "Too many on the way"}, (_TUS,), None),
    ("/v1/uploads/{id}", "get", "Where an upload stands; HEAD does the same",
     {"200": "`Upload-Offset`", "404": "Not yours, or too old"}, (_ID, _TUS), None),
    ("/v1/uploads/{id}", "patch", "Send the next bytes from `Upload-Offset`",
     {"204": "Taken", "400": "Wrong header", "404": "Not yours, or too old", "409": "It stands elsewhere",
      "413": "More than was promised", "460": "Wrong checksum", "503": "No place"}, (_ID, _TUS), None),
    ("/v1/uploads/{id}", "delete", "Remove an upload", {"204": "Gone", "404": "Not yours, or too old"},
     (_ID, _TUS), None),
    ("/v1/lexicon", "get", "Your words with what is spoken for them",
     {"200": "A page of them", "400": "Wrong page", "403": "For admins"}, (*_WORDS, _HOUSE), None),
    ("/v1/lexicon/{word}", "get", "One word",
     {"200": "The word", "403": "For admins", "404": "Not in the lexicon"}, (_WORD, _HOUSE), None),
    ("/v1/lexicon/{word}", "put", "Say how a word is spoken",
     {"201": "Added", "200": "Replaced", "400": "Wrong JSON or fields", "403": "For admins",
      "409": "The lexicon is full", "415": "Not JSON", "422": "Word, spoken form or note refused"},
     (_WORD, _HOUSE), "EntryBody"),
    ("/v1/lexicon/{word}", "delete", "Leave a word to the reader again",
     {"204": "Gone", "403": "For admins", "404": "Not in the lexicon"}, (_WORD, _HOUSE), None),
    ("/v1/lexicon:import", "post", "Add or replace many words, all of them or none; JSON or a table",
     {"200": "How many were added and replaced", "400": "Wrong JSON or fields", "403": "For admins",
      "409": "The lexicon is full", "413": "Body too large", "415": "Neither JSON nor a table",
      "422": "Entries: nothing was written"}, (_HOUSE,), "LexiconBody"),
    ("/v1/voices", "get", "The voices: language, licence, engine, speed, sample",
     {"200": "All of them", "503": "No worker yet"}, (), None),
    ("/v1/voices/{name}/sample.wav", "get", "How a voice sounds, with Range",
     {**_SENT, "404": "Unknown, or nothing kept yet", "503": "No worker yet"}, (_VOICE,), None),
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
                "CaptionBody": CaptionBody.model_json_schema(),
                "AppendBody": AppendBody.model_json_schema(),
                "TicketBody": TicketBody.model_json_schema(),
                "RecordingBody": RecordingBody.model_json_schema(),
                "AvatarBody": AvatarBody.model_json_schema(),
                "BatchBody": _batch_schema(),
                "FaceBody": FaceBody.model_json_schema(),
                "EntryBody": EntryBody.model_json_schema(),
                "LexiconBody": _lexicon_schema(),
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
        content: dict[str, Any] = {"application/json": schema}
        if body in _FORMS:
            content["multipart/form-data"] = {"schema": _form_schema(body)}
        if body == "LexiconBody":
            told = "A line for each entry: word, tab, what is spoken, and if you like tab, note."
            content[TABLE_TYPE] = {"schema": {"type": "string", "description": told}}
        operation["requestBody"] = {"required": body != "TicketBody", "content": content}
    if path == "/v1/tokens":
        operation["security"] = []
    return operation


def _utterance_schema() -> dict[str, Any]:
    schema = UtteranceBody.model_json_schema(ref_template="#/components/schemas/{model}")
    del schema["$defs"]
    schema["properties"]["size"]["description"] = f"One of: {', '.join(SIZES_ALLOWED)}"
    schema["examples"] = [{"avatar": "samira", "text": "سلام! حالتان چطور است؟", "size": DEFAULT_SIZE}]
    return schema


def _batch_schema() -> dict[str, Any]:
    schema = BatchBody.model_json_schema()
    item = BatchItem.model_json_schema()
    names = ", ".join(item["properties"])
    told = f"One for each file, 1 to {MOST_ITEMS}: {names}. What stands beside them holds for all."
    schema["properties"]["items"] |= {"items": item, "description": told}
    return schema


def _lexicon_schema() -> dict[str, Any]:
    schema = LexiconBody.model_json_schema()
    told = f"Entries, {MOST_ENTRIES} at most: word, spoken, note."
    schema["properties"]["items"] |= {"items": EntryItem.model_json_schema(), "description": told}
    return schema


def _form_schema(body: str) -> dict[str, Any]:
    files = _FORMS[body]
    return {
        "allOf": [{"$ref": f"#/components/schemas/{body}"}],
        "required": ["file"],
        "properties": {
            name: {"type": "string", "contentMediaType": "application/octet-stream"} for name in files
        },
    }


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
    problems = ((rule.status, rule.slug, advice, rule.fa) for rule, advice in _advice().items())
    response = Response(render(contract(), problems), content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _POLICY
    return response


@docs.get(_STYLE)
def style() -> Response:
    """Send the page's style."""
    return send_page_file("docs.css")


def _advice() -> dict[Rule, str]:
    """Return what to do about each problem, in the words of the first error that it tells."""
    found: dict[Rule, str] = {}
    for kind, rule in RULES.items():
        ours = kind.__module__.partition(".")[0] in _OUR_PACKAGES
        found.setdefault(rule, " ".join((kind.__doc__ or "").split()) if ours else rule.title)
    return found
