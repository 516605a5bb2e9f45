"""A text in, caption cues out: what is shown at once, and where its lines break.

The one place that decides it. The `.vtt` file is laid out by it, and the front door sends its
answer with the utterance, so that a page can show a whole cue before its last word is spoken and
nothing moves while it is. Positions count code points of the text as written. Standard library
only, and linear in the length of the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from lipsync.text.letters import LINE_ENDS, can_be_said
from lipsync.text.sentence_rules import FULL_STOPS
from lipsync.text.sentences import split_sentences
from lipsync.text.words import word_spans

LINE_CHARACTERS: Final = 42
"""Longest line a reader takes in at a glance; one longer word still gets a line of its own."""

LINES: Final = 2
"""Most lines of one cue; `_broken` counts on there being no more."""

# Costs are squares of characters: a line that is 20 short costs 400.
_AFTER_CLAUSE: Final = -400
_BEFORE_OPENER: Final = -100
_PARTED: Final = 1500
"""Worse than any unevenness a reader would mind: a line ends with "and", or begins with «را»."""
_MEASURE_PARTED: Final = 1200
"""A number and what it counts, or a month and its year, stand on two lines."""
_NUMBER_PARTED: Final = 500
_NEW_CUE: Final = 100
_NEW_CUE_IN_CLAUSE: Final = 300

_SENTENCE_ENDS: Final = frozenset(".!?…" + FULL_STOPS) - frozenset("؛")
_CLAUSE_ENDS: Final = frozenset(",،;؛:—–")
_OPENING: Final = frozenset("«“‘\"'([{‹")
_EZAFE_SIGNS: Final = ("\u0650", "\u0654", "\u06c0")
"""Kasra, hamza above and heh with hamza: what follows belongs to the word."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_LEADING: Final = _set(
    "و یا که اگر تا به از در با بر برای بی بدون درباره دربارهٔ میان بین روی زیر هر هیچ این آن همین همان "
    "یک چند چه نه چون ولی اما زیرا پس بسیار خیلی "
    "the a an of to in on at by for from with and or but that this these as is are was were my your our "
    "his her their its not no very"
)
"""Words that lead to what follows; a line does not end with one."""

_TRAILING: Final = _set(
    "را رو ها های هایی تر ترین ام ای اند ایم اید است نیست هست بود بودند شد شدند شده کرد کردند کرده"
)
"""Words that complete what stands before; a line does not begin with one."""

_OPENERS: Final = _set("و یا که اگر تا چون ولی اما زیرا and or but that because which who when if so")
"""Words a line begins well with."""

_UNITS: Final = _set(
    "درصد هزار میلیون میلیارد تریلیون تومان تومن ریال دلار یورو نفر سال ماه روز ساعت دقیقه ثانیه درجه متر "
    "سانتی\u200cمتر میلی\u200cمتر کیلومتر کیلو کیلوگرم گرم تن لیتر بار برابر واحد مورد عدد صفحه"
)
"""Words that say what a number counts; it does not end a line before them."""

_MONTHS: Final = _set(
    "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند ژانویه فوریه مارس آوریل مه ژوئن "
    "ژوئیه اوت سپتامبر اکتبر نوامبر دسامبر سال"
)
"""Words that a year or a day beside them belongs to, the months also with ماه behind."""

_TIMES: Final = _set("سال ماه هفته روز شب ساعت دقیقه")
_AGO: Final = _set("پیش قبل بعد گذشته آینده جاری")
"""Words that say which of the times before them is meant."""

_NUMBER: Final = re.compile(r"[+\-−±]?\d+(?:[.,:/٫٬-]\d+)*[%٪]?")
_OVERRIDES: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_KEYBOARDS: Final = str.maketrans("يك", "یک")

Span = tuple[int, int]
"""Start and end in the text, in code points."""


@dataclass(frozen=True, slots=True)
class Cue:
    """What is shown at once."""

    lines: tuple[Span, ...]
    """One or two, in order; white space between them is in neither."""

    @property
    def start(self) -> int:
        """Position of its first character in the text."""
        return self.lines[0][0]

    @property
    def end(self) -> int:
        """Position after its last character."""
        return self.lines[-1][1]


def shown(stretch: str) -> str:
    """Return a stretch of a text as one line of a caption.

    White space is one space each. Embeddings, overrides and isolates go: a cue is a piece of
    the text, and one that is opened in a cue and closed in another turns everything between.
    """
    return " ".join(_OVERRIDES.sub("", stretch).split())


def cues_of(text: str, language: str | None = None) -> tuple[Cue, ...]:
    """Return a text as cues: one or more for every sentence, none for two of them.

    Every sign that is written is in exactly one line. A line is broken after punctuation
    rather than elsewhere, never within a word, and never so that a word is parted from what it
    belongs to if that can be had; lines are of much the same length.

    Args:
        text: as shown.
        language: BCP 47 tag; sentences end as they do in it.

    Returns:
        Cues in order; none if nothing in the text can be said.
    """
    return tuple(
        cue
        for sentence in _sentences(text, language)
        for cue in _broken([_Word(text, span) for span in sentence])
    )


@dataclass(frozen=True, slots=True)
class Piece:
    """A word of a cue with the signs that stand free beside it: what no line break parts."""

    start: int
    end: int
    break_cost: int
    """What it costs to begin a line with it, in squares of characters: 400 and less is seldom
    too much, more than a thousand parts words that belong together, below 0 is a good place."""


def pieces_of(text: str, cue: Cue) -> tuple[Piece, ...]:
    """Return what a cue may be broken between, for whoever has less room than its lines take."""
    spans = _glued(text[cue.start : cue.end], {0}) or [(0, cue.end - cue.start)]
    words = [_Word(text, (cue.start + start, cue.start + end)) for start, end in spans]
    costs = [0, *(here.break_before(following) for here, following in pairwise(words))]
    return tuple(Piece(*word.span, cost) for word, cost in zip(words, costs, strict=True))


def _sentences(text: str, language: str | None) -> Iterator[list[Span]]:
    """Yield the words of every sentence, each with the signs that stand free beside it."""
    found = split_sentences(text, language)
    if not found:
        return
    ends = {sentence.end for sentence in found}
    spans = _glued(text, {sentence.start for sentence in found})
    sentence: list[Span] = []
    for span, following in pairwise([*spans, (len(text), len(text))]):
        sentence.append(span)
        ended = span[1] in ends and _closing(text[span[0] : span[1]]) & _SENTENCE_ENDS
        if ended or any(sign in LINE_ENDS for sign in text[span[1] : following[0]]):
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def _glued(text: str, starts: set[int]) -> list[Span]:
    """Return the words; a dash or an emoji goes with the word before, or after it at a start."""
    spans: list[Span] = []
    begun: int | None = None
    for first, end in word_spans(text):
        start, word = first, text[first:end]
        said = any(map(can_be_said, word))
        if begun is not None:
            start, begun = begun, None
        if said:
            spans.append((start, end))
        elif not spans or start in starts or set(word) <= _OPENING:
            begun = start
        else:
            spans[-1] = (spans[-1][0], end)
    if begun is not None and spans:
        spans[-1] = (spans[-1][0], len(text.rstrip()))
    return spans


class _Word:
    """A word with what the break beside it would cost."""

    def __init__(self, text: str, span: Span) -> None:
        written = text[span[0] : span[1]]
        self.span = span
        self.width = _width(written)
        closing = _closing(written)
        self.ends_clause = bool(closing & _CLAUSE_ENDS)
        self._abbreviated = "." in closing
        self._bare = written.translate(_KEYBOARDS).casefold().strip("«»“”‘’\"'()[]{}‹›.,،;؛:!?؟…—–- ")

    def break_before(self, following: _Word) -> int:
        """Return what it costs to end a line here."""
        if self.ends_clause:
            return _AFTER_CLAUSE
        if self._leads() or following._bare in _TRAILING or self._goes_on_in(following):
            return _PARTED
        if self._measured_by(following):
            return _MEASURE_PARTED
        if self._counts():
            return _NUMBER_PARTED
        return _BEFORE_OPENER if following._bare in _OPENERS else 0

    def _goes_on_in(self, following: _Word) -> bool:
        # Groups of a phone or a card: read across a line's end they are two numbers.
        return self._bare[-1:].isdecimal() and following._bare[:1].isdecimal()

    def _measured_by(self, following: _Word) -> bool:
        # «۳۱٫۶ درصد» (31.6 darsad), «مهرماه ۱۴۰۳» (mehrmâh-e 1403), «ماه پیش» (mâh-e piš).
        if self._counts():
            return following._bare in _UNITS or following._month()
        if following._counts():
            return self._month()
        return self._bare in _TIMES and following._bare in _AGO

    def _counts(self) -> bool:
        return _NUMBER.fullmatch(self._bare) is not None

    def _month(self) -> bool:
        return self._bare.removesuffix("ماه").rstrip("\u200c") in _MONTHS

    def _leads(self) -> bool:
        # A dot inside a sentence belongs to a title or an initial: "Dr. Karimi".
        return self._abbreviated or self._bare in _LEADING or self._bare.endswith(_EZAFE_SIGNS)


def _width(written: str) -> int:
    """Return how many characters a word takes: a mark stands on its letter."""
    line = shown(written)
    return len(line) if line.isascii() else len(line) - sum(map(bool, map(unicodedata.combining, line)))


def _closing(written: str) -> set[str]:
    """Return the signs after a word's last letter or digit."""
    end = len(written)
    while end and not written[end - 1].isalnum():
        end -= 1
    return set(written[end:])


_Way = tuple[int, int, int]
"""A cheapest way to set words up to some place: its cost, the word that its last line begins
with, and which line of its cue the line before it is (0 for the first of all)."""


def _broken(words: Sequence[_Word]) -> list[Cue]:
    """Return a sentence as cues, by the cheapest of all ways to break it (Knuth and Plass, 1981).

    Filling each line before the next would leave single words at the end.
    """
    breaks = [0, *(here.break_before(following) for here, following in pairwise(words))]
    new_cues = [0, *(cost + _new_cue(here) for cost, here in zip(breaks[1:], words, strict=False))]
    # For every number of words, the cheapest way for each line of a cue that may come last.
    first: list[_Way] = [(0, 0, 0)]
    second: list[_Way | None] = [None]
    for end in range(1, len(words) + 1):
        alone: list[_Way] = []
        below: list[_Way] = []
        for start, spent in _lines_to(words, end):
            cost_1, cost_2 = first[start][0], second[start]
            before = (cost_1, 1) if cost_2 is None or cost_1 <= cost_2[0] else (cost_2[0], 2)
            alone.append((before[0] + spent + new_cues[start], start, before[1] if start else 0))
            if start:
                below.append((cost_1 + spent + breaks[start], start, 1))
        first.append(min(alone))
        second.append(min(below, default=None))
    return _cues_along(first, second, words)


def _new_cue(last: _Word) -> int:
    return _NEW_CUE if last.ends_clause else _NEW_CUE_IN_CLAUSE


def _lines_to(words: Sequence[_Word], end: int) -> Iterator[tuple[int, int]]:
    """Yield every place where a line that ends at `end` may begin, and what its room costs."""
    width = -1
    for start in range(end - 1, -1, -1):
        width += 1 + words[start].width
        if width > LINE_CHARACTERS and start < end - 1:
            return
        yield start, max(0, LINE_CHARACTERS - width) ** 2


def _cues_along(first: Sequence[_Way], second: Sequence[_Way | None], words: Sequence[_Word]) -> list[Cue]:
    """Follow the cheapest way back from its end."""
    end, last = len(words), second[-1]
    way = first[-1] if last is None or first[-1][0] <= last[0] else last
    cues: list[list[Span]] = []
    open_cue = False
    while end:
        _, start, before = way
        if not open_cue:
            cues.append([])
        cues[-1].append((words[start].span[0], words[end - 1].span[1]))
        open_cue = way is second[end]
        above = second[start] if before == LINES else None
        end, way = start, first[start] if above is None else above
    return [Cue(tuple(reversed(lines))) for lines in reversed(cues)]
