"""What each kind of reading looks like in a cleaned text: one pattern a kind, in the order they are tried.

Under `rules`, which walks a text with them. Patterns only: what is said for a stretch, and whether
it is what it looks like, is decided by the readers. Every quantifier is bounded.
"""

from __future__ import annotations

import re
from typing import Final

from lipsync.text.persian import names
from lipsync.text.persian.amounts import DASH, DIGIT, NUMBER, SCALE
from lipsync.text.persian.numbers import ZWNJ
from lipsync.text.persian.sums import MINUS, POWERED, SHORT_SCALE, UNIT, VULGAR

_SIGN: Final = "[$€£¥₺₽₹₿]"
_CODE: Final = "|".join(code for code in names.CURRENCIES if code.isalpha())
_MONEY_SIGN: Final = rf"(?:{_SIGN}|(?:{_CODE})(?!\w))"
_LETTER: Final = r"[^\W\d_]"
_PERSIAN_LETTER: Final = f"[{''.join(names.LETTERS)}]"
_ZERO: Final = "[0\u06f0]"
# «می» is May, and far more often how a verb of the present begins: «ساعت ۸ می‌روم».
_MAY: Final = rf"می(?= (?:سال|روز|میلادی|{DIGIT})|\Z|[.،؛)])"
_MONTH: Final = "|".join([*sorted(names.MONTHS - {"می"}, key=len, reverse=True), _MAY])
_END: Final = rf"(?!{_LETTER}|{DIGIT}|[\u064b-\u0652])"
_START: Final = r"(?<![\w.٫/])"
_UNIT: Final = rf"(?:{UNIT})(?![\w²³/])"
_CLOCK: Final = rf"{DIGIT}{{1,2}}:{DIGIT}{{2}}"
_HALF_DAY: Final = r"(?: ?[aApP]\.?[mM]\.?)?"
_DATE: Final = rf"{DIGIT}{{1,4}}(?P<between>[/.-]){DIGIT}{{1,2}}(?P=between){DIGIT}{{1,4}}"
_VULGAR: Final = f"[{''.join(VULGAR)}]"
_GAP: Final = rf"(?: ?{DASH} ?| )?"
_LINE: Final = "[*=_~•·\u2014\u2013-]"
_RIALS: Final = r"(?= ?(?:ریال|تومان|تومن|ت(?![\w\u200c])))"
_PAIR: Final = rf"{DIGIT}{{1,3}} ?{DASH} ?{DIGIT}{{1,3}}"
_NOT_MEASURED: Final = (
    rf"(?!{DIGIT}|[.,٫]{DIGIT}| ?(?:{_UNIT}|[%٪]|{SCALE}|درصد|متر|کیلو|گیگ|مگا|گرم|لیتر|اینچ|ثانیه|ساعت|دلار"
    "|یورو))"
)

_DIGIT: Final = "d"
_LATIN: Final = "l"
_OTHER: Final = "o"

_KINDS: Final = {
    "line": rf"^(?P<first>{_LINE})(?: ?(?P=first)){{2,200}}(?: |$)"
    rf"| (?P<line>{_LINE})(?: ?(?P=line)){{2,200}}(?= |$)| [*=\u2014\u2013-]$",
    "address": r"(?:https?://|www\.)[^\s«»<>]{1,2048}|[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}"
     r"|(?<![\w@])[A-Za-z0-9][A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9-]{1,62}){0,4}"
     r"\.(?:com|org|net|ir|io|gov|edu|info|app|dev|co|de|uk|us|fr|ai|me|tv)(?:/[^\s«»<>]{0,512})?(?![\w@])",
    "tag": r"[#@]\w{1,64}",
    "honour": r"\((?:ع|ص|س|ره|عج|رض)\)",
    "dotted": r"(?<!\w)(?:ق\.م|ب\.م|ه\.ش|ه\.ق|ق\.ظ|ب\.ظ|ر\.ک|ج\.ا\.ا)(?:\.|:)?(?!\w)",
    "before": rf"(?<!\w)(?:(?:صص|[صجشچپطک])\.(?= ?{DIGIT})|(?:صص|ص|ج)(?= {DIGIT}))",
    "street": rf"(?<!\w)خ\.(?= ?(?:{_LETTER}{{2}}|{DIGIT}))",
    "initials": rf"(?<![\w.]){_PERSIAN_LETTER}\.(?: ?{_PERSIAN_LETTER}\.){{1,3}}(?!\w)",
    "toman": rf"(?<!{_LETTER})ت(?![\w{ZWNJ}.])",
    "mac": r"(?<![\w:-])[0-9A-Fa-f]{2}(?P<mac>[:-])(?:[0-9A-Fa-f]{2}(?P=mac)){4}"
    r"[0-9A-Fa-f]{2}(?![\w:-])",
    "isbn": rf"{_START}{DIGIT}{{1,5}}(?:[ -]{DIGIT}{{1,7}}){{2,3}}[ -](?:{DIGIT}|X)(?![\w-])",
    "stamp": rf"{_START}(?:{_DATE}|{DIGIT}{{1,2}}/{DIGIT}{{1,2}})(?: ?[-\u2013_] ?|[،,]? (?:ساعت )?)"
     rf"{_CLOCK}(?::{DIGIT}{{2}})?(?![:\d]){_HALF_DAY}",
    "rials": rf"{_START}{DIGIT}{{1,3}}([/.٫]){DIGIT}{{3}}(?:\1{DIGIT}{{3}}){{0,4}}{_RIALS}",
    "spaced": rf"{_START}(?<!{DIGIT} )(?:[1-9][0-9]{{0,2}}(?: [0-9]{{3}}){{1,6}}"
     rf"|[۱-۹][۰-۹]{{0,2}}(?: [۰-۹]{{3}}){{1,6}})(?! ?[-(]?{DIGIT}|[./:٫,]{DIGIT})",
    "date": rf"{_START}{_DATE}(?![/\d]|[.-]{DIGIT})",
    "document": rf"{_START}{DIGIT}{{1,9}}(?:/{DIGIT}{{1,9}}){{1,4}}(?![/\d])",
    "month": rf"{_START}{DIGIT}{{4}}/{DIGIT}{{2}}(?![/\d])",
    "clocks": rf"{_START}{_CLOCK} ?{DASH} ?{_CLOCK}(?![:\d])",
    "scale": rf"{_START}[1\u06f1]:(?:{DIGIT}{{1,3}}(?:[٬,،.]{DIGIT}{{3}}){{1,3}}|{DIGIT}{{3,9}})(?![:\d])",
    "clock": rf"{_START}{DIGIT}{{1,2}}:{DIGIT}{{1,2}}(?::{DIGIT}{{2}})?(?![:\d]){_HALF_DAY}",
    "masked": rf"{_START}(?={DIGIT}[0-9\u06f0-\u06f9 -]{{2,18}}[*•])(?:[0-9\u06f0-\u06f9*•]{{4}}[ -]?){{3}}"
     r"[0-9\u06f0-\u06f9*•]{4}(?![\w*•])",
    "dial": rf"(?<![\w*])\*{DIGIT}{{1,6}}(?:\*{DIGIT}{{1,16}}){{0,4}}#",
    "iban": rf"(?<!\w)[A-Z]{{2}}{DIGIT}{{2}}(?:[ -]?{DIGIT}{{4}}){{4,7}}(?:[ -]?{DIGIT}{{1,3}})?(?!\w)",
    "phone": rf"{_START}(?:\+|00|\u06f0\u06f0)?{DIGIT}{{2,4}}"
     rf"(?:{_GAP}\(?{DIGIT}{{2,11}}+\)?){{1,5}}(?:{DASH}{DIGIT})?(?!{DIGIT})"
     rf"|\({_ZERO}{DIGIT}{{2,3}}\){_GAP}{DIGIT}{{4,8}}(?:{DASH}{DIGIT})?(?!{DIGIT})"
     rf"|{_START}(?:{_ZERO}{DIGIT}{{9,10}}|\+{DIGIT}{{8,14}})(?!{DIGIT})"
     rf"|{_START}\+{DIGIT}{{1,3}}[ -]?\(?{DIGIT}{{2,4}}\)?(?:[ -]{DIGIT}{{2,8}}){{1,4}}(?!{DIGIT})"
     rf"|{_START}[1\u06f1][ -]{DIGIT}{{3}}[ -]{DIGIT}{{3}}[ -]{DIGIT}{{4}}(?!{DIGIT})",
    "money": rf"(?:(?<![\w.]){MINUS})?(?:(?<!\w)(?:US)?{_SIGN}|(?<!\w)(?:{_CODE})) ?{NUMBER}"
     rf"(?:(?:{SHORT_SCALE})(?![A-Za-z])|{DASH}{_SIGN}?{NUMBER}(?!\w))?(?: ?{SCALE}{_END})?"
     rf"|{NUMBER}(?: ?{SCALE})? ?(?P<sign>{_MONEY_SIGN})"
    rf"(?: ?{DASH} ?{NUMBER}(?: ?{SCALE})? ?(?P=sign)(?!\w))?",
    "powered": rf"(?:(?<![\w.)\]]){MINUS})?{_START}{POWERED}(?![\w^])",
    "mixed": rf"{_START}{DIGIT}{{1,2}} {DIGIT}{{1,2}}/{DIGIT}{{1,3}}(?![/\d])",
    "slash": rf"(?:(?<![\w.)\]]){MINUS})?{_START}{DIGIT}{{1,9}}/{DIGIT}{{1,4}}(?![/\d])",
    "glyph": rf"(?:{DIGIT}{{1,9}} ?)?{_VULGAR}",
    "percent": rf"[%٪] ?{MINUS}?{NUMBER}"
     rf"|(?:(?<![\w.)\]]){MINUS})?{NUMBER} ?[%٪‰](?: ?{DASH} ?{NUMBER} ?[%٪](?!\w))?",
    "scores": rf"{_START}{_PAIR}(?:(?:[،,] ?| و | ){_PAIR}){{1,6}}(?![\w/:.٫-]| ?[%٪])",
    "span": rf"{_START}{NUMBER} ?{DASH} ?{NUMBER}(?: ?(?:[%٪]|{_UNIT}))?(?!\w)",
    "times": rf"{_START}{NUMBER}(?: ?[×xX*✕] ?(?:{POWERED}|{NUMBER})){{1,3}}(?: ?{_UNIT})?(?![A-Za-z])",
    "ordinal": rf"{DIGIT}{{1,21}}(?:[ {ZWNJ}]?(?:اُم|ام)|{ZWNJ}?م)(?:ین)?{_END}"
     rf"|{DIGIT}{{1,6}}(?:st|nd|rd|th)(?!\w)",
    "signed": rf"(?<![\w.)\]{ZWNJ}])[-\u2212\u2013+±]{NUMBER}(?: ?{_UNIT})?",
    "dayname": rf"{_START}{DIGIT}{{1,2}}(?= (?:{_MONTH}){_END})",
    "resolution": rf"{_START}[48\u06f4\u06f8]K(?!\w)",
    "bearing": rf"{_START}{NUMBER} ?°(?: ?{DIGIT}{{1,2}} ?['′’](?: ?{NUMBER} ?[\"″”])?)? ?[NSEW](?!\w)",
    "measure": rf"{_START}{NUMBER} ?{_UNIT}",
    "inches": rf"{_START}{NUMBER} ?\"(?!\w)",
    "version": rf"{_START}[vV]?{DIGIT}{{1,5}}(?:\.{DIGIT}{{1,5}}){{2,5}}(?!\w)",
    "release": rf"(?:(?<=[A-Za-z][ ])|(?<=نسخه )|(?<=نسخهٔ )|(?<=ورژن )){DIGIT}{{1,3}}"
    rf"\.{DIGIT}{{1,3}}{_NOT_MEASURED}",
    "number": rf"{NUMBER}",
    "equals": rf"(?<={DIGIT}) ?[+=÷] ?(?={DIGIT})",
    "latin": r"\.NET\b|[A-Za-z][A-Za-z0-9]{0,62}(?:[+#]{1,2}(?!\w)|(?:[.'’-][A-Za-z0-9]{1,32}){0,3})",
    "and": r"(?<=[A-Za-z])&(?=[A-Za-z])",
    "power": r"(?<=\w)[²³]",
    "beside": r"(?<=[A-Z])/(?=[A-Z0-9])",
    "face": r" (?:[:;=]['-]?[DPpOo]{1,4}|<3|[xX]D{1,4})(?= |$)",
    "hamza": r"(?<=ه)ء(?!\w)",
    "again": r"([!?؟])\1{1,64}",
}  # fmt: skip
"""In the order in which they are tried; the first that fits decides."""

_STARTS: Final = {
    **dict.fromkeys(("line", "tag", "honour", "dotted", "before", "street", "initials"), _OTHER),
    **dict.fromkeys(("toman", "dial", "signed", "equals", "and", "power"), _OTHER),
    **dict.fromkeys(("beside", "face", "hamza", "again"), _OTHER),
    **dict.fromkeys(("address", "money"), _DIGIT + _LATIN + _OTHER),
    **dict.fromkeys(("mac", "version"), _DIGIT + _LATIN),
    **dict.fromkeys(("iban",), _LATIN),
    **dict.fromkeys(("phone", "powered", "slash", "glyph", "percent"), _DIGIT + _OTHER),
    **dict.fromkeys(("latin",), _LATIN + _OTHER),
}  # fmt: skip
"""What a kind can begin with, if not with a digit alone."""

EACH: Final[dict[str, tuple[tuple[str, re.Pattern[str]], ...]]] = {
    begins: tuple(
        (kind, re.compile(pattern)) for kind, pattern in _KINDS.items() if begins in _STARTS.get(kind, _DIGIT)
    )
    for begins in (_DIGIT, _LATIN, _OTHER)
}
BEGINS: Final = re.compile(
    rf"[0-9\u06f0-\u06f9A-Za-z#@$€£¥₺₽₹₿%٪{''.join(VULGAR)}²³(*/+±=÷&\u2212\u2013-]|\.NET|([!?؟])\1"
    rf"|[ ](?:[+=÷]|[:;<xX]\S|[*=\u2014\u2013-]$|(?P<line>{_LINE})(?: ?(?P=line)){{2}})|[_~•·\u2014](?<=^.)"
    rf"|ء(?<=هء)|{_PERSIAN_LETTER}\.(?<!\w..)|[صجشچپطک]{{2}}\.(?<!\w...)"
    rf"|صص {DIGIT}(?<!\w....)|[صج] {DIGIT}(?<!\w...)"
    rf"|ت(?:(?<={DIGIT}ت)|(?<={DIGIT} ت)|(?<=هزار ت)|(?<=یون ت)|(?<=یارد ت))(?![\w{ZWNJ}.])"
    r"|[^\W\d_]{1,64}@"
)
"""What a stretch with a reading of its own begins with; all else is skipped at the speed of the engine."""


def beginning(char: str) -> str:
    """Return under what of `EACH` the kinds stand that can begin with a character."""
    if "0" <= char <= "9" or "\u06f0" <= char <= "\u06f9":
        return _DIGIT
    return _LATIN if char.isascii() and char.isalpha() else _OTHER
