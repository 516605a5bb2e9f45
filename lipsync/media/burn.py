"""Frames without captions in, the same frames with captions in them out.

A brush around a brush (`lipsync.engines.contract`): between the engine that paints and the
encoder. What a frame shows is a function of the sentence that sounds, of its words that have
begun until then, the style and the frame's number. All of that the timeline holds before a frame
may be drawn, so a worker that takes over draws the same. A caption is drawn when it or its
marked word changes, and laid over frames until then.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

import cv2
import numpy as np

from lipsync import clock
from lipsync.engines.contract import WHENEVER, Brush, Drive, Frame
from lipsync.media.captions import LINGER_MS
from lipsync.media.encoder import PictureSize
from lipsync.media.lettering import Block, Compositor
from lipsync.media.overlay import Overlay, yuv_of
from lipsync.media.shaping import Mask, Typeface
from lipsync.text.caption_style import CaptionStyle
from lipsync.text.letters import can_be_said
from lipsync.text.lines import Cue, Span, cues_of

LEAD_MS: Final = 400
"""How long before a sentence's first word its cue comes at most; not before the sentence."""

HOLD_MS: Final = 2000
"""How long a cue that has more words to say waits for the next one."""

_KEPT: Final = 4
"""Cues, and ways to mark one, that are kept drawn: the last ones."""

_EDGE: Final = 0.04
"""Room between the captions and the picture's edge, as a share of its shorter side."""


class HeardWord(Protocol):
    """A word of the written text and when it is heard (`lipsync.pipeline.SpokenWord`)."""

    @property
    def text_start(self) -> int:
        """Position of its first character in the text."""
        ...

    @property
    def text_end(self) -> int:
        """Position after its last character."""
        ...

    @property
    def start_samples(self) -> int:
        """When it begins to be heard."""
        ...

    @property
    def end_samples(self) -> int:
        """When it ends."""
        ...


class HeardSentence(Protocol):
    """A sentence and what is known of its speech (`lipsync.pipeline.SpokenSentence`)."""

    @property
    def text_start(self) -> int:
        """Position of its first character in the text."""
        ...

    @property
    def written(self) -> str:
        """The sentence as written."""
        ...

    @property
    def words(self) -> Sequence[HeardWord]:
        """Its words in order."""
        ...


class Said(Protocol):
    """What is heard when (`lipsync.pipeline.Timeline`)."""

    def said_by(self, frame: int) -> HeardSentence | None:
        """Return the sentence that sounds at a frame, None if there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Shown:
    """What a frame shows."""

    sentence: str
    cue: Cue
    """One of the sentence's own."""
    spoken: Span | None
    """Place in the sentence of the word that is marked."""


class Script:
    """Says what stands in each frame.

    A cue stands from its first word on, the first of a sentence up to `LEAD_MS` before it. It
    goes with the sentence, when a word of another cue begins, `LINGER_MS` after its last word, or
    `HOLD_MS` after another if none follows. A word is marked from its beginning to that of the
    next, at most until `LINGER_MS` after its end.
    """

    def __init__(self) -> None:
        # Asked for with every frame of a sentence.
        self._cues_of = lru_cache(2)(cues_of)

    def at(self, frame: int, sentence: HeardSentence | None) -> Shown | None:
        """Return what a frame shows, None for nothing.

        Args:
            frame: number since the stream began.
            sentence: the one that sounds then, with all words that have begun by the frame's
                end, or the first of all if none has; any later ones are of no account.
        """
        cues = () if sentence is None else self._cues_of(sentence.written)
        if sentence is None or not cues or not sentence.words:
            return None
        words = sentence.words
        begun = [word for word in words if clock.frame_of(word.start_samples) <= frame]
        word = begun[-1] if begun else words[0]
        start, end = word.text_start - sentence.text_start, word.text_end - sentence.text_start
        cue = [cue for number, cue in enumerate(cues) if cue.start <= start or not number][-1]
        if not begun:
            lead = clock.frame_of(word.start_samples - clock.ms_to_samples(LEAD_MS))
            return Shown(sentence.written, cue, None) if frame >= lead else None
        since_ms = clock.frames_to_ms(frame) - clock.samples_to_ms_ceil(word.end_samples)
        more = any(map(can_be_said, sentence.written[end : cue.end]))
        if since_ms >= (HOLD_MS if more else LINGER_MS):
            return None
        return Shown(sentence.written, cue, (start, end) if since_ms < LINGER_MS else None)


class CaptionedBrush:
    """Paints the frames of one stream with captions in them, in one thread.

    Args:
        brush: paints them without.
        said: tells what is heard when; must be ready through the frames that are asked for.
        style: what captions look like.
        face: the typeface, of this thread.
        size: of the frames.
    """

    def __init__(
        self, brush: Brush, said: Said, *, style: CaptionStyle, face: Typeface, size: PictureSize
    ) -> None:
        self._brush = brush
        self._said = said
        self._laid: tuple[Overlay, Frame] | None = None
        self._script = Script()
        self._press = Press(style, face, size)

    def foresee(self, drive: Drive, due_s: float = WHENEVER) -> None:
        """Have the frames without captions foreseen."""
        self._brush.foresee(drive, due_s)

    def paint(self, drive: Drive) -> Iterator[Frame]:
        """Yield the frames of a drive; see the contract in `lipsync.engines`."""
        self._lift()
        for number, frame in enumerate(self._brush.paint(drive), drive.first_frame):
            shown = self._script.at(number, self._said.said_by(number))
            overlay = None if shown is None else self._press.overlay(shown)
            if overlay is not None:
                overlay.lay(frame)
                self._laid = overlay, frame
            yield frame
            self._lift()

    def _lift(self) -> None:
        # The brush goes on from its own last frame and draws only what has moved in it.
        if self._laid is not None:
            overlay, frame = self._laid
            overlay.lift(frame)
            self._laid = None


class Press:
    """Draws captions and keeps the last ones. One thread at a time."""

    def __init__(self, style: CaptionStyle, face: Typeface, size: PictureSize) -> None:
        self._style, self._size = style, size
        self._compositor = Compositor(face, style, size)
        self._printed: OrderedDict[_CueOfSentence, _Printed | None] = OrderedDict()
        self._overlays: OrderedDict[Shown, Overlay | None] = OrderedDict()

    @property
    def kept(self) -> int:
        """Cues and overlays that are kept drawn."""
        return len(self._printed) + len(self._overlays)

    def lines(self, shown: Shown) -> int:
        """Return how many lines a cue takes in the picture; 0 if nothing of it can be drawn."""
        printed = self._print(shown)
        return 0 if printed is None else printed.lines

    def overlay(self, shown: Shown) -> Overlay | None:
        """Return what is laid over a frame that shows this; None if nothing of it can be drawn."""
        if shown not in self._overlays:
            printed = self._print(shown)
            self._overlays[shown] = None if printed is None else self._marked(printed, shown.spoken)
            _drop_oldest(self._overlays)
        return self._overlays[shown]

    def _print(self, shown: Shown) -> "_Printed | None":
        cue = shown.sentence, shown.cue
        if cue not in self._printed:
            block = self._compositor.block(*cue)
            self._printed[cue] = None if block is None else _Printed(block, self._style)
            _drop_oldest(self._printed)
        return self._printed[cue]

    def _marked(self, printed: "_Printed", spoken: Span | None) -> Overlay:
        style = self._style
        plain, marked = printed.parted(spoken if style.spoken else None)
        layers = [(printed.behind, yuv_of(style.behind)), (plain, yuv_of(style.colour))]
        if style.spoken and marked is not None:
            layers.append((marked, yuv_of(style.spoken)))
        height, width = printed.behind.shape
        edge_px = round(_EDGE * min(self._size.width_px, self._size.height_px))
        top = edge_px if style.position == "top" else self._size.height_px - edge_px - height
        return Overlay(layers, (self._size.width_px - width) // 2 // 2 * 2, top // 2 * 2, self._size)


_CueOfSentence = tuple[str, Cue]


def _drop_oldest(
    table: "OrderedDict[_CueOfSentence, _Printed | None] | OrderedDict[Shown, Overlay | None]",
) -> None:
    if len(table) > _KEPT:
        table.popitem(last=False)


class _Printed:
    """The masks of a cue: letters, and what is behind them, with room around."""

    def __init__(self, block: Block, style: CaptionStyle) -> None:
        # Even, as the halved planes of colour want it; the masks have room of their own above.
        self._down_px, self._across_px = (block.size_px // 12 + 1) * 2, (block.size_px // 6 + 1) * 2
        height, width = (side + side % 2 for side in block.letters.shape)
        shape = height + 2 * self._down_px, width + 2 * self._across_px
        self.letters: Mask = np.zeros(shape, np.uint8)
        rows, columns = block.letters.shape
        down, across = self._down_px, self._across_px
        self.letters[down : down + rows, across : across + columns] = block.letters
        self._places = block.places
        self.lines = len({place.top for place in block.places})
        if style.back == "box":
            self.behind = _box(shape, block.size_px // 3, style.opacity)
        else:
            self.behind = _stroke(self.letters, block.size_px)

    def parted(self, spoken: Span | None) -> tuple[Mask, Mask | None]:
        """Return the letters that are not marked, and those that are."""
        if spoken is None:
            return self.letters, None
        plain, marked = self.letters.copy(), np.zeros_like(self.letters)
        for place in self._places:
            if place.text_start < spoken[1] and spoken[0] < place.text_end:
                rows = slice(self._down_px + place.top, self._down_px + place.bottom)
                columns = slice(self._across_px + place.left, self._across_px + place.right)
                marked[rows, columns] = self.letters[rows, columns]
                plain[rows, columns] = 0
        return plain, marked


def _box(shape: tuple[int, int], corner_px: int, opacity: int) -> Mask:
    """Return a box with round corners."""
    height, width = shape
    ys, xs = np.ogrid[:height, :width]
    down = np.maximum(np.maximum(corner_px - 0.5 - ys, ys - (height - corner_px - 0.5)), 0)
    across = np.maximum(np.maximum(corner_px - 0.5 - xs, xs - (width - corner_px - 0.5)), 0)
    inside = np.clip(corner_px + 0.5 - np.hypot(down, across), 0, 1)
    return np.rint(inside * 255 * opacity / 100).astype(np.uint8)


def _stroke(letters: Mask, size_px: int) -> Mask:
    """Return the letters grown by about a ninth of the em, with soft edges.

    FreeType's own stroker takes several times as long as the letters do.
    """
    reach = max(1, round(size_px / 9))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.GaussianBlur(cv2.dilate(letters, kernel), (3, 3), 0), np.uint8)
