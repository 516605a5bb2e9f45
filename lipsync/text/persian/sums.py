"""Quantities with a sign, a unit or a partner in, how they are said out: money, percents, ranges.

Between `rules`, which finds them, and `amounts`. A reading that finds it is something else answers
None, which leaves it to the next rule.
"""

from __future__ import annotations

import re
from typing import Final

from lipsync.text.persian import names
from lipsync.text.persian.amounts import (
    DASH,
    DIGIT,
    NUMBER,
    SCALE,
    amount,
    plain_digits,
    words_after,
    words_before,
)  # fmt: skip
from lipsync.text.persian.numbers import cardinal, decimal, fraction, latin_digits

UNIT: Final = "|".join(re.escape(unit) for unit in sorted(names.UNITS, key=len, reverse=True))
MINUS: Final = "[-\u2212\u2013]"
SHORT_SCALE: Final = "bn|[kKmMbB]"
VULGAR: Final = {
    "¼": "یک چهارم", "½": "نیم", "¾": "سه چهارم", "⅓": "یک سوم", "⅔": "دو سوم", "⅕": "یک پنجم",
    "⅖": "دو پنجم",
    "⅗": "سه پنجم", "⅘": "چهار پنجم", "⅙": "یک ششم", "⅚": "پنج ششم", "⅛": "یک هشتم", "⅜": "سه هشتم",
    "⅝": "پنج هشتم", "⅞": "هفت هشتم",
}  # fmt: skip

_SHORT: Final = {"k": "هزار", "m": "میلیون", "b": "میلیارد", "bn": "میلیارد"}
_MEASURED: Final = re.compile(
    rf" ?(?:{SCALE}|درصد|٪|%|تومان|ریال|دلار|یورو|متر|کیلو|گرم|لیتر|برابر|درجه|سانتی|نمره|ریشتر)"
)
"""Before these a slash is the decimal mark of everyday writing."""
_QUOTATION: Final = 200
"""Characters within which a quotation mark is looked for."""
_HALVES: Final = re.compile(r" ?(?:ساعت|سال|ماه|روز|هفته|دقیقه|واحد|تن|بار)")
"""Before these «/۵» is a half: nobody says a fifth of an hour."""


def read_money(written: str, _text: str, _start: int, _end: int) -> str | None:
    """Return a sum with the sign or the letters of a currency: "$1.5 میلیارد", "-$5", "10-20$"."""
    sign = next(sign for sign in names.CURRENCIES if sign in written)
    numbers = re.findall(NUMBER, written)
    scale = re.search(SCALE, written)
    short = re.search(rf"{DIGIT}({SHORT_SCALE})$", written)
    minus = "منفی " if re.match(MINUS, written) else ""
    if len(numbers) == 2:
        scaled = f" {scale.group()}" if scale else ""
        return f"{amount(numbers[0])} تا {amount(numbers[1])}{scaled} {names.CURRENCIES[sign]}"
    plain = plain_digits(numbers[0]).replace("٫", ".")
    cents = re.fullmatch(r"(\d+)\.(\d\d)", plain)
    small = names.HUNDREDTHS.get(sign)
    if small and cents and not scale and not short and cents[2] != "00":
        big = f"{cardinal(cents[1])} {names.CURRENCIES[sign]} و " if int(cents[1]) else ""
        return f"{minus}{big}{cardinal(cents[2])} {small}"
    thousands = scale.group() if scale else _SHORT[short[1].lower()] if short else ""
    return minus + " ".join(part for part in (amount(numbers[0]), thousands, names.CURRENCIES[sign]) if part)


def read_rials(written: str, _text: str, _start: int, _end: int) -> str:
    """Return a sum of rials or tomans whose thousands are parted by slashes or dots: "1/250/000"."""
    return cardinal(re.sub(r"\D", "", latin_digits(written)))


def read_slash(written: str, text: str, start: int, end: int) -> str | None:
    """Return a fraction, or a decimal number where a unit, a mark or the size of its parts tells so."""
    top, bottom = latin_digits(written).split("/")
    measured = _MEASURED.match(text, end) or names.MARK_WORDS & set(words_before(text, start)[-1:])
    halves = bottom == "5" and _HALVES.match(text, end)
    if measured or halves or int(bottom) in {0, 1} or len(top) > 3 or int(top) >= int(bottom):
        return decimal(top, bottom) if len(bottom) <= 3 and int(bottom) else None
    return fraction(top, bottom) if int(bottom) <= 1000 else None


def read_glyph(written: str, _text: str, _start: int, _end: int) -> str:
    """Return a fraction that is one sign, with or without a whole number before it: "2½"."""
    before, part = latin_digits(written[:-1]).strip(), VULGAR[written[-1]]
    return f"{cardinal(before)} و {part}" if before else part


def read_percent(written: str, _text: str, _start: int, _end: int) -> str:
    """Return per cents, the sign on either side, also below zero or from one to another."""
    one, *other = re.findall(NUMBER, written)
    minus = "منفی " if re.match(rf"[%٪]? ?{MINUS}", written) else ""
    said = f"{amount(one)} تا {amount(other[0])}" if other else amount(one)
    return f"{minus}{said} {'در هزار' if '‰' in written else 'درصد'}"


def read_span(written: str, text: str, start: int, end: int) -> str | None:
    """Return two numbers with a dash between: a score, a range, or what only stands side by side."""
    found = re.match(rf"({NUMBER}) ?{DASH} ?({NUMBER})", written)
    if found is None:
        return None
    low, high = found[1], found[2]
    one, other = (float(plain_digits(each).replace("٫", ".")) for each in (low, high))
    unit = written[found.end() :].strip()
    after = f" {names.UNITS.get(unit, 'درصد')}" if unit else ""
    around = set(words_before(text, start)[-6:] + words_after(text, end)[:5])
    if not unit and max(one, other) < 300 and names.SCORE_WORDS & around:
        return f"{amount(low)} بر {amount(high)}"
    # «۱۴۰۲-۰۳»: the second year by its last two digits.
    years = len(low) == 4 and len(high) == 2 and 1200 <= one < 2200 and other == (one + 1) % 100
    if one < other or years:
        return f"{amount(low)} تا {cardinal(latin_digits(high)) if years else amount(high)}{after}"
    return f"{amount(low)}، {amount(high)}{after}"


def read_times(written: str, text: str, _start: int, end: int) -> str:
    """Return measures that are multiplied: "3×4" is «سه در چهار», with a unit behind or a sum."""
    found = re.match(rf"{NUMBER}(?: ?[×xX*✕] ?{NUMBER})+", written)
    factors = found.group() if found else written
    word = " ضربدر " if re.match(" ?=", text[end : end + 2]) else " در "
    unit = written[len(factors) :].strip()
    said = word.join(amount(each) for each in re.findall(NUMBER, factors))
    return f"{said} {names.UNITS[unit]}" if unit else said


def read_signed(written: str, _text: str, _start: int, _end: int) -> str | None:
    """Return a number with a sign before it, and its unit: "-20 °C"."""
    sign = {"+": "مثبت", "±": "مثبت و منفی"}.get(written[0], "منفی")
    return f"{sign} {read_measure(written[1:], '', 0, 0)}"


def read_measure(written: str, _text: str, _start: int, _end: int) -> str | None:
    """Return a number with its unit, if there is one."""
    number = re.match(NUMBER, written)
    if number is None:
        return None
    unit = written[number.end() :].strip()
    return f"{amount(number.group())} {names.UNITS[unit]}" if unit else amount(number.group())


def read_inches(written: str, text: str, start: int, _end: int) -> str | None:
    """Return a number before the sign of inches, unless that sign closes a quotation: 55"."""
    before = text[max(0, start - _QUOTATION) : start].rpartition('"')
    if before[1] and not before[0][-1:].isalnum():
        # The mark before this one opened a quotation.
        return None
    return f"{amount(written[:-1].strip())} اینچ"
