"""The page of `make bench`: every promised figure, its floor in the same run, their ratio, and its aim."""

from collections.abc import Sequence
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


_MET: Final = {True: "yes", False: "**no**", None: "-"}


def ratio(measured: float, floor: float, of: str = "") -> str:
    """Return how many times the floor a figure is, and which figure that was."""
    if floor <= 0:
        times = "equal" if measured <= 0 else "floor is 0"
    else:
        times = f"{measured / floor:.2g} x" if measured < floor * 100 else f"{measured / floor:.0f} x"
    return f"{of}: {times}" if of else times


def markdown(lines: Sequence[Line]) -> str:
    """Return the page of figures."""
    head = (
        "# Benchmarks\n\n"
        f"Measured {datetime.now(UTC):%Y-%m-%d} with `make bench` on {machine.describe()}.\n"
        "Written by that command, not by hand. Every floor was measured in the same run: on a shared\n"
        "machine the ratio says more than the milliseconds. p50 and p95 are the values that half, and 95\n"
        "of 100, do not exceed.\n\n"
    )
    return head + rows(lines)


def rows(lines: Sequence[Line]) -> str:
    """Return figures as a table, without anything before it."""
    head = "| figure | measured | floor | ratio | aim | met |\n|---|---|---|---|---|---|\n"
    return head + "".join(
        f"| {line.figure} | {line.measured} | {line.floor} | {line.ratio} | {line.aim} | {_MET[line.met]} |\n"
        for line in lines
    )
