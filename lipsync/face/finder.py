"""A picture in, the faces in it out, best first, each with its points, its pose and a score.

Detectors say where a face may be, the landmark network where its parts are and whether it
is one at all. Holds loaded networks, so one finder serves one thread at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from lipsync.face.contours import contours_of
from lipsync.face.mesh import LandmarkNet, Mesh, box_of_mesh
from lipsync.face.models import FaceModels
from lipsync.face.points import FacePoints
from lipsync.face.pose import Pose, pose_of
from lipsync.face.tiles import Box, Detection, Points, ShortRange
from lipsync.face.track import Picture
from lipsync.face.yunet import Yunet

__all__ = ["Box", "FaceFinder", "FaceModels", "FoundFace", "Pose"]

MOST_FACES: Final = 16
"""Likely faces whose points are looked for; a crowd has no chosen one."""
_LEAST_PRESENCE: Final = 3.0
"""Log-odds of the landmark network below which there is no face."""
_TURNED_PX: Final = 480
"""Longest side of a picture that is looked at sideways and upside down."""
_SAME_OVERLAP: Final = 0.4
_TURNS: Final = (cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_90_COUNTERCLOCKWISE, cv2.ROTATE_180)
"""Ways a picture is held in which no face was found upright."""


@dataclass(frozen=True, slots=True)
class FoundFace:
    """One face of a picture."""

    box: Box
    """Upright rectangle around the mesh."""
    points: FacePoints
    score: float
    """0 to 1: detector and landmark network together."""
    pose: Pose
    mesh: Mesh
    detector: str
    """Which detector saw it: "short-range" or "yunet"."""
    lips_unsteady: float | None = None
    """How far the lips wander between looks, over the face's width; None where only one was taken."""


class FaceFinder:
    """Finds faces with one set of models."""

    def __init__(self, models: FaceModels) -> None:
        """Load the networks.

        Raises:
            BadModel: the landmark model is of no known kind.
        """
        self._landmarks = LandmarkNet(models.landmarks)
        self._detectors: list[ShortRange | Yunet] = [ShortRange(models.short_range)]
        if models.yunet is not None:
            self._detectors.append(Yunet(models.yunet))

    def find(self, picture: Picture) -> Sequence[FoundFace]:
        """Return the faces of a picture, the largest and surest first; empty when there is none."""
        faces = self._meet(picture, self._look(picture))
        if faces:
            return faces
        scale = min(1.0, _TURNED_PX / max(picture.shape[:2]))
        shrunk = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        small = np.asarray(shrunk, np.uint8)
        for turn in _TURNS:
            seen = [_turned_back(face, turn, small) for face in self._look(_turned(small, turn))]
            faces = self._meet(picture, [face.scaled(1 / scale) for face in seen])
            if faces:
                return faces
        return ()

    def _look(self, picture: Picture) -> list[Detection]:
        return [face for detector in self._detectors for face in detector.detect(picture)]

    def follow(self, picture: Picture, before: FoundFace) -> FoundFace | None:
        """Return the same face in the next picture of a video, looked for where it was.

        None when it is not there any more; `find` then looks everywhere.
        """
        seen = Detection(before.box, _eyes(before.mesh), before.score, before.detector)
        return self._measure(picture, seen)

    def _meet(self, picture: Picture, seen: list[Detection]) -> list[FoundFace]:
        kept: list[FoundFace] = []
        for likely in sorted(seen, key=lambda face: face.score, reverse=True)[:MOST_FACES]:
            face = self._measure(picture, likely)
            if face and not any(face.box.overlap(other.box) > _SAME_OVERLAP for other in kept):
                kept.append(face)
        kept = [
            replace(face, lips_unsteady=self._landmarks.lips_unsteady(picture, face.mesh)) for face in kept
        ]
        return sorted(kept, key=_prominence, reverse=True)

    def _measure(self, picture: Picture, seen: Detection) -> FoundFace | None:
        mesh, presence = self._landmarks.find(picture, seen)
        if presence < _LEAST_PRESENCE:
            return None
        height_px, width_px = picture.shape[:2]
        return FoundFace(
            box=box_of_mesh(mesh),
            points=contours_of(mesh, width_px, height_px),
            score=float(np.sqrt(seen.score / (1 + np.exp(-presence)))),
            pose=pose_of(mesh),
            mesh=mesh,
            detector=seen.detector,
        )


def _prominence(face: FoundFace) -> float:
    return face.score * face.box.width_px * face.box.height_px


def _eyes(mesh: Mesh) -> Points:
    return np.stack([mesh[[33, 133], :2].mean(axis=0), mesh[[362, 263], :2].mean(axis=0)])


def _turned(picture: Picture, turn: int) -> Picture:
    return np.asarray(cv2.rotate(picture, turn), np.uint8)


def _turned_back(face: Detection, turn: int, picture: Picture) -> Detection:
    """Return a detection of a turned picture in pixels of the picture as it is."""
    height_px, width_px = picture.shape[:2]
    corners = np.array([[face.box.x_px, face.box.y_px],
        [face.box.x_px + face.box.width_px, face.box.y_px + face.box.height_px]])  # fmt: skip

    def back(points: Points) -> Points:
        x, y = points[:, 0], points[:, 1]
        if turn == cv2.ROTATE_90_CLOCKWISE:
            return np.stack([y, height_px - x], axis=1)
        if turn == cv2.ROTATE_90_COUNTERCLOCKWISE:
            return np.stack([width_px - y, x], axis=1)
        return np.stack([width_px - x, height_px - y], axis=1)

    low, high = np.sort(back(corners), axis=0)
    box = Box(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]))
    return Detection(box, back(face.eyes).astype(np.float32), face.score, face.detector)
