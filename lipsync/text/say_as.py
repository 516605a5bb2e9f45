"""A written stretch and a class in, what is spoken for it out: `interpret-as` of SSML.

Used by `lipsync.text.passages`. Here the classes that need no grammar; a number, a date or a sum
of money in words is the reader's affair, which gets the stretch as it is written. Standard
library only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final

from lipsync.text.letters import ZWNJ
from lipsync.text.ordinals import ordinal_in_words

_GROUPING: Final = frozenset(",٬’' \u00a0\u202f")
_PHONE_SIGNS: Final = frozenset("-–()/. \u00a0")
_LATIN_ORDINALS: Final = {1: "st", 2: "nd", 3: "rd"}


def _characters(text: str, _language: str) -> str:
    return " ".join(char for char in text if not char.isspace() and char != ZWNJ)


def _digits(text: str, _language: str) -> str:
    return " ".join(char for char in text if char.isdecimal()) or text


def _cardinal(text: str, _language: str) -> str:
    bare = "".join(char for char in text.strip() if char not in _GROUPING)
    return bare if bare.lstrip("+-−").isdecimal() else text


def _ordinal(text: str, language: str) -> str:
    bare = _cardinal(text, language)
    if not bare.isdecimal():
        return text
    if language.partition("-")[0] == "fa":
        return f"{bare}{ZWNJ}م"
    if language.partition("-")[0] != "en":
        return ordinal_in_words(int(bare), language) or f"{bare}."
    number = int(bare[-2:])
    teens = 11 <= number <= 13
    return bare + ("th" if teens else _LATIN_ORDINALS.get(number % 10, "th"))


def _telephone(text: str, _language: str) -> str:
    """Return the digits one by one, with a comma where the writer parted groups."""
    groups = "".join("," if char in _PHONE_SIGNS else char for char in text).split(",")
    spelt = [" ".join(char for char in group if _is_sayable(char)) for group in groups]
    return ", ".join(group for group in spelt if group)


def _is_sayable(char: str) -> bool:
    return char == "+" or unicodedata.category(char)[0] in "LN"


def _as_written(text: str, _language: str) -> str:
    return text


CLASSES: Final[Mapping[str, Callable[[str, str], str]]] = {
    "characters": _characters,
    "spell-out": _characters,
    "verbatim": _characters,
    "digits": _digits,
    "cardinal": _cardinal,
    "number": _cardinal,
    "ordinal": _ordinal,
    "telephone": _telephone,
    "date": _as_written,
    "time": _as_written,
    "currency": _as_written,
    "fraction": _as_written,
    "unit": _as_written,
}
"""By the name in `interpret-as`: the text and the language of a stretch to what is spoken."""


def read_as(text: str, kind: str, language: str) -> str:
    """Return what is spoken for a stretch.

    Args:
        text: as written.
        kind: one of `CLASSES`.
        language: BCP 47 tag of the stretch.
    """
    return CLASSES[kind](text, language) or text


_NUMBERS: Final = frozenset(["cardinal", "number", "ordinal"])
_DATE: Final = re.compile(r"\s*(\d{1,4})\s*[/.\-]\s*(\d{1,4})(?:\s*[/.\-]\s*(\d{1,4}))?\s*")
_TIME: Final = re.compile(r"\s*(\d{1,2})\s*[:.]\s*(\d{2})(?:\s*[:.]\s*(\d{2}))?\s*")


def is_of_class(text: str, kind: str) -> bool:
    """Tell whether a stretch can be what `interpret-as` says; what cannot is read as it is written.

    Args:
        text: as written.
        kind: one of `CLASSES`.
    """
    if kind in _NUMBERS:
        return _cardinal(text, "").lstrip("+-−").isdecimal()
    if kind == "date":
        return _is_date(text)
    if kind == "time":
        found = _TIME.fullmatch(text)
        return _has_digit(text) if found is None else int(found[1]) <= 24 and int(found[2]) < 60
    return _has_digit(text) if kind in {"digits", "telephone", "fraction"} else True


def _has_digit(text: str) -> bool:
    return any(map(str.isdecimal, text))


def _is_date(text: str) -> bool:
    """Tell whether there may be a day and a month in a date; with words in it, whether a number is."""
    found = _DATE.fullmatch(text)
    if found is None:
        return _has_digit(text)
    small = sorted(int(part) for part in found.groups() if part is not None)
    return 1 <= small[0] <= 12 and small[1] <= 31 if len(small) > 2 else 1 <= small[0] <= 12
