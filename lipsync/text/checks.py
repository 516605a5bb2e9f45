"""What a text must be before anything is made of it.

Used by the front door and by `avatar read`; standard library only. Bidi controls and
emoji are allowed, since they are shown and merely not spoken.
"""

from __future__ import annotations

from lipsync.text.errors import TextBroken, TextEmpty, TextSilent, TextTooLong
from lipsync.text.letters import is_broken, is_silent

LONGEST_TEXT = 5_000
"""Characters (code points) one utterance may have."""


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


def check_stretch(text: str) -> None:
    """Refuse what may not even be a part of a text. An empty or silent part is none.

    Raises:
        TextTooLong, TextBroken: as `check_text`. One half of a surrogate pair is broken too:
            a part ends between code points.
    """
    if len(text) > LONGEST_TEXT:
        raise TextTooLong(len(text), LONGEST_TEXT)
    for position, char in enumerate(text):
        if is_broken(char):
            raise TextBroken(position, ord(char))
