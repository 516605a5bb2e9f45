"""A file at an http(s) address, read with resumption into a `.part` beside its place."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

_PAUSES_S: Final = (0.5, 1.0, 2.0)
"""Between the attempts at one address."""
_AGAIN: Final = frozenset({408, 429, 500, 502, 503, 504})

Progress = Callable[[int], None]
"""Told how many bytes are there so far."""


class SourceFailed(Exception):
    """A source did not give the file; the message is the reason."""


class WrongFile(SourceFailed):
    """The source has another file than the manifest means."""


class Interrupted(SourceFailed):
    """The same source may give the rest when it is asked again."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The file that is meant, and where its bytes are gathered."""

    part: Path
    size_bytes: int
    sha256: str

    @property
    def gathered(self) -> int:
        """Bytes that are there."""
        return self.part.stat().st_size if self.part.is_file() else 0

    def check(self) -> None:
        """Throw away what was gathered unless it is the file that is meant.

        Raises:
            WrongFile: it is not.
        """
        with self.part.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != self.sha256:
            gathered = self.gathered
            self.part.unlink()
            raise WrongFile(f"is another file: {gathered} bytes of {self.size_bytes}, sha256 {found[:12]}…")


class Web:
    """Reads addresses; one that cannot be reached is not tried twice."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._sleep = sleep
        self._client = httpx.Client(follow_redirects=True, timeout=httpx.Timeout(30, connect=8))
        self._dead: dict[str, str] = {}
        """Hosts that could not be reached, with the reason."""

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def read(self, url: str, wanted: Wanted, progress: Progress) -> None:
        """Gather a file whole and check it, going on where an earlier attempt stopped.

        Raises:
            SourceFailed: the address does not answer, refuses, has another file, or stopped
                half-way again and again; what came until then stays.
        """
        host = urlsplit(url).netloc
        if host in self._dead:
            raise SourceFailed(self._dead[host])
        try:
            self._read(url, wanted, progress)
        except httpx.ConnectError as error:
            self._dead[host] = f"cannot be reached ({error})"
            raise SourceFailed(self._dead[host]) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SourceFailed(str(error) or type(error).__name__) from error

    def _read(self, url: str, wanted: Wanted, progress: Progress) -> None:
        for pause_s in (*_PAUSES_S, None):
            before = wanted.gathered
            try:
                self._gather(url, wanted, progress)
                wanted.check()
            except (Interrupted, httpx.ReadError, httpx.ReadTimeout, httpx.RemoteProtocolError) as error:
                if pause_s is None:
                    raise SourceFailed(f"gave up after {len(_PAUSES_S) + 1} attempts: {error}") from error
                self._sleep(pause_s)
            except WrongFile:
                # What was gone on with may have been the beginning of another file.
                if not before or pause_s is None:
                    raise
            else:
                return

    def _gather(self, url: str, wanted: Wanted, progress: Progress) -> None:
        done = wanted.gathered
        if done >= wanted.size_bytes:
            return
        # A coding would be undone by the client, while the range counts coded bytes.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
        with self._client.stream("GET", url, headers=headers) as answer:
            done = _start(answer, done)
            with wanted.part.open("ab" if done else "wb") as file:
                # As they arrive: blocks of one size would be lost with what they waited for.
                for block in answer.iter_bytes():
                    done += len(block)
                    if done > wanted.size_bytes:
                        break
                    file.write(block)
                    progress(done)
        if done > wanted.size_bytes:
            wanted.part.unlink()
            raise WrongFile(f"is another file: more than {wanted.size_bytes} bytes")
        if done < wanted.size_bytes:
            raise Interrupted(f"stopped after {done} of {wanted.size_bytes} bytes")


def _start(answer: httpx.Response, asked: int) -> int:
    """Return where in the file an answer begins, 0 or the byte that was asked for."""
    if answer.status_code in _AGAIN:
        raise Interrupted(f"answered {answer.status_code}")
    if answer.status_code == httpx.codes.OK:
        return 0
    resumed = answer.headers.get("Content-Range", "").startswith(f"bytes {asked}-")
    if answer.status_code == httpx.codes.PARTIAL_CONTENT and resumed:
        return asked
    raise SourceFailed(f"answered {answer.status_code}")
