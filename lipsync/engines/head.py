"""How the head turns, the chest breathes and the brows rise: basis fields of the output.

A photo has no depth, so the face's is taken from its points: a rounded head with a nose.
Turning moves what is near more than what is far, which the eye reads as a head in space.
Every field is zero at the border of the output, so the background there stands still.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lipsync.engines.grid import Field, Grid, fade_at_edges, floats, smooth_step
from lipsync.engines.lips import Lips
from lipsync.face.points import Curve
from lipsync.motion.sway import PITCH_DEG, ROLL_DEG, YAW_DEG, Sway

POSES = ("yaw", "pitch", "roll", "brow", "breath")
"""Basis fields, in the order of the weights of `pose_weights`."""


NOD_DEG = 1.2
"""Farthest nod on a stress, on top of the sway."""
BROWS_UP = 1.3
"""How far a full stress raises the brows; the sway raises them to 1 at most."""


def pose_weights(sway: Sway, breath: float, brow: float = 0.0, nod: float = 0.0) -> NDArray[np.float32]:
    """Return the weight of every pose field: radians, then shares of the whole movement.

    Args:
        sway: where the head is anyway.
        breath: how full the chest is, 0..1.
        brow: how far speech raises the brows, 0..1.
        nod: how far speech nods the head, 0..1.
    """
    pitch_rad = sway.pitch_rad + math.radians(NOD_DEG) * nod
    return floats([sway.yaw_rad, pitch_rad, sway.roll_rad, sway.brow + (BROWS_UP - sway.brow) * brow, breath])


def pose_limits() -> NDArray[np.float32]:
    """Return the largest weight of every pose field."""
    return floats([*np.radians([YAW_DEG, PITCH_DEG + NOD_DEG, ROLL_DEG]), BROWS_UP, 1.0])


def build_poses(points: Mapping[str, Curve], lips: Lips, grid: Grid) -> NDArray[np.float32]:
    """Build backward displacements per unit of each pose.

    Returns:
        Float32, shape (poses, rows * columns * 2), in output pixels.
    """
    nodes = grid.nodes()
    head = _Head(points, lips, nodes)
    still = fade_at_edges(grid, 0.16 * min(grid.box.width, grid.box.height))
    depth, inside, breathing = head.depth(), head.inside(), head.chest()
    zero = np.zeros_like(depth)
    arm = nodes - head.pivot
    fields = {
        "yaw": np.dstack([depth + 0.25 * head.half_width * inside, zero]),
        "pitch": np.dstack([zero, depth + 0.15 * head.half_width * inside]),
        "roll": np.dstack([-arm[..., 1], arm[..., 0]]) * inside[..., None],
        "brow": np.dstack([zero, -head.brows()]),
        "breath": np.dstack([zero, -breathing]),
    }
    stacked = np.stack([-fields[name] * still[..., None] for name in POSES])
    return np.ascontiguousarray(stacked.reshape(len(POSES), -1), np.float32)


class _Head:
    """The rounded head behind a face's points."""

    def __init__(self, points: Mapping[str, Curve], lips: Lips, nodes: Field) -> None:
        jaw = points["jaw"]
        eyes = np.concatenate([points["eye_a_upper"], points["eye_b_upper"]]).mean(axis=0)
        self._points, self._nodes = points, nodes
        self.half_width = float(jaw[:, 0].max() - jaw[:, 0].min()) / 2
        self._face_height = float((jaw[8] - eyes) @ lips.down)
        self._middle = floats([(jaw[:, 0].max() + jaw[:, 0].min()) / 2, eyes[1]])
        self.pivot = floats(jaw[8] + 0.45 * self._face_height * lips.down)
        self._local = np.dstack(
            [(nodes - self._middle) @ lips.across, (nodes - self._middle) @ lips.down]
        ).astype(np.float32)

    def depth(self) -> NDArray[np.float32]:
        """Return how far each node stands before the plane of the ears, in pixels."""
        x, y = self._local[..., 0] / self.half_width, self._local[..., 1] / self._face_height
        radius = (x / 1.12) ** 2 + ((y - 0.05) / 1.22) ** 2
        # A sphere's depth falls off a cliff at its rim; this keeps its middle and eases out.
        round_part = np.clip(1.0 - radius, 0, 1) ** 0.9 * self.half_width * 0.9
        tip = self._points["nose_bridge"][3]
        away = ((self._nodes - tip) ** 2).sum(axis=2) / (0.22 * self.half_width) ** 2
        nose: NDArray[np.float32] = 0.16 * self.half_width * np.exp(-away)
        depth: NDArray[np.float32] = (round_part + nose).astype(np.float32)
        return depth

    def inside(self) -> NDArray[np.float32]:
        """Return 1 on the head with its hair, 0 well outside of it, smooth between."""
        x, y = self._local[..., 0] / self.half_width, self._local[..., 1] / self._face_height
        radius = np.sqrt((x / 1.35) ** 2 + ((y + 0.15) / 1.55) ** 2)
        return smooth_step((1.62 - radius) / 0.80)

    def chest(self) -> NDArray[np.float32]:
        """Return how far each node rises with a full breath, in pixels."""
        y = self._local[..., 1] / self._face_height
        return smooth_step((y - 0.7) / 1.1) * np.float32(0.022 * self._face_height)

    def brows(self) -> NDArray[np.float32]:
        """Return how far each node rises with the brows, in pixels."""
        lift = np.zeros(self._nodes.shape[:2], np.float32)
        for side in ("a", "b"):
            brow, lid = self._points[f"brow_{side}"], self._points[f"eye_{side}_upper"]
            room = max(float(lid[:, 1].min() - brow[:, 1].mean()), 2.0)
            centre = brow.mean(axis=0) - floats([0, 0.25 * room])
            wide = float(brow[-1, 0] - brow[0, 0]) * 0.55
            away = ((self._nodes - centre) / floats([wide, 0.9 * room])) ** 2
            lift += 0.16 * room * np.exp(-away.sum(axis=2))
        return lift
