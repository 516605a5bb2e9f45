"""Written code points in, code points a voice can speak out, positions kept.

Between the text as written (which is shown, and never changed) and `sentences`. Folds
letters, digits and invisible characters only; reading numbers aloud is another step.
Standard library only, so the front door may use it. Linear in the length of the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from lipsync.text.mapped import MappedText, Span

ZWNJ = "\u200c"
ZWSP = "\u200b"
TATWEEL = "\u0640"
HAMZA_ABOVE = "\u0654"
TEH_MARBUTA = "\u0629"
ALEF = "\u0627"
SHADDA = "\u0651"
_VOWEL_MARKS = "\u064b\u064c\u064d\u064e\u064f\u0650\u0652"
_ARABIC_MARKS = _VOWEL_MARKS + SHADDA + HAMZA_ABOVE + "\u0653\u0655\u0656\u0670"

PHONEMES_OPEN, PHONEMES_CLOSE = "\ue000\ue000", "\ue001\ue001"
"""Around a voice's own phonemes in what it is given. Private characters, which no written text
brings so far; each is as long as the signs that eSpeak NG has for it."""

LINE_ENDS = "\n\r\v\f\x85\u2028\u2029"

_ALLOWED_CONTROLS = frozenset("\t" + LINE_ENDS)

MOST_MARKS = 3
"""Combining marks kept on one letter: shadda, a vowel and an ezafe mark; a longer pile
is decoration that a voice would spell out."""

_FOLDED = {
    "\u064a": "\u06cc",  # Arabic yeh
    "\u0649": "\u06cc",  # alef maksura
    "\u0643": "\u06a9",  # Arabic kaf
    "\u06c0": "\u0647" + HAMZA_ABOVE,  # heh with yeh above, one code point
    "\u06d5": "\u0647",  # ae
    "\u06be": "\u0647",  # heh doachashmee
    "\u06c1": "\u0647",  # heh goal
    "\ufdfd": "بسم الله الرحمن الرحیم",  # has no decomposition in Unicode
    ZWSP: ZWNJ,  # some keyboards write the half-space with this
    **{chr(0x0660 + digit): chr(0x06F0 + digit) for digit in range(10)},
}

_FOLDED_ELSEWHERE = {ZWSP: ZWNJ}
"""In other languages the same letters are not the same: Arabic kaf is no Persian kaf to them."""

_COMPATIBILITY = ((0xFB00, 0xFDFF), (0xFE70, 0xFEFC), (0xFF01, 0xFFEF), (0x1D400, 0x1D7FF))
"""Presentation forms, full-width forms and mathematical letters: one glyph, plain letters."""

_PICTURES = (
    (0x2190, 0x21FF),
    (0x2300, 0x23FF),
    (0x2460, 0x24FF),
    (0x2500, 0x27BF),
    (0x2900, 0x297F),
    (0x2B00, 0x2BFF),
    (0x3030, 0x3030),
    (0x303D, 0x303D),
    (0x3297, 0x3299),
    (0x1F000, 0x1FAFF),
)
"""Arrows, dingbats and emoji, with the skin tones and flags among them."""

_DROPPED_MARKS = ((0xFE00, 0xFE0F), (0x20D0, 0x20FF), (0xE0000, 0xE01EF))
"""Variation selectors, keycaps and tags: they change how a picture looks."""


def _within(code_point: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(low <= code_point <= high for low, high in ranges)


def is_broken(char: str) -> bool:
    """Tell whether a character is one that no text should hold: a control or half of a pair."""
    return char not in _ALLOWED_CONTROLS and unicodedata.category(char) in {"Cc", "Cs"}


def can_be_said(char: str) -> bool:
    """Tell whether a character is a letter or a number, in any script."""
    return unicodedata.category(char)[0] in "LN"


@lru_cache(maxsize=4096)
def _fold(char: str, persian: bool = True) -> str:
    """Return what one written character becomes: "" nothing, " " a gap."""
    if " " <= char <= "~":
        return char
    folded = _FOLDED if persian else _FOLDED_ELSEWHERE
    code_point = ord(char)
    if _within(code_point, _COMPATIBILITY):
        plain = unicodedata.normalize("NFKC", folded.get(char, char)).strip()
        return "".join(folded.get(one, one) for one in plain if one != TATWEEL)
    if char == TATWEEL or _within(code_point, _DROPPED_MARKS):
        return ""
    if char in LINE_ENDS or _within(code_point, _PICTURES):
        return _number_in_a_circle(char) or " "
    return folded.get(char, char) if char == ZWSP else _fold_by_category(char, folded)


def _number_in_a_circle(char: str) -> str:
    """Return the number of a picture that is one, ① or ❸ or ⑵, with a gap on both sides; else nothing."""
    number = unicodedata.numeric(char, None)
    return f" {number:g} " if number is not None else ""


def is_silent(text: str) -> bool:
    """Tell whether nothing of a written text can be said."""
    return not any(can_be_said(one) for char in text for one in _fold(char))


def _fold_by_category(char: str, folded: Mapping[str, str]) -> str:
    category = unicodedata.category(char)
    if category == "Zs" or char == "\t":
        return " "
    if category == "Cf":
        # Direction marks, joiners and byte order marks; only the half-space is heard,
        # since it parts a word's stem from its ending.
        return char if char == ZWNJ else ""
    if category in {"Cc", "Cs", "Co", "Cn"}:
        return " "
    return folded.get(char, char)


_LAST_PLAIN = 0x06D3


def _plain_pattern() -> re.Pattern[str]:
    """Return what finds stretches of letters, digits and signs that stay as they are, each for itself."""
    kept = [char for char in map(chr, range(0x20, _LAST_PLAIN + 1)) if _fold(char) == char != TEH_MARBUTA]
    said, signs = (
        re.escape("".join(char for char in kept if unicodedata.category(char)[0] in kinds))
        for kinds in ("LN", "PS")
    )
    return re.compile(f"[{said}]+(?:(?:{ZWNJ}| ?[{signs}]+ ?| )[{said}]+)*")


_PLAIN = _plain_pattern()
"""Most of most texts, taken over whole. A space or half-space in it stands alone, between what it parts."""


class _Writer:
    """Collects spoken characters with their positions, collapsing as it goes."""

    def __init__(self) -> None:
        self.chars: list[str] = []
        self.ranges: list[Span] = []
        self._marks = 0

    def _last(self) -> str:
        return self.chars[-1] if self.chars else " "

    def put(self, char: str, position: int) -> None:
        last = self._last()
        if char == " " and last == ZWNJ:
            self._drop_last()
            last = self._last()
        if (char == " " and last == " ") or (char == ZWNJ and not _joins(last)):
            return
        if unicodedata.category(char) == "Mn":
            self._put_mark(char, position)
            return
        if last == ZWNJ and not _joins(char):
            self._drop_last()
        self._marks = 0
        self.chars.append(char)
        self.ranges.append((position, position + 1))

    def take(self, text: str, start: int, end: int) -> None:
        """Put a stretch of a text that `_PLAIN` found."""
        self._marks = 0
        self.chars += text[start:end]
        self.ranges += zip(range(start, end), range(start + 1, end + 1), strict=True)

    def _put_mark(self, char: str, position: int) -> None:
        if not _bears(self._last(), char) or self._marks >= MOST_MARKS:
            return
        composed = unicodedata.normalize("NFC", self._last() + char)
        self._marks += 1
        if len(composed) == 1 and composed != self._last():
            self.chars[-1] = composed
            self.ranges[-1] = (self.ranges[-1][0], position + 1)
            return
        if char == SHADDA and self._last() in _VOWEL_MARKS:
            # Unicode orders them so; a voice takes a shadda only straight after its letter.
            both = (self.ranges[-1][0], position + 1)
            self.chars[-1:] = [SHADDA, self._last()]
            self.ranges[-1:] = [both, both]
            return
        self.chars.append(char)
        self.ranges.append((position, position + 1))

    def _drop_last(self) -> None:
        self.chars.pop()
        self.ranges.pop()

    def finish(self) -> None:
        while self.chars and self.chars[-1] in {" ", ZWNJ}:
            self._drop_last()


def _bears(char: str, mark: str) -> bool:
    """Tell whether a mark can be said with a character: none on a sign or a digit, and of Arabic
    marks none on letters of other scripts."""
    return unicodedata.category(char)[0] in "LM" and (
        mark not in _ARABIC_MARKS or "\u0610" <= char <= "\u06ff"
    )


def _joins(char: str) -> bool:
    """Tell whether a half-space beside this character means anything."""
    return unicodedata.category(char)[0] in "LMN"


def clean(text: str, language: str | None = None) -> MappedText:
    """Fold a written text to what a voice is given.

    Arabic letters and digits become Persian ones, presentation forms plain letters;
    tatweel, direction marks and decoration go; emoji and line ends become one space.

    Args:
        text: as written; never changed, never shown from the result.
        language: BCP 47 tag; letters of other languages than Persian stay as they are. None is a
            text of which nothing is known, read as Persian or English.

    Returns:
        The spoken text without spaces at its edges, perhaps empty, and its positions.
    """
    writer = _Writer()
    persian = language is None or language.partition("-")[0].lower() in {"fa", "en"}
    at = 0
    while at < len(text):
        plain = _PLAIN.match(text, at)
        if plain is not None:
            writer.take(text, at, plain.end())
            at = plain.end()
            continue
        char = text[at]
        read = _teh_marbuta(text, at) if char == TEH_MARBUTA and persian else _fold(char, persian)
        for one in read:
            writer.put(one, at)
        at += 1
    writer.finish()
    return MappedText(written=text, spoken="".join(writer.chars), spoken_to_written=tuple(writer.ranges))


def _teh_marbuta(text: str, position: int) -> str:
    """Return ت where ة is pronounced, inside a word or after alef (salāt), else ه (marhale)."""
    following = text[position + 1 : position + 2]
    if following and unicodedata.category(following) == "Lo":
        return "ت"
    return "ت" if text[max(position - 1, 0) : position] == ALEF else "ه"
