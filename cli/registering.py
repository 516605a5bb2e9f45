"""One photo or video becomes an avatar of the running service, step by step, and is waited for."""

import json
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cli.service import Service

_LOOK_EVERY_S: Final = 0.1
_LIMIT_S: Final = 600.0

Tell = Callable[[str, int], None]
"""Told the step that runs, and the percentage done."""


class RegistrationLate(Exception):
    """A registration has not ended in time; look at it later under its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registering:
    """What all files of one command have in common."""

    service: Service
    voice: str
    consent_who: str
    consent: str
    engine: str = "warp"
    evidence: Path | None = None
    title_fa: str | None = None
    title_en: str | None = None
    points: Path | None = None
    choose: int | None = None

    def one(self, file: Path, avatar_id: str | None, tell: Tell, *, key: str | None = None) -> dict[str, Any]:
        """Register one file and return the avatar as the service shows it in the end.

        Args:
            file: the photo or video.
            avatar_id: its name; None has one made.
            tell: told of each step.
            key: Idempotency-Key, with which the same request is made once only; None is a new one.

        Raises:
            Refused, ServiceUnreachable: see `Service.request`.
            RegistrationLate: it takes too long.
        """
        tell("waiting", 0)
        avatar = self._wait(self._send(file, avatar_id, key or uuid.uuid4().hex), tell)
        body = self._face()
        if body is not None and avatar["version"]:
            answer = self.service.request("PATCH", f"{avatar['links']['self']}/face", body)
            avatar = self._wait(answer, tell)
        return avatar

    def described(self, file: Path) -> dict[str, str]:
        """Return the fields that a file's avatar gets."""
        return {
            "title_fa": self.title_fa or "",
            "title_en": self.title_en or ("" if self.title_fa else file.stem),
            "voice": self.voice, "engine": self.engine, "consent_who": self.consent_who,
            "consent_statement": self.consent,
        }  # fmt: skip

    def _send(self, file: Path, avatar_id: str | None, key: str) -> dict[str, Any]:
        fields = self.described(file)
        if avatar_id is not None:
            fields["id"] = avatar_id
        with ExitStack() as stack:
            files = {"file": stack.enter_context(file.open("rb"))}
            if self.evidence is not None:
                files["consent_evidence"] = stack.enter_context(self.evidence.open("rb"))
            made: dict[str, Any] = self.service.send_form("/v1/avatars", fields, files, key=key)
        return made

    def _face(self) -> dict[str, Any] | None:
        if self.points is not None:
            return {"points": json.loads(self.points.read_text("utf-8"))}
        return None if self.choose is None else {"choose": self.choose}

    def _wait(self, avatar: dict[str, Any], tell: Tell) -> dict[str, Any]:
        until_s = time.monotonic() + _LIMIT_S
        while avatar["registration"]["state"] == "pending":
            tell(avatar["registration"]["step"], avatar["registration"]["percent"])
            if time.monotonic() > until_s:
                raise RegistrationLate(f"{avatar['id']} is still being registered; look at it later")
            time.sleep(_LOOK_EVERY_S)
            avatar = self.service.request("GET", avatar["links"]["self"])
        tell("done", 100)
        return avatar
