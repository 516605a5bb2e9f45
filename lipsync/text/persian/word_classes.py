"""A Persian word in, what kinds of word it may be out: noun, adjective, verb, preposition ...

Between the tables of `word_tables` and the ezafe marker. Puts the lists here, which tell words of
grammar more finely, before the tables, and looks at endings last. What a word is in its sentence it
does not tell. Standard library only; the tables are read once, at the first word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from sys import intern
from typing import Final, NamedTuple

from lipsync.text.persian import word_tables
from lipsync.text.persian.ezafe_marks import word_set
from lipsync.text.persian.spacing import PAST_STEMS, PRESENT_STEMS, ZWNJ

NOTHING_KNOWN: Final = "?"


class Kind(NamedTuple):
    """What a word looks like by itself."""

    classes: str
    """Letters in order, one a class; `NOTHING_KNOWN` for a word that nothing is known of."""
    ending: str
    """Which ending it has, "" for none: a plural, an indefinite ye, a pronoun, a degree."""
    coarse: str
    """The first of its classes that tells most."""
    verb: str = ""
    """The infinitive, of a finite form."""
    partners: tuple[str, ...] = ()
    """Infinitives it makes a compound with."""
    shape: str = ""
    """Its classes and its ending in one."""
    sense: str = ""
    """The first letters of what its noun means: who acts, a machine, a stuff; "" for nothing known."""
    person: str = ""
    """Of a finite form: s third alone, p third of many, f first, i second, which is mostly a request."""


CLOSED: Final[dict[str, frozenset[str]]] = {
    "p": word_set("از به با در بر تا جز مگر برای بی چون بجز به_جز الی علی_رغم"),
    "z": word_set(
        "روی زیر کنار پشت میان بین نزد نزدیک پیش پس بدون مثل مانند همانند درباره راجع توسط طی برابر داخل "
        "خارج بیرون درون بالای پایین جلوی جلو عقب سمت طرف سوی اطراف دور گرد حول پیرامون فراز لب دم سر ته "
        "توی تو ضمن خلال حین هنگام موقع وقت زمان بعد قبل علیه ضد بابت بهر وسط حدود ظرف همراه غیر به_غیر "
        "باره درخصوص خصوص مورد مقابل روبه_روی روبروی نسبت محض به_محض به_عنوان عنوان به_دلیل به_علت "
        "به_خاطر خاطر به_وسیله وسیله به_سبب در_باره بر_اساس اساس طبق مطابق حسب برحسب پیرو سبب علت واسطه "
        "جهت"
    ),
    "c": word_set(
        "که و یا ولی اما زیرا چون بلکه اگر هرچند گرچه اگرچه وگرنه ولیکن لیکن تااینکه چنانچه چنان_که "
        "همچنان_که هم نیز وقتی هنگامی پس مگر تا نه خواه چه"
    ),
    "d": word_set(
        "این آن هر هیچ چند همین همان چنین چنان چه کدام فلان چندین بسیاری برخی بعضی تعدادی پاره_ای اندکی "
        "کدامین آنچنان این_چنین هیچ_یک"
    ),
    "q": word_set(
        "یک دو سه چهار پنج شش هفت هشت نه ده یازده دوازده سیزده چهارده پانزده شانزده هفده هجده نوزده بیست "
        "سی چهل پنجاه شصت هفتاد هشتاد نود صد دویست سیصد چهارصد پانصد ششصد هفتصد هشتصد نهصد هزار میلیون "
        "میلیارد تریلیون صفر نیم یکصد"
    ),
    "r": word_set(
        "من تو او وی ما شما ایشان آنها آن_ها این_ها اینها آنان اینان خود خویش خویشتن یکدیگر همدیگر "
        "هم_دیگر خودم خودت خودش خودمان خودتان خودشان کسی چیزی همه هرکس هرکسی هیچ_کس هیچ_چیز این_جا آن_جا "
        "اینجا آنجا دیگران"
    ),
    "l": word_set("را رو"),
    "x": word_set(
        "است هست نیست بود نبود شد نشد باشد نباشد بودند هستند نیستند شدند هستم هستی هستیم هستید بودم"
    ),
    "m": word_set(
        "نفر تومان ریال دلار یورو متر کیلومتر سانتی_متر میلی_متر گرم کیلو کیلوگرم تن لیتر درصد درجه دقیقه "
        "ثانیه ساعت روز هفته ماه سال بار مرتبه دفعه عدد تا دانه جلد دستگاه فروند لیوان قاشق فنجان کیسه "
        "بسته جفت جین قطعه نوع مورد واحد وات ولت هکتار مترمربع قرن دهه برابر نسخه برگ شاخه رأس قطره تکه "
        "لقمه مشت"
    ),
    "t": word_set(
        "دکتر مهندس استاد حاج حاجی سید خانم آقا خاله عمو عمه دایی شیخ امام ملا میرزا شاه کربلایی سردار "
        "سرهنگ"
    ),
    "b": word_set(
        "دیروز امروز فردا دیشب امشب پریروز پس_فردا امسال پارسال اکنون حالا الان هنوز همیشه هرگز گاهی "
        "بسیار خیلی کمی اندکی تقریبا تقریباً لطفا لطفاً فقط تنها شاید باید نباید حتی حتما حتماً دوباره "
        "سپس بعدا بعداً ناگهان ناگاه البته مثلا مثلاً مخصوصا مخصوصاً فورا فوراً کاملا کاملاً واقعا واقعاً "
        "معمولا معمولاً اصلا اصلاً ابتدا زود دیر آهسته کم زیاد چرا کجا کی چگونه چطور چقدر آیا بله خیر آری "
        "سلام متأسفانه خوشبختانه بالاخره سرانجام همواره همچنان همچنین اینک باز دیگر نیز هم بیش بیشتر کمتر "
        "اغلب گویا انگار مبادا شدیدا دقیقا دقیقاً جداگانه چنانکه بی_شک به_زودی به_سرعت به_آرامی به_تدریج "
        "ظاهراً ظاهرا عمدتاً عمدتا تاکنون این_بار هم_اکنون"
    ),
    "j": word_set("ای وای آه خب بفرمایید ببخشید بله نه آفرین مرسی یا"),
}
"""Words of which there are no new ones, by class."""

_LETTERS: Final[Mapping[str, str]] = {
    "N": "N", "A": "A", "D": "D", "V": "v", "P": "p", "PE": "z", "C": "c", "PRO": "r", "DET": "d",
    "NUM": "q", "UNIT": "m", "TIME": "T", "HUM": "H", "NAME": "F", "SUR": "S", "PLACE": "G", "T0": "t",
    "TE": "g", "LV": "", "IND": "", "PL": "P",
}  # fmt: skip
_SENSES: Final[Mapping[str, str]] = {
    "HUM": "h", "BODY": "b", "ANI": "a", "DEED": "e", "REL": "r", "DEV": "d", "NAT": "n", "DOC": "w",
    "SITE": "p", "BODP": "k", "MAS": "m", "THING": "o", "ABST": "q", "TIME": "t",
}  # fmt: skip
"""What a noun means, from what tells most to what tells least."""
_MOST_SENSES: Final = 2
_TELLING: Final = "lpczdqrxvtgbjmFSGAHDNTP"
"""Classes from the one that decides most to the one that decides least."""
_AUXILIARY: Final = re.compile(r"(?:ن?خواه(?:م|ی|د|یم|ید|ند))\Z")
_PRESENT: Final = re.compile(rf"ن?می{ZWNJ}\w+(?:{ZWNJ}\w+)?\Z")
_BARE: Final = re.compile(
    rf"[بن]?(?:{'|'.join(sorted(PRESENT_STEMS, key=len, reverse=True))})(?:د|ند|یم|ید)\Z"
    rf"|ن?(?:{'|'.join(sorted(PAST_STEMS, key=len, reverse=True))})(?:م|یم|ید|ند)\Z"
)

_ENDINGS: Final[tuple[tuple[str, str], ...]] = tuple(
    (ending.replace("_", ZWNJ), name)
    for ending, name in (
        ("_هایی", "hi"), ("هایی", "hi"), ("_هایم", "hp"), ("_هایت", "hp"), ("_هایش", "hp"), ("_هایمان", "hp"),
        ("_هایتان", "hp"), ("_هایشان", "hp"), ("هایش", "hp"), ("هایم", "hp"), ("هایشان", "hp"),
        ("هایمان", "hp"), ("هایتان", "hp"), ("_های", "he"), ("های", "he"), ("_ها", "h"), ("ها", "h"),
        ("_اش", "p"), ("_ام", "p"), ("_ات", "p"), ("_مان", "p"), ("_تان", "p"), ("_شان", "p"), ("_ای", "i"),
        ("است", "v"), ("ست", "v"),
        ("_اند", "v"), ("_ایم", "v"), ("_اید", "v"), ("_ترین", "sup"), ("ترین", "sup"), ("_تری", "cmi"),
        ("تری", "cmi"), ("_تر", "cmp"), ("تر", "cmp"), ("مین", "sup"), ("یمان", "p"), ("یشان", "p"),
        ("مان", "p"), ("تان", "p"), ("شان", "p"), ("گان", "an"), ("یان", "an"), ("ان", "an"), ("ات", "at"),
        ("یش", "p"), ("یم", "p"), ("ایی", "i"), ("ای", "e"), ("وی", "e"), ("م", "p"), ("ت", "p"), ("ش", "p"),
        ("ی", "i"), ("ین", "in"),
    )
)  # fmt: skip
"""Longest first where one ends another; a word keeps at least two letters."""
_PERSONS: Final = (("ند", "p"), ("ید", "i"), ("م", "f"))
_LEAST_STEM: Final = 2
_REMEMBERED: Final = 8192
"""Words whose kind is kept; there are as many as a long text has."""


@cache
def _listed() -> dict[str, str]:
    """Return the classes of every word of the lists."""
    closed: dict[str, set[str]] = {}
    for letter, words in CLOSED.items():
        for word in words:
            closed.setdefault(word, set()).add(letter)
    for word, known in word_tables.words().items():
        closed.setdefault(word, set()).update(_LETTERS.get(tag, "") for tag in known.tags)
    return {word: intern("".join(sorted(classes))) for word, classes in closed.items()}


@cache
def _senses() -> dict[str, str]:
    return {
        word: intern("".join(letter for tag, letter in _SENSES.items() if tag in known.tags)[:_MOST_SENSES])
        for word, known in word_tables.words().items()
    }


def sense_of(word: str) -> str:
    """Return what a noun means, one letter a thing; "" where the table tells nothing."""
    return _senses().get(word, "")


@cache
def _forms() -> dict[str, str]:
    """Return the infinitive of every finite form."""
    return {
        form: infinitive
        for verb in word_tables.verbs()
        for infinitive in [intern(f"{verb.prefix}{verb.past}ن")]
        for form in word_tables.forms_of(verb)
    }


@cache
def _past_forms() -> frozenset[str]:
    """Return the pasts of the third person, some of which end like a second: رسید (resid)."""
    return frozenset(
        f"{verb.prefix}{sign}{verb.past}"
        for verb in word_tables.verbs()
        for sign in ("", "ن", f"می{ZWNJ}", f"نمی{ZWNJ}")
    )


def _person(word: str) -> str:
    if word in _past_forms():
        return "s"
    return next((person for ending, person in _PERSONS if word.endswith(ending)), "s")


def _coarse(classes: str) -> str:
    return next((letter for letter in _TELLING if letter in classes), NOTHING_KNOWN)


def _verb(word: str) -> str:
    """Return the infinitive of a finite form, a sign for a form that no table gives, "" for none."""
    found = _forms().get(word)
    if found:
        return found
    return "-" if _PRESENT.match(word) or _AUXILIARY.match(word) or _BARE.match(word) else ""


@lru_cache(maxsize=_REMEMBERED)
def kind_of(word: str) -> Kind:
    """Return what is known of a word without looking at its neighbours.

    Args:
        word: of Persian letters and half-spaces, without marks.
    """
    verb, known = _verb(word), _listed().get(word, "")
    if known or verb:
        form = "V" if verb and not word.endswith("ه") else "h" if verb else ""
        row = word_tables.words().get(word)
        classes = intern(known + form)
        coarse = "v" if form == "V" and not known else _coarse(known) if known else "h"
        verbs = row.verbs if row else ()
        return Kind(classes, "", coarse, verb, verbs, classes, sense_of(word), _person(word) if verb else "")
    if word in word_tables.infinitives():
        return Kind("n", "", "n", shape="n")
    return _by_ending(word)


def _by_ending(word: str) -> Kind:
    shape = ""
    for ending, name in _ENDINGS:
        if not word.endswith(ending) or len(word) < len(ending) + _LEAST_STEM:
            continue
        stem = word[: -len(ending)]
        found = _listed().get(stem) or (_listed().get(stem + "ه") if name == "an" else None)
        if not found and stem in word_tables.infinitives():
            found = "n"
        if found:
            return Kind(found, name, _coarse(found) + "'", shape=intern(found + name), sense=sense_of(stem))
        shape = shape or name
    parts = word.rpartition(ZWNJ)
    if parts[1] and (found := _listed().get(parts[2])):
        # A compound is mostly what its last part is: آب‌سردکن, دانش‌آموز.
        return Kind("+" + found, shape, NOTHING_KNOWN + shape, shape=intern(f"+{found}{shape}"))
    return Kind(NOTHING_KNOWN, shape, NOTHING_KNOWN + shape, shape=intern(NOTHING_KNOWN + shape))
