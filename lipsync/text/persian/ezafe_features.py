"""The words of a clause in, what speaks for or against an ezafe after each of them out.

Under `lipsync.text.persian.ezafe_tagger`, which weighs it, and `scripts/train_ezafe.py`, which
learns the weights: both call this, so that they cannot differ. Names of features are short, since
each is looked up for each word. Standard library only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from lipsync.text.letters import ZWNJ
from lipsync.text.persian.ezafe_marks import LATIN, mark_of
from lipsync.text.persian.word_classes import Kind, kind_of

_EDGE: Final = Kind("$", "", "$")
_FOREIGN: Final = Kind("f", "", "f")
_SUFFIX: Final = 3
_BOUNDS: Final = frozenset("lpcvx$")
"""Classes of the words that phrases stand between."""
_FAR: Final = 4
_PRESENT: Final = (f"می{ZWNJ}", f"نمی{ZWNJ}")


def _set(words: str) -> frozenset[str]:
    return frozenset(word.replace("_", ZWNJ) for word in words.split())


_NEVER: Final = _set(
    "از به با و یا که را اگر ولی اما زیرا چون این آن هر هیچ چند همین همان چنین نه هم نیز تا باید شاید "
    "نباید است هست نیست بی بسیار خیلی چه آیا کدام یک برای"
)
"""Words that never take an ezafe; what one may be said after is another matter."""
_NEVER_BEFORE: Final = _set(
    "از به و یا که را اگر ولی اما زیرا هم نیز تا باید نباید است هست نیست بودند شدند کردند باشد"
)
"""Words that no ezafe ever stands before."""
_LETTERS: Final = _set("ای بی سی دی اف جی اچ آی کی ال ام ان پی کیو آر اس تی یو وی دبلیو ایکس وای زد جِی")
"""What Latin letters are called: several together spell a name."""


Group = tuple[str, ...]
"""Features that are told by the same few things: made once for them, and weighed once."""


class Features(NamedTuple):
    """What speaks for or against an ezafe after one word."""

    own: tuple[Group, ...]
    alone: Group
    """Of its own, too, of what hardly ever comes again."""
    chained: tuple[Group, ...]
    """For one that follows another."""


def features(words: Sequence[str]) -> Iterator[Features | None]:
    """Yield, for every word but the last, features of its ezafe and of one that follows another.

    None stands for a word that no ezafe can follow, whatever else there is.

    Args:
        words: of one clause, without marks; `LATIN` for each one in another script.
    """
    kinds = [_EDGE, _EDGE, *(_FOREIGN if word == LATIN else kind_of(word) for word in words)]
    kinds += [_EDGE, _EDGE, _EDGE]
    padded = ["$", "$", *words, "$", "$", "$"]
    shapes = [kind.classes + kind.ending for kind in kinds]
    places = _places(kinds)
    persons = _persons(padded, kinds)
    for at in range(2, len(words) + 1):
        if _is_closed(padded[at], padded[at + 1], kinds[at], kinds[at + 1]):
            yield None
            continue
        around = tuple(shapes[at - 1 : at + 3])
        coarse = tuple(kind.coarse for kind in kinds[at - 2 : at + 4])
        by_shapes, chained_by_shapes = _of_shapes(*around, ends=padded[at + 2] == "$")
        by_classes, chained_by_classes = _of_classes(coarse, around[2], _bond(kinds, at))
        by_place, chained_by_place = _of_place(places[at], persons[at], around[2], coarse[2:4])
        by_words, chained_by_words = _of_words(padded[at], padded[at + 1], around[1:3], coarse[2:4])
        yield Features(
            (by_shapes, by_classes, by_place, by_words),
            _of_neighbours(padded[at - 1 : at + 3], around, coarse),
            (chained_by_shapes, chained_by_classes, chained_by_place, chained_by_words),
        )


def _places(kinds: Sequence[Kind]) -> list[tuple[str, str, str]]:
    """Return where each word stands between the words of grammar around it: «پلیس راننده را» is no phrase.

    Both sides, the one before and the one behind: which word bounds it and how far off that is.
    """
    behind, bound, since = [], "^", 0
    for kind in kinds:
        if kind.coarse in _BOUNDS:
            bound, since = kind.coarse, 0
        behind.append(f"{bound}{min(since, _FAR)}")
        since += 1
    ahead, bound, until = [], "$", 0
    for kind in reversed(kinds):
        if kind.coarse in _BOUNDS:
            bound, until = kind.coarse, 0
        ahead.append(f"{bound}{min(until, _FAR)}")
        until += 1
    ahead.reverse()
    return [(f"{one}{other}", one, other) for one, other in zip(behind, ahead, strict=True)]


def _persons(words: Sequence[str], kinds: Sequence[Kind]) -> list[str]:
    """Return for each word the person of the verb ahead: a request has no subject beside its object."""
    found, person = [], ""
    for word, kind in zip(reversed(words), reversed(kinds), strict=True):
        person = kind.person or ("k" if word == "که" else person)
        found.append(person)
    found.reverse()
    return found


def _is_closed(word: str, after: str, kind: Kind, kind_after: Kind) -> bool:
    if word in _NEVER or after in _NEVER_BEFORE or len(word) == 1 or len(after) == 1:
        return True
    if word.startswith(_PRESENT) or after.startswith(_PRESENT) or not mark_of(word):
        return True
    if word in _LETTERS and after in _LETTERS:
        return True
    return kind.coarse == "q" and "A" not in kind.classes and kind_after.coarse in {"q", "m"}


_Pair = tuple[Group, Group]
"""Features of a word's own ezafe, and of one that follows another."""
_KEPT: Final = 1 << 11
"""Groups of a kind that are kept: some megabytes, whatever the text."""


@lru_cache(_KEPT)
def _of_shapes(before: str, shape: str, after: str, beyond: str, *, ends: bool) -> _Pair:
    pair = f"{shape}|{after}"
    last = "." if ends else ""
    return (
        "",
        f"e{shape}", f"f{after}", f"g{before}", f"h{beyond}", f"i{pair}", f"j{before}|{shape}",
        f"k{after}|{beyond}", f"l{before}|{pair}", f"m{pair}|{beyond}", f"A{shape}{last}", f"B{after}{last}",
    ), ("-", f"-e{shape}", f"-f{after}", f"-i{pair}")  # fmt: skip


@lru_cache(_KEPT)
def _of_classes(classes: tuple[str, ...], shape_after: str, bond: str) -> _Pair:
    further, earlier, own, next_, then, far = classes
    coarse = f"{own}|{next_}"
    return (
        f"F{further}|{earlier}|{own}", f"G{coarse}", f"H{earlier}|{coarse}", f"I{coarse}|{then}",
        f"J{earlier}|{coarse}|{then}", f"K{coarse}|{then}|{far}", f"L{further}|{earlier}|{coarse}", f"O{own}",
        f"P{next_}", f"S{next_}|{then}|{far}", f"T{bond}", f"U{bond}|{own}", f"V{bond}|{coarse}",
        f"W{bond}|{earlier}|{own}", f"X{shape_after}|{then}|{far}", f"Y{own}|{shape_after}|{then}|{far}",
    ), (
        f"-G{coarse}", f"-P{next_}", f"-I{coarse}|{then}", f"-S{next_}|{then}|{far}", f"-T{bond}",
    )  # fmt: skip


@lru_cache(_KEPT)
def _of_place(place: tuple[str, str, str], person: str, shape_after: str, classes: tuple[str, ...]) -> _Pair:
    whole, behind, ahead = place
    own, next_ = classes
    coarse = f"{own}|{next_}"
    return (
        f"1{whole}", f"2{whole}|{coarse}", f"3{behind}|{own}", f"4{ahead}|{coarse}",
        f"5{ahead}|{shape_after}", f"6{behind}|{coarse}", f"7{whole}|{own}",
        f"8{person}|{whole}", f"9{person}|{ahead}|{coarse}", f"0{person}|{behind}|{coarse}",
    ), (f"-4{ahead}|{next_}",)  # fmt: skip


@lru_cache(_KEPT)
def _of_words(word: str, after: str, shapes: tuple[str, str], coarse: tuple[str, str]) -> _Pair:
    (shape, shape_after), (own, next_) = shapes, coarse
    tail, tail_after = word[-_SUFFIX:], after[-_SUFFIX:]
    return (
        f"a{word}", f"b{after}", f"n{tail}", f"o{tail_after}", f"p{tail[-2:]}", f"q{tail_after[-2:]}",
        f"r{tail[-1:]}", f"s{tail[-2:]}|{shape_after}", f"t{shape}|{tail_after[-2:]}",
        f"u{word}|{shape_after}", f"v{shape}|{after}", f"M{word}|{next_}", f"N{own}|{after}",
    ), (f"-b{after}", f"-a{word}")  # fmt: skip


def _of_neighbours(words: Sequence[str], shapes: Sequence[str], classes: Sequence[str]) -> Group:
    before, word, after, beyond = words
    shape_before, shape, shape_after, shape_beyond = shapes
    coarse = f"{classes[2]}|{classes[3]}"
    return (
        f"c{before}", f"d{beyond}", f"x{before}|{word}", f"y{shape_before}|{shape}|{after}",
        f"z{after}|{shape_beyond}", f"C{before}|{shape_after}", f"E{shape}|{beyond}", f"Q{before}|{coarse}",
        f"R{coarse}|{beyond}",
    )  # fmt: skip


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
