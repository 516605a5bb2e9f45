"""The Persian words and verbs that ship with the package: what part of speech a spelling can be.

In: words.tsv, pairs.tsv and verbs.tsv beside this room, read at the first call, never at import. Out: a
word's tags, the verbs that a noun makes a compound with, words that belong together, and every written form
of a verb. Neighbours: the ezafe marker asks here. Which of a word's tags holds in a sentence is not decided
here.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final, NamedTuple

from lipsync.text.persian.numbers import ZWNJ

TAGS: Final = frozenset(
    {
        "N",
        "A",
        "D",
        "V",
        "P",
        "PE",
        "C",
        "PRO",
        "DET",
        "NUM",
        "UNIT",
        "TIME",
        "HUM",
        "PL",
        "NAME",
        "SUR",
        "PLACE",
    }
    | {"T0", "TE", "LV", "IND"}
    | {"REL", "DEED", "BODY", "ANI", "NAT", "DEV", "MAS", "BODP", "THING", "DOC", "SITE", "ABST"}
)
"""What words.tsv may say of a word; its first lines tell what each means."""

_PRESENT_ENDINGS: Final = ("م", "ی", "د", "یم", "ید", "ند")
_SPOKEN_ENDINGS: Final = ("ه", "ین", "ن")
_PAST_ENDINGS: Final = ("م", "ی", "", "یم", "ید", "ند")
_WORN_STEMS: Final = frozenset("رگشد")
"""Present stems worn down in speech, as in می‌گم (mi-gam); without a sign their forms are other words."""
_PERFECT_ENDINGS: Final = ("ام", "ای", "ایم", "اید", "اند", "است", "")


class Word(NamedTuple):
    """What is known of one spelling."""

    tags: frozenset[str]
    """Members of `TAGS`; at least one."""
    verbs: tuple[str, ...]
    """Infinitives it makes a compound with: گرفتن (gereftan) for تصمیم (tasmim); empty if none is known."""


class Verb(NamedTuple):
    """The two stems that all forms of a verb are made of."""

    past: str
    present: str
    prefix: str
    """Written before both, as بر (bar) in برمی‌گردد (bar-mi-gardad); empty if there is none."""


@cache
def words() -> MappingProxyType[str, Word]:
    """Return every word of words.tsv, without marks, with what is known of it."""
    rows = {}
    for fields in _rows("words.tsv"):
        verbs = tuple(fields[2].split(",")) if len(fields) > 2 else ()
        rows[fields[0]] = Word(frozenset(fields[1].split(",")), verbs)
    return MappingProxyType(rows)


@cache
def pairs() -> frozenset[tuple[str, str]]:
    """Return two words each that belong together with an ezafe between them: محیط زیست (mohit-e zist)."""
    return frozenset((row[0], row[1]) for row in _rows("pairs.tsv"))


@cache
def verbs() -> tuple[Verb, ...]:
    """Return every verb of verbs.tsv in the order that it stands there."""
    return tuple(Verb(row[0], row[1], row[2] if len(row) > 2 else "") for row in _rows("verbs.tsv"))


@cache
def verb_forms() -> frozenset[str]:
    """Return the finite forms of every verb, without marks, with ZWNJ where spelling wants it.

    A verb of compounds also has its present without a sign, as in کمک کنند (komak konand).
    """
    forms = {form for verb in verbs() for form in forms_of(verb)}
    light = {name for word in words().values() for name in word.verbs}
    bare = (
        form
        for verb in verbs()
        if _infinitive(verb) in light and verb.present not in _WORN_STEMS
        for ending in _PRESENT_ENDINGS
        for form in _present(verb.present, ending)
    )
    return frozenset(forms | set(bare))


@cache
def infinitives() -> frozenset[str]:
    """Return the infinitives, which are nouns and take an ezafe: رفتن (raftan), برگشتن (bar-gaštan)."""
    return frozenset(map(_infinitive, verbs()))


def forms_of(verb: Verb) -> frozenset[str]:
    """Return the finite forms of one verb, perfect and subjunctive too, spelt as the reader joins them."""
    past = {verb.past + ending for ending in _PAST_ENDINGS}
    present = {form for ending in _PRESENT_ENDINGS for form in _present(verb.present, ending)}
    spoken = {verb.present + ending for ending in _SPOKEN_ENDINGS}
    participle = f"{verb.past}ه"
    perfect = {f"{participle}{ZWNJ}{ending}" if ending else participle for ending in _PERFECT_ENDINGS}
    bare = past | perfect | {_after("ن", form) for form in past | perfect}
    bare |= {_after(sign, form) for sign in "بن" for form in present | spoken}
    bare |= {_after("ب", verb.present), _after("ن", verb.present)}
    bare |= {
        f"{sign}{ZWNJ}{form}"
        for sign in ("می", "نمی")
        for form in past | present | spoken | {f"{participle}{ZWNJ}است"}
    }
    return frozenset(verb.prefix + form for form in (bare | present if verb.prefix else bare))


def _infinitive(verb: Verb) -> str:
    return f"{verb.prefix}{verb.past}ن"


def _rows(name: str) -> list[list[str]]:
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if not line.startswith("#")]


def _present(stem: str, ending: str) -> tuple[str, ...]:
    """A stem in alef takes a yeh, آید (āyad); one in vav may: گوید (guyad), but شود (šavad)."""
    glide = stem + "ی" + ending
    if stem.endswith(("ا", "آ")):
        return (glide,)
    return (glide, stem + ending) if stem.endswith("و") else (stem + ending,)


def _after(sign: str, form: str) -> str:
    """Before آ the sign brings a yeh and takes its madda: بیاید (bi-āyad), نیامد (nayāmad)."""
    if form.startswith("آ"):
        return f"{sign}یا{form[1:]}"
    return f"{sign}ی{form[1:]}" if form.startswith("ا") and not form.startswith("ای") else sign + form
