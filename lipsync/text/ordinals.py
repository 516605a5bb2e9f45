"""A number with an ordinal's dot in, the ordinal in words out, by language.

Used by `lipsync.text.dots`. Only for languages whose ordinals stay as they are, or change by the
word before; where cases decide there is nothing here. Standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

_GERMAN: Final = (
    "erst zweit dritt viert fünft sechst siebt acht neunt zehnt elft zwölft dreizehnt vierzehnt fünfzehnt "
    "sechzehnt siebzehnt achtzehnt neunzehnt"
)
_GERMAN_UNITS: Final = "ein zwei drei vier fünf sechs sieben acht neun"
_GERMAN_TENS: Final = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig"
_GERMAN_E: Final = frozenset(["der", "die", "das", "dieser", "diese", "dieses", "jede", "jedes", "jeder"])
_GERMAN_EN: Final = frozenset(
    ["am", "im", "vom", "zum", "zur", "beim", "dem", "den", "des", "einem", "einen", "einer", "eines",
     "seinem", "seinen", "seiner", "ihrem", "ihren", "ihrer", "meinem", "meinen", "meiner", "diesem",
     "diesen", "jedem", "jeden", "ab", "bis", "seit", "nach", "vor", "ins", "ans"]
)  # fmt: skip
"""Words after which an ordinal ends in -en, nearly always."""

_TURKISH: Final = (
    "birinci ikinci üçüncü dördüncü beşinci altıncı yedinci sekizinci dokuzuncu",
    "onuncu yirminci otuzuncu kırkıncı ellinci altmışıncı yetmişinci sekseninci doksanıncı",
    "on yirmi otuz kırk elli altmış yetmiş seksen doksan",
)
_AZERBAIJANI: Final = (
    "birinci ikinci üçüncü dördüncü beşinci altıncı yeddinci səkkizinci doqquzuncu",
    "onuncu iyirminci otuzuncu qırxıncı əllinci altmışıncı yetmişinci səksəninci doxsanıncı",
    "on iyirmi otuz qırx əlli altmış yetmiş səksən doxsan",
)

_DANISH: Final = (
    "første anden tredje fjerde femte sjette syvende ottende niende tiende ellevte tolvte trettende "
    "fjortende femtende sekstende syttende attende nittende tyvende enogtyvende toogtyvende treogtyvende "
    "fireogtyvende femogtyvende seksogtyvende syvogtyvende otteogtyvende niogtyvende tredivte enogtredivte"
)
_NORWEGIAN: Final = (
    "første andre tredje fjerde femte sjette sjuende åttende niende tiende ellevte tolvte trettende "
    "fjortende femtende sekstende syttende attende nittende tjuende tjueførste tjueandre tjuetredje "
    "tjuefjerde tjuefemte tjuesjette tjuesjuende tjueåttende tjueniende trettiende trettiførste"
)
_SWEDISH: Final = (
    "första andra tredje fjärde femte sjätte sjunde åttonde nionde tionde elfte tolfte trettonde fjortonde "
    "femtonde sextonde sjuttonde artonde nittonde tjugonde tjugoförsta tjugoandra tjugotredje tjugofjärde "
    "tjugofemte tjugosjätte tjugosjunde tjugoåttonde tjugonionde trettionde trettioförsta"
)

_Ordinal = Callable[[int, str], str | None]


def _german(number: int, before: str) -> str | None:
    stems = _GERMAN.split()
    if number <= len(stems):
        stem = stems[number - 1]
    else:
        tens, unit = divmod(number, 10)
        joined = f"{_GERMAN_UNITS.split()[unit - 1]}und" if unit else ""
        stem = f"{joined}{_GERMAN_TENS.split()[tens - 2]}st"
    return stem + ("en" if before in _GERMAN_EN else "e" if before in _GERMAN_E else "er")


def _composed(*tables: str) -> _Ordinal:
    units, round_tens, tens = (table.split() for table in tables)

    def ordinal(number: int, _before: str) -> str | None:
        ten, unit = divmod(number, 10)
        if not unit:
            return round_tens[ten - 1]
        return f"{tens[ten - 1]} {units[unit - 1]}" if ten else units[unit - 1]

    return ordinal


def _listed(table: str) -> _Ordinal:
    words = table.split()
    return lambda number, _before: words[number - 1] if number <= len(words) else None


_BY_LANGUAGE: Final[Mapping[str, _Ordinal]] = {
    "de": _german,
    "tr": _composed(*_TURKISH),
    "az": _composed(*_AZERBAIJANI),
    "da": _listed(_DANISH),
    **dict.fromkeys(("nb", "nn", "no"), _listed(_NORWEGIAN)),
    "sv": _listed(_SWEDISH),
}


def ordinal_in_words(number: int, language: str, before: str = "") -> str | None:
    """Return a number as an ordinal; None where its word is not known.

    Args:
        number: from 1 to 99; others have no word here.
        language: BCP 47 tag.
        before: the word before it, on which its ending may depend ("am dritten", "der dritte").
    """
    ordinal = _BY_LANGUAGE.get(language.partition("-")[0].lower())
    return ordinal(number, before.lower()) if ordinal is not None and 1 <= number <= 99 else None
