"""A Persian text in, which of its words eSpeak NG must be given in another spelling out.

Between the table `workers.espeak_words` and `workers.espeak_phonemes`. What is shown, and what
other rooms call spoken, never has these spellings. A word with its writer's marks keeps them.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from lipsync.text.letters import HAMZA_ABOVE, PHONEMES_CLOSE, PHONEMES_OPEN, TATWEEL, ZWNJ
from workers.espeak_words import BEFORE_EZAFE, ENDING_IN_VI, IN_PHONEMES, OTHERWISE, VERBS, WORDS

_KASRA: Final = "\u0650"
_MARK: Final = re.compile("[\u064b-\u0655]")
_WORD: Final = re.compile("[\u0620-\u065f\u066e-\u06d3\u200c]+")
_WORD_PART: Final = re.compile(f"[^ {ZWNJ}]+")
_SILENT_H: Final = re.compile(f"(?<=[\u0621-\u06d3\u0651]{_KASRA})ه(?={ZWNJ}|\\Z)")
_SILENT_H_EZAFE: Final = re.compile(f"(?<=[\u0621-\u06d3\u0651]{_KASRA})ه{HAMZA_ABOVE}\\Z")
_HEARD_H: Final = re.compile(r"(?:د|م|متوج|مشاب|فرب|مواج|منب|موج|متنب)ه(?![^\u200c])")
"""In these the h behind a kasra is heard: deh, motavajjeh."""
_JOINED: Final = frozenset(
    ["ها", "های", "هایی", "هایم", "هایت", "هایش", "هایمان", "هایتان", "هایشان", "ام", "ات", "اش", "ای", "اند"]
)
_ENDINGS: Final = {
    "م": "\u064eم", "ت": "\u064eت", "ش": "\u064eش",
    "مان": "\u0650مان", "شان": "\u0650شان", "تان": "\u0650تان",
    **{ending: ending for ending in ("ی", "ان", "ها", "های", "هایی", "هایم", "هایت", "هایش")},
}  # fmt: skip
"""Behind a word that is spelt with vowel marks, eSpeak gives an ending no vowel of its own."""
_ENDINGS_OF_ALEF: Final = {
    "ی": f"ی{_KASRA}", **{ending: ending for ending in ("یی", "یم", "یت", "یش", "ها", "های")},
}  # fmt: skip
_LETTERS: Final = {
    "پی": "پیی", "دی": "دیی", "وی": "ویی", "ان": "اِن", "ام": "اِم", "زد": "زِد", "اف": "اِف", "اس": "اِس",
    "ال": "اِل", "ای": "اِی",
}  # fmt: skip
"""Names of Latin letters that eSpeak says as other words: pey, dey, vey, ān, zad, or with an ezafe af-e."""
_SURE_LETTERS: Final = ["اف", "جی", "اچ", "کیو", "اس", "تی", "یو", "دبلیو", "ایکس", "سی", "آی"]
"""Words that are hardly anything else beside other names of letters; «در پی وی» (dar pey-e vey) has none."""
_OTHER_LETTERS: Final = ["اِی", "ایْ", "بی", "کی", "آر", "او", "اِم", "اِن", "وای"]
_WITH_E: Final = frozenset(["الایدی", "التیای", "سیایاو"])
"""LED, LTE, CEO: elsewhere «ای» is nearly always the name of A."""
_ONE_LETTER: Final = "|".join((*_LETTERS, *_SURE_LETTERS, *_OTHER_LETTERS))
_SPELT_OUT: Final = re.compile(
    f"(?<![\u0620-\u065f\u066e-\u06d3\u200c])(?:{_ONE_LETTER})(?:[ {ZWNJ}](?:{_ONE_LETTER}))+"
    f"(?=[{_KASRA}]?(?![\u0620-\u065f\u066e-\u06d3]))"
)
_FEWEST_UNSURE: Final = 3
"""So many names of letters in a row spell something, sure ones among them or not: دی وی دی."""
_SHORTEST_STEM: Final = 4
"""Letters; a shorter word with an ending looks too much like another word."""
_LONGEST_ENDING: Final = 4


def _table(words: str) -> dict[str, str]:
    return {_MARK.sub("", word): word for word in words.split()}


_WORDS: Final = _table(WORDS) | OTHERWISE
_BEFORE_EZAFE: Final = frozenset(BEFORE_EZAFE.split())
_ENDING_IN_VI: Final = frozenset(ENDING_IN_VI.split())
_SPELT: Final = (
    _WORDS
    | _table(VERBS)
    | {word: f"{PHONEMES_OPEN}{said}{PHONEMES_CLOSE}" for word, said in IN_PHONEMES.items()}
)


def respellings(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the start and end of each word that eSpeak is given otherwise, and how."""
    at = 0
    for spelt in _SPELT_OUT.finditer(text):
        if _spells(spelt.group()):
            yield from _words(text, at, spelt.start())
            at = spelt.end()
            with_e = re.sub(f"[ {ZWNJ}]", "", spelt.group()) in _WITH_E
            for name in _WORD_PART.finditer(text, *spelt.span()):
                if name.group() in _LETTERS and not (with_e and name.group() == "ای"):
                    yield *name.span(), _LETTERS[name.group()]
    yield from _words(text, at, len(text))


def _words(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    for found in _WORD.finditer(text, start, end):
        said = _said(found.group())
        if said != found.group():
            yield *found.span(), said


def _spells(names: str) -> bool:
    """Tell whether names of letters in a row are that, and not other words."""
    parts = _WORD_PART.findall(names)
    return len(parts) >= _FEWEST_UNSURE or ZWNJ in names or not set(parts).isdisjoint(_SURE_LETTERS)


@lru_cache(maxsize=4096)
def _said(word: str) -> str:
    ezafe = word[-1] if word.endswith((_KASRA, HAMZA_ABOVE)) else ""
    stem = word.removesuffix(ezafe)
    spelt = stem if _MARK.search(stem) else _spelt(stem)
    return _with_silent_h(_with_ezafe(spelt.removesuffix(ezafe), ezafe) if ezafe else spelt)


def _spelt(word: str) -> str:
    if word in _SPELT:
        return _SPELT[word]
    if word.startswith(f"نمی{ZWNJ}"):
        return "ن" + _SPELT.get(word[1:], word[1:])
    first, joint, rest = word.rpartition(ZWNJ)
    if joint and rest in _JOINED and first in _SPELT:
        return _SPELT[first] + joint + rest
    return _with_ending(word)


def _with_ending(word: str) -> str:
    for length in range(1, min(len(word) - _SHORTEST_STEM, _LONGEST_ENDING) + 1):
        stem, ending = word[:-length], word[-length:]
        spelt = _WORDS.get(stem, "")
        said = (_ENDINGS_OF_ALEF if stem.endswith("ا") else _ENDINGS).get(ending)
        if spelt and said and not spelt.endswith(f"{_KASRA}ه"):
            return spelt + said
    return word


def _with_ezafe(word: str, mark: str) -> str:
    """Return a word with its ezafe mark as eSpeak says just one: sedā-ye and not sedā-yee, sāye-ye.

    Behind a half-space the mark leaves a word as eSpeak's dictionary has it, but takes the stress.
    """
    if word.endswith(PHONEMES_CLOSE):
        return f"{word.removesuffix(PHONEMES_CLOSE).removesuffix('e')}e{PHONEMES_CLOSE}"
    if mark == HAMZA_ABOVE:
        return f"{word}{ZWNJ}ی{_KASRA}" if word.endswith("یه") else word + mark
    if word in _BEFORE_EZAFE:
        return word + ZWNJ + mark
    return word if _has_ezafe(word) else word + mark


def _has_ezafe(word: str) -> bool:
    """Tell whether eSpeak says an ezafe behind a word's last ی without being told."""
    if word.endswith("های") and word != "های":
        return True
    if _MARK.search(word):
        return False
    if word.endswith("ای"):
        return len(word) > len("جای") and not word.endswith(f"{ZWNJ}ای")
    if not word.endswith("وی") or word.endswith("اوی") or word in _ENDING_IN_VI:
        return False
    return len(word) > len("موی") or word in {"روی", "توی"}


def _with_silent_h(word: str) -> str:
    """Return a word that ends in a kasra and a silent ه so that eSpeak says no h: kare, kare-ye."""
    if "ه" not in word or _HEARD_H.match(_MARK.sub("", word)):
        return word
    word = _SILENT_H_EZAFE.sub(f"ی{_KASRA}", word)
    return _SILENT_H.sub(TATWEEL, word)
