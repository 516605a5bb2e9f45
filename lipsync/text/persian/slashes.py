"""Two numbers with a slash between in, how they are said out: «دو و نیم», «سه چهارم», «صد و بیست روی هشتاد».

Between `rules`, which finds them, and `amounts`. What a slash stands for is told by the words and
signs around it and by the size of both numbers; dates are found before.
"""

from __future__ import annotations

import re
from typing import Final

from lipsync.text.persian import names
from lipsync.text.persian.amounts import SCALE, words_before
from lipsync.text.persian.numbers import cardinal, decimal, fraction, latin_digits

_MEASURED: Final = re.compile(
    rf" ?(?:{SCALE}|درصد|٪|%|تومان|ریال|دلار|یورو|متر|کیلو|گرم|لیتر|برابر|درجه|سانتی|نمره|ریشتر)"
)
"""Before these a slash is the decimal mark of everyday writing."""
_HALVES: Final = re.compile(r" ?(?:ساعت|سال|ماه|روز|هفته|دقیقه|واحد|تن|بار)")
"""Before these «/۵» is a half: nobody says a fifth of an hour."""
_OUT_OF: Final = re.compile(r" ?از (?:[5۵]|[12۱۲][0۰]|[1۱][0۰][0۰])(?![\w.٫/])")
"""Behind a mark: «۴/۵ از ۵»."""
_LARGEST_PART: Final = 1000
"""So many parts a thing may be cut into; a larger number below a slash is no fraction."""
_LARGEST_MIXED_PART: Final = 16
_PRESSURES: Final = ((range(70, 261), range(40, 161)), (range(7, 27), range(4, 17)))
"""Of blood, in millimetres and in centimetres of mercury: the upper one and the lower one."""


def read_slash(written: str, text: str, start: int, end: int) -> str | None:
    """Return two numbers with a slash between, also below zero: a fraction, a decimal, a pressure, a mark."""
    plain = latin_digits(written)
    minus = "" if plain[0].isdecimal() else "منفی "
    top, bottom = plain.removeprefix(plain[0] if minus else "").split("/")
    before = words_before(text, start)
    said = None if minus else _paired(int(top), int(bottom), before, text, end)
    said = said or _quantity(top, bottom, before, text, end)
    return said and minus + said


def _paired(top: int, bottom: int, before: list[str], text: str, end: int) -> str | None:
    """Return what is neither a fraction nor a decimal number, or None."""
    if _MEASURED.match(text, end) or top <= 1:
        return None
    pressed = any(top in high and bottom in low and bottom < top for high, low in _PRESSURES)
    if pressed and names.PRESSURE_WORDS & set(before[-3:]):
        return f"{cardinal(str(top))} روی {cardinal(str(bottom))}"
    if (top, bottom) == (24, 7) and not names.MARK_WORDS & set(before[-1:]):
        return f"{cardinal('24')} {cardinal('7')}"
    return f"{cardinal(str(top))} از {cardinal(str(bottom))}" if top == bottom else None


def _quantity(top: str, bottom: str, before: list[str], text: str, end: int) -> str | None:
    measured = _MEASURED.match(text, end) or names.MARK_WORDS & set(before[-1:]) or _OUT_OF.match(text, end)
    halves = bottom == "5" and _HALVES.match(text, end)
    if measured or halves or int(bottom) in {0, 1} or len(top) > 3 or int(top) >= int(bottom):
        return decimal(top, bottom) if len(bottom) <= 3 and int(bottom) else None
    return fraction(top, bottom) if int(bottom) <= _LARGEST_PART else None


def read_mixed(written: str, _text: str, _start: int, _end: int) -> str | None:
    """Return a whole number and a fraction, "1 1/2" is «یک و یک دوم», or None for numbers side by side."""
    number, top, bottom = re.findall(r"\d+", latin_digits(written))
    if int(number) and 0 < int(top) < int(bottom) <= _LARGEST_MIXED_PART:
        return f"{cardinal(number)} و {fraction(top, bottom)}"
    return None
