"""Phoneme symbols in, visemes out: what a mouth aims at, and how much it insists.

Between the voices' notation (eSpeak mnemonics of `fa` and `en`, from its phoneme tables, or
IPA by way of `lipsync.mouth.ipa`) and `lipsync.mouth.track`. Targets are the controls of
`lipsync.mouth.controls`; weights are dominances after Cohen and Massaro (1993): a weight near
0 leaves a control to the neighbours. A symbol that is in no table goes by the rule of `visemes_of`.
"""

from __future__ import annotations

from dataclasses import dataclass

from lipsync.mouth import ipa


@dataclass(frozen=True, slots=True, kw_only=True)
class Viseme:
    """A mouth's aim for one sound; targets 0..1, weights 0 and up."""

    jaw: float = 0.0
    round: float = 0.0
    spread: float = 0.0
    upper: float = 0.0
    lower: float = 0.0
    tongue: float = 0.0
    jaw_weight: float = 1.0
    lips_weight: float = 1.0
    """How much rounding and spreading insist."""
    teeth_weight: float = 0.5
    """How much the upper and lower lips' own lift insists."""
    tongue_weight: float = 0.6
    press: bool = False
    """A bilabial: the lips must meet."""
    tuck: bool = False
    """A labiodental: the lower lip must reach the upper teeth."""
    vowel: bool = False
    """Stress and length scale it."""
    silence: bool = False


def _vowel(jaw: float, lips: float, upper: float = 0.0, lower: float = 0.0) -> Viseme:
    """Return a vowel; `lips` is rounding above 0 and spreading below."""
    return Viseme(
        jaw=jaw,
        round=max(lips, 0.0),
        spread=max(-lips, 0.0),
        upper=upper,
        lower=lower,
        lips_weight=1.0 if abs(lips) >= 0.3 else 0.6,
        vowel=True,
    )


REST = Viseme(jaw_weight=1.0, teeth_weight=1.0, tongue_weight=1.0, silence=True)

OPEN_BACK = _vowel(0.72, 0.18, lower=0.15)
OPEN_FRONT = _vowel(0.66, -0.26, upper=0.20, lower=0.22)
OPEN = _vowel(0.74, 0.0, upper=0.08, lower=0.2)
MID_FRONT = _vowel(0.44, -0.42, upper=0.18, lower=0.18)
CLOSE_FRONT = _vowel(0.22, -0.66, upper=0.22, lower=0.12)
NEAR_CLOSE_FRONT = _vowel(0.28, -0.45, upper=0.16, lower=0.12)
MID = _vowel(0.38, 0.0, lower=0.08)
MID_OPEN = _vowel(0.56, 0.0, upper=0.06, lower=0.12)
RHOTIC = _vowel(0.34, 0.36, lower=0.1)
MID_BACK = _vowel(0.46, 0.62)
OPEN_ROUND = _vowel(0.60, 0.42)
CLOSE_BACK = _vowel(0.24, 0.88)
NEAR_CLOSE_BACK = _vowel(0.30, 0.62)

BILABIAL = Viseme(jaw=0.08, jaw_weight=1.1, lips_weight=0.15, teeth_weight=1.0, tongue_weight=0.2, press=True)
LABIODENTAL = Viseme(jaw=0.14, upper=0.28, jaw_weight=1.1, lips_weight=0.2, teeth_weight=1.0, tuck=True)
DENTAL = Viseme(
    jaw=0.20, upper=0.12, lower=0.22, tongue=0.85, jaw_weight=0.9, lips_weight=0.2, tongue_weight=1.2
)
ALVEOLAR = Viseme(
    jaw=0.18, upper=0.08, lower=0.16, tongue=0.95, jaw_weight=0.8, lips_weight=0.12, tongue_weight=1.3
)
LATERAL = Viseme(jaw=0.28, lower=0.12, tongue=1.0, jaw_weight=0.6, lips_weight=0.12, tongue_weight=1.4)
TAP = Viseme(jaw=0.28, lower=0.14, tongue=0.7, jaw_weight=0.5, lips_weight=0.12)
SIBILANT = Viseme(
    jaw=0.10,
    spread=0.28,
    upper=0.34,
    lower=0.46,
    tongue=0.3,
    jaw_weight=1.5,
    lips_weight=0.35,
    teeth_weight=1.3,
)
POSTALVEOLAR = Viseme(
    jaw=0.13,
    round=0.52,
    upper=0.44,
    lower=0.42,
    tongue=0.2,
    jaw_weight=1.4,
    lips_weight=0.9,
    teeth_weight=1.2,
)
APPROXIMANT_R = Viseme(jaw=0.22, round=0.42, tongue=0.15, jaw_weight=0.7, lips_weight=0.6)
VELAR = Viseme(jaw=0.26, jaw_weight=0.35, lips_weight=0.05, teeth_weight=0.15, tongue_weight=0.4)
GLOTTAL = Viseme(jaw=0.30, jaw_weight=0.06, lips_weight=0.02, teeth_weight=0.03, tongue_weight=0.1)
PALATAL = Viseme(jaw=0.20, spread=0.5, upper=0.16, lower=0.1, jaw_weight=0.8, lips_weight=0.6)
LABIAL_GLIDE = Viseme(jaw=0.16, round=0.95, jaw_weight=1.0, lips_weight=1.5)

_GROUPS: tuple[tuple[tuple[Viseme, ...], str], ...] = (
    ((REST,), "_ ||"),
    ((OPEN_BACK,), "A A~"),
    ((OPEN_FRONT,), "a #a a# a2 aa"),
    ((OPEN,), "A: A@ A#"),
    ((MID_FRONT,), "e #e E E# E2 e: e# e#2"),
    ((CLOSE_FRONT,), "i #i i: ;"),
    ((NEAR_CLOSE_FRONT,), "I I2 I# I2# #@"),
    ((MID,), "@ @- @2 @5 @# a#2 m- n- N- r-"),
    ((MID_OPEN,), "V"),
    ((RHOTIC,), "3 3: IR VR"),
    ((MID_BACK,), "o #o o: O: O O2 O~ O@ o@"),
    ((OPEN_ROUND,), "0 0# 02"),
    ((CLOSE_BACK,), "u #u u: oU#"),
    ((NEAR_CLOSE_BACK,), "U"),
    ((MID, LATERAL), "@L l-"),
    ((MID_FRONT, NEAR_CLOSE_FRONT), "eI"),
    ((OPEN, NEAR_CLOSE_FRONT), "aI aI@"),
    ((OPEN, MID), "aI3 aU@"),
    ((MID_BACK, NEAR_CLOSE_FRONT), "OI"),
    ((OPEN, NEAR_CLOSE_BACK), "aU"),
    ((MID_BACK, NEAR_CLOSE_BACK), "oU"),
    ((MID_FRONT, MID), "e@"),
    ((CLOSE_FRONT, MID), "i@ i@3"),
    ((NEAR_CLOSE_BACK, MID), "U@"),
    ((BILABIAL,), "p b m B"),
    ((LABIODENTAL,), "f v v#"),
    ((DENTAL,), "T D t[ d["),
    ((ALVEOLAR,), "t d n t# d# t2 n. n^ s. z. z/2"),
    ((LATERAL,), "l l/ l/2 l/3 l^ l. l# L L/"),
    ((TAP,), "R R2 R3 * ** r."),
    ((SIBILANT,), "s z s; z; z#"),
    ((POSTALVEOLAR,), "S Z S; Z; tS dZ tS; dZ;"),
    ((APPROXIMANT_R,), 'r r/ r"'),
    ((VELAR,), 'k g x X q N c J J^ C Q Q^ Q" #X1'),
    ((GLOTTAL,), "h ? 1 : -"),
    ((PALATAL,), "j"),
    ((LABIAL_GLIDE,), "w w#"),
)

_BY_SYMBOL = {symbol: visemes for visemes, symbols in _GROUPS for symbol in symbols.split()}

_PRIMARY_STRESS, _SECONDARY_STRESS = ("'", ipa.STRESS[0]), (",", ipa.STRESS[1])
_STRESS_MARKS = "',%=" + ipa.STRESS

_BY_FIRST_LETTER: tuple[tuple[str, tuple[Viseme, ...]], ...] = (
    ("aA", (OPEN_FRONT,)),
    ("eE", (MID_FRONT,)),
    ("iIyY", (NEAR_CLOSE_FRONT,)),
    ("oO0", (MID_BACK,)),
    ("uUW", (NEAR_CLOSE_BACK,)),
    ("@&V3", (MID,)),
    ("pbmB", (BILABIAL,)),
    ("fvF", (LABIODENTAL,)),
    ("tdnlLTDrR", (ALVEOLAR,)),
    ("sz", (SIBILANT,)),
    ("SZ", (POSTALVEOLAR,)),
    ("w", (LABIAL_GLIDE,)),
    ("j", (PALATAL,)),
    ("_", (REST,)),
)


@dataclass(frozen=True, slots=True)
class Sound:
    """A phoneme symbol taken apart."""

    visemes: tuple[Viseme, ...]
    """One, or the two ends of a diphthong in order."""
    stress: float
    """Opening of a vowel relative to a stressed one, 0..1."""


def is_known(symbol: str) -> bool:
    """Tell whether a symbol, with or without its stress mark, is in the table or a pause."""
    plain = symbol.lstrip(_STRESS_MARKS)
    return plain in _BY_SYMBOL or ipa.mnemonic_of(plain) is not None or plain.startswith("_")


def is_stressed(symbol: str) -> bool:
    """Tell whether a symbol carries the mark of primary stress."""
    return symbol.startswith(_PRIMARY_STRESS)


def visemes_of(symbol: str) -> Sound:
    """Return what a phoneme looks like.

    eSpeak changes to other languages' tables for other scripts. A symbol outside those of
    `fa` and `en` goes by its first letter, since all of eSpeak's tables write a bilabial
    with p, b, m and a front vowel with i, e; any other is a neutral consonant. So every
    symbol gives a mouth, and a closure is never lost.
    """
    plain = symbol.lstrip(_STRESS_MARKS)
    known = _BY_SYMBOL.get(plain) or _BY_SYMBOL.get(ipa.mnemonic_of(plain) or "")
    return Sound(known or _by_first_letter(plain), _stress(symbol))


def _by_first_letter(plain: str) -> tuple[Viseme, ...]:
    for letters, visemes in _BY_FIRST_LETTER:
        if plain[:1] and plain[0] in letters:
            return visemes
    return (VELAR,)


def _stress(symbol: str) -> float:
    if symbol.startswith(_PRIMARY_STRESS):
        return 1.0
    return 0.92 if symbol.startswith(_SECONDARY_STRESS) else 0.84
