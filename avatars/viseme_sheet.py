"""Every mouth an avatar can make, on one picture, for a person to look at before it is shown to others.

A face track in, a JPEG out, drawn by the engine that streams will be. Large mouths for each
group of sounds, then a blink from open to open.
"""

import io
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from avatars.intake_preview import to_bgr
from lipsync.engines.contract import Brush, Drive, Size
from lipsync.engines.framing import frame_face, place_points
from lipsync.engines.warp import WarpEngine
from lipsync.face.track import FaceTrack, Picture
from lipsync.motion.blink import blink_frame
from lipsync.mouth.controls import (
    CONTROLS,
    JAW,
    LOWER,
    PRESS,
    ROUND,
    SPREAD,
    TONGUE,
    TUCK,
    UPPER,
    MouthTrack,
    rest,
)
from lipsync.mouth.phonemes import visemes_of

SOUNDS: Final = (
    ("rest", "_"), ("m b p", "m"), ("f v", "f"), ("t d n", "t"), ("l", "l"), ("s z", "s"), ("sh ch zh", "S"),
    ("k g kh", "k"), ("r", "R"), ("y", "j"), ("w", "w"), ("h", "h"), ("aa", "A:"), ("A (Persian)", "A"),
    ("a", "a"), ("e", "e"), ("i", "i"), ("o", "o"), ("u", "u"), ("schwa", "@"),
)  # fmt: skip
"""What is written below each mouth, and a phoneme of eSpeak that makes it."""

BLINK_FRAMES: Final = (-3, -2, -1, 0, 1, 2, 3, 4, 5, 6)
"""Frames shown of a blink, from the one in which it has just closed."""

_DRAWN: Final = Size(1024, 1024)
_CELL_PX: Final = 240
_LABEL_PX: Final = 22
_COLUMNS: Final = 5
_MOUTHS_WIDE: Final = 2.3
"""Side of the part that is shown, in widths of the mouth."""
_EYES_WIDE: Final = 1.5
"""The same for a blink, in distances from one eye's outer corner to the other's."""
_SEED: Final = 4
_JPEG_QUALITY: Final = 86
_PAPER: Final = (24, 24, 28)
_INK: Final = (235, 235, 235)

_Cell = tuple[str, Picture]


def viseme_sheet(track: FaceTrack) -> bytes:
    """Return a JPEG of every mouth in `SOUNDS`, and of a blink.

    Raises:
        BadFace: the engine cannot draw from these points; the message says why.
    """
    points = track.points[track.rest]
    placed = place_points(points, frame_face(points, _DRAWN))
    corners = placed["lip_upper_outer"][[0, -1]]
    eyes = np.concatenate([placed["eye_a_upper"], placed["eye_b_upper"]])
    mouth_at, eyes_at = corners.mean(axis=0), eyes.mean(axis=0)
    mouth_px = _MOUTHS_WIDE * float(np.ptp(corners[:, 0]))
    eyes_px = _EYES_WIDE * float(np.ptp(eyes[:, 0]))
    still = WarpEngine(alive=False).prepare(track, _DRAWN).start(_SEED)
    alive = WarpEngine().prepare(track, _DRAWN).start(_SEED)
    cells = [(label, _around(shown, mouth_at, mouth_px)) for label, shown in _mouths(still, track.rest)]
    cells += [(label, _around(shown, eyes_at, eyes_px)) for label, shown in _blink(alive)]
    return _joined(cells)


def mouth_of(symbol: str) -> MouthTrack:
    """Return the controls, one row, that a phoneme of eSpeak aims at when it is held."""
    viseme = visemes_of(symbol).visemes[0]
    row = rest(1)
    for control in (JAW, ROUND, SPREAD, UPPER, LOWER, TONGUE, PRESS, TUCK):
        row[0, control] = getattr(viseme, CONTROLS[control])
    return row


def _mouths(brush: Brush, at: int) -> Iterator[_Cell]:
    for label, symbol in SOUNDS:
        for frame in brush.paint(Drive.silent(at, mouth_of(symbol))):
            yield label, to_bgr(frame)


def _blink(brush: Brush) -> Iterator[_Cell]:
    closed = blink_frame(_SEED, 1)
    first, count = closed + BLINK_FRAMES[0], BLINK_FRAMES[-1] - BLINK_FRAMES[0] + 1
    for number, frame in enumerate(brush.paint(Drive.silent(first, rest(count))), BLINK_FRAMES[0]):
        if number in BLINK_FRAMES:
            yield f"blink {number:+d}", to_bgr(frame)


def _around(picture: Picture, at: NDArray[np.float32], side_px: float) -> Picture:
    """Return a square of a picture around a place, as much of it as there is."""
    height_px, width_px = picture.shape[:2]
    side = round(min(side_px, height_px, width_px))
    left = int(np.clip(round(float(at[0]) - side / 2), 0, width_px - side))
    top = int(np.clip(round(float(at[1]) - side / 2), 0, height_px - side))
    return picture[top : top + side, left : left + side]


def _joined(cells: list[_Cell]) -> bytes:
    height_px = _CELL_PX + _LABEL_PX
    sheet = Image.new("RGB", (_COLUMNS * _CELL_PX, -(-len(cells) // _COLUMNS) * height_px), _PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for number, (label, picture) in enumerate(cells):
        left, top = number % _COLUMNS * _CELL_PX, number // _COLUMNS * height_px
        shown = Image.fromarray(np.ascontiguousarray(picture[..., ::-1]))
        sheet.paste(shown.resize((_CELL_PX, _CELL_PX), Image.Resampling.LANCZOS), (left, top))
        pen.text((left + 6, top + _CELL_PX + 3), label, fill=_INK, font=font)
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=_JPEG_QUALITY)
    return out.getvalue()
