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
from lipsync.text.persian.amounts import DASH, DIGIT, NUMBER, SCALE, whole, words_before
from lipsync.text.persian.codes import (
    read_iban,
    read_masked,
    read_number,
    read_phone,
    read_service_code,
)  # fmt: skip
from lipsync.text.persian.dates import read_clock, read_clocks, read_date, read_day, read_month
from lipsync.text.persian.latin import name_of, spelt
from lipsync.text.persian.numbers import ZWNJ, latin_digits, ordinal
from lipsync.text.persian.spacing import Mend
from lipsync.text.persian.sums import (
    MINUS,
    SHORT_SCALE,
    UNIT,
    VULGAR,
    read_glyph,
    read_inches,
    read_measure,
    read_money,
    read_percent,
    read_rials,
    read_signed,
    read_slash,
    read_span,
    read_times,
)  # fmt: skip

_SIGN: Final = "[$€£¥₺₽₹₿]"
_CODE: Final = "|".join(code for code in names.CURRENCIES if code.isalpha())
_LETTER: Final = r"[^\W\d_]"
_MONTH: Final = "|".join(sorted(names.MONTHS, key=len, reverse=True))
_END: Final = rf"(?!{_LETTER}|{DIGIT}|[\u064b-\u0652])"
_START: Final = r"(?<![\w.٫/])"
_UNIT: Final = rf"(?:{UNIT})(?![\w²³/])"
_CLOCK: Final = rf"{DIGIT}{{1,2}}:{DIGIT}{{2}}"
_VULGAR: Final = f"[{''.join(VULGAR)}]"
_NOT_MEASURED: Final = (
    rf"(?!{DIGIT}|[.,٫]{DIGIT}| ?(?:{_UNIT}|[%٪]|{SCALE}|درصد|متر|کیلو|گیگ|مگا|گرم|لیتر|اینچ|ثانیه|ساعت|دلار"
    "|یورو))"
)

_KINDS: Final = {
    "address": r"(?:https?://|www\.)[^\s«»<>]{1,2048}|[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}"
    r"|(?<![\w@])[A-Za-z0-9][A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9-]{1,62}){0,4}"
    r"\.(?:com|org|net|ir|io|gov|edu|info|app|dev|co|de|uk|us|fr|ai|me|tv)(?:/[^\s«»<>]{0,512})?(?![\w@])",
    "tag": r"[#@]\w{1,64}",
    "honour": r"\((?:ع|ص|س|ره|عج|رض)\)",
    "dotted": r"(?<!\w)(?:ق\.م|ب\.م|ه\.ش|ه\.ق|ق\.ظ|ب\.ظ|ر\.ک|ج\.ا\.ا)(?:\.|:)?(?!\w)",
    "before": rf"(?<!\w)(?:صص|[صجشچپطک])\.(?= ?{DIGIT})",
    "rials": rf"{_START}{DIGIT}{{1,3}}([/.]){DIGIT}{{3}}(?:\1{DIGIT}{{3}}){{0,4}}(?= ?(?:ریال|تومان|تومن))",
    "date": rf"{_START}{DIGIT}{{1,4}}([/.-]){DIGIT}{{1,2}}\1{DIGIT}{{1,4}}(?![/\d]|[.-]{DIGIT})",
    "month": rf"{_START}{DIGIT}{{4}}/{DIGIT}{{2}}(?![/\d])",
    "clocks": rf"{_START}{_CLOCK} ?{DASH} ?{_CLOCK}(?![:\d])",
    "clock": rf"{_START}{DIGIT}{{1,2}}:{DIGIT}{{1,2}}(?::{DIGIT}{{2}})?(?![:\d])(?: ?(?:[aApP]\.?[mM]\.?))?",
    "masked": rf"{_START}(?={DIGIT}[0-9\u06f0-\u06f9 -]{{2,18}}[*•])(?:[0-9\u06f0-\u06f9*•]{{4}}[ -]?){{3}}"
    r"[0-9\u06f0-\u06f9*•]{4}(?![\w*•])",
    "dial": rf"(?<![\w*])\*{DIGIT}{{1,6}}(?:\*{DIGIT}{{1,16}}){{0,4}}#",
    "iban": rf"(?<!\w)[A-Z]{{2}}{DIGIT}{{2}}(?:[ -]?{DIGIT}{{4}}){{4,7}}(?:[ -]?{DIGIT}{{1,3}})?(?!\w)",
    "phone": rf"{_START}(?:\+|00|{chr(0x6F0)}{chr(0x6F0)})?{DIGIT}{{2,4}}"
    rf"(?:[ -]?\(?{DIGIT}{{2,11}}+\)?){{1,5}}(?!{DIGIT})"
    rf"|\([0{chr(0x6F0)}]{DIGIT}{{2,3}}\) ?{DIGIT}{{4,8}}(?!{DIGIT})"
    rf"|{_START}(?:[0{chr(0x6F0)}]{DIGIT}{{9,10}}|\+{DIGIT}{{8,14}})(?!{DIGIT})",
    "money": rf"(?:(?<![\w.]){MINUS})?(?:(?<!\w)(?:US)?{_SIGN}|(?<!\w)(?:{_CODE})) ?{NUMBER}"
    rf"(?:(?:{SHORT_SCALE})(?![A-Za-z])|{DASH}{_SIGN}?{NUMBER}(?!\w))?(?: ?{SCALE}{_END})?"
    rf"|{NUMBER}(?: ?{SCALE})? ?(?:{_SIGN}|(?:{_CODE})(?!\w))",
    "slash": rf"{_START}{DIGIT}{{1,9}}/{DIGIT}{{1,4}}(?![/\d])",
    "glyph": rf"(?:{DIGIT}{{1,9}} ?)?{_VULGAR}",
    "percent": rf"[%٪] ?{MINUS}?{NUMBER}"
    rf"|(?:(?<![\w.)\]]){MINUS})?{NUMBER} ?[%٪‰](?: ?{DASH} ?{NUMBER} ?[%٪](?!\w))?",
    "span": rf"{_START}{NUMBER} ?{DASH} ?{NUMBER}(?: ?(?:[%٪]|{_UNIT}))?(?!\w)",
    "times": rf"{_START}{NUMBER}(?: ?[×xX*✕] ?{NUMBER}){{1,3}}(?: ?{_UNIT})?(?![A-Za-z])",
    "ordinal": rf"{DIGIT}{{1,21}}(?:[ {ZWNJ}]?(?:اُم|ام)|{ZWNJ}?م)(?:ین)?{_END}",
    "signed": rf"(?<![\w.)\]{ZWNJ}])[-\u2212\u2013+±]{NUMBER}(?: ?{_UNIT})?",
    "dayname": rf"{_START}{DIGIT}{{1,2}}(?= (?:{_MONTH}){_END})",
    "resolution": rf"{_START}[48\u06f4\u06f8]K(?!\w)",
    "measure": rf"{_START}{NUMBER} ?{_UNIT}",
    "inches": rf"{_START}{NUMBER} ?\"(?!\w)",
    "version": rf"{_START}[vV]?{DIGIT}{{1,5}}(?:\.{DIGIT}{{1,5}}){{2,5}}(?!\w)",
    "release": rf"(?<=[A-Za-z][ ]){DIGIT}{{1,3}}\.{DIGIT}{{1,3}}{_NOT_MEASURED}",
    "number": rf"{NUMBER}",
    "equals": rf"(?<={DIGIT}) ?[+=÷] ?(?={DIGIT})",
    "latin": r"\.NET\b|[A-Za-z][A-Za-z0-9]{0,62}(?:[+#]{1,2}(?!\w)|(?:[.'’-][A-Za-z0-9]{1,32}){0,3})",
    "power": r"(?<=\w)[²³]",
    "beside": r"(?<=[A-Z])/(?=[A-Z0-9])",
    "face": r" (?:[:;=]['-]?[DPpOo]{1,4}|<3|[xX]D{1,4})(?= |$)",
    "hamza": r"(?<=ه)ء(?!\w)",
    "again": r"([!?؟])\1{1,64}",
}

_EACH: Final = {kind: re.compile(pattern) for kind, pattern in _KINDS.items()}
_BEGINS: Final = re.compile(
    rf"[0-9\u06f0-\u06f9A-Za-z#@$€£¥₺₽₹₿%٪{''.join(VULGAR)}²³(*/+±=÷\u2212\u2013-]|\.NET|([!?؟])\1"
    r"|[ ](?:[+=÷]|[:;<xX]\S)|(?<=ه)ء"
    r"|(?<!\w)(?:[قبهرج]\.|[صجشچپطک]{1,2}\.)|[^\W\d_]{1,64}@"
)
"""What a stretch with a reading of its own begins with; all else is skipped at the speed of the engine."""

_DIGITS: Final = re.compile(rf"{DIGIT}+")


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
    if written.isupper() and _roman(written) and (len(written) > 1 or written in "IVX"):
        before = words_before(text, start)[-2:]
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
            return " ".join(part for part in (head, whole(mixed[2]), spelt(mixed[3])) if part)
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
