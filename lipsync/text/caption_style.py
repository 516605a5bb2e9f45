"""How captions are drawn into a picture: values only, JSON-safe, checked when they are made.

Written by the front door into the row, read by `lipsync.media.burn`. Here nothing is drawn.
Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Self

BACKS: Final = ("box", "stroke")
POSITIONS: Final = ("bottom", "top")
SMALLEST, LARGEST = 3, 12
"""Limits of `size`, in per cent of the picture's shorter side."""

_COLOUR: Final = re.compile("#[0-9a-f]{6}")


class WrongStyle(ValueError):
    """Captions cannot be drawn like this; the message names the field and what it may be."""

    def __init__(self, field: str, value: object, allowed: str) -> None:
        super().__init__(f"{field} is {value!r}; it may be {allowed}")
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionStyle:
    """What burned-in captions look like.

    Raises:
        WrongStyle: a value is outside what its field may be.
    """

    back: str = "box"
    """What letters stand out by: a "box" behind them or a "stroke" around them."""
    position: str = "bottom"
    """"bottom" or "top" of the picture."""
    size: int = 6
    """Height of the type (its em) in per cent of the picture's shorter side, 3 to 12. A cue that
    does not fit is broken further or set smaller (`lipsync.media.lettering`)."""
    colour: str = "#ffffff"
    """Of the letters, `#rrggbb`."""
    spoken: str | None = "#ffd54a"
    """Of the word that is being spoken; None marks none."""
    behind: str = "#000000"
    """Of the box, or of the stroke."""
    opacity: int = 60
    """Of the box in per cent, 0 to 100; a stroke is always opaque."""

    def __post_init__(self) -> None:
        if self.back not in BACKS:
            raise WrongStyle("back", self.back, " or ".join(BACKS))
        if self.position not in POSITIONS:
            raise WrongStyle("position", self.position, " or ".join(POSITIONS))
        _check_number("size", self.size, SMALLEST, LARGEST)
        _check_number("opacity", self.opacity, 0, 100)
        for field in ("colour", "behind", "spoken"):
            value = getattr(self, field)
            if not (field == "spoken" and value is None):
                _check_colour(field, value)

    def to_json(self) -> dict[str, Any]:
        """Return every field by its name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote, or part of it; what is left out is as usual.

        Raises:
            WrongStyle: a field is not known, or its value is not allowed.
        """
        known = [each.name for each in fields(cls)]
        for name in body:
            if name not in known:
                raise WrongStyle(name, body[name], f"one of the fields {', '.join(known)}")
        return cls(**body)


def _check_number(field: str, value: object, least: int, most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise WrongStyle(field, value, f"a whole number from {least} to {most}")


def _check_colour(field: str, value: object) -> None:
    if not isinstance(value, str) or not _COLOUR.fullmatch(value):
        raise WrongStyle(field, value, "a colour such as #ffd54a")
