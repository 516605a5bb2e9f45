"""At which gain each of eSpeak NG's voices speaks at -16 LUFS: its name in, decibels out.

A table made by scripts/measure_voices.py, so that every worker of a build has the same one; used
by `workers.voices`. Not measured while the service runs.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from lipsync.text.prosody import Prosody

_USUAL_DB: Final = (5.2, 2.7)
"""Of a language that only another eSpeak NG than the measured one has: in the middle of the table."""

GAINS_DB: Final[Mapping[str, tuple[float, float]]] = {
    "af": (6.6, 4.1), "am": (4.7, 2.4), "an": (6.2, 3.4), "ar": (4.6, 2.3), "as": (2.8, 0.4),
    "az": (4.0, 2.1), "ba": (5.6, 3.6), "be": (7.4, 5.1), "bg": (6.4, 4.0), "bn": (2.7, 0.3),
    "bpy": (3.3, 1.0), "bs": (6.2, 4.0), "ca": (6.3, 3.5), "ca-ba": (6.3, 3.5), "ca-nw": (6.0, 3.4),
    "ca-va": (5.8, 3.1), "chr": (9.8, 8.4), "cmn": (4.1, 1.4), "cmn-latn-pinyin": (4.1, 1.4),
    "cs": (6.6, 3.9), "cv": (4.9, 2.7), "cy": (4.4, 2.2), "da": (6.0, 3.1), "de": (6.2, 3.6),
    "el": (5.3, 3.1), "en": (5.1, 2.7), "en-029": (4.2, 2.3), "en-gb-scotland": (5.1, 2.3),
    "en-gb-x-gbclan": (4.6, 2.1), "en-gb-x-gbcwmd": (4.9, 2.7), "en-gb-x-rp": (5.1, 2.8),
    "en-shaw": (5.1, 2.7), "en-us": (5.7, 3.3), "en-us-nyc": (5.6, 3.2), "eo": (6.4, 3.8), "es": (6.3, 3.5),
    "es-419": (5.8, 3.1), "et": (6.9, 4.3), "eu": (4.7, 2.6), "fa": (4.9, 2.6), "fa-latn": (4.9, 2.7),
    "fi": (6.0, 3.4), "fr": (7.1, 4.8), "fr-be": (7.1, 4.8), "fr-ch": (7.1, 4.8), "ga": (4.0, 2.0),
    "gd": (5.4, 3.0), "gn": (4.2, 1.8), "grc": (6.6, 3.4), "gu": (4.9, 2.3), "hak": (5.2, 3.4),
    "haw": (-1.5, -3.2), "he": (7.2, 4.0), "hi": (5.1, 2.5), "hr": (6.4, 4.0), "ht": (5.9, 3.4),
    "hu": (6.2, 3.7), "hy": (4.2, 2.1), "hyw": (4.3, 2.1), "ia": (6.4, 3.9), "id": (5.5, 3.5),
    "io": (5.5, 3.3), "is": (5.2, 2.8), "it": (7.2, 4.5), "ja": (5.5, 3.0), "jbo": (3.3, 1.5),
    "ka": (4.8, 2.1), "kk": (5.3, 2.7), "kl": (6.9, 4.1), "kn": (4.3, 1.9), "ko": (4.6, 2.2),
    "kok": (3.2, 0.7), "ku": (5.3, 2.7), "ky": (4.7, 2.7), "la": (5.1, 3.0), "lb": (4.6, 2.4),
    "lfn": (4.2, 2.1), "lt": (6.0, 3.6), "ltg": (4.9, 2.7), "lv": (6.0, 3.8), "mi": (-3.9, 1.0),
    "mk": (4.9, 2.8), "ml": (4.3, 2.3), "mr": (4.7, 1.6), "ms": (5.4, 3.4), "mt": (3.9, 1.5),
    "mto": (6.9, 4.0), "my": (1.8, -0.2), "nb": (6.6, 3.9), "nci": (3.6, 1.6), "ne": (5.6, 3.3),
    "nl": (6.1, 3.4), "nog": (5.0, 2.5), "om": (4.4, 1.7), "or": (2.6, 0.2), "pa": (5.0, 1.7),
    "pap": (5.6, 3.2), "piqd": (4.1, 0.9), "pl": (6.3, 3.4), "pt": (5.4, 2.7), "pt-br": (5.1, 2.4),
    "py": (6.4, 4.4), "qdb": (4.6, 2.9), "qu": (7.0, 4.7), "quc": (5.9, 3.5), "qya": (4.9, 2.6),
    "ro": (5.1, 2.9), "ru": (7.6, 4.5), "ru-cl": (7.7, 4.5), "ru-lv": (8.7, 6.9), "sd": (5.2, 2.5),
    "shn": (6.5, 4.0), "si": (5.1, 2.8), "sjn": (4.1, 1.5), "sk": (5.9, 3.5), "sl": (4.5, 2.1),
    "smj": (5.7, 3.1), "sq": (6.4, 3.7), "sr": (4.8, 2.7), "sv": (5.7, 2.6), "sw": (4.8, 2.6),
    "ta": (4.5, 2.2), "te": (4.3, 2.0), "th": (4.5, 1.9), "ti": (3.2, 1.3), "tk": (3.3, 0.9),
    "tn": (2.0, -0.3), "tr": (4.7, 2.6), "tt": (7.1, 5.1), "ug": (5.1, 2.3), "uk": (4.5, 2.5),
    "ur": (3.9, 1.2), "uz": (5.1, 2.8), "vi": (5.5, 3.4), "vi-vn-x-central": (7.9, 4.3),
    "vi-vn-x-south": (5.9, 2.6), "yue": (5.3, 2.6), "yue-latn-jyutping": (5.3, 2.6),
}  # fmt: skip
"""By the language's tag: of the man's voice, and of the woman's."""

_BY_PITCH_DB: Final = (
    (-12.0, 3.3), (-9.0, 3.3), (-6.0, 2.3), (-3.0, 1.2), (0.0, 0.0), (3.0, -0.8), (6.0, -1.7), (9.0, -2.5),
    (12.0, -3.0),
)  # fmt: skip
_BY_RATE_DB: Final = ((0.5, -1.3), (0.7, -0.8), (1.0, 0.0), (1.4, 1.1), (2.0, 1.9))
"""What voices are given beside, said otherwise than usual: semitones, or times the usual rate, and dB.

For eleven voices of eight languages, which answer to it alike; behind the limiter, which takes about
half of what is added.
"""


def espeak_gain_db(espeak_voice: str) -> float:
    """Return the gain of a voice.

    Args:
        espeak_voice: eSpeak's name of it; with a plus sign and a variant, it is the woman's.
    """
    language, variant, _ = espeak_voice.partition("+")
    man, woman = GAINS_DB.get(language.lower(), _USUAL_DB)
    return woman if variant else man


def espeak_way_gain_db(prosody: Prosody) -> float:
    """Return what a voice's gain changes by when it is said in such a way, to a tenth of a dB."""
    by_pitch = _between(_BY_PITCH_DB, prosody.pitch_semitones)
    return round(by_pitch + _between(_BY_RATE_DB, prosody.rate), 1)


def _between(knots: Sequence[tuple[float, float]], value: float) -> float:
    """Return what lies on the line through the knots; beyond them it is the last one's."""
    for (low, low_db), (high, high_db) in pairwise(knots):
        if value <= high:
            return low_db + (high_db - low_db) * (max(value, low) - low) / (high - low)
    return knots[-1][1]
