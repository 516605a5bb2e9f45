"""The front door: requests in, chunks out, no models.

`create_app` puts the rooms together. Nothing here loads numpy or a model, and importing
this package reads no setting and opens nothing.
"""

import contextlib
import time
import uuid

import structlog
from flask import Flask, Response, g, request

from monitoring.health_endpoints import Check, health_blueprint
from monitoring.metrics_collector import WebMetrics
from settings import Settings
from tasks.errors import StreamUnreachable
from web.auth import identify
from web.avatar_files import avatar_files
from web.avatar_progress import progress
from web.avatar_routes import faces
from web.batch_routes import batches
from web.bodies import MAX_BODY_BYTES
from web.door_routes import doors
from web.errors import register_errors
from web.file_routes import files
from web.health_checks import checks
from web.lexicon_routes import lexicon
from web.openapi import docs
from web.page_routes import page
from web.recording_routes import recordings
from web.refusals import NullInAddress
from web.relay_routes import SOCKET_OPTIONS, SafeSockets, relay
from web.services import Services, keep_services, open_services, services
from web.speak_routes import speak
from web.text_routes import texts
from web.upload_routes import uploads
from web.voice_routes import voices

_OPEN_ENDPOINTS = frozenset({"doors.make_token", "doors.login", "docs.contract", "docs.show"})
_SOCKETS = frozenset({"relay.watch", "progress.watch"})
_GUARDED = frozenset(
    {
        "speak", "texts", "files", "avatars", "avatar_files", "batches", "uploads", "recordings", "lexicon",
        "voices", "doors",
    }
)

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_CORS = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Range, If-None-Match, "
    "Tus-Resumable, Upload-Length, Upload-Offset, Upload-Metadata, Upload-Checksum",
    "Access-Control-Expose-Headers": "Location, Retry-After, Content-Range, ETag, "
    "Tus-Resumable, Upload-Offset, Upload-Length, Upload-Expires",
    "Access-Control-Max-Age": "600",
}


def create_app(settings: Settings, made: Services | None = None) -> Flask:
    """Return the application.

    Args:
        settings: the whole configuration.
        made: services to use instead of those the settings name.
    """
    app = Flask("web", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["SOCK_SERVER_OPTIONS"] = SOCKET_OPTIONS
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.wsgi_app = SafeSockets(app.wsgi_app)  # type: ignore[method-assign]
    keep_services(app.extensions, made or open_services(settings))
    register_errors(app)
    app.before_request(_begin)
    app.before_request(_guard)
    app.after_request(_finish)
    for blueprint in (speak, texts, files, faces, avatar_files, batches, uploads, lexicon, voices, progress):
        app.register_blueprint(blueprint)
    for blueprint in (recordings, doors, relay, docs, page):
        app.register_blueprint(blueprint)
    app.register_blueprint(health_blueprint(_checks, _metrics))
    return app


def _checks() -> dict[str, Check]:
    return checks(services())


def _metrics() -> WebMetrics:
    house = services()
    # The waiting line is not this process's own to count; it is asked for when it is shown.
    with contextlib.suppress(StreamUnreachable):
        house.metrics.queue_waiting.set(house.stream.waiting())
    return house.metrics


def _begin() -> None:
    g.begun_s = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=uuid.uuid4().hex[:16])


def _guard() -> Response | None:
    """Let nobody unknown past; answer a page's preflight."""
    if request.blueprint not in _GUARDED:
        return None
    # PostgreSQL refuses such a string with an error that is nobody's but the sender's.
    if any("\0" in part for part in (request.path, *request.args.values())):
        raise NullInAddress
    house = services()
    house.origins.check(request)
    if request.method == "OPTIONS":
        return Response(status=204)
    if request.endpoint not in _OPEN_ENDPOINTS:
        g.caller = identify(request, house.signer, house.origins)
    return None


def _finish(response: Response) -> Response:
    metrics = services().metrics
    route = request.url_rule.rule if request.url_rule is not None else "unknown"
    metrics.http_requests.labels(route, request.method, str(response.status_code)).inc()
    if request.endpoint not in _SOCKETS:
        metrics.http_request.labels(route).observe(time.perf_counter() - g.begun_s)
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.path.startswith("/v1/"):
        _allow_page(response)
    return response


def _allow_page(response: Response) -> None:
    response.headers.setdefault("Cache-Control", "no-store")
    response.vary.add("Origin")
    origin = request.headers.get("Origin")
    if origin is not None and services().origins.listed(origin):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        response.headers.update(_CORS)
