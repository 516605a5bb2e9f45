"""A mesh in, how the head is turned out: three angles in degrees.

The head's own axes are read off the mesh: across through pairs of points that lie mirrored
on every face, and down from the forehead to the chin.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from lipsync.face.contours import CHIN, FOREHEAD
from lipsync.face.mesh import Mesh

_PAIRS: Final = ((33, 263), (133, 362), (127, 356), (234, 454), (93, 323), (58, 288), (61, 291))

_CHIN_BACK_DEG: Final = 8.0
"""By how much the chin lies behind the forehead in meshes of faces that look straight ahead."""


@dataclass(frozen=True, slots=True)
class Pose:
    """A head's angles, in degrees; a face that looks straight at the viewer has 0, 0, 0."""

    yaw: float
    """Positive: the face looks to the right of the picture."""
    pitch: float
    """Positive: it looks up."""
    roll: float
    """Positive: it leans clockwise."""


def pose_of(mesh: Mesh) -> Pose:
    """Measure the pose of a mesh."""
    points = mesh.astype(np.float64)
    across = np.mean([_unit(points[b] - points[a]) for a, b in _PAIRS], axis=0)
    down = points[CHIN] - points[FOREHEAD]
    roll = np.arctan2(across[1], across[0])
    yaw = np.arctan2(across[2], np.hypot(across[0], across[1]))
    # Along the leaning face, so that a face that lies on its side is not taken to look up.
    length = -np.sin(roll) * down[0] + np.cos(roll) * down[1]
    down_back = np.degrees(np.arctan2(down[2], length))
    return Pose(float(np.degrees(yaw)), _CHIN_BACK_DEG - float(down_back), float(np.degrees(roll)))


def _unit(vector: np.ndarray) -> np.ndarray:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9))
