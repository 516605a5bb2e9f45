"""A text with tags in, its tags and the text between them out, one after the other.

Used by `lipsync.text.ssml`. Only what SSML needs of XML: elements, attributes, the five named
entities and numbered characters, comments. No document type, so no entity can be defined and
none can grow; every sign is looked at a bounded number of times. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from lipsync.text.errors import MarkupRefused

_TAG: Final = re.compile(
    r"""<(?P<close>/?)(?P<name>[A-Za-z_][A-Za-z0-9_.:-]{0,63})"""
    r"""(?P<attributes>(?:\s+[A-Za-z_][A-Za-z0-9_.:-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(?P<empty>/?)>"""
)
_ATTRIBUTE: Final = re.compile(r"""([A-Za-z_][A-Za-z0-9_.:-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')""")
_ENTITY: Final = re.compile(r"&(?:#x([0-9A-Fa-f]{1,6})|#([0-9]{1,7})|([A-Za-z][A-Za-z0-9]{0,31}));")
_NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_NAMES: Final = tuple(f"&{name};" for name in _NAMED)
_LAST_CODE_POINT: Final = 0x10FFFF


@dataclass(frozen=True, slots=True)
class Words:
    """Text between two tags, entities resolved."""

    text: str
    position: int


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag."""

    name: str
    position: int
    attributes: Mapping[str, str]
    opens: bool
    closes: bool
    """An empty element both opens and closes."""


def tokens(source: str) -> Iterator[Words | Tag]:
    """Yield the tags of a text and what stands between them, in order.

    Raises:
        MarkupRefused: what begins like a tag or an entity is none of those that are taken.
    """
    position = 0
    while position < len(source):
        if source[position] != "<":
            end = source.find("<", position)
            end = len(source) if end < 0 else end
            yield Words(_resolved(source[position:end], position, ""), position)
            position = end
        elif (after := _after_comment(source, position)) is not None:
            position = after
        else:
            tag, position = _tag(source, position)
            yield tag


def _after_comment(source: str, position: int) -> int | None:
    """Return where a comment or the XML declaration ends; None where there is neither."""
    if source.startswith("<!--", position):
        return _closed(source, position, "-->", "comment")
    if source.startswith("<?xml", position) and not source[:position].strip():
        return _closed(source, position, "?>", "declaration")
    if source.startswith(("<!", "<?"), position):
        what = source[position : position + 10].split(maxsplit=1)[0]
        if what.upper() == "<!DOCTYPE":
            raise MarkupRefused(position, "", f"{what} is not taken; leave it out and begin with <speak>")
        raise MarkupRefused(position, "", f"{what} is not taken; write the text itself")
    return None


def _closed(source: str, position: int, sign: str, what: str) -> int:
    end = source.find(sign, position)
    if end < 0:
        raise MarkupRefused(position, "", f"the {what} is not closed", (sign,))
    return end + len(sign)


def _tag(source: str, position: int) -> tuple[Tag, int]:
    found = _TAG.match(source, position)
    if found is None:
        start = source[position : position + 20]
        raise MarkupRefused(
            position, "", f"{start!r} begins no whole tag", ('<name attribute="value">', "</name>", "&lt;")
        )
    name = found["name"]
    attributes: dict[str, str] = {}
    for each in _ATTRIBUTE.finditer(found["attributes"]):
        if each[1] in attributes:
            raise MarkupRefused(position, name, f"{each[1]} is given twice")
        value = each[2] if each[2] is not None else each[3]
        attributes[each[1]] = _resolved(value, position, name)
    closing = bool(found["close"])
    if closing and (attributes or found["empty"]):
        raise MarkupRefused(position, name, "a closing tag has nothing but its name", (f"</{name}>",))
    return Tag(name, position, attributes, not closing, closing or bool(found["empty"])), found.end()


def _resolved(text: str, position: int, element: str) -> str:
    """Return a text with its entities as characters; none of them can hold another."""
    parts: list[str] = []
    at = 0
    while (sign := text.find("&", at)) >= 0:
        found = _ENTITY.match(text, sign)
        if found is None:
            raise MarkupRefused(position + sign, element, "'&' stands alone", _NAMES)
        parts += (text[at:sign], _character(found, position + sign, element))
        at = found.end()
    return "".join((*parts, text[at:]))


def _character(found: re.Match[str], position: int, element: str) -> str:
    if found[3] is not None:
        if found[3] not in _NAMED:
            raise MarkupRefused(position, element, f"there is no entity {found[0]}", _NAMES)
        return _NAMED[found[3]]
    code_point = int(found[1], 16) if found[1] is not None else int(found[2])
    if code_point > _LAST_CODE_POINT:
        raise MarkupRefused(position, element, f"{found[0]} is no character")
    return chr(code_point)
