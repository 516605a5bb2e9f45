"""How each mouth control moves the face: basis fields for two layers of the picture.

Everything above the lip line is one layer and everything below it another; the mouth
opens where they part. Fields are built once per avatar from its points; a frame is a
weighted sum of them. The layers agree everywhere but between the mouth corners, or the
cheeks would show a seam.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lipsync.engines.grid import Box, Field, Grid, fade_at_edges, floats, sample, smooth_step, snap
from lipsync.engines.lips import Lips
from lipsync.engines.splines import ThinPlate
from lipsync.face.points import Curve
from lipsync.mouth.controls import JAW, LOWER, PRESS, ROUND, SPREAD, TUCK, UPPER

DROP = 0.42
"""How far the lower lip falls with the jaw wide open, in mouth widths."""

BASES = ("jaw", "chin", "round", "spread", "upper", "lower", "press", "tuck", "closing")
"""Basis fields, in the order of the weights of `weigh`."""

UPPER_STEPS = 2
"""Fixed-point steps that find the upper layer's sources: its fields are small and flat."""
LOWER_STEPS = 4
"""Steps for the lower layer, whose jaw is steep."""
_PACE = 0.85
"""Share of each step taken: a little under 1 settles stretching and pressing alike."""


@dataclass(frozen=True, slots=True)
class MouthFields:
    """Forward displacements of the face for each basis, in cells of one grid, for both layers."""

    grid: Grid
    upper: NDArray[np.float32]
    """Float32, shape (bases, rows * columns * 2): how points above the lip line move."""
    lower: NDArray[np.float32]
    """The same for points below the lip line."""
    split: NDArray[np.bool_]
    """Nodes that belong to the upper layer where the two agree, shape (rows, columns, 1)."""

    @property
    def memory_bytes(self) -> int:
        """Bytes of the fields."""
        return self.upper.nbytes + self.lower.nbytes + self.split.nbytes


def weigh(mouth_row: NDArray[np.float32], parted: bool) -> NDArray[np.float32]:
    """Return the weight of every basis for one row of mouth controls.

    All that parts the lips is scaled by 1 - PRESS, so that pressed lips are closed
    whatever the jaw wants; a tucked lip is held at the teeth in the same way. The chin
    still follows the jaw a little.
    """
    row = np.clip(mouth_row, 0.0, 1.0)
    ajar = 1.0 - row[PRESS]
    free = ajar * (1.0 - row[TUCK])
    weights = np.zeros(len(BASES), np.float32)
    weights[:] = (
        row[JAW] * free,
        row[JAW] * (1.0 - free),
        row[ROUND],
        row[SPREAD] * (1.0 - 0.6 * row[ROUND]),
        row[UPPER] * ajar * (1.0 - 0.7 * row[TUCK]),
        row[LOWER] * free,
        row[PRESS],
        row[TUCK] * ajar,
        float(parted),
    )
    return weights


def opening(weights: NDArray[np.float32]) -> float:
    """Return how far weights part the lips: 0 for a closed mouth."""
    jaw, _, _, _, upper, lower, _, tuck, _ = weights.tolist()
    return float(jaw + upper + lower + tuck)


def build_fields(points: Mapping[str, Curve], lips: Lips, canvas: Box, step: int) -> MouthFields:
    """Build the basis fields of one face.

    Args:
        points: every contour in output pixels.
        lips: the measured lips.
        canvas: the cells of the output that may move.
        step: pixels per cell.
    """
    grid = Grid(_jaw_box(points, lips, step).within(canvas), step)
    nodes = grid.nodes()
    along, below = lips.along(nodes), lips.below(nodes)
    fade = fade_at_edges(grid, 0.22 * lips.width)[..., None]
    moves = _Moves(points, lips, grid)
    ajar = (1.0 - smooth_step((np.abs(along) - 0.74) / 0.23))[..., None]
    side = smooth_step((below + 0.2) / 0.4)[..., None]
    upper, lower = [], []
    for name in BASES:
        above, under = moves.of(name)
        agreed = above * (1.0 - side) + under * side
        upper.append((agreed + ajar * (above - agreed)) * fade)
        lower.append((agreed + ajar * (under - agreed)) * fade)
    return MouthFields(
        grid,
        _in_cells(upper, step),
        _in_cells(lower, step),
        (below < 0)[..., None],
    )


def _in_cells(fields: Sequence[Field], step: int) -> NDArray[np.float32]:
    stacked = np.stack(fields).reshape(len(fields), -1) / step
    return np.ascontiguousarray(stacked, np.float32)


class Inverter:
    """Turns forward displacements on a grid into backward ones; holds its scratch.

    Displacements are counted in cells of the grid here, so that a step needs no scaling.
    """

    def __init__(self, grid: Grid) -> None:
        rows, columns = grid.shape
        self._step, self._origin = np.float32(grid.step), floats(grid.origin)
        across, down = np.meshgrid(np.arange(columns), np.arange(rows))
        self._index = np.dstack([across, down]).astype(np.float32)
        self._at, self._found, self._back = (np.empty((rows, columns, 2), np.float32) for _ in range(3))
        self._places = self._at, self._found

    def find_sources(self, forward: Field, posed: Field, steps: int, out: Field) -> None:
        """Find where on the picture each of some places' content comes from.

        Args:
            forward: how points of the picture move, in cells of this grid.
            posed: where the head's pose looks for each place, in output pixels; any shape.
            steps: fixed-point steps towards b(p) = -forward(p + b(p)).
            out: receives posed + b(posed), in output pixels.
        """
        back = self._back
        np.negative(forward, out=back)
        for _ in range(steps):
            cv2.add(back, self._index, dst=self._at)
            sample(forward, self._at, self._found)
            cv2.addWeighted(back, 1 - _PACE, self._found, -_PACE, 0.0, dst=back)
        at, found = self._places
        if at.shape != posed.shape:
            at, found = self._places = np.empty_like(posed), np.empty_like(posed)
        np.subtract(posed, self._origin, out=at)
        np.divide(at, self._step, out=at)
        sample(back, at, found)
        cv2.scaleAdd(found, float(self._step), posed, dst=out)


def _jaw_box(points: Mapping[str, Curve], lips: Lips, step: int) -> Box:
    jaw = points["jaw"]
    room = 0.45 * lips.width
    top = float(max(points["eye_a_lower"][:, 1].max(), points["eye_b_lower"][:, 1].max()))
    top = min(top + 0.1 * lips.width, float(points["nose_base"][:, 1].min()) - 0.3 * lips.width)
    return snap(
        min(float(jaw[:, 0].min()), float(lips.centre[0]) - 1.2 * lips.width) - room / 3,
        top,
        max(float(jaw[:, 0].max()), float(lips.centre[0]) + 1.2 * lips.width) + room / 3,
        float(jaw[:, 1].max()) + 1.25 * lips.width,
        step,
    )


class _Moves:
    """Where each basis moves the control points, in mouth widths, and the fields from it."""

    def __init__(self, points: Mapping[str, Curve], lips: Lips, grid: Grid) -> None:
        self._lips = lips
        line = points["lip_upper_inner"][1:-1].copy()
        self._gaps = floats([lips.gap_at(x) for x in line[:, 0]]) / lips.width
        line[:, 1] = np.interp(line[:, 0], lips.columns, (lips.upper_edge + lips.lower_edge) / 2)
        lower_outer, upper_outer = points["lip_lower_outer"][1:-1], points["lip_upper_outer"][1:-1]
        chin = points["jaw"][7:10]
        cheek_steps = floats([-2.0, -1.5, 1.5, 2.0])[:, None] * lips.width / 2
        shared = {
            "corners": points["lip_upper_outer"][[0, -1]],
            "jaw": points["jaw"],
            "crease": 0.5 * lower_outer[1:4] + 0.5 * chin,
            "cheeks": lips.centre + cheek_steps * lips.across,
            "neck": chin + 1.1 * lips.width * lips.down,
            "rim": _rim(grid.box),
        }
        still = {"nose": points["nose_base"], "tip": points["nose_bridge"][2:]}
        lip_upper = {"line": line, "upper_outer": upper_outer}
        lip_lower = {"line": line, "lower_outer": lower_outer}
        self._above = _Sheet(shared | still | lip_upper, grid)
        self._under = _Sheet(shared | lip_lower, grid)
        self._whole = _Sheet(shared | still | lip_lower | {"upper_outer": upper_outer}, grid)

    def of(self, name: str) -> tuple[Field, Field]:
        """Return the fields of a basis above and below the lip line, in pixels."""
        built: tuple[Field, Field] = getattr(self, f"_{name}")()
        return built

    def _both(self, moves: Mapping[str, NDArray[np.float32]]) -> tuple[Field, Field]:
        field = self._whole.spread(self._turn(moves))
        return field, field

    def _layers(
        self, above: Mapping[str, NDArray[np.float32]], under: Mapping[str, NDArray[np.float32]]
    ) -> tuple[Field, Field]:
        return self._above.spread(self._turn(above)), self._under.spread(self._turn(under))

    def _turn(self, moves: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        """Turn moves (along the mouth, down) in mouth widths into pixels of the output."""
        axes = np.stack([self._lips.across, self._lips.down]) * self._lips.width
        return {name: (floats(move) @ axes).astype(np.float32) for name, move in moves.items()}

    def _profile(self, name: str, at_corner: float, power: float) -> NDArray[np.float32]:
        """Return a bow over a lip's points: 1 in the middle, `at_corner` at the corners."""
        t = np.clip(self._lips.along(self._whole.points[name]), -1, 1)
        bow: NDArray[np.float32] = at_corner + (1 - at_corner) * (1 - t * t) ** power
        return bow

    def _jaw_weight(self) -> NDArray[np.float32]:
        """Return how far each point of the jaw's contour follows the chin."""
        below = self._lips.below(self._whole.points["jaw"])
        rise = np.clip(below / max(float(below.max()), 0.1), 0, 1).astype(np.float32)
        return floats(0.35 * smooth_step(rise) + 0.65 * rise)

    def _jaw_parts(self, chin: float) -> dict[str, NDArray[np.float32]]:
        weight = self._jaw_weight()
        side = self._lips.along(self._whole.points["jaw"])
        inwards = -0.05 * np.clip(side / 2, -1, 1) * weight * (1 - weight) * 4 * chin
        return {
            "jaw": np.stack([inwards, chin * weight], axis=1),
            "crease": _down(np.full(3, 0.97 * chin)),
            "neck": _down(np.full(3, 0.10 * chin)),
        }

    def _jaw(self) -> tuple[Field, Field]:
        corner = 0.26 * DROP
        sides = {
            "corners": floats([[0.075, corner], [-0.075, corner]]),
            "cheeks": corner * floats([[0.07, 0.3], [0.27, 0.62], [-0.27, 0.62], [-0.07, 0.3]]),
        }
        sides |= self._jaw_parts(0.95 * DROP)
        t = self._lips.along(self._whole.points["line"])
        pull = -0.075 * t * np.abs(t)
        above = np.stack([pull, corner * np.abs(t) ** 3 - 0.045 * (1 - t * t)], axis=1)
        outer_t = self._lips.along(self._whole.points["upper_outer"])
        lift = 0.5 * corner * np.abs(outer_t) ** 3 - 0.03 * (1 - outer_t**2)
        above_outer = np.stack([-0.06 * outer_t, lift], axis=1)
        under = np.stack([pull, DROP * self._profile("line", 0.26, 0.58)], axis=1)
        lower_t = self._lips.along(self._whole.points["lower_outer"])
        under_outer = np.stack([-0.05 * lower_t, DROP * self._profile("lower_outer", 0.40, 0.58)], axis=1)
        return self._layers(
            sides | {"line": above, "upper_outer": above_outer},
            sides | {"line": under, "lower_outer": under_outer},
        )

    def _chin(self) -> tuple[Field, Field]:
        parts = self._jaw_parts(0.10)
        return self._both(parts | {"crease": _down(np.full(3, 0.06))})

    def _round(self) -> tuple[Field, Field]:
        t = self._lips.along(self._whole.points["line"])
        upper_t = self._lips.along(self._whole.points["upper_outer"])
        lower_t = self._lips.along(self._whole.points["lower_outer"])
        return self._both(
            {
                "corners": floats([[0.17, 0.0], [-0.17, 0.0]]),
                "cheeks": floats([[0.03, 0], [0.075, 0], [-0.075, 0], [-0.03, 0]]),
                "line": np.stack([-0.15 * t, 0 * t], axis=1),
                "upper_outer": np.stack([-0.13 * upper_t, -0.035 + 0.01 * np.abs(upper_t)], axis=1),
                "lower_outer": np.stack([-0.13 * lower_t, 0.030 - 0.01 * np.abs(lower_t)], axis=1),
            }
        )

    def _spread(self) -> tuple[Field, Field]:
        t = self._lips.along(self._whole.points["line"])
        upper_t = self._lips.along(self._whole.points["upper_outer"])
        lower_t = self._lips.along(self._whole.points["lower_outer"])
        return self._both(
            {
                "corners": floats([[-0.075, -0.03], [0.075, -0.03]]),
                "cheeks": floats([[-0.015, -0.008], [-0.035, -0.02], [0.035, -0.02], [0.015, -0.008]]),
                "line": np.stack([0.06 * t, -0.03 * t * t], axis=1),
                "upper_outer": np.stack([0.055 * upper_t, 0.014 - 0.03 * upper_t**2], axis=1),
                "lower_outer": np.stack([0.055 * lower_t, -0.016 - 0.02 * lower_t**2], axis=1),
            }
        )

    def _upper(self) -> tuple[Field, Field]:
        lift = {
            "line": _down(-0.085 * self._profile("line", 0.0, 0.8)),
            "upper_outer": _down(-0.062 * self._profile("upper_outer", 0.1, 0.8)),
        }
        return self._layers(lift, {})

    def _lower(self) -> tuple[Field, Field]:
        drop = {
            "line": _down(0.115 * self._profile("line", 0.0, 0.8)),
            "lower_outer": _down(0.08 * self._profile("lower_outer", 0.1, 0.8)),
            "crease": _down(floats([0.02, 0.03, 0.02])),
        }
        return self._layers({}, drop)

    def _press(self) -> tuple[Field, Field]:
        return self._both(
            {
                "corners": floats([[-0.012, 0.0], [0.012, 0.0]]),
                "upper_outer": _down(0.032 * self._profile("upper_outer", 0.2, 0.5)),
                "lower_outer": _down(-0.045 * self._profile("lower_outer", 0.2, 0.5)),
                "crease": _down(floats([-0.012, -0.018, -0.012])),
            }
        )

    def _tuck(self) -> tuple[Field, Field]:
        # The lower lip stays at the lip line, where the edges of the upper teeth rest behind
        # it, and turns inwards; the upper lip lifts off it by the little that shows them.
        above = {
            "line": _down(-0.08 * self._profile("line", 0.0, 1.2)),
            "upper_outer": _down(-0.062 * self._profile("upper_outer", 0.1, 0.8)),
        }
        under = {
            "line": _down(-0.004 * self._profile("line", 0.0, 1.5)),
            "lower_outer": _down(-0.075 * self._profile("lower_outer", 0.1, 0.6)),
            "crease": _down(floats([-0.02, -0.035, -0.02])),
        }
        return self._layers(above, under)

    def _closing(self) -> tuple[Field, Field]:
        gap = self._gaps * np.float32(self._lips.parted)
        up = {"line": _down(0.40 * gap + 0.012 * (gap > 0)), "upper_outer": _down(0.32 * gap)}
        chin = np.float32(0.25 * gap.mean())
        under = {
            "line": _down(-0.60 * gap - 0.012 * (gap > 0)),
            "lower_outer": _down(-0.52 * gap),
            "crease": _down(np.full(3, -1.2 * chin)),
            "jaw": _down(-chin * self._jaw_weight()),
        }
        return self._layers(up, under)


class _Sheet:
    """One thin-plate spline with its control points in named groups."""

    def __init__(self, groups: Mapping[str, Curve], grid: Grid) -> None:
        self.points = dict(groups)
        self._plate = ThinPlate(np.concatenate(list(groups.values())).astype(np.float32), grid)

    def spread(self, moves: Mapping[str, NDArray[np.float32]]) -> Field:
        """Return the field of some groups' moves in pixels; groups not named stand still."""
        parts = [moves.get(name, np.zeros_like(points)) for name, points in self.points.items()]
        return self._plate.spread(np.concatenate(parts).astype(np.float32))


def _down(amounts: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.stack([np.zeros_like(amounts), amounts], axis=1).astype(np.float32)


def _rim(box: Box) -> Curve:
    """Return points around a box, where every field ends."""
    across = np.linspace(box.left, box.right, 7)
    down = np.linspace(box.top, box.bottom, 6)
    points = [(x, y) for x in across for y in (box.top, box.bottom)]
    points += [(x, y) for y in down[1:-1] for x in (box.left, box.right)]
    return floats(points)
