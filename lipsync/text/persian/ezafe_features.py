"""The words of a clause in, what speaks for or against an ezafe after each of them out.

Under `lipsync.text.persian.ezafe_tagger`, which weighs it, and `scripts/train_ezafe.py`, which
learns the weights: both call this, so that they cannot differ. Names of features are short, since
each is looked up for each word. Standard library only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from lipsync.text.persian.word_classes import Kind, kind_of

LATIN: Final = "~"
"""Stands for a word in another script."""

_EDGE: Final = Kind("$", "")
_FOREIGN: Final = Kind("f", "")
_SUFFIX: Final = 3


def features(words: Sequence[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Yield, for every word but the last, features of its ezafe and of one that follows another.

    Args:
        words: of one clause, without marks; `LATIN` for each one in another script.
    """
    kinds = [_FOREIGN if word == LATIN else kind_of(word) for word in words]
    classes = ["$", "$", *(kind.classes for kind in kinds), "$", "$"]
    endings = ["", "", *(kind.ending for kind in kinds), "", ""]
    shapes = [c + e for c, e in zip(classes, endings, strict=True)]
    padded = ["$", "$", *words, "$", "$"]
    for at in range(2, len(words) + 1):
        yield _of_word(padded, classes, shapes, at)


def _of_word(
    words: Sequence[str], classes: Sequence[str], shapes: Sequence[str], at: int
) -> tuple[list[str], list[str]]:
    before, word, after, beyond = words[at - 1], words[at], words[at + 1], words[at + 2]
    shape, shape_after, shape_before, shape_beyond = (
        shapes[at], shapes[at + 1], shapes[at - 1], shapes[at + 2],
    )  # fmt: skip
    tail, tail_after = word[-_SUFFIX:], after[-_SUFFIX:]
    pair = f"{shape}|{shape_after}"
    last = "." if beyond == "$" else ""
    return [
        "",
        f"a{word}", f"b{after}", f"c{before}", f"d{beyond}",
        f"e{shape}", f"f{shape_after}", f"g{shape_before}", f"h{shape_beyond}",
        f"i{pair}", f"j{shape_before}|{shape}", f"k{shape_after}|{shape_beyond}",
        f"l{shape_before}|{pair}", f"m{pair}|{shape_beyond}",
        f"n{tail}", f"o{tail_after}", f"p{tail[-2:]}", f"q{tail_after[-2:]}", f"r{tail[-1:]}",
        f"s{tail[-2:]}|{shape_after}", f"t{shape}|{tail_after[-2:]}",
        f"u{word}|{shape_after}", f"v{shape}|{after}", f"w{word}|{after}", f"x{before}|{word}",
        f"y{shape_before}|{shape}|{after}", f"z{after}|{shape_beyond}",
        f"A{shape}{last}", f"B{shape_after}{last}", f"C{before}|{shape_after}",
        f"D{classes[at]}|{classes[at + 1]}", f"E{shape}|{beyond}",
        f"F{shapes[at - 2]}|{shape_before}|{shape}",
    ], [
        "-", f"-e{shape}", f"-f{shape_after}", f"-i{pair}", f"-b{after}", f"-a{word}",
        f"-m{shape_after}|{shape_beyond}",
    ]  # fmt: skip
