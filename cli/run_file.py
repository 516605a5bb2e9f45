"""What a running service leaves for other commands to find it: var/run.json.

Written whole and 0600 when everything is ready, removed at the end. It names an API key,
so nobody but its owner may read it.
"""

import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path


class NotRunning(Exception):
    """No service runs here; start one with `avatar up`, or name one with AVATAR_URL and AVATAR_KEY."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"no service runs here (no {path}); start one with `make up`, "
            "or name one with AVATAR_URL and AVATAR_KEY"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFile:
    """Where a service is reached, and by whom it is watched."""

    address: str
    """http://host:port, without a slash at the end."""
    key: str
    """An API key that ends with this run."""
    pid: int
    """The supervising process."""
    started: str
    """UTC, ISO 8601."""
    login: str
    """A link that signs one browser in, once."""
    redis_url: str
    ports: dict[str, int] = field(default_factory=dict)
    """Port by program: web, flower, and the metrics of each worker."""


def path_in(var: Path) -> Path:
    """Return where the file of a `var` folder lies."""
    return var / "run.json"


def write(var: Path, run: RunFile) -> None:
    """Put the file in place in one step, readable by its owner only."""
    handle, name = tempfile.mkstemp(dir=var, prefix=".run-")
    # mkstemp makes the file 0600 from its first byte.
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump(asdict(run), out, indent=2)
        out.write("\n")
    Path(name).replace(path_in(var))


def read(var: Path) -> RunFile:
    """Read the file.

    Raises:
        NotRunning: there is none, or it is not one of ours.
    """
    path = path_in(var)
    try:
        return RunFile(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError) as error:
        raise NotRunning(path) from error


def remove(var: Path) -> None:
    """Take the file away; that it is not there is no error."""
    path_in(var).unlink(missing_ok=True)
