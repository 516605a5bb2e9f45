"""A written text in, sentences out: each as written, as spoken, and the map between.

Between the front door's text and the voices. Splits on Persian and Latin marks and on
line ends, never inside a number, an address or initials. Standard library only, and
linear in the length of the text. What a mark means for intonation is the voice's affair.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from lipsync.text.letters import LINE_ENDS, can_be_said, clean, is_silent
from lipsync.text.mapped import MappedText, Span
from lipsync.text.sentence_rules import CLAUSE_MARKS, FULL_STOPS, SentenceRules, rules_of

LONGEST = 300
"""Characters a sentence may have; longer ones are cut, so that no buffer grows with the text."""

_SHORTEST_CUT = 100
"""A cut at a clause mark leaves at least this many characters before it."""

ENDS = ".!?\u2026" + FULL_STOPS
CLOSERS = "\"'\u00bb\u201d\u2019)]}\u203a\u300d\u300f\uff09"

_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s«»<>]{1,2048}|[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}")
_ADDRESS_SIGNS = ("://", "www.", "@")
"""Without one of these there is no address, and nothing to look for at every word."""
_ADDRESS_TAIL = ".!?,:;)]}\"'\u061f\u061b\u060c\u2026"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a text, as written and as spoken."""

    index: int
    """Place among the text's sentences, from 0."""
    start: int
    """Position of the first character in the whole written text."""
    end: int
    written: str
    spoken: str
    spoken_to_written: tuple[Span, ...]
    """For each character of `spoken`, its range in `written` (not in the whole text)."""

    def written_range(self, start: int, end: int) -> Span:
        """Return the range of `written` under the range [start, end) of `spoken`.

        Raises:
            ValueError: the range is empty or reaches outside `spoken`.
        """
        return MappedText(self.written, self.spoken, self.spoken_to_written).written_range(start, end)


def split_sentences(text: str, language: str | None = None) -> tuple[Sentence, ...]:
    """Split a text into sentences that each have something to say.

    Stretches without a letter or digit go with the sentence before them, or after them
    at the very start, so the sentences cover every word and none is silent.

    Args:
        text: as written.
        language: BCP 47 tag; None is a text of which nothing is known.

    Returns:
        Sentences in order; none if nothing in the text can be said.
    """
    whole = enumerate(sentence_spans(text, language=language))
    return tuple(sentence_at(text, index, span, language) for index, span in whole)


def sentence_spans(text: str, after: int = 0, language: str | None = None) -> list[Span]:
    """Return where the sentences of a text begin and end: those of `split_sentences`, unread.

    Args:
        text: the whole text.
        after: what ends up to here is of no account; it is not looked into, and may be parted more.
        language: as for `split_sentences`.
    """
    rules = rules_of(language)
    pieces = [cut for piece in _pieces(text, rules) for cut in _cut_long(text, *piece)]
    return [trimmed(text, *piece) for piece in _join_silent(text, pieces, after)]


def sentence_at(text: str, index: int, span: Span, language: str | None = None) -> Sentence:
    """Return a stretch of a text as the sentence of a number.

    Args:
        text: the whole text.
        index: its place among what is spoken, from 0.
        span: where it begins and ends in the text.
        language: as for `split_sentences`.
    """
    start, end = span
    cleaned = clean(text[start:end], language)
    return Sentence(index, start, end, cleaned.written, cleaned.spoken, cleaned.spoken_to_written)


def trimmed(text: str, start: int, end: int) -> Span:
    """Return a stretch of a text without the white space at its edges."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _pieces(text: str, rules: SentenceRules) -> Iterator[tuple[int, int]]:
    """Yield [start, end) of every stretch up to an end mark or a line end."""
    closed = _inside_addresses(text)
    ends = ENDS + rules.ends
    stop = _stop_pattern(ends)
    start = position = 0
    while (found := stop.search(text, position)) is not None:
        position, after = found.start(), found.start() + 1
        if text[position] in LINE_ENDS:
            yield start, position
            start = after
        elif not closed[position]:
            after = _run(text, position, ends)
            if _is_end(text, start, position, after, rules):
                yield start, after
                start = after
        position = after
    yield start, len(text)


@lru_cache
def _stop_pattern(ends: str) -> re.Pattern[str]:
    return re.compile(f"[{re.escape(LINE_ENDS + ends)}]")


def _inside_addresses(text: str) -> bytearray:
    """Mark every position inside a URL or an e-mail address, but not the marks after it."""
    inside = bytearray(len(text))
    if not any(sign in text for sign in _ADDRESS_SIGNS):
        return inside
    for match in _ADDRESS.finditer(text):
        length = len(match.group().rstrip(_ADDRESS_TAIL))
        inside[match.start() : match.start() + length] = b"\x01" * length
    return inside


def _run(text: str, position: int, ends: str) -> int:
    """Return the position after a run of end marks and the closing quotes behind it."""
    while position < len(text) and text[position] in ends:
        position += 1
    while position < len(text) and text[position] in CLOSERS:
        position += 1
    return position


def _is_end(text: str, start: int, mark: int, after: int, rules: SentenceRules) -> bool:
    following = text[after : after + 1]
    gap = not following or following.isspace()
    if text[mark:after].rstrip(CLOSERS) != ".":
        return gap or text[mark] in FULL_STOPS or not (following.isascii() or text[mark] in rules.ends)
    if gap:
        return not is_abbreviated(text, start, mark, rules)
    return mark - start >= 2 and _is_persian(following) and _is_persian(text[mark - 2 : mark])


def _is_persian(letters: str) -> bool:
    """Tell whether these are Arabic-script letters; two of them before a dot are no initial."""
    return bool(letters) and all("\u0620" <= char <= "\u06d3" and char.isalpha() for char in letters)


def is_abbreviated(text: str, start: int, mark: int, rules: SentenceRules) -> bool:
    """Tell whether the dot at `mark` belongs to an initial, an abbreviation or a number.

    Args:
        text: as written, or cleaned.
        start: where the sentence begins that it may end.
        mark: place of the dot.
        rules: of the text's language.
    """
    first = mark
    # Longer words are no abbreviation, and a bound keeps "aaaa…" linear.
    while first > max(start, mark - 12) and (text[first - 1].isalnum() or text[first - 1] == "."):
        first -= 1
    whole = text[first:mark]
    word = whole.rpartition(".")[2]
    if word.isdecimal():
        return not text[start : mark - len(word)].strip() or (rules.dotted_ordinals and len(whole) <= 2)
    known = {word.lower(), whole.lower()} & rules.abbreviations
    return (len(word) == 1 and word.isalpha()) or bool(known)


def _cut_long(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > LONGEST:
        cut = _cut(text, start)
        yield start, cut
        start = cut
    yield start, end


def _cut(text: str, start: int) -> int:
    """Return where to cut an overlong sentence: a clause mark, a space, or anywhere."""
    limit = start + LONGEST
    for position in range(limit, start + _SHORTEST_CUT, -1):
        if text[position - 1] in CLAUSE_MARKS and text[position].isspace():
            return position
    for position in range(limit, start, -1):
        if text[position].isspace():
            return position
    # One word without a space: never part a letter from its marks, or half-spaces from both.
    for position in range(limit, start + _SHORTEST_CUT, -1):
        if can_be_said(text[position]) and can_be_said(text[position - 1]):
            return position
    return limit


def _join_silent(text: str, pieces: list[tuple[int, int]], after: int) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    waiting: int | None = None
    for start, end in pieces:
        if 0 < end <= after or not is_silent(text[start:end]):
            joined.append((start if waiting is None else waiting, end))
            waiting = None
        elif joined:
            joined[-1] = (joined[-1][0], end)
        elif waiting is None:
            waiting = start
    return joined
