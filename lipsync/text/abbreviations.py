"""What abbreviations stand for, by language. Tables only, for `lipsync.text.dots`.

Beside `lipsync.text.sentence_rules`, which has more of them: here are those that are said in one
way whatever stands around them. One whose ending depends on the sentence ("г.", "млн", "ul.") is
not here: it is said as it is written, without a rest behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_ENGLISH: Final = {
    "approx": "approximately", "dept": "department", "e.g": "for example", "fig": "figure", "i.e": "that is",
    "Ms": "Miz", "vol": "volume", "vs": "versus",
}  # fmt: skip
"""Others, such as Dr, Mrs and St, eSpeak NG knows."""

_BY_LANGUAGE: Final[Mapping[str, Mapping[str, str]]] = {
    "en": _ENGLISH,
    "de": {
        "abb": "Abbildung", "abs": "Absatz", "bzw": "beziehungsweise", "ca": "circa", "d.h": "das heißt",
        "dr": "Doktor", "evtl": "eventuell", "Fr": "Frau", "ggf": "gegebenenfalls", "Hr": "Herr",
        "inkl": "inklusive", "jh": "Jahrhundert", "mio": "Millionen", "mrd": "Milliarden",
        "n.chr": "nach Christus", "nr": "Nummer",
        "prof": "Professor", "s.o": "siehe oben", "s.u": "siehe unten", "sog": "sogenannte", "St": "Sankt",
        "str": "Straße", "tel": "Telefon", "u.a": "unter anderem", "usw": "und so weiter",
        "v.chr": "vor Christus", "vgl": "vergleiche", "z.b": "zum Beispiel", "z.t": "zum Teil",
        "zzgl": "zuzüglich",
    },
    "fr": {
        "dr": "docteur", "etc": "et cétéra", "M": "monsieur", "Me": "maître", "mlle": "mademoiselle",
        "MM": "messieurs", "mme": "madame", "p.ex": "par exemple", "prof": "professeur", "St": "saint",
        "Ste": "sainte",
    },
    "es": {
        "dr": "doctor", "dra": "doctora", "etc": "etcétera", "núm": "número", "p.ej": "por ejemplo",
        "pág": "página", "prof": "profesor", "sr": "señor", "sra": "señora", "srta": "señorita",
        "ud": "usted", "uds": "ustedes",
    },
    "it": {
        "art": "articolo", "avv": "avvocato", "dott": "dottor", "dr": "dottor", "ecc": "eccetera",
        "es": "esempio", "ing": "ingegner", "pag": "pagina", "prof": "professor", "sig": "signor",
        "sigra": "signora",
    },
    "pt": {
        "dr": "doutor", "dra": "doutora", "etc": "et cetera", "nº": "número", "prof": "professor",
        "pág": "página", "sr": "senhor", "sra": "senhora",
    },
    "nl": {
        "bijv": "bijvoorbeeld", "bv": "bijvoorbeeld", "ca": "circa", "d.w.z": "dat wil zeggen",
        "dhr": "de heer", "dr": "doctor", "enz": "enzovoort", "mevr": "mevrouw", "mw": "mevrouw",
        "nr": "nummer", "o.a": "onder andere", "prof": "professor", "St": "sint",
    },
    "tr": {
        "alb": "albay", "av": "avukat", "bkz": "bakınız", "doç": "doçent", "dr": "doktor", "no": "numara",
        "prof": "profesör", "sn": "sayın", "vb": "ve benzeri", "vs": "vesaire", "yrd": "yardımcı",
        "yy": "yüzyıl",
    },
    "az": {"məs": "məsələn", "və.s": "və sair"},
    "ru": {
        "им": "имени", "н.э": "нашей эры", "т.д": "так далее", "т.е": "то есть",
        "т.п": "тому подобное",
    },
    "uk": {"ім": "імені", "т.д": "так далі", "т.п": "тому подібне"},
    "el": {
        "δηλ": "δηλαδή", "κ": "κύριος", "κ.λπ": "και λοιπά", "κα": "κυρία", "κτλ": "και τα λοιπά",
        "π.χ": "παραδείγματος χάριν",
    },
    "fi": {
        "esim": "esimerkiksi", "jne": "ja niin edelleen", "klo": "kello", "mm": "muun muassa",
        "yms": "ynnä muuta sellaista",
    },
    "hu": {
        "dr": "doktor", "ill": "illetve", "kb": "körülbelül", "pl": "például", "stb": "s a többi",
        "ún": "úgynevezett",
    },
    "da": {
        "ca": "cirka", "dr": "doktor", "eks": "eksempel", "evt": "eventuelt", "f.eks": "for eksempel",
        "Fr": "fru", "hr": "herr", "kl": "klokken", "nr": "nummer", "osv": "og så videre",
    },
    "nb": {
        "ca": "cirka", "dr": "doktor", "eks": "eksempel", "evt": "eventuelt", "f.eks": "for eksempel",
        "Fr": "fru", "hr": "herr", "kl": "klokka", "nr": "nummer", "osv": "og så videre",
        "t.eks": "til eksempel",
    },
    "sv": {
        "ca": "cirka", "dr": "doktor", "Fr": "fru", "hr": "herr", "kl": "klockan", "nr": "nummer",
        "t.ex": "till exempel",
    },
    "cs": {
        "apod": "a podobně", "atd": "a tak dále", "dr": "doktor", "ing": "inženýr", "např": "například",
        "tj": "to je", "tzn": "to znamená",
    },
    "sk": {"apod": "a podobne", "atd": "a tak ďalej", "dr": "doktor", "ing": "inžinier", "tj": "to je"},
    "pl": {
        "dr": "doktor", "mgr": "magister", "np": "na przykład", "nr": "numer", "tj": "to jest",
        "tzn": "to znaczy",
    },
}  # fmt: skip

_NORWEGIAN: Final = frozenset(["nn", "no"])


def meanings(language: str) -> Mapping[str, str]:
    """Return what abbreviations of a language stand for, by their letters without the last dot.

    Lower case is any case; one with a capital is written so alone.
    """
    primary = language.partition("-")[0].lower()
    return _BY_LANGUAGE.get("nb" if primary in _NORWEGIAN else primary, {})
