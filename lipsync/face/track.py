"""A face over time, as every engine takes it.

A photo is a track of one picture; a video avatar has one picture and one set of points
per frame of its loop.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lipsync.face.points import FacePoints

Picture = NDArray[np.uint8]
"""A picture, BGR, uint8, shape (height, width, 3)."""


@dataclass(frozen=True, slots=True)
class FaceTrack:
    """The canonical pictures of an avatar with the face points in each."""

    pictures: tuple[Picture, ...]
    points: tuple[FacePoints, ...]
