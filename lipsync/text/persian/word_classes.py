"""A Persian word in, what kinds of word it may be out: noun, adjective, verb, preposition ...

Under the ezafe marker. Looks in the closed lists here, in words.tsv beside it, and then at endings;
what a word is in its sentence it does not tell. Standard library only; the list is read once, at the
first word.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

from lipsync.text.persian.spacing import PAST_STEMS, PRESENT_STEMS, ZWNJ

WORDS: Final = "words.tsv"


class Kind(NamedTuple):
    """What a word looks like by itself."""

    classes: str
    """Letters in order, one a class; "?" for a word that nothing is known of."""
    ending: str
    """Which ending it has, "" for none: a plural, an indefinite ye, a pronoun, a degree."""


def _set(words: str) -> frozenset[str]:
    return frozenset(word.replace("_", ZWNJ) for word in words.split())


CLOSED: Final[dict[str, frozenset[str]]] = {
    "p": _set("از به با در بر تا جز مگر برای بی چون بجز به_جز الی علی_رغم"),
    "z": _set(
        "روی زیر کنار پشت میان بین نزد نزدیک پیش پس بدون مثل مانند همانند درباره راجع توسط طی برابر داخل "
        "خارج بیرون درون بالای پایین جلوی جلو عقب سمت طرف سوی اطراف دور گرد حول پیرامون فراز لب دم سر ته "
        "توی تو ضمن خلال حین هنگام موقع وقت زمان بعد قبل علیه ضد بابت بهر وسط حدود ظرف همراه غیر به_غیر "
        "باره درخصوص خصوص مورد مقابل روبه_روی روبروی نسبت محض به_محض به_عنوان عنوان به_دلیل به_علت به_خاطر "
        "خاطر به_وسیله وسیله به_سبب در_باره بر_اساس اساس طبق مطابق حسب برحسب پیرو سبب علت واسطه جهت"
    ),
    "c": _set(
        "که و یا ولی اما زیرا چون بلکه اگر هرچند گرچه اگرچه وگرنه ولیکن لیکن تااینکه چنانچه چنان_که "
        "همچنان_که هم نیز وقتی هنگامی پس مگر تا نه خواه چه"
    ),
    "d": _set(
        "این آن هر هیچ چند همین همان چنین چنان چه کدام فلان چندین بسیاری برخی بعضی تعدادی پاره_ای اندکی "
        "کدامین آنچنان این_چنین هیچ_یک"
    ),
    "q": _set(
        "یک دو سه چهار پنج شش هفت هشت نه ده یازده دوازده سیزده چهارده پانزده شانزده هفده هجده نوزده بیست سی "
        "چهل پنجاه شصت هفتاد هشتاد نود صد دویست سیصد چهارصد پانصد ششصد هفتصد هشتصد نهصد هزار میلیون میلیارد "
        "تریلیون صفر نیم یکصد"
    ),
    "r": _set(
        "من تو او وی ما شما ایشان آنها آن_ها این_ها اینها آنان اینان خود خویش خویشتن یکدیگر همدیگر هم_دیگر خودم "
        "خودت خودش خودمان خودتان خودشان کسی چیزی همه هرکس هرکسی هیچ_کس هیچ_چیز این_جا آن_جا اینجا آنجا دیگران"
    ),
    "l": _set("را رو"),
    "x": _set("است هست نیست بود نبود شد نشد باشد نباشد بودند هستند نیستند شدند هستم هستی هستیم هستید بودم"),
    "m": _set(
        "نفر تومان ریال دلار یورو متر کیلومتر سانتی_متر میلی_متر گرم کیلو کیلوگرم تن لیتر درصد درجه دقیقه ثانیه "
        "ساعت روز هفته ماه سال بار مرتبه دفعه عدد تا دانه جلد دستگاه فروند لیوان قاشق فنجان کیسه بسته جفت "
        "جین قطعه نوع مورد واحد وات ولت هکتار مترمربع قرن دهه برابر نسخه برگ شاخه رأس قطره تکه لقمه مشت"
    ),
    "t": _set("دکتر مهندس استاد حاج حاجی سید خانم آقا خاله عمو عمه دایی شیخ امام ملا میرزا شاه کربلایی سردار سرهنگ"),
    "b": _set(
        "دیروز امروز فردا دیشب امشب پریروز پس_فردا امسال پارسال اکنون حالا الان هنوز همیشه هرگز گاهی بسیار خیلی "
        "کمی اندکی تقریبا تقریباً لطفا لطفاً فقط تنها شاید باید نباید حتی حتما حتماً دوباره سپس بعدا بعداً ناگهان "
        "ناگاه البته مثلا مثلاً مخصوصا مخصوصاً فورا فوراً کاملا کاملاً واقعا واقعاً معمولا معمولاً اصلا اصلاً ابتدا "
        "زود دیر آهسته کم زیاد چرا کجا کی چگونه چطور چقدر آیا بله خیر آری سلام متأسفانه خوشبختانه بالاخره "
        "سرانجام همواره همچنان همچنین اینک باز دیگر نیز هم بیش بیشتر کمتر اغلب گویا انگار مبادا شدیدا دقیقا دقیقاً "
        "جداگانه چنانکه بی_شک به_زودی به_سرعت به_آرامی به_تدریج ظاهراً ظاهرا عمدتاً عمدتا تاکنون این_بار هم_اکنون"
    ),
    "j": _set("ای وای آه خب بفرمایید ببخشید بله نه آفرین مرسی یا"),
}
"""Words of which there are no new ones, by class."""

_PERSONS: Final = "(?:م|ی|د|یم|ید|ند)"
_PAST_PERSONS: Final = "(?:م|ی|یم|ید|ند)?"
_OF_PRESENT: Final = "|".join(sorted(PRESENT_STEMS, key=len, reverse=True))
_OF_PAST: Final = "|".join(sorted((*PAST_STEMS, "توانست", "گماشت", "نهاد", "افراشت", "انجامید", "گردید", "داد"), key=len, reverse=True))
_VERBS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("vi", re.compile(rf"ن?می{ZWNJ}\w+(?:{ZWNJ}\w+)?\Z")),
    ("va", re.compile(r"(?:ن?خواه(?:م|ی|د|یم|ید|ند))\Z")),
    ("vp", re.compile(rf"ن?(?:{_OF_PAST}){_PAST_PERSONS}\Z")),
    ("vs", re.compile(rf"[بن]ی?(?:{_OF_PRESENT}){_PERSONS}\Z")),
    ("vd", re.compile(rf"ن?(?:{_OF_PRESENT})(?:د|ند|یم|ید)\Z")),
    ("vr", re.compile(rf"ن?(?:{_OF_PAST})ه{ZWNJ}(?:ام|ای|ایم|اید|اند|است)\Z")),
    ("vh", re.compile(rf"ن?(?:{_OF_PAST})ه\Z")),
    ("vn", re.compile(rf"ن?(?:{_OF_PAST})ن\Z")),
)
"""Kinds of verb forms; the last two are a participle and an infinitive, which may be in a noun's place."""

_ENDINGS: Final[tuple[tuple[str, str], ...]] = tuple(
    (ending.replace("_", ZWNJ), name)
    for ending, name in (
        ("_هایی", "hi"), ("هایی", "hi"), ("_هایم", "hp"), ("_هایت", "hp"), ("_هایش", "hp"), ("_هایمان", "hp"),
        ("_هایتان", "hp"), ("_هایشان", "hp"), ("هایش", "hp"), ("هایم", "hp"), ("هایشان", "hp"),
        ("هایمان", "hp"), ("هایتان", "hp"), ("_های", "he"), ("های", "he"), ("_ها", "h"), ("ها", "h"),
        ("_اش", "p"), ("_ام", "p"), ("_ات", "p"), ("_مان", "p"), ("_تان", "p"), ("_شان", "p"), ("_ای", "i"),
        ("_اند", "v"), ("_ایم", "v"), ("_اید", "v"), ("ترین", "sup"), ("تری", "cmi"), ("تر", "cmp"),
        ("مان", "p"), ("تان", "p"), ("شان", "p"), ("گان", "an"), ("یان", "an"), ("ان", "an"), ("ات", "at"),
        ("یش", "p"), ("یم", "p"), ("یی", "i"), ("م", "p"), ("ت", "p"), ("ش", "p"), ("ی", "i"), ("ای", "e"),
        ("ین", "in"),
    )
)  # fmt: skip
"""Longest first where one ends another; a word keeps at least two letters."""
_LEAST_STEM: Final = 2


@cache
def _listed() -> dict[str, str]:
    """Return the classes of every word of the lists."""
    listed: dict[str, set[str]] = {}
    text = files(__package__).joinpath(WORDS).read_text("utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            word, _, tags = line.partition("\t")
            listed.setdefault(word, set()).update(tags.split())
    for letter, words in CLOSED.items():
        for word in words:
            listed.setdefault(word, set()).add(letter)
    return {word: "".join(sorted(classes)) for word, classes in listed.items()}


@lru_cache(maxsize=8192)
def kind_of(word: str) -> Kind:
    """Return what is known of a word without looking at its neighbours.

    Args:
        word: of Persian letters and half-spaces, without marks.
    """
    listed = _listed()
    known = listed.get(word)
    verb = next((name for name, form in _VERBS if form.match(word)), "")
    if known is not None:
        return Kind(known + verb, "")
    if verb:
        return Kind(verb, "")
    unknown = Kind("?", "")
    for ending, name in _ENDINGS:
        if not word.endswith(ending) or len(word) < len(ending) + _LEAST_STEM:
            continue
        stem = word[: -len(ending)]
        found = listed.get(stem) or listed.get(stem + "ه" if name == "an" else stem)
        if found:
            return Kind(found, name)
        if unknown.ending == "":
            unknown = Kind("?", name)
    return unknown
