"""The words of a clause in, how likely an ezafe is after each of them out.

Between `ezafe_features`, which says what speaks for it, and `ezafe`, which writes the marks. A chain
of two states a word (Lafferty, McCallum, Pereira: Conditional Random Fields, 2001) whose weights are
whole hundredths in a table beside this room, made by `scripts/train_ezafe.py`. Standard library only;
the table is read once, at the first clause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import repeat
from math import exp
from typing import Final

from lipsync.text.persian.ezafe_features import Pair, Part, Told, features

TABLE: Final = "ezafe_weights.tsv"
SCALE: Final = 100.0
"""Weights are written as whole numbers of this part."""
_MOST: Final = 30.0
"""A sum beyond this says no more: its exponential stays far from where a float ends."""


_MOST_SUMS: Final = 1 << 12
"""Parts of a kind whose sums are kept: some megabytes, whatever the text."""
_NOTHING: Final = repeat(0)
_Sums = dict[Told, tuple[int, int]]


class Weights:
    """What was learnt.

    Args:
        weights: in hundredths, by feature; one without weight says nothing.
        threshold: from this likelihood on a mark is written.
        inputs: SHA-256 of everything that the table was made from.
    """

    def __init__(self, weights: Mapping[str, int], threshold: float = 0.5, inputs: str = "") -> None:
        self.threshold = threshold
        self.inputs = inputs
        self._weights = weights
        self._sums: dict[Callable[[Told], Pair], _Sums] = {}

    def factors(self, parts: Iterable[Part]) -> tuple[float, float]:
        """Return how much more likely all of this makes an ezafe, and one that follows another."""
        total = total_chained = 0
        for names_of, told in parts:
            sums = self._sums.get(names_of)
            known = sums.get(told) if sums else None
            if known is None:
                known = self._sum(names_of, told)
            total += known[0]
            total_chained += known[1]
        return _bounded(total), _bounded(total_chained)

    def _sum(self, names_of: Callable[[Told], Pair], told: Told) -> tuple[int, int]:
        weight = self._weights.get
        own, chained = names_of(told)
        found = sum(map(weight, own, _NOTHING)), sum(map(weight, chained, _NOTHING)) if chained else 0
        sums = self._sums.setdefault(names_of, {})
        if len(sums) >= _MOST_SUMS:
            sums.clear()
        sums[told] = found
        return found


def _bounded(total: int) -> float:
    return exp(max(-_MOST, min(_MOST, total / SCALE)))


def parse_weights(text: str) -> Weights:
    """Return the weights of a table: lines of a feature, a tab and a number."""
    weights: dict[str, int] = {}
    told: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.rpartition("\t")
        if name.startswith("#"):
            told[name[1:]] = value
        else:
            weights[name] = int(value)
    return Weights(weights, float(told["threshold"]), told["inputs"])


@cache
def shipped_weights() -> Weights:
    """Return the weights that come with the package."""
    return parse_weights(files(__package__).joinpath(TABLE).read_text("utf-8"))


def likelihoods(words: Sequence[str], weights: Weights) -> list[float]:
    """Return how likely an ezafe is after every word but the last, 0 to 1 each.

    Args:
        words: of one clause, without marks.
        weights: what was learnt.
    """
    singles, follows = [], []
    for parts in features(words):
        single, follow = weights.factors(parts) if parts else (0.0, 1.0)
        singles.append(single)
        follows.append(follow)
    # Forward and backward over two states. Each step is scaled to sum to one, so nothing runs over.
    forward = []
    without, having = 1.0, 0.0
    for single, follow in zip(singles, follows, strict=True):
        having, without = single * (without + having * follow), without + having
        total = having + without
        having, without = having / total, without / total
        forward.append(having)
    found = [0.0] * len(singles)
    past_without, past_having = 1.0, 1.0
    for at in range(len(singles) - 1, -1, -1):
        one = forward[at] * past_having
        other = (1.0 - forward[at]) * past_without
        found[at] = one / (one + other)
        single, follow = singles[at] * past_having, follows[at]
        past_without, past_having = past_without + single, past_without + single * follow
        total = past_without + past_having
        past_without, past_having = past_without / total, past_having / total
    return found
