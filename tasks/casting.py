"""Who says which part of a text: parts in, runs with their voices out.

Between `lipsync.text.parts`, which cuts sentences where something changes, and
`tasks.speaking`, which has them said. A part in another language goes to a voice of it.
"""

from collections.abc import Sequence
from typing import Protocol

from lipsync.speech.runs import Run
from lipsync.speech.spans import Voice
from lipsync.text.parts import Part


class Company(Protocol):
    """The voices of this process."""

    def get(self, name: str) -> Voice:
        """Return a voice. Raises UnknownVoice."""
        ...

    def beside(self, voice: Voice, language: str) -> Voice:
        """Return who says a language beside a voice. Raises UnknownVoice."""
        ...


def cast(parts: Sequence[Part], company: Company, voice: Voice) -> tuple[Run, ...]:
    """Return the runs of one sentence.

    Args:
        parts: of the sentence.
        company: who there is.
        voice: who says all that is in the language of the whole.

    Raises:
        UnknownVoice: a part is in a language that nobody speaks.
    """
    return tuple(
        Run(
            voice=voice if part.language is None else company.beside(voice, part.language),
            spoken=part.spoken,
            spoken_to_written=part.spoken_to_written,
            prosody=part.prosody,
            pause_ms=part.pause_ms,
            marks=part.marks,
        )
        for part in parts
    )
