"""What a presenter's face is made of: contours, colours, and where they lead the pen."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from presenters.pen import SIDE_PX, Points


@dataclass(frozen=True, slots=True, kw_only=True)
class Skin:
    """Colours of one skin: the ramp runs from no light to full light; then its blush and lips."""

    ramp: tuple[str, ...]
    light: str
    shade: str
    deep: str
    blush: str
    veil: str  # what a cast shadow multiplies the skin by
    rim: str  # the studio's own light, seen along the shaded side
    lip_upper: str
    lip_lower: str
    lip_line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One face: the contours the engines know, and the shapes around them.

    Contours have the names and counts of `lipsync.face.points`; "a" is picture-left.
    """

    contours: Mapping[str, Points]
    forehead: Points  # from the end of the jaw over the hairline back to its start
    pupils: tuple[tuple[float, float], tuple[float, float]]
    iris_px: float
    skin: Skin
    brow_colour: str
    brow_px: float  # thickness at the body of the brow
    lash_px: float  # length of the longest upper lashes
    liner: float  # 0 none, 1 a drawn line with a wing
    softness: float  # 1 soft planes, 0 carved ones
    seed: int

    def __getitem__(self, name: str) -> Points:
        return self.contours[name]

    @property
    def outline(self) -> Points:
        """The closed silhouette: jaw, then forehead."""
        return np.vstack([self["jaw"], self.forehead])

    def document(self) -> dict[str, object]:
        """Return the face points as the JSON document that engines read."""
        rounded = {name: np.round(curve, 1).tolist() for name, curve in self.contours.items()}
        return {"version": 1, "width": SIDE_PX, "height": SIDE_PX, "contours": rounded}
