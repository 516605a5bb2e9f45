"""A cue, a picture's size and a style in, its letters as masks and where each word stands out.

Between `lipsync.text.lines`, which decides what is shown at once, `lipsync.media.shaping`, which
draws one line, and `lipsync.media.burn`. Fits a cue to the picture by this rule:

1. the lines as they are, where each fits the picture's width;
2. else broken anew, evenly and at the best places, into at most three lines;
3. else both again with type a tenth smaller, and so on down to half;
4. at half, words that are still too wide end in an ellipsis, and lines are as many as it takes.

What a font has no sign for (emoji, other scripts) is left out: it is drawn as nothing.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from lipsync.media.encoder import PictureSize
from lipsync.media.shaping import Lettering, Mask, Shaper, Typeface, line_metrics, shaper_of
from lipsync.text.caption_style import CaptionStyle
from lipsync.text.directions import Direction, direction_of, line_direction
from lipsync.text.letters import MOST_MARKS
from lipsync.text.lines import Cue, Piece, pieces_of, shown

MOST_LINES: Final = 3
_TENTHS: Final = (10, 9, 8, 7, 6, 5)
_LONGEST_WORD: Final = 100
"""Letters of one word that are laid out; no picture is wide enough for more."""
_LOOKED_AT: Final = 1000
"""Code points of one word that are looked at: a pile of marks has no end."""
_SIDE: Final = 0.05
"""Room left free at each side, as a share of the width."""
_ELLIPSIS: Final = "…"
_JOINERS: Final = "\u200c\u200d"


@dataclass(frozen=True, slots=True)
class Place:
    """Where one word stands: columns and rows of the masks, and its span of the text."""

    text_start: int
    text_end: int
    left: int
    right: int
    top: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Block:
    """The lines of a cue, drawn."""

    letters: Mask
    """Shape (height, width): the lines below each other, each in the middle."""
    size_px: int
    """The em they were set in."""
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class _Word:
    piece: Piece
    shown: str
    width: float
    """In ems of the type."""


class Compositor:
    """Sets the cues of one stream. One thread at a time.

    Args:
        face: the typeface, of this thread.
        style: size, among others.
        size: of the picture.
    """

    def __init__(self, face: Typeface, style: CaptionStyle, size: PictureSize) -> None:
        self._face = face
        self._shaper: Shaper = shaper_of(face)
        self._room_px = size.width_px * (1 - 2 * _SIDE)
        self._size_px = max(8, round(min(size.width_px, size.height_px) * style.size / 100))

    def block(self, text: str, cue: Cue) -> Block | None:
        """Draw the lines of a cue; None if nothing of it can be drawn.

        Args:
            text: the text as written.
            cue: one of the text's own.
        """
        direction = direction_of(shown(text[cue.start : cue.end]))
        words = self._words(text, cue, direction)
        if not words:
            return None
        lines, size_px = self._fitted(words, cue, direction)
        drawn = [
            self._shaper.draw([word.shown for word in line], size_px, _line_direction(text, line, direction))
            for line in lines
        ]
        return _stacked(lines, drawn, size_px)

    def _words(self, text: str, cue: Cue, direction: Direction) -> list[_Word]:
        words = []
        for piece in pieces_of(text, cue):
            seen = visible(text[piece.start : piece.end], self._face.has)
            if seen:
                words.append(_Word(piece, seen, self._ems(seen, direction)))
        return words

    def _ems(self, word: str, direction: Direction) -> float:
        return self._shaper.width_px(word, self._size_px, direction) / self._size_px

    def _fitted(self, words: list[_Word], cue: Cue, direction: Direction) -> tuple[list[list[_Word]], int]:
        """Return the words of every line and the size of the type, by the rule above."""
        space = self._ems(" ", direction)
        written = _as_written(words, cue)
        for tenths in _TENTHS:
            size_px = self._size_px * tenths // 10
            room = self._room_px / size_px
            if all(_width(line, space) <= room for line in written):
                return written, size_px
            broken = _broken(words, space, room, MOST_LINES)
            if broken is not None:
                return broken, size_px
        cut = [self._cut(word, room, direction) for word in words]
        return _broken(cut, space, room, len(cut)) or [[word] for word in cut], size_px

    def _cut(self, word: _Word, room: float, direction: Direction) -> _Word:
        """Return a word that is no wider than the room, what is too much replaced by an ellipsis."""
        if word.width <= room:
            return word
        fits, too_long = 0, len(word.shown)
        while too_long - fits > 1:
            middle = (fits + too_long) // 2
            if self._ems(word.shown[:middle] + _ELLIPSIS, direction) <= room:
                fits = middle
            else:
                too_long = middle
        seen = word.shown[:fits] + _ELLIPSIS
        return _Word(word.piece, seen, self._ems(seen, direction))


def visible(written: str, has: Callable[[str], bool]) -> str:
    """Return a word as it is drawn: without what turns text, piles of marks and missing signs."""
    out: list[str] = []
    marks = letters = 0
    for sign in shown(written[:_LOOKED_AT]):
        kind = unicodedata.category(sign)
        marks = marks + 1 if kind in {"Mn", "Me"} else 0
        bound = bool(marks) or kind == "Cf"
        if marks > MOST_MARKS or (bound and not _binds(out, sign, kind)) or not (kind == "Cf" or has(sign)):
            continue
        letters += not bound
        if letters > _LONGEST_WORD:
            break
        out.append(sign)
    return " ".join("".join(out).split())


def _binds(before: Sequence[str], sign: str, kind: str) -> bool:
    """Tell whether a mark or a joiner has a letter to be at; other signs without a look have none."""
    return bool(before) and not before[-1].isspace() and (kind != "Cf" or sign in _JOINERS)


def _line_direction(text: str, line: Sequence[_Word], cue: Direction) -> Direction:
    """Return the direction of a line as the files and the page have it, signs that are not drawn included."""
    return line_direction(shown(text[line[0].piece.start : line[-1].piece.end]), cue)


def _as_written(words: Sequence[_Word], cue: Cue) -> list[list[_Word]]:
    """Return the words of each of the cue's own lines, lines without one left out."""
    lines = [[word for word in words if start <= word.piece.start < end] for start, end in cue.lines]
    return [line for line in lines if line]


def _width(line: Sequence[_Word], space: float) -> float:
    return sum(word.width for word in line) + space * (len(line) - 1)


_Way = tuple[float, list[int]]
"""What it costs to set words so far, and where each line begins."""


def _broken(words: Sequence[_Word], space: float, room: float, most: int) -> list[list[_Word]] | None:
    """Return words in as few lines as the room allows, evenly; None if `most` are too few.

    Costs are those of `lipsync.text.lines`, room left over in squares of half an em, which is
    about one character.
    """
    best: list[_Way | None] = [(0.0, []), *([None] * len(words))]
    for _ in range(most):
        best = [_next_line(best, words, end, space, room) for end in range(len(words) + 1)]
        found = best[-1]
        if found is not None:
            starts = found[1]
            return [list(words[a:b]) for a, b in zip(starts, [*starts[1:], len(words)], strict=True)]
    return None


def _next_line(
    best: Sequence[_Way | None], words: Sequence[_Word], end: int, space: float, room: float
) -> _Way | None:
    """Return the cheapest way to one more line that ends before `end`."""
    cheapest: _Way | None = None
    width = -space
    for start in range(end - 1, -1, -1):
        width += words[start].width + space
        if width > room:
            break
        before = best[start]
        if before is None:
            continue
        cost = before[0] + (2 * (room - width)) ** 2 + (words[start].piece.break_cost if start else 0)
        if cheapest is None or cost < cheapest[0]:
            cheapest = (cost, [*before[1], start])
    return cheapest


def _stacked(lines: Sequence[Sequence[_Word]], drawn: Sequence[Lettering], size_px: int) -> Block:
    """Return lines below each other, in the middle; where they reach into each other, both are seen."""
    pitch_px = round(1.5 * size_px)
    height_px, _ = line_metrics(size_px)
    width_px = max(line.mask.shape[1] for line in drawn)
    letters = np.zeros(((len(drawn) - 1) * pitch_px + height_px, width_px), np.uint8)
    places: list[Place] = []
    for number, (words, line) in enumerate(zip(lines, drawn, strict=True)):
        top, left = number * pitch_px, (width_px - line.mask.shape[1]) // 2
        area = letters[top : top + height_px, left : left + line.mask.shape[1]]
        np.maximum(area, line.mask, out=area)
        # The rows of one line end where the next one's begin, else its marks would light up too.
        middle = top + (height_px - pitch_px) // 2
        places += [
            Place(word.piece.start, word.piece.end, left + start, left + end, middle, middle + pitch_px)
            for word, (start, end) in zip(words, line.places, strict=True)
            if end > start
        ]
    return Block(letters, size_px, tuple(places))
