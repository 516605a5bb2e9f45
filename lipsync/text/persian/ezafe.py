"""A Persian text as it is read in, the marks of its ezafes out: کتابِ من (ketāb-e man), خانهٔ ما (xāne-ye mā).

The last step of `lipsync.text.reading`. Most Persian is written without these marks, and a voice
that does not see them joins no words. What the writer or an owner's lexicon marked stays as it is,
and says nothing of its neighbours, so that what was marked here is marked the same again. A mark too
many is worse than one too few. Standard library only, linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from lipsync.text.letters import ZWNJ
from lipsync.text.persian.ezafe_known import always, never
from lipsync.text.persian.ezafe_marks import LATIN, mark_of
from lipsync.text.persian.ezafe_tagger import likelihoods, shipped_weights
from lipsync.text.persian.homographs_cues import CARDINALS
from lipsync.text.persian.spacing import Mend, Word

_SHADDA: Final = "\u0651"
_MARK: Final = "\u064b-\u065f\u0670"
_TOKEN: Final = re.compile(rf"[\u0620-\u065f\u0670-\u06d3{ZWNJ}]+|[A-Za-z][A-Za-z0-9'’.+#-]*")
_MARKS: Final = re.compile(rf"[{_MARK}]+")
_SEALED: Final = re.compile(rf"[{_MARK}]+\Z")
_TOGETHER: Final = re.compile(r" ?[«“‘\"]? ?")
"""Between words of one clause. What closes a quotation, and every other mark, parts."""
_LONGEST: Final = 60
"""Words of a clause that are weighed at once."""


_AND: Final = "و"
_WEIGHED_AS: Final = {"د\u064eه": "هشت"}
"""The number ten as the reader writes it, which without its mark would be weighed as a village."""


def ezafe_mends(text: str) -> Iterator[Mend]:
    """Yield the marks a text lacks, front to back, each put behind the last letter of its word.

    Args:
        text: cleaned, its numbers and signs read, its words joined.
    """
    for clause in _clauses(text):
        for first in range(0, len(clause), _LONGEST):
            yield from _marks(clause[first : first + _LONGEST])


def plain(word: str) -> str:
    """Return a word as it is looked up: without marks, and foreign ones alike."""
    if word.isalpha() and not word[0].isascii():
        return word
    return LATIN if word[0].isascii() else _MARKS.sub("", word)


def clause_words(text: str) -> Iterator[list[str]]:
    """Yield the words of each clause, as they stand, marks and all; for those who train and measure."""
    for clause in _clauses(text):
        yield [word.text for word in clause]


def _clauses(text: str) -> Iterator[list[Word]]:
    clause: list[Word] = []
    for found in _TOKEN.finditer(text):
        word = Word(found.group(), *found.span())
        if clause and not _are_together(text, clause[-1].end, word.start):
            yield clause
            clause = []
        clause.append(word)
    if clause:
        yield clause


def _are_together(text: str, end: int, start: int) -> bool:
    # A space alone is what mostly stands there.
    if start == end:
        # One word in two scripts.
        return False
    return text[end:start] == " " or _TOGETHER.fullmatch(text, end, start) is not None


def _marks(clause: Sequence[Word]) -> Iterator[Mend]:
    words = [_WEIGHED_AS.get(word.text) or plain(word.text) for word in clause]
    if len(words) < 2:
        return
    learnt = shipped_weights()
    led = False
    for place, likelihood in enumerate(likelihoods(words, learnt)):
        word, number = clause[place], words[place] in CARDINALS
        marked = _is_sealed(word.text)
        wanted = likelihood >= learnt.threshold or always(words, place)
        if not marked and wanted and (led or not number) and not never(words, place):
            yield Mend(word.end, word.end, mark_of(words[place]))
            marked = True
        # ساعتِ دهِ صبح (sā'at-e dah-e sobh), but ده روز (dah ruz): a number begins no phrase.
        led = led if number or words[place] == _AND else marked


def _is_sealed(word: str) -> bool:
    """Tell whether a word's last letter was marked by whoever wrote it."""
    if not "\u064b" <= word[-1] <= "\u0670":
        return False
    sealed = _SEALED.search(word)
    return sealed is not None and sealed.group() != _SHADDA
