"""The points of one face in one picture, by name.

Contours follow the widely used 68-point layout (Sagonas et al., 300-W, 2013) with the
eyelids and the lips as full curves, so that a person can correct them by hand. "a" is
the side on the left of the picture, "b" the right; every contour runs left to right.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Curve = NDArray[np.float32]
"""Points (x, y) in pixels of the canonical picture, float32, shape (n, 2)."""

CONTOURS: Mapping[str, int] = {
    "jaw": 17,  # ear, under the chin (index 8), ear
    "brow_a": 5,
    "brow_b": 5,
    "nose_bridge": 4,  # top to tip
    "nose_base": 5,  # nostril to nostril
    "eye_a_upper": 5,  # corner, along the upper lid, corner
    "eye_a_lower": 5,
    "eye_b_upper": 5,
    "eye_b_lower": 5,
    "lip_upper_outer": 7,  # mouth corner to mouth corner; index 3 is the middle
    "lip_upper_inner": 7,
    "lip_lower_inner": 7,
    "lip_lower_outer": 7,
}
"""Every contour and how many points it has. Lip curves share their end points."""


class FacePointsError(ValueError):
    """Face points are missing, too many, or lie where no face can have them."""


@dataclass(frozen=True, slots=True)
class FacePoints:
    """Named contours of one face, in pixels of a picture of the given size."""

    width_px: int
    height_px: int
    contours: Mapping[str, Curve]

    @classmethod
    def from_json(cls, document: Mapping[str, object]) -> "FacePoints":
        """Read `{"version": 1, "width": w, "height": h, "contours": {name: [[x, y], ...]}}`.

        Raises:
            FacePointsError: a contour is unknown, missing, of the wrong length, not
                finite, or outside the picture.
        """
        if document.get("version") != 1:
            raise FacePointsError(f"version {document.get('version')!r} of face points; known: 1")
        width, height, given = document.get("width"), document.get("height"), document.get("contours")
        if not (isinstance(width, int) and isinstance(height, int) and isinstance(given, Mapping)):
            raise FacePointsError("face points need an integer width and height, and contours")
        if set(given) != set(CONTOURS):
            raise FacePointsError(f"contours must be exactly {sorted(CONTOURS)}; got {sorted(given)}")
        contours = {}
        for name, count in CONTOURS.items():
            try:
                curve = np.asarray(given[name], np.float32)
            except (TypeError, ValueError) as error:
                raise FacePointsError(f"contour {name} is not a list of [x, y]") from error
            if curve.shape != (count, 2):
                raise FacePointsError(f"contour {name} needs {count} points of [x, y], got {curve.shape}")
            inside = np.isfinite(curve) & (curve >= 0) & (curve <= (width, height))
            if not inside.all():
                raise FacePointsError(f"contour {name} leaves the picture of {width}x{height}")
            contours[name] = curve
        return cls(width, height, contours)

    def to_json(self) -> dict[str, object]:
        """Return the document that `from_json` reads."""
        rounded = {name: np.round(curve.astype(float), 2).tolist() for name, curve in self.contours.items()}
        return {"version": 1, "width": self.width_px, "height": self.height_px, "contours": rounded}

    def __getitem__(self, name: str) -> Curve:
        return self.contours[name]
