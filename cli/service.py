"""A running service over HTTP, as one holder of an API key reaches it: requests, tokens, files."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final, Self

import httpx

import settings
from cli import run_file

_TOKEN_LIFE_S: Final = 14 * 60.0
"""Tokens live 15 minutes; a new one is fetched a minute before."""
_ANSWER_LIMIT_S: Final = 30.0


class ServiceUnreachable(Exception):
    """Nobody answers at the service's address; start it with `make up`."""


class Refused(Exception):
    """The service answered with a problem; status, title and detail are its own words."""

    def __init__(self, status: int, title: str, detail: str, retry_after_s: int | None = None) -> None:
        super().__init__(f"{status} {title}: {detail}" if detail else f"{status} {title}")
        self.status = status
        self.title = title
        self.detail = detail
        self.retry_after_s = retry_after_s


class StreamBroken(Exception):
    """A stream ended otherwise than with its end; the message says how."""


class Service:
    """A running service, reached as one holder of an API key. Not to be shared by threads."""

    def __init__(self, address: str, key: str) -> None:
        self.address = address.rstrip("/")
        self.key = key
        self._token = ""
        self._token_from_s = float("-inf")
        self._http = httpx.Client(base_url=self.address, timeout=_ANSWER_LIMIT_S, trust_env=False)

    @classmethod
    def find(cls, configured: settings.Settings | None = None) -> "Service":
        """Return the service named by AVATAR_URL and AVATAR_KEY, else the one in var/run.json.

        Raises:
            NotRunning: neither is there.
        """
        chosen = configured or settings.load()
        if chosen.url and chosen.key:
            return cls(chosen.url, chosen.key)
        running = run_file.read(chosen.var)
        return cls(chosen.url or running.address, chosen.key or running.key)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; no request can follow."""
        self._http.close()

    def request(self, method: str, path: str, body: object = None) -> Any:
        """Send a request with a token; return the JSON of the answer.

        Raises:
            Refused: the service says no.
            ServiceUnreachable: nobody answers.
        """
        answer = self._send(method, path, json=body, headers=self._bearer())
        return answer.json() if answer.content else None

    def _bearer(self) -> dict[str, str]:
        if time.monotonic() - self._token_from_s > _TOKEN_LIFE_S:
            answer = self._send("POST", "/v1/tokens", json={"key": self.key}).json()
            self._token = answer["access_token"]
            self._token_from_s = time.monotonic()
        return {"Authorization": f"Bearer {self._token}"}

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **options)
        except httpx.TransportError as error:
            raise ServiceUnreachable(f"nobody answers at {self.address}: {error}") from error
        if answer.is_error:
            raise _refusal(answer)
        return answer

    def send_form(
        self, path: str, fields: Mapping[str, str], files: Mapping[str, IO[bytes]], *, key: str
    ) -> Any:
        """Send a form with files in it, streamed; return the JSON of the answer. Raises as `request`.

        Args:
            path: where to.
            fields: by name.
            files: open for reading, by name, in the order they are sent.
            key: Idempotency-Key; the same one means the same registration.
        """
        # The name a file has here is nobody else's business.
        sent = [(name, ("upload", file, "application/octet-stream")) for name, file in files.items()]
        headers = {**self._bearer(), "Idempotency-Key": key}
        answer = self._send("POST", path, data=dict(fields), files=sent, headers=headers, timeout=None)
        return answer.json()

    def sign_in(self) -> None:
        """Fetch a token now, so that no later request waits for one."""
        self._bearer()

    def download(self, path: str, target: Path) -> int:
        """Save a file of the service; return its length in bytes."""
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = target.with_name(target.name + ".part")
        with self._http.stream("GET", path, headers=self._bearer()) as answer, scratch.open("wb") as out:
            if answer.is_error:
                answer.read()
                raise _refusal(answer)
            for piece in answer.iter_bytes():
                out.write(piece)
        scratch.replace(target)
        return target.stat().st_size

    def wait_for_files(self, utterance: str, *, limit_s: float = 60.0) -> Any:
        """Return the utterance's row once its MP4 can be fetched.

        Raises:
            StreamBroken: it failed, was cancelled, or took too long.
        """
        deadline_s = time.monotonic() + limit_s
        while True:
            row = self.request("GET", f"/v1/utterances/{utterance}")
            if row["state"] in ("failed", "cancelled"):
                raise StreamBroken(f"the utterance is {row['state']}: {row.get('error')}")
            if row.get("video"):
                return row
            if time.monotonic() > deadline_s:
                raise StreamBroken(f"no finished file within {limit_s:.0f} s")
            time.sleep(0.05)


def _refusal(answer: httpx.Response) -> Refused:
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    after = answer.headers.get("Retry-After", "")
    return Refused(
        answer.status_code,
        str(problem.get("title") or answer.reason_phrase),
        str(problem.get("detail") or ""),
        int(after) if after.isdecimal() else None,
    )
