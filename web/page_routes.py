"""The page and its modules: files of `web/studio`, each with its exact type."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

STUDIO: Final = Path(__file__).parent / "studio"

TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".webmanifest": "application/manifest+json; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
}
"""The machine's own table of types differs from machine to machine; with nosniff a module
served as text/plain is a page that does nothing."""

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

page = Blueprint("page", __name__)


@page.get("/")
def index() -> Response:
    """Send the page."""
    return send_page_file("index.html")


@page.get("/studio/fonts.css")
def fonts() -> Response:
    """Send the page's fonts, or nothing where they were not fetched; no browser then asks in vain."""
    if any((STUDIO / "fonts").glob("*.woff2")):
        return send_page_file("fonts.css")
    return Response("", content_type=TYPES[".css"])


@page.get("/studio/<path:name>")
def module(name: str) -> Response:
    """Send a module, a style, a picture or a font of the page."""
    return send_page_file(name)


@page.get("/favicon.ico")
def icon() -> Response:
    """Send the page's icon, where browsers look for it unasked."""
    return send_page_file("favicon.svg")


def send_page_file(name: str) -> Response:
    """Send a file of the page by its name. Raises NotFound."""
    path = (STUDIO / name).resolve()
    content_type = TYPES.get(path.suffix)
    if content_type is None or not path.is_relative_to(STUDIO.resolve()) or not path.is_file():
        raise NotFound(f"the page has no file {name!r}")
    stamp = path.stat()
    body, etag = _read(path, stamp.st_mtime_ns, stamp.st_size)
    response = Response(body, content_type=content_type)
    response.set_etag(etag)
    # Names carry no version, so a browser asks each time; the answer is mostly 304.
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Content-Security-Policy"] = POLICY
    response.make_conditional(request)
    return response


@lru_cache(maxsize=128)
def _read(path: Path, _changed_ns: int, _size_bytes: int) -> tuple[bytes, str]:
    body = path.read_bytes()
    return body, hashlib.sha256(body).hexdigest()[:32]
