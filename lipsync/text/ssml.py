"""A text with SSML tags in, a script out: what is shown, and what is wished for it.

Between the front door and whoever shows or says a text; the same source gives the same script
everywhere. A subset of W3C SSML 1.1: speak, p, s, break, prosody, phoneme, sub, say-as, lang,
mark. What is not in it is refused by name, never left out in silence. Linear in the length of
the source. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from lipsync.text import ssml_values
from lipsync.text.errors import MarkupRefused, TextBroken, TextTooLong
from lipsync.text.ipa import UnknownPhoneme, check_pronunciation
from lipsync.text.letters import can_be_said, is_broken
from lipsync.text.prosody import PLAIN, Prosody
from lipsync.text.say_as import CLASSES
from lipsync.text.script import Reading, Script, Stop, Wish
from lipsync.text.ssml_tokens import Tag, Words, tokens
from lipsync.text.ssml_values import WrongValue

LONGEST_SOURCE: Final = 20_000
"""Characters a text may have with its tags; what is shown of it has a limit of its own."""

DEEPEST: Final = 16
MOST_PAUSE_MS: Final = 60_000
"""All breaks of one text together."""
LONGEST_NAME: Final = 64
LONGEST_ALIAS: Final = 500

_ATTRIBUTES: Final[Mapping[str, tuple[str, ...]]] = {
    "speak": ("version", "xml:lang", "xmlns", "xmlns:xsi", "xsi:schemaLocation"),
    "p": ("xml:lang",),
    "s": ("xml:lang",),
    "break": ("time", "strength"),
    "prosody": ("rate", "pitch", "volume"),
    "phoneme": ("alphabet", "ph"),
    "sub": ("alias",),
    "say-as": ("interpret-as", "format", "detail"),
    "lang": ("xml:lang",),
    "mark": ("name",),
}
ELEMENTS: Final = tuple(_ATTRIBUTES)

_EMPTY: Final = frozenset({"break", "mark"})
_TEXT_ONLY: Final = frozenset({"phoneme", "sub", "say-as"})
_BLOCKS: Final = frozenset({"p", "s"})
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}")

_Value = TypeVar("_Value")


def is_ssml(text: str) -> bool:
    """Tell whether a text begins as SSML does, its document type too, which is refused."""
    beginning = r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*(?:<speak[\s>/]|<!DOCTYPE\s+speak\b)"
    return re.match(beginning, text[:1024], re.DOTALL) is not None


def parse_ssml(source: str) -> Script:
    """Return what a text with tags means.

    White space is one space, however it is laid out; each p and s is a line of its own.

    Raises:
        MarkupRefused: a tag, an attribute or a value is not taken, or something is not closed.
        TextTooLong, TextBroken: as `lipsync.text.checks.check_text`, by the source.
    """
    if len(source) > LONGEST_SOURCE:
        raise TextTooLong(len(source), LONGEST_SOURCE)
    builder = _Builder()
    for token in tokens(source):
        if isinstance(token, Words):
            builder.write(token)
        else:
            if token.opens:
                builder.open(token)
            if token.closes:
                builder.close(token)
    return builder.finish(len(source))


@dataclass(frozen=True, slots=True)
class _Level:
    """An open element, and what holds inside it."""

    tag: Tag
    start: int
    prosody: Prosody = PLAIN
    language: str | None = None
    reading: Reading | None = None


class _Builder:
    """Collects what is shown and wished, tag by tag."""

    def __init__(self) -> None:
        self._shown: list[str] = []
        self._length = 0
        self._wishes: list[Wish] = []
        self._stops: list[Stop] = []
        self._levels: list[_Level] = []
        self._gap = False
        """Whether white space was read that is not written yet."""
        self._paused_ms = 0
        self._language: str | None = None
        self._over = False

    def write(self, words: Words) -> None:
        text = words.text
        for offset, char in enumerate(text):
            if is_broken(char):
                raise TextBroken(words.position + offset, ord(char))
        if not self._levels:
            if text.strip():
                raise MarkupRefused(words.position, "", "text outside of <speak>", ("<speak>…</speak>",))
            return
        if self._levels[-1].tag.name in _EMPTY and text.strip():
            raise MarkupRefused(words.position, self._levels[-1].tag.name, "it holds no text")
        collapsed = " ".join(text.split())
        self._gap |= text[:1].isspace()
        if collapsed:
            self._put(collapsed)
            self._gap = text[-1].isspace()

    def _put(self, text: str) -> None:
        self._settle()
        start = self._length
        self._append(text)
        level = self._levels[-1]
        plain = level.prosody == PLAIN and level.language is None and level.reading is None
        if not plain:
            self._wishes.append(
                Wish(
                    start=start, end=self._length, prosody=level.prosody, language=level.language,
                    reading=level.reading,
                )
            )  # fmt: skip

    def _settle(self) -> None:
        """Write the space that is due, before what follows it."""
        if self._gap and self._shown and not self._shown[-1][-1].isspace():
            self._append(" ")
        self._gap = False

    def _append(self, text: str) -> None:
        self._shown.append(text)
        self._length += len(text)

    def _new_line(self) -> None:
        self._gap = False
        if self._shown and not self._shown[-1].endswith("\n"):
            self._append("\n")

    def open(self, tag: Tag) -> None:
        self._check_place(tag)
        name = tag.name
        if name in _BLOCKS:
            self._new_line()
        if name in _EMPTY:
            self._settle()
            self._stop(tag)
        outer = self._levels[-1] if self._levels else _Level(tag, 0)
        if name in _TEXT_ONLY:
            self._settle()
        self._levels.append(
            _Level(
                tag,
                self._length,
                _prosody(tag).within(outer.prosody) if name == "prosody" else outer.prosody,
                _language(tag) or outer.language if name != "speak" else None,
                _reading(tag) if name in _TEXT_ONLY else outer.reading,
            )
        )
        if name == "speak":
            self._language = _language(tag)

    def _check_place(self, tag: Tag) -> None:
        if tag.name not in _ATTRIBUTES:
            raise MarkupRefused(tag.position, tag.name, "there is no such element here", ELEMENTS)
        for attribute in tag.attributes:
            if attribute not in _ATTRIBUTES[tag.name]:
                allowed = _ATTRIBUTES[tag.name]
                raise MarkupRefused(tag.position, tag.name, f"no attribute {attribute} is taken", allowed)
        if (tag.name == "speak") != (not self._levels) or self._over:
            raise MarkupRefused(tag.position, tag.name, "a text is one <speak>, with all else inside it")
        outer = {level.tag.name for level in self._levels}
        if tag.name in _BLOCKS and ("s" in outer or tag.name in outer):
            holder = "s" if "s" in outer else tag.name
            raise MarkupRefused(tag.position, tag.name, f"<{holder}> holds no <{tag.name}>")
        if self._levels and self._levels[-1].tag.name in _TEXT_ONLY | _EMPTY:
            raise MarkupRefused(tag.position, tag.name, f"<{self._levels[-1].tag.name}> holds no element")
        if len(self._levels) >= DEEPEST:
            raise MarkupRefused(tag.position, tag.name, f"more than {DEEPEST} elements within each other")

    def _stop(self, tag: Tag) -> None:
        if tag.name == "mark":
            name = _needed(tag, "name").strip()
            if not 0 < len(name) <= LONGEST_NAME:
                raise MarkupRefused(tag.position, "mark", f"a name has 1 to {LONGEST_NAME} characters")
            self._stops.append(Stop(self._length, mark=name))
            return
        pause_ms = _pause_ms(tag)
        self._paused_ms += pause_ms
        if self._paused_ms > MOST_PAUSE_MS:
            raise MarkupRefused(
                tag.position, "break", f"all breaks together are longer than {MOST_PAUSE_MS // 1000} s"
            )
        self._stops.append(Stop(self._length, pause_ms=pause_ms))

    def close(self, tag: Tag) -> None:
        if not self._levels or self._levels[-1].tag.name != tag.name:
            expected = (f"</{self._levels[-1].tag.name}>",) if self._levels else ()
            raise MarkupRefused(tag.position, tag.name, "it closes what is not open", expected)
        level = self._levels.pop()
        if level.tag.name in _TEXT_ONLY and level.start == self._length:
            raise MarkupRefused(level.tag.position, tag.name, "it needs the text that is shown for it")
        if tag.name in _BLOCKS:
            self._new_line()
        self._over = not self._levels

    def finish(self, end: int) -> Script:
        if self._levels:
            left = self._levels[-1].tag
            raise MarkupRefused(left.position, left.name, "it is not closed", (f"</{left.name}>",))
        if not self._over:
            raise MarkupRefused(end, "", "there is no <speak>", ("<speak>…</speak>",))
        return Script("".join(self._shown), tuple(self._wishes), tuple(self._stops), self._language)


def _needed(tag: Tag, attribute: str) -> str:
    if attribute not in tag.attributes:
        raise MarkupRefused(tag.position, tag.name, f"{attribute} is missing", _ATTRIBUTES[tag.name])
    return tag.attributes[attribute]


def _meant(tag: Tag, attribute: str, read: Callable[[str], _Value], forms: tuple[str, ...]) -> _Value:
    try:
        return read(tag.attributes[attribute].strip())
    except WrongValue as error:
        raise MarkupRefused(tag.position, tag.name, f"{attribute}: {error}", forms) from error


def _pause_ms(tag: Tag) -> int:
    if "time" in tag.attributes:
        return _meant(tag, "time", ssml_values.pause_ms_of, ssml_values.TIME_FORMS)
    strength = tag.attributes.get("strength", "medium")
    if strength not in ssml_values.STRENGTHS_MS:
        allowed = tuple(ssml_values.STRENGTHS_MS)
        raise MarkupRefused(tag.position, "break", f"strength: {strength!r} is none of them", allowed)
    return ssml_values.STRENGTHS_MS[strength]


def _prosody(tag: Tag) -> Prosody:
    given = tag.attributes
    if not given:
        raise MarkupRefused(tag.position, "prosody", "it asks for nothing", _ATTRIBUTES["prosody"])
    return Prosody(
        rate=_meant(tag, "rate", ssml_values.rate_of, ssml_values.RATE_FORMS) if "rate" in given else 1.0,
        pitch_semitones=_meant(tag, "pitch", ssml_values.pitch_of, ssml_values.PITCH_FORMS)
        if "pitch" in given
        else 0.0,
        volume_db=_meant(tag, "volume", ssml_values.volume_of, ssml_values.VOLUME_FORMS)
        if "volume" in given
        else 0.0,
    )


def _language(tag: Tag) -> str | None:
    if tag.name == "lang":
        _needed(tag, "xml:lang")
    tag_text = tag.attributes.get("xml:lang")
    if tag_text is not None and not _LANGUAGE.fullmatch(tag_text):
        raise MarkupRefused(tag.position, tag.name, f"{tag_text!r} is no language tag", ("fa", "en-GB", "de"))
    return tag_text


def _reading(tag: Tag) -> Reading:
    if tag.name == "sub":
        alias = " ".join(_needed(tag, "alias").split())
        if not 0 < len(alias) <= LONGEST_ALIAS or any(map(is_broken, alias)):
            raise MarkupRefused(tag.position, "sub", f"an alias has 1 to {LONGEST_ALIAS} characters of text")
        if not any(map(can_be_said, alias)):
            raise MarkupRefused(tag.position, "sub", "the alias has no letter and no digit to say")
        return Reading("alias", alias)
    if tag.name == "say-as":
        kind = _needed(tag, "interpret-as")
        if kind not in CLASSES:
            raise MarkupRefused(
                tag.position, "say-as", f"interpret-as: {kind!r} is none of them", tuple(CLASSES)
            )
        return Reading("as", kind)
    return _phonemes(tag)


def _phonemes(tag: Tag) -> Reading:
    alphabet = tag.attributes.get("alphabet", "ipa")
    if alphabet not in {"ipa", "x-espeak"}:
        raise MarkupRefused(
            tag.position, "phoneme", f"alphabet: {alphabet!r} is not known", ("ipa", "x-espeak")
        )
    pronunciation = _needed(tag, "ph").strip()
    try:
        check_pronunciation(pronunciation, ipa=alphabet == "ipa")
    except UnknownPhoneme as error:
        raise MarkupRefused(tag.position, "phoneme", f"ph: {error}", error.known) from error
    return Reading("ipa" if alphabet == "ipa" else "phonemes", pronunciation)
