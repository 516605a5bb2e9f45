"""The rooms under the warp engine: curves, grids, lips, fields and layers."""

import numpy as np
import pytest
from drawn_face import MOUTH_Y, SIDE, draw_face, face_points

from lipsync.engines.compose import Layers, shade
from lipsync.engines.contract import Size
from lipsync.engines.fields import BASES, Inverter, build_fields, opening, weigh
from lipsync.engines.framing import cut_planes, frame_face, place_points
from lipsync.engines.grid import Box, Grid, enlarge, fade_at_edges, inner_canvas, sample
from lipsync.engines.head import POSES, build_poses, pose_limits
from lipsync.engines.lips import find_lips
from lipsync.engines.splines import ThinPlate, rows_of
from lipsync.mouth.controls import CONTROLS, JAW, PRESS

SIZE = Size(512, 512)


def test_a_curve_runs_through_its_points_and_on_along_its_chord():
    curve = np.float32([[0, 0], [10, 5], [20, 7], [30, 5], [40, 4]])
    assert np.allclose(rows_of(curve, curve[1:-1, 0]), curve[1:-1, 1], atol=1e-3)
    assert np.allclose(rows_of(curve, np.float32([-10, 50])), [-1, 5], atol=1e-3)


def test_a_thin_plate_moves_its_points_exactly_and_keeps_a_shift_a_shift():
    grid = Grid(Box(0, 0, 80, 60), 4)
    nodes = grid.nodes()
    places = [(3, 4), (3, 15), (10, 9), (12, 3), (7, 18)]
    points = np.float32([nodes[at] for at in places])
    plate = ThinPlate(points, grid, stiffness=0.0)
    moves = np.random.default_rng(1).normal(size=(5, 2)).astype(np.float32)
    field = plate.spread(moves)
    assert np.allclose([field[at] for at in places], moves, atol=1e-3)
    assert np.allclose(plate.spread(np.full((5, 2), 2.5, np.float32)), 2.5, atol=1e-3)


def test_enlarged_positions_are_the_pixels_own():
    box = Box(8, 16, 72, 96)
    grid = Grid(box, 8)
    scratch = np.empty((grid.shape[0] * 8, grid.shape[1] * 8, 2), np.float32)
    places = enlarge(grid.nodes(), 8, scratch)
    assert places.shape == (box.height, box.width, 2)
    across, down = np.meshgrid(np.arange(8, 72), np.arange(16, 96))
    assert np.allclose(places[..., 0], across, atol=1e-3)
    assert np.allclose(places[..., 1], down, atol=1e-3)


def test_a_faded_grid_is_still_at_its_edges():
    fade = fade_at_edges(Grid(Box(0, 0, 64, 64), 4), 12.0)
    assert fade[0].max() == fade[-1].max() == fade[:, 0].max() == fade[:, -1].max() == 0.0
    assert fade[8, 8] == 1.0


@pytest.mark.parametrize(("width", "height"), [(512, 512), (256, 256), (722, 1278), (258, 258)])
@pytest.mark.parametrize("step", [4, 6, 10])
def test_the_inner_canvas_leaves_a_border_free(width, height, step):
    canvas = inner_canvas(width, height, step)
    assert canvas.left >= step
    assert canvas.top >= step
    assert canvas.right <= width - step
    assert canvas.bottom <= height - step
    assert canvas.width % step == canvas.height % step == 0


@pytest.mark.parametrize("size", [Size(512, 512), Size(720, 1280), Size(640, 360)])
def test_a_frame_covers_the_output_and_holds_its_shape(size):
    framing = frame_face(face_points(), size)
    assert framing.left_px >= 0
    assert framing.left_px + framing.width_px <= SIDE
    assert framing.top_px >= 0
    assert framing.top_px + framing.height_px <= SIDE
    assert SIDE in (framing.width_px, framing.height_px)
    assert framing.width_px / framing.height_px == pytest.approx(size.width_px / size.height_px, rel=0.004)


@pytest.fixture(scope="module")
def placed():
    face = draw_face()
    framing = frame_face(face.points[0], SIZE)
    planes = cut_planes(face.pictures[0], framing)
    return place_points(face.points[0], framing), planes


def test_the_lip_line_is_found_on_the_dark_seam_when_points_lie_beside_it(placed):
    points, planes = placed
    shifted = dict(points)
    bow = np.float32([0, 1, 1, 1, 1, 1, 0])[:, None] * np.float32([0, 3.0])
    shifted["lip_upper_inner"] = points["lip_upper_inner"] + bow
    shifted["lip_lower_inner"] = points["lip_lower_inner"] + bow
    lips = find_lips(shifted, planes.luma)
    true_y = (MOUTH_Y + 0.5) * SIZE.height_px / SIDE - 0.5
    middle = np.abs(lips.columns - lips.centre[0]) < 0.3 * lips.width
    assert not lips.parted
    assert np.abs(lips.upper_edge[middle] - true_y).max() < 1.2
    assert np.array_equal(lips.upper_edge, lips.lower_edge)


def test_the_gap_of_parted_lips_is_measured_column_by_column():
    face = draw_face(gap_px=20)
    framing = frame_face(face.points[0], SIZE)
    points = place_points(face.points[0], framing)
    lips = find_lips(points, cut_planes(face.pictures[0], framing).luma)
    scale = SIZE.width_px / SIDE
    assert lips.parted
    assert lips.gap_at(float(lips.centre[0])) == pytest.approx(20 * scale, abs=0.3)
    assert lips.gap_at(float(lips.centre[0] + 0.25 * lips.width)) == pytest.approx(15 * scale, abs=0.4)
    assert lips.gap_at(float(lips.centre[0] + 0.5 * lips.width)) == pytest.approx(0, abs=0.3)


def test_both_layers_agree_beyond_the_corners_and_end_at_the_box(placed):
    points, planes = placed
    lips = find_lips(points, planes.luma)
    fields = build_fields(points, lips, inner_canvas(512, 512, 4), 4)
    shape = (len(BASES), *fields.grid.shape, 2)
    upper, lower = fields.upper.reshape(shape), fields.lower.reshape(shape)
    beyond = np.abs(lips.along(fields.grid.nodes())) > 1
    assert np.array_equal(upper[:, beyond], lower[:, beyond])
    assert np.abs(upper - lower).max() > 1
    for field in (upper, lower):
        assert not field[:, 0].any()
        assert not field[:, -1].any()
        assert not field[:, :, 0].any()
        assert not field[:, :, -1].any()


def test_poses_fade_out_before_the_border_and_near_moves_more_than_far(placed):
    points, planes = placed
    lips = find_lips(points, planes.luma)
    grid = Grid(inner_canvas(512, 512, 4), 4)
    poses = build_poses(points, lips, grid).reshape(len(POSES), *grid.shape, 2)
    for edge in (poses[:, :2], poses[:, -2:], poses[:, :, :2], poses[:, :, -2:]):
        assert np.abs(edge * pose_limits()[:, None, None, None]).max() < 0.05
    yaw = -poses[POSES.index("yaw")][..., 0]

    def turned(name: str, index: int) -> float:
        x, y = points[name][index]
        return float(yaw[round((y - grid.origin[1]) / 4), round((x - grid.origin[0]) / 4)])

    assert turned("nose_bridge", 3) > turned("eye_a_upper", 2) > turned("jaw", 1) > 0


def test_sources_found_backwards_lead_forwards_to_their_nodes(placed):
    points, planes = placed
    lips = find_lips(points, planes.luma)
    fields = build_fields(points, lips, inner_canvas(512, 512, 4), 4)
    row = np.zeros(len(CONTROLS), np.float32)
    row[JAW] = 1.0
    forward = np.dot(weigh(row, False), fields.lower).reshape(*fields.grid.shape, 2)
    nodes = fields.grid.nodes()
    sources = np.empty_like(nodes)
    inverter = Inverter(fields.grid)
    inverter.find_sources(forward, nodes, 4, sources)
    moved = np.empty_like(nodes)
    sample(forward, (sources - np.float32(fields.grid.origin)) / np.float32(4), moved)
    under_the_lip = lips.below(sources) > 0.05
    missed_px = np.abs(sources + 4 * moved - nodes)[under_the_lip]
    assert missed_px.max() < 1.5
    assert np.abs(moved).max() * 4 > 30


def test_pressing_takes_all_opening_away():
    row = np.ones(len(CONTROLS), np.float32)
    assert opening(weigh(row, False)) == 0.0
    row[PRESS] = 0.0
    assert opening(weigh(row, False)) > 0.0


def test_layers_are_laid_over_each_other_exactly():
    rng = np.random.default_rng(3)
    upper, lower, inside, a, b = rng.integers(0, 256, (5, 40, 60), np.uint8)
    layers = Layers(40, 60)
    layers.weigh(a, b)
    out = np.empty((40, 60), np.uint8)
    layers.lay(upper, lower, inside, out)
    w, rest = a / 255.0, 1 - a / 255.0
    expected = w * upper + rest * (b / 255.0 * lower + (1 - b / 255.0) * inside)
    assert np.abs(out - expected).max() <= 1.5
    layers.weigh(np.full_like(a, 255), b)
    layers.lay(upper, lower, inside, out)
    assert np.array_equal(out, upper)


def test_the_lips_shade_what_is_near_them_only():
    visible = np.zeros((60, 60), np.uint8)
    visible[20:, :] = 255
    inside = np.full((60, 60), 200, np.uint8)
    shade(inside, visible, 11, 0.4)
    assert inside[50].min() == 200
    assert inside[20].max() < 150
    assert np.all(np.diff(inside[20:40, 30].astype(int)) >= 0)
