"""Values of SSML attributes in, what they mean here out; what has no meaning is told in words.

Used by `lipsync.text.ssml`. After W3C SSML 1.1, sections 3.1 and 3.2, as far as a voice can
follow. Standard library only.
"""

from __future__ import annotations

import math
import re
from typing import Final

LONGEST_PAUSE_MS: Final = 10_000

STRENGTHS_MS: Final = {
    "none": 0, "x-weak": 100, "weak": 250, "medium": 500, "strong": 800, "x-strong": 1200,
}  # fmt: skip

RATES: Final = {
    "x-slow": 0.5, "slow": 0.75, "medium": 1.0, "default": 1.0, "fast": 1.3, "x-fast": 1.7,
}  # fmt: skip
PITCHES_ST: Final = {
    "x-low": -6.0, "low": -3.0, "medium": 0.0, "default": 0.0, "high": 3.0, "x-high": 6.0,
}  # fmt: skip
VOLUMES_DB: Final = {
    "x-soft": -12.0, "soft": -6.0, "medium": 0.0, "default": 0.0, "loud": 3.0, "x-loud": 6.0,
}  # fmt: skip

TIME_FORMS: Final = ("500ms", "1.5s", f"0 to {LONGEST_PAUSE_MS // 1000}s")
RATE_FORMS: Final = (*RATES, "50% to 200%", "+20%", "-20%")
PITCH_FORMS: Final = (*PITCHES_ST, "+2st", "-2st (12 at most)", "+10%", "-10%")
VOLUME_FORMS: Final = (*VOLUMES_DB, "+3dB", "-6dB (-20 to +6)")

_TIME: Final = re.compile(r"\+?([0-9]{1,6}(?:\.[0-9]{1,6})?)(ms|s)")
_SIGNED: Final = re.compile(r"([+-]?)([0-9]{1,6}(?:\.[0-9]{1,6})?)(%|st|dB|Hz)?")


class WrongValue(ValueError):
    """A value is not one of those there are; the message says why where that is not plain."""


def pause_ms_of(value: str) -> int:
    """Return a length of time in whole milliseconds. Raises WrongValue."""
    found = _TIME.fullmatch(value)
    if found is None:
        raise WrongValue(f"{value!r} is no length of time")
    length = round(float(found[1]) * (1000 if found[2] == "s" else 1))
    if length > LONGEST_PAUSE_MS:
        raise WrongValue(f"{value!r} is too long")
    return length


def rate_of(value: str) -> float:
    """Return how many times the voice's own rate is meant. Raises WrongValue."""
    if value in RATES:
        return RATES[value]
    sign, number, unit = _signed(value)
    if unit != "%":
        raise WrongValue(f"{value!r} is no rate")
    share = number / 100
    rate = share if not sign else 1 + (share if sign == "+" else -share)
    return _checked(value, rate, 0.5, 2.0)


def pitch_of(value: str) -> float:
    """Return how many semitones above the voice's own pitch are meant. Raises WrongValue."""
    if value in PITCHES_ST:
        return PITCHES_ST[value]
    sign, number, unit = _signed(value)
    if unit == "Hz":
        raise WrongValue(f"{value!r}: a pitch in Hz is not taken, since every voice has its own; say how far")
    if unit == "st" and sign:
        return _checked(value, number if sign == "+" else -number, -12, 12)
    if unit == "%" and sign:
        share = 1 + (number if sign == "+" else -number) / 100
        return _checked(value, 12 * math.log2(share) if share > 0 else -math.inf, -12, 12)
    raise WrongValue(f"{value!r} is no pitch")


def volume_of(value: str) -> float:
    """Return how many decibels above the voice's own volume are meant. Raises WrongValue."""
    if value in VOLUMES_DB:
        return VOLUMES_DB[value]
    if value == "silent":
        raise WrongValue("'silent' is not taken; leave the words out, or put a break")
    sign, number, unit = _signed(value)
    if unit != "dB" or not sign:
        raise WrongValue(f"{value!r} is no volume")
    return _checked(value, number if sign == "+" else -number, -20, 6)


def _signed(value: str) -> tuple[str, float, str]:
    found = _SIGNED.fullmatch(value)
    if found is None:
        raise WrongValue(f"{value!r} is none of them")
    return found[1], float(found[2]), found[3] or ""


def _checked(value: str, meant: float, low: float, high: float) -> float:
    if not low <= meant <= high:
        raise WrongValue(f"{value!r} is out of range")
    return meant
