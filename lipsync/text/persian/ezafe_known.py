"""What is known of ezafes beside what is learnt: where none can stand, and where one always does.

Under `lipsync.text.persian.ezafe`, which asks for each word of a clause. Mostly of what the reader
itself wrote for figures, signs and foreign letters, of which the sentences that weights are learnt from
have little. Tables and the standard library only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lipsync.text.letters import ZWNJ
from lipsync.text.persian import names
from lipsync.text.persian.ezafe_marks import LATIN, word_set
from lipsync.text.persian.homographs_cues import CARDINALS, ORDINALS

_HEADS: Final = word_set(
    "زبان شرکت برنامه نرم_افزار سیستم سیستم_عامل سایت وب_سایت فایل نسخه کتابخانه مدل دستور کلید دکمه شبکه "
    "سرور پروتکل مرورگر پروژه کد تابع کلاس فرمان گزینه صفحه پوشه زبان_برنامه_نویسی گوشی مجله روزنامه گروه "
    "تیم خودروی باشگاه بازی فیلم سریال کنسول شماره نام اپلیکیشن افزونه موتور پایگاه هتل فرودگاه پورت "
    "درگاه کابل استاندارد"
)
"""Nouns that a name in other letters belongs to when it follows: زبانِ Python (zabān-e Python)."""

_LETTERS: Final = word_set(
    "ای بی سی دی اف جی اچ آی کی ال ام ان او پی کیو آر اس تی یو وی دبلیو ایکس وای زد تری فور پلاس شارپ"
)
"""What Latin letters are called, and figures in names of theirs: MP3, C++."""
_BEFORE_NUMBERS: Final = word_set(
    "ضربدر منفی مثبت نقطه ممیز ستاره آیفون آی_پد ویندوز اندروید وای_فای بلوتوث اوبونتو پایتون جاوا گلکسی "
    "شیائومی نوکیا پلی_استیشن ایرباس بوئینگ پژو پراید سمند تیبا دنا مزدا"
)
"""Signs, and names of what is made, with which a number is one name: پژو ۲۰۶."""
_NUMBERED: Final = word_set(
    "کلاس پلاک طبقه واحد اتاق خط فصل بخش بند ماده تبصره صفحه درس ردیف صندلی سال دوره منطقه شماره کانال شبکه "
    "سکو مرحله فاز جدول شکل آیه سوره قسمت نسخه ویتامین ساعت جلد اصل پایه کد گروه رتبه دهه قرن"
)
"""What is told by its number: کلاسِ ده (kelās-e dah); two of them are another matter, دو کلاس ده نفره."""
_BLESSINGS: Final = word_set("صلی علیه_السلام عجل رضی وسلم")
"""What begins or ends a blessing, which is no part of the name before it."""
_PRAISE: Final = word_set("صلی رحمت سلام حفظ")
_ONE_WORD: Final = word_set(
    "ثبت/نام نخست/وزیر نخست/وزیری پیش/بینی پیش/نیاز پیش/فرض پیش/نویس پیش/پرداخت پیش/فروش پیش/غذا "
    "پیش/شماره دور/زدن دور/زد دور/بزند دور/بزنید اول/شخص دوم/شخص سوم/شخص پس/انداز پس/زمینه پس/لرزه پس/فردا "
    "باز/سازی باز/نشسته باز/بینی باز/خورد هم/زمان هم/چنین هم/وطن هم/کلاسی هم/کار خود/خواه "
    "تازه/کار تازه/وارد خوش/حال خوش/قیمت خوش/مزه خوش/بو خوش/اخلاق بد/قول بد/اخلاق بد/مزه دل/تنگ دل/درد "
    "سر/درد دست/فروش گردن/بند کمر/بند دست/بند راه/آهن راه/پله راه/رو آتش/نشانی آتش/نشان آتش/سوزی پدر/بزرگ "
    "مادر/بزرگ پدر/زن مادر/زن پدر/شوهر مادر/شوهر برادر/زاده خواهر/زاده عمو/زاده سیب/زمینی گوجه/فرنگی "
    "توت/فرنگی نخود/فرنگی تخم/مرغ آب/میوه آب/نبات صاحب/خانه صاحب/نظر صاحب/کار کله/پاچه جوجه/کباب چلو/کباب "
    "ته/دیگ فوق/لیسانس فوق/العاده فوق/برنامه فوق/تخصص حق/الزحمه جان/باز پر/درآمد پر/سرعت پر/رنگ کم/رنگ "
    "کم/درآمد کم/خطر کم/هزینه چند/منظوره بین/المللی ضد/عفونی عقب/نشینی عقب/ماندگی جمع/بندی "
    "جمع/آوری دسته/بندی زمان/بندی بسته/بندی صف/آرایی سر/انجام سر/آشپز سر/پرست سر/دبیر سر/مربی قالی/شویی "
    "خشک/شویی ظرف/شویی لباس/شویی دست/شویی روان/شناس روان/شناسی زمین/شناسی زبان/شناسی جامعه/شناسی "
    "باستان/شناسی کتاب/دار کتاب/فروشی میوه/فروشی گل/فروشی کفش/فروشی دارو/خانه داد/گاه دانش/آموز "
    "دانش/آموزان دانش/جو دانش/مند کار/گاه کار/مند کار/فرما خاور/میانه بنی/آدم بنی/امیه حضرت/عالی "
    "جناب/عالی علی/رغم علی/الخصوص من/جمله ایران/خودرو ایران/ایر"
)
"""Parts of one word that are written apart: no ezafe joins them, whatever each alone would take."""
_SPOKEN_VERBS: Final = word_set(
    "میام میای میاد میایم میاین میرم میری میره میریم میرین میرن میخوام میخوای میخواد میخوایم میخوان "
    "میگم میگی میگه میگیم میگن میشم میشه میشیم میشن میدم میده میدیم میدن میکنم میکنی میکنه میکنیم "
    "میکنن میبینم میبینه میخورم میخوره میزنم میزنه میزنن میمونم میمونه میدونم میدونی میدونه میتونم "
    "میتونی میتونه میتونیم نمیام نمیاد نمیرم نمیره نمیخوام نمیخواد نمیگم نمیگه نمیشه نمیدم نمیده "
    "نمیکنم نمیکنه نمیدونم نمیدونه نمیتونم نمیتونه"
)
"""As people write them in chats, without the half-space that tells a verb of the present."""
_REQUESTS: Final = word_set("کن کنید کنین کنیم کنم کنی کنه نکن نکنید نکنین نکنه")
"""What makes a request or a wish of the noun before it: باور کن (bāvar kon); a festival may be of Cannes."""
_POWERS: Final = word_set("مربع مکعب")

_SIGNS: Final = word_set("دات اسلش هشتگ ات آندرلاین")
"""What signs of an address are called: neither they nor what stands before them make phrases."""

_TO: Final = ["بر"]
"""Between the numbers of a score."""
_ZERO: Final = "صفر"


def always(words: Sequence[str], place: int) -> bool:
    """Tell whether a word has an ezafe whatever its likelihood: کلاسِ ده (kelās-e dah), شاهِ دوم (šāh-e dovom).

    Args:
        words: of one clause, without marks; `LATIN` for each one in another script.
        place: of the word; another stands behind it.
    """
    before, word, after = words[place - 1] if place else "", words[place], words[place + 1]
    if after == LATIN:
        return word in _HEADS
    if after in CARDINALS:
        return before not in CARDINALS and (word in _NUMBERED or word in names.JALALI_MONTHS)
    return after in ORDINALS and (word in names.KINGS or before in names.KINGS)


def never(words: Sequence[str], place: int) -> bool:
    """Tell whether a word has no ezafe whatever its likelihood. Arguments as for `always`."""
    word, after = words[place], words[place + 1]
    if word in _SIGNS or after in _SIGNS or word in _SPOKEN_VERBS or after in _BLESSINGS:
        return True
    if after == LATIN:
        return word not in _HEADS
    if after in _REQUESTS:
        return word not in {"جشنواره", "شهر"}
    stem = after.partition(ZWNJ)[0]
    if f"{word}/{stem}" in _ONE_WORD or (word in _LETTERS and stem in _LETTERS):
        return True
    if word in _POWERS and place and words[place - 1].endswith("متر"):
        # What is measured follows without: سه متر مکعب آب (se metr mokaab āb).
        return True
    return _is_one_number(words, place) or _is_one_name(word, after)


def _is_one_number(words: Sequence[str], place: int) -> bool:
    """Tell whether a number behind a word is one with it: -5, v1.2, HTTP/2, a team and its score."""
    word, after = words[place], words[place + 1].partition(ZWNJ)[0]
    if after not in CARDINALS and after != _ZERO:
        return False
    spelt = word in _LETTERS and place > 0 and words[place - 1] in _LETTERS
    return spelt or word in _BEFORE_NUMBERS or words[place + 2 : place + 3] == _TO


def _is_one_name(word: str, after: str) -> bool:
    return (after == "ماه" and word in names.JALALI_MONTHS) or (after == "الله" and word in _PRAISE)
