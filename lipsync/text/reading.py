"""Sentences in, what a voice is to say out: numbers, signs and foreign words read, words joined.

Between `sentences` and the voices. Which rules hold depends on the language of the sentence;
Persian has its own (`lipsync.text.persian`), other languages are left to voices that know them, but
for their dots (`lipsync.text.dots`).
What cannot be known stays as it is written. Standard library only, linear.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Final

from lipsync.text.dots import without_dots
from lipsync.text.letters import ZWNJ
from lipsync.text.lexicon import NO_WORDS, WordIndex
from lipsync.text.mapped import MappedText, Speller
from lipsync.text.persian.english_words import ENGLISH
from lipsync.text.persian.ezafe import ezafe_mends
from lipsync.text.persian.finglish import finglish
from lipsync.text.persian.homographs import homograph_mends, verb_edges
from lipsync.text.persian.latin import name_of
from lipsync.text.persian.rules import readings
from lipsync.text.persian.spacing import Mend, Word, spacing_mends
from lipsync.text.sentences import Sentence, split_sentences

_READ: Final = re.compile("[\u0620-\u065f\u0670-\u06d3\u200c .،؛؟!:«»()]*")
"""Where there is nothing else, no rule finds anything to read."""
_WORD: Final = r"[A-Za-z]+(?:['’-][A-Za-z]+)*"
_STILL_SHORT: Final = re.compile(
    r" ت(?!\w)(?:(?<=هزار ت)|(?<=یون ت)|(?<=یارد ت))|[\u0620-\u06d3]\.(?<!\w..)(?= ?\w)"
)
"""Letters that stand for a word beside words that were signs before they were read: "20k ت", "خ. @ali"."""
_FIGURE: Final = r"[0-9]{1,20}(?:[.,][0-9]{1,20}){0,5}(?:[A-Za-z]{1,3}|%)?(?![\w:/%]|[.,][0-9])"
_LATIN_STRETCH: Final = re.compile(rf"{_WORD}(?:[ ,]{{1,2}}(?:{_WORD}|{_FIGURE}))*")
_GROWN: Final = re.compile(r"[\w\u064b-\u0655\u200c@#/.]")
_GROWN_ON: Final = re.compile(r"[\d_@/\\]|[.:]\w")
_LATIN_WORD: Final = re.compile(rf"(?<![A-Za-z0-9]){_WORD}")
_PERSIAN_STRETCH: Final = re.compile(
    "[\u0620-\u065f\u0670-\u06d3\u200c]+(?:[ ،]{1,2}[\u0620-\u065f\u0670-\u06d3\u06f0-\u06f9\u200c]+)*"
)
_ELSEWHERE: Final[Mapping[str, tuple[re.Pattern[str] | None, str]]] = {
    "fa": (_LATIN_STRETCH, "en"),
    **dict.fromkeys(("ar", "az", "ckb", "ku", "prs", "ps", "sd", "ug", "ur"), (None, "")),
}
"""By the language of a text: what is in another, and in which; elsewhere it is Persian words."""
_PASSES: Final = 8
"""More than any text was found to need; a bound keeps the reading linear."""
_ENGLISH_WORDS: Final = 2
"""So many words that no Persian speaker says in Persian make a stretch English, numbers in it too."""


def read_sentences(text: str, language: str = "fa", lexicon: WordIndex = NO_WORDS) -> tuple[Sentence, ...]:
    """Return a text's sentences, each with what is to be said.

    Args:
        text: as written.
        language: BCP 47 tag of the text, or of the voice where nothing is known of the text.
        lexicon: words that are said in their owner's way.
    """
    sentences = split_sentences(text, language)
    return tuple(read_sentence(sentence, language, lexicon) for sentence in sentences)


def read_sentence(sentence: Sentence, language: str = "fa", lexicon: WordIndex = NO_WORDS) -> Sentence:
    """Return a sentence with its numbers, signs and foreign words in `spoken` as they are said."""
    source = MappedText(sentence.written, sentence.spoken, sentence.spoken_to_written)
    # First of all, so that no rule has made another word of it.
    own = (Mend(each.start, each.end, lexicon.spoken_for(each)) for each in lexicon.find(source.spoken))
    read = read_cleaned(_mended(source, own), language)
    return replace(sentence, spoken=read.spoken, spoken_to_written=read.spoken_to_written)


def read_cleaned(source: MappedText, language: str) -> MappedText:
    """Return a cleaned text, or a stretch of one, as it is read aloud in a language."""
    return read_persian(source) if _primary(language) == "fa" else without_dots(source, language)


def parts_by_script(source: MappedText, language: str) -> Iterator[tuple[MappedText, str | None]]:
    """Yield a read text cut where the script tells another language, each part read in its own.

    Latin words in Persian that have no Persian reading are English; Persian words among letters
    that are not Arabic ones are Persian. None is the language of the whole.

    Args:
        source: read in `language`.
        language: BCP 47 tag of the whole.
    """
    pattern, other = _ELSEWHERE.get(_primary(language), (_PERSIAN_STRETCH, "fa"))
    at = 0
    for found in pattern.finditer(source.spoken) if pattern else ():
        if not _stands_free(source, *found.span()):
            continue
        if found.start() > at:
            yield source.part(at, found.start()), None
        at = found.end()
        yield read_cleaned(source.part(*found.span()), other), other
    if at < len(source.spoken):
        yield source.part(at, len(source.spoken)), None


def _stands_free(source: MappedText, start: int, end: int) -> bool:
    """Tell whether a stretch is words of its own: a part of an address, or of «GPUها», is none."""
    low, high = source.written_range(start, end)
    ranges, written = source.spoken_to_written, source.written
    apart = (start == 0 or ranges[start - 1][1] <= low) and (end == len(ranges) or ranges[end][0] >= high)
    return apart and not any(map(_in_word, (written[max(low - 1, 0) : low], written[high : high + 1])))


def _in_word(char: str) -> bool:
    """Tell whether a written character belongs to the word beside it: a letter, or the accent of one."""
    return char.isalnum() or char == ZWNJ or bool(unicodedata.combining(char or " "))


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()


def read_persian(source: MappedText) -> MappedText:
    """Return a cleaned text as a Persian speaker reads it aloud, its ezafes and homographs marked."""
    read = read_unmarked(source)
    verbs = verb_edges(read.spoken)
    ezafes = (mark for mark in ezafe_mends(read.spoken) if verbs.isdisjoint((mark.end, mark.end + 1)))
    marked = _mended(read, ezafes)
    # Last, since an ezafe is one of the things that tell one reading from another.
    return _mended(marked, homograph_mends(marked.spoken))


def read_unmarked(source: MappedText) -> MappedText:
    """Return a cleaned Persian text with its numbers, signs and foreign words read, its words joined.

    What was read is read the same again: signs that a word hid before it was said ("30ق.م.") are
    read with it.
    """
    for _ in range(_PASSES):
        read = _read_once(source)
        if read.spoken == source.spoken or (
            _READ.fullmatch(read.spoken) and not _STILL_SHORT.search(read.spoken)
        ):
            return read
        source = read
    return source


def _read_once(source: MappedText) -> MappedText:
    text = source.spoken
    read = _mended(source, _chosen(list(readings(text)), list(_foreign(text))))
    # After the numbers, whose words take endings as others do: «۱۲ ها» is «دوازده‌ها».
    return _mended(read, spacing_mends(read.spoken))


def _mended(source: MappedText, mends: Iterable[Mend]) -> MappedText:
    speller, at = Speller(source), 0
    for mend in mends:
        if mend.start < at:
            continue
        speller.keep(mend.start)
        at = mend.end
        speller.say(mend.said.lstrip(" ") if speller.last == " " else mend.said, mend.end)
    return speller.finish()


def _chosen(mends: list[Mend], foreign: list[tuple[int, int, list[Mend]]]) -> Iterator[Mend]:
    """Yield the mends in order, those of a stretch in another language in place of what stands in it."""
    waiting = iter(foreign)
    stretch = next(waiting, None)
    for mend in mends:
        while stretch is not None and stretch[1] <= mend.start:
            yield from stretch[2]
            stretch = next(waiting, None)
        if stretch is None or mend.end <= stretch[0] or mend.start < stretch[0]:
            yield mend
    while stretch is not None:
        yield from stretch[2]
        stretch = next(waiting, None)


def _foreign(text: str) -> Iterator[tuple[int, int, list[Mend]]]:
    """Yield stretches of Latin words that are read as a whole: English, or Persian in Latin letters."""
    for found in _LATIN_STRETCH.finditer(text):
        words = [Word(word.group(), *word.span()) for word in _LATIN_WORD.finditer(text, *found.span())]
        said = [] if _in_an_address(text, *found.span()) else finglish([word.text for word in words])
        if any(said):
            read = zip(words, said, strict=True)
            yield *found.span(), [Mend(word.start, word.end, each) for word, each in read if each]
        elif _count_english([word.text for word in words]) >= _ENGLISH_WORDS:
            yield *found.span(), []


def _in_an_address(text: str, start: int, end: int) -> bool:
    """Tell whether a stretch is grown together with what stands beside it, as "varzesh" in "varzesh3.com"."""
    return bool(_GROWN.search(text, max(0, start - 1), start) or _GROWN_ON.match(text, end))


def _count_english(words: list[str]) -> int:
    """Count the words that no Persian speaker says in Persian, and "I" where an English word follows."""
    pronouns = sum(word == "I" and after in ENGLISH for word, after in pairwise(words))
    return pronouns + sum(name_of(word) is None for word in words)
