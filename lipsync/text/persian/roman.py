"""Latin letters that are a number in, the number out: «لوئی XIV» is Louis the fourteenth.

Between `rules` and the words around. Which Latin words are names is not decided here.
"""

from __future__ import annotations

import re
from typing import Final

from lipsync.text.persian import names
from lipsync.text.persian.amounts import words_before
from lipsync.text.persian.numbers import ordinal

_ROMAN: Final = re.compile(r"M{0,3}(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})")
_VALUES: Final = {"M": 1000, "D": 500, "C": 100, "L": 50, "X": 10, "V": 5, "I": 1}


def read_roman(written: str, text: str, start: int) -> str | None:
    """Return a Roman numeral as an ordinal, or None for letters that are none where they stand."""
    if not (written.isupper() and _value(written) and (len(written) > 1 or written in "IVX")):
        return None
    before = words_before(text, start)[-2:]
    ruler = bool(before) and (before[-1] in names.KINGS or (len(before) > 1 and before[0] in names.KINGS))
    persian = bool(before) and "\u0620" <= before[-1][0] <= "\u06d3"
    if ruler or (persian and len(written) > 1 and not set(written) - set("IVX")):
        return ordinal(str(_value(written)))
    return None


def _value(written: str) -> int:
    """Return the value of a Roman numeral, 0 for what is none."""
    if not written or not _ROMAN.fullmatch(written):
        return 0
    values = [_VALUES[letter] for letter in written]
    return sum(-value if value < max(values[at:]) else value for at, value in enumerate(values))
