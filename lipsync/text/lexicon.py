"""Words that somebody wants said in their own way: what an entry may be, and where a text has one.

Between the rows of `avatars.lexicons`, which keep entries, and the reader, which puts what is
spoken in the place of what is written. A word that carries vowel marks is never found: its
writer has said how it is read. Standard library only, and linear in the length of the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from lipsync.text.errors import NoteWrong, SpokenWrong, WordWrong
from lipsync.text.letters import HAMZA_ABOVE, MOST_MARKS, ZWNJ, ZWSP, clean

LONGEST_WORD: Final = 80
LONGEST_SPOKEN: Final = 200
LONGEST_NOTE: Final = 200
MOST_WORDS: Final = 4
"""With spaces or hyphens between them."""
MOST_PARTS: Final = 8
"""With half-spaces between them too."""

_KASRA: Final = "\u0650"
_EZAFE_MARKS: Final = frozenset({_KASRA, HAMZA_ABOVE})
"""On the last letter these say that the next word belongs to it, and nothing of the word's own sound."""
VOWEL_MARKS: Final = "\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0653\u0654\u0655\u0656\u0670"
"""Marks that what is spoken may have, and that nobody types who looks for it."""
_HYPHEN: Final = "-"
_GAPS: Final = frozenset({" ", ZWNJ, _HYPHEN})
"""What may stand between the parts of one word, each as good as another: می‌شود (mi-šavad), می شود."""

_SUFFIXES: Final = frozenset({
    "ها", "های", "هایی", "هایم", "هایت", "هایش", "هایمان", "هایتان", "هایشان", "هام", "هات", "هاش",
    "هامون", "هاتون", "هاشون", "هاست", "ام", "ات", "اش", "ای", "ایم", "اید", "اند", "مان", "تان",
    "شان", "مون", "تون", "شون", "م", "ت", "ش", "ی", "یی", "یم", "ید", "ند", "یش", "یت", "یمان",
    "یتان", "یشان", "تر", "تری", "ترین",
})  # fmt: skip
"""Endings that leave a word what it is: کتاب‌ها (ketāb-hā) is کتاب, کتاب‌خانه (ketāb-xāne) is not."""

_SEAM: Final = re.compile(
    r"(?<=[A-Za-z\u00c0-\u024f])(?=[\u0620-\u064a\u066e-\u06d3])"
    r"|(?<=[\u0620-\u064a\u066e-\u06d3])(?=[A-Za-z\u00c0-\u024f])"
)
"""Where a Latin word meets a Persian ending without a half-space: GPUها (GPU-hā)."""

_TANVIN_BEFORE_ALEF: Final = re.compile("\u064b\u0627")
"""As many keyboards write it; eSpeak NG wants it behind: مثلاً (masalan)."""

_WORD_ALLOWED: Final = "letters, digits, spaces, half-spaces and hyphens are allowed"
_SPOKEN_ALLOWED: Final = "letters, vowel marks, spaces and half-spaces are allowed"


@dataclass(frozen=True, slots=True)
class Entry:
    """A word and what is spoken for it, checked and folded."""

    word: str
    """As written, in the letters that voices are given."""
    key: str
    """What it is compared by: parts with one space between them, digits as ASCII."""
    spoken: str
    note: str = ""

    @property
    def first_part(self) -> str:
        """What a text must have, as one of `first_parts`, for this word to be in it."""
        return self.key.partition(" ")[0]


class Found(NamedTuple):
    """One place of a folded text where a lexicon has a word."""

    start: int
    end: int
    """Range of the word in the folded text; an ending or an ezafe mark on it stands behind."""
    word: str
    """As the lexicon has it."""


def check_entry(word: str, spoken: str, note: str = "") -> Entry:
    """Return an entry.

    Args:
        word: 1 to 80 characters, one to four words of letters and digits, no vowel marks.
        spoken: 1 to 200 characters, letters with or without vowel marks.
        note: for people; 200 characters at most, one line.

    Raises:
        WordWrong, SpokenWrong, NoteWrong: something else stands there; the message says what is allowed.
    """
    written, key = _checked_word(word)
    return Entry(written, key, _checked_spoken(spoken), _checked_note(note))


def fold_word(word: str) -> str:
    """Return what a word is compared by; any text has a key, an empty one perhaps."""
    return " ".join(part.key for part in _parts(clean(word).spoken))


def first_parts(text: str) -> frozenset[str]:
    """Return what the keys of words found in a text may begin with."""
    return frozenset(part.key for part in _parts(clean(text).spoken) if part.bare)


def words_of(text: str, lexicon: Mapping[str, str]) -> dict[str, str]:
    """Return the entries of a lexicon (word to what is spoken) that a written text has."""
    found = {each.word for each in WordIndex(lexicon).find(clean(text).spoken)}
    return {word: spoken for word, spoken in lexicon.items() if word in found}


class WordIndex:
    """A lexicon made ready to be looked for in texts."""

    def __init__(self, lexicon: Mapping[str, str]) -> None:
        self._lexicon = lexicon
        self._words: dict[str, str] = {}
        counts: dict[str, set[int]] = {}
        for word in lexicon:
            key = fold_word(word)
            parts = key.split(" ")
            self._words.setdefault(key, word)
            counts.setdefault(parts[0], set()).add(len(parts))
        self._counts = {first: sorted(found, reverse=True) for first, found in counts.items()}

    def spoken_for(self, found: Found) -> str:
        """Return what is spoken for a place that was found."""
        return self._lexicon[found.word]

    def find(self, spoken: str) -> Iterator[Found]:
        """Yield where a text has words of the lexicon: whole words, the longest that begins at a place.

        Args:
            spoken: a text folded by `lipsync.text.letters.clean`.
        """
        parts = _parts(spoken) if self._counts else []
        place = 0
        while place < len(parts):
            count, word = self._longest(parts, place)
            if word is not None:
                yield Found(parts[place].start, parts[place + count - 1].end, word)
            place += count

    def _longest(self, parts: list[_Part], place: int) -> tuple[int, str | None]:
        first = parts[place]
        if first.gap == ZWNJ:
            return 1, None
        for count in self._counts.get(first.key, ()):
            if place + count > len(parts):
                continue
            taken = parts[place : place + count]
            word = self._words.get(" ".join(part.key for part in taken))
            if word is not None and _one_word(taken) and _ends_at(parts, place + count):
                return count, word
        return 1, None


NO_WORDS: Final = WordIndex({})


class _Part(NamedTuple):
    """A run of letters, digits and marks."""

    start: int
    end: int
    """Behind its last letter, before an ezafe mark."""
    key: str
    bare: bool
    """Whether it has no marks of its writer's, an ezafe mark at its end set aside."""
    ezafe: bool
    gap: str
    """What stands between it and the part before; "" where that ends a word anyway."""


def _one_word(taken: list[_Part]) -> bool:
    """Tell whether parts may be one word: bare, with gaps that a word may have."""
    within = all(part.gap in _GAPS for part in taken[1:]) and not any(part.ezafe for part in taken[:-1])
    return within and all(part.bare for part in taken)


def _ends_at(parts: list[_Part], place: int) -> bool:
    """Tell whether a word may end before a part: nothing but endings hang on it."""
    while place < len(parts) and parts[place].gap == ZWNJ:
        if parts[place].key not in _SUFFIXES:
            return False
        place += 1
    return True


def _parts(spoken: str) -> list[_Part]:
    found: list[_Part] = []
    place, ended = 0, 0
    while place < len(spoken):
        if _kind(spoken[place]) not in "LN":
            place += 1
            continue
        start = place
        while place < len(spoken) and _kind(spoken[place]) in "LNM":
            place += 1
        gap = spoken[ended:start]
        found += _split_at_seams(spoken[start:place], start, gap if gap in _GAPS else "")
        ended = place
    return found


def _split_at_seams(run: str, start: int, gap: str) -> Iterator[_Part]:
    begun = 0
    # Most runs are of one script, and the pattern costs more than asking.
    seams = () if run.isascii() else _SEAM.finditer(run)
    for seam in seams:
        yield _part(run[begun : seam.start()], start + begun, gap)
        begun, gap = seam.start(), ZWNJ
    yield _part(run[begun:], start + begun, gap)


def _part(run: str, start: int, gap: str) -> _Part:
    ezafe = run[-1] in _EZAFE_MARKS
    letters = run[:-1] if ezafe else run
    key = "".join(_plain(char) for char in letters if not _is_vowel_mark(char))
    return _Part(start, start + len(letters), key, len(key) == len(letters), ezafe, gap)


@lru_cache(maxsize=4096)
def _kind(char: str) -> str:
    return unicodedata.category(char)[0]


def _plain(char: str) -> str:
    if not char.isdecimal():
        return char
    return str(unicodedata.decimal(char))


def _is_vowel_mark(char: str) -> bool:
    """Tell harakat from the marks of other scripts, without which a word is not spelt at all."""
    return "\u0610" <= char <= "\u06ed" and unicodedata.category(char) == "Mn"


def _checked_word(word: str) -> tuple[str, str]:
    for position, char in enumerate(word):
        if _is_vowel_mark(char):
            raise WordWrong(
                f"has a vowel mark ({_named(char)}) at position {position}; marks belong in what is spoken, "
                "since a word that its writer has marked is read as marked"
            )
        if _kind(char) not in "LNM" and not _is_gap(char) and char != _HYPHEN:
            raise WordWrong(f"has {_named(char)} at position {position}; {_WORD_ALLOWED}")
    written = clean(word).spoken.strip(_HYPHEN + " ")
    _check_length(word, written, LONGEST_WORD, WordWrong)
    if not any(char.isalpha() for char in written):
        raise WordWrong(f"has no letter; {_WORD_ALLOWED}, and one letter at least is needed")
    parts = _parts(written)
    words = 1 + sum(part.gap != ZWNJ for part in parts[1:])
    if words > MOST_WORDS or len(parts) > MOST_PARTS:
        raise WordWrong(
            f"is {words} words of {len(parts)} parts; at most {MOST_WORDS} words are allowed, "
            f"and {MOST_PARTS} parts where half-spaces part them too"
        )
    return written, " ".join(part.key for part in parts)


def _checked_spoken(spoken: str) -> str:
    marks = 0
    for position, char in enumerate(spoken):
        kind = _kind(char)
        if kind not in "LM" and not _is_gap(char):
            advice = "; write numbers out in words" if kind == "N" else ""
            raise SpokenWrong(f"has {_named(char)} at position {position}; {_SPOKEN_ALLOWED}{advice}")
        marks = marks + 1 if kind == "M" else 0
        if kind == "M" and (position == 0 or _is_gap(spoken[position - 1])):
            raise SpokenWrong(f"has a mark ({_named(char)}) without a letter at position {position}")
        if marks > MOST_MARKS:
            raise SpokenWrong(f"has more than {MOST_MARKS} marks on one letter at position {position}")
    folded = _TANVIN_BEFORE_ALEF.sub("\u0627\u064b", clean(spoken).spoken)
    _check_length(spoken, folded, LONGEST_SPOKEN, SpokenWrong)
    return folded


def _checked_note(note: str) -> str:
    if len(note) > LONGEST_NOTE:
        raise NoteWrong(f"has {len(note)} characters; at most {LONGEST_NOTE} are allowed")
    for position, char in enumerate(note):
        if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}:
            raise NoteWrong(f"has {_named(char)} at position {position}; one line of text is allowed")
    return note.strip()


def _check_length(told: str, folded: str, longest: int, wrong: type[WordWrong] | type[SpokenWrong]) -> None:
    if not folded:
        raise wrong(f"is empty; 1 to {longest} characters are allowed")
    if max(len(told), len(folded)) > longest:
        raise wrong(f"has {max(len(told), len(folded))} characters; at most {longest} are allowed")


def _is_gap(char: str) -> bool:
    """Tell spaces and half-spaces, and the invisible signs that folding takes away."""
    return char in {ZWNJ, ZWSP} or unicodedata.category(char) in {"Zs", "Cf"}


def _named(char: str) -> str:
    shown = f"{char!r}, " if char.isprintable() else ""
    return f"{shown}U+{ord(char):04X}"
