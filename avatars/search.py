"""What people type to find an avatar, and what it is compared with, folded alike.

A letter may be written with several code points, a half-space may be a space or nothing,
and marks are often left out. Standard library only, so the front door may use it.
"""

import unicodedata
from collections.abc import Sequence
from typing import Final

from lipsync.text.letters import clean

_MOST_WORDS: Final = 8


def search_text(*names: str) -> str:
    """Return names as they are searched in: one a line, folded, without spaces."""
    return "\n".join("".join(_words(name)) for name in names)


def search_words(asked: str) -> Sequence[str]:
    """Return the folded words somebody asked for; all of them have to be found."""
    return _words(asked)[:_MOST_WORDS]


def _words(text: str) -> list[str]:
    spoken = unicodedata.normalize("NFKD", clean(text).spoken).casefold()
    # Letters and digits alone: a half-space, a vowel mark or a hyphen is typed by some and not by others.
    folded = ["".join(_plain(char) for char in word if char.isalnum()) for word in spoken.split()]
    return [word for word in folded if word]


def _plain(char: str) -> str:
    digit = unicodedata.decimal(char, None)
    return char if digit is None else str(digit)
