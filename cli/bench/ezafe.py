"""How well the reader marks ezafes: right marks, missed ones, and every error, by kind of text.

Reads the hand-marked sentences of tests/data/ezafe as a user's text would come, without marks, and
compares. Figures are of the half that nothing was tuned on unless the other is asked for. Needs no
service; part of the repository's checkout, not of what is installed.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cli.bench.ezafe_corpus import MarkedSentence, ezafe_places, marked_sentences
from cli.bench.figures import percentile
from cli.bench.table import Line
from cli.bench.together import BenchmarkFailed
from lipsync.text.letters import clean
from lipsync.text.reading import read_persian, read_unmarked

PRECISION_AIM: Final = 0.92
F1_AIM: Final = 0.90
DRAWS: Final = 1000
"""Of as many sentences as there are, with putting back: how much the figures would differ by chance."""
_SEED: Final = 1
_HALF_OF_THE_REST: Final = 0.025


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one sentence's ezafes."""

    sentence: MarkedSentence
    right: int
    too_many: tuple[str, ...]
    """Words marked that should not be, with the word behind them."""
    missing: tuple[str, ...]


def outcome(sentence: MarkedSentence) -> Outcome:
    """Return what the reader makes of a sentence that its author marked.

    Raises:
        BenchmarkFailed: the marks changed the words that are read, so that places cannot be compared.
    """
    wanted = read_unmarked(clean(sentence.marked, "fa")).spoken
    found = read_persian(clean(sentence.bare, "fa")).spoken
    words = found.split()
    if len(words) != len(wanted.split()):
        raise BenchmarkFailed(f"read without its marks this has other words: {sentence.bare}")
    told, true = ezafe_places(found), ezafe_places(wanted)
    too_many, missing = (
        tuple(" ".join(words[at : at + 2]) for at in sorted(places)) for places in (told - true, true - told)
    )
    return Outcome(sentence, len(told & true), too_many, missing)


def precision_recall_f1(outcomes: Iterable[Outcome]) -> tuple[float, float, float]:
    """Return three shares, 0 to 1: of the marks that are right, of the ezafes that are marked, and F1."""
    right = told = wanted = 0
    for each in outcomes:
        right += each.right
        told += each.right + len(each.too_many)
        wanted += each.right + len(each.missing)
    return right / max(told, 1), right / max(wanted, 1), 2 * right / max(told + wanted, 1)


def intervals(outcomes: Sequence[Outcome]) -> list[tuple[float, float]]:
    """Return where 95 of 100 draws of as many sentences fall, for each of the three figures."""
    drawn = random.Random(_SEED)  # noqa: S311 - a draw of sentences, no secret
    draws = [precision_recall_f1(drawn.choices(outcomes, k=len(outcomes))) for _ in range(DRAWS)]
    return [
        (percentile(values, _HALF_OF_THE_REST), percentile(values, 1 - _HALF_OF_THE_REST))
        for values in zip(*draws, strict=True)
    ]


def outcomes_of(*, tested: bool = True) -> list[Outcome]:
    """Return what becomes of one half of the sentences: the one for the test, or the one for tuning."""
    return [outcome(each) for each in marked_sentences() if each.tested == tested]


def ezafe(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the figures of some sentences, all together and by kind."""
    if not outcomes:
        raise BenchmarkFailed("tests/data/ezafe holds no sentences; run this in a checkout of the repository")
    found: dict[str, Any] = {
        "bench": "ezafe", "sentences": len(outcomes),
        "ezafes": sum(each.right + len(each.missing) for each in outcomes),
    }  # fmt: skip
    figures, ranges = precision_recall_f1(outcomes), intervals(outcomes)
    for name, value, (low, high) in zip(("precision", "recall", "f1"), figures, ranges, strict=True):
        found[name] = round(value, 3)
        found[f"{name}_low"], found[f"{name}_high"] = round(low, 3), round(high, 3)
    for kind in sorted({each.sentence.kind for each in outcomes}):
        own = [each for each in outcomes if each.sentence.kind == kind]
        found[kind] = [round(value, 3) for value in precision_recall_f1(own)]
    return found


def errors(outcomes: Iterable[Outcome]) -> list[str]:
    """Return every error, one a line: what is wrong, the kind, the words, and the sentence as marked."""
    return [
        f"{what}\t{each.sentence.kind}\t{words}\t{each.sentence.marked}"
        for each in outcomes
        for what, places in (("too many", each.too_many), ("missing", each.missing))
        for words in places
    ]


def ezafe_lines(found: dict[str, Any]) -> list[Line]:
    """Return the marker's rows of the page."""
    of = f"{found['sentences']} sentences with {found['ezafes']} ezafes that nothing was tuned on"
    return [
        Line(
            figure=f"{figure}, {of}",
            measured=f"{found[name]:.3f} (95 % interval {found[name + '_low']:.3f} to "
            f"{found[name + '_high']:.3f})",
            floor="a reader without a marker: 0",
            ratio="-",
            aim=f"{aim:g}",
            met=found[name] >= aim,
        )
        for figure, name, aim in (
            ("ezafe marks that are right (precision)", "precision", PRECISION_AIM),
            ("ezafes marked and marks right together (F1)", "f1", F1_AIM),
        )
    ]
