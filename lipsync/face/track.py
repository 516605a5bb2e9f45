"""A face over time, as every engine takes it.

A photo is a track of one picture; a video avatar has one picture and one set of points
per frame of its loop, every mouth of it at rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, overload

import cv2
import numpy as np
from numpy.typing import NDArray

from lipsync.face.points import FacePoints

Picture = NDArray[np.uint8]
"""A picture, BGR, uint8, shape (height, width, 3)."""

JPEG_QUALITY: Final = 93
"""Of a loop's pictures: at 720 pixels about 100 kB each, read in 3 ms, and no trace of it in a stream."""


class BrokenPicture(ValueError):
    """The bytes of a coded picture are not a picture of the size they were said to have."""


class CodedPictures(Sequence[Picture]):
    """Pictures of one size kept as JPEG, each read when it is asked for.

    A hundred pictures of 720x720 are 155 MB as arrays and a tenth of that as JPEG.
    """

    def __init__(self, coded: Sequence[bytes], width_px: int, height_px: int) -> None:
        self.coded = tuple(coded)
        self.width_px, self.height_px = width_px, height_px

    @classmethod
    def of(cls, pictures: Sequence[Picture]) -> "CodedPictures":
        """Code pictures of one size."""
        height_px, width_px = pictures[0].shape[:2]
        return cls([code(picture) for picture in pictures], width_px, height_px)

    @property
    def memory_bytes(self) -> int:
        """Bytes of the coded pictures."""
        return sum(len(data) for data in self.coded)

    def __len__(self) -> int:
        return len(self.coded)

    @overload
    def __getitem__(self, index: int) -> Picture: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Picture]: ...

    def __getitem__(self, index: int | slice) -> Picture | Sequence[Picture]:
        """Read one picture, or keep a part of them as they are.

        Raises:
            BrokenPicture: the bytes are not a picture of this size.
        """
        if isinstance(index, slice):
            return CodedPictures(self.coded[index], self.width_px, self.height_px)
        picture = cv2.imdecode(np.frombuffer(self.coded[index], np.uint8), cv2.IMREAD_COLOR)
        if picture is None or picture.shape != (self.height_px, self.width_px, 3):
            raise BrokenPicture(f"picture {index} is not one of {self.width_px}x{self.height_px}")
        return np.asarray(picture, np.uint8)


def code(picture: Picture) -> bytes:
    """Return a picture as the JPEG that `CodedPictures` keeps."""
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes())


def pictures_bytes(pictures: Sequence[Picture]) -> int:
    """Return the bytes of pictures as they are held."""
    if isinstance(pictures, CodedPictures):
        return pictures.memory_bytes
    return sum(picture.nbytes for picture in pictures)


@dataclass(frozen=True, slots=True)
class FaceTrack:
    """The canonical pictures of an avatar with the face points in each."""

    pictures: Sequence[Picture]
    points: tuple[FacePoints, ...]
    bounces: bool = False
    """Whether the pictures are played back and forth; otherwise round and round."""
    rest: int = 0
    """The picture that lips, teeth and the output's crop are measured on."""

    @property
    def frames(self) -> int:
        """Frames after which the pictures repeat."""
        count = len(self.pictures)
        return max(1, 2 * count - 2) if self.bounces else count

    def index_at(self, frame: int) -> int:
        """Return which picture a frame of a stream shows, whoever draws it."""
        at = frame % self.frames
        return at if at < len(self.pictures) else self.frames - at

    @property
    def memory_bytes(self) -> int:
        """Bytes of all pictures and points as they are held."""
        curves = (curve for points in self.points for curve in points.contours.values())
        return pictures_bytes(self.pictures) + sum(curve.nbytes for curve in curves)
