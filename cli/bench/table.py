"""The page of `make bench`: every promised figure, its floor in the same run, their ratio, and its aim."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cli.bench import machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure of the page."""

    figure: str
    measured: str
    floor: str
    """What the floor is, in words, and what it came to in this run."""
    ratio: str
    """The figure over its floor."""
    aim: str
    met: bool | None
    """Whether the aim was; None where there is none."""


ALONE, SERVICE = "Without a service", "The service"
"""The sections of the page."""
_ORDER: Final = (ALONE, SERVICE)
_SECTION: Final = "\n## "
_HEAD: Final = (
    "# Benchmarks\n\n"
    "Written by `make bench`, the first section also by `avatar bench alone`, not by hand. Every floor was\n"
    "measured in the same run: on a shared machine the ratio says more than the milliseconds. p50 and p95\n"
    "are the values that half, and 95 of 100, do not exceed.\n"
)
_MET: Final = {True: "yes", False: "**no**", None: "-"}


def ratio(measured: float, floor: float, of: str = "") -> str:
    """Return how many times the floor a figure is, and which figure that was."""
    if floor <= 0:
        times = "equal" if measured <= 0 else "floor is 0"
    else:
        times = f"{measured / floor:.2g} x" if measured < floor * 100 else f"{measured / floor:.0f} x"
    return f"{of}: {times}" if of else times


def page(sections: Mapping[str, Sequence[Line]], before: str = "") -> str:
    """Return the page of figures.

    Args:
        sections: the lines that were measured now, by their section's title.
        before: the page as it was; its other sections stay, with their own date and machine.
    """
    kept = dict(_section(part) for part in before.split(_SECTION)[1:])
    for title, lines in sections.items():
        measured = f"Measured {datetime.now(UTC):%Y-%m-%d} on {machine.describe()}."
        kept[title] = f"{measured}\n\n{rows(lines)}"
    order = sorted(kept, key=lambda title: _ORDER.index(title) if title in _ORDER else len(_ORDER))
    return _HEAD + "".join(f"{_SECTION}{title}\n\n{kept[title].rstrip()}\n" for title in order)


def _section(part: str) -> tuple[str, str]:
    title, _, body = part.partition("\n")
    return title, body.strip("\n")


def rows(lines: Sequence[Line]) -> str:
    """Return figures as a table, without anything before it."""
    head = "| figure | measured | floor | ratio | aim | met |\n|---|---|---|---|---|---|\n"
    return head + "".join(
        f"| {line.figure} | {line.measured} | {line.floor} | {line.ratio} | {line.aim} | {_MET[line.met]} |\n"
        for line in lines
    )
