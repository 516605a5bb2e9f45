"""Write out the sentences that patterns stand for: patterns/KIND.txt to sentences/KIND.txt.

In a pattern `{a|b|c}` stands for one of its parts. Each pattern gives as many sentences as its longest
choice has parts, and up to `--most`, so every part is used; which parts meet is drawn with a fixed seed: the
marks are right, what a sentence says need not be. The
sentences of a pattern follow one another: whoever splits them for training keeps a pattern's together.
A sentence that stands in the measured corpus too, or is near one there, is left out unseen.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, zip_longest
from math import prod
from pathlib import Path
from typing import Final

MOST: Final = 9
_CHOICE: Final = re.compile(r"\{([^{}]*)\}")
_MARK: Final = re.compile("[\u064b-\u065f\u0670\u200c]")
_HERE: Final = Path(__file__).parent
_MEASURED: Final = _HERE.parents[1] / "tests" / "data" / "ezafe"
_SEED: Final = 1404
RUN: Final = 6
"""So many words in a row shared with a measured sentence are too many."""
SHARE: Final = 0.5
"""So much of both sentences' words shared is too much."""


def spread(pattern: str, most: int, draw: random.Random) -> list[str]:
    """Return the sentences drawn from a pattern, each once; one if it has no choice."""
    between, choices = _CHOICE.split(pattern)[::2], [part.split("|") for part in _CHOICE.findall(pattern)]
    whole = prod(len(choice) for choice in choices)
    wanted = min(whole, max([most, *map(len, choices)]))
    found: dict[str, None] = {}
    while len(found) < wanted:
        for choice in choices:
            draw.shuffle(choice)
        for place in range(max(map(len, choices), default=1)):
            parts = [choice[place % len(choice)] for choice in choices]
            found["".join(chain.from_iterable(zip_longest(between, parts, fillvalue="")))] = None
    return list(found)[:wanted]


def bare(sentence: str) -> str:
    """Return a sentence's words alone, without marks, ZWNJ and punctuation."""
    return " ".join(re.findall(r"\w+", _MARK.sub("", sentence)))


class Measured:
    """The measured sentences, to be compared with and never shown."""

    def __init__(self, sentences: Iterable[str]) -> None:
        lists = [bare(sentence).split() for sentence in sentences]
        self._sizes = [len(set(words)) for words in lists]
        self._runs = {run for words in lists for run in _runs(words)}
        self._with: dict[str, list[int]] = {}
        for number, words in enumerate(lists):
            for word in set(words):
                self._with.setdefault(word, []).append(number)

    def has_near(self, sentence: str) -> bool:
        """Tell whether one shares a run of words with this sentence, or half of both one's words."""
        words = bare(sentence).split()
        if not self._runs.isdisjoint(_runs(words)):
            return True
        own = set(words)
        shared = Counter(number for word in own for number in self._with.get(word, ()))
        return any(
            count >= SHARE * (len(own) + self._sizes[number] - count) for number, count in shared.items()
        )


def _runs(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1))


def measured_sentences() -> Measured:
    """Return the sentences of the measured corpus, of both its halves."""
    return Measured(
        line
        for path in _MEASURED.glob("*.txt")
        for line in path.read_text(encoding="utf-8").split("\n")
        if line and not line.startswith("#")
    )


def written(most: int) -> dict[str, list[str]]:
    """Return every kind's lines, the comment first, as they stand in its file of sentences."""
    measured = measured_sentences()
    taken: set[str] = set()
    kinds = {}
    for source in sorted((_HERE / "patterns").glob("*.txt")):
        comment, *patterns = source.read_text(encoding="utf-8").removesuffix("\n").split("\n")
        draw = random.Random(_SEED)  # noqa: S311  # a draw that repeats, no secret
        drawn = {bare(line): line for pattern in patterns for line in spread(pattern, most, draw)}
        head = comment.replace("{a|b} stands for one of its parts", "written out from patterns by spread.py")
        new = (line for words, line in drawn.items() if words not in taken)
        kinds[source.name] = [head, *(line for line in new if not measured.has_near(line))]
        taken.update(drawn)
    return kinds


def alike() -> dict[str, int]:
    """Return how many sentences there are of the pattern that gave a sentence, by its bare words."""
    found = {}
    for source in sorted((_HERE / "patterns").glob("*.txt")):
        draw = random.Random(_SEED)  # noqa: S311  # the draw of `written`
        for pattern in source.read_text(encoding="utf-8").removesuffix("\n").split("\n")[1:]:
            drawn = spread(pattern, MOST, draw)
            found.update({bare(sentence): len(drawn) for sentence in drawn})
    return found


def main() -> None:
    """Write every kind's sentences anew; say how many of each."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--most", type=int, default=MOST, help="sentences of one pattern, at most about")
    for name, lines in written(options.parse_args().most).items():
        (_HERE / "sentences" / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"{name}: {len(lines) - 1} sentences")


if __name__ == "__main__":
    main()
