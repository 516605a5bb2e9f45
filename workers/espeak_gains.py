"""At which gain each of eSpeak NG's voices speaks at -16 LUFS: its name in, decibels out.

A table made by scripts/measure_voices.py, so that every worker of a build has the same one; used
by `workers.voices`. Not measured while the service runs.
"""

from collections.abc import Mapping
from typing import Final

_USUAL_DB: Final = (5.5, 3.5)
"""Of a language that only another eSpeak NG than the measured one has: in the middle of the table."""

GAINS_DB: Final[Mapping[str, tuple[float, float]]] = {
    "af": (6.8, 4.2), "am": (4.7, 2.4), "an": (6.4, 3.5), "ar": (4.6, 2.3), "as": (2.8, 0.4),
    "az": (4.0, 2.1), "ba": (5.7, 3.6), "be": (7.5, 5.2), "bg": (6.5, 4.1), "bn": (2.8, 0.3),
    "bpy": (3.3, 1.0), "bs": (6.5, 4.1), "ca": (6.5, 3.5), "ca-ba": (6.5, 3.6), "ca-nw": (6.1, 3.4),
    "ca-va": (5.9, 3.2), "chr": (9.8, 8.4), "cmn": (4.2, 1.4), "cmn-latn-pinyin": (4.2, 1.4),
    "cs": (6.8, 4.0), "cv": (5.0, 2.7), "cy": (4.5, 2.3), "da": (6.2, 3.2), "de": (6.4, 3.7),
    "el": (5.5, 3.1), "en": (5.3, 2.8), "en-029": (4.4, 2.4), "en-gb-scotland": (5.3, 2.4),
    "en-gb-x-gbclan": (4.8, 2.2), "en-gb-x-gbcwmd": (5.2, 2.8), "en-gb-x-rp": (5.2, 2.9),
    "en-shaw": (5.3, 2.8), "en-us": (5.8, 3.3), "en-us-nyc": (5.7, 3.2), "eo": (6.6, 3.9), "es": (6.5, 3.5),
    "es-419": (6.0, 3.2), "et": (7.1, 4.4), "eu": (4.7, 2.6), "fa": (5.0, 2.6), "fa-latn": (5.1, 2.7),
    "fi": (6.2, 3.5), "fr": (7.2, 4.9), "fr-be": (7.2, 4.9), "fr-ch": (7.2, 4.9), "ga": (4.0, 2.0),
    "gd": (5.5, 3.1), "gn": (4.3, 1.9), "grc": (6.9, 3.5), "gu": (5.1, 2.3), "hak": (5.2, 3.4),
    "haw": (-1.5, -3.2), "he": (7.5, 4.1), "hi": (5.4, 2.6), "hr": (6.6, 4.1), "ht": (6.1, 3.4),
    "hu": (6.4, 3.8), "hy": (4.3, 2.1), "hyw": (4.3, 2.1), "ia": (6.6, 4.0), "id": (5.6, 3.5),
    "io": (5.7, 3.4), "is": (5.4, 2.8), "it": (7.4, 4.6), "ja": (5.7, 3.0), "jbo": (3.3, 1.5),
    "ka": (4.9, 2.1), "kk": (5.5, 2.7), "kl": (7.2, 4.2), "kn": (4.4, 1.9), "ko": (4.7, 2.2),
    "kok": (3.3, 0.7), "ku": (5.6, 2.7), "ky": (4.7, 2.8), "la": (5.2, 3.0), "lb": (4.8, 2.4),
    "lfn": (4.2, 2.1), "lt": (6.1, 3.7), "ltg": (5.1, 2.7), "lv": (6.2, 3.8), "mi": (-3.9, 1.0),
    "mk": (5.0, 2.8), "ml": (4.4, 2.3), "mr": (4.9, 1.6), "ms": (5.5, 3.5), "mt": (4.0, 1.5),
    "mto": (7.3, 4.2), "my": (1.8, -0.2), "nb": (6.7, 4.0), "nci": (3.7, 1.6), "ne": (5.8, 3.3),
    "nl": (6.4, 3.5), "nog": (5.2, 2.5), "om": (4.6, 1.7), "or": (2.7, 0.2), "pa": (5.2, 1.7),
    "pap": (5.8, 3.3), "piqd": (4.4, 1.0), "pl": (6.5, 3.5), "pt": (5.6, 2.7), "pt-br": (5.3, 2.4),
    "py": (6.5, 4.5), "qdb": (4.7, 2.9), "qu": (7.2, 4.9), "quc": (6.0, 3.6), "qya": (5.1, 2.7),
    "ro": (5.3, 3.0), "ru": (8.0, 4.6), "ru-cl": (8.0, 4.6), "ru-lv": (9.0, 7.0), "sd": (5.4, 2.5),
    "shn": (6.7, 4.1), "si": (5.3, 2.8), "sjn": (4.3, 1.5), "sk": (6.1, 3.5), "sl": (4.8, 2.1),
    "smj": (6.1, 3.1), "sq": (6.6, 3.8), "sr": (4.9, 2.8), "sv": (6.0, 2.7), "sw": (4.9, 2.7),
    "ta": (4.6, 2.3), "te": (4.4, 2.0), "th": (4.7, 1.9), "ti": (3.2, 1.3), "tk": (3.5, 1.0),
    "tn": (2.0, -0.3), "tr": (4.8, 2.6), "tt": (7.2, 5.1), "ug": (5.4, 2.4), "uk": (4.7, 2.6),
    "ur": (4.1, 1.2), "uz": (5.2, 2.8), "vi": (5.9, 3.7), "vi-vn-x-central": (8.6, 4.7),
    "vi-vn-x-south": (6.4, 2.8), "yue": (5.5, 2.6), "yue-latn-jyutping": (5.5, 2.6),
}  # fmt: skip
"""By the language's tag: of the man's voice, and of the woman's."""


def espeak_gain_db(espeak_voice: str) -> float:
    """Return the gain of a voice.

    Args:
        espeak_voice: eSpeak's name of it; with a plus sign and a variant, it is the woman's.
    """
    language, variant, _ = espeak_voice.partition("+")
    man, woman = GAINS_DB.get(language.lower(), _USUAL_DB)
    return woman if variant else man
