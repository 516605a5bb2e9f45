"""Small statistics of a benchmark: what is told of a list of times."""

import math
from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` (0..1) of all do not exceed.

    The nearest-rank definition: the answer is always one of the values measured.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("no values, so no percentile")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def p50_p95(values: Sequence[float]) -> dict[str, float]:
    """Return the two figures that every table of times shows, in the values' own unit."""
    return {"p50_ms": round(percentile(values, 0.5), 1), "p95_ms": round(percentile(values, 0.95), 1)}
