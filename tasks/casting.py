"""Who says which passage: parts in, runs with their voices out.

Between `lipsync.text.passages`, which cuts sentences where something changes, and
`tasks.speaking`, which has them said. One in another language goes to a voice of it.
"""

from collections.abc import Sequence
from typing import Protocol

from lipsync.speech.runs import Run
from lipsync.speech.spans import Voice
from lipsync.text.passages import Passage


class Company(Protocol):
    """The voices of this process."""

    def get(self, name: str) -> Voice:
        """Return a voice. Raises UnknownVoice."""
        ...

    def beside(self, voice: Voice, language: str) -> Voice:
        """Return who says a language beside a voice. Raises UnknownVoice."""
        ...


def cast(passages: Sequence[Passage], company: Company, voice: Voice) -> tuple[Run, ...]:
    """Return the runs of one sentence.

    Args:
        passages: of the sentence.
        company: who there is.
        voice: who says all that is in the language of the whole.

    Raises:
        UnknownVoice: a passage is in a language that nobody speaks.
    """
    return tuple(
        Run(
            voice=voice if passage.language is None else company.beside(voice, passage.language),
            spoken=passage.spoken,
            spoken_to_written=passage.spoken_to_written,
            prosody=passage.prosody,
            pause_ms=passage.pause_ms,
            marks=passage.marks,
        )
        for passage in passages
    )
