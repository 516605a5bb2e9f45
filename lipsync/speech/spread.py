"""What is said in a recording, and where it is voiced, in; when each word is heard out, by guess.

Nobody tells when the words of a transcript fall. They are spread over the voiced parts in
proportion to their letters, so that no word is shown in a pause and the whole ends with the
speech; within a minute of even speech a word is off by a second or less.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from lipsync.speech.spans import WordSpan
from lipsync.text.letters import can_be_said
from lipsync.text.words import word_spans

_DIGIT_LETTERS: Final = 4
"""A digit stands for a word of about so many letters."""
_WORD_LETTERS: Final = 1
"""Vowels that are not written, and what parts words."""

SampleSpan = tuple[int, int]


def spread_words(text: str, voiced: Sequence[SampleSpan]) -> list[WordSpan]:
    """Return the words of a transcript with the samples they are taken to be heard for.

    A word lies in the one voiced part that its middle falls into, so words follow each other and
    none is heard in two parts. Signs that are not said are no words.

    Args:
        text: the transcript.
        voiced: the parts, in order, in samples of the recording.

    Returns:
        In order; none where nothing is voiced or nothing in the text can be said.
    """
    letters = {char: _letters(char) for char in set(text)}
    weighed = [(span, sum(map(letters.__getitem__, text[slice(*span)]))) for span in word_spans(text)]
    words = [(span, weight) for span, weight in weighed if weight]
    lengths = [end - start for start, end in voiced]
    total = sum(lengths)
    if not words or not total:
        return []
    ends = list(accumulate(weight + _WORD_LETTERS for _, weight in words))
    befores = [0, *accumulate(lengths)]
    spans = []
    for ((start, end), _), low, high in zip(words, [0, *ends], ends, strict=False):
        at, until = low * total // ends[-1], high * total // ends[-1]
        part = min(bisect_right(befores, (at + until) // 2) - 1, len(voiced) - 1)
        begin = voiced[part][0] - befores[part]
        spans.append(
            WordSpan(start, end, max(at + begin, voiced[part][0]), min(until + begin, voiced[part][1]))
        )
    return spans


def _letters(char: str) -> int:
    if not can_be_said(char):
        return 0
    return _DIGIT_LETTERS if char.isdecimal() else 1
