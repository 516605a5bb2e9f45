"""What the child writes, taken apart: lines of JSON, and files between them.

Pieces of its output in; files in a folder and a result or a refusal out. The child is not
trusted: names are of a fixed set, lengths and lines are bounded, and every file is looked at
as far as can be without a picture library.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Final

_LONGEST_LINE_BYTES: Final = 65_536
_NAMES: Final = re.compile(
    r"(picture\.png|points\.json|preview\.jpg|visemes\.jpg|idle\.mp4|report\.json|face\.npz|loop\.mp4"
    r"|face-[0-7]\.(jpg|png|json)|index\.json|sound-[0-9]{5}\.flac)"
)
_BEGINNINGS: Final = {
    ".png": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", 0),
    ".jpg": (b"\xff\xd8\xff", 0),
    ".json": (b"{", 0),
    ".mp4": (b"ftyp", 4),
    ".npz": (b"PK\x03\x04", 0),
    ".flac": (b"fLaC", 0),
}


class ChildOutput:
    """Takes a child's output piece by piece.

    Args:
        out: folder its files are written to.
        most_bytes: of all files together.
        on_progress: told of each step.
    """

    def __init__(self, out: Path, most_bytes: int, on_progress: Callable[[str, float], None]) -> None:
        self._out, self._left_bytes, self._on_progress = out, most_bytes, on_progress
        self._line = b""
        self._file: BinaryIO | None = None
        self._missing_bytes = 0
        self.files: dict[str, int] = {}
        self.guards: Sequence[str] = ()
        self.result: Mapping[str, object] | None = None
        self.refusal: tuple[str, Mapping[str, object]] | None = None
        self.broken = ""
        """What it wrote that it must not; nothing after that is looked at."""

    def take(self, piece: bytes) -> None:
        """Take the next bytes."""
        while piece and not self.broken:
            piece = self._take_file(piece) if self._file else self._take_line(piece)

    def _take_file(self, piece: bytes) -> bytes:
        part, rest = piece[: self._missing_bytes], piece[self._missing_bytes :]
        if self._file is not None:
            self._file.write(part)
            self._missing_bytes -= len(part)
            if not self._missing_bytes:
                self._file.close()
                self._file = None
        return rest

    def _take_line(self, piece: bytes) -> bytes:
        line, ending, rest = piece.partition(b"\n")
        self._line += line
        if len(self._line) > _LONGEST_LINE_BYTES:
            self.broken = "a line without end"
        if not ending:
            return b""
        line, self._line = self._line, b""
        try:
            step = self._obey(json.loads(line))
        except (ValueError, TypeError, IndexError) as error:
            self.broken = f"not a line of ours: {error}"
        else:
            if step is not None:
                self._on_progress(*step)
        return rest

    def _obey(self, said: object) -> tuple[str, float] | None:
        """Do as a line says; return the step that it tells of, if it does."""
        if not isinstance(said, dict) or len(said) != 1:
            raise TypeError(f"{type(said).__name__}")
        [(what, value)] = said.items()
        if what == "guards" and isinstance(value, list):
            self.guards = [str(guard) for guard in value]
        elif what == "progress" and isinstance(value, list):
            return str(value[0])[:32], min(1.0, max(0.0, float(value[1])))
        elif what == "file" and isinstance(value, list):
            self._begin_file(str(value[0]), int(value[1]))
        elif what == "refused" and isinstance(value, list) and isinstance(value[1], dict):
            self.refusal = (str(value[0]), value[1])
        elif what == "result" and isinstance(value, dict):
            self.result = value
        else:
            raise ValueError(f"{str(what)[:32]!r}")
        return None

    def _begin_file(self, name: str, size: int) -> None:
        if not _NAMES.fullmatch(name) or name in self.files:
            raise ValueError(f"a file named {name[:32]!r}")
        if not 0 < size <= self._left_bytes:
            raise ValueError(f"{name} of {size} bytes, {self._left_bytes} are left")
        self._left_bytes -= size
        self._missing_bytes = size
        self.files[name] = size
        self._file = (self._out / name).open("xb")

    def close(self) -> None:
        """Close what is open, and look at every file.

        Sets `broken` when one is not whole or not what its name says.
        """
        if self._file is not None:
            self._file.close()
            self._file = None
            self.broken = self.broken or "a file is not whole"
        for name in self.files:
            path = self._out / name
            beginning, at = _BEGINNINGS[path.suffix]
            with path.open("rb") as file:
                if file.read(at + len(beginning))[at:] != beginning:
                    self.broken = self.broken or f"{name} is not what its name says"
