"""A picture and where a face may be in, its mesh out: hundreds of points in three dimensions.

Reads both published models, 468 points at 192x192 and 478 at 256x256, told apart by the
file itself. Does not look for faces and knows nothing of our contours.
"""

import io
import zipfile
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipsync.face.tiles import Box, Detection, Points
from lipsync.face.track import Picture

Mesh = NDArray[np.float32]
"""Points (x, y, z) in pixels of the picture, z growing away from the viewer; shape (468 or 478, 3)."""

_SIDES: Final = {468: 192, 478: 256}
"""Points of a model to the side of its picture in pixels."""
_BUNDLE_MEMBER: Final = "face_landmarks_detector.tflite"
_MARGIN: Final = 1.5
"""The crop's side over the face's."""
_SURELY: Final = 13.0
"""Presence of upright faces; on their side or head, seen as if they were not, they stay below."""
_LEAD: Final = 3.0
"""By how much another way must be surer. A face with its mouth covered is surely upright no more,
and is not to be taken for one on its head."""
_MOVED: Final = ((0.04, 1.0, 0.08), (-0.04, 1.1, -0.08), (0.0, 0.92, 0.12), (0.0, 1.18, -0.12))
"""Crops moved aside (in crops), widened (times) and turned (radians)."""
_LIPS: Final = (61, 291, 0, 17, 13, 14, 37, 267, 84, 314, 40, 270, 91, 321)
_CHEEKBONES: Final = (234, 454)
EYE_A, EYE_B = (33, 133), (362, 263)
"""Corners of both eyes, left to right in a picture of an upright face."""


class BadModel(ValueError):
    """A file is no landmark model of a kind that is known."""


@dataclass(frozen=True, slots=True)
class Crop:
    """A square of the picture, turned so that the eyes are level."""

    x_px: float
    y_px: float
    """Its middle."""
    side_px: float
    angle_rad: float
    """How far the face's own horizontal is turned clockwise."""


class LandmarkNet:
    """The landmark model of one file."""

    def __init__(self, model: bytes) -> None:
        """Read a TFLite file, or a `.task` bundle that holds one.

        Raises:
            BadModel: it is neither, or its network has another shape.
        """
        try:
            self._net: Any = cv2.dnn.readNetFromTFLite(np.frombuffer(_network_in(model), np.uint8))
        except (cv2.error, KeyError, zipfile.BadZipFile) as error:
            raise BadModel(f"no landmark model can be read: {error}") from error
        self._points, self._presence, self.count = self._outputs()

    def find(self, picture: Picture, seen: Detection) -> tuple[Mesh, float]:
        """Return the mesh of a likely face, and its presence as `run` gives it.

        Detectors see faces that lie or stand on their heads but mistake their eyes, so that a
        face which is not surely upright in its crop is tried in the other three ways too.
        """
        crop = crop_of_detection(seen)
        best = self._settle(picture, crop)
        if best[1] < _SURELY:
            turned = [replace(crop, angle_rad=crop.angle_rad + turn * np.pi / 2) for turn in (1, 2, 3)]
            other = max((self._settle(picture, way) for way in turned), key=_presence)
            if _presence(other) > _presence(best) + _LEAD:
                best = other
            # The crop of a turned face was cut around a box that missed its middle.
            best = max((best, self._settle(picture, crop_of_mesh(best[0]))), key=_presence)
        return best

    def _settle(self, picture: Picture, crop: Crop) -> tuple[Mesh, float]:
        """Look twice: the first crop comes from elsewhere, the second from the points found in it."""
        mesh, presence = self.run(picture, crop)
        again, surer = self.run(picture, crop_of_mesh(mesh))
        return again, min(presence, surer)

    def lips_unsteady(self, picture: Picture, mesh: Mesh) -> float:
        """Return how far the lips wander when the crop is moved, over the face's width.

        Lips that the network sees stay where they are, to half a percent; lips that it only
        guesses, behind a hand, a mask or a microphone, follow the crop.
        """
        crop = crop_of_mesh(mesh)
        looks = [
            self.run(picture, replace(crop, x_px=crop.x_px + aside * crop.side_px,
                side_px=crop.side_px * wider, angle_rad=crop.angle_rad + turned))[0]
            for aside, wider, turned in _MOVED
        ]  # fmt: skip
        wander = np.stack([look[list(_LIPS), :2] for look in looks]).std(axis=0)
        width = np.linalg.norm(mesh[_CHEEKBONES[1], :2] - mesh[_CHEEKBONES[0], :2])
        return float(np.linalg.norm(wander, axis=1).mean() / max(float(width), 1e-6))

    def run(self, picture: Picture, crop: Crop) -> tuple[Mesh, float]:
        """Look once at one crop; return the mesh and how present a face is, in the network's log-odds."""
        side = _SIDES[self.count]
        patch, to_crop = cut_crop(picture, crop, side)
        self._net.setInput(cv2.dnn.blobFromImage(patch, 1 / 255, swapRB=True))
        points, presence = self._net.forward((self._points, self._presence))
        mesh = points.reshape(self.count, 3).astype(np.float32)
        back = cv2.invertAffineTransform(to_crop).astype(np.float32)
        mesh[:, :2] = mesh[:, :2] @ back[:, :2].T + back[:, 2]
        mesh[:, 2] *= crop.side_px / side
        return mesh, float(presence.reshape(-1)[0])

    def _outputs(self) -> tuple[str, str, int]:
        """Return the names of the points and of the presence, and how many points there are."""
        names = sorted(self._net.getUnconnectedOutLayersNames())
        for count, side in _SIDES.items():
            self._net.setInput(np.zeros((1, 3, side, side), np.float32))
            try:
                sizes = {name: out.size for name, out in zip(names, self._net.forward(names), strict=True)}
            except cv2.error:
                continue
            points = [name for name in names if sizes[name] == count * 3]
            # A second single number, where there is one, tells of the tongue; its name comes later.
            presence = [name for name in names if sizes[name] == 1]
            if points and presence:
                return points[0], presence[0], count
        raise BadModel(f"a network that gives neither of {sorted(_SIDES)} points")


def crop_of_detection(seen: Detection) -> Crop:
    """Return the crop around a detector's box, level with its eyes."""
    box = seen.box
    side = max(box.width_px, box.height_px) * _MARGIN
    return Crop(box.x_px + box.width_px / 2, box.y_px + box.height_px / 2, side, _level(*seen.eyes))


def crop_of_mesh(mesh: Mesh) -> Crop:
    """Return the crop around a mesh, level with its eyes."""
    points = mesh[:, :2].astype(np.float64)
    angle = _level(points[list(EYE_A)].mean(axis=0), points[list(EYE_B)].mean(axis=0))
    cos, sin = np.cos(angle), np.sin(angle)
    turned = points @ np.array([[cos, -sin], [sin, cos]])
    low, high = turned.min(axis=0), turned.max(axis=0)
    x, y = np.array([[cos, -sin], [sin, cos]]) @ ((low + high) / 2)
    return Crop(float(x), float(y), float((high - low).max()) * _MARGIN, angle)


def cut_crop(picture: Picture, crop: Crop, side: int) -> tuple[Picture, NDArray[np.float64]]:
    """Return the crop, `side` pixels square, and the affine map into it from the picture, shape (2, 3).

    Beyond the picture its border is repeated.
    """
    to_crop = small_to_crop = _into_crop(crop, side)
    shrink = min(1.0, 2 * side / crop.side_px)
    if shrink < 1:
        # Sampled at once from a large picture, most of its pixels would not be looked at and the
        # lips would come out ragged; the face's surroundings are averaged down first.
        reach = crop.side_px * 0.71
        x, y = max(0, int(crop.x_px - reach)), max(0, int(crop.y_px - reach))
        around = picture[y : max(y, int(crop.y_px + reach)) + 1, x : max(x, int(crop.x_px + reach)) + 1]
        smaller = cv2.resize(around, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        picture = np.asarray(smaller, np.uint8)
        steps = picture.shape[1] / around.shape[1], picture.shape[0] / around.shape[0]
        small_to_crop = np.concatenate(
            [to_crop[:, :2] / steps, (to_crop[:, :2] @ (x, y) + to_crop[:, 2])[:, None]], axis=1
        )
    patch = cv2.warpAffine(picture, small_to_crop, (side, side), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(patch, np.uint8), to_crop


def box_of_mesh(mesh: Mesh) -> Box:
    """Return the upright rectangle around a mesh."""
    (left, top), (right, bottom) = mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)
    return Box(float(left), float(top), float(right - left), float(bottom - top))


def _presence(found: tuple[Mesh, float]) -> float:
    return found[1]


def _level(a: Points, b: Points) -> float:
    across = np.asarray(b) - np.asarray(a)
    return float(np.arctan2(across[1], across[0]))


def _into_crop(crop: Crop, side: int) -> NDArray[np.float64]:
    """Return the affine map, shape (2, 3), from the picture into the crop's pixels."""
    scale = side / crop.side_px
    cos, sin = scale * np.cos(crop.angle_rad), scale * np.sin(crop.angle_rad)
    turn = np.array([[cos, sin], [-sin, cos]])
    shift = np.array([side / 2, side / 2]) - turn @ np.array([crop.x_px, crop.y_px])
    return np.concatenate([turn, shift[:, None]], axis=1)


def _network_in(model: bytes) -> bytes:
    """Return the network of a model file: the file itself, or a member of the bundle that it is.

    A bundle may begin with other bytes, and a plain network may end with an archive of its notes.
    """
    if not zipfile.is_zipfile(io.BytesIO(model)):
        return model
    with zipfile.ZipFile(io.BytesIO(model)) as bundle:
        return bundle.read(_BUNDLE_MEMBER) if _BUNDLE_MEMBER in bundle.namelist() else model
