"""Text that comes over a viewer's socket: the message read, the answer to it made.

Beside web.relay, which has the socket, and web.writing, which has the row. An error is an
answer here and ends nothing: the stream goes on, and its writer may mend what was wrong.
"""

import json
from collections.abc import Callable
from typing import Any

import structlog

from web.bodies import AppendBody, NotJson, append_of
from web.errors import told
from web.refusals import MayOnlyWatch

log = structlog.get_logger(__name__)


def answer_to(append: Callable[[str, AppendBody], dict[str, Any]], sid: str, message: str | bytes) -> str:
    """Do what a message asks; return the message that says what came of it.

    Args:
        append: writes it down, or raises what is told.
        sid: the utterance.
        message: `{"type": "text", "text", "at", "flush", "end"}`.
    """
    try:
        return json.dumps({"type": "text", **append(sid, _read(message))})
    except Exception as error:
        rule, body, _ = told(error)
        if rule.status >= 500:
            log.exception("append_failed", slug=rule.slug)
        return _refused(body)


def answer_to_viewer(message: str | bytes) -> str | None:
    """Return what tells somebody who may only watch that his text was not written; None for no text.

    Args:
        message: as for `answer_to`; nothing of it is done.
    """
    return None if _fields(message) is None else _refused(told(MayOnlyWatch())[1])


def _refused(problem: dict[str, Any]) -> str:
    # Escaped, since a lone surrogate of the writer's may stand in it.
    return json.dumps({"type": "refused", "problem": problem})


def _read(message: str | bytes) -> AppendBody:
    """Read a writer's message. Raises NotJson, and as `append_of`."""
    fields = _fields(message)
    if fields is None:
        raise NotJson
    return append_of(fields)


def _fields(message: str | bytes) -> dict[str, Any] | None:
    """Return what a message of text says beside its type, or None for any other message."""
    try:
        body = json.loads(message) if isinstance(message, str) else None
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) and body.pop("type", None) == "text" else None
