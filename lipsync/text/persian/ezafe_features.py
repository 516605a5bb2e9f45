"""The words of a clause in, what speaks for or against an ezafe after each of them out.

Under `lipsync.text.persian.ezafe_tagger`, which weighs it, and `scripts/train_ezafe.py`, which
learns the weights: both call this, so that they cannot differ. Names of features are short, since
each is looked up for each word. Standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from typing import Final

from lipsync.text.letters import ZWNJ
from lipsync.text.persian.ezafe_marks import LATIN, mark_of, word_set
from lipsync.text.persian.word_classes import Kind, kind_of
from lipsync.text.persian.word_tables import pairs

_EDGE: Final = Kind("$", "", "$", shape="$")
_FOREIGN: Final = Kind("f", "", "f", shape="f")
_SUFFIX: Final = 3
_BOUNDS: Final = frozenset("lpcvx$")
"""Classes of the words that phrases stand between."""
_FAR: Final = 4
_DISTANCES: Final = "01234"
_KEPT: Final = 1 << 13
"""Words of which is kept whether they are closed."""
_PRESENT: Final = (f"می{ZWNJ}", f"نمی{ZWNJ}")


_NEVER: Final = word_set(
    "از به با و یا که را اگر ولی اما زیرا چون این آن هر هیچ چند همین همان چنین نه هم نیز تا باید شاید "
    "نباید است هست نیست بی بسیار خیلی چه آیا کدام یک برای"
)
"""Words that never take an ezafe; what one may be said after is another matter."""
_NEVER_BEFORE: Final = word_set(
    "از به و یا که را اگر ولی اما زیرا نیز تا باید نباید است هست نیست بودند شدند کردند باشد"
)
"""Words that no ezafe ever stands before."""
_LETTERS: Final = word_set("ای بی سی دی اف جی اچ آی کی ال ام ان پی کیو آر اس تی یو وی دبلیو ایکس وای زد جِی")
"""What Latin letters are called: several together spell a name."""


Names = tuple[str, ...]
Pair = tuple[Names, Names]
"""Names of features of a word's own ezafe, and of one that follows another."""
Told = tuple[str, ...]
Part = tuple[Callable[[Told], Pair], Told]
"""What names some features, and what they tell of: who weighs them does so once for the same."""


def features(words: Sequence[str]) -> Iterator[tuple[Part, ...] | None]:
    """Yield, for every word but the last, what tells of its ezafe.

    None stands for a word that no ezafe can follow, whatever else there is.

    Args:
        words: of one clause, without marks; `LATIN` for each one in another script.
    """
    kinds = [_EDGE, _EDGE, *(_FOREIGN if word == LATIN else kind_of(word) for word in words)]
    kinds += [_EDGE, _EDGE, _EDGE]
    padded = ["$", "$", *words, "$", "$", "$"]
    shapes = [kind.shape for kind in kinds]
    coarse = [kind.coarse for kind in kinds]
    senses = [kind.sense for kind in kinds]
    behind, ahead = _bounds(coarse), _bounds(coarse[::-1], "$")[::-1]
    persons = _persons(padded, kinds)
    for at in range(2, len(words) + 1):
        if _is_closed(padded[at], padded[at + 1], kinds[at], kinds[at + 1]):
            yield None
            continue
        before, word, after, beyond = padded[at - 1 : at + 3]
        own, next_ = coarse[at], coarse[at + 1]
        place = behind[at], ahead[at]
        yield (
            (_of_shapes, (*shapes[at - 1 : at + 3], "." if beyond == "$" else "")),
            (_of_classes, (*coarse[at - 2 : at + 4], shapes[at + 1], _bond(kinds, at))),
            (_of_place, (*place, persons[at], shapes[at + 1], own, next_)),
            (_of_senses, (*senses[at - 1 : at + 3], persons[at], *place, own, next_)),
            (_of_word, (word, shapes[at + 1], next_)),
            (_of_after, (after, shapes[at], own)),
            (_of_before, (before, own, next_)),
            (_of_beyond, (beyond, own, next_)),
            *_of_pairs(before, word, after, beyond),
        )


def _bounds(coarse: Sequence[str], bound: str = "^") -> list[str]:
    """Return for each word which word of grammar stands before it, and how far off.

    Both sides tell: «پلیس راننده را» is no phrase.
    """
    found, since = [], 0
    for each in coarse:
        if each in _BOUNDS:
            bound, since = each, 0
        found.append(bound + _DISTANCES[since])
        since += since < _FAR
    return found


def _persons(words: Sequence[str], kinds: Sequence[Kind]) -> list[str]:
    """Return for each word the person of the verb ahead: a request has no subject beside its object."""
    found, person = [], ""
    for word, kind in zip(reversed(words), reversed(kinds), strict=True):
        person = kind.person or ("k" if word == "که" else person)
        found.append(person)
    found.reverse()
    return found


def _is_closed(word: str, after: str, kind: Kind, kind_after: Kind) -> bool:
    if _takes_none(word) or _has_none_before(after) or (word in _LETTERS and after in _LETTERS):
        return True
    # «دو شب» is a count, «ساعت دو شب» an hour.
    counts = kind_after.coarse in {"q", "m"} and after != "شب"
    return kind.coarse == "q" and "A" not in kind.classes and counts


@lru_cache(_KEPT)
def _takes_none(word: str) -> bool:
    return word in _NEVER or len(word) == 1 or word.startswith(_PRESENT) or not mark_of(word)


@lru_cache(_KEPT)
def _has_none_before(after: str) -> bool:
    return after in _NEVER_BEFORE or len(after) == 1 or after.startswith(_PRESENT)


def _of_shapes(told: Told) -> Pair:
    before, shape, after, beyond, last = told
    pair = f"{shape}|{after}"
    return (
        "", f"e{shape}", f"f{after}", f"g{before}", f"h{beyond}", f"i{pair}", f"j{before}|{shape}",
        f"k{after}|{beyond}", f"l{before}|{pair}", f"m{pair}|{beyond}", f"A{shape}{last}", f"B{after}{last}",
    ), ("-", f"-e{shape}", f"-f{after}", f"-i{pair}")  # fmt: skip


def _of_classes(told: Told) -> Pair:
    further, earlier, own, next_, then, far, shape_after, bond = told
    coarse = f"{own}|{next_}"
    return (
        f"F{further}|{earlier}|{own}", f"G{coarse}", f"H{earlier}|{coarse}", f"I{coarse}|{then}",
        f"J{earlier}|{coarse}|{then}", f"K{coarse}|{then}|{far}", f"L{further}|{earlier}|{coarse}", f"O{own}",
        f"P{next_}", f"S{next_}|{then}|{far}", f"T{bond}", f"U{bond}|{own}", f"V{bond}|{coarse}",
        f"W{bond}|{earlier}|{own}", f"X{shape_after}|{then}|{far}", f"Y{own}|{shape_after}|{then}|{far}",
    ), (
        f"-G{coarse}", f"-P{next_}", f"-I{coarse}|{then}", f"-S{next_}|{then}|{far}", f"-T{bond}",
    )  # fmt: skip


def _of_place(told: Told) -> Pair:
    behind, ahead, person, shape_after, own, next_ = told
    whole = behind + ahead
    coarse = f"{own}|{next_}"
    return (
        f"1{whole}", f"2{whole}|{coarse}", f"3{behind}|{own}", f"4{ahead}|{coarse}",
        f"5{ahead}|{shape_after}", f"6{behind}|{coarse}", f"7{whole}|{own}",
        f"8{person}|{whole}", f"9{person}|{ahead}|{coarse}", f"0{person}|{behind}|{coarse}",
    ), (f"-4{ahead}|{next_}",)  # fmt: skip


def _of_word(told: Told) -> Pair:
    word, shape_after, next_ = told
    tail = word[-_SUFFIX:]
    return (
        f"a{word}", f"n{tail}", f"p{tail[-2:]}", f"r{tail[-1:]}", f"s{tail[-2:]}|{shape_after}",
        f"u{word}|{shape_after}", f"M{word}|{next_}",
    ), (f"-a{word}",)  # fmt: skip


def _of_after(told: Told) -> Pair:
    after, shape, own = told
    tail = after[-_SUFFIX:]
    return (
        f"b{after}", f"o{tail}", f"q{tail[-2:]}", f"t{shape}|{tail[-2:]}", f"v{shape}|{after}",
        f"N{own}|{after}",
    ), (f"-b{after}",)  # fmt: skip


def _of_before(told: Told) -> Pair:
    before, own, next_ = told
    return (f"c{before}", f"Q{before}|{own}|{next_}"), ()


def _of_beyond(told: Told) -> Pair:
    beyond, own, next_ = told
    return (f"d{beyond}", f"R{own}|{next_}|{beyond}"), ()


def _of_senses(told: Told) -> Pair:
    before, sense, after, beyond, person, behind, ahead, own, next_ = told
    both = f"{sense}|{after}"
    return (
        f"!{both}", f'"{sense}|{next_}', f"${own}|{after}", f"%{both}|{person}|{ahead}", f"&{both}|{behind}",
        f"'{sense}|{person}|{behind}{ahead}|{next_}", f"({before}|{both}", f"){both}|{beyond}",
        f"*{sense}|{behind}|{ahead}",
    ), (f"-!{both}", f"-({before}|{sense}")  # fmt: skip


def _of_pairs(before: str, word: str, after: str, beyond: str) -> tuple[Part, ...]:
    own, earlier, next_ = _is_pair(word, after), _is_pair(before, word), _is_pair(after, beyond)
    return ((_of_pair, (f"{own:d}", f"{earlier:d}{next_:d}")),) if own or earlier or next_ else ()


def _of_pair(told: Told) -> Pair:
    own, others = told
    return (f"={own}{others}", f"={own}"), ()


def _is_pair(word: str, after: str) -> bool:
    return after in _followers().get(word, ())


@cache
def _followers() -> dict[str, set[str]]:
    """Return the second words of pairs by their first, which may be many or end in the ی of هوای."""
    found: dict[str, set[str]] = {}
    for word, after in pairs():
        forms = [word, f"{word}{ZWNJ}ها", f"{word}{ZWNJ}های"]
        if word.endswith(("ا", "و")):
            forms.append(f"{word}ی")
        for form in forms:
            found.setdefault(form, set()).add(after)
    return found


def _bond(kinds: Sequence[Kind], at: int) -> str:
    """Return which word from this one on makes a compound verb with one behind it: تصمیم گرفت."""
    for place in (at, at + 1, at + 2):
        partners = kinds[place].partners
        if not partners:
            continue
        for ahead in (place + 1, place + 2):
            if ahead < len(kinds) and kinds[ahead].verb in partners:
                return f"{place - at}{ahead - place}"
    return ""
