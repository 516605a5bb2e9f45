"""Quantities with a sign, a unit or a partner in, how they are said out: money, percents, ranges.

Between `rules`, which finds them, and `amounts`. A reading that finds it is something else answers
None, which leaves it to the next rule.
"""

from __future__ import annotations

import re
from typing import Final

from lipsync.text.persian import names
from lipsync.text.persian.amounts import DIGIT, NUMBER, SCALE, amount, plain_digits, words_before
from lipsync.text.persian.numbers import cardinal, latin_digits

UNIT: Final = "|".join(re.escape(unit) for unit in sorted(names.UNITS, key=len, reverse=True))
MINUS: Final = "[-\u2212\u2013]"
SHORT_SCALE: Final = "bn|[kKmMbB]"
_RAISED: Final = "⁰¹²³⁴⁵⁶⁷⁸⁹"
POWERED: Final = (
    rf"{NUMBER}(?:[eE][+\u2212-]?{DIGIT}{{1,3}}|\^ ?[+\u2212-]?{DIGIT}{{1,4}}|[⁻⁺]?[{_RAISED}]{{1,4}})"
)
VULGAR: Final = {
    "¼": "یک چهارم", "½": "نیم", "¾": "سه چهارم", "⅓": "یک سوم", "⅔": "دو سوم", "⅕": "یک پنجم",
    "⅖": "دو پنجم",
    "⅗": "سه پنجم", "⅘": "چهار پنجم", "⅙": "یک ششم", "⅚": "پنج ششم", "⅛": "یک هشتم", "⅜": "سه هشتم",
    "⅝": "پنج هشتم", "⅞": "هفت هشتم",
}  # fmt: skip

_SHORT: Final = {"k": "هزار", "m": "میلیون", "b": "میلیارد", "bn": "میلیارد"}
_LOWERED: Final = str.maketrans(f"{_RAISED}⁻", "0123456789-")
_MULTIPLIED: Final = "ضربدر"
_TIMES: Final = re.compile("[×xX*✕]")
_FACTORS: Final = re.compile(rf"{NUMBER}(?: ?[×xX*✕] ?(?:{POWERED}|{NUMBER}))+")
_BEARING_NUMBER: Final = rf"{DIGIT}{{1,9}}(?:[٫.]{DIGIT}{{1,32}})?"
_LONGEST_SUM: Final = 32
_SUM_BEFORE: Final = re.compile(rf"(?:(?P<number>{NUMBER})|{SCALE}) ?\Z")
_FEWEST_DIGITS: Final = 4
"""Of a sum of money that no other word tells of: «۵ ت» may be five tons."""
_QUOTATION: Final = 200
"""Characters within which a quotation mark is looked for."""


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


def read_times(written: str, text: str, _start: int, end: int) -> str:
    """Return measures that are multiplied: "3×4" is «سه در چهار», with a unit behind or a sum."""
    found = _FACTORS.match(written)
    factors = found.group() if found else written
    each = [factor.strip() for factor in _TIMES.split(factors)]
    powers = [re.fullmatch(POWERED, factor) for factor in each]
    word = f" {_MULTIPLIED} " if any(powers) or re.match(" ?=", text[end : end + 2]) else " در "
    unit = written[len(factors) :].strip()
    said = word.join(
        _raised(factor) if power else amount(factor) for factor, power in zip(each, powers, strict=True)
    )
    return f"{said} {names.UNITS[unit]}" if unit else said


def read_powered(written: str, text: str, start: int, _end: int) -> str | None:
    """Return a number and its power: "10⁻³" is «ده به توانِ منفی سه», "1.5e3" times ten to the third.

    None behind a word that announces a code, in which an E is a letter.
    """
    if names.CODE_WORDS & set(words_before(text, start)[-2:]):
        return None
    return _raised(written)


def _raised(written: str) -> str:
    """Return a number and its power."""
    minus = "منفی " if re.match(MINUS, written) else ""
    number = re.match(NUMBER, written[bool(minus) :])
    base = number.group() if number else ""
    power = written[bool(minus) + len(base) :].translate(_LOWERED)
    of_ten = f"{_MULTIPLIED} {cardinal('10')} " if power[0] in "eE" else ""
    sign = "منفی " if re.search("[\u2212-]", power) else ""
    exponent = amount(power.lstrip("eE^ +⁺-\u2212"))
    return f"{minus}{amount(base)} {of_ten}به توانِ {sign}{exponent}"


def read_bearing(written: str, _text: str, _start: int, _end: int) -> str:
    """Return a latitude or a longitude: "51.4° E", "35°41'22\"N"."""
    parts = [amount(part) for part in re.findall(_BEARING_NUMBER, written)]
    units = ["درجه", "دقیقه", "ثانیه"][: len(parts)]
    said = " و ".join(f"{part} {unit}" for part, unit in zip(parts, units, strict=True))
    return f"{said}{names.HAMZA_ABOVE} {names.BEARINGS[written[-1]]}"


def read_toman(_written: str, text: str, start: int, _end: int) -> str | None:
    """Return «تومان» for its first letter behind a sum of money, or None."""
    sum_before = _SUM_BEFORE.search(text[max(0, start - _LONGEST_SUM) : start])
    if sum_before is None:
        return None
    number = sum_before["number"]
    small = number and len(re.findall(DIGIT, number)) < _FEWEST_DIGITS
    if small and not names.MONEY_WORDS & set(words_before(text, start)[-5:]):
        return None
    # Written right behind its number, it would become one word with it.
    return "تومان" if text[start - 1] == " " else " تومان"


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
