"""Words with times in, WebVTT out: captions of a readable length.

Between the words a stream reported (`tasks.chunks.CaptionWord`, or anything with its fields)
and the `.vtt` file beside the film. Times are whole milliseconds. Follows W3C WebVTT: no blank
line and no arrow inside a cue, `&` and `<` escaped, cues in order and never overlapping.

WebVTT has no setting for direction: a player takes it from a line's first strong letter. A
Persian line that begins with a Latin word would be laid out from the left, its words in the
wrong order, so such a line begins with an invisible mark of the text's own direction.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Protocol

LINE_CHARACTERS: Final = 42
"""Longest line a reader takes in at a glance; one longer word still gets a line of its own."""

LINGER_MS: Final = 400
"""How long a cue stays after its last word, unless the next one is due."""

RLM: Final = "\u200f"
LRM: Final = "\u200e"

_SENTENCE_ENDS: Final = frozenset(".!?؟۔…\n")
_CLAUSE_ENDS: Final = frozenset(",،;؛:—–")
_CLAUSE_GAIN: Final = 400
"""Room worth leaving for a break after a clause, squared: 20 characters."""
_STRONG: Final = {"L": LRM, "R": RLM, "AL": RLM}
"""Bidirectional classes of letters, and the mark that stands for their direction."""


class CaptionError(ValueError):
    """These words do not fit the text; give the text that their positions count in."""


class CaptionWord(Protocol):
    """One word as shown, with its place in the text and its time in the stream."""

    @property
    def text_start(self) -> int:
        """Position of its first character in the text."""
        ...

    @property
    def text_end(self) -> int:
        """Position after its last character."""
        ...

    @property
    def start_ms(self) -> int:
        """When it begins to be heard."""
        ...

    @property
    def end_ms(self) -> int:
        """When it ends."""
        ...


@dataclass(slots=True)
class _Piece:
    """A stretch of the text and when it is heard: a word, then several of them."""

    text_start: int
    text_end: int
    start_ms: int
    end_ms: int

    def take(self, other: "_Piece") -> None:
        """Grow over a later piece."""
        self.text_end = max(self.text_end, other.text_end)
        self.end_ms = max(self.end_ms, other.end_ms)


def webvtt(words: Iterable[CaptionWord], text: str, length_ms: int | None = None) -> str:
    """Return a WebVTT file for a text and the times of its words.

    Args:
        words: the words in the order in which they are heard; several may share one place of
            the text, as the words of a written number do.
        text: the text as shown, in which the words' positions count.
        length_ms: length of the film, which no cue outlasts.

    Returns:
        The file's content. Without words it holds no cue.

    Raises:
        CaptionError: a word lies outside the text, or before the word that precedes it.
    """
    pieces = _pieces(words, text)
    direction = _direction(text)
    cues = _timed(_cues(pieces, text), length_ms)
    blocks = ["WEBVTT\n"]
    for cue in cues:
        line = _escaped(_marked(_collapsed(text[cue.text_start : cue.text_end]), direction))
        blocks.append(f"{_clock(cue.start_ms)} --> {_clock(cue.end_ms)}\n{line}\n")
    return "\n".join(blocks)


def _pieces(words: Iterable[CaptionWord], text: str) -> list[_Piece]:
    """Return the words as pieces that touch neither in the text nor, unless glued, in a gap.

    Words that share letters, or that no white space parts, become one piece: nothing
    between them can be broken.
    """
    pieces: list[_Piece] = []
    for word in words:
        if not 0 <= word.text_start < word.text_end <= len(text):
            raise CaptionError(f"word at {word.text_start}-{word.text_end} in a text of {len(text)}")
        piece = _Piece(word.text_start, word.text_end, word.start_ms, word.end_ms)
        last = pieces[-1] if pieces else None
        if last is not None and piece.text_start < last.text_start:
            raise CaptionError(f"word at {piece.text_start} comes after the one at {last.text_start}")
        if last is None or re.search(r"\s", text[last.text_end : piece.text_start]):
            pieces.append(piece)
        else:
            last.take(piece)
    _give_punctuation(pieces, text)
    return pieces


def _give_punctuation(pieces: Sequence[_Piece], text: str) -> None:
    """Let every piece reach over the signs that are written at it: `«` before, `.` after."""
    if not pieces:
        return
    for here, following in pairwise(pieces):
        between = text[here.text_end : following.text_start]
        head, tail = re.split(r"\s", between, maxsplit=1)[0], re.split(r"\s", between)[-1]
        # A sign that stands free, as a dash does, closes the line before it.
        loose = between[: len(between) - len(tail)].rstrip()
        here.text_end += max(len(head), len(loose))
        following.text_start -= len(tail)
    pieces[0].text_start = len(text) - len(text.lstrip())
    pieces[-1].text_end = len(text.rstrip())


def _cues(pieces: Sequence[_Piece], text: str) -> list[_Piece]:
    """Join pieces into cues: one or more for every sentence, none for two of them."""
    cues: list[_Piece] = []
    first = 0
    for at, piece in enumerate(pieces):
        following = pieces[at + 1] if at + 1 < len(pieces) else None
        if following is None or _ends_sentence(text, piece, following):
            cues += _lines(pieces[first : at + 1], text)
            first = at + 1
    return cues


def _ends_sentence(text: str, piece: _Piece, following: _Piece) -> bool:
    if "\n" in text[piece.text_end : following.text_start]:
        return True
    return bool(set(_closing(text[piece.text_start : piece.text_end])) & _SENTENCE_ENDS)


def _lines(sentence: Sequence[_Piece], text: str) -> list[_Piece]:
    """Return a sentence as lines of much the same length, broken after clauses if it can be.

    Filling each line before the next would leave single words at the end. So the cheapest of
    all ways is taken, a line costing the square of the room left in it (Knuth and Plass, 1981).
    """
    # For every number of pieces: the least cost of setting them, and where the last line begins.
    best: list[tuple[int, int]] = [(0, 0)]
    for end in range(1, len(sentence) + 1):
        last = sentence[end - 1]
        gain = _CLAUSE_GAIN if set(_closing(text[last.text_start : last.text_end])) & _CLAUSE_ENDS else 0
        ways: list[tuple[int, int]] = []
        for start in range(end - 1, -1, -1):
            room = LINE_CHARACTERS - len(_collapsed(text[sentence[start].text_start : last.text_end]))
            if room < 0 and ways:
                break
            ways.append((best[start][0] + max(room, 0) ** 2 - gain, start))
        best.append(min(ways))
    lines: list[_Piece] = []
    end = len(sentence)
    while end:
        start = best[end][1]
        line = sentence[start]
        for piece in sentence[start + 1 : end]:
            line.take(piece)
        lines.append(line)
        end = start
    return lines[::-1]


def _closing(line: str) -> str:
    """Return the signs after a line's last letter or digit."""
    end = len(line)
    while end and not line[end - 1].isalnum():
        end -= 1
    return line[end:]


def _timed(cues: Sequence[_Piece], length_ms: int | None) -> list[_Piece]:
    """Return cues that neither overlap nor last no time; one heard for no time joins its neighbour."""
    timed: list[_Piece] = []
    for cue in cues:
        if timed and cue.start_ms <= timed[-1].start_ms:
            timed[-1].take(cue)
        else:
            timed.append(cue)
    for cue, following in pairwise(timed):
        cue.end_ms = min(max(cue.end_ms, cue.start_ms + 1) + LINGER_MS, following.start_ms)
    for cue in timed[-1:]:
        cue.end_ms = max(cue.end_ms, cue.start_ms + 1) + LINGER_MS
        if length_ms is not None:
            cue.end_ms = max(cue.start_ms + 1, min(cue.end_ms, length_ms))
    return timed


def _collapsed(text: str) -> str:
    return " ".join(text.split())


def _direction(text: str) -> str | None:
    """Return the mark of the direction that most of a text's letters have."""
    marks = [_STRONG[kind] for kind in map(unicodedata.bidirectional, text) if kind in _STRONG]
    if not marks:
        return None
    return RLM if 2 * marks.count(RLM) >= len(marks) else LRM


def _marked(line: str, direction: str | None) -> str:
    """Return a line that a player lays out in the text's direction if any of it runs that way."""
    marks = [_STRONG[kind] for kind in map(unicodedata.bidirectional, line) if kind in _STRONG]
    if direction is None or direction not in marks or marks[0] == direction:
        return line
    return direction + line


def _escaped(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(milliseconds: int) -> str:
    seconds, ms = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{ms:03d}"
