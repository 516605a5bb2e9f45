"""A text in, its words as a reader counts them out. Standard library only, linear.

A word is what stands between two spaces, with the signs that touch it. Chinese and Japanese
put no spaces: there every letter is one, with the signs after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_UNSPACED: Final = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Han and Kana; the signs among them, such as 。, are not."""

_WORD: Final = re.compile(rf"[{_UNSPACED}][^\w\s]*|[^\s{_UNSPACED}]+")


def word_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of every word, in order; together they hold all but white space."""
    for match in _WORD.finditer(text):
        yield match.span()
