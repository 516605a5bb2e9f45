"""A stretch of text in, its direction and what must stay left to right inside it out.

Used by what draws captions and by what marks them for players. The bidirectional algorithm
(UAX #9) lays letters out well but takes a sign beside a number or a Latin word for part of the
Persian around it: `C++` comes out as `++C`, `-۵` as `۵-`. Standard library only.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, Literal

Direction = Literal["rtl", "ltr"]
Span = tuple[int, int]

LRI: Final = "\u2066"
PDI: Final = "\u2069"

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

_PHONE_DIGITS: Final = 7
_GROUPS_OF_NO_RANGE: Final = 3
"""Two numbers with a dash between them are a range, which is read from the right; three are not."""


def direction_of(text: str) -> Direction | None:
    """Return the direction that most of a text's letters go in; None if it has none.

    Equally many of both count as right to left.
    """
    found = [_STRONG[kind] for kind in map(unicodedata.bidirectional, text) if kind in _STRONG]
    if not found:
        return None
    return "rtl" if 2 * found.count("rtl") >= len(found) else "ltr"


def first_direction(text: str) -> Direction | None:
    """Return the direction of a text's first letter, which players lay a line out by."""
    return next((_STRONG[kind] for kind in map(unicodedata.bidirectional, text) if kind in _STRONG), None)


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
    out: list[str] = []
    at = 0
    for start, end in left_to_right(text):
        out += [text[at:start], LRI, text[start:end], PDI]
        at = end
    return "".join([*out, text[at:]])
