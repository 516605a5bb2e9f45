"""Digits as they are written in, what they are called out; and the words around a number.

Under every room that reads a kind of number (`rules`, `sums`, `dates`, `codes`). Patterns and
plain quantities only: what a number stands for is found there.
"""

from __future__ import annotations

import re
from typing import Final

from lipsync.text.persian import names
from lipsync.text.persian.numbers import ZWNJ, as_written, cardinal, decimal, latin_digits

DIGIT: Final = "[0-9\u06f0-\u06f9]"
DASH: Final = "[-\u2013\u2014\u2212\u2010\u2011]"
_GROUPED: Final = (
    rf"{DIGIT}{{1,3}}(?:(?:[٬,،']{DIGIT}{{3}}){{1,8}}|(?:\.{DIGIT}{{3}}){{2,8}}(?![.٫])"
    rf"|(?:٫{DIGIT}{{3}}){{2,8}})(?!{DIGIT})"
)
_WHOLE: Final = rf"(?:{_GROUPED}|{DIGIT}{{1,64}})"
NUMBER: Final = rf"{_WHOLE}(?:[٫.]{DIGIT}{{1,32}}(?![.٫]?{DIGIT}))?"
SCALE: Final = rf"(?:{names.SCALE_WORDS})"

_CURRENCY_AFTER: Final = re.compile(r" ?(?:ریال|تومان|تومن|دلار|یورو|[$€£﷼]|ت(?!\w))")
_CONTEXT: Final = 48
"""Characters before and after a number that may tell what it is."""


def words_before(text: str, start: int) -> list[str]:
    """Return the words shortly before a place, a half-space in them as «_»."""
    return re.findall(r"\w+", text[max(0, start - _CONTEXT) : start].replace(ZWNJ, "_"))


def words_after(text: str, end: int) -> list[str]:
    """Return the words shortly after a place."""
    return re.findall(r"\w+", text[end : end + _CONTEXT])


def plain_digits(written: str) -> str:
    """Return a number in Latin digits without the marks between its groups."""
    plain = re.sub("[٬,،' ]", "", latin_digits(written))
    # "1.000.000" is grouped by dots: a number has one decimal mark at most.
    for mark in ".٫":
        plain = plain.replace(mark, "") if plain.count(mark) > 1 else plain
    return plain


def amount(written: str) -> str:
    """Return a number with or without a decimal mark in words."""
    before, _, part = plain_digits(written).replace("٫", ".").partition(".")
    return decimal(before, part) if part else whole(before)


def whole(digits: str) -> str:
    """Return a whole number in words, zeros before it one by one."""
    return as_written(digits) if len(digits) > 1 and digits.startswith("0") else cardinal(digits)


def phone_hinted(text: str, start: int) -> bool:
    """Tell whether the words before a number, or before a list of which it is one, announce a telephone."""
    words = [word for word in words_before(text, start) if not (word.isdecimal() or word in {"و", "یا"})]
    return (
        bool(names.PHONE_WORDS & set(words[-3:]))
        or words[-1:] == ["شماره"]
        or names.PHONE_LISTS >= set(words[-1:]) > set()
    )


def read_spaced(written: str, text: str, start: int, end: int) -> str | None:
    """Return a number whose thousands are parted by spaces, or None for numbers side by side."""
    groups = latin_digits(written).split(" ")
    if phone_hinted(text, start) or names.CODE_WORDS & set(words_before(text, start)[-4:]):
        return None
    if len(groups) == 2 and groups[1] != "000" and not _CURRENCY_AFTER.match(text, end):
        return None
    return cardinal("".join(groups))


def read_scale(written: str, _text: str, _start: int, _end: int) -> str:
    """Return the scale of a map: "1:10000" is «یک به ده هزار»."""
    one, _, many = written.partition(":")
    return f"{amount(one)} به {amount(many)}"
