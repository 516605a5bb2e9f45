"""A sound file becomes a recording of the running service, and is waited for.

Used by `avatar say --recording`. What the service refuses is told in its own words.
"""

import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from cli.service import Service

_LOOK_EVERY_S: Final = 0.1
_LIMIT_S: Final = 1200.0

Tell = Callable[[str], None]
"""Told in a few words how far it is."""


class RecordingRefused(Exception):
    """The service read the file and will not have it spoken; the message says why and what to do."""


class RecordingLate(Exception):
    """A recording was not read in time; look at it later under its id."""


def send_recording(service: Service, file: Path, tell: Tell) -> str:
    """Upload a sound file and return the id of the recording that it becomes.

    Args:
        service: where.
        file: of any kind that is taken.
        tell: told how far it is.

    Raises:
        Refused, ServiceUnreachable: see `Service.request`.
        RecordingRefused: the file cannot be spoken.
        RecordingLate: it takes too long.
    """
    tell(f"sending {file.name}")
    with file.open("rb") as sound:
        fields, key = {"title": file.stem[:200]}, uuid.uuid4().hex
        made: dict[str, Any] = service.send_form("/v1/recordings", fields, {"file": sound}, key=key)
    until_s = time.monotonic() + _LIMIT_S
    while made["state"] in ("queued", "reading"):
        tell(f"reading {file.name}, {made['percent']} %")
        if time.monotonic() > until_s:
            raise RecordingLate(f"recording {made['id']} is still being read; look at it later")
        time.sleep(_LOOK_EVERY_S)
        made = service.request("GET", made["links"]["self"])
    if made["state"] != "ready":
        raise RecordingRefused(made["refusal"]["detail"])
    return str(made["id"])


def read_transcript(told: str | None) -> str | None:
    """Return what is said in a recording: the text of a file of this name, else the words themselves."""
    if told is None:
        return None
    try:
        return Path(told).read_text("utf-8")
    except (OSError, ValueError):
        return told
