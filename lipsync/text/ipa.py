"""A pronunciation in the phonetic alphabet in, eSpeak NG's mnemonics of it out.

Used by `lipsync.text.ssml` to judge what a writer gave, and by `lipsync.text.passages` where the
language that says it is known: every language of eSpeak has its own sounds, and one that it
lacks becomes the nearest it has. What was tried with each table stands in its test. Standard
library only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

LONGEST: Final = 200

_EVERYWHERE: Final = {
    "p": "p", "b": "b", "t": "t", "d": "d", "k": "k", "g": "g", "ɡ": "g", "q": "q", "ɢ": "q", "ʔ": "?",
    "f": "f", "v": "v", "ʋ": "v", "θ": "T", "ð": "D", "s": "s", "z": "z", "ʃ": "S", "ʒ": "Z", "ʂ": "S",
    "ʐ": "Z", "ɕ": "S", "ʑ": "Z", "ç": "C", "x": "x", "χ": "X", "ɣ": "Q", "ʁ": "Q", "h": "h", "ɦ": "h",
    "ħ": "h", "ʕ": "?", "m": "m", "ɱ": "m", "n": "n", "ɳ": "n", "ɲ": "n^", "ŋ": "N", "l": "l", "ɫ": "l",
    "ʎ": "l^", "r": "r", "ɾ": "*", "ɹ": "r", "ɽ": "*", "ʀ": "r", "j": "j", "w": "w", "ɥ": "w", "c": "c",
    "ɟ": "J", "tʃ": "tS", "dʒ": "dZ", "tɕ": "tS", "dʑ": "dZ", "ts": "ts",
    "a": "a", "ɐ": "a", "æ": "a", "ɑ": "a", "ɒ": "o", "ʌ": "a", "e": "e", "ɛ": "e", "ɜ": "@", "ɝ": "@",
    "ə": "@", "ɚ": "@", "ɘ": "@", "ɨ": "i", "i": "i", "ɪ": "i", "ɯ": "u", "o": "o", "ɔ": "o", "ɵ": "o",
    "ø": "e", "œ": "e", "u": "u", "ʊ": "u", "ʉ": "u", "y": "i", "ʏ": "i",
}  # fmt: skip
"""Sounds that every language of eSpeak has, as far as it was tried."""

_OWN: Final[Mapping[str, Mapping[str, str]]] = {
    "fa": {"ɑ": "A", "ɒ": "A", "ɑː": "A", "ɒː": "A", "ts": "ts", "ʌ": "a"},
    "en": {
        "ɑ": "A:", "ɑː": "A:", "ɒ": "0", "ɪ": "I", "ʊ": "U", "ɔ": "O", "ɔː": "O:", "ʌ": "V", "ɛ": "E",
        "ɜ": "3:", "ɜː": "3:", "ɝ": "3:", "ɚ": "3", "i": "i:", "iː": "i:", "uː": "u:", "eɪ": "eI",
        "aɪ": "aI", "ɔɪ": "OI", "aʊ": "aU", "oʊ": "oU", "əʊ": "oU", "ts": "ts",
    },
    "de": {
        "ɪ": "I", "ʊ": "U", "ɔ": "O", "ɛ": "E", "ɛː": "E:", "aː": "A:", "eː": "e:", "iː": "i:", "oː": "o:",
        "uː": "u:", "y": "y", "yː": "y:", "ʏ": "y", "œ": "W", "øː": "Y:", "ø": "Y:", "aɪ": "aI", "aʊ": "aU",
    },
    "fr": {"ɛ": "E", "ɔ": "O", "y": "y", "ø": "Y", "œ": "W"},
    "tr": {"ɛ": "E", "ɔ": "O", "y": "y", "ø": "Y", "œ": "W"},
}  # fmt: skip

_STRESS: Final = {"ˈ": "'", "ˌ": ","}
_DROPPED: Final = frozenset("ːˑ.‿͜͡ʰʲʷˠˤ̩̯̪̃ʼ")
"""Lengths, ties and colours that eSpeak has no sign for, where the table has none with them."""
_SPACE: Final = "_|"
"""What parts two words in mnemonics."""
_MNEMONICS: Final = re.compile(r"[A-Za-z0-9@:;'`,_|^*~?!.#\"%=&+$ -]+")


class UnknownPhoneme(ValueError):
    """A sign is none of the alphabet; use one of those listed."""

    def __init__(self, told: str, known: tuple[str, ...] = ()) -> None:
        super().__init__(told)
        self.known = known


def check_pronunciation(text: str, *, ipa: bool) -> None:
    """Let a pronunciation pass that `mnemonics` can turn into sounds.

    Raises:
        UnknownPhoneme: a sign is not known, or there is none, or there are more than `LONGEST`.
    """
    if not 0 < len(text.strip()) <= LONGEST:
        raise UnknownPhoneme(f"a pronunciation has 1 to {LONGEST} signs")
    if ipa:
        mnemonics(text, "en")
    elif not _MNEMONICS.fullmatch(text):
        raise UnknownPhoneme(f"{text!r} has signs that eSpeak has no use for")


def mnemonics(ipa: str, language: str) -> str:
    """Return IPA as eSpeak's mnemonics.

    Args:
        ipa: what `check_pronunciation` let pass.
        language: BCP 47 tag of the voice that says it.

    Raises:
        UnknownPhoneme: a sign is not in the table.
    """
    own = _OWN.get(language.partition("-")[0].lower(), {})
    parts: list[str] = []
    at = 0
    while at < len(ipa):
        for length in (2, 1):
            sign = ipa[at : at + length]
            found = own.get(sign) or _EVERYWHERE.get(sign)
            if found is not None:
                break
        else:
            found, length = _other(ipa[at]), 1
        parts.append(found)
        at += length
    return "".join(parts)


def _other(sign: str) -> str:
    if sign in _STRESS:
        return _STRESS[sign]
    if sign in _DROPPED:
        return ""
    if sign.isspace():
        return _SPACE
    raise UnknownPhoneme(f"{sign!r} is not known", tuple(sorted({*_EVERYWHERE, *_STRESS})))
