"""A Persian text as it is read in, the marks of its ezafes out: کتابِ من (ketāb-e man), خانهٔ ما (xāne-ye mā).

The last step of `lipsync.text.reading`. Most Persian is written without these marks, and a voice
that does not see them joins no words. What the writer or an owner's lexicon marked stays as it is,
and says nothing of its neighbours, so that what was marked here is marked the same again. A mark too
many is worse than one too few. Standard library only, linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from lipsync.text.letters import ZWNJ
from lipsync.text.persian import names
from lipsync.text.persian.ezafe_marks import LATIN, mark_of
from lipsync.text.persian.ezafe_tagger import likelihoods, shipped_weights
from lipsync.text.persian.homographs_cues import CARDINALS, ORDINALS
from lipsync.text.persian.spacing import Mend, Word

_SHADDA: Final = "\u0651"
_MARK: Final = "\u064b-\u065f\u0670"
_TOKEN: Final = re.compile(rf"[\u0620-\u065f\u0670-\u06d3{ZWNJ}]+|[A-Za-z][A-Za-z0-9'’.+#-]*")
_MARKS: Final = re.compile(rf"[{_MARK}]+")
_SEALED: Final = re.compile(rf"[{_MARK}]+\Z")
_TOGETHER: Final = re.compile(r" ?[«“‘\"]? ?")
"""Between words of one clause. What closes a quotation, and every other mark, parts."""
_LONGEST: Final = 60
"""Words of a clause that are weighed at once."""


def _set(words: str) -> frozenset[str]:
    return frozenset(word.replace("_", ZWNJ) for word in words.split())


_HEADS: Final = _set(
    "زبان شرکت برنامه نرم_افزار سیستم سیستم_عامل سایت وب_سایت فایل نسخه کتابخانه مدل دستور کلید دکمه شبکه "
    "سرور پروتکل مرورگر پروژه کد تابع کلاس فرمان گزینه صفحه پوشه زبان_برنامه_نویسی گوشی مجله روزنامه گروه "
    "تیم خودروی باشگاه بازی فیلم سریال کنسول شماره نام اپلیکیشن افزونه موتور پایگاه هتل فرودگاه پورت "
    "درگاه کابل استاندارد"
)
"""Nouns that a name in other letters belongs to when it follows: زبانِ Python (zabān-e Python)."""

_LETTERS: Final = _set(
    "ای بی سی دی اف جی اچ آی کی ال ام ان او پی کیو آر اس تی یو وی دبلیو ایکس وای زد تری فور پلاس شارپ"
)
"""What Latin letters are called, and figures in names of theirs: MP3, C++."""
_BEFORE_NUMBERS: Final = _set(
    "ضربدر منفی مثبت نقطه ممیز ستاره آیفون آی_پد ویندوز اندروید وای_فای بلوتوث اوبونتو پایتون جاوا گلکسی "
    "شیائومی نوکیا پلی_استیشن ایرباس بوئینگ پژو پراید سمند تیبا دنا مزدا"
)
"""Signs, and names of what is made, with which a number is one name: پژو ۲۰۶."""
_NUMBERED: Final = _set(
    "کلاس پلاک طبقه واحد اتاق خط فصل بخش بند ماده تبصره صفحه درس ردیف صندلی سال دوره منطقه شماره کانال شبکه "
    "سکو مرحله فاز جدول شکل آیه سوره قسمت نسخه ویتامین ساعت جلد اصل پایه کد گروه رتبه دهه قرن"
)
"""What is told by its number: کلاسِ ده (kelās-e dah); two of them are another matter, دو کلاس ده نفره."""
_BLESSINGS: Final = _set("صلی علیه_السلام عجل رضی وسلم")
"""What begins or ends a blessing, which is no part of the name before it."""
_PRAISE: Final = _set("صلی رحمت سلام حفظ")
_ONE_WORD: Final = _set(
    "ثبت/نام نخست/وزیر نخست/وزیری پیش/بینی پیش/نیاز پیش/فرض پیش/نویس پیش/پرداخت پیش/فروش پیش/غذا پیش/رو "
    "پیش/شماره دور/زدن دور/زد دور/بزند دور/بزنید اول/شخص دوم/شخص سوم/شخص پس/انداز پس/زمینه پس/لرزه پس/فردا "
    "باز/سازی باز/نشسته باز/بینی باز/خورد هم/زمان هم/چنین هم/وطن هم/کلاسی هم/کار خود/رو خود/کار خود/خواه "
    "تازه/کار تازه/وارد خوش/حال خوش/قیمت خوش/مزه خوش/بو خوش/اخلاق بد/قول بد/اخلاق بد/مزه دل/تنگ دل/درد "
    "سر/درد دست/فروش گردن/بند کمر/بند دست/بند راه/آهن راه/پله راه/رو آتش/نشانی آتش/نشان آتش/سوزی پدر/بزرگ "
    "مادر/بزرگ پدر/زن مادر/زن پدر/شوهر مادر/شوهر برادر/زاده خواهر/زاده عمو/زاده سیب/زمینی گوجه/فرنگی "
    "توت/فرنگی نخود/فرنگی تخم/مرغ آب/میوه آب/نبات صاحب/خانه صاحب/نظر صاحب/کار کله/پاچه جوجه/کباب چلو/کباب "
    "ته/دیگ فوق/لیسانس فوق/العاده فوق/برنامه فوق/تخصص حق/الزحمه جان/باز پر/درآمد پر/سرعت پر/رنگ کم/رنگ "
    "کم/درآمد کم/خطر کم/هزینه چند/منظوره بین/المللی ضد/عفونی ضد/آب ضد/زنگ عقب/نشینی عقب/ماندگی جمع/بندی "
    "جمع/آوری دسته/بندی زمان/بندی بسته/بندی صف/آرایی سر/انجام سر/آشپز سر/پرست سر/دبیر سر/مربی قالی/شویی "
    "خشک/شویی ظرف/شویی لباس/شویی دست/شویی روان/شناس روان/شناسی زمین/شناسی زبان/شناسی جامعه/شناسی "
    "باستان/شناسی کتاب/دار کتاب/فروشی کتاب/خانه میوه/فروشی گل/فروشی کفش/فروشی دارو/خانه داد/گاه دانش/آموز "
    "دانش/آموزان دانش/جو دانش/مند کار/خانه کار/گاه کار/مند کار/فرما خاور/میانه بنی/آدم بنی/امیه حضرت/عالی "
    "جناب/عالی علی/رغم علی/الخصوص من/جمله ایران/خودرو ایران/ایر"
)
"""Parts of one word that are written apart: no ezafe joins them, whatever each alone would take."""
_WEIGHED_AS: Final = {"د\u064eه": "هشت"}
"""The number ten as the reader writes it, which without its mark would be weighed as a village."""

_AND, _ZERO = "و", "صفر"
_TO: Final = ["بر"]
"""Between the numbers of a score."""
_SIGNS: Final = _set("دات اسلش هشتگ ات آندرلاین")
"""What signs of an address are called: neither they nor what stands before them make phrases."""


def ezafe_mends(text: str) -> Iterator[Mend]:
    """Yield the marks a text lacks, front to back, each put behind the last letter of its word.

    Args:
        text: cleaned, its numbers and signs read, its words joined.
    """
    for clause in _clauses(text):
        for first in range(0, len(clause), _LONGEST):
            yield from _marks(clause[first : first + _LONGEST])


def plain(word: str) -> str:
    """Return a word as it is looked up: without marks, and foreign ones alike."""
    if word.isalpha() and not word[0].isascii():
        return word
    return LATIN if word[0].isascii() else _MARKS.sub("", word)


def clause_words(text: str) -> Iterator[list[str]]:
    """Yield the words of each clause, as they stand, marks and all; for those who train and measure."""
    for clause in _clauses(text):
        yield [word.text for word in clause]


def _clauses(text: str) -> Iterator[list[Word]]:
    clause: list[Word] = []
    for found in _TOKEN.finditer(text):
        word = Word(found.group(), *found.span())
        if clause and not _are_together(text, clause[-1].end, word.start):
            yield clause
            clause = []
        clause.append(word)
    if clause:
        yield clause


def _are_together(text: str, end: int, start: int) -> bool:
    # A space alone is what mostly stands there.
    if start == end:
        # One word in two scripts.
        return False
    return text[end:start] == " " or _TOGETHER.fullmatch(text, end, start) is not None


def _marks(clause: Sequence[Word]) -> Iterator[Mend]:
    words = [_WEIGHED_AS.get(word.text) or plain(word.text) for word in clause]
    if len(words) < 2:
        return
    learnt = shipped_weights()
    led = False
    for place, likelihood in enumerate(likelihoods(words, learnt)):
        word, number = clause[place], words[place] in CARDINALS
        marked = _is_sealed(word.text)
        if not marked and (led or not number) and _takes(words, place, likelihood, learnt.threshold):
            yield Mend(word.end, word.end, mark_of(words[place]))
            marked = True
        # ساعتِ دهِ صبح (sā'at-e dah-e sobh), but ده روز (dah ruz): a number begins no phrase.
        led = led if number or words[place] == _AND else marked


def _is_sealed(word: str) -> bool:
    """Tell whether a word's last letter was marked by whoever wrote it."""
    if not "\u064b" <= word[-1] <= "\u0670":
        return False
    sealed = _SEALED.search(word)
    return sealed is not None and sealed.group() != _SHADDA


def _takes(words: Sequence[str], place: int, likelihood: float, threshold: float) -> bool:
    if words[place] in _SIGNS or words[place + 1] in _SIGNS or _one_name(words, place):
        return False
    if words[place + 1] == LATIN:
        return words[place] in _HEADS
    return likelihood >= threshold or _is_numbered(words, place)


def _is_numbered(words: Sequence[str], place: int) -> bool:
    before, word, after = words[place - 1] if place else "", words[place], words[place + 1]
    if after in CARDINALS:
        return before not in CARDINALS and (word in _NUMBERED or word in names.JALALI_MONTHS)
    return after in ORDINALS and (word in names.KINGS or before in names.KINGS)


def _one_name(words: Sequence[str], place: int) -> bool:
    """Tell whether a word and the next are one name or number as the reader writes it: HTTP/2, -5, v1.2."""
    word, after = words[place], words[place + 1].partition(ZWNJ)[0]
    if f"{word}/{after}" in _ONE_WORD:
        return True
    if after in CARDINALS or after == _ZERO:
        last = word in _LETTERS and place > 0 and words[place - 1] in _LETTERS
        return last or word in _BEFORE_NUMBERS or words[place + 2 : place + 3] == _TO
    if after == "الله":
        return word in _PRAISE
    return (word in _LETTERS and after in _LETTERS) or words[place + 1] in _BLESSINGS
