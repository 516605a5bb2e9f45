"""A script and its sentences in, the passages of each sentence out: what is spoken, and how.

Between `lipsync.text.sentences`, which reads a sentence, and `lipsync.speech.runs`, which has
it said. A passage ends where the prosody, the language or a pause changes; what is read otherwise
within it (an alias, a pronunciation) stands in its place, so that the tune goes on. Strings
and positions only, standard library only.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from operator import itemgetter

from lipsync.text.ipa import mnemonics
from lipsync.text.letters import PHONEMES_CLOSE, PHONEMES_OPEN, can_be_said, clean
from lipsync.text.mapped import MappedText, Span
from lipsync.text.prosody import PLAIN, Prosody
from lipsync.text.reading import parts_by_script, read_cleaned
from lipsync.text.say_as import read_as
from lipsync.text.script import Reading, Script, Stop, Wish
from lipsync.text.sentence_rules import CLAUSE_MARKS, FULL_STOPS
from lipsync.text.sentences import Sentence

_CLOSERS = ".!?…»”’)]}›"

_Said = tuple[str, Sequence[Span], str | None]
"""What is spoken, the range of each of its characters, and its language if it is not the whole's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch of one sentence that is said in one way."""

    spoken: str
    """Empty for a pause that nothing follows."""
    spoken_to_written: tuple[Span, ...]
    """For each character of `spoken`, its range in the sentence as written."""
    prosody: Prosody = PLAIN
    language: str | None = None
    """None is the language of the whole."""
    pause_ms: int | None = None
    """Silence before it, where one was asked for."""
    marks: tuple[tuple[int, str], ...] = ()
    """Position in `spoken` and name."""


def passages_of(
    script: Script, sentences: Sequence[Sentence], language: str, prosody: Prosody = PLAIN
) -> list[tuple[Passage, ...]]:
    """Return the passages of every sentence.

    Pauses between two sentences are the end of the first, in place of the rest after it.

    Args:
        script: what was wished.
        sentences: of `script.shown`, all of them, read in `language`.
        language: BCP 47 tag of the whole.
        prosody: of the whole; wishes are within it.
    """
    stops = _shared_out(script.stops, sentences)
    wishes = iter(script.wishes)
    ahead = next(wishes, None)
    found = []
    for sentence, own_stops in zip(sentences, stops, strict=True):
        own: list[Wish] = []
        while ahead is not None and ahead.start < sentence.end:
            if ahead.end > sentence.start:
                own.append(ahead)
            if ahead.end > sentence.end:
                break
            ahead = next(wishes, None)
        found.append(_Assembly(sentence, language, prosody).passages(own, own_stops))
    return found


def _shared_out(stops: Sequence[Stop], sentences: Sequence[Sentence]) -> list[list[Stop]]:
    """Return the stops of every sentence, in order."""
    shared: list[list[Stop]] = [[] for _ in sentences]
    if not sentences:
        return shared
    starts = [sentence.start for sentence in sentences]
    between: dict[int, list[Stop]] = {}
    for stop in stops:
        following = bisect_left(starts, stop.position)
        if following and stop.position <= sentences[following - 1].end:
            shared[following - 1].append(stop)
        else:
            between.setdefault(following, []).append(stop)
    for following, group in between.items():
        last = max((place for place, stop in enumerate(group, 1) if stop.pause_ms is not None), default=0)
        if following == 0:
            shared[0][:0] = group
        elif following == len(sentences):
            shared[-1] += group
        else:
            shared[following - 1] += group[:last]
            shared[following][:0] = group[last:]
    return shared


@dataclass(slots=True)
class _Draft:
    prosody: Prosody
    language: str | None = None
    pause_ms: int | None = None
    chars: list[str] = field(default_factory=list)
    places: list[Span] = field(default_factory=list)
    marks: list[tuple[int, str]] = field(default_factory=list)
    sayable: bool = False

    def add(self, spoken: str, places: Sequence[Span]) -> None:
        self.chars += spoken
        self.places += places

    def finish(self) -> Passage:
        """Return the passage without spaces at its edges."""
        low, high = 0, len(self.chars)
        while low < high and self.chars[low].isspace():
            low += 1
        while high > low and self.chars[high - 1].isspace():
            high -= 1
        if not self.sayable:
            low = high
        return Passage(
            spoken="".join(self.chars[low:high]),
            spoken_to_written=tuple(self.places[low:high]),
            prosody=self.prosody,
            language=self.language,
            pause_ms=self.pause_ms,
            marks=tuple((min(max(at - low, 0), high - low), name) for at, name in self.marks),
        )


class _Assembly:
    """Puts one sentence together from its stretches and stops."""

    def __init__(self, sentence: Sentence, language: str, prosody: Prosody) -> None:
        self._sentence = sentence
        self._language = language
        self._prosody = prosody
        self._drafts = [_Draft(prosody)]
        self._replaced_at: frozenset[int] = frozenset()
        """Where stretches begin and end that have a reading of their own."""

    def passages(self, wishes: Sequence[Wish], stops: Sequence[Stop]) -> tuple[Passage, ...]:
        own = [wish for wish in wishes if wish.reading is not None]
        self._replaced_at = frozenset(
            place - self._sentence.start for wish in own for place in (wish.start, wish.end)
        )
        waiting = list(reversed(stops))
        for start, end, wish in self._stretches(wishes, stops):
            while waiting and waiting[-1].position - self._sentence.start <= start:
                self._stop(waiting.pop())
            self._add(start, end, wish)
        while waiting:
            self._stop(waiting.pop())
        return tuple(draft.finish() for draft in self._drafts)

    def _stretches(
        self, wishes: Sequence[Wish], stops: Sequence[Stop]
    ) -> Iterator[tuple[int, int, Wish | None]]:
        """Yield the sentence cut at every wish and stop, positions counted from its start."""
        start, length = self._sentence.start, len(self._sentence.written)
        borders = {wish.start - start for wish in wishes} | {wish.end - start for wish in wishes}
        borders |= {stop.position - start for stop in stops}
        cuts = [0, *sorted(border for border in borders if 0 < border < length), length]
        remaining = list(reversed(wishes))
        for low, high in pairwise(cuts):
            while remaining and remaining[-1].end - start <= low:
                remaining.pop()
            holds = bool(remaining) and remaining[-1].start - start <= low
            yield low, high, remaining[-1] if holds else None

    def _stop(self, stop: Stop) -> None:
        if stop.mark is not None:
            last = self._drafts[-1]
            last.marks.append((len(last.chars), stop.mark))
        if stop.pause_ms is not None:
            last = self._drafts[-1]
            if not (last.chars or last.marks):
                last.pause_ms = (last.pause_ms or 0) + stop.pause_ms
            else:
                self._drafts.append(_Draft(last.prosody, last.language, stop.pause_ms))

    def _add(self, start: int, end: int, wish: Wish | None) -> None:
        prosody = self._prosody if wish is None else wish.prosody.within(self._prosody)
        for spoken, places, language in self._read(start, end, wish):
            self._say(spoken, places, prosody, language)

    def _say(self, spoken: str, places: Sequence[Span], prosody: Prosody, language: str | None) -> None:
        draft = self._drafts[-1]
        if any(map(can_be_said, spoken)):
            if draft.sayable and (prosody, language) != (draft.prosody, draft.language):
                closing = _closing(spoken)
                draft.add(spoken[:closing], places[:closing])
                spoken, places = spoken[closing:], places[closing:]
                draft = _Draft(prosody)
                self._drafts.append(draft)
            draft.prosody, draft.language, draft.sayable = prosody, language, True
        draft.add(spoken, places)

    def _language_of(self, wish: Wish | None) -> str | None:
        if wish is None or wish.language is None or _same(wish.language, self._language):
            return None
        return wish.language

    def _read(self, start: int, end: int, wish: Wish | None) -> Iterator[_Said]:
        """Yield what is spoken for a stretch, the range of each of its characters, and its language."""
        sentence = self._sentence
        language = self._language_of(wish)
        # One that goes on from the sentence before has been said there.
        if wish is not None and wish.reading is not None and wish.start >= sentence.start:
            spoken = _spoken(sentence.written[start:end], wish.reading, language or self._language)
            # All of it stands for the whole stretch, which is one word then.
            yield spoken, [(start, end)] * len(spoken), language
            return
        if language is not None or self._is_cut(start) or self._is_cut(end):
            own_language = language or self._language
            read = read_cleaned(clean(sentence.written[start:end], own_language), own_language)
            yield read.spoken, [(start + low, start + high) for low, high in read.spoken_to_written], language
            return
        # A number goes whole to the stretch in which it begins.
        low, high = (
            bisect_left(sentence.spoken_to_written, place, key=itemgetter(0)) for place in (start, end)
        )
        own = MappedText(sentence.written, sentence.spoken, sentence.spoken_to_written).part(low, high)
        for part, elsewhere in parts_by_script(own, self._language):
            yield part.spoken, part.spoken_to_written, elsewhere


    def _is_cut(self, place: int) -> bool:
        """Tell whether a reading reaches over the edge of a stretch that is read otherwise."""
        if place not in self._replaced_at:
            return False
        ranges = self._sentence.spoken_to_written
        behind = bisect_left(ranges, place, key=itemgetter(0))
        return behind > 0 and ranges[behind - 1][1] > place


def _spoken(written: str, reading: Reading, language: str) -> str:
    if reading.kind in {"as", "alias"}:
        text = reading.value if reading.kind == "alias" else read_as(written, reading.value, language)
        return read_cleaned(clean(text, language), language).spoken
    phonemes = mnemonics(reading.value, language) if reading.kind == "ipa" else reading.value
    return f"{PHONEMES_OPEN}{phonemes}{PHONEMES_CLOSE}"


def _closing(spoken: str) -> int:
    """Return how many signs at the beginning belong to what stood before: the comma after a tag."""
    count = 0
    while spoken[count] in CLAUSE_MARKS + FULL_STOPS + _CLOSERS:
        count += 1
    return count


def _same(one: str, other: str) -> bool:
    return one.partition("-")[0].lower() == other.partition("-")[0].lower()
