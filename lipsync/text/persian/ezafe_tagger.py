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
from typing import Final, NamedTuple

from lipsync.text.persian.ezafe_features import features

TABLE: Final = "ezafe_weights.tsv"
SCALE: Final = 100.0
"""Weights are written as whole numbers of this part."""
_MOST: Final = 30.0
"""A sum beyond this says no more: its exponential stays far from where a float ends."""


class Weights(NamedTuple):
    """What was learnt."""

    weights: Mapping[str, int]
    threshold: float
    """From this likelihood on a mark is written."""
    inputs: str
    """SHA-256 of everything that the table was made from."""


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


def likelihoods(words: Sequence[str], weights: Mapping[str, int]) -> list[float]:
    """Return how likely an ezafe is after every word but the last, 0 to 1 each.

    Args:
        words: of one clause, without marks.
        weights: in hundredths, by feature; one without weight says nothing.
    """
    singles, follows = [], []
    for found_of in features(words):
        if found_of is None:
            singles.append(0.0)
            follows.append(1.0)
        else:
            own, chained = found_of
            singles.append(_factor(own, weights))
            # One that nothing can come before chains to nothing.
            follows.append(_factor(chained, weights) if singles[-2:-1] != [0.0] else 1.0)
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


def _factor(names: Sequence[str], weights: Mapping[str, int]) -> float:
    known = weights.get
    total = sum([known(name, 0) for name in names]) / SCALE
    return exp(max(-_MOST, min(_MOST, total)))
