"""What a worker shows of the words of an utterance: beside the chunks, and in the pictures.

Between tasks.synthesis and `lipsync.media.burn`. How captions look is in the row
(`tasks.manner`); the font is the worker's.
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final

import structlog

from lipsync import clock
from lipsync.engines.contract import Brush, Size
from lipsync.media.burn import CaptionedBrush
from lipsync.media.shaping import BadFont, persian_typeface
from lipsync.pipeline import SpokenWord, Timeline
from lipsync.text.caption_style import CaptionStyle, WrongStyle
from tasks.chunks import CaptionWord
from tasks.manner import Manner
from tasks.utterances import UtteranceRow
from workers.caption_font import OWN, VAZIRMATN, CaptionFontMissing

log = structlog.get_logger(__name__)

CAPTIONS_UNDRAWABLE: Final = (CaptionFontMissing, BadFont, WrongStyle)
"""What ends an utterance that asks for captions in its pictures: it is never shown without."""


def no_font() -> bytes:
    """Stand for the font of a process that was given none."""
    raise CaptionFontMissing((Path("fonts"), VAZIRMATN))


def can_draw(font: Callable[[], bytes]) -> bool:
    """Tell whether captions can be drawn into pictures with the font that is there now."""
    try:
        return _is_font(font())
    except CaptionFontMissing:
        return False


@lru_cache(1)
def _is_font(font: bytes) -> bool:
    # A worker asks as it comes up and every few seconds from then on; nearly always the file is
    # the same, and what is wrong with it is told once.
    try:
        persian_typeface(font)
    except BadFont as error:
        log.error("caption_font_unusable", reason=str(error), place=f"{OWN} in AVATAR_ASSETS, or {VAZIRMATN}")
        return False
    return True


def captioned(
    brush: Brush, timeline: Timeline, row: UtteranceRow, font: Callable[[], bytes]
) -> Brush:
    """Return a brush that also paints the captions which an utterance asks for in its pictures.

    Raises:
        CaptionFontMissing: it asks for them, and there is no font.
        BadFont: the font is none, or has no Persian letters.
        WrongStyle: the row has a look that is not known here.
    """
    look = Manner.from_json(row.manner).burned
    if look is None:
        return brush
    return CaptionedBrush(
        brush, timeline, style=CaptionStyle.from_json(look), face=persian_typeface(font()),
        size=Size(row.width_px, row.height_px),
    )  # fmt: skip


def caption_words(text: str, words: list[SpokenWord]) -> tuple[CaptionWord, ...]:
    """Return words as they travel with a chunk."""
    return tuple(
        CaptionWord(
            text[word.text_start : word.text_end],
            word.text_start,
            word.text_end,
            clock.samples_to_ms(word.start_samples),
            clock.samples_to_ms_ceil(word.end_samples),
        )
        for word in words
    )
