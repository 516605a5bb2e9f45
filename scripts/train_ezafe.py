"""Learn the weights of the ezafe marker from marked sentences, and write its table.

Takes scripts/ezafe/sentences and the tuning half of tests/data/ezafe; of the other half only the
sentences themselves, to leave out what stands in both. The same inputs give the same table. Run
from the root of the repository: `python -m scripts.train_ezafe`; `--try` only measures by
cross-validation and lists what was wrong.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cli.bench.ezafe_corpus import KASRA, MarkedSentence, marked_sentences, without_ezafe
from lipsync.text.letters import HAMZA_ABOVE, clean
from lipsync.text.persian.ezafe import clause_words, plain
from lipsync.text.persian.ezafe_features import Pair, Part, features
from lipsync.text.persian.ezafe_marks import mark_of
from lipsync.text.persian.ezafe_tagger import SCALE, TABLE, Weights, likelihoods
from lipsync.text.reading import read_unmarked
from scripts.ezafe.spread import alike, bare

_Floats = NDArray[np.float64]

ROOT: Final = Path(__file__).resolve().parents[1]
SENTENCES: Final = ROOT / "scripts" / "ezafe" / "sentences"
ROOMS: Final = ROOT / "lipsync" / "text" / "persian"
INPUTS: Final = (
    "words.tsv", "pairs.tsv", "verbs.tsv", "word_classes.py", "ezafe_features.py", "ezafe_marks.py",
)  # fmt: skip
WHOLE: Final = "whole"
"""How the files begin whose sentences were written one by one; the others' are drawn from patterns."""
STRENGTH: Final = 1.0
"""Of the pull of every weight to zero."""
LEAST_SEEN: Final = 2
"""A feature seen more seldom is not learnt."""
STEPS: Final = 50
MEMORY: Final = 8
FOLDS: Final = 5
PRECISION: Final = 0.925
"""Of the marks across the folds; a mark too many is worse than one that is missing."""
SMALLEST: Final = 3
"""Hundredths; smaller weights are left out of the table."""


@dataclass(frozen=True, slots=True)
class Clause:
    """The words of a clause without marks, and which carry an ezafe."""

    words: tuple[str, ...]
    labels: tuple[bool, ...]
    """Of every word but the last."""
    sentence: str
    share: float
    """How much it counts, 0 to 1: sentences of one pattern say little more than one of them."""


def clauses_of(sentences: Sequence[MarkedSentence]) -> list[Clause]:
    """Return the clauses of marked sentences, read as the marker meets them."""
    return [clause for each in sentences for clause in _clauses(each.marked)]


def _clauses(marked: str) -> Iterator[Clause]:
    share = _alike().get(bare(marked), 1) ** -0.5
    for words in clause_words(read_unmarked(clean(marked, "fa")).spoken):
        labels = tuple(word.endswith((KASRA, HAMZA_ABOVE)) for word in words)
        if len(words) > 1:
            yield Clause(tuple(map(plain, words)), labels[:-1], marked, share)


_alike = cache(alike)


@cache
def _features_of(words: tuple[str, ...]) -> tuple[Pair | None, ...]:
    """Return the features of a clause; those of the same clause stand once in memory."""
    return tuple(parts and _named(parts) for parts in features(words))


def _named(parts: Sequence[Part]) -> Pair:
    pairs = [names_of(told) for names_of, told in parts]
    own, chained = (tuple(chain.from_iterable(side)) for side in zip(*pairs, strict=True))
    return own, chained


class Learner:
    """The chain's likelihood over all clauses at once, with its slope."""

    def __init__(self, clauses: Sequence[Clause]) -> None:
        found = [_features_of(clause.words) for clause in clauses]
        seen = Counter(name for one in found for pair in one for names in pair or () for name in names)
        self.names = sorted(name for name, times in seen.items() if times >= LEAST_SEEN)
        numbers = {name: number for number, name in enumerate(self.names)}
        self._shape = (len(clauses), max(len(clause.labels) for clause in clauses))
        self._known = np.zeros(self._shape, bool)
        self._labels = np.zeros(self._shape)
        for row, clause in enumerate(clauses):
            self._known[row, : len(clause.labels)] = [pair is not None for pair in found[row]]
            self._labels[row, : len(clause.labels)] = clause.labels
        self._labels *= self._known
        self._shares = np.array([clause.share for clause in clauses])
        self._single = self._places(found, 0, numbers)
        self._follow = self._places(found, 1, numbers)

    def _places(
        self, found: Sequence[Any], which: int, numbers: Mapping[str, int]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        places, ids = [], []
        for row, one in enumerate(found):
            for column, pair in enumerate(one):
                own = [numbers[name] for name in (pair[which] if pair else ()) if name in numbers]
                ids += own
                places += [row * self._shape[1] + column] * len(own)
        return np.array(places), np.array(ids)

    def _sums(self, weights: _Floats, side: tuple[NDArray[np.intp], NDArray[np.intp]]) -> _Floats:
        places, ids = side
        size = self._shape[0] * self._shape[1]
        return np.bincount(places, weights[ids], size).reshape(self._shape)

    def _slope(self, miss: _Floats, side: tuple[NDArray[np.intp], NDArray[np.intp]]) -> _Floats:
        places, ids = side
        return np.bincount(ids, miss.reshape(-1)[places], len(self.names))

    def loss(self, weights: _Floats) -> tuple[float, _Floats]:
        """Return how unlikely the marks are under these weights, and the slope of that."""
        single, follow = self._sums(weights, self._single), self._sums(weights, self._follow)
        known, labels = self._known, self._labels
        rows, columns = self._shape
        # What stands behind the end of a clause counts as one state of no weight.
        single = np.where(known, single, -1e9)
        forward = np.zeros((columns + 1, rows, 2))
        forward[0, :, 1] = -1e9
        for at in range(columns):
            without, having = forward[at, :, 0], forward[at, :, 1]
            forward[at + 1, :, 0] = np.logaddexp(without, having)
            forward[at + 1, :, 1] = single[:, at] + np.logaddexp(without, having + follow[:, at])
        total = np.logaddexp(forward[-1, :, 0], forward[-1, :, 1])
        ones, pairs = np.zeros(self._shape), np.zeros(self._shape)
        without, having = np.zeros(rows), np.zeros(rows)
        for at in range(columns - 1, -1, -1):
            ones[:, at] = np.exp(forward[at + 1, :, 1] + having - total)
            pairs[:, at] = np.exp(forward[at, :, 1] + single[:, at] + follow[:, at] + having - total)
            without, having = (
                np.logaddexp(without, single[:, at] + having),
                np.logaddexp(without, single[:, at] + follow[:, at] + having),
            )
        both = np.zeros(self._shape)
        both[:, 1:] = labels[:, 1:] * labels[:, :-1]
        gold = np.sum(np.where(known, single, 0) * labels + follow * both, axis=1)
        share = self._shares[:, np.newaxis]
        slope = self._slope(share * (ones - labels), self._single)
        slope += self._slope(share * (pairs - both), self._follow)
        pull = STRENGTH * weights
        return float(self._shares @ (total - gold) + 0.5 * pull @ weights), slope + pull


def least(loss: Callable[[_Floats], tuple[float, _Floats]], size: int, steps: int = STEPS) -> _Floats:
    """Return where a smooth loss is least (Nocedal: limited-memory BFGS, 1980)."""
    at = np.zeros(size)
    value, slope = loss(at)
    moves: list[tuple[_Floats, _Floats]] = []
    for _ in range(steps):
        way = -_turned(slope, moves)
        stride = 1.0 if moves else 1.0 / max(1.0, float(np.abs(slope).sum()))
        while True:
            there = at + stride * way
            new_value, new_slope = loss(there)
            if new_value <= value + 1e-4 * stride * float(way @ slope) or stride < 1e-10:
                break
            stride /= 2
        move = (there - at, new_slope - slope)
        if float(move[0] @ move[1]) > 1e-12:
            moves = [*moves, move][-MEMORY:]
        done = abs(value - new_value) < 1e-5 * abs(value)
        at, value, slope = there, new_value, new_slope
        if done:
            break
    return at


def _turned(slope: _Floats, moves: Sequence[tuple[_Floats, _Floats]]) -> _Floats:
    turned, shares = slope.copy(), []
    for moved, changed in reversed(moves):
        share = float(moved @ turned) / float(moved @ changed)
        shares.append(share)
        turned -= share * changed
    if moves:
        moved, changed = moves[-1]
        turned *= float(moved @ changed) / float(changed @ changed)
    for (moved, changed), share in zip(moves, reversed(shares), strict=True):
        turned += (share - float(changed @ turned) / float(moved @ changed)) * moved
    return turned


def learn(clauses: Sequence[Clause]) -> dict[str, int]:
    """Return the weights of every feature that says something, in hundredths."""
    learner = Learner(clauses)
    weights = np.rint(least(learner.loss, len(learner.names)) * SCALE).astype(int)
    pairs = zip(learner.names, weights.tolist(), strict=True)
    return {name: weight for name, weight in pairs if abs(weight) >= SMALLEST}


Scored = tuple[float, bool, Clause, int]
"""How likely an ezafe is, whether there is one, the clause and the word's place in it."""


def scored(clauses: Sequence[Clause], weights: Mapping[str, int]) -> Iterator[Scored]:
    """Yield every place where a mark may stand."""
    table = Weights(weights)
    for clause in clauses:
        found = likelihoods(clause.words, table)
        for at, (likelihood, label) in enumerate(zip(found, clause.labels, strict=True)):
            yield (likelihood if mark_of(clause.words[at]) else 0.0), label, clause, at


def figures(places: Sequence[Scored], threshold: float) -> tuple[float, float, float]:
    """Return precision, recall and F1 at a threshold."""
    told = [(likelihood >= threshold, label) for likelihood, label, *_ in places]
    right = sum(mark and label for mark, label in told)
    marked, wanted = sum(mark for mark, _ in told), sum(label for _, label in told)
    return right / max(marked, 1), right / max(wanted, 1), 2 * right / max(marked + wanted, 1)


def crossed(tuning: Sequence[MarkedSentence], others: Sequence[MarkedSentence]) -> list[Scored]:
    """Return the places of some sentences, each under weights that never saw its sentence."""
    more = clauses_of(others)
    found: list[Scored] = []
    for fold in range(FOLDS):
        own = clauses_of([each for at, each in enumerate(tuning) if at % FOLDS == fold])
        rest = clauses_of([each for at, each in enumerate(tuning) if at % FOLDS != fold])
        found += scored(own, learn(rest + more))
    return found


def best_threshold(places: Sequence[Scored]) -> float:
    """Return where F1 is best among the thresholds at which marks are right often enough."""
    steps = [step / 100 for step in range(20, 96)]
    right = [step for step in steps if figures(places, step)[0] >= PRECISION]
    return max(right or steps, key=lambda step: figures(places, step)[2 if right else 0])


def inputs_hash() -> str:
    """Return the SHA-256 of all that the table is made from."""
    digest = hashlib.sha256()
    tuning, others = parts()
    for each in (*tuning, *others):
        digest.update(each.marked.encode() + b"\n")
    for name in INPUTS:
        digest.update((ROOMS / name).read_bytes())
    return digest.hexdigest()


def parts() -> tuple[list[MarkedSentence], list[MarkedSentence]]:
    """Return the tuning half and the sentences that are for training only."""
    measured = marked_sentences()
    known = {without_ezafe(each.marked) for each in measured}
    others = [each for each in marked_sentences(SENTENCES) if each.bare not in known]
    return [each for each in measured if not each.tested], others


def _write(threshold: float, weights: Mapping[str, int]) -> None:
    head = [f"#threshold\t{threshold}", f"#inputs\t{inputs_hash()}"]
    lines = [f"{name}\t{weight}" for name, weight in sorted(weights.items())]
    (ROOMS / TABLE).write_text("\n".join([*head, *lines]) + "\n", "utf-8")


def _listed(places: Sequence[Scored], threshold: float) -> Iterator[str]:
    for likelihood, label, clause, at in places:
        if (likelihood >= threshold) != label:
            sign = "missing" if label else "too many"
            before, after = clause.words[max(at - 2, 0) : at], clause.words[at + 1 : at + 4]
            yield f"{sign} {likelihood:.2f} {' '.join((*before, f'[{clause.words[at]}]', *after))}"


def main() -> None:
    """Train, or only try."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--try", dest="tried", action="store_true", help="write nothing; list what is wrong")
    tried = parser.parse_args().tried
    tuning, others = parts()
    whole = [each for each in others if each.kind.startswith(WHOLE)]
    drawn = [each for each in others if not each.kind.startswith(WHOLE)]
    places = crossed([*tuning, *whole], drawn)
    threshold = best_threshold(places)
    measured = {each.marked for each in tuning}
    of_tuning = [each for each in places if each[2].sentence in measured]
    for name, those in (("the tuning half", of_tuning), ("that and the whole ones", places)):
        precision, recall, both = figures(those, threshold)
        print(f"{name}, threshold {threshold}: "
              f"precision {precision:.3f}, recall {recall:.3f}, F1 {both:.3f}")  # fmt: skip
    if tried:
        print("\n".join(_listed(of_tuning, threshold)))
    else:
        weights = learn(clauses_of([*tuning, *others]))
        _write(threshold, weights)
        print(f"{len(weights)} weights")


if __name__ == "__main__":
    main()
