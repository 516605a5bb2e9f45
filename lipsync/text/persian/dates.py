"""Dates and times as they are written in, how they are said out: «پانزدهمِ مردادِ هزار و چهارصد و سه».

Between `rules`, which finds them, and `numbers`. Jalali and Gregorian are told apart by the year.
"""

from __future__ import annotations

import re
from typing import Final

from lipsync.text.persian import names
from lipsync.text.persian.amounts import DASH, words_before
from lipsync.text.persian.numbers import cardinal, latin_digits, ordinal

_BETWEEN: Final = re.compile(rf" ?{DASH} ?")
_STAMP: Final = re.compile(
    r"(?P<date>[\d/.-]{3,10}?)(?: ?[-\u2013_] ?|[،,]? (?P<hour>ساعت )?)(?P<clock>\d{1,2}:.{2,12})"
)
_LAST_SHORT_YEAR: Final = 20
"""Two digits below it stand for a year from 1400 on where a clock stands behind the date."""


def read_date(written: str, _text: str, _start: int, _end: int) -> str | None:
    """Return a date in digits, or None for what is none: "1357/11/22", "20.3.2024", "22/11/57"."""
    first, month, last = (int(part) for part in re.split("[/.-]", latin_digits(written)))
    year, day = (first, last) if first > 31 else (last, first)
    if year == last and month > 12 >= day > 0:
        month, day = day, month
    if not (1 <= month <= 12 and 1 <= day <= 31) or (year < 100 and "/" not in written):
        return None
    jalali = 1200 <= year < 1600 or 50 <= year < 100
    if not (jalali or 1600 <= year < 2200):
        return None
    name = (names.JALALI_MONTHS if jalali else names.GREGORIAN_MONTHS)[month - 1]
    # Said with both ezafes, bist o dovom-e bahman-e hezār ...
    return f"{ordinal(str(day))}\u0650 {_ezafe(name)} {cardinal(str(year))}"


def read_stamp(written: str, text: str, start: int, end: int) -> str | None:
    """Return the stamp of a bank or a machine, date and time: "1402/09/15-14:32", "09/23-12:05"."""
    found = _STAMP.fullmatch(latin_digits(written))
    if found is None:
        return None
    parts = [int(part) for part in re.split("[/.-]", found["date"])]
    date = _short_date(parts) or (read_date(found["date"], text, start, end) if len(parts) == 3 else None)
    clock = read_clock(found["clock"], text, start, end)
    if date is None or clock is None:
        return None
    return f"{date} ساعت {clock}" if found["hour"] else f"{date}، {clock}"


def _short_date(parts: list[int]) -> str | None:
    """Return month and day, or two digits of a Jalali year, month and day, or None for what is neither."""
    month, day = parts[-2:]
    if len(parts) == 2 and month > 12 >= day:
        month, day = day, month
    if not (1 <= month <= 12 and 1 <= day <= 31) or (len(parts) == 3 and parts[0] >= _LAST_SHORT_YEAR):
        return None
    name = names.JALALI_MONTHS[month - 1]
    if len(parts) == 2:
        return f"{ordinal(str(day))}\u0650 {name}"
    return f"{ordinal(str(day))}\u0650 {_ezafe(name)} {cardinal(str(1400 + parts[0]))}"


def _ezafe(word: str) -> str:
    return word + (names.HAMZA_ABOVE if word.endswith(("یه", "مه")) else "\u0650")


def read_month(written: str, _text: str, _start: int, _end: int) -> str | None:
    """Return a month of a Jalali year, or None: "1403/05"."""
    year, month = latin_digits(written).split("/")
    if not (1200 <= int(year) < 1500 and 1 <= int(month) <= 12):
        return None
    return f"{_ezafe(names.JALALI_MONTHS[int(month) - 1])} {cardinal(year)}"


def read_clock(written: str, text: str, start: int, _end: int) -> str | None:
    """Return a time, or a ratio ("3:2"), or None for what is neither."""
    plain = latin_digits(written)
    hour, minute, *second = re.findall(r"\d+", plain)
    if len(minute) == 1 or (not second and names.RATIO_WORDS & set(words_before(text, start)[-1:])):
        return f"{cardinal(hour)} به {cardinal(minute)}"
    if int(hour) > 24 or int(minute) > 59 or (second and int(second[0]) > 59):
        return None
    parts = [cardinal(hour)]
    if minute == "30" and not second:
        parts.append("نیم")
    elif int(minute):
        parts.append(f"{cardinal(minute)} دقیقه")
    if second and int(second[0]):
        parts.append(f"{cardinal(second[0])} ثانیه")
    half = re.search("[ap]", plain.lower())
    return " و ".join(parts) + ({"a": " صبح", "p": " بعدازظهر"}[half.group()] if half else "")


def read_clocks(written: str, text: str, start: int, end: int) -> str | None:
    """Return two times with a dash between: "8:00-16:30" is «هشت تا شانزده و نیم»."""
    said = [read_clock(each, text, start, end) for each in _BETWEEN.split(written)]
    return " تا ".join(each for each in said if each) if all(said) else None


def read_day(written: str, _text: str, _start: int, _end: int) -> str | None:
    """Return the day that stands before the name of a month: "22 بهمن" is «بیست و دومِ بهمن»."""
    digits = latin_digits(written)
    return ordinal(digits) + "\u0650" if 1 <= int(digits) <= 31 else None
