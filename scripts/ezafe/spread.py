"""Write out the sentences that patterns stand for: patterns/KIND.txt to sentences/KIND.txt.

In a pattern `{a|b|c}` stands for one of its parts. Each pattern gives as many sentences as its longest
choice has parts, and up to `--most`, so every part is used; which parts meet is drawn with a fixed seed: the
marks are right, what a sentence says need not be. The
sentences of a pattern follow one another: whoever splits them for training keeps a pattern's together.
A sentence that stands in the measured corpus too is left out unseen.
"""

from __future__ import annotations

import argparse
import random
import re
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


def written(most: int) -> dict[str, list[str]]:
    """Return every kind's lines, the comment first, as they stand in its file of sentences."""
    taken = {
        bare(line)
        for path in _MEASURED.glob("*.txt")
        for line in path.read_text(encoding="utf-8").split("\n")
    }
    kinds = {}
    for source in sorted((_HERE / "patterns").glob("*.txt")):
        comment, *patterns = source.read_text(encoding="utf-8").removesuffix("\n").split("\n")
        draw = random.Random(_SEED)  # noqa: S311  # a draw that repeats, no secret
        drawn = {bare(line): line for pattern in patterns for line in spread(pattern, most, draw)}
        head = comment.replace("{a|b} stands for one of its parts", "written out from patterns by spread.py")
        kinds[source.name] = [head, *(line for words, line in drawn.items() if words not in taken)]
        taken.update(drawn)
    return kinds


def main() -> None:
    """Write every kind's sentences anew; say how many of each."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--most", type=int, default=MOST, help="sentences of one pattern, at most about")
    for name, lines in written(options.parse_args().most).items():
        (_HERE / "sentences" / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"{name}: {len(lines) - 1} sentences")


if __name__ == "__main__":
    main()
