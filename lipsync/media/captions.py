"""Words with times in, WebVTT out: captions of a readable length.

Between the words a stream reported (`tasks.chunks.CaptionWord`, or anything with its fields)
and the `.vtt` file beside the film. Where cues and lines break is `lipsync.text.lines`' affair;
here they get their times. Times are whole milliseconds. Follows W3C WebVTT: no blank line and no
arrow inside a cue, `&` and `<` escaped, cues in order and never overlapping.

WebVTT has no setting for direction: a player takes it from a first strong letter, of the line or
of the cue. A Persian line that begins with a Latin word would be laid out from the left, its
words in the wrong order, so such a line begins with an invisible mark of its direction, and one
that goes another way than the first line stands in an isolate; so do `C++`, `-۵` and their like.
The directions are those of the pictures and the page (`lipsync.text.directions`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Protocol

from lipsync.text.directions import marked_lines
from lipsync.text.lines import LINE_CHARACTERS, Cue, cues_of, shown

LINGER_MS: Final = 400
"""How long a cue stays after its last word, unless the next one is due."""


class CaptionError(ValueError):
    """These words do not fit the text; give the text that their positions count in."""


class CaptionWord(Protocol):
    """One word as shown, with its place in the text and its time in the stream."""

    @property
    def text_start(self) -> int:
        """Position of its first character in the text."""
        ...

    @property
    def text_end(self) -> int:
        """Position after its last character."""
        ...

    @property
    def start_ms(self) -> int:
        """When it begins to be heard."""
        ...

    @property
    def end_ms(self) -> int:
        """When it ends."""
        ...


@dataclass(slots=True)
class _Timed:
    """Lines to show, and when."""

    lines: list[str]
    start_ms: int
    end_ms: int

    def take(self, other: "_Timed") -> None:
        """Grow over a later one."""
        self.start_ms = min(self.start_ms, other.start_ms)
        self.end_ms = max(self.end_ms, other.end_ms)
        self.say_also(other.lines)

    def say_also(self, lines: Sequence[str]) -> None:
        """Show more lines after these."""
        joined = " ".join([*self.lines, *lines])
        self.lines = [joined] if len(joined) <= LINE_CHARACTERS else [*self.lines, *lines]


def webvtt(
    words: Iterable[CaptionWord], text: str, length_ms: int | None = None, language: str | None = None
) -> str:
    """Return a WebVTT file for a text and the times of its words.

    Args:
        words: the words in the order in which they are heard; several may share one place of
            the text, as the words of a written number do.
        text: the text as shown, in which the words' positions count.
        length_ms: length of the film, which no cue outlasts.
        language: BCP 47 tag of the text; sentences end as they do in it.

    Returns:
        The file's content. Without words it holds no cue.

    Raises:
        CaptionError: a word lies outside the text, or before the word that precedes it.
    """
    blocks = ["WEBVTT\n"]
    for cue in _apart(_timed(list(words), text, language), length_ms):
        lines = "\n".join(map(_escaped, marked_lines(cue.lines)))
        blocks.append(f"{_clock(cue.start_ms)} --> {_clock(cue.end_ms)}\n{lines}\n")
    return "\n".join(blocks)


def _timed(words: Sequence[CaptionWord], text: str, language: str | None) -> list[_Timed]:
    """Return the text's cues with the times of the words that begin in them.

    A cue in which no word begins is shown with the one before it, or after it at the start.
    """
    _check(words, text)
    timed: list[_Timed] = []
    silent: list[str] = []
    at = 0
    cues = cues_of(text, language) or (Cue(((0, len(text)),)),)
    reaches = [*(cue.start for cue in cues[1:]), len(text)]
    for cue, reach in zip(cues, reaches, strict=True):
        lines = [shown(text[start:end]) for start, end in cue.lines]
        first = at
        while at < len(words) and words[at].text_start < reach:
            at += 1
        own = words[first:at]
        if own:
            times = (min(word.start_ms for word in own), max(word.end_ms for word in own))
            timed.append(_Timed([*silent, *lines], *times))
            silent = []
        elif timed:
            timed[-1].say_also(lines)
        else:
            silent += lines
    return timed


def _check(words: Sequence[CaptionWord], text: str) -> None:
    last = 0
    for word in words:
        if not 0 <= word.text_start < word.text_end <= len(text):
            raise CaptionError(f"word at {word.text_start}-{word.text_end} in a text of {len(text)}")
        if word.text_start < last:
            raise CaptionError(f"word at {word.text_start} comes after the one at {last}")
        last = word.text_start


def _apart(cues: Sequence[_Timed], length_ms: int | None) -> list[_Timed]:
    """Return cues that neither overlap nor last no time; one heard for no time joins its neighbour."""
    timed: list[_Timed] = []
    for cue in cues:
        if timed and cue.start_ms <= timed[-1].start_ms:
            timed[-1].take(cue)
        else:
            timed.append(cue)
    for cue, following in pairwise(timed):
        cue.end_ms = min(max(cue.end_ms, cue.start_ms + 1) + LINGER_MS, following.start_ms)
    for cue in timed[-1:]:
        cue.end_ms = max(cue.end_ms, cue.start_ms + 1) + LINGER_MS
        if length_ms is not None:
            cue.end_ms = max(cue.start_ms + 1, min(cue.end_ms, length_ms))
    return timed


def _escaped(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(milliseconds: int) -> str:
    seconds, ms = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{ms:03d}"
