"""The order of signs on the screen, as measured and as a reader expects it."""

import re
from typing import Any


def seen_from_left(seen: list[list[Any]]) -> str:
    """Return the signs of one line as they stand: pairs of a sign and its middle, more is of no account."""
    return "".join(sign for sign, *_ in sorted(seen, key=lambda each: each[1]))


def expected_from_left(text: str, direction: str, inside: list[str]) -> str:
    """Return them as they have to stand, stretches `inside` kept from the left in a Persian line."""
    pattern = "|".join(map(re.escape, inside)) or r"(?!)"
    pieces, at = [], 0
    for match in re.finditer(pattern, text):
        pieces += [*text[at : match.start()], match.group()]
        at = match.end()
    pieces += text[at:]
    if direction == "rtl":
        return "".join(reversed(pieces))
    return "".join(piece[::-1] if piece in inside else piece for piece in pieces)
