"""Parts of one word written apart or together, joined by the half-space as the spelling wants it.

«می روم», «میروم» become «می‌روم» (mi-ravam), «کتاب ها» «کتاب‌ها» (ketāb-hā), «خانه ی ما» «خانهٔ ما»
(xāne-ye mā). A voice reads them right only so. Works on cleaned text; shown text stays as written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

ZWNJ: Final = "\u200c"
HAMZA_ABOVE: Final = "\u0654"
_KASRA: Final = "\u0650"


def _split(words: str) -> list[str]:
    return words.split()


PRESENT_STEMS: Final = _split(
    "رو خور کن شو گوی گو دان بین خواه توان آی آ ده گیر ساز زن نویس خوان خر فروش پرس شنو بر آور گذار گذر "
    "نشین ایست خواب پوش نوش پز شوی شو کش افت انداز بند گرد گشا یاب رس رسان ترس جوی جو ماند مان میر پرداز "
    "پذیر آموز افزا افزای کاه کوش لرز جنگ خند گری پیچ چرخ دو پر ریز سوز شناس شمار فرست فهم کار گزین نگر "
    "انگار پسند پرور تاب چین درخش رقص سنج شکن غلت فرسا فریب گنج لغز مال مکند نال نامند هراس دار باش شکاف "
    "گستر نما نمای آزمای ستای کوب روب خراش تراش جه رهان چسب دوز باف شتاب گریز آشام آفرین اندیش"
)
PAST_STEMS: Final = _split(
    "رفت خورد کرد شد گفت دانست دید خواست توانست آمد داد گرفت ساخت زد نوشت خواند خرید فروخت پرسید شنید برد "
    "آورد گذاشت گذشت نشست ایستاد خوابید پوشید نوشید پخت شست کشید افتاد انداخت بست گشت گشود یافت رسید "
    "رساند ترسید جست ماند مرد پرداخت پذیرفت آموخت افزود کاست کوشید لرزید جنگید خندید گریست پیچید چرخید "
    "دوید پرید ریخت سوخت شناخت شمرد فرستاد فهمید کاشت گزید نگریست انگاشت پسندید پرورد تابید چید درخشید "
    "رقصید سنجید شکست داشت بود گستراند نمود"
)
_COLLOQUIAL: Final = _split(
    "گم گه گیم گین گن شه شن شم شی رم ری ره ریم رین رن خوام خوای خواد خوایم خواین خوان دونم دونی دونه "
    "دونیم دونین دونن تونم تونی تونه تونیم تونین تونن کنه کنن کنین کنم ده دن دین آد آم آن "
    "خوره خورن زنه زنن بینه بینن گیره گیرن ذاره ذارم ذاری مونه مونم خونه خونم رسه رسن"
)
_ENDINGS: Final = "(?:م|ی|د|یم|ید|ند)"
_PAST_ENDINGS: Final = "(?:م|ی|یم|ید|ند|ه)?"

_VERB: Final = re.compile(
    rf"(?:(?:{'|'.join(sorted(PRESENT_STEMS, key=len, reverse=True))}){_ENDINGS}"
    rf"|(?:{'|'.join(sorted(PAST_STEMS, key=len, reverse=True))}){_PAST_ENDINGS}"
    rf"|{'|'.join(_COLLOQUIAL)})\Z"
)
_NOT_VERBS: Final = frozenset(
    _split(
        "میان میانه میانی میثاق میخ میخی میدان میدان\u200cها میدانه میدانی میراث میراند میرم میرند "
        "میری میز میزان میزانی میزی میش میل میلاد میلی میمون میهن میوه میکروب میگو میگوی نمین"
    )
)
"""Words that only look like می and a verb, or are that as seldom as they are something else."""

_TOGETHER: Final = re.compile(r"(ن?می)(\w{2,12})\Z")
_PREFIX: Final = frozenset({"می", "نمی"})
_PLURALS: Final = frozenset(_split("ها های هایی هایم هایت هایش هایمان هایتان هایشان هام هات هاش"))
_DEGREES: Final = frozenset({"تر", "ترین", "تری", "ترین‌ها"})
_AFTER_SILENT_H: Final = frozenset(_split("ای ام ات اش ایم اید اند مان تان شان"))
_WET: Final = frozenset(_split("شد شده شود بود است کرد کرده کند می\u200cشود چشم لباس"))
"""Beside these «تر» means wet."""


_SIGN: Final = f"[\u0620-\u065f\u0670-\u06d3{ZWNJ}]"
_WORD: Final = re.compile(f"{_SIGN}+")
_SECOND_PARTS: Final = "|".join(sorted((*_PLURALS, *_DEGREES, *_AFTER_SILENT_H, "ی"), key=len, reverse=True))
_CANDIDATE: Final = re.compile(
    rf"(?<!{_SIGN})(?:ن?می{_SIGN}*|{_SIGN}+(?= (?:{_SECOND_PARTS})(?!{_SIGN})))"
)
"""A word that may lack a half-space, in it or behind it; most words are none, and cost nothing."""


class Mend(NamedTuple):
    """What is to be said in place of a stretch of the cleaned text."""

    start: int
    end: int
    said: str


class Word(NamedTuple):
    """A word of the cleaned text and its place."""

    text: str
    start: int
    end: int


def spacing_mends(text: str) -> Iterator[Mend]:
    """Yield the half-spaces a text lacks, front to back.

    Args:
        text: cleaned.
    """
    for candidate in _CANDIDATE.finditer(text):
        word = Word(candidate.group(), *candidate.span())
        behind = _WORD.match(text, word.end + 1) if text[word.end : word.end + 1] == " " else None
        after = Word(behind.group(), *behind.span()) if behind else None
        if after is not None and _belong(word, after, text):
            yield _joined(word, after)
        elif word.text.startswith(("می", "نمی")):
            found = _TOGETHER.match(word.text)
            if found and word.text not in _NOT_VERBS and _VERB.match(found[2]):
                at = word.start + len(found[1])
                # The half-space goes with the letter before it, so that nothing else is replaced.
                yield Mend(at - 1, at, text[at - 1] + ZWNJ)


def _belong(word: Word, after: Word, text: str) -> bool:
    if word.text.rstrip(_KASRA) in _PREFIX:
        return bool(_VERB.match(after.text))
    if after.text in _PLURALS:
        return True
    if after.text in _DEGREES:
        beyond = _WORD.search(text, after.end)
        following = beyond.group() if beyond else ""
        paired = text[after.end : after.end + 4].strip() in {"و خ", "و ت"}
        return not (paired or following in _WET or word.text in _WET)
    if word.text.endswith("ه") and len(word.text) > 2:
        return after.text == "ی" or after.text in _AFTER_SILENT_H
    return False


def _joined(word: Word, after: Word) -> Mend:
    if after.text == "ی":
        return Mend(word.end, after.end, HAMZA_ABOVE)
    return Mend(word.end, after.start, ZWNJ)
