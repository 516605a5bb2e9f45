"""Words of a line in, its signs in the order in which they are seen out.

Used by `lipsync.media.shaping`: for where words stand, and without RAQM for the letters
themselves, in their joined forms. The order is that of UAX #9 by the steps of
`bidi.algorithm.get_display`, which are taken one by one because it tells no positions. It knows
no isolates: what is isolated is ordered by itself, from the left, and stands in the line as one
neutral sign. Draws nothing.
"""

import unicodedata
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, Final, NamedTuple

from arabic_reshaper import ArabicReshaper
from bidi import algorithm

from lipsync.text.directions import Direction, left_to_right

_HEH_HAMZA: Final = ("\u0647\u0654", "\u06c0")
"""«هٔ»: two signs that Unicode does not compose and one that has joined forms."""

_ALLAH: Final = "ARABIC LIGATURE ALLAH"
_SHADDA: Final = "\u0651"
"""Stands next to its letter, though the canonical order of marks puts vowels before it."""

_STANDS_FOR_MANY: Final = "\ufffc"


class Item(NamedTuple):
    """One sign of a line."""

    sign: str
    """Of the writing, or its joined form; mirrored when it is seen in right-to-left text."""
    marks: str
    """What is set on it."""
    word: int
    """Number of its word in the line; -1 for the space between two."""
    isolate: int
    """Number of the isolate it is in; -1 for none."""


def items_of(
    words: Sequence[str],
    direction: Direction,
    *,
    shape: bool = False,
    has: Callable[[str], bool] = lambda _sign: True,
) -> list[Item]:
    """Return the signs of a line in the order of writing, marks with their letters.

    Args:
        words: the line's, without white space at their ends.
        direction: of the line; isolates are found in "rtl" alone.
        shape: whether letters are to take their joined forms.
        has: says which signs the font has; a form it lacks stays the letter as written.
    """
    if shape:
        words = [_composed(word) for word in words]
    line = " ".join(words)
    owners = [(number, sign) for number, word in enumerate(words) for sign in (*word, " ")][:-1]
    isolates = [-1] * len(line)
    for number, (start, end) in enumerate(left_to_right(line) if direction == "rtl" else ()):
        isolates[start:end] = [number] * (end - start)
    signs = [
        (sign, -1 if sign == " " else number, isolate)
        for (number, sign), isolate in zip(owners, isolates, strict=True)
    ]
    items: list[Item] = []
    for (word, isolate), group in groupby(signs, key=lambda sign: sign[1:]):
        text = "".join(sign for sign, _, _ in group)
        items += _clusters(_joined(text, has) if shape else text, word, isolate)
    return items


def _composed(word: str) -> str:
    return unicodedata.normalize("NFC", word.replace(*_HEH_HAMZA))


@lru_cache(2)
def _reshaper(*, whole_words: bool) -> ArabicReshaper:
    return ArabicReshaper({"delete_harakat": False, _ALLAH: whole_words})


def _joined(text: str, has: Callable[[str], bool]) -> str:
    # All marks of a word that is one glyph would be piled over its middle.
    forms = _reshaper(whole_words=not any(map(unicodedata.combining, text))).reshape(text)
    return "".join(form if has(form) else unicodedata.normalize("NFKC", form) for form in forms)


def _clusters(text: str, word: int, isolate: int) -> Iterator[Item]:
    sign, marks = "", ""
    for char in text:
        kind = unicodedata.category(char)
        if kind in {"Mn", "Me"} and sign:
            marks = char + marks if char == _SHADDA else marks + char
            continue
        if sign:
            yield Item(sign, marks, word, isolate)
        sign, marks = char, ""
    if sign:
        yield Item(sign, marks, word, isolate)


def visual(items: Sequence[Item], direction: Direction) -> list[Item]:
    """Return signs in the order in which they are seen, from left to right.

    Joiners and marks of direction, which are seen as nothing, are left out.
    """
    outer: list[Item] = []
    held: dict[int, list[Item]] = {}
    for item in items:
        if item.isolate < 0:
            outer.append(item)
            continue
        if item.isolate not in held:
            held[item.isolate] = []
            outer.append(Item(_STANDS_FOR_MANY, "", -1, item.isolate))
        held[item.isolate].append(item)
    seen: list[Item] = []
    for item in _ordered(outer, 1 if direction == "rtl" else 0):
        seen += [item] if item.isolate < 0 else _ordered(held[item.isolate], 0)
    return [item for item in seen if unicodedata.category(item.sign[0]) != "Cf"]


def _ordered(items: Sequence[Item], level: int) -> list[Item]:
    """Return signs in the order of a paragraph of this level (0 from the left, 1 from the right)."""
    signs: list[dict[str, Any]] = []
    for item in items:
        kind = unicodedata.bidirectional(item.sign[0]) or "L"
        signs.append({"ch": item.sign, "level": level, "type": kind, "orig": kind, "item": item})
    storage: dict[str, Any] = {"base_level": level, "base_dir": "LR"[level], "chars": signs, "runs": deque()}
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    algorithm.resolve_neutral_types(storage, False)
    algorithm.resolve_implicit_levels(storage, False)
    algorithm.reorder_resolved_levels(storage, False)
    algorithm.apply_mirroring(storage, False)
    return [sign["item"]._replace(sign=sign["ch"]) for sign in storage["chars"]]
