"""How often each name was asked for, old requests counting for less: what caches decide by.

Exact counts, one float a name. There are thousands of avatars at most, so the sketches of
TinyLFU (Einziger, Friedman and Manes, ACM Transactions on Storage 13(4), 2017) would save
nothing and confuse names with each other. Counts fade by forward decay (Cormode et al.,
ICDE 2009): later requests weigh more, and nothing has to be divided in between.
"""

from typing import Final

HALF_LIFE_REQUESTS: Final = 10_000
"""After as many requests one counts for half."""

MOST_NAMES: Final = 8192
"""Names remembered, kept ones or not; the least asked for are forgotten first."""

_LARGEST_WEIGHT: Final = 2.0**500


class Popularity:
    """Counts of requests by name. Not safe to share between threads without a lock."""

    def __init__(self, half_life: int = HALF_LIFE_REQUESTS, most_names: int = MOST_NAMES) -> None:
        self._growth = 2.0 ** (1 / half_life)
        self._most_names = most_names
        self._weight = 1.0
        self._counts: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._counts)

    def note(self, name: str) -> None:
        """Count one request."""
        self._weight *= self._growth
        self._counts[name] = self._counts.get(name, 0.0) + self._weight
        if self._weight > _LARGEST_WEIGHT:
            self._counts = {known: count / self._weight for known, count in self._counts.items()}
            self._weight = 1.0
        if len(self._counts) > self._most_names:
            # A tenth at once, so that the sorting is paid for once in many requests.
            by_count = sorted(self._counts, key=lambda known: self._counts[known])
            for known in by_count[: max(1, self._most_names // 10)]:
                del self._counts[known]

    def of(self, name: str) -> float:
        """Return a name's count; it means something only beside another's of the same moment."""
        return self._counts.get(name, 0.0)
