"""A wish for rate and pitch in, eSpeak NG's own settings out.

Used by `workers.voices`. eSpeak counts words a minute and has two scales of 0 to 100, for the
pitch and for its range; what they do was read in its source (`SetPitch2` in synthdata.c and
`pitch_adjust_tab`) and measured. Arithmetic only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from lipsync.text.prosody import Prosody

SLOWEST_WPM: Final = 80
FASTEST_WPM: Final = 450
"""eSpeak takes no other rates."""

_LAGS_FROM: Final = 1.5
_LAG: Final = 0.2
"""Beyond one and a half times a voice's rate, eSpeak falls behind what it is told: pauses and
short sounds have a least length. With a fifth more for what is beyond, twice as fast is 1.96 to
2.0 times as fast."""

_MIDDLE: Final = 50
_OCTAVE: Final = 50
"""Steps of the pitch scale that double the base pitch."""
_COMPENSATION: Final = 0.25
"""Of the base pitch: what eSpeak takes off it when the range is doubled. 0.23 in a man's voice,
0.28 in a woman's."""


@dataclass(frozen=True, slots=True)
class EspeakSettings:
    """How eSpeak NG is to sound."""

    voice: str
    """Language, and a variant after a plus sign."""
    rate: int
    """Words per minute by eSpeak's own reckoning."""
    pitch: int
    """0..100; 50 is the variant's own."""
    range: int = _MIDDLE
    """0..100: how far the tune goes up and down; 50 is the variant's own."""


def settings_for(own: EspeakSettings, prosody: Prosody) -> EspeakSettings:
    """Return a voice's settings with a wish followed as far as eSpeak goes.

    The scales end before an octave: the measured fundamental rises by ten semitones and falls by
    nine at most. A wish beyond that is held there.
    """
    ratio = 2 ** (prosody.pitch_semitones / 12)
    # Pitch and range together, or the tune would stay as wide as it was while the voice rises.
    base = ratio * 2 ** ((own.pitch - _MIDDLE) / _OCTAVE) + _COMPENSATION * (ratio - 1)
    pitch = _MIDDLE + _OCTAVE * math.log2(max(base, 0.5))
    words = own.rate * (prosody.rate + _LAG * max(prosody.rate - _LAGS_FROM, 0))
    return replace(
        own,
        rate=_within(words, SLOWEST_WPM, FASTEST_WPM),
        pitch=_within(pitch, 0, 100),
        range=_within(own.range * ratio, 0, 100),
    )


def _within(value: float, low: int, high: int) -> int:
    return min(max(round(value), low), high)
