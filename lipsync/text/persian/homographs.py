"""A sentence in, the vowel marks of its homographs out: مرد is *mard* (man) or *mord* (died), by its company.

Between `reading`, which writes the marks into what is spoken, and the tables `homographs_nouns` and
`homographs_verbs`. A word that its writer marked is left; so is one that no table has. Linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from lipsync.text.letters import HAMZA_ABOVE, ZWNJ
from lipsync.text.persian import homographs_cues as cues
from lipsync.text.persian.homographs_cues import ENDINGS, KASRA, Reading, Token
from lipsync.text.persian.homographs_nouns import NOUNS
from lipsync.text.persian.homographs_verbs import VERBS
from lipsync.text.persian.spacing import Mend

_WORD: Final = re.compile("[\u0620-\u065f\u0670-\u06d3\u200c]+")

TABLE: Final = cues.table(NOUNS) | cues.table(VERBS)

_FINITE: Final = {"مرد": "مُرد", "کشت": "کُشت", "ببر": "بِبَر", "نبرد": "نَبُرد"}
"""Verbs that are spelt like nouns."""
_FINITE_BARE: Final = re.compile("|".join(_FINITE))

NEIGHBOUR, TOPIC, MOST_TOPICS = 3, 1, 3
"""A neighbour tells as much as three words further away, and more of those tell no more."""


def homograph_mends(text: str) -> Iterator[Mend]:
    """Yield the vowel marks that a text lacks, front to back; each stands behind its letter.

    Args:
        text: cleaned, its words joined as the spelling wants them.
    """
    tokens = [Token(found.group(), *found.span()) for found in _WORD.finditer(text)]
    for place, token in enumerate(tokens):
        key, at = _key(token.text)
        readings = TABLE.get(key)
        if readings is not None:
            yield from marks_between(key, chosen(readings, text, tokens, place).spoken, token.start + at)


def verb_edges(text: str) -> frozenset[int]:
    """Return where words begin and end that are finite verbs here and nouns elsewhere: no ezafe is at either.

    Args:
        text: as for `homograph_mends`, without its ezafes.
    """
    if _FINITE_BARE.search(text) is None:
        return frozenset()
    tokens = [Token(found.group(), *found.span()) for found in _WORD.finditer(text)]
    return frozenset(
        edge
        for place, token in enumerate(tokens)
        if (wanted := _FINITE.get(token.text)) is not None
        and chosen(TABLE[token.text], text, tokens, place).spoken == wanted
        for edge in (token.start, token.end)
    )


def chosen(readings: Sequence[Reading], text: str, tokens: Sequence[Token], place: int) -> Reading:
    """Return the reading that most speaks for, the first of those equal."""
    found_before, found_after = cues.before(tokens, place), cues.after(text, tokens, place)
    found_near = cues.near(tokens, place)

    def weight(reading: Reading) -> int:
        neighbours = (not reading.before.isdisjoint(found_before)) + (
            not reading.after.isdisjoint(found_after)
        )
        topics = len(reading.near & found_near)
        return NEIGHBOUR * neighbours + TOPIC * min(topics, MOST_TOPICS)

    return max(readings, key=weight)


def marks_between(bare: str, spoken: str, start: int) -> Iterator[Mend]:
    """Yield the marks that `spoken` has more than `bare`, whose first letter stands at `start`."""
    at = 0
    place = 0
    while place < len(spoken):
        if at < len(bare) and spoken[place] == bare[at]:
            at += 1
            place += 1
            continue
        end = place + 1
        while end < len(spoken) and not (at < len(bare) and spoken[end] == bare[at]):
            end += 1
        yield Mend(start + at, start + at, spoken[place:end])
        place = end


@lru_cache(maxsize=4096)
def _key(word: str) -> tuple[str, int]:
    """Return what a word is looked up by, and where in it that begins; endings hang on it by a half-space.

    "" for a word with marks other than that of an ezafe: its writer has said how it is read.
    """
    text = word.removesuffix(KASRA).removesuffix(HAMZA_ABOVE)
    if cues.bare(text) != text:
        return "", 0
    if text.startswith(f"نمی{ZWNJ}"):
        return text[1:], 1
    if text.startswith(f"می{ZWNJ}"):
        return text, 0
    first, joint, rest = text.partition(ZWNJ)
    # «کشت‌زار» (kešt-zār) is a word of its own, «کشتی‌ها» (kašti-hā) is not.
    return (first if not joint or rest in ENDINGS else ""), 0
