"""The words of a clause in, how likely an ezafe is after each of them out.

Between `ezafe_features`, which says what speaks for it, and `ezafe`, which writes the marks. A chain
of two states a word (Lafferty, McCallum, Pereira: Conditional Random Fields, 2001) whose weights are
whole hundredths in a table beside this room, made by `scripts/train_ezafe.py`. Standard library only;
the table is read once, at the first clause.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from math import exp
from typing import Final

from lipsync.text.persian.ezafe_features import Group, features

TABLE: Final = "ezafe_weights.tsv"
SCALE: Final = 100.0
"""Weights are written as whole numbers of this part."""
_MOST: Final = 30.0
"""A sum beyond this says no more: its exponential stays far from where a float ends."""


_MOST_SUMS: Final = 1 << 13
"""Sums of groups that are kept."""


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
        self._sums: dict[Group, int] = {}

    def factor(self, groups: Sequence[Group], alone: Group = ()) -> float:
        """Return how much more likely some features make an ezafe.

        Args:
            groups: features that come together again and again.
            alone: others.
        """
        weight = self._weights.get
        sums, total = self._sums, sum([weight(name, 0) for name in alone])
        for group in groups:
            known = sums.get(group)
            if known is None:
                known = self._sum(group)
            total += known
        return exp(max(-_MOST, min(_MOST, total / SCALE)))

    def _sum(self, group: Group) -> int:
        weight = self._weights.get
        total = sum([weight(name, 0) for name in group])
        if len(self._sums) >= _MOST_SUMS:
            self._sums.clear()
        self._sums[group] = total
        return total


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
    for found_of in features(words):
        if found_of is None:
            singles.append(0.0)
            follows.append(1.0)
        else:
            singles.append(weights.factor(found_of.own, found_of.alone))
            # One that nothing can come before chains to nothing.
            follows.append(weights.factor(found_of.chained) if singles[-2:-1] != [0.0] else 1.0)
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
