"""A film of one of our own avatars: it turns, nods and talks before a camera that stands still."""

import io
from fractions import Fraction

import av
import cv2
import numpy as np

from avatars.seeding import sample_face
from lipsync.engines.contract import Drive, Size
from lipsync.engines.warp import WarpEngine
from lipsync.face.track import FaceTrack, Picture
from lipsync.mouth.controls import CONTROLS, JAW, PRESS, MouthTrack

SIDE_PX = 448
PERIOD = 80
"""Frames after which the head is where it was."""


def talking(count: int, every: int = 9) -> MouthTrack:
    """Return controls of a mouth that opens and closes; every so many frames it is closed for three."""
    mouth = np.zeros((count, len(CONTROLS)), np.float32)
    at = np.arange(count) % every
    mouth[:, JAW] = np.where(at < 3, 0, 0.85 * np.sin(np.pi * (at - 2) / (every - 2)))
    mouth[:, PRESS] = at == 1
    return mouth


def bgr_of(frame: np.ndarray) -> Picture:
    """Return an I420 frame as BGR."""
    return np.asarray(av.VideoFrame.from_ndarray(frame, "yuv420p").to_ndarray(format="bgr24"), np.uint8)


def moving_pictures(count: int, name: str = "samira", sway_px: float = 14.0) -> list[Picture]:
    """Draw the pictures of the film, BGR."""
    sample = sample_face(name)
    still = FaceTrack(sample.pictures, sample.points)
    painter = WarpEngine(alive=False).prepare(still, Size(SIDE_PX, SIDE_PX))
    pictures = []
    for number, frame in enumerate(painter.start(3).paint(Drive.silent(0, talking(count)))):
        turn = 2 * np.pi * number / PERIOD
        middle = (SIDE_PX / 2, SIDE_PX / 2)
        move = cv2.getRotationMatrix2D(middle, 2.5 * np.sin(turn), 0.9 + 0.01 * np.cos(turn))
        move[:, 2] += sway_px * np.sin(turn), 0.4 * sway_px * np.cos(2 * turn)
        size = (SIDE_PX, SIDE_PX)
        moved = cv2.warpAffine(bgr_of(frame), move, size, borderMode=cv2.BORDER_REFLECT)
        pictures.append(np.asarray(moved, np.uint8))
    return pictures


def film_of(pictures: list[Picture], times: list[int] | None = None, rate: int = 25) -> bytes:
    """Code pictures as MP4; `times` are in 600ths of a second."""
    out = io.BytesIO()
    height_px, width_px = pictures[0].shape[:2]
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "16", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width_px, height_px, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 600)
        stream.codec_context.thread_count = 1
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts = times[number] if times else number * 600 // rate
            frame.time_base = Fraction(1, 600)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return out.getvalue()
