"""Which scripts a language's voices pronounce, and which they can only spell.

Given a script it does not know, eSpeak NG does not stay silent: it says the names of the
letters, in English. Standard library only, so the front door may ask.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_SPELT: Final[Mapping[str, frozenset[str]]] = {
    "fa": frozenset({"Cyrillic", "Hebrew", "Han", "Hiragana", "Katakana", "Thai"}),
    "en": frozenset({"Arabic", "Cyrillic", "Greek", "Hebrew", "Han", "Hiragana", "Katakana", "Thai"}),
}
"""By language, where it was tried: scripts whose letters its voices name one by one."""

_FOREIGN: Final = frozenset({"Arabic", "Cyrillic", "Hebrew", "Han", "Hiragana", "Katakana", "Thai"})
"""Scripts that a voice of another language names letter by letter. Greek is read as Greek by most."""

_OWN: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("ar", "ur", "sd", "ug"), frozenset({"Arabic"})),
    **dict.fromkeys(
        ("ru", "uk", "be", "bg", "sr", "mk", "ba", "cv", "kk", "ky", "tt", "nog", "bs", "hr"),
        frozenset({"Cyrillic"}),
    ),
    **dict.fromkeys(("cmn", "zh", "yue", "hak"), frozenset({"Han"})),
    # Of Japanese it reads the kana; of a kanji it says that it is a Chinese letter.
    "ja": frozenset({"Hiragana", "Katakana"}),
    "he": frozenset({"Hebrew"}),
    "th": frozenset({"Thai"}),
}  # fmt: skip
"""By language: which of those scripts are its own."""


def spelt_in(language: str) -> frozenset[str]:
    """Return the scripts that voices of a language name letter by letter, by its BCP 47 tag."""
    primary = language.partition("-")[0].lower()
    return _SPELT.get(primary, _FOREIGN - _OWN.get(primary, frozenset()))

_SCRIPT_OF_NAME: Final[Mapping[str, str]] = {
    "ARABIC": "Arabic", "CYRILLIC": "Cyrillic", "GREEK": "Greek", "HEBREW": "Hebrew", "CJK": "Han",
    "HIRAGANA": "Hiragana", "KATAKANA": "Katakana", "THAI": "Thai",
}  # fmt: skip
"""First word of a letter's Unicode name, where it is one of those a voice may only spell."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """How much of a text a voice would spell instead of reading it."""

    scripts: tuple[str, ...]
    """The scripts it does not read, the most frequent first; empty when it reads everything."""
    letters: int
    """Letters of those scripts."""
    readable: int
    """Letters and digits of the text that it does read."""

    @property
    def whole(self) -> bool:
        """Whether nothing of the text would be read."""
        return self.letters > 0 and self.readable == 0


def spelling(text: str, language: str) -> Spelling:
    """Return what a voice of a language would spell of a text.

    Args:
        text: as it was written.
        language: BCP 47 tag of the voice.
    """
    spelt = spelt_in(language)
    found: Counter[str] = Counter()
    readable = 0
    for char in text:
        if unicodedata.category(char)[0] not in "LN":
            continue
        script = _SCRIPT_OF_NAME.get(unicodedata.name(char, "").partition(" ")[0], "")
        # A digit is read in every language, whatever script it is of.
        if script in spelt and not char.isdigit():
            found[script] += 1
        else:
            readable += 1
    return Spelling(tuple(script for script, _ in found.most_common()), found.total(), readable)
