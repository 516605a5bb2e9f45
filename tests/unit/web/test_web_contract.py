"""What the front door promises about itself: its imports, its errors, its document."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import avatars.errors
import lipsync.text.errors
import tasks.catalogue
import tasks.errors
import web.auth
import web.bodies
import web.refusals
import web.tokens
from web.error_rules import RULES, UNEXPECTED, rule_for
from web.openapi import contract
from web.protocol import CloseCode

ROOT = Path(__file__).parents[3]

FORBIDDEN = (
    "numpy", "cv2", "av", "onnxruntime", "PIL", "workers", "lipsync.speech", "lipsync.mouth",
    "lipsync.face", "lipsync.engines", "lipsync.motion", "lipsync.media", "lipsync.pipeline",
    "tasks.synthesis", "tasks.worker",
)  # fmt: skip

INSIDE = {
    tasks.errors.TaskError, tasks.errors.Fenced, tasks.errors.Cancelled, tasks.errors.LogLost,
    tasks.errors.SlotWanted, tasks.errors.WorkerDraining,
}  # fmt: skip
"""Conditions of a worker, which never reach a request."""

BASES = {
    web.auth.AuthError, web.bodies.BodyError, web.refusals.Refusal, web.tokens.TokenError,
    tasks.catalogue.CatalogueError, web.tokens.SecretTooShort,
}  # fmt: skip


def test_the_front_door_loads_no_model_and_no_library_of_pictures() -> None:
    look = (
        "import sys, web.wsgi, web.gunicorn_conf\n"
        f"print([name for name in sys.modules if name.startswith({FORBIDDEN!r}) "
        f"and any(name == f or name.startswith(f + '.') for f in {FORBIDDEN!r})])"
    )
    done = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_importing_the_front_door_writes_nothing(tmp_path) -> None:
    env = {"AVATAR_VAR": str(tmp_path / "var"), "PYTHONPATH": str(ROOT), "PATH": "/usr/bin"}
    subprocess.run([sys.executable, "-c", "import web.wsgi"], cwd=tmp_path, env=env, check=True)
    assert list(tmp_path.iterdir()) == []


def _errors_of(*rooms: object) -> list[type[Exception]]:
    return [
        found
        for room in rooms
        for _, found in inspect.getmembers(room, inspect.isclass)
        if issubclass(found, Exception) and found.__module__ == room.__name__  # type: ignore[attr-defined]
    ]


@pytest.mark.parametrize(
    "error",
    [
        error
        for error in _errors_of(
            avatars.errors, lipsync.text.errors, tasks.catalogue, tasks.errors, web.auth, web.bodies,
            web.refusals, web.tokens,
        )
        if error not in INSIDE | BASES
    ],
    ids=lambda error: error.__name__,
)  # fmt: skip
def test_every_error_that_can_reach_a_request_has_a_rule(error: type[Exception]) -> None:
    rule = rule_for(error.__new__(error))
    assert rule is not UNEXPECTED
    assert isinstance(rule.close, CloseCode)


def test_slugs_are_unique_and_every_rule_speaks_persian() -> None:
    slugs = [rule.slug for rule in set(RULES.values())]
    assert len(slugs) == len(set(slugs))
    assert all(re.search("[\u0600-\u06ff]", rule.fa) for rule in RULES.values())
    assert all(400 <= rule.status < 600 for rule in RULES.values())


def test_the_document_lists_exactly_the_routes_there_are(app) -> None:
    promised = {(path, method.upper()) for path, methods in contract()["paths"].items() for method in methods}
    kept = set()
    for rule in app.url_map.iter_rules():
        named = re.sub(r"<(?:\w+:)?\w+_id>", "{id}", rule.rule)
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", named)
        if path.startswith("/v1/") and path != "/v1/openapi.json":
            kept |= {(path, method) for method in rule.methods - {"HEAD", "OPTIONS"}}
    assert promised == kept


def test_the_document_and_its_page_are_open_to_all(nobody) -> None:
    assert nobody.get("/v1/openapi.json").json["openapi"] == "3.1.0"
    page = nobody.get("/docs")
    assert page.status_code == 200
    assert "<script" not in page.text
    assert 'id="unknown-voice"' in page.text
    assert nobody.get("/docs/style.css").content_type.startswith("text/css")
