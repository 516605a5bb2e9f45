"""Captions as WebVTT in, as SubRip (.srt) out.

The kept file of an utterance is WebVTT (`lipsync.media.captions`); whoever asks for the other
gets it made from that one, with the same cues at the same times. Standard library only.

SubRip has no standard. What players agree on: a number, times with a comma, lines, a blank
line. Many lay every line out from the left, others by its first letter; with a mark of the
line's direction at both its ends, either sets the signs at the ends of a Persian line right.
Tags (`<i>`, `{\\an8}`) are obeyed by some, so a word joiner keeps written brackets from being one.
"""

from __future__ import annotations

import html
import re
from typing import Final

from lipsync.text.directions import Direction, direction_of

RLM: Final = "\u200f"
LRM: Final = "\u200e"
_WORD_JOINER: Final = "\u2060"

_TIMES: Final = re.compile(r"(\d\d+:\d\d:\d\d)\.(\d{3}) --> (\d\d+:\d\d:\d\d)\.(\d{3})")
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
    # One direction for all lines of a cue, as they are drawn: a line in it may be mostly Latin.
    direction = direction_of("".join(map(html.unescape, lines)))
    shown = [_line(line, direction) for line in lines]
    return "\r\n".join([str(number), "{},{} --> {},{}".format(*match.groups()), *shown, "", ""])


def _line(line: str, direction: Direction | None) -> str:
    text = html.unescape(line)
    marks, text = text[:1], text.lstrip(RLM + LRM)
    safe = _TAG_LIKE.sub(lambda sign: sign.group() + _WORD_JOINER, text)
    if marks == RLM or (marks != LRM and direction == "rtl"):
        return f"{RLM}{safe}{RLM}"
    return marks + safe if marks == LRM else safe
