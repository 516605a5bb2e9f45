"""A text that is still being written in, the next stretch of it that may be spoken out.

Between whoever keeps the text as it comes and the voices. Left alone, it gives exactly the
sentences of the whole text, each as soon as no continuation can change it; pressed for time,
clauses as well. What was given is never taken back: the caller says how far it has come.
Standard library only; keeps nothing itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from lipsync.text.letters import is_silent
from lipsync.text.mapped import Span
from lipsync.text.sentence_rules import CLAUSE_MARKS, FULL_STOPS, rules_of
from lipsync.text.sentences import CLOSERS, ENDS, sentence_spans, trimmed


class Pressure(IntEnum):
    """How much waiting for more of the text would hurt."""

    NONE = 0
    """There is speech in hand: whole sentences only, and only those that are certain."""
    PRESSING = 1
    """Speech is running out: a sentence whose mark has come, or a clause, is said at once."""
    QUIET = 2
    """It has run out and the writer has paused: a mark at the very end is taken for an end too."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """What there is of a text."""

    text: str
    ended: bool = False
    """Whether nothing will follow."""
    flushed: int = 0
    """Up to where the writer asked for it to be said, whatever follows."""
    language: str | None = None
    """BCP 47 tag; sentences end as they do in it."""

    def spans(self, text: str, committed: int) -> list[Span]:
        """Return the sentences of the text, or of a beginning of it."""
        return sentence_spans(text, committed, self.language)


_NEXT_WORD: Final = "\u0622\u0628"
"""Any word: what follows decides whether a sentence has ended, and a word says that it has."""

_TOKEN: Final = re.compile(r"\S+")
_ADDRESS_SIGNS: Final = frozenset("/@")
_LEAST_BEFORE: Final = 3
"""Words that a clause without a mark at its end has at least."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_OPENERS: Final = _set(
    "که ولی اما زیرا چون بلکه اگر هرچند گرچه وگرنه درحالی‌که but because although which while unless"
)
"""Words that a clause of its own begins with."""

_HELD_BY: Final = {
    "که": _set(
        "این آن همین همان وقتی زمانی هنگامی چنان چنین بعد پس قبل جز مگر بس از به با هر چون جایی کسی حالا"
    )
}
"""Words that the next one completes: «این که» (in ke) is one word in two."""

_VERBS: Final = _set(
    "است بود شد کرد دارد داشت هست نیست داد گفت رفت آمد شود باشد کند گرفت زد دید خواست ماند گذاشت رسید "
    "نوشت خواند نشست ساخت شنید خورد آورد برد"
)
_PERSONS: Final = ("", "م", "ی", "یم", "ید", "ند")
_PRESENT: Final = ("می\u200c", "نمی\u200c")


def next_piece(arrived: Arrived, committed: int, pressure: Pressure = Pressure.NONE) -> Span | None:
    """Return the next stretch that may be spoken now, None when there is none yet.

    After the end of the text, None means that all of it has been given. Every letter and digit
    is given in exactly one piece; no piece begins or ends within a word, unless the writer
    flushed there or the word is longer than a sentence may be.

    Args:
        arrived: the text so far.
        committed: where the piece before ended, 0 at first.
        pressure: how much waiting would hurt.
    """
    text = arrived.text
    if arrived.ended:
        return _first(text, committed, arrived.spans(text, committed))
    if arrived.flushed > committed:
        flushed = _first(text, committed, arrived.spans(text[: arrived.flushed], committed))
        if flushed is not None:
            return flushed
    known = text[: _known(text, pressure, ENDS + rules_of(arrived.language).ends)]
    if pressure is Pressure.NONE:
        # The last one may still grow. Those before it end in front of a word that is whole, and
        # nothing behind a whole word changes what stands before it.
        return _first(text, committed, arrived.spans(known, committed)[:-1])
    *whole, begun = arrived.spans(f"{known} {_NEXT_WORD}", committed)
    return _first(text, committed, whole) or _clause(known, max(committed, begun[0]))


def _first(text: str, committed: int, spans: Iterable[Span]) -> Span | None:
    """Return the first span, or what is left of it, that has something to say."""
    for start, end in spans:
        left = trimmed(text, max(start, committed), end)
        if not is_silent(text[slice(*left)]):
            return left
    return None


def _known(text: str, pressure: Pressure, ends: str) -> int:
    """Return up to where the words are whole: a dot at the very end may stand in «۳.۵»."""
    last = len(text)
    while last and not text[last - 1].isspace():
        last -= 1
    word = text[last:]
    mark = word.rstrip(CLOSERS)[-1:]
    if pressure is Pressure.NONE or not mark or _may_be_address(word):
        return last
    if mark in FULL_STOPS:
        return len(text)
    sure = pressure is Pressure.QUIET and mark in ends and sum(map(str.isalpha, word)) > 1
    return len(text) if sure and not any(map(_may_go_on, word)) else last


def _may_go_on(char: str) -> bool:
    """Tell whether a dot behind this character may stand in a number or an address."""
    return char.isdigit() or (char.isascii() and char.isalpha())


def _may_be_address(word: str) -> bool:
    return bool(_ADDRESS_SIGNS & set(word)) or word.startswith("www")


def _clause(known: str, start: int) -> Span | None:
    """Return the longest beginning of a sentence that can be said by itself."""
    clause = trimmed(known, start, max(_cuts(known, start), default=start))
    return None if is_silent(known[slice(*clause)]) else clause


def _cuts(known: str, start: int) -> Iterator[int]:
    words = list(_TOKEN.finditer(known, start))
    for number, word in enumerate(words[:-1]):
        if _ends_clause(word.group(), words[number + 1].group()):
            yield word.end()
    for number in range(_LEAST_BEFORE, len(words)):
        if _opens_clause([word.group() for word in words[number - 1 : number + 1]]):
            yield words[number].start()
    if words and _ends_clause(words[-1].group(), "") and words[-1].end() < len(known):
        yield words[-1].end()


def _ends_clause(word: str, following: str) -> bool:
    stem = word.rstrip(CLOSERS)
    if stem[-1:] not in CLAUSE_MARKS or not stem:
        return False
    # «۳ – ۵» and «ساعت ۸: ۳۰» are one thing each.
    return not (_number_about(stem) and (not following or following[0].isdigit()))


def _number_about(stem: str) -> bool:
    bare = stem.rstrip(CLAUSE_MARKS)
    return not bare or bare[-1].isdigit()


def _opens_clause(pair: Sequence[str]) -> bool:
    before, word = pair
    if word == "و":
        return _is_verb(before)
    return word in _OPENERS and before not in _HELD_BY.get(word, ())


def _is_verb(word: str) -> bool:
    """Tell whether «و» after this word joins clauses: after a noun it joins nouns."""
    if word.startswith(_PRESENT):
        return True
    stems = (word.removesuffix(person) for person in _PERSONS if word.endswith(person))
    return any(stem in _VERBS or stem.removeprefix("ن") in _VERBS for stem in stems)
