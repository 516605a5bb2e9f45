"""The page of figures: every line has a floor and a ratio to it."""

import pytest

from cli.bench.table import ALONE, SERVICE, Line, page, ratio


@pytest.mark.parametrize(
    ("measured", "floor", "words"),
    [
        (53.0, 18.4, "2.9 x"),
        (0.0, 10_000.0, "0 x"),
        (500.0, 1.0, "500 x"),
        (0, 0, "equal"),
        (2, 0, "floor is 0"),
    ],
)
def test_a_ratio_is_told_in_two_digits(measured: float, floor: float, words: str) -> None:
    assert ratio(measured, floor) == words
    assert ratio(measured, floor, "p50") == f"p50: {words}"


@pytest.mark.parametrize(("met", "told"), [(True, "yes"), (False, "**no**"), (None, "-")])
def test_a_line_has_a_column_for_each_of_its_six_parts(met: bool | None, told: str) -> None:
    line = Line(figure="a", measured="2 ms", floor="nothing: 1 ms", ratio="2 x", aim="3 ms", met=met)
    table = [row for row in page({ALONE: [line]}).splitlines() if row.startswith("|")]
    assert table[0] == "| figure | measured | floor | ratio | aim | met |"
    assert table[-1] == f"| a | 2 ms | nothing: 1 ms | 2 x | 3 ms | {told} |"


def line_of(figure: str) -> Line:
    return Line(figure=figure, measured="2 ms", floor="nothing: 1 ms", ratio="2 x", aim="3 ms", met=True)


def test_a_section_that_was_not_measured_now_stays_as_it_was() -> None:
    first = page({ALONE: [line_of("old")], SERVICE: [line_of("served")]})
    later = page({ALONE: [line_of("new")]}, first)
    assert "| old |" not in later
    assert later == page({ALONE: [line_of("new")], SERVICE: [line_of("served")]})


def test_sections_stand_in_one_order_whichever_was_measured_last() -> None:
    alone, served = {ALONE: [line_of("a")]}, {SERVICE: [line_of("served")]}
    assert page(alone, page(served)) == page(served, page(alone)) == page(alone | served)


def test_a_page_without_sections_is_written_anew() -> None:
    assert page({ALONE: [line_of("a")]}, "# Benchmarks\n\n| old |\n") == page({ALONE: [line_of("a")]})
