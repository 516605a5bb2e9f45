"""A place in a sentence in, what is known of it for choosing a reading out: neighbours, classes, topics.

Between the tables of `homographs_nouns` and `homographs_verbs`, which name cues, and `homographs`,
which weighs them. Knows no homograph itself. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from lipsync.text.letters import HAMZA_ABOVE, ZWNJ

KASRA: Final = "\u0650"
_MARKS: Final = re.compile("[\u064b-\u0655\u0670]")
_HARD_END: Final = re.compile(r"[\s)\]»\"”]*(?:[.!?؟…؛;\n]|\Z)")
_SOFT_END: Final = re.compile(r"[\s)\]»\"”]*[،,:–—-]")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


ENDINGS: Final = _set(
    "ها های هایی هایم هایت هایش هایمان هایتان هایشان ام ات اش ای ایم اید اند مان تان شان تر ترین"
)
"""What hangs on a word by a half-space and leaves it what it is."""

CARDINALS: Final = _set(
    "یک دو سه چهار پنج شش هفت هشت نه ده یازده دوازده سیزده چهارده پانزده شانزده هفده هجده نوزده بیست سی "
    "چهل پنجاه شصت هفتاد هشتاد نود صد دویست سیصد چهارصد پانصد ششصد هفتصد هشتصد نهصد هزار میلیون "
    "میلیارد نیم چند"
)
ORDINALS: Final = _set("اول دوم سوم نخست آخر") | frozenset(f"{each}م" for each in CARDINALS)
_COUNTED: Final = _set(
    "نفر سال روز ماه هفته ساعت دقیقه ثانیه تومان ریال دلار یورو پوند بار مرتبه دفعه برابر درصد درجه "
    "متر کیلومتر سانت سانتی‌متر میلی‌متر کیلو کیلوگرم گرم تن لیتر قاشق لیوان پیمانه فنجان گیگ گیگابایت "
    "مگابایت وات عدد تا جلد صفحه کتاب بیت سطر خط کلمه زبان رشته کشور شهر استان روستا شهرستان خانه "
    "خانوار واحد طبقه اتاق تخت مرحله دور دوره ست گل امتیاز بازی مسابقه تیم بازیکن مدال پرونده مورد نوع "
    "دسته گروه بخش فصل قسمت جلسه دستگاه خودرو هواپیما کشتی قطار اتوبوس دانش‌آموز دانشجو کارگر نماینده "
    "عضو فرزند دختر پسر کشته زخمی مجروح میلیون هزار میلیارد کودک زن مرد سرباز سالگی ساله کیلومتری متری "
    "هزارم میلیونی ریالی تومانی نفره روزه ماهه ساعته درصدی انگشت سکه قطعه برگ شاخه"
)
_DETERMINERS: Final = _set("این آن یک هر همین همان چند کدام هیچ چنین")
_FINITE: Final = _set(
    "است هست نیست بود نبود شد نشد کرد نکرد کند نکند کنند کنید کنم کنیم دارد ندارد داشت داد دارم دارند شود "
    "نشود شده گفت رفت آمد زد گرفت هستند بودند شدند کردند خواهد باید"
)
_JOINTS: Final = _set("و که تا اما ولی چون زیرا")
_CLASSES: Final = {
    "NUM": CARDINALS,
    "NUMTH": ORDINALS,
    "COUNTED": _COUNTED,
    "THIS": _DETERMINERS,
    "VERB": _FINITE,
    "PAUSE": _JOINTS,
}

SPAN: Final = 7
"""So many words to either side may tell what a sentence is about."""


class Reading(NamedTuple):
    """One way to say a word, and what speaks for it."""

    spoken: str
    """The word with its marks."""
    before: frozenset[str]
    """What stands right before the word; «آب_و» is two words."""
    after: frozenset[str]
    near: frozenset[str]
    """Words in the same sentence, `SPAN` words away at most."""


_CUES: Final = re.compile(r"(before|after|near):")


def table(text: str) -> dict[str, tuple[Reading, ...]]:
    """Return the readings of each bare word that a table has, the one without cues first.

    A reading is a line: the word with its marks, then `before:`, `after:` and `near:` with words
    that speak for it; a line that begins with spaces goes on. An empty line parts one word from
    another. A neighbour may be two words, «آب_و», or a class: NUM a number, NUMTH an ordinal, COUNTED
    what numbers count, THIS a determiner, VERB a finite verb, START and END the sentence's, PAUSE a comma
    or a conjunction, EZAFE the word's own mark.
    """
    found: dict[str, tuple[Reading, ...]] = {}
    for group in text.replace("\n  ", " ").strip().split("\n\n"):
        readings = tuple(map(_reading, group.splitlines()))
        found[bare(readings[0].spoken)] = readings
    return found


def _reading(line: str) -> Reading:
    spoken, *cues = _CUES.split(line)
    named = dict(zip(cues[::2], cues[1::2], strict=True))
    return Reading(spoken.strip(), *(frozenset(named.get(kind, "").split()) for kind in Reading._fields[1:]))


def bare(word: str) -> str:
    """Return a word without its vowel marks."""
    return _MARKS.sub("", word)


class Token(NamedTuple):
    """A word of a sentence."""

    text: str
    start: int
    end: int


@lru_cache(maxsize=4096)
def forms(word: str) -> frozenset[str]:
    """Return what a word is found by: its letters, its stem and the classes it belongs to."""
    letters = bare(word)
    first, _, rest = letters.partition(ZWNJ)
    stem = first if rest in ENDINGS else letters
    classes = {name for name, words in _CLASSES.items() if letters in words}
    if letters.startswith((f"می{ZWNJ}", f"نمی{ZWNJ}")):
        classes.add("VERB")
    if len(stem) > len("ای") + 1 and stem.endswith(("ای", "وی")):
        # The y of an ezafe, which is written: کدخدای ده (kadxodā-ye deh).
        classes.add(stem[:-1])
    return frozenset({letters, stem, *classes})


def before(tokens: Sequence[Token], place: int) -> frozenset[str]:
    """Return the cues right before a word."""
    if place == 0:
        return frozenset({"START"})
    last = forms(tokens[place - 1].text)
    return last | _pairs(forms(tokens[place - 2].text), last) if place > 1 else last


def after(text: str, tokens: Sequence[Token], place: int) -> frozenset[str]:
    """Return the cues right behind a word, its own ezafe mark among them."""
    token = tokens[place]
    if token.text.endswith((KASRA, HAMZA_ABOVE)):
        own = frozenset({"EZAFE"})
    elif _HARD_END.match(text, token.end):
        return frozenset({"END"})
    elif _SOFT_END.match(text, token.end):
        return frozenset({"PAUSE"})
    else:
        own = frozenset()
    if place + 1 == len(tokens):
        return own
    following = forms(tokens[place + 1].text)
    if place + 2 < len(tokens):
        return own | following | _pairs(following, forms(tokens[place + 2].text))
    return own | following


def near(tokens: Sequence[Token], place: int) -> frozenset[str]:
    """Return the words around a word."""
    around = (*tokens[max(place - SPAN, 0) : place], *tokens[place + 1 : place + 1 + SPAN])
    return frozenset().union(*(forms(token.text) for token in around))


def _pairs(first: frozenset[str], second: frozenset[str]) -> frozenset[str]:
    return frozenset(f"{one}_{other}" for one in first for other in second)
