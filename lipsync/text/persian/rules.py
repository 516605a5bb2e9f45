"""A cleaned Persian text in, stretches that are not read letter by letter out, with their reading.

One pattern walks the text once; the first alternative that fits a place decides what stands
there, and a reading that finds it is something else answers None, which leaves it to the plain
number or, at the last, as it is written. Every quantifier is bounded, so the walk is linear.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from lipsync.text.persian import names
from lipsync.text.persian.addresses import read_address, read_tag
from lipsync.text.persian.latin import name_of, spelt
from lipsync.text.persian.numbers import (
    LONGEST_READ,
    ZWNJ,
    as_written,
    by_digit,
    cardinal,
    decimal,
    fraction,
    grouped,
    latin_digits,
    ordinal,
)  # fmt: skip
from lipsync.text.persian.spacing import Mend

_D: Final = "[0-9\u06f0-\u06f9]"
_DASH: Final = "[-\u2013\u2014\u2212\u2010\u2011]"
_GROUPED: Final = (
    rf"{_D}{{1,3}}(?:(?:[٬,،']{_D}{{3}}){{1,8}}|(?:\.{_D}{{3}}){{2,8}}(?![.٫]))(?!{_D})"
)
_WHOLE: Final = rf"(?:{_GROUPED}|{_D}{{1,64}})"
_NUMBER: Final = rf"{_WHOLE}(?:[٫.]{_D}{{1,32}}(?![.٫]?{_D}))?"
_SCALE: Final = rf"(?:{names.SCALE_WORDS})"
_SIGN: Final = "[$€£¥₺₽₹₿]"
_CODE: Final = "|".join(code for code in names.CURRENCIES if code.isalpha())
_LETTER: Final = r"[^\W\d_]"
_UNIT: Final = "|".join(re.escape(unit) for unit in sorted(names.UNITS, key=len, reverse=True))
_MONTH: Final = "|".join(sorted(names.MONTHS, key=len, reverse=True))
_END: Final = rf"(?!{_LETTER}|{_D}|[\u064b-\u0652])"
_START: Final = r"(?<![\w.٫/])"

_KINDS: Final = {
    "address": r"(?:https?://|www\.)[^\s«»<>]{1,2048}|[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}"
    r"|(?<![\w@])[A-Za-z0-9][A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9-]{1,62}){0,4}"
    r"\.(?:com|org|net|ir|io|gov|edu|info|app|dev|co|de|uk|us|fr|ai|me|tv)(?:/[^\s«»<>]{0,512})?(?![\w@])",
    "tag": r"[#@]\w{1,64}",
    "honour": r"\((?:ع|ص|س|ره|عج|رض)\)",
    "dotted": r"(?<!\w)(?:ق\.م|ب\.م|ه\.ش|ه\.ق|ق\.ظ|ب\.ظ|ر\.ک|ج\.ا\.ا)(?:\.|:)?(?!\w)",
    "before": rf"(?<!\w)(?:صص|[صجشچپطک])\.(?= ?{_D})",
    "date": rf"{_START}{_D}{{1,4}}([/.-]){_D}{{1,2}}\1{_D}{{1,4}}(?![/\d]|[.-]{_D})",
    "month": rf"{_START}{_D}{{4}}/{_D}{{2}}(?![/\d])",
    "clock": rf"{_START}{_D}{{1,2}}:{_D}{{1,2}}(?::{_D}{{2}})?(?![:\d])(?: ?(?:[aApP]\.?[mM]\.?))?",
    "phone": rf"{_START}(?:\+|00|{chr(0x6F0)}{chr(0x6F0)})?{_D}{{2,4}}"
    rf"(?:[ -]?\(?{_D}{{2,11}}\)?){{1,5}}(?!{_D})"
    rf"|{_START}(?:[0{chr(0x6F0)}]{_D}{{9,10}}|\+{_D}{{8,14}})(?!{_D})",
    "money": rf"(?:{_SIGN}|(?<!\w)(?:{_CODE})) ?{_NUMBER}(?: ?{_SCALE}{_END})?"
    rf"|{_NUMBER}(?: ?{_SCALE})? ?(?:{_SIGN}|(?:{_CODE})(?!\w))",
    "slash": rf"{_START}{_D}{{1,9}}/{_D}{{1,4}}(?![/\d])",
    "glyph": rf"{_D}{{0,9}}[¼½¾⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]",
    "percent": rf"[%٪] ?{_NUMBER}|{_NUMBER} ?[%٪‰]",
    "span": rf"{_START}{_NUMBER} ?{_DASH} ?{_NUMBER}(?: ?[%٪])?(?!\w)",
    "times": rf"{_START}{_NUMBER}(?: ?[×xX*✕] ?{_NUMBER}){{1,3}}(?![A-Za-z])",
    "ordinal": rf"{_D}{{1,21}}(?:[ {ZWNJ}]?(?:اُم|ام)|{ZWNJ}?م)(?:ین)?{_END}",
    "signed": rf"(?<![\w.)\]{ZWNJ}])[-\u2212\u2013+±]{_NUMBER}",
    "dayname": rf"{_START}{_D}{{1,2}}(?= (?:{_MONTH}){_END})",
    "measure": rf"{_START}{_NUMBER} ?(?:{_UNIT})(?![\w²³/])",
    "version": rf"{_START}[vV]?{_D}{{1,5}}(?:\.{_D}{{1,5}}){{2,5}}(?!\w)",
    "number": rf"{_NUMBER}",
    "equals": rf"(?<={_D}) ?[+=÷] ?(?={_D})",
    "latin": r"\.NET\b|[A-Za-z][A-Za-z0-9]{0,62}(?:[+#]{1,2}(?!\w)|(?:[.'’-][A-Za-z0-9]{1,32}){0,3})",
    "power": r"(?<=\w)[²³]",
    "again": r"([!?؟])\1{1,64}",
}

_EACH: Final = {kind: re.compile(pattern) for kind, pattern in _KINDS.items()}
_BEGINS: Final = re.compile(
    r"[0-9\u06f0-\u06f9A-Za-z#@$€£¥₺₽₹₿%٪¼½¾⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞²³(+±=÷\u2212\u2013-]|\.NET|([!?؟])\1|[ ][+=÷]"
    r"|(?<!\w)(?:[قبهرج]\.|[صجشچپطک]{1,2}\.)|[^\W\d_]{1,64}@"
)
"""What a stretch with a reading of its own begins with; all else is skipped at the speed of the engine."""

_DIGITS: Final = re.compile(rf"{_D}+")
_VULGAR: Final = {
    "¼": "یک چهارم", "½": "نیم", "¾": "سه چهارم", "⅓": "یک سوم", "⅔": "دو سوم", "⅕": "یک پنجم",
    "⅖": "دو پنجم",
    "⅗": "سه پنجم", "⅘": "چهار پنجم", "⅙": "یک ششم", "⅚": "پنج ششم", "⅛": "یک هشتم", "⅜": "سه هشتم",
    "⅝": "پنج هشتم", "⅞": "هفت هشتم",
}  # fmt: skip
_CONTEXT: Final = 48
"""Characters before and after a number that may tell what it is."""


def readings(text: str) -> Iterator[Mend]:
    """Yield what is to be said otherwise than it is written, front to back, without overlaps.

    Args:
        text: cleaned (`lipsync.text.letters.clean`).
    """
    position = 0
    while (begins := _BEGINS.search(text, position)) is not None:
        start = begins.start()
        mend = _reading_at(text, start)
        if mend is not None:
            yield mend
        position = max(start + 1, mend.end if mend else 0)


def _reading_at(text: str, start: int) -> Mend | None:
    for kind, pattern in _EACH.items():
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
    if not said[0].isalnum():
        return said
    before = " " if start and text[start - 1].isalnum() else ""
    return before + said + (" " if end < len(text) and text[end].isalnum() else "")


def _before(text: str, start: int) -> list[str]:
    return re.findall(r"\w+", text[max(0, start - _CONTEXT) : start].replace(ZWNJ, "_"))


def _after(text: str, end: int) -> list[str]:
    return re.findall(r"\w+", text[end : end + _CONTEXT])


def _plain(written: str) -> str:
    plain = re.sub("[٬,،' ]", "", latin_digits(written))
    # "1.000.000" is grouped by dots: a number has one decimal mark at most.
    return plain.replace(".", "") if plain.count(".") > 1 else plain


def _amount(written: str) -> str:
    """Return a number with or without a decimal mark in words."""
    whole, _, part = _plain(written).replace("٫", ".").partition(".")
    return decimal(whole, part) if part else _whole(whole)


def _whole(digits: str) -> str:
    return as_written(digits) if len(digits) > 1 and digits.startswith("0") else cardinal(digits)


def _number(written: str, text: str, start: int, end: int) -> str | None:
    digits = _plain(written)
    if digits.isdecimal() and digits == latin_digits(written):
        words = _before(text, start)[-4:]
        if _is_card(digits) or len(digits) > LONGEST_READ:
            return "، ".join(by_digit(digits[at : at + 4]) for at in range(0, len(digits), 4))
        if (len(digits) >= 4 and names.CODE_WORDS & set(words)) or (len(digits) == 10 and digits[0] == "0"):
            return by_digit(digits)
        if 7 <= len(digits) <= 8 and names.PHONE_WORDS & set(words + _after(text, end)[:2]):
            return grouped(digits)
    return _amount(written)


def _is_card(digits: str) -> bool:
    """Tell a card's sixteen digits from a quantity: a bank's first digit, and no round number."""
    return len(digits) == 16 and digits[0] in "4569" and not digits.endswith("000")


def _date(written: str, _text: str, _start: int, _end: int) -> str | None:
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


def _ezafe(word: str) -> str:
    return word + (names.HAMZA_ABOVE if word.endswith(("یه", "مه")) else "\u0650")


def _month(written: str, _text: str, _start: int, _end: int) -> str | None:
    year, month = latin_digits(written).split("/")
    if not (1200 <= int(year) < 1500 and 1 <= int(month) <= 12):
        return None
    return f"{_ezafe(names.JALALI_MONTHS[int(month) - 1])} {cardinal(year)}"


def _clock(written: str, _text: str, _start: int, _end: int) -> str | None:
    plain = latin_digits(written)
    hour, minute, *second = re.findall(r"\d+", plain)
    if len(minute) == 1:
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


def _phone(written: str, text: str, start: int, _end: int) -> str | None:
    groups = re.findall(r"\d+", latin_digits(written))
    digits = "".join(groups)
    if len(groups) == 4 and {len(group) for group in groups} == {4}:
        return "، ".join(by_digit(group) for group in groups)
    if names.CODE_WORDS & set(_before(text, start)[-3:]):
        return "، ".join(by_digit(group) for group in groups)
    dialled = digits.startswith("0") or written.startswith("+")
    hinted = bool(names.PHONE_WORDS & set(_before(text, start)[-3:])) and len(digits) >= 7
    if not 7 <= len(digits) <= 15 or not (dialled or hinted) or (len(groups) == 1 and len(digits) == 10):
        return None
    if len(groups) == 1 and re.match(r"09\d{9}$", digits):
        groups = [digits[:4], digits[4:7], digits[7:9], digits[9:]]
    elif len(groups) == 1 and len(digits) == 11 and dialled:
        groups = [digits[:3], digits[3:]]
    elif len(groups) == 1 and re.match(r"989\d{9}$", digits):
        groups = [digits[:2], digits[2:5], digits[5:8], digits[8:]]
    plus = "مثبت " if written.startswith("+") else ""
    return plus + "، ".join(grouped(group) for group in groups)


def _money(written: str, _text: str, _start: int, _end: int) -> str | None:
    sign = next(sign for sign in names.CURRENCIES if sign in written)
    number = re.search(_NUMBER, written)
    scale = re.search(_SCALE, written)
    if number is None:
        return None
    plain = _plain(number.group()).replace("٫", ".")
    cents = re.fullmatch(r"(\d+)\.(\d\d)", plain)
    if sign in {"$", "€", "USD", "EUR"} and cents and not scale and cents[2] != "00":
        return f"{cardinal(cents[1])} {names.CURRENCIES[sign]} و {cardinal(cents[2])} سنت"
    said = [_amount(number.group()), scale.group() if scale else "", names.CURRENCIES[sign]]
    return " ".join(part for part in said if part)


_MEASURED: Final = re.compile(
    rf" ?(?:{_SCALE}|درصد|٪|%|تومان|ریال|دلار|یورو|متر|کیلو|گرم|لیتر|برابر|درجه|سانتی|نمره|ریشتر)"
)
"""Before these a slash is the decimal mark of everyday writing."""


def _slash(written: str, text: str, _start: int, end: int) -> str | None:
    top, bottom = latin_digits(written).split("/")
    if _MEASURED.match(text, end) or int(bottom) in {0, 1} or len(top) > 3 or int(top) >= int(bottom):
        return decimal(top, bottom) if len(bottom) <= 3 and int(bottom) else None
    return fraction(top, bottom) if int(bottom) <= 1000 else None


def _glyph(written: str, _text: str, _start: int, _end: int) -> str:
    whole, part = latin_digits(written[:-1]), _VULGAR[written[-1]]
    return f"{cardinal(whole)} و {part}" if whole else part


def _percent(written: str, _text: str, _start: int, _end: int) -> str:
    return f"{_amount(written.strip('%٪‰ '))} {'در هزار' if '‰' in written else 'درصد'}"


def _span(written: str, text: str, start: int, end: int) -> str | None:
    low, high = re.findall(_NUMBER, written)
    one, other = (float(_plain(each).replace("٫", ".")) for each in (low, high))
    percent = " درصد" if written[-1] in "%٪" else ""
    around = set(_before(text, start)[-6:] + _after(text, end)[:5])
    if not percent and max(one, other) < 300 and names.SCORE_WORDS & around:
        return f"{_amount(low)} بر {_amount(high)}"
    if one < other:
        return f"{_amount(low)} تا {_amount(high)}{percent}"
    return f"{_amount(low)}، {_amount(high)}{percent}"


def _times(written: str, text: str, _start: int, end: int) -> str:
    word = " ضربدر " if re.match(" ?=", text[end : end + 2]) else " در "
    return word.join(_amount(each) for each in re.findall(_NUMBER, written))


def _ordinal(written: str, _text: str, _start: int, _end: int) -> str:
    found = _DIGITS.match(written)
    said = ordinal(latin_digits(found.group() if found else "0"))
    return said + ("ین" if written.endswith("ین") else "")


def _signed(written: str, _text: str, _start: int, _end: int) -> str | None:
    sign = {"+": "مثبت", "±": "مثبت و منفی"}.get(written[0], "منفی")
    return f"{sign} {_amount(written[1:])}"


def _dayname(written: str, _text: str, _start: int, _end: int) -> str | None:
    digits = latin_digits(written)
    if not 1 <= int(digits) <= 31:
        return None
    return ordinal(digits) + "\u0650"


def _measure(written: str, _text: str, _start: int, _end: int) -> str | None:
    number = re.match(_NUMBER, written)
    if number is None:
        return None
    return f"{_amount(number.group())} {names.UNITS[written[number.end() :].strip()]}"


def _version(written: str, _text: str, _start: int, _end: int) -> str | None:
    parts = re.findall(r"\d+", latin_digits(written))
    if all(len(part) == 3 for part in parts[1:]) and written[0] not in "vV0\u06f0":
        # Thousands grouped by dots, as in "1.000.000".
        return None
    return " نقطه ".join(_whole(part) for part in parts)


def _equals(written: str, _text: str, _start: int, _end: int) -> str:
    return {"+": "به‌علاوهٔ", "=": "مساوی", "÷": "تقسیم بر"}[written.strip()]


def _latin(written: str, text: str, start: int, _end: int) -> str | None:
    if written.isupper() and _roman(written) and (len(written) > 1 or written in "IVX"):
        before = _before(text, start)[-2:]
        ruler = bool(before) and (before[-1] in names.KINGS or (len(before) > 1 and before[0] in names.KINGS))
        persian = bool(before) and "\u0620" <= before[-1][0] <= "\u06d3"
        if ruler or (persian and len(written) > 1 and not set(written) - set("IVX")):
            return ordinal(str(_roman(written)))
    known = name_of(written)
    if known is not None:
        return known
    mixed = re.fullmatch(r"([A-Za-z]{1,12})-?(\d{1,6})([A-Za-z]{0,3})", written)
    if mixed:
        head = name_of(mixed[1]) or (spelt(mixed[1]) if len(mixed[1]) <= 2 else None)
        if head:
            return " ".join(part for part in (head, _whole(mixed[2]), spelt(mixed[3])) if part)
    parts = re.split("[-.]", written)
    if len(parts) > 1:
        said = [name_of(part) for part in parts]
        return " ".join(each for each in said if each) if all(said) else None
    return None


_ROMAN: Final = re.compile(r"M{0,3}(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})")
_ROMAN_VALUES: Final = {"M": 1000, "D": 500, "C": 100, "L": 50, "X": 10, "V": 5, "I": 1}


def _roman(written: str) -> int:
    """Return the value of a Roman numeral, 0 for what is none."""
    if not written or not _ROMAN.fullmatch(written):
        return 0
    values = [_ROMAN_VALUES[letter] for letter in written]
    return sum(-value if value < max(values[at:]) else value for at, value in enumerate(values))


_Reader = Callable[[str, str, int, int], str | None]
_READERS: Final[dict[str, _Reader]] = {
    "address": lambda written, _text, _start, _end: read_address(written),
    "tag": lambda written, _text, _start, _end: read_tag(written),
    "honour": lambda written, _text, _start, _end: names.ABBREVIATIONS.get(written),
    "dotted": lambda written, _text, _start, _end: names.ABBREVIATIONS.get(written),
    "before": lambda written, _text, _start, _end: names.BEFORE_NUMBERS.get(written),
    "date": _date, "month": _month, "clock": _clock, "phone": _phone, "money": _money, "slash": _slash,
    "glyph": _glyph, "percent": _percent, "span": _span, "times": _times, "ordinal": _ordinal,
    "signed": _signed, "dayname": _dayname, "measure": _measure, "version": _version, "number": _number,
    "equals": _equals, "latin": _latin,
    "power": lambda written, _text, _start, _end: {"²": "مربع", "³": "مکعب"}[written],
    "again": lambda written, _text, _start, _end: written[0],
}  # fmt: skip
