"""How an utterance is to be read, spoken and shown, beyond its text: values only, JSON-safe.

Beside the text in the row (`tasks.utterances`), written by the front door, which has checked it,
and read by whoever speaks or draws. All that a second worker needs to say the same again is
here: words of a lexicon are copied in, since the lexicon may change meanwhile. Standard library
only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from lipsync.text.prosody import Prosody
from lipsync.text.script import Script
from lipsync.text.ssml import parse_ssml


class UnknownManner(ValueError):
    """A row asks for something this build does not know; a newer build wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """What was asked for; every default is what happens when nothing is said."""

    language: str | None = None
    """BCP 47 tag of the text; None leaves it to the letters and the voice."""
    lexicon: Mapping[str, str] = field(default_factory=dict)
    """Word as written to what is spoken for it: the owner's words that this text has."""
    burned: Mapping[str, Any] | None = None
    """How captions look that are drawn into the pictures (`lipsync.text.caption_style`); None
    draws none."""

    ssml: bool = False
    """Whether the text has tags; what is shown of it, and counted in, is `script(text).shown`."""
    rate: float = 1.0
    """Times the voice's own."""
    pitch_semitones: float = 0.0
    """Above the voice's own."""
    volume_db: float = 0.0

    @property
    def prosody(self) -> Prosody:
        """How the whole is to be said; what the text asks for is within it."""
        return Prosody(rate=self.rate, pitch_semitones=self.pitch_semitones, volume_db=self.volume_db)

    def script(self, text: str) -> Script:
        """Return what a row's text says and shows: the same wherever it is asked.

        Raises:
            lipsync.text.errors.TextError: it has tags that are not taken.
        """
        # An expired row has no text left.
        return parse_ssml(text) if self.ssml and text else Script(text)

    def to_json(self) -> dict[str, Any]:
        """Return what differs from the defaults, so that old rows and plain ones are `{}`."""
        told = {each.name: getattr(self, each.name) for each in fields(self)}
        plain = Manner()
        return {name: value for name, value in told.items() if value != getattr(plain, name)}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote.

        Raises:
            UnknownManner: it names something that is not known here.
        """
        unknown = set(body) - {each.name for each in fields(cls)}
        if unknown:
            raise UnknownManner(f"unknown: {', '.join(sorted(unknown))}")
        return cls(**body)
