"""Numbers in, Persian words out: cardinals, ordinals, decimals, fractions, digit by digit.

Digits come in as Latin ones (see `latin_digits`). A number of more than `LONGEST_READ` digits is
no quantity to anyone who hears it and is read digit by digit.
"""

from __future__ import annotations

from typing import Final

ZWNJ: Final = "\u200c"
AND: Final = " و "

_NINE: Final = "نُه"
_TEN: Final = "دَه"
"""With its mark, since the same letters are a village: دِه (deh)."""
"""With its vowel: without it the same letters are "no"."""
_ONES: Final = (
    "صفر", "یک", "دو", "سه", "چهار", "پنج", "شش", "هفت", "هشت", _NINE, _TEN, "یازده", "دوازده", "سیزده",
    "چهارده", "پانزده", "شانزده", "هفده", "هجده", "نوزده",
)  # fmt: skip
_TENS: Final = ("", "", "بیست", "سی", "چهل", "پنجاه", "شصت", "هفتاد", "هشتاد", "نود")
_HUNDREDS: Final = ("", "صد", "دویست", "سیصد", "چهارصد", "پانصد", "ششصد", "هفتصد", "هشتصد", "نهصد")
SCALES: Final = ("", "هزار", "میلیون", "میلیارد", "هزار میلیارد", "میلیون میلیارد", "میلیارد میلیارد")
"""Thousand to the power of the place. «تریلیون» means different things to different people, so
thousands of milliards are said as news readers say them: «دو هزار میلیارد»."""

LONGEST_READ: Final = 21
"""Digits of the longest number that is read as one: below 10 ** 21."""

_PARTS_OF: Final = ("", "دهم", "صدم", "هزارم", "ده\u200cهزارم", "صدهزارم", "میلیونیم")
"""What so many digits after the decimal mark are called."""

_DIGITS: Final = {
    **{0x06F0 + digit: str(digit) for digit in range(10)},
    **{0x0660 + digit: str(digit) for digit in range(10)},
}


def latin_digits(text: str) -> str:
    """Return a text with Persian and Arabic-Indic digits as Latin ones."""
    return text.translate(_DIGITS)


def cardinal(digits: str) -> str:
    """Return a whole number in words: "1234" is «هزار و دویست و سی و چهار».

    Args:
        digits: Latin digits; zeros before the number are not said.
    """
    digits = digits.lstrip("0") or "0"
    if len(digits) > LONGEST_READ:
        return by_digit(digits)
    return _words(int(digits))


def _words(number: int) -> str:
    if number < 1000:
        return _below_thousand(number)
    parts: list[str] = []
    groups: list[int] = []
    while number:
        number, group = divmod(number, 1000)
        groups.append(group)
    place = len(groups) - 1
    while place >= 0:
        place = _say_group(groups, place, parts)
    return AND.join(parts)


def _say_group(groups: list[int], place: int, parts: list[str]) -> int:
    """Say the groups that share one name of scale; return the place after them."""
    group, scale = groups[place], SCALES[place]
    base = scale.rpartition(" ")[2]
    if base != scale and base:
        # «دو هزار و سیصد میلیارد»: the milliards below belong to the same name.
        lower = SCALES.index(base)
        number = 0
        for each in range(place, lower - 1, -1):
            number = number * 1000 + groups[each]
        if number:
            parts.append(f"{_words(number)} {base}")
        return lower - 1
    if group:
        # A thousand is «هزار», not «یک هزار»; a million is «یک میلیون».
        parts.append(scale if place == 1 and group == 1 else f"{_below_thousand(group)} {scale}".rstrip())
    return place - 1


def _below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    parts = [_HUNDREDS[hundreds]] if hundreds else []
    if rest >= 20:
        parts.append(_TENS[rest // 10])
        rest %= 10
        if rest:
            parts.append(_ONES[rest])
    elif rest or not parts:
        parts.append(_ONES[rest])
    return AND.join(parts)


def by_digit(digits: str) -> str:
    """Return digits one by one: "603" is «شش صفر سه»."""
    return " ".join(_ONES[int(digit)] for digit in digits)


def as_written(digits: str) -> str:
    """Return a number whose zeros before it are said: "007" is «صفر صفر هفت»."""
    number = digits.lstrip("0")
    zeros = ["صفر"] * (len(digits) - len(number))
    return " ".join([*zeros, cardinal(number)] if number else zeros)


def ordinal_word(words: str) -> str:
    """Return the ordinal of a number in words: «بیست و یک» becomes «بیست و یکم», «سه» «سوم»."""
    if words.endswith("سه"):
        return words[:-2] + "سوم"
    if words.endswith(_NINE):
        # «نُهم» would be said as one syllable.
        return words[: -len(_NINE)] + "نهم"
    return words + (ZWNJ + "ام" if words.endswith("سی") else "م")


def ordinal(digits: str) -> str:
    """Return an ordinal: "21" is «بیست و یکم»."""
    return ordinal_word(cardinal(digits))


def decimal(whole: str, part: str) -> str:
    """Return a decimal number: ("3", "5") is «سه و نیم», ("3", "14") «سه و چهارده صدم».

    Zeros at the end are not said; a part of more than six digits is read digit by digit after
    «ممیز».
    """
    part = part.rstrip("0")
    if not part:
        return cardinal(whole)
    if len(part) >= len(_PARTS_OF):
        return f"{cardinal(whole)} ممیز {by_digit(part)}"
    said = "نیم" if part == "5" else f"{cardinal(part)} {_PARTS_OF[len(part)]}"
    return said if not whole.strip("0") else f"{cardinal(whole)}{AND}{said}"


def fraction(top: str, bottom: str) -> str:
    """Return a fraction: ("3", "4") is «سه چهارم»."""
    if (top, bottom) == ("1", "2"):
        return "یک دوم"
    return f"{cardinal(top)} {ordinal(bottom)}"


def grouped(digits: str) -> str:
    """Return one written group of a telephone number as numbers of two and three digits.

    "021" is «صفر بیست و یک», "88776655" is four pairs, "3456789" a three and two pairs.
    """
    rest = digits.lstrip("0")
    zeros = ["صفر"] * (len(digits) - len(rest))
    first = len(rest) % 2 + 2 if len(rest) > 3 and len(rest) % 2 else min(len(rest), 2)
    if len(rest) <= 3:
        first = len(rest)
    pieces = [rest[:first], *(rest[at : at + 2] for at in range(first, len(rest), 2))]
    said = [as_written(piece) for piece in pieces if piece]
    return " ".join([*zeros, *said[:1]]) + "".join(f"، {each}" for each in said[1:])
