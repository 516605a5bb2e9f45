"""What a person sees of a new avatar: a small picture, three mouths, and a loop of it at rest.

A canonical picture and its points in, JPEG and MP4 bytes out, drawn by the same engine that
streams will be. Called at registration and whenever points were moved by hand.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from lipsync import clock
from lipsync.engines.contract import Drive, Frame, Painter, Size
from lipsync.engines.warp import WarpEngine
from lipsync.face.points import FacePoints
from lipsync.face.track import FaceTrack, Picture
from lipsync.media.encoder import SegmentEncoder
from lipsync.media.mp4 import write_mp4
from lipsync.mouth.controls import CONTROLS, JAW, PRESS, ROUND, MouthTrack, rest

PREVIEW_PX: Final = 512
"""Longest side of the small picture."""
THUMBNAIL_PX: Final = 192
DRAWN: Final = Size(512, 512)

IDLE_SEED: Final = 4
IDLE_FIRST: Final = 580
IDLE_FRAMES: Final = 80
"""A stretch of the motion at rest, with a blink in it, after which head and chest are where
they were and move the way they did: played over and over, it has no seam."""

_JPEG_QUALITY: Final = 88
_VISEME_PX: Final = 320


@dataclass(frozen=True, slots=True)
class Previews:
    """Files for a person to look at."""

    visemes: bytes
    """JPEG: the mouth of "آ", of "او" and of "م" side by side."""
    idle: bytes
    """MP4: the face at rest, to be played over and over."""


def draw_previews(picture: Picture, points: FacePoints) -> Previews:
    """Draw three mouths and the loop at rest.

    Args:
        picture: canonical, BGR.
        points: of the face in it.

    Raises:
        BadFace: the engine cannot draw from these points; the message says why.
    """
    painter = WarpEngine().prepare(FaceTrack((picture,), (points,)), DRAWN)
    return Previews(_draw_visemes(painter.without_life(), 0), _draw_idle(painter, IDLE_FIRST, IDLE_FRAMES))


def draw_loop_previews(track: FaceTrack) -> Previews:
    """Draw three mouths and the loop at rest of a video, from its beginning until it repeats.

    Raises:
        BadFace: the engine cannot draw from this track; the message says why.
    """
    painter = WarpEngine().prepare(track, DRAWN)
    return Previews(_draw_visemes(painter, track.rest), _draw_idle(painter, 0, track.frames))


def jpeg(picture: Picture, longest_px: int = PREVIEW_PX) -> bytes:
    """Return a picture as JPEG, its longest side at most `longest_px`."""
    height_px, width_px = picture.shape[:2]
    scale = longest_px / max(height_px, width_px)
    small = picture
    if scale < 1:
        size = (max(1, round(width_px * scale)), max(1, round(height_px * scale)))
        small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    return _encoded(".jpg", small, (cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY))


def png(picture: Picture) -> bytes:
    """Return a picture as PNG, the way canonical pictures are kept."""
    # Level 1 takes a third of the time of the default, and a tenth more room.
    return _encoded(".png", picture, (cv2.IMWRITE_PNG_COMPRESSION, 1))


def _encoded(suffix: str, picture: Picture, options: Sequence[int]) -> bytes:
    encoded, data = cv2.imencode(suffix, picture, list(options))
    if not encoded:
        raise ValueError(f"a picture of shape {picture.shape} cannot be written as {suffix}")
    return bytes(data.tobytes())


def _mouths() -> MouthTrack:
    """Return the controls of "آ", "او" and "م", a row each."""
    mouths = np.zeros((3, len(CONTROLS)), np.float32)
    mouths[0, JAW] = 0.9
    mouths[1, (JAW, ROUND)] = 0.25, 1.0
    mouths[2, PRESS] = 1.0
    return mouths


def _draw_visemes(painter: Painter, at: int) -> bytes:
    brush = painter.start(IDLE_SEED)
    shown = [to_bgr(frame) for mouth in _mouths() for frame in brush.paint(Drive.silent(at, mouth[None]))]
    size = (_VISEME_PX, _VISEME_PX)
    row = np.hstack([cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in shown])
    return jpeg(np.asarray(row, np.uint8), row.shape[1])


# The inverse of BT.709 in limited range, for V, Y, U as rows B, G, R; ITU-R BT.709, item 3.
_TO_BGR: Final = np.array(
    [
        [1.16438, 2.11240, 0.0, -16 * 1.16438 - 128 * 2.11240],
        [1.16438, -0.21325, -0.53291, -16 * 1.16438 + 128 * (0.21325 + 0.53291)],
        [1.16438, 0.0, 1.79274, -16 * 1.16438 - 128 * 1.79274],
    ],
    np.float32,
)


def to_bgr(frame: Frame) -> Picture:
    """Return a painted frame as a picture."""
    height_px, width_px = frame.shape[0] * 2 // 3, frame.shape[1]
    half = (height_px // 2, width_px // 2)
    luma, colours = frame[:height_px], frame[height_px:].reshape(2, *half)
    wide = [cv2.resize(plane, (width_px, height_px), interpolation=cv2.INTER_LINEAR) for plane in colours]
    return np.asarray(cv2.transform(np.dstack([luma, *wide]), _TO_BGR), np.uint8)


def _draw_idle(painter: Painter, first: int, count: int) -> bytes:
    encoder = SegmentEncoder(DRAWN)
    silence = np.zeros(clock.frames_to_samples(count), np.int16)
    segment = encoder.encode(painter.start(IDLE_SEED).paint(Drive.silent(first, rest(count))), silence)
    encoder.close()
    out = io.BytesIO()
    write_mp4(encoder.init_segment, lambda: (segment.data,), out)
    return out.getvalue()
