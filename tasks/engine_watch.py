"""Is there still a worker that has an engine? What the reaper asks before it rings once more.

What workers announce in, whether an engine has been missing for long out. Only engines that need
something of others can be missing while workers are warm. Rings and ends nothing.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from redis.exceptions import RedisError

from tasks.catalogue import ENGINE_NEEDS, is_painted

MISSING_S: Final = 60.0
"""A worker that left because its network failed is back and tested within a few seconds."""
LOOK_EVERY_S: Final = 2.0
FORGETS_S: Final = 30.0
"""What was seen before nobody asked for so long says nothing of now; whoever waits is asked for oftener."""


class Announced(Protocol):
    """What is read of a worker's announcement."""

    @property
    def engines(self) -> Sequence[str]:
        """Names of the engines it has."""
        ...


def says_missing(engine: str) -> str:
    """Return what is told to whoever waits for an engine that nobody has."""
    return f"for {MISSING_S:.0f} s no worker has had the engine {engine!r}; {ENGINE_NEEDS[engine]}"


class EngineWatch:
    """Remembers since when no worker has had an engine.

    Args:
        workers: returns what warm workers announce. Raises RedisError, ValueError.
    """

    def __init__(self, workers: Callable[[], Sequence[Announced]]) -> None:
        self._workers = workers
        self._looked_s = float("-inf")
        self._missing_since_s: dict[str, float] = {}

    def is_missing(self, engine: str, now_s: float) -> bool:
        """Return whether, as far as this watch has seen, nobody has had an engine for `MISSING_S`."""
        if not is_painted(engine):
            return False
        if now_s - self._looked_s > FORGETS_S:
            self._missing_since_s.clear()
        if now_s - self._looked_s >= LOOK_EVERY_S:
            self._looked_s = now_s
            self._look(now_s)
        return now_s - self._missing_since_s.get(engine, now_s) >= MISSING_S

    def _look(self, now_s: float) -> None:
        try:
            warm = self._workers()
        except (RedisError, ValueError):
            warm = ()
        # With no worker at all, or no answer, nothing is known of engines: every utterance waits.
        held = {engine for worker in warm for engine in worker.engines} if warm else set(ENGINE_NEEDS)
        for engine in ENGINE_NEEDS:
            if engine in held:
                self._missing_since_s.pop(engine, None)
            else:
                self._missing_since_s.setdefault(engine, now_s)
