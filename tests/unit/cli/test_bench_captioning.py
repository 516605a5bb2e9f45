"""The captions' bench draws and lays real captions and judges them by their aims."""

import json

import pytest
from click.testing import CliRunner

from cli.bench.captioning import captions_lines
from cli.bench.commands import bench


@pytest.mark.usefixtures("vazirmatn")
def test_every_figure_of_the_captions_is_measured() -> None:
    done = CliRunner().invoke(bench, ["captions", "--n", "2", "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["n"], found["lines"]) == (2, 2)
    rows = captions_lines(found)
    assert [row.aim for row in rows] == ["p95 3 ms", "p95 8 ms", "p95 0.3 ms"]
    assert all(found[f"{back}_{what}_p50_ms"] > 0 for back in ("box", "stroke") for what in ("line", "frame"))


def test_a_row_that_misses_its_aim_says_so() -> None:
    slow = {"size": "512x512", "floor_line_p50_ms": 0.1, "floor_frame_p50_ms": 0.01}
    for back in ("box", "stroke"):
        slow |= {f"{back}_line_p50_ms": 2, f"{back}_line_p95_ms": 4, f"{back}_frame_p50_ms": 0.1}
        slow |= {f"{back}_frame_p95_ms": 0.4}
    assert [row.met for row in captions_lines(slow)] == [False, True, False]
