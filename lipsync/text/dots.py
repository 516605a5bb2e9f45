"""A cleaned text in another language than Persian in, the same without dots that end nothing out.

Used by `lipsync.text.reading`. Voices take a dot behind an abbreviation, an initial or a number
for a full stop and rest there. What an abbreviation stands for is said where its words are known
(`lipsync.text.abbreviations`), an ordinal where its is (`lipsync.text.ordinals`); else the letters
stay as they are and the dot goes. Which dots end a sentence is not decided here but by
`lipsync.text.sentences`. Standard library only, linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from lipsync.text.abbreviations import meanings
from lipsync.text.letters import is_silent
from lipsync.text.mapped import MappedText, Speller
from lipsync.text.ordinals import ordinal_in_words
from lipsync.text.sentence_rules import rules_of
from lipsync.text.sentences import is_abbreviated

_DOT: Final = re.compile(r"(?<=\w)\.(?=[ ,;:)\]»”’-]|$)")
_WORD_BEFORE: Final = re.compile(r"(\w{1,40})\W{0,3}\Z")
_LONGEST_BEFORE: Final = 48
_WORD_AFTER: Final = re.compile(r"\W{0,3}(\w{1,40})")
_MONTHS: Final = frozenset(
    ["januar", "jänner", "februar", "feber", "märz", "april", "mai", "juni", "juli", "august", "september",
     "oktober", "november", "dezember"]
)  # fmt: skip
"""German nouns begin with capitals, as sentences do; behind these a number at the start is a day."""
_ITSELF: Final = frozenset(["cs", "fi", "hu", "lv"])
"""Here eSpeak NG makes an ordinal of a number with a dot, in front of a small letter."""


class _Said(NamedTuple):
    start: int
    end: int
    said: str


def without_dots(source: MappedText, language: str) -> MappedText:
    """Return a cleaned text with no dot that the voice would rest at though no sentence ends there.

    Args:
        source: cleaned; in the language of its writer.
        language: BCP 47 tag.
    """
    if "." not in source.spoken:
        return source
    speller = Speller(source)
    for each in _readings(source.spoken, language):
        speller.keep(each.start)
        speller.say(each.said, each.end)
    return speller.finish()


def _readings(text: str, language: str) -> Iterator[_Said]:
    known, pattern = _known(language)
    at = 0
    while (dot := _DOT.search(text, at)) is not None:
        mark = dot.start()
        found = pattern.match(text, _word_start(text, mark, at)) if pattern else None
        if found is not None:
            said = known.get(_key(found.group())) or known[_key(found.group()).lower()]
            yield _Said(*found.span(), said if _goes_on(text, found.end()) else f"{said}.")
            at = found.end()
            continue
        if _goes_on(text, mark + 1) and is_abbreviated(text, 0, mark, rules_of(language)):
            yield from _undotted(text, mark, language)
        at = mark + 1


def _goes_on(text: str, after: int) -> bool:
    """Tell whether there is anything to be said behind a position."""
    return not is_silent(text[after : after + _LONGEST_BEFORE])


def _word_start(text: str, mark: int, least: int) -> int:
    start = mark
    while start > least and (text[start - 1].isalnum() or text[start - 1] == "."):
        start -= 1
    return start


def _undotted(text: str, mark: int, language: str) -> Iterator[_Said]:
    """Yield what is said for a word and its dot, which ends no sentence."""
    primary = language.partition("-")[0].lower()
    start = _word_start(text, mark, 0)
    word = text[start:mark]
    if word.isdecimal():
        yield from _ordinal(text, start, mark, primary)
    elif len(word) > 1 or primary != "en":
        # English voices know an initial by its dot: without it "A. Smith" has an article.
        # The letter stands for the dot too, so that the word that is shown keeps it.
        yield _Said(mark - 1, mark + 1, text[mark - 1])


def _ordinal(text: str, start: int, mark: int, primary: str) -> Iterator[_Said]:
    following = _WORD_AFTER.match(text, mark + 1)
    after = "" if following is None else following[1]
    # At the very start it may count the lines of a list, and a rest is right behind it.
    if not text[:start].strip() and not (after[:1].islower() or after.lower() in _MONTHS):
        return
    if not rules_of(primary).dotted_ordinals or (primary in _ITSELF and after[:1].islower()):
        return
    before = _WORD_BEFORE.search(text[max(start - _LONGEST_BEFORE, 0) : start])
    words = ordinal_in_words(int(text[start:mark]), primary, "" if before is None else before[1])
    if words is not None:
        yield _Said(start, mark + 1, words)
    else:
        yield _Said(mark - 1, mark + 1, text[mark - 1])


def _key(found: str) -> str:
    return found.replace(" ", "").removesuffix(".")


@lru_cache(maxsize=64)
def _known(language: str) -> tuple[dict[str, str], re.Pattern[str] | None]:
    """Return what is known of a language, and what finds it; a key with capitals is found as it is."""
    known = dict(meanings(language))
    if not known:
        return known, None
    forms = map(_form, sorted(known, key=len, reverse=True))
    return known, re.compile(rf"(?:{'|'.join(forms)})\.(?!\w)")


def _form(key: str) -> str:
    # Behind an initial one letter is another initial: "J. M. Dupont".
    alone = r"(?<!\b\w\. )" if len(key) == 1 else ""
    letters = alone + r"\. ?".join(map(re.escape, key.split(".")))
    return letters if any(map(str.isupper, key)) else f"(?i:{letters})"
