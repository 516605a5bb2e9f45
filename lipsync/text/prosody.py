"""How a stretch of text is to be said beside its words: how fast, how high, how loud.

Values only, between whoever asks (a request, the tags in a text) and the voices. A wish
within a wish is told by `within`; what a voice makes of one is its own affair. Standard
library only, so the front door may use it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SLOWEST: Final = 0.5
FASTEST: Final = 2.0
LOWEST_SEMITONES: Final = -12.0
HIGHEST_SEMITONES: Final = 12.0
SOFTEST_DB: Final = -20.0
LOUDEST_DB: Final = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prosody:
    """A way of saying; the defaults are the voice's own."""

    rate: float = 1.0
    """Times the voice's own rate, `SLOWEST` to `FASTEST`."""
    pitch_semitones: float = 0.0
    """Above the voice's own, `LOWEST_SEMITONES` to `HIGHEST_SEMITONES`."""
    volume_db: float = 0.0
    """Gain before any limiter, `SOFTEST_DB` to `LOUDEST_DB`."""

    def within(self, outer: Prosody) -> Prosody:
        """Return this wish inside another one: rates multiply, the rest adds, kept within limits."""
        return Prosody(
            rate=_held(self.rate * outer.rate, SLOWEST, FASTEST),
            pitch_semitones=_held(
                self.pitch_semitones + outer.pitch_semitones, LOWEST_SEMITONES, HIGHEST_SEMITONES
            ),
            volume_db=_held(self.volume_db + outer.volume_db, SOFTEST_DB, LOUDEST_DB),
        )


PLAIN: Final = Prosody()


def _held(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
