"""A log that cannot fill the disk: one file and one older one, each of bounded size."""

from pathlib import Path
from typing import Final

LIMIT_BYTES: Final = 5 * 1024 * 1024


class LogFile:
    """Appends bytes to a file; past the limit the file becomes `<name>.1` and a new one begins."""

    def __init__(self, path: Path, *, limit_bytes: int = LIMIT_BYTES) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._limit_bytes = limit_bytes
        self._file = path.open("ab", buffering=0)
        self._size_bytes = self._file.tell()

    def write(self, data: bytes) -> None:
        """Append; a line may be cut by a rotation, but no byte is lost."""
        if self._size_bytes and self._size_bytes + len(data) > self._limit_bytes:
            self._rotate()
        self._file.write(data)
        self._size_bytes += len(data)

    def _rotate(self) -> None:
        self._file.close()
        self.path.replace(self.path.with_name(self.path.name + ".1"))
        self._file = self.path.open("ab", buffering=0)
        self._size_bytes = 0

    def close(self) -> None:
        """Close the file; nothing may be written afterwards."""
        self._file.close()


def tail(path: Path, lines: int = 20) -> str:
    """Return the last lines of a log, or nothing when there is none."""
    try:
        with path.open("rb") as file:
            size_bytes = file.seek(0, 2)
            file.seek(max(0, size_bytes - 64 * 1024))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
