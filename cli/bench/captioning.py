"""What captions in the pictures cost here, without a service: a line drawn, and one laid over a frame.

On this thread, with the worker's own font. Beside each its floor: the same letters by Pillow
alone, and the same bytes copied.
"""

import re
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import cv2
import numpy as np
from PIL import Image, ImageDraw

from cli.bench.figures import percentile
from cli.bench.rendering import USUAL
from cli.bench.table import Line, ratio
from cli.bench.together import BenchmarkFailed, Tell
from lipsync.media.burn import Press, Shown
from lipsync.media.overlay import Overlay
from lipsync.media.shaping import Typeface
from lipsync.text.caption_style import BACKS, CaptionStyle
from lipsync.text.lines import cues_of
from workers.caption_font import read_caption_font

TEXT: Final = "همه از خانه\u200cها بیرون آمدند و با هم زبان C++ خواندند."
"""One cue, which takes two lines of a picture of the usual size."""

AIM_MS: Final = {"box": 3.0, "stroke": 8.0}
"""A line may take so long to draw."""
BLEND_AIM_MS: Final = 0.3
"""Laying captions over one frame may take so long."""
_BLENDS: Final = 20
"""Frames that each drawn cue is laid over."""


def captions(count: int, asset_dir: Path, tell: Tell = lambda _: None) -> dict[str, Any]:
    """Draw one cue `count` times in each look, and lay it over frames.

    A line's time holds all that a changed word or cue may ask for: setting, shaping, drawing,
    and mixing with what is behind; divided by the lines of the cue.

    Raises:
        CaptionFontMissing: there is no font.
        BenchmarkFailed: it draws nothing.
    """
    cv2.setNumThreads(1)
    face = Typeface(read_caption_font(asset_dir))
    figures: dict[str, Any] = {
        "bench": "captions", "n": count, "size": str(USUAL), "shaper": "raqm" if face.raqm else "forms",
    }  # fmt: skip
    for place, back in enumerate(BACKS):
        clocks = _Clocks(CaptionStyle(back=back), face)
        for turn in range(count + 1):
            clocks.time(turn)
            tell(min(turn, count) + count * place)
        figures |= clocks.figures(back)
    return figures | _floors(count, face, clocks.lines)


class _Clocks:
    """The times of captions in one look."""

    def __init__(self, style: CaptionStyle, face: Typeface) -> None:
        self._style, self._face = style, face
        (self._cue,) = cues_of(TEXT)
        self._words = [match.span() for match in re.finditer(r"\S+", TEXT)]
        self._frame = np.full((USUAL.height_px * 3 // 2, USUAL.width_px), 128, np.uint8)
        self._drawn_ms: list[float] = []
        self._marked_ms: list[float] = []
        self._laid_ms: list[float] = []
        self.lines = 0

    def time(self, turn: int) -> None:
        """Draw the cue with one word marked, then with another, and lay it over frames."""
        press = Press(self._style, self._face, USUAL)
        first, other = (Shown(TEXT, self._cue, self._words[(turn + n) % len(self._words)]) for n in range(2))
        self._drawn_ms.append(_ms(lambda: press.overlay(first)))
        self._marked_ms.append(_ms(lambda: press.overlay(other)))
        overlay = press.overlay(other)
        self.lines = press.lines(other)
        if overlay is None:
            raise BenchmarkFailed("the font has none of the letters of the caption")
        self._laid_ms += [_ms(lambda: self._lay(overlay)) for _ in range(_BLENDS)]

    def _lay(self, overlay: Overlay) -> None:
        overlay.lay(self._frame)
        overlay.lift(self._frame)

    def figures(self, back: str) -> dict[str, float]:
        """Return the times of all turns but the first, which loads the libraries."""
        return {
            **_figures(f"{back}_line", [ms / self.lines for ms in self._drawn_ms[1:]]),
            **_figures(f"{back}_word", self._marked_ms[1:]),
            **_figures(f"{back}_frame", self._laid_ms[_BLENDS:]),
            "lines": self.lines,
        }


def _floors(count: int, face: Typeface, lines: int) -> dict[str, float]:
    """Return the least that a line of such letters, and such a stretch of a frame, take."""
    font = face.at(round(USUAL.height_px * CaptionStyle().size / 100))
    page = Image.new("L", (USUAL.width_px * 2, USUAL.height_px // 4))
    pen = ImageDraw.Draw(page)
    band = np.zeros((USUAL.height_px // 4, USUAL.width_px * 3 // 2), np.uint8)
    copy = np.empty_like(band)
    letters = [_ms(lambda: pen.text((0, 60), TEXT, fill=255, font=font)) / lines for _ in range(count)]
    copies = [_ms(lambda: np.copyto(copy, band)) for _ in range(count)]
    return _figures("floor_line", letters) | _figures("floor_frame", copies)


def _ms(call: Callable[[], object]) -> float:
    begun_s = perf_counter()
    call()
    return (perf_counter() - begun_s) * 1000


def _figures(name: str, values: list[float]) -> dict[str, float]:
    return {f"{name}_p{share}_ms": round(percentile(values, share / 100), 3) for share in (50, 95)}


def captions_lines(found: dict[str, Any]) -> list[Line]:
    """Return the rows of the page."""
    rows = [
        Line(
            figure=f"a line of caption drawn with a {back}, {found['size']}",
            measured=f"p50 {found[f'{back}_line_p50_ms']} ms, p95 {found[f'{back}_line_p95_ms']} ms",
            floor=f"its letters by Pillow alone: p50 {found['floor_line_p50_ms']} ms",
            ratio=ratio(found[f"{back}_line_p50_ms"], found["floor_line_p50_ms"], "p50"),
            aim=f"p95 {AIM_MS[back]:g} ms",
            met=found[f"{back}_line_p95_ms"] <= AIM_MS[back],
        )
        for back in BACKS
    ]
    worst = max(found[f"{back}_frame_p95_ms"] for back in BACKS)
    half = max(found[f"{back}_frame_p50_ms"] for back in BACKS)
    rows.append(
        Line(
            figure=f"captions laid over a frame, {found['size']}",
            measured=f"p50 {half} ms, p95 {worst} ms",
            floor=f"a quarter of a frame copied: p50 {found['floor_frame_p50_ms']} ms",
            ratio=ratio(half, found["floor_frame_p50_ms"], "p50"),
            aim=f"p95 {BLEND_AIM_MS:g} ms",
            met=worst <= BLEND_AIM_MS,
        )
    )
    return rows
