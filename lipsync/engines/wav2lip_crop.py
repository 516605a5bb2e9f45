"""The box of a face that a network of the Wav2Lip family is shown, and the face in it.

Face points in output pixels in; a box in each picture, steadied over five of them, and what a
frame shows in it out, as the network takes it. Knows nothing of masks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipsync.engines.framing import BLUE, LUMA, RED, Plane
from lipsync.engines.grid import floats
from lipsync.engines.planes import Parts
from lipsync.face.points import Curve
from lipsync.face.track import FaceTrack

STEADY_FRAMES: Final = 5
"""Frames that a box is the mean of."""
_CHIN_PAD: Final = 10 / 240
"""Room below the chin in heights of the box: the reference's 10 pixels, on faces of about 240."""
_FOREHEAD: Final = 0.75
"""Room above the brows, in heights from brows to the nose's base: where the detector that the
network was taught with ends its boxes. Half the box is then black, from the nose's tip down."""

_AVERAGED: Final = 0.35
"""Spread of the Gaussian that the picture is looked at through, in pixels of the network."""
_LEAST_SPREAD: Final = 0.4
"""In pixels of the output; less changes nothing."""

_TO_YUV: Final = floats([LUMA, BLUE, RED])
_TO_BGR: Final = floats(np.linalg.inv(_TO_YUV[:, :3].astype(np.float64)))

Seen = NDArray[np.float32]
"""What a frame shows in a box: Y, U, V of 0..255, float32, shape (S, S, 3)."""


@dataclass(frozen=True, slots=True)
class Crop:
    """A box around a face in output pixels, not on their borders."""

    left: float
    top: float
    width: float
    height: float

    def affine(self, side_px: int) -> NDArray[np.float32]:
        """Return the map from the output's pixels to those of a face `side_px` wide and high."""
        across, down = side_px / self.width, side_px / self.height
        return floats(
            [
                [across, 0, (0.5 - self.left) * across - 0.5],
                [0, down, (0.5 - self.top) * down - 0.5],
            ]
        )


def find_crop(placed: Mapping[str, Curve]) -> Crop:
    """Return the box of a face whose contours are given in output pixels."""
    jaw = placed["jaw"]
    left, right = float(jaw[:, 0].min()), float(jaw[:, 0].max())
    brows = float(np.mean([placed["brow_a"][:, 1], placed["brow_b"][:, 1]]))
    nose, chin = float(placed["nose_base"][:, 1].mean()), float(jaw[:, 1].max())
    top = brows - _FOREHEAD * (nose - brows)
    height = (chin - top) * (1 + _CHIN_PAD)
    return Crop(left, top, right - left, height)


def steady_crops(face: FaceTrack, crops: Sequence[Crop]) -> list[Crop]:
    """Return each picture's box as the mean of those shown around it."""
    rows = np.array([astuple(crop) for crop in crops])
    reach = STEADY_FRAMES // 2
    return [
        Crop(*rows[[face.index_at(at + near) for near in range(-reach, reach + 1)]].mean(axis=0).tolist())
        for at in range(len(crops))
    ]


def look_at(parts: Parts, crop: Crop, side_px: int) -> Seen:
    """Return what the planes of a frame show in a box, `side_px` wide and high."""
    # Averaged over what becomes one pixel, or hair and grain would come back as spots that dance.
    spread = _AVERAGED * max(crop.width, crop.height) / side_px
    parts = (_softened(parts[0], crop, spread), *parts[1:])
    to = crop.affine(side_px)
    half = to.copy()
    # Half-size pixel p lies at 2 p + 0.5.
    half[:, 2] += 0.5 * half[:, :2].sum(axis=1)
    half[:, :2] *= 2
    planes = [
        cv2.warpAffine(plane, move, (side_px, side_px), borderMode=cv2.BORDER_REPLICATE)
        for plane, move in zip(parts, (to, half, half), strict=True)
    ]
    return floats(cv2.merge(planes))


def _softened(plane: Plane, crop: Crop, spread: float) -> Plane:
    """Return a plane that is blurred where a box lies."""
    if spread < _LEAST_SPREAD:
        return plane
    room = int(3 * spread) + 2
    rows = slice(max(0, int(crop.top) - room), max(0, int(crop.top + crop.height) + room))
    columns = slice(max(0, int(crop.left) - room), max(0, int(crop.left + crop.width) + room))
    soft = plane.copy()
    cv2.GaussianBlur(plane[rows, columns], (0, 0), spread, dst=soft[rows, columns])
    return soft


def face_of(seen: Seen) -> NDArray[np.float32]:
    """Return a face as a network takes it, float32, shape (6, S, S), 0..1."""
    whole = cv2.transform(seen - _TO_YUV[:, 3], _TO_BGR).transpose(2, 0, 1) / np.float32(255)
    whole = np.clip(whole, 0.0, 1.0)
    hidden = whole.copy()
    hidden[:, whole.shape[1] // 2 :] = 0.0
    return np.concatenate([hidden, whole])


def yuv_of(painted: NDArray[np.float32]) -> Seen:
    """Return a painted face, B, G and R of 0..1 of shape (3, S, S), as it would be seen."""
    pixels = np.ascontiguousarray(painted.transpose(1, 2, 0)) * np.float32(255)
    return floats(cv2.transform(pixels, _TO_YUV))
