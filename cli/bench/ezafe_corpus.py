"""Sentences whose ezafes were marked by hand: files in, sentences of two halves out, and their marks.

Between tests/data/ezafe and whoever measures or trains the marker (`cli.bench.ezafe`,
`scripts/train_ezafe.py`, the tests). Which half a sentence is of depends on itself alone, so that all
three part them alike. The half of the test is for figures only: nothing may be tuned on it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lipsync.text.letters import HAMZA_ABOVE

MARKED_BY_HAND: Final = Path(__file__).resolve().parents[2] / "tests" / "data" / "ezafe"
KASRA: Final = "\u0650"
_EZAFE: Final = re.compile(rf"[{KASRA}{HAMZA_ABOVE}](?![\w\u200c\u064b-\u065f])")
_EXAMPLES: Final = 5
"""The first sentences of a file show what it holds, to whoever looks into it; they are for tuning."""


@dataclass(frozen=True, slots=True)
class MarkedSentence:
    """One sentence as its author marked it."""

    kind: str
    """The name of its file: news, speech ..."""
    marked: str
    tested: bool
    """Whether it is of the half that nothing is tuned on."""

    @property
    def bare(self) -> str:
        """The sentence as it is usually written, without the marks of an ezafe."""
        return without_ezafe(self.marked)


def without_ezafe(marked: str) -> str:
    """Return a text without the kasra or hamza at the end of its words."""
    return _EZAFE.sub("", marked)


def ezafe_places(marked: str) -> frozenset[int]:
    """Return which words of a text, counted from 0 between spaces, carry the mark of an ezafe."""
    return frozenset(place for place, word in enumerate(marked.split()) if _EZAFE.search(word))


def marked_sentences(folder: Path = MARKED_BY_HAND) -> tuple[MarkedSentence, ...]:
    """Return the sentences of a folder's files, in order.

    Args:
        folder: text files, a sentence a line; lines that begin with "#" are remarks.
    """
    return tuple(each for path in sorted(folder.glob("*.txt")) for each in _of_file(path))


def _of_file(path: Path) -> Iterator[MarkedSentence]:
    lines = (line.strip() for line in path.read_text("utf-8").splitlines())
    for number, line in enumerate(line for line in lines if line and not line.startswith("#")):
        digest = hashlib.sha256(without_ezafe(line).encode()).digest()
        yield MarkedSentence(path.stem, line, tested=number >= _EXAMPLES and digest[-1] % 2 == 1)
