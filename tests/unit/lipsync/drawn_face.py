"""A face drawn with a few shapes, whose points are known exactly."""

import cv2
import numpy as np

from lipsync.face.points import CONTOURS, FacePoints
from lipsync.face.track import FaceTrack

SIDE = 640
SKIN, LIP, SEAM, BACK = (150, 180, 220), (90, 90, 190), (30, 25, 70), (120, 130, 100)
MIDDLE_X, MOUTH_Y, EYE_Y = 320.0, 420.0, 270.0
MOUTH_HALF = 62.0


def face_points(gap_px: float = 0.0) -> FacePoints:
    """Return the drawn face's points, its lips `gap_px` apart in the middle."""
    t = np.linspace(-1, 1, 7)
    bow = 1 - t**2

    def lip(height: float) -> np.ndarray:
        return np.stack([MIDDLE_X + MOUTH_HALF * t, MOUTH_Y + height * bow], axis=1)

    def arc(x: float, y: float, half: float, height: float, count: int) -> np.ndarray:
        s = np.linspace(-1, 1, count)
        return np.stack([x + half * s, y + height * (1 - s**2)], axis=1)

    angle = np.linspace(np.pi, 0, 17)
    jaw = np.stack([MIDDLE_X + 150 * np.cos(angle), EYE_Y + 245 * np.sin(angle)], axis=1)
    contours = {
        "jaw": jaw,
        "brow_a": arc(255, 232, 36, -8, 5),
        "brow_b": arc(385, 232, 36, -8, 5),
        "nose_bridge": np.stack([np.full(4, MIDDLE_X), np.linspace(275, 340, 4)], axis=1),
        "nose_base": arc(MIDDLE_X, 352, 28, 8, 5),
        "eye_a_upper": arc(255, EYE_Y, 28, -13, 5),
        "eye_a_lower": arc(255, EYE_Y, 28, 9, 5),
        "eye_b_upper": arc(385, EYE_Y, 28, -13, 5),
        "eye_b_lower": arc(385, EYE_Y, 28, 9, 5),
        "lip_upper_outer": lip(-17),
        "lip_upper_inner": lip(-gap_px / 2),
        "lip_lower_inner": lip(gap_px / 2),
        "lip_lower_outer": lip(22),
    }
    document = {name: contours[name].tolist() for name in CONTOURS}
    return FacePoints.from_json({"version": 1, "width": SIDE, "height": SIDE, "contours": document})


def draw_face(gap_px: float = 0.0) -> FaceTrack:
    """Draw the face; a gap between the lips shows dark."""
    points = face_points(gap_px)
    picture = np.full((SIDE, SIDE, 3), BACK, np.uint8)
    picture[:, :, 1] = np.linspace(90, 170, SIDE).astype(np.uint8)[None]
    cv2.ellipse(picture, (320, 285), (165, 245), 0, 0, 360, SKIN, -1, cv2.LINE_AA)
    cv2.rectangle(picture, (250, 480), (390, SIDE), SKIN, -1)
    for side in "ab":
        ring = np.concatenate([points[f"eye_{side}_upper"], points[f"eye_{side}_lower"][::-1]])
        cv2.fillPoly(picture, [np.rint(ring).astype(np.int32)], (240, 240, 240), cv2.LINE_AA)
        centre = ring.mean(axis=0)
        cv2.circle(picture, (int(centre[0]), int(centre[1])), 8, (40, 60, 90), -1, cv2.LINE_AA)
        cv2.polylines(picture, [np.rint(points[f"brow_{side}"]).astype(np.int32)], False, (40, 40, 50), 6)
    mouth = np.concatenate([points["lip_upper_outer"], points["lip_lower_outer"][::-1]])
    cv2.fillPoly(picture, [np.rint(mouth).astype(np.int32)], LIP, cv2.LINE_AA)
    hole = np.concatenate([points["lip_upper_inner"], points["lip_lower_inner"][::-1]])
    cv2.fillPoly(picture, [np.rint(hole).astype(np.int32)], SEAM, cv2.LINE_AA)
    cv2.polylines(picture, [np.rint(points["lip_upper_inner"]).astype(np.int32)], False, SEAM, 2, cv2.LINE_AA)
    return FaceTrack((picture,), (points,))
