"""Latin words and letters in, how Persian speakers say them out.

Only what people say in Persian: product names, acronyms, units of address. An English word that
is not here stays as it is written, for a voice that reads English. Standard library only.
"""

from __future__ import annotations

from typing import Final

LETTERS: Final = {
    "A": "اِی", "B": "بی", "C": "سی", "D": "دی", "E": "ایْ", "F": "اف", "G": "جی", "H": "اچ", "I": "آی",
    "J": "جی", "K": "کی", "L": "ال", "M": "اِم", "N": "اِن", "O": "او", "P": "پی", "Q": "کیو", "R": "آر",
    "S": "اس", "T": "تی", "U": "یو", "V": "وی", "W": "دبلیو", "X": "ایکس", "Y": "وای", "Z": "زد",
}  # fmt: skip


def _pairs(table: str) -> dict[str, str]:
    return {word: said.replace("_", " ") for word, _, said in (pair.partition("=") for pair in table.split())}


_READ: Final = _pairs(
    "windows=ویندوز google=گوگل gmail=جیمیل android=اندروید iphone=آیفون ipad=آی\u200cپَد apple=اپل "
    "microsoft=مایکروسافت samsung=سامسونگ huawei=هواوی xiaomi=شیائومی nokia=نوکیا sony=سونی intel=اینتِل "
    "nvidia=اِنویدیا amazon=آمازون facebook=فیسبوک instagram=اینستاگرام telegram=تلگرام whatsapp=واتساپ "
    "twitter=توییتر youtube=یوتیوب linkedin=لینکدین tiktok=تیک\u200cتاک netflix=نِتفلیکس spotify=اسپاتیفای "
    "wikipedia=ویکی\u200cپدیا github=گیت\u200cهاب gitlab=گیت\u200cلَب git=گیت linux=لینوکس ubuntu=اوبونتو "
    "debian=دبیان docker=داکر python=پایتون java=جاوا javascript=جاوا\u200cاِسکریپت "
    "typescript=تایپ\u200cاسکریپت "
    "react=ری\u200cاکت django=جنگو flask=فِلَسک redis=رِدیس mysql=مای\u200cاس\u200cکیو\u200cال "
    "postgresql=پُستگِرِس "
    "excel=اکسل word=ورد powerpoint=پاورپوینت outlook=اوت\u200cلوک office=آفیس "
    "photoshop=فتوشاپ chrome=کروم firefox=فایرفاکس safari=سافاری edge=اِج bluetooth=بلوتوث "
    "wifi=وای\u200cفای wi-fi=وای\u200cفای internet=اینترنت email=ایمیل e-mail=ایمیل online=آنلاین "
    "offline=آفلاین login=لاگین password=پسورد software=سافت\u200cوِر hardware=هاردور laptop=لَپ\u200cتاپ "
    "mobile=موبایل server=سِروِر cloud=کلود web=وب site=سایت website=وب\u200cسایت blog=بلاگ app=اپ "
    "api=اِی\u200cپی\u200cآی ok=اوکی zoom=زوم skype=اسکایپ teams=تیمز paypal=پی\u200cپَل visa=ویزا "
    "mastercard=مَستر\u200cکارت bitcoin=بیت\u200cکُوین ethereum=اتریوم tether=تِتِر tesla=تِسلا "
    "bmw=بی\u200cاِم\u200cوِ benz=بنز toyota=تویوتا hyundai=هیوندای kia=کیا peugeot=پژو renault=رنو "
    "covid=کووید corona=کُرونا nasa=ناسا nato=ناتو unesco=یونسکو unicef=یونیسف fifa=فیفا uefa=یوفا "
    "opec=اوپک ram=رم rom=رام sim=سیم pin=پین gif=گیف jpeg=جی\u200cپِگ laser=لیزر radar=رادار iran=ایران "
    "tehran=تهران london=لَندَن paris=پاریس berlin=برلین ali=علی reza=رضا mohammad=محمد hossein=حسین "
    "hasan=حسن sara=سارا maryam=مریم info=اینفو support=ساپورت admin=ادمین yahoo=یاهو "
    "hotmail=هات\u200cمیل digikala=دیجی\u200cکالا snapp=اِسنَپ divar=دیوار aparat=آپارات "
    "chatgpt=چت\u200cجی\u200cپی\u200cتی openai=اوپن\u200cای\u200cآی gpt=جی\u200cپی\u200cتی "
    "playstation=پلی\u200cاستیشن xbox=ایکس\u200cباکس usb-c=یو\u200cاس\u200cبی_سی node.js=نُد_جی_اس "
    "next.js=نِکست_جی_اس ios=آی_او_اس macos=مک_او_اس mac=مک macbook=مک\u200cبوک galaxy=گلکسی pro=پرو "
    "max=مکس plus=پِلاس mini=مینی ultra=اولترا note=نوت lite=لایت update=آپدیت download=دانلود "
    "upload=آپلود link=لینک file=فایل video=ویدیو audio=آدیو photo=فوتو chat=چت bot=بات robot=ربات "
    "data=دیتا code=کد version=ورژن vpn=وی\u200cپی\u200cان proxy=پراکسی router=روتِر modem=مودم "
    "monitor=مانیتور printer=پرینتر scanner=اسکنر keyboard=کیبورد mouse=ماوس test=تست form=فرم card=کارت "
    "account=اکانت channel=کانال group=گروپ like=لایک comment=کامنت post=پست story=استوری live=لایو "
    "stream=استریم podcast=پادکست game=گیم team=تیم coach=کوچ marketing=مارکِتینگ startup=استارتاپ "
    "json=جیسون lan=لَن"
)
"""By small letters; «_» is a space."""

_SPECIAL: Final = {
    "C++": "سی پِلاس پِلاس", "c++": "سی پِلاس پِلاس", "C#": "سی شارپ", "c#": "سی شارپ", "F#": "اف شارپ",
    ".NET": "دات نِت", ".net": "دات نِت", "IT": "آی تی", "REST": "رِست", "MP3": "اِم پی تِری", "MP4": "اِم پی فور",
    "mp3": "اِم پی تِری", "mp4": "اِم پی فور",
    "IPv4": "آی پی ورژن چهار", "IPv6": "آی پی ورژن شش", "ID": "آی دی", "Node.js": "نُد جی اس",
    "Wi-Fi": "وای\u200cفای",
}  # fmt: skip
"""Names with signs in them, and those whose capitals matter."""

DOMAINS: Final = {
    "com": "کام", "org": "ارگ", "net": "نِت", "ir": "آی آر", "io": "آی او", "gov": "گاو", "edu": "اِدو",
    "info": "اینفو", "app": "اپ", "dev": "دِو", "biz": "بیز", "shop": "شاپ", "www": "دبلیو دبلیو دبلیو",
}  # fmt: skip

def name_of(word: str) -> str | None:
    """Return how a Latin name or acronym is said in Persian, or None if it is not known.

    "PDF" is «پی دی اف»: capitals of two to five letters that are no known name are spelt.
    """
    if word in _SPECIAL:
        return _SPECIAL[word]
    known = _READ.get(word.lower())
    if known is not None:
        return known
    if word.isupper() and word.isalpha() and len(word) <= 5:
        return spelt(word)
    return None


def spelt(letters: str) -> str:
    """Return letters by their names: "usb" is «یو اس بی»; what is no letter A to Z is left out."""
    return " ".join(LETTERS[letter] for letter in letters.upper() if letter in LETTERS)
