"""Persian that is written with Latin letters in, the same in Persian letters out: "salam khoobi".

Beside `latin`, which knows names and acronyms. Words that one meets most stand in a table, verbs are
made of stems, endings and what stands before them; among many that are known a word that is neither
known nor English is spelt letter by letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from lipsync.text.persian.english_words import ENGLISH
from lipsync.text.persian.latin import name_of

ZWNJ: Final = "\u200c"
_FATHA, _DAMMA, _KASRA, _SHADDA = "\u064e\u064f\u0650\u0651"


def _pairs(table: str) -> dict[str, str]:
    rows = (pair.partition("=") for pair in table.split())
    return {word: said.replace("_", ZWNJ) for word, _, said in rows}


_WORDS: Final = _pairs(
    # Greetings, thanks and wishes.
    "salam=سلام slm=سلام dorood=درود chetori=چطوری chetory=چطوری chetorid=چطورید chetorin=چطورین "
    "mersi=مرسی merci=مرسی mamnoon=ممنون mamnun=ممنون mamnoonam=ممنونم mamnunam=ممنونم "
    "motshakeram=متشکرم motashakeram=متشکرم tashakor=تشکر sepas=سپاس khodahafez=خداحافظ "
    "khodafez=خداحافظ felan=فعلاً ghorbanet=قربونت ghorboonet=قربونت ghorbunet=قربونت fadat=فدات "
    "chakeram=چاکرم nokaretam=نوکرتم bebakhshid=ببخشید bebakhsh=ببخش lotfan=لطفاً khaahesh=خواهش "
    "khahesh=خواهش bekheyr=بخیر bekhair=بخیر kheir=خیر kheyr=خیر tabrik=تبریک mobarak=مبارک "
    "tavalodet=تولدت tavallodet=تولدت tavalod=تولد eyd=عید norooz=نوروز noruz=نوروز khaste=خسته "
    "nabashi=نباشی nabashid=نباشید salamati=سلامتی movafagh=موفق bashi=باشی bashe=باشه bashid=باشید "
    "bashim=باشیم basham=باشم bashan=باشن inshallah=ان‌شاءالله mashallah=ماشاءالله vallah=والله "
    "vala=والا daste=دست dametgarm=دمت‌گرم damet=دمت garm=گرم "
    # How one is.
    "khoob=خوب khub=خوب khoobi=خوبی khubi=خوبی khobi=خوبی khoobam=خوبم khubam=خوبم khobam=خوبم "
    "khoobe=خوبه khube=خوبه khoobin=خوبین khoobid=خوبید khubid=خوبید behtar=بهتر behtarin=بهترین bad=بد "
    "badan=بعداً ghashang=قشنگ ziba=زیبا khoshgel=خوشگل khosh=خوش khoshhal=خوشحال khoshhalam=خوشحالم "
    "narahat=ناراحت narahatam=ناراحتم asabani=عصبانی asabi=عصبی delam=دلم delet=دلت delesh=دلش tang=تنگ "
    "doostet=دوستت dooset=دوستت doset=دوستت doostam=دوستم doost=دوست doostan=دوستان khastam=خسته‌ام "
    "khasteam=خسته‌ام goshne=گشنه gorosne=گرسنه goshname=گشنمه teshne=تشنه mariz=مریض marizam=مریضم "
    "bikar=بیکار bikaram=بیکارم tanha=تنها tanham=تنهام sakht=سخت asoon=آسون asan=آسان rahat=راحت "
    "bozorg=بزرگ koochik=کوچیک kuchik=کوچیک jadid=جدید ghadimi=قدیمی ziad=زیاد ziyad=زیاد kam=کم "
    # Who.
    "man=من to=تو shoma=شما ma=ما oona=اونا una=اونا mano=منو toro=تورو maro=مارو azizam=عزیزم "
    "aziz=عزیز jan=جان joon=جون jun=جون dadash=داداش abji=آبجی baba=بابا maman=مامان khahar=خواهر "
    "baradar=برادر pedar=پدر madar=مادر pesar=پسر dokhtar=دختر bache=بچه bacheha=بچه‌ها khanoom=خانوم "
    "khanom=خانم agha=آقا rafigh=رفیق rafighe=رفیق ostad=استاد mardom=مردم hame=همه hamamoon=هممون "
    "khodam=خودم khodet=خودت khodesh=خودش khodemoon=خودمون hichkas=هیچ‌کس kasi=کسی "
    # Pointing and asking.
    "in=این un=اون oon=اون ina=اینا inja=اینجا unja=اونجا oonja=اونجا che=چه chi=چی chie=چیه chiye=چیه "
    "chera=چرا koja=کجا kojayi=کجایی kojaee=کجایی kojast=کجاست kojaii=کجایی key=کی kiye=کیه kie=کیه "
    "chand=چند chandta=چندتا chejoori=چجوری chejuri=چجوری chetor=چطور kodoom=کدوم kodum=کدوم hamin=همین "
    "hamoon=همون hamun=همون intori=اینطوری injoori=اینجوری injuri=اینجوری "
    # When.
    "alan=الان emrooz=امروز emruz=امروز farda=فردا pasfarda=پس‌فردا dirooz=دیروز diruz=دیروز "
    "emshab=امشب dishab=دیشب shab=شب sobh=صبح zohr=ظهر asr=عصر hamishe=همیشه hichvaght=هیچ‌وقت "
    "vaght=وقت vaghti=وقتی saat=ساعت rooz=روز ruz=روز hafte=هفته mah=ماه sal=سال dir=دیر zood=زود "
    "zud=زود dobare=دوباره baz=باز hanooz=هنوز hanuz=هنوز ghabl=قبل ghablan=قبلاً "
    "shanbe=شنبه jome=جمعه "
    # Little words.
    "are=آره na=نه baleh=بله bale=بله kheyli=خیلی kheili=خیلی kheyly=خیلی khob=خب ke=که ba=با az=از "
    "va=و ham=هم ama=اما amma=اما vali=ولی agar=اگر age=اگه chon=چون ta=تا bedoone=بدون baraye=برای "
    "vase=واسه barat=برات baram=برام barash=براش behem=بهم behet=بهت behesh=بهش azat=ازت azam=ازم "
    "azash=ازش bahat=باهات baham=باهم bahash=باهاش dige=دیگه digeh=دیگه faghat=فقط shayad=شاید "
    "hatman=حتماً aslan=اصلاً vaghean=واقعاً yani=یعنی masalan=مثلاً taghriban=تقریباً albate=البته "
    "nemishe=نمیشه mishe=میشه hast=هست hastam=هستم hasti=هستی hastim=هستیم hastin=هستین hastan=هستن "
    "nist=نیست nistam=نیستم nisti=نیستی nistan=نیستن ye=یه yek=یک yeki=یکی hich=هیچ hichi=هیچی "
    "kolan=کلاً rasti=راستی cheghadr=چقدر cheghad=چقدر eshkal=اشکال nadare=نداره "
    # Things, places and doings.
    "kar=کار karet=کارت karam=کارم dars=درس pool=پول pul=پول ghaza=غذا nahar=ناهار sham=شام "
    "sobhane=صبحانه chai=چای chayi=چایی chaee=چایی nan=نان noon=نون khune=خونه khoone=خونه khooneh=خونه "
    "khane=خانه madrese=مدرسه daneshgah=دانشگاه kelas=کلاس emtehan=امتحان mashin=ماشین khiaboon=خیابون "
    "khiabun=خیابون shahr=شهر keshvar=کشور safar=سفر ketab=کتاب film=فیلم ahang=آهنگ aks=عکس goosh=گوش "
    "gooshi=گوشی gushi=گوشی shomare=شماره zang=زنگ payam=پیام peyda=پیدا khab=خواب harf=حرف hal=حال "
    "halet=حالت haletoon=حالتون halam=حالم halesh=حالش khabar=خبر chekhabar=چه‌خبر chekhabara=چه‌خبرا "
    "esm=اسم esmet=اسمت esmam=اسمم zendegi=زندگی eshgh=عشق eshgham=عشقم donya=دنیا khoda=خدا "
    "moshkel=مشکل komak=کمک fekr=فکر shoru=شروع tamoom=تموم tamum=تموم bazi=بازی varzesh=ورزش ab=آب "
    "hava=هوا sard=سرد baroon=بارون barf=برف ghermez=قرمز abi=آبی sabz=سبز sefid=سفید siah=سیاه "
    "jaye=جای ja=جا "
    # Verbs that the stems below do not make.
    "miad=میاد miay=میای miyay=میای mian=میان miam=میام miyam=میام miyad=میاد miaim=میایم nemiam=نمیام "
    "nemiad=نمیاد biam=بیام biad=بیاد biay=بیای biya=بیا bia=بیا boro=برو mikham=می_خوام mikhay=می_خوای "
    "mikhad=می_خواد mikhaim=می_خوایم mikhan=می_خوان nemikham=نمی_خوام nemikhad=نمی_خواد "
    "nemikhay=نمی_خوای bekham=بخوام bekhay=بخوای bezar=بذار bezan=بزن bekon=بکن bego=بگو bede=بده "
    "begir=بگیر bebin=ببین benevis=بنویس bokhor=بخور nakon=نکن naro=نرو nago=نگو daram=دارم dari=داری "
    "dare=داره darim=داریم darin=دارین daran=دارن nadaram=ندارم nadari=نداری dashtam=داشتم dasht=داشت "
    "bood=بود bud=بود boodam=بودم budam=بودم boodi=بودی boodim=بودیم boodan=بودن nabood=نبود nabud=نبود "
    "shode=شده nashode=نشده karde=کرده rafte=رفته gofte=گفته oomad=اومد umad=اومد oomadam=اومدم "
    "oomadi=اومدی oomadan=اومدن bayad=باید nabayad=نباید mitoonam=می_تونم didamet=دیدمت "
    "delamtang=دلم‌تنگ"
)
"""In the spellings one meets most; «_» is a half-space."""

_STEMS: Final = _pairs(
    "r=ر kon=کن d=د g=گ sh=ش khor=خور khab=خواب bin=بین doon=دون dun=دون toon=تون tun=تون khoon=خون "
    "khun=خون shin=شین zan=زن nevis=نویس khar=خر foroosh=فروش tars=ترس fahm=فهم shnas=شناس moon=مون "
    "mun=مون zar=ذار res=رس resoon=رسون gard=گرد gir=گیر bar=بر ar=ار paz=پز poosh=پوش khand=خند "
    "raghs=رقص khoor=خور pors=پرس ferest=فرست keshe=کش kesh=کش khat=خوات soz=سوز sooz=سوز chin=چین "
    "shenav=شنو shnav=شنو afto=افت"
)
_PAST_STEMS: Final = _pairs(
    "raft=رفت kard=کرد goft=گفت did=دید dad=داد khord=خورد shod=شد zad=زد khabid=خوابید neshast=نشست "
    "kharid=خرید gereft=گرفت fahmid=فهمید nevesht=نوشت shenid=شنید resid=رسید khast=خواست toonest=تونست "
    "tunest=تونست doonest=دونست dunest=دونست mund=موند moond=موند porsid=پرسید ferestad=فرستاد "
    "avord=آورد bord=برد"
)
_ENDINGS: Final = _pairs("am=م i=ی e=ه im=یم in=ین an=ن amet=مت amesh=مش ametoon=متون anet=نت")
_PAST_ENDINGS: Final = _pairs("am=م i=ی im=یم in=ین an=ن amet=مت amesh=مش e=ه") | {"": ""}
_SHORTEST_OWN: Final = 2
"""Letters; a shorter stem is written in one with «می», as «میرم»."""


def _verbs() -> Iterator[tuple[str, str]]:
    for latin, stem in _STEMS.items():
        joint = ZWNJ if len(stem) >= _SHORTEST_OWN else ""
        for ending, said in _ENDINGS.items():
            yield f"mi{latin}{ending}", f"می{joint}{stem}{said}"
            yield f"nemi{latin}{ending}", f"نمی{joint}{stem}{said}"
            yield f"be{latin}{ending}", f"ب{stem}{said}"
            yield f"na{latin}{ending}", f"ن{stem}{said}"
    for latin, stem in _PAST_STEMS.items():
        for ending, said in _PAST_ENDINGS.items():
            yield f"{latin}{ending}", stem + said
            yield f"na{latin}{ending}", f"ن{stem}{said}"
            yield f"mi{latin}{ending}", f"می{ZWNJ}{stem}{said}"


FINGLISH: Final = {word: said for word, said in _verbs() if word not in ENGLISH} | _WORDS
"""Persian by its spelling in Latin letters; a verb that is an English word as well ("begin") is none."""

_ENGLISH_TOO: Final = frozenset(
    ("na", "ma", "un", "jan", "baz", "sal", "mah", "dir", "asr", "aks", "sard", "dari", "jaye", "abi", "vase")
)
"""Names and words of other languages, read as Persian only among other Finglish words."""
_LONGEST_ACRONYM: Final = 4


def finglish(words: Sequence[str]) -> list[str | None]:
    """Return Persian words for Latin ones, None where one is not known; all None for English.

    "salam khoobi" is «سلام خوبی». Half of the words at least must be known, and of those that are
    no English words no fewer than there are English ones. Among more than half that are known a
    word that is neither is spelt letter by letter.
    """
    shouted = len(words) > 1 and all(word.isupper() for word in words)
    found = [None if _acronym(word) and not shouted else FINGLISH.get(word.lower()) for word in words]
    pairs = list(zip(words, found, strict=True))
    sure = sum(said is not None and not _is_english(word) for word, said in pairs)
    known = sum(said is not None for said in found)
    english = sum(said is None and _is_english(word) for word, said in pairs)
    if not sure or sure < english or 2 * known < len(words):
        return [None] * len(words)
    if 2 * known > len(words):
        return [said or _spelt_in_persian(word) for word, said in pairs]
    return found


def _acronym(word: str) -> bool:
    return word.isupper() and len(word) <= _LONGEST_ACRONYM


def _is_english(word: str) -> bool:
    return word.lower() in ENGLISH or word.lower() in _ENGLISH_TOO


_LETTERS: Final = {
    "kh": "خ", "gh": "ق", "sh": "ش", "ch": "چ", "zh": "ژ", "ph": "ف", "ck": "ک", "b": "ب", "p": "پ", "t": "ت",
    "s": "س", "j": "ج", "h": "ه", "d": "د", "r": "ر", "z": "ز", "f": "ف", "q": "ق", "k": "ک", "c": "ک",
    "g": "گ", "l": "ل", "m": "م", "n": "ن", "v": "و", "w": "و", "x": "خ", "y": "ی", "'": "ع", "’": "ع",
    "aa": "ا", "oo": "و", "ou": "و", "ee": "ی", "u": "و", "i": "ی",
}  # fmt: skip
_FIRST: Final = {"aa": "آ", "oo": "او", "ou": "او", "ee": "ای", "a": f"ا{_FATHA}", "e": f"ا{_KASRA}",
                 "o": f"ا{_DAMMA}", "u": "او", "i": "ای"}  # fmt: skip
_LAST: Final = {"a": "ا", "e": "ه", "o": "و"}
_BEHIND_VOWEL: Final = {"a": "ا", "e": "ئه", "o": "ئو"}
_SHORT: Final = {"a": _FATHA, "e": _KASRA, "o": _DAMMA}
_SOUND: Final = re.compile(f"{'|'.join(sorted((*_LETTERS, *_SHORT), key=len, reverse=True))}|-")
_VOWEL: Final = frozenset("aeiou")
_SPELLABLE: Final = re.compile(r"(?=[a-z'’-]{0,24}[aeiou])[a-z](?:[a-z'’-]{1,24})")


def _spelt_in_persian(word: str) -> str | None:
    """Return a word letter by letter: "nazdik" is «نَزدیک»; None for what is English or a known name."""
    lower = word.lower()
    if _is_english(word) or name_of(word) is not None or not _SPELLABLE.fullmatch(lower):
        return None
    written = ""
    sounds = _SOUND.findall(lower)
    for place, sound in enumerate(sounds):
        before = sounds[place - 1] if place else ""
        written += _letter(sound, before, last=place == len(sounds) - 1)
    return written


def _letter(sound: str, before: str, *, last: bool) -> str:
    if not before or before == "-":
        return _FIRST.get(sound) or _LETTERS.get(sound, "")
    if sound == before and sound[0] not in _VOWEL:
        return _SHADDA
    if sound in _SHORT:
        if before[0] in _VOWEL:
            return _BEHIND_VOWEL[sound]
        return _LAST[sound] if last else _SHORT[sound]
    return _LETTERS.get(sound, "")
