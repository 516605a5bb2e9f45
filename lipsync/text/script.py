"""A text as it is shown, and what its writer wished for stretches and places of it.

What `lipsync.text.ssml` makes of tags; a plain text is a script without wishes. Positions are
code points of the shown text, in which captions and word times count as well. Values only,
standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lipsync.text.prosody import PLAIN, Prosody


@dataclass(frozen=True, slots=True)
class Reading:
    """How a stretch is to be read instead of by the rules."""

    kind: Literal["alias", "ipa", "phonemes", "as"]
    """Another text, a pronunciation (IPA, or eSpeak's mnemonics), or a class of `lipsync.text.say_as`."""
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What holds from one place of the shown text to another."""

    start: int
    end: int
    prosody: Prosody = PLAIN
    language: str | None = None
    """BCP 47 tag; None is the language of the whole."""
    reading: Reading | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """A place of the shown text at which there is a pause, or which has a name."""

    position: int
    pause_ms: int | None = None
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """A text with its wishes."""

    shown: str
    wishes: tuple[Wish, ...] = ()
    """In order, none overlapping another."""
    stops: tuple[Stop, ...] = ()
    """In the order in which they were written."""
    language: str | None = None
    """Of the whole, where its writer named it."""
