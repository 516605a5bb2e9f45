"""The page of figures: every line has a floor and a ratio to it."""

import pytest

from cli.bench.table import Line, markdown, ratio


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


def test_a_line_has_a_column_for_each_of_its_five_parts() -> None:
    page = markdown([Line(figure="a", measured="2 ms", floor="nothing: 1 ms", ratio="2 x", aim="3 ms")])
    table = [row for row in page.splitlines() if row.startswith("|")]
    assert table[0] == "| figure | measured | floor | ratio | aim |"
    assert table[-1] == "| a | 2 ms | nothing: 1 ms | 2 x | 3 ms |"
