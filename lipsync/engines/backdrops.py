"""The pictures of a loop as frames of one size, each made when it is first shown.

A face track and its crop in, I420 pictures out. As many are kept as have room; the others are
made again each time, from JPEG, which takes some milliseconds.
"""

from typing import Final

import cv2
import numpy as np

from lipsync.engines.contract import Frame
from lipsync.engines.framing import BLUE, LUMA, RED, Framing
from lipsync.engines.grid import floats
from lipsync.engines.planes import split_i420
from lipsync.face.track import FaceTrack, Picture

KEPT_BYTES: Final = 48 * 1024 * 1024
"""Room for frames of one loop at one size: a hundred of 512x512 fit."""


class Backdrops:
    """The frames of one loop at one size; shared by threads.

    Two streams that show a picture for the first time at once both make it; neither waits.
    """

    def __init__(self, face: FaceTrack, framing: Framing, kept_bytes: int = KEPT_BYTES) -> None:
        self._face, self._framing = face, framing
        size = framing.size
        self._frame_bytes = size.width_px * size.height_px * 3 // 2
        self._room = kept_bytes // self._frame_bytes
        self._kept: list[Frame | None] = [None] * min(len(face.pictures), self._room)

    @property
    def memory_bytes(self) -> int:
        """Bytes held once every picture has been shown, those of the track among them."""
        return self._face.memory_bytes + len(self._kept) * self._frame_bytes

    def get(self, index: int) -> Frame:
        """Return one picture of the loop as a frame, not to be written to."""
        kept = self._kept[index] if index < len(self._kept) else None
        if kept is None:
            kept = cut_frame(self._face.pictures[index], self._framing)
            kept.flags.writeable = False
            if index < len(self._kept):
                self._kept[index] = kept
        return kept


def cut_frame(picture: Picture, framing: Framing) -> Frame:
    """Cut and resample a picture to a frame that shows it as it is."""
    width, height = framing.size.width_px, framing.size.height_px
    rows = slice(framing.top_px, framing.top_px + framing.height_px)
    part = picture[rows, framing.left_px : framing.left_px + framing.width_px]
    way = cv2.INTER_AREA if framing.width_px >= width else cv2.INTER_CUBIC
    shown = cv2.resize(part, (width, height), interpolation=way)
    planes = cv2.split(cv2.transform(shown, floats([LUMA, BLUE, RED])))
    frame = np.empty((height * 3 // 2, width), np.uint8)
    parts = split_i420(frame, framing.size)
    np.copyto(parts[0], planes[0])
    for plane, out in zip(planes[1:], parts[1:], strict=True):
        np.copyto(out, cv2.resize(plane, (width // 2, height // 2), interpolation=cv2.INTER_AREA))
    return frame
