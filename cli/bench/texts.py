"""Texts to speak: everyday Persian sentences in an order that a seed decides.

No two streams of a benchmark say the same thing, so that nothing can be answered from
what an earlier one left warm.
"""

import random

SENTENCES = (
    "امروز هوا کمی ابری است، اما باران نمی‌بارد.",
    "قطار ساعت هفت از ایستگاه مرکزی حرکت می‌کند.",
    "لطفاً پنجره را ببندید؛ باد سردی می‌آید.",
    "کتابدار دو کتاب تازه روی میز گذاشت.",
    "خواهرم هر هفته به دیدن مادربزرگ می‌رود.",
    "چای تازه دم است، بفرمایید بنشینید.",
    "بازار قدیمی شهر پر از رنگ و بوی ادویه بود.",
    "برای فردا یک جلسه کوتاه در نظر گرفته‌ایم.",
    "بچه‌ها در حیاط مدرسه توپ بازی می‌کنند.",
    "پزشک گفت روزی نیم ساعت پیاده‌روی کافی است.",
    "آیا می‌توانید نشانی را یک بار دیگر بگویید؟",
    "باغبان پیر، درخت انار را با حوصله آب داد.",
    "برنامه را ذخیره کنید و رایانه را دوباره روشن کنید.",
    "مسافران خسته کنار رودخانه چادر زدند.",
    "صدای ساز از خانه همسایه به گوش می‌رسید.",
    "فروشگاه ما تا ساعت نه شب باز است.",
    "نامه‌ای که منتظرش بودیم بالاخره رسید.",
    "دانشجویان پرسش‌های خوبی از استاد کردند.",
    "ماه از پشت کوه بالا آمد و دشت روشن شد.",
    "مراقب باشید، پله‌ها تازه شسته شده‌اند.",
    "نانوا نان گرم را روی پیشخوان چید.",
    "گزارش ماهانه را تا پایان هفته بفرستید.",
    "پدرم همیشه می‌گفت صبر کلید کارهاست.",
    "از این خیابان مستقیم بروید و سپس به راست بپیچید.",
    "گربه سفید روی دیوار خوابیده بود.",
    "قیمت میوه نسبت به ماه پیش کمتر شده است.",
    "مهمان‌ها دیر رسیدند، ولی شام هنوز گرم بود.",
    "این نقاشی را دختری ده‌ساله کشیده است.",
    "بلیت شما برای ردیف پنجم صادر شد.",
    "شب‌های کویر آرام و پرستاره است.",
    "می‌خواهم یک زبان تازه یاد بگیرم.",
    "آشپز نمک را کم ریخت و زعفران را زیاد.",
    "پس از باران، بوی خاک همه جا پیچید.",
    "خبرنگار از مردم درباره پل جدید پرسید.",
    "دوچرخه‌ام را کنار در گذاشته‌ام.",
    "موزه روزهای دوشنبه تعطیل است.",
    "کشتی بزرگ آرام از بندر دور شد.",
    "با یک لبخند می‌شود روز خوبی ساخت.",
    "لطفاً شماره سفارش خود را آماده داشته باشید.",
    "همه چیز آماده است؛ می‌توانیم شروع کنیم.",
)

SECONDS_A_LETTER = 0.084
"""What one letter of a text lasts in the fastest of the embedded Persian voices, pauses included,
less three in a hundred: texts differ by so much."""


def spoken_text(seed: int, seconds: float) -> str:
    """Return a text that takes so long to say, or a sentence longer; another seed gives another text."""
    chance = random.Random(seed)  # noqa: S311 - an order of sentences, not a secret
    left = chance.sample(SENTENCES, len(SENTENCES))
    # A number of few digits, since each takes longer to say than a letter, and not in front, where
    # it would make the beginnings alike.
    text = f"{left.pop()} نمونه شماره {seed % 1000}."
    while len(text) * SECONDS_A_LETTER < seconds:
        left = left or chance.sample(SENTENCES, len(SENTENCES))
        text += " " + left.pop()
    return text
