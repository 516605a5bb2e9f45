"""What a voice says to have its loudness measured, by language; text only.

Used by `workers.voice_gains`. Where nobody has written sentences, numbers are said, which every
language reads: on those that have sentences, the two differ by less than 1.6 LU, in Hebrew by 3.5.
"""

from collections.abc import Mapping, Sequence
from typing import Final

NUMBERS: Final[Sequence[str]] = (
    "1 2 3 4 5 6 7 8 9 10 11 12.", "20 30 100 1000 70 60 50.", "13 14 15 16 17 18 80 90.",
)  # fmt: skip
"""Without commas: with them, as much is pause as is said, and the voice seems 2 LU softer."""

_SENTENCES: Final[Mapping[str, Sequence[str]]] = {
    "fa": (
        "سلام! امروز هوا خوب است و ما به بازار می‌رویم.", "دانشگاه تهران بزرگ‌ترین دانشگاه ایران است.",
        "لطفاً شماره‌ی خود را وارد کنید و کمی صبر کنید.", "چرا دیروز به مدرسه نرفتی؟",
    ),
    "en": (
        "Hello, this is how I sound when I read a longer sentence.",
        "The train to the city leaves in a quarter of an hour.",
        "Please enter your number and wait a moment.", "Why did nobody tell me yesterday?",
    ),
    "ar": ("مرحبا، هكذا يبدو صوتي عندما أقرأ جملة طويلة.", "يغادر القطار إلى المدينة بعد ربع ساعة."),
    "chr": ("osiyo, tohitsu, osigwatsu.", "wado, donadagohvi."),
    "cmn": ("你好，这是我读长句子时的声音。", "开往城里的火车一刻钟后出发。"),
    "cv": ("Салам, эпĕ вăрăм предложени вулатăп.", "Эсĕ мĕнле пурăнатăн?"),
    "de": (
        "Guten Tag, so klinge ich, wenn ich einen längeren Satz lese.",
        "Der Zug in die Stadt fährt in einer Viertelstunde.", "Warum hat mir das gestern niemand gesagt?",
    ),
    "es": (
        "Hola, así sueno cuando leo una frase más larga.",
        "El tren a la ciudad sale dentro de un cuarto de hora.", "¿Por qué nadie me dijo nada ayer?",
    ),
    "fr": (
        "Bonjour, voici ma voix quand je lis une phrase plus longue.",
        "Le train pour la ville part dans un quart d'heure.", "Pourquoi personne ne m'a rien dit hier ?",
    ),
    "he": ("שלום, כך אני נשמע כשאני קורא משפט ארוך.", "הרכבת לעיר יוצאת בעוד רבע שעה."),
    "hi": ("नमस्ते, लंबा वाक्य पढ़ते समय मेरी आवाज़ ऐसी होती है।", "शहर जाने वाली ट्रेन पंद्रह मिनट में छूटती है।"),
    "it": (
        "Buongiorno, questa è la mia voce quando leggo una frase lunga.",
        "Il treno per la città parte tra un quarto d'ora.", "Perché nessuno mi ha detto niente ieri?",
    ),
    "ja": ("こんにちは、これはわたしのこえです。", "でんしゃはあとじゅうごふんででます。"),
    "pl": (
        "Dzień dobry, tak brzmi mój głos, kiedy czytam dłuższe zdanie.",
        "Pociąg do miasta odjeżdża za kwadrans.",
    ),
    "ru": (
        "Здравствуйте, так звучит мой голос, когда я читаю длинное предложение.",
        "Поезд в город отправляется через четверть часа.", "Почему вчера мне никто не сказал?",
    ),
    "sjn": ("Mae govannen, mellon nin.", "Im Aragorn Arathornion."),
    "tr": (
        "Merhaba, uzun bir cümle okurken sesim böyledir.", "Şehre giden tren çeyrek saat sonra kalkıyor.",
        "Dün neden kimse bana söylemedi?",
    ),
    "vi": (
        "Xin chào, đây là giọng của tôi khi đọc một câu dài.",
        "Tàu vào thành phố khởi hành sau mười lăm phút nữa.",
    ),
}  # fmt: skip


def measuring_texts(language: str) -> Sequence[str]:
    """Return the sentences that a voice of a language is measured by.

    Args:
        language: BCP 47 tag, lower case; "de-at" is measured by the sentences of "de".
    """
    whole, _, _ = language.partition("-")
    return _SENTENCES.get(language) or _SENTENCES.get(whole) or NUMBERS
