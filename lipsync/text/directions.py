"""A cue of captions in, the direction of its lines and what must stay left to right in them out.

The one rule for pictures (`lipsync.media.lettering`), files (`lipsync.media.captions`,
`lipsync.text.subrip`) and the page (`web/studio/directions.js`, a twin that a test compares). The
bidirectional algorithm (UAX #9) lays letters out well but takes a sign beside a number or a Latin
word for part of the Persian around it: `C++` comes out as `++C`, `-۵` as `۵-`. Isolates keep
them, and where a player knows none, marks. Standard library only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final, Literal

Direction = Literal["rtl", "ltr"]
Span = tuple[int, int]

LRI: Final = "\u2066"
RLI: Final = "\u2067"
PDI: Final = "\u2069"
RLM: Final = "\u200f"
LRM: Final = "\u200e"

MARKS: Final[dict[Direction, str]] = {"ltr": LRM, "rtl": RLM}
"""Invisible signs that stand for a letter of a direction."""

_ISOLATING: Final[dict[Direction, str]] = {"ltr": LRI, "rtl": RLI}

_STRONG: Final[dict[str, Direction]] = {"L": "ltr", "R": "rtl", "AL": "rtl"}
"""Bidirectional classes of letters, and the direction they go in."""

_LETTER: Final = "A-Za-z\u00c0-\u024f"
_DIGIT: Final = "0-9\u06f0-\u06f9\u0660-\u0669"
_NUMBER: Final = f"[{_DIGIT}]+(?:[.,:/\u066b\u066c][{_DIGIT}]+)*"
# `.NET`, `@user`: a sign before a word belongs to it when nothing stands before the sign.
_SIGNS_BEFORE: Final = r"(?:(?<![^\s«(\[\"“‹])[.@#$~/+\-]+)?"
_SIGNS_WITHIN: Final = f"[.\\-/@:%=?~+#&]+(?=[{_LETTER}{_DIGIT}])"
_LATIN: Final = f"{_SIGNS_BEFORE}[{_LETTER}](?:[{_LETTER}{_DIGIT}'’_]|{_SIGNS_WITHIN})*[+#%*]*"
_LATIN_RUN: Final = f"{_LATIN}(?:[ ,;:&/+\\-]{{1,3}}(?:{_LATIN}|{_NUMBER}(?![{_DIGIT}])))*"
_SIGNED: Final = f"[+\\-\u2212±]{_NUMBER}[%٪]?"
# A bracket that closes here was opened here: one around the whole belongs to the text.
_GROUP: Final = f"(?:\\([{_DIGIT}]{{2,}}\\)|[{_DIGIT}]{{2,}})"
_GROUPS: Final = f"\\+?{_GROUP}(?:[ \\-]{_GROUP})+"

_FOUND: Final = re.compile(f"(?<!\\w)(?:(?P<groups>{_GROUPS})|(?P<signed>{_SIGNED}))|(?P<latin>{_LATIN_RUN})")
_SIGNED_ALONE: Final = re.compile(_SIGNED)

_PERSIAN_DIGIT: Final = re.compile("[\u06f0-\u06f9\u0660-\u0669]")
_PERSIAN_STOP: Final = re.compile("[،؛؟]")

_PHONE_DIGITS: Final = 7
_GROUPS_OF_NO_RANGE: Final = 3
"""Two numbers with a dash between them are a range, which is read from the right; three are not."""


def direction_of(text: str) -> Direction:
    """Return the direction that most of a cue's words go in.

    A word goes in the direction of its first letter, a number in that of its digits. Words count
    and not letters: an address of forty Latin letters is one word of a Persian sentence. Persian
    commas, semicolons and question marks count as a word each: nobody sets them between Latin
    words of a Latin sentence. Equally many are right to left, none at all left to right.
    """
    found = [_direction_of_word(word) for word in text.split()]
    rightward, leftward = found.count("ltr"), found.count("rtl") + len(_PERSIAN_STOP.findall(text))
    return "rtl" if leftward and leftward >= rightward else "ltr"


def _direction_of_word(word: str) -> Direction | None:
    return first_direction(word) or ("rtl" if _PERSIAN_DIGIT.search(word) else None)


def first_direction(text: str) -> Direction | None:
    """Return the direction of a text's first letter, which players lay a line out by."""
    return next((_STRONG[kind] for kind in map(unicodedata.bidirectional, text) if kind in _STRONG), None)


def line_direction(line: str, cue: Direction) -> Direction:
    """Return the direction in which one line of a cue is laid out.

    The cue's own if any letter of the line goes in it, or no letter at all is there: a Persian
    sentence stays one where a line of it begins with a Latin name. A line wholly of other letters
    goes by those.
    """
    if first_direction(line) is None or any(first_direction(sign) == cue for sign in line):
        return cue
    return "ltr" if cue == "rtl" else "rtl"


def left_to_right(text: str) -> list[Span]:
    """Return what must be laid out from the left within right-to-left text.

    Runs of Latin words with the signs that belong to them (`C++`, `.NET`, `New York`), numbers
    with a sign before them (`-۵`), and numbers in groups: phones, cards, dates with dashes.

    Returns:
        Spans in code points, in order, none touching the letters of right-to-left scripts.
    """
    spans: list[Span] = []
    for match in _FOUND.finditer(text):
        if match["groups"] is None or _is_one_number(match.group()):
            spans.append(match.span())
        else:
            # +۵ ۱۰ is a signed number and another.
            signed = _SIGNED_ALONE.match(text, match.start())
            if signed is not None:
                spans.append(signed.span())
    return spans


def _is_one_number(groups: str) -> bool:
    """Tell whether groups of digits are one long number, and not a range or a list."""
    parts = re.findall(f"[{_DIGIT}]+", groups)
    begins_as_phone = groups[0] in "+(0\u06f0\u0660"
    return sum(map(len, parts)) >= _PHONE_DIGITS and (begins_as_phone or len(parts) >= _GROUPS_OF_NO_RANGE)


def isolated(text: str) -> str:
    """Return right-to-left text with isolates (LRI … PDI) around what must stay left to right."""
    return _surrounded(text, LRI, PDI)


def held_by_marks(text: str) -> str:
    """Return right-to-left text with marks around what must stay left to right.

    For players older than isolates (Unicode 6.3, 2013). A sign between two LRM is laid out as a
    Latin one. The RLM behind keeps what follows, a number or another such stretch, from joining.
    """
    return _surrounded(text, LRM, LRM + RLM)


def marked(line: str, direction: Direction) -> str:
    """Return a line that whoever goes by its first letter lays out in a direction.

    Args:
        line: as shown.
        direction: of the line (`line_direction`).

    Returns:
        The line, isolates in it where it goes right to left, and a mark of its direction before it
        where its first letter says another, or none says so.
    """
    first = first_direction(line)
    mark = "" if first == direction or (first is None and direction == "ltr") else MARKS[direction]
    return mark + (isolated(line) if direction == "rtl" else line)


def marked_lines(lines: Sequence[str]) -> list[str]:
    """Return the lines of a cue as players that know isolates are to have them.

    Some take the direction of each line from its first letter, others that of all from the first
    line's: a line that goes another way than the first one is isolated as a whole.
    """
    whole = direction_of(" ".join(lines))
    ways = [line_direction(line, whole) for line in lines]
    shown = [marked(line, way) for line, way in zip(lines, ways, strict=True)]
    return [
        line if way == ways[0] else _ISOLATING[way] + line + PDI
        for line, way in zip(shown, ways, strict=True)
    ]


def _surrounded(text: str, before: str, after: str) -> str:
    out: list[str] = []
    at = 0
    for start, end in left_to_right(text):
        out += [text[at:start], before, text[start:end], after]
        at = end
    return "".join([*out, text[at:]])
