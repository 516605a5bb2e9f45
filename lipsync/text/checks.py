"""What a text must be before anything is made of it.

Used by the front door and by `avatar read`; standard library only. Bidi controls and
emoji are allowed, since they are shown and merely not spoken.
"""

from __future__ import annotations

from lipsync.text.errors import TextBroken, TextEmpty, TextSilent, TextTooLong
from lipsync.text.letters import is_broken, is_silent

LONGEST_TEXT = 5_000
"""Characters (code points) one utterance may have."""

LONGEST_TRANSCRIPT = 40_000
"""Characters that may be told of a recording: most of an hour of speech, and a body has room for
it with every letter escaped."""


def check_text(text: str) -> None:
    """Refuse a text that cannot become an utterance.

    Raises:
        TextTooLong: more than `LONGEST_TEXT` characters.
        TextBroken: a lone surrogate, a null byte or another control character.
        TextEmpty: nothing but spaces.
        TextSilent: only emoji, punctuation or invisible characters.
    """
    check_stretch(text)
    if not text.strip():
        raise TextEmpty
    if is_silent(text):
        raise TextSilent


def check_transcript(text: str) -> None:
    """Refuse what cannot be shown as said in a recording; nothing at all can.

    Raises:
        TextTooLong: more than `LONGEST_TRANSCRIPT` characters.
        TextBroken, TextSilent: as `check_text`.
    """
    _check_characters(text, LONGEST_TRANSCRIPT)
    if text.strip() and is_silent(text):
        raise TextSilent


def check_stretch(text: str) -> None:
    """Refuse what may not even be a part of a text. An empty or silent part is none.

    Raises:
        TextTooLong, TextBroken: as `check_text`. One half of a surrogate pair is broken too:
            a part ends between code points.
    """
    _check_characters(text, LONGEST_TEXT)


def _check_characters(text: str, most: int) -> None:
    if len(text) > most:
        raise TextTooLong(len(text), most)
    for position, char in enumerate(text):
        if is_broken(char):
            raise TextBroken(position, ord(char))
