"""Addresses, hashtags and mentions in, how they are said out.

"google.com" is «گوگل دات کام»; a part that no Persian speaker has a name for stays Latin, for a
voice that reads English. The scheme of an address is not said, as nobody says it.
"""

from __future__ import annotations

import re
from typing import Final

from lipsync.text.persian.latin import DOMAINS, name_of, spelt
from lipsync.text.persian.numbers import as_written, latin_digits

_SIGNS: Final = {
    "@": "ات", ".": "دات", "/": "اِسلَش", "-": "خط تیره", "_": "آندِرلاین", "?": "علامتِ سؤال", "=": "مساوی",
    "&": "اند", "#": "هشتگ", "%": "درصد", "+": "پِلاس", ":": "دونقطه", "~": "تیلدا",
}  # fmt: skip
_PARTS: Final = re.compile(r"[A-Za-z]+|\d+|[^\W\d_]+|[^\w\s]|_")
_TAIL: Final = ".!?,:;)]}\"'؟؛،…/"


def read_address(written: str) -> str:
    """Return how a web or mail address is said."""
    body = re.sub(r"^https?://", "", written.rstrip(_TAIL)) or written
    said = [
        _part(found.group(), follows_dot=body[: found.start()].endswith("."))
        for found in _PARTS.finditer(body)
    ]
    tail = written[len(written.rstrip(_TAIL)) :].replace("/", "")
    return " ".join(said) + tail


def _part(part: str, *, follows_dot: bool) -> str:
    if part in _SIGNS:
        return _SIGNS[part]
    if part[0].isdecimal():
        return as_written(latin_digits(part))
    if part.isascii() and part.isalpha():
        lower = part.lower()
        if lower in DOMAINS and (follows_dot or lower == "www"):
            return DOMAINS[lower]
        return name_of(part) or (spelt(part) if follows_dot and len(part) == 2 else part)
    return part


def read_tag(written: str) -> str:
    """Return how a hashtag or a mention is said: "#دانشگاه_تهران" is «هشتگ دانشگاه تهران»."""
    parts = re.findall(r"\d+|[^\W\d_]+|[^\w_]+", written[1:])
    said = (as_written(latin_digits(part)) if part.isdecimal() else name_of(part) or part for part in parts)
    return " ".join(["هشتگ" if written[0] == "#" else "ات", *said])
