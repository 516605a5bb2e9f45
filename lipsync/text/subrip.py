"""Captions as WebVTT in, as SubRip (.srt) out.

The kept file of an utterance is WebVTT (`lipsync.media.captions`); whoever asks for the other
gets it made from that one, with the same cues at the same times. Standard library only.

SubRip has no standard. What players agree on: a number, times with a comma, lines, a blank
line. Many lay every line out from the left, others by its first letter: a Persian line begins
with a mark of its direction and stands in an embedding, which sets it right in both. Isolates
are younger than many of these players, so `C++` and its like are held by marks. Tags (`<i>`,
`{\\an8}`) are obeyed by some, so a word joiner keeps written brackets from being one.
"""

from __future__ import annotations

import html
import re
from typing import Final

from lipsync.text.directions import LRI, LRM, PDI, RLI, RLM, first_direction, held_by_marks

_LRE: Final = "\u202a"
_RLE: Final = "\u202b"
_PDF: Final = "\u202c"
_WORD_JOINER: Final = "\u2060"

_TIMES: Final = re.compile(r"(\d\d+:\d\d:\d\d)\.(\d{3}) --> (\d\d+:\d\d:\d\d)\.(\d{3})")
_ISOLATES: Final = re.compile(f"[{LRI}{RLI}{PDI}]")
_TAG_LIKE: Final = re.compile(r"<(?=[A-Za-z/])|\{(?=\\)|--(?=>)")


class NotWebVtt(ValueError):
    """This is not WebVTT as this service writes it; make the file of the utterance again."""


def srt_of(vtt: str) -> str:
    """Return the captions of a WebVTT file as SubRip, with the same cues and times.

    Args:
        vtt: as `lipsync.media.captions.webvtt` writes it.

    Returns:
        The file's content, lines ended by CR LF as players expect; empty without cues.

    Raises:
        NotWebVtt: it does not begin or go on as such a file does.
    """
    head, *blocks = vtt.strip("\n").split("\n\n")
    if head != "WEBVTT":
        raise NotWebVtt(f"begins with {head[:20]!r}")
    return "".join(_block(number, block) for number, block in enumerate(blocks, 1))


def _block(number: int, block: str) -> str:
    times, *lines = block.split("\n")
    match = _TIMES.fullmatch(times)
    if match is None:
        raise NotWebVtt(f"cue {number} has no times")
    plain = [_ISOLATES.sub("", html.unescape(line)) for line in lines]
    turns = any(first_direction(line) == "rtl" for line in plain)
    shown = (_line(line, turns=turns) for line in plain)
    return "\r\n".join([str(number), "{},{} --> {},{}".format(*match.groups()), *shown, "", ""])


def _line(line: str, *, turns: bool) -> str:
    """Return a line with its marks; one that goes from the left needs them in a cue that turns."""
    # The kept file says each line's direction by its first letter or mark.
    direction = first_direction(line)
    bare = line.lstrip(RLM + LRM)
    text = _TAG_LIKE.sub(lambda sign: sign.group() + _WORD_JOINER, bare)
    if direction == "rtl":
        return f"{RLM}{_RLE}{held_by_marks(text)}{_PDF}"
    if turns:
        return f"{LRM}{_LRE}{text}{_PDF}"
    return LRM + text if first_direction(bare) == "rtl" else text
