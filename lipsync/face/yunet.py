"""A picture in, likely faces out, by YuNet as OpenCV runs it: one look at the whole picture."""

from typing import Final

import cv2
import numpy as np

from lipsync.face.tiles import Box, Detection
from lipsync.face.track import Picture

_LONGEST_PX: Final = 960
"""A picture is shown no larger: the network is made for faces of 10 to 300 pixels."""
_LEAST_SCORE: Final = 0.6
_SAME_OVERLAP: Final = 0.3


class Yunet:
    """The YuNet of one model file."""

    name = "yunet"

    def __init__(self, model: bytes) -> None:
        weights = np.frombuffer(model, np.uint8)
        self._net = cv2.FaceDetectorYN.create(
            "onnx", weights, np.empty(0, np.uint8), (320, 320), _LEAST_SCORE, _SAME_OVERLAP
        )

    def detect(self, picture: Picture) -> list[Detection]:
        """Return the faces of a picture, best first."""
        height, width = picture.shape[:2]
        scale = min(1.0, _LONGEST_PX / max(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        self._net.setInputSize(size)
        _, rows = self._net.detect(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
        faces = [] if rows is None else [_detection(row, scale) for row in rows]
        return sorted(faces, key=lambda face: face.score, reverse=True)


def _detection(row: np.ndarray, scale: float) -> Detection:
    """Read a row: box, five points (both eyes first, left to right in the picture), score."""
    x, y, width, height = (float(value) for value in row[:4] / scale)
    eyes = (row[4:8].reshape(2, 2) / scale).astype(np.float32)
    return Detection(Box(x, y, width, height), eyes, float(row[14]), Yunet.name)
