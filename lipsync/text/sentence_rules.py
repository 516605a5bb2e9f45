"""How sentences end, by language. Tables only, for `lipsync.text.sentences`.

Marks that end a sentence in one script and stand for nothing else in another hold for every
text; what differs (a dot after a number, an abbreviation, the Greek question mark) goes by the
language, where it is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

FULL_STOPS: Final = "\u061f\u061b\u06d4\u3002\uff01\uff1f\uff61\u0964\u0965\u0589\u1362\u1367\u17d4\u104b"
"""Marks that end a sentence whatever follows, with or without a space: of Arabic script (؟ ؛ ۔),
Chinese and Japanese (。 ！ ？ ｡), Devanagari (। ॥), Armenian, Ethiopic, Khmer and Burmese."""

CLAUSE_MARKS: Final = "،,;:\u2014\u2013\uff0c\u3001\uff1b\uff1a\u1363"
"""Marks after which an overlong sentence is cut best."""

_EVERYWHERE: Final = frozenset(
    ["mr", "mrs", "ms", "dr", "prof", "st", "vs", "vol", "fig", "approx", "dept", "صص"]
)
"""English ones, which stand in texts of any language, and Persian ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceRules:
    """What holds in one language beside what holds in all."""

    ends: str = ""
    """Further marks that end a sentence when a space follows."""
    abbreviations: frozenset[str] = _EVERYWHERE
    """Words, lower case, that end in a dot and seldom end a sentence."""
    dotted_ordinals: bool = False
    """Whether a dot behind a number of one or two digits makes an ordinal: "am 3. Oktober"."""


def _rules(abbreviations: str = "", *, ends: str = "", dotted_ordinals: bool = False) -> SentenceRules:
    return SentenceRules(
        ends=ends,
        abbreviations=_EVERYWHERE | frozenset(abbreviations.split()),
        dotted_ordinals=dotted_ordinals,
    )


_PLAIN: Final = SentenceRules()
_NORDIC: Final = _rules("bl ca eks evt f.eks fr hr kl nr osv t.eks t.ex", dotted_ordinals=True)
_SLAVIC: Final = _rules("apod atd atp č čl ing mgr např nr np oraz pl tj tzn tzv ul", dotted_ordinals=True)

_BY_LANGUAGE: Final[Mapping[str, SentenceRules]] = {
    "de": _rules(
        "abb abs bzw ca chr d.h evtl fr ggf hr inkl jh mio mrd n.chr nr s.o s.u sog str tel u.a usw v.chr "
        "vgl z.b z.t zzgl",
        dotted_ordinals=True,
    ),
    "fr": _rules("av bd cf etc ex m me mm mlle mme no p.ex st ste"),
    "es": _rules("ud uds sr sra srta dra etc ej pág p.ej núm av"),
    "it": _rules("sig sigra dott ecc es pag art ing avv"),
    "pt": _rules("sr sra dra etc pág ex nº av"),
    "nl": _rules("bijv bv dhr mevr mw nr enz ca o.a d.w.z"),
    "tr": _rules("vb vs bkz doç yrd av alb yy sn no st t.c", dotted_ordinals=True),
    "az": _rules("və.s məs", dotted_ordinals=True),
    "ru": _rules("г гг т.е т.д т.п др стр ул руб тыс млн млрд им н.э см"),
    "uk": _rules("р рр т.д т.п др стор вул грн тис млн млрд ім"),
    "el": _rules("κ κα π.χ δηλ κ.λπ κτλ", ends=";\u037e"),
    "fi": _rules("esim jne mm ns n klo yms", dotted_ordinals=True),
    "hu": _rules("pl ill stb kb ún u.ö", dotted_ordinals=True),
    **dict.fromkeys(("da", "nb", "nn", "no", "sv", "is"), _NORDIC),
    **dict.fromkeys(("cs", "sk", "pl", "sl", "hr", "bs", "sr", "et", "lv"), _SLAVIC),
}  # fmt: skip


def rules_of(language: str | None) -> SentenceRules:
    """Return the rules of a language by its BCP 47 tag; None and others have what all have."""
    return _PLAIN if language is None else _BY_LANGUAGE.get(language.partition("-")[0].lower(), _PLAIN)
