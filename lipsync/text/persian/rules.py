"""A cleaned Persian text in, stretches that are not read letter by letter out, with their reading.

One pattern walks the text once; the first kind of `patterns` that fits a place decides what stands
there, and a reading that finds it is something else answers None, which leaves it to the plain
number or, at the last, as it is written. Every quantifier is bounded, so the walk is linear.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from lipsync.text.persian import names
from lipsync.text.persian.addresses import read_address, read_tag
from lipsync.text.persian.amounts import DIGIT, read_scale, read_spaced, whole
from lipsync.text.persian.codes import (
    read_book_number,
    read_device_address,
    read_document,
    read_iban,
    read_masked,
    read_number,
    read_phone,
    read_service_code,
)  # fmt: skip
from lipsync.text.persian.dates import read_clock, read_clocks, read_date, read_day, read_month, read_stamp
from lipsync.text.persian.latin import name_of, spelt
from lipsync.text.persian.numbers import latin_digits, ordinal
from lipsync.text.persian.patterns import BEGINS, EACH, beginning
from lipsync.text.persian.roman import read_roman
from lipsync.text.persian.slashes import read_mixed, read_slash
from lipsync.text.persian.spacing import Mend
from lipsync.text.persian.spans import read_scores, read_span
from lipsync.text.persian.sums import (
    read_bearing,
    read_glyph,
    read_inches,
    read_measure,
    read_money,
    read_percent,
    read_powered,
    read_rials,
    read_signed,
    read_times,
    read_toman,
)  # fmt: skip

_DIGITS: Final = re.compile(rf"{DIGIT}+")
_LETTER: Final = re.compile(r"\w")


def readings(text: str) -> Iterator[Mend]:
    """Yield what is to be said otherwise than it is written, front to back, without overlaps.

    Args:
        text: cleaned (`lipsync.text.letters.clean`).
    """
    position = 0
    while (begins := BEGINS.search(text, position)) is not None:
        start = begins.start()
        mend = _reading_at(text, start)
        if mend is not None:
            yield mend
        position = max(start + 1, mend.end if mend else 0)


def _reading_at(text: str, start: int) -> Mend | None:
    for kind, pattern in EACH[beginning(text[start])]:
        found = pattern.match(text, start)
        if found is None:
            continue
        said = _READERS[kind](found.group(), text, start, found.end())
        if said is not None:
            return Mend(start, found.end(), _apart(text, start, found.end(), said))
        if kind == "latin":
            # Not letter by letter again: what follows in this word is no word of its own.
            return Mend(start, found.end(), found.group())
    return None


def _apart(text: str, start: int, end: int, said: str) -> str:
    """Return words with a space to letters that stand right beside them: "۲۰kg", "ساعت۸"."""
    if not said or not said[0].isalnum():
        return said
    before = " " if start and text[start - 1].isalnum() else ""
    return before + said + (" " if end < len(text) and text[end].isalnum() else "")


def _ordinal(written: str, _text: str, _start: int, _end: int) -> str:
    found = _DIGITS.match(written)
    said = ordinal(latin_digits(found.group() if found else "0"))
    return said + ("ین" if written.endswith("ین") else "")


def _version(written: str, _text: str, _start: int, _end: int) -> str | None:
    parts = re.findall(r"\d+", latin_digits(written))
    if all(len(part) == 3 for part in parts[1:]) and written[0] not in "vV0\u06f0":
        # Thousands grouped by dots, as in "1.000.000".
        return None
    return " نقطه ".join(whole(part) for part in parts)


def _equals(written: str, _text: str, _start: int, _end: int) -> str:
    return {"+": "به‌علاوهٔ", "=": "مساوی", "÷": "تقسیم بر"}[written.strip()]


def _latin(written: str, text: str, start: int, end: int) -> str | None:
    if "_" in text[max(0, start - 1) : start] + text[end : end + 1]:
        # Part of a name in a program, which nobody says in Persian.
        return None
    known = read_roman(written, text, start) or name_of(written)
    if known is not None:
        return known
    mixed = re.fullmatch(r"([A-Za-z]{1,12})-?(\d{1,6})([A-Za-z]{0,3})", written)
    if mixed:
        head = name_of(mixed[1]) or (spelt(mixed[1]) if len(mixed[1]) <= 2 else None)
        if head:
            return " ".join(part for part in (head, whole(mixed[2]), spelt(mixed[3])) if part)
    parts = re.split("[-.]", written)
    if len(parts) > 1:
        said = [name_of(part) for part in parts]
        return " ".join(each for each in said if each) if all(said) else None
    return None


def _initials(written: str, _text: str, _start: int, _end: int) -> str:
    return " ".join(names.LETTERS[letter] for letter in _LETTER.findall(written))


def _line(_written: str, text: str, start: int, end: int) -> str:
    """Return a pause for a line of signs between verses or paragraphs, nothing where there is one already."""
    return "" if start == 0 or end == len(text) or text[start - 1] in ".!?؟؛،,:…" else "،"


_Reader = Callable[[str, str, int, int], str | None]
_READERS: Final[dict[str, _Reader]] = {
    "address": lambda written, _text, _start, _end: read_address(written),
    "tag": lambda written, _text, _start, _end: read_tag(written),
    "honour": lambda written, _text, _start, _end: names.ABBREVIATIONS.get(written),
    "dotted": lambda written, _text, _start, _end: names.ABBREVIATIONS.get(written),
    "before": lambda written, _text, _start, _end: names.BEFORE_NUMBERS.get(written),
    "street": lambda written, _text, _start, _end: names.STREETS[written],
    "initials": _initials,
    "line": _line, "toman": read_toman, "mac": read_device_address, "isbn": read_book_number,
    "stamp": read_stamp, "spaced": read_spaced, "document": read_document, "scale": read_scale,
    "powered": read_powered, "mixed": read_mixed, "scores": read_scores, "bearing": read_bearing,
    "and": lambda _written, _text, _start, _end: " اَند ",
    "rials": read_rials, "date": read_date, "month": read_month, "clocks": read_clocks, "clock": read_clock,
    "masked": read_masked, "dial": read_service_code, "iban": read_iban, "phone": read_phone,
    "money": read_money, "slash": read_slash, "glyph": read_glyph, "percent": read_percent,
    "span": read_span, "times": read_times, "ordinal": _ordinal, "signed": read_signed, "dayname": read_day,
    "resolution": lambda written, _text, _start, _end: names.RESOLUTIONS[latin_digits(written)],
    "measure": read_measure, "inches": read_inches, "version": _version, "release": _version,
    "number": read_number, "equals": _equals, "latin": _latin,
    "power": lambda written, _text, _start, _end: {"²": "مربع", "³": "مکعب"}[written],
    "beside": lambda _written, _text, _start, _end: " ",
    "face": lambda _written, text, _start, end: "." if end == len(text) else "،",
    "hamza": lambda _written, _text, _start, _end: names.HAMZA_ABOVE,
    "again": lambda written, _text, _start, _end: written[0],
}  # fmt: skip
