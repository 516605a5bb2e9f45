"""Which number of worker processes is called best."""

import pytest

from cli.bench.worker_counts import best_of


def run(workers: int, underruns: int, stalled_ms: int, first_ms: float) -> dict[str, float]:
    return {
        "workers": workers, "underruns": underruns, "stalled_ms": stalled_ms, "first_chunk_p95_ms": first_ms,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("runs", "best"),
    [
        ([run(1, 3, 100, 90.0), run(2, 0, 0, 300.0), run(3, 0, 0, 350.0)], 2),
        ([run(1, 0, 0, 90.0), run(2, 0, 0, 300.0)], 1),
        ([run(1, 4, 900, 90.0), run(2, 4, 100, 300.0)], 2),
    ],
)
def test_pictures_that_keep_moving_count_before_early_ones(runs: list[dict[str, float]], best: int) -> None:
    assert best_of(runs) == best
