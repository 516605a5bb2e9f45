"""The warp engine on a drawn face with known points."""

import dataclasses
import itertools
import threading

import cv2
import numpy as np
import pytest
from drawn_face import MOUTH_HALF, SIDE, draw_face, face_points
from mouth_nets import NetOf

from lipsync.engines.catalogue import UnknownEngine, get_engine, known_engines
from lipsync.engines.contract import Drive, Size
from lipsync.engines.eyelids import close_lid
from lipsync.engines.framing import BadFace, BadSize
from lipsync.engines.planes import split_i420
from lipsync.engines.warp import WarpEngine, WarpPainter
from lipsync.face.track import FaceTrack
from lipsync.motion.blink import blink_frame
from lipsync.mouth.controls import CONTROLS, JAW, PRESS, ROUND, SPREAD, TONGUE, TUCK, UPPER, MouthTrack, rest
from lipsync.mouth.track import mouth_track
from lipsync.speech.spans import PhonemeSpan

SQUARE = Size(512, 512)


@pytest.fixture(scope="module")
def face() -> FaceTrack:
    return draw_face()


@pytest.fixture(scope="module")
def still(face) -> WarpPainter:
    return WarpEngine(alive=False).prepare(face, SQUARE)


@pytest.fixture(scope="module")
def alive(face) -> WarpPainter:
    return WarpEngine().prepare(face, SQUARE)


def mouth(**controls: float) -> MouthTrack:
    track = rest(1)
    for name, value in controls.items():
        track[0, CONTROLS.index(name)] = value
    return track


def paint(painter: WarpPainter, track: MouthTrack, seed: int = 1, first: int = 0) -> list[np.ndarray]:
    return [frame.copy() for frame in painter.start(seed).paint(Drive.silent(first, track))]


def talk(frames: int) -> MouthTrack:
    return np.random.default_rng(4).random((frames, len(CONTROLS))).astype(np.float32)


def luma(painter: WarpPainter, frame: np.ndarray) -> np.ndarray:
    return split_i420(frame, painter.size)[0].astype(int)


def inside_of_mouth(painter: WarpPainter, track: MouthTrack) -> np.ndarray:
    """Return where a frame differs from itself painted with a white inside."""
    bright = dataclasses.replace(
        painter.inside, levels=np.full_like(painter.inside.levels, 235)
    )
    dark = dataclasses.replace(painter.inside, levels=np.full_like(painter.inside.levels, 16))
    white, black = (
        luma(painter, paint(dataclasses.replace(painter, inside=inside), track)[0])
        for inside in (bright, dark)
    )
    return white - black > 25


def test_a_closed_mouth_reproduces_the_picture_exactly(still):
    assert np.array_equal(paint(still, rest(1))[0], still.rest)


def test_the_rest_frame_is_the_picture_in_bt709_limited_range(face, still):
    y, u, v = split_i420(still.rest, SQUARE)
    blue, green, red = face.pictures[0][3, 320].astype(float)
    luma_709 = 16 + (0.2126 * red + 0.7152 * green + 0.0722 * blue) * 219 / 255
    assert abs(y[2, 256] - luma_709) < 1.5
    assert abs(u[1, 128] - (128 + (blue - (luma_709 - 16) * 255 / 219) / 1.8556 * 224 / 255)) < 1.5
    assert abs(v[1, 128] - (128 + (red - (luma_709 - 16) * 255 / 219) / 1.5748 * 224 / 255)) < 1.5


def test_pressed_lips_stay_closed_whatever_the_jaw_wants(still):
    for jaw in (0.0, 0.5, 1.0):
        track = mouth(jaw=jaw, press=1.0, upper=1.0, lower=1.0, tuck=1.0, tongue=1.0)
        assert inside_of_mouth(still, track).sum() == 0


@pytest.mark.parametrize("control", ["round", "spread", "press", "tongue"])
def test_what_does_not_part_the_lips_shows_no_inside(still, control):
    assert inside_of_mouth(still, mouth(**{control: 1.0})).sum() == 0


def test_the_mouth_opens_further_with_the_jaw(still):
    areas = [inside_of_mouth(still, mouth(jaw=jaw)).sum() for jaw in np.linspace(0, 1, 9)]
    assert areas[0] == 0
    assert all(later > earlier for earlier, later in itertools.pairwise(areas))
    wide_px = 2 * MOUTH_HALF * SQUARE.width_px / SIDE
    assert 0.15 * wide_px**2 < areas[-1] < 0.5 * wide_px**2


@pytest.mark.parametrize(
    "controls", [{"jaw": 1}, {"jaw": 1, "spread": 1}, {"upper": 1, "lower": 1}, {"tuck": 1}]
)
def test_the_opening_never_leaves_the_corners(still, controls):
    shown = inside_of_mouth(still, mouth(**controls))
    columns = np.flatnonzero(shown.any(axis=0))
    middle, half = still.lips.centre[0], still.lips.width / 2
    widest = half * (1.16 if "spread" in controls else 1.0)
    assert columns.min() >= middle - widest
    assert columns.max() <= middle + widest


def test_rounding_narrows_an_open_mouth(still):
    width = {}
    for name, track in (("plain", mouth(jaw=0.6)), ("round", mouth(jaw=0.6, round=1.0))):
        columns = np.flatnonzero(inside_of_mouth(still, track).any(axis=0))
        width[name] = columns.max() - columns.min()
    assert width["round"] < 0.75 * width["plain"]


def test_cheeks_show_no_seam(still):
    """Beside the corners the rows of skin stay smooth when the jaw is wide open."""
    frame = luma(still, paint(still, mouth(jaw=1.0))[0])
    y = round(float(still.lips.centre[1]))
    for side in (-1, 1):
        x = round(float(still.lips.centre[0] + side * 0.62 * still.lips.width))
        column = frame[y - 25 : y + 45, x]
        assert np.abs(np.diff(column)).max() <= 3


def test_the_chin_and_the_sides_of_the_jaw_fall_together(still):
    """The face's outline moves down under the mouth and, less, at the sides."""
    before, after = (luma(still, paint(still, mouth(jaw=jaw))[0]) for jaw in (0.0, 1.0))
    scale = SQUARE.width_px / SIDE
    moved = np.abs(after - before) > 12
    jaw = face_points()["jaw"] * scale
    for index in (5, 11):
        x, y = np.rint(jaw[index]).astype(int)
        assert moved[y - 6 : y + 12, x - 12 : x + 12].any()
    x, y = np.rint(jaw[1]).astype(int)
    assert not moved[y - 6 : y + 6, x - 12 : x + 12].any()


def test_the_border_never_changes(alive):
    planes = [split_i420(frame, SQUARE) for frame in paint(alive, talk(60))]
    for given, plane in enumerate(split_i420(alive.rest, SQUARE)):
        edge = np.ones(plane.shape, bool)
        edge[2:-2, 2:-2] = False
        for frame in planes:
            assert np.array_equal(frame[given][edge], plane[edge])


def test_a_frame_does_not_depend_on_how_the_stream_is_cut(alive):
    track = talk(30)
    first = blink_frame(9, 1) - 9
    whole = paint(alive, track, seed=9, first=first)
    brush = alive.start(9)
    pieces = [frame.copy() for frame in brush.paint(Drive.silent(first, track[:7]))]
    pieces += [frame.copy() for frame in brush.paint(Drive.silent(first + 7, track[7:10]))]
    for at in range(10, 30):
        pieces += paint(alive, track[at : at + 1], seed=9, first=first + at)
    assert all(np.array_equal(a, b) for a, b in zip(whole, pieces, strict=True))


def test_threads_share_a_painter_and_paint_the_same_frames(alive):
    track = talk(12)
    alone = paint(alive, track, seed=2)
    painted: dict[int, list[np.ndarray]] = {}

    def run(number: int) -> None:
        painted[number] = paint(alive, track, seed=2)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(painted) == 4
    for frames in painted.values():
        assert all(np.array_equal(a, b) for a, b in zip(alone, frames, strict=True))


def test_another_seed_lives_another_life(alive):
    first, second = (paint(alive, rest(1), seed=seed, first=40)[0] for seed in (1, 2))
    assert not np.array_equal(first, second)


def test_a_blink_covers_the_white_of_both_eyes(alive):
    seed, slot = 1, 1
    frames = paint(alive, rest(21), seed=seed, first=blink_frame(seed, slot) - 10)
    scale = SQUARE.width_px / SIDE
    for x in (237, 273, 367, 403):
        rows = slice(round(264 * scale), round(274 * scale))
        columns = slice(round((x - 4) * scale), round((x + 4) * scale))
        opened, shut = (luma(alive, frames[i])[rows, columns].mean() for i in (0, 10))
        assert shut < opened - 12


def eye_rows(painter: WarpPainter, frame: np.ndarray, x: int) -> np.ndarray:
    """Return a column of luma through an eye, from above its lid to under it."""
    scale = SQUARE.width_px / SIDE
    return luma(painter, frame)[round(252 * scale) : round(284 * scale), round(x * scale)]


def blinking(painter: WarpPainter, closed: float) -> np.ndarray:
    """Return the picture at rest with both lids closed so far."""
    frame = painter.rest.copy()
    for lid in painter.lids:
        close_lid(lid, closed, (0.0, 0.0), painter.planes, split_i420(frame, SQUARE))
    return frame


def test_a_falling_lid_covers_the_iris_and_squashes_nothing(still):
    """Under the lid's edge the half-closed eye is the open one, pixel for pixel."""
    opened, half = (eye_rows(still, frame, 255) for frame in (still.rest, blinking(still, 0.5)))
    same = np.flatnonzero(opened != half)
    lid = still.lids[0]
    middle = round(253.5 * SQUARE.width_px / SIDE) - lid.around.left
    edge, low = float(lid.shape.edge[middle]), float(lid.shape.low[middle])
    first = round(252 * SQUARE.width_px / SIDE)
    untouched = np.arange(first, first + len(opened))
    between = (untouched > edge + 0.75 * (low - edge)) & (untouched < low - 2)
    assert between.any()
    assert np.array_equal(opened[between], half[between])
    assert len(same) > 4


def test_a_shut_eye_is_skin_with_one_dark_line(face):
    """No white, no iris, no streak: skin above the lashes as even as the forehead's."""
    picture = face.pictures[0].copy()
    for side in "ab":
        edge = np.rint(face.points[0][f"eye_{side}_upper"]).astype(np.int32)
        cv2.polylines(picture, [edge], False, (20, 20, 30), 4, cv2.LINE_AA)
    lashed = WarpEngine(alive=False).prepare(FaceTrack((picture,), face.points), SQUARE)
    shut = luma(lashed, blinking(lashed, 1.0))
    lid = lashed.lids[0]
    skin = luma(lashed, lashed.rest)[round(180 * SQUARE.width_px / SIDE), 256]
    for along in (-0.5, 0.0, 0.5):
        column = int(np.abs(lid.shape.along - along).argmin())
        edge, low = lid.shape.edge[column], lid.shape.low[column]
        rows = shut[round(float(edge)) + 2 : round(float(low)) + 4, lid.around.left + column]
        dark = np.flatnonzero(rows < skin - 40)
        assert 1 <= len(dark) <= 5
        assert np.all(np.diff(dark) == 1)
        assert rows[: dark[0] - 1].min() > skin - 30
        assert rows.max() < skin + 15


def test_lids_fall_from_the_open_eye_without_a_jump(still):
    steps = [luma(still, blinking(still, closed)) for closed in np.linspace(0.001, 1, 40)]
    assert np.abs(steps[0] - luma(still, still.rest)).max() <= 3
    changes = [np.abs(b - a).mean() for a, b in itertools.pairwise(steps)]
    assert max(changes) < 4 * np.median(changes)


def test_lips_touch_in_every_frame_in_which_a_bilabial_begins(still):
    sounds = ("_", "b", "'A", "b", "A", "m", "'A", "m", "'a", "p", "e", "d", "m", "i", "b", "'u", "m", "_")
    lengths = np.random.default_rng(2).integers(40, 150, len(sounds)) * 48
    ends = np.cumsum(lengths)
    spans = [PhonemeSpan(s, int(e - n), int(e)) for s, n, e in zip(sounds, lengths, ends, strict=True)]
    track = mouth_track(spans, 0, int(ends[-1]) // 1920)
    heights = [inside_of_mouth(still, row[None]).sum(axis=0).max() for row in track]
    for span in spans:
        if span.symbol in {"p", "b", "m"}:
            assert heights[span.start_samples // 1920] == 0
    assert sum(height > 6 for height in heights) > 0.2 * len(heights)


@pytest.mark.parametrize("jaw", [0.1, 0.3, 0.6])
def test_a_tucked_lip_rests_on_the_teeth_whatever_the_jaw_wants(still, jaw):
    """What shows is a narrow band of upper teeth, and no dark between them and the lower lip."""
    track = mouth(jaw=jaw, tuck=1.0, upper=0.2, lower=0.3)
    shown = inside_of_mouth(still, track)
    middle = round(float(still.lips.centre[0]))
    height = shown[:, middle - 4 : middle + 5].sum(axis=0)
    assert height.min() >= 0.02 * still.lips.width
    assert height.max() <= 0.13 * still.lips.width
    light = luma(still, paint(still, track)[0])
    open_light = luma(still, paint(still, mouth(jaw=0.6))[0])
    assert light[:, middle][shown[:, middle]].min() > open_light[shown].min() + 20
    assert shown.any(axis=0).sum() < 0.9 * still.lips.width


def test_rounded_lips_shade_the_teeth(still):
    levels = []
    for rounded in (0.0, 0.9):
        track = mouth(jaw=0.25, round=rounded)
        middle = round(float(still.lips.centre[0]))
        shown = inside_of_mouth(still, track)[:, middle - 6 : middle + 7]
        levels.append(luma(still, paint(still, track)[0])[:, middle - 6 : middle + 7][shown].mean())
    assert levels[1] < 0.92 * levels[0]


def brow_height(painter: WarpPainter, frame: np.ndarray) -> float:
    """Return the row of a brow's middle, by the weight of its dark."""
    scale = SQUARE.width_px / SIDE
    top = round(195 * scale)
    dark = np.clip(110 - luma(painter, frame)[top : round(250 * scale), round(255 * scale)], 0, None)
    return float((dark * np.arange(len(dark))).sum() / dark.sum()) + top


def test_a_stress_raises_the_brows_by_a_pixel_or_two_and_nods_the_head(alive):
    plain, raised, nodded = (
        paint(alive, track, first=8)[0] for track in (mouth(), mouth(brow=1.0), mouth(nod=1.0))
    )
    assert 0.8 < brow_height(alive, plain) - brow_height(alive, raised) < 6
    assert 0.5 < brow_height(alive, nodded) - brow_height(alive, plain) < 5


def test_a_face_that_only_moves_its_mouth_ignores_accents(still):
    assert np.array_equal(paint(still, mouth(brow=1.0, nod=1.0))[0], still.rest)


def test_in_silence_the_lips_stay_closed_while_the_face_lives(alive):
    for frame in paint(alive, rest(50), seed=3):
        assert np.abs(luma(alive, frame) - luma(alive, alive.rest)).max() > 0
    assert inside_of_mouth(alive, rest(1)).sum() == 0


def test_lips_parted_in_the_picture_are_closed_at_rest():
    parted = WarpEngine(alive=False).prepare(draw_face(gap_px=18), SQUARE)
    assert parted.lips.parted
    dark_before = (luma(parted, parted.rest) < 60).sum()
    dark_after = (luma(parted, paint(parted, rest(1))[0]) < 60).sum()
    assert dark_before - dark_after > 300
    assert inside_of_mouth(parted, rest(1)).sum() < 0.01 * parted.lips.width**2
    assert inside_of_mouth(parted, mouth(jaw=0.5)).sum() > 0.05 * parted.lips.width**2


def test_teeth_are_no_brighter_than_the_face(still):
    skin = luma(still, still.rest)[round(float(still.lips.centre[1])) - 60 : -150, 180:330].max()
    assert still.inside.levels[:, :, : still.inside.box.height].max() <= 1.05 * skin


def test_the_tip_of_the_tongue_shows_in_an_open_mouth(still):
    low, raised = (paint(still, mouth(jaw=0.6, tongue=tongue))[0] for tongue in (0.0, 1.0))
    assert (luma(still, raised) - luma(still, low)).max() > 8


@pytest.mark.parametrize("size", [Size(256, 256), Size(1024, 1024), Size(720, 1280), Size(640, 360)])
def test_every_size_paints_frames_of_its_shape(face, size):
    painter = WarpEngine().prepare(face, size)
    frames = paint(painter, talk(3))
    assert painter.size == size
    for frame in frames:
        assert frame.dtype == np.uint8
        assert frame.shape == (size.height_px * 3 // 2, size.width_px)
        assert frame.flags.c_contiguous
    assert not np.array_equal(frames[0], frames[1])


def test_a_painter_is_small(alive):
    assert alive.memory_bytes < 60_000_000


@pytest.mark.parametrize("size", [Size(511, 512), Size(512, 254), Size(1282, 512), Size(512, 0)])
def test_a_size_that_cannot_be_drawn_is_refused(face, size):
    with pytest.raises(BadSize, match="even and 256 to 1280"):
        WarpEngine().prepare(face, size)


def test_pictures_without_their_own_points_are_refused(face):
    with pytest.raises(BadFace, match="2 pictures and 1 sets of points"):
        WarpEngine().prepare(FaceTrack(face.pictures * 2, face.points), SQUARE)
    with pytest.raises(BadFace, match="0 pictures"):
        WarpEngine().prepare(FaceTrack((), ()), SQUARE)


def test_a_picture_at_rest_that_is_not_there_is_refused(face):
    with pytest.raises(BadFace, match="picture 2 is at rest, of 1"):
        WarpEngine().prepare(FaceTrack(face.pictures, face.points, rest=2), SQUARE)


def test_points_of_another_picture_are_refused(face):
    with pytest.raises(BadFace, match="640x640"):
        WarpEngine().prepare(FaceTrack((face.pictures[0][:-2],), face.points), SQUARE)


def test_a_picture_that_is_not_bgr_is_refused(face):
    with pytest.raises(BadFace, match="uint8"):
        WarpEngine().prepare(FaceTrack((face.pictures[0][..., 0],), face.points), SQUARE)


def test_a_mouth_of_a_few_pixels_is_refused(face):
    points = face.points[0]
    tiny = {name: 320 + (curve - 320) * np.float32(0.05) for name, curve in points.contours.items()}
    small = dataclasses.replace(points, contours=tiny)
    with pytest.raises(BadFace, match="closer to the face"):
        WarpEngine().prepare(FaceTrack(face.pictures, (small,)), SQUARE)


def test_a_face_cut_by_the_output_is_refused(face):
    points = face.points[0]
    wide = {name: (curve - 320) * np.float32([2.2, 1]) + 320 for name, curve in points.contours.items()}
    cut = dataclasses.replace(points, contours=wide)
    with pytest.raises(BadFace, match="more room"):
        WarpEngine().prepare(FaceTrack(face.pictures, (cut,)), Size(360, 640))


def test_engines_are_found_by_name_and_unknown_ones_are_refused():
    assert known_engines() == ("warp",)
    assert get_engine("warp").name == "warp"
    with pytest.raises(UnknownEngine, match="known: warp") as caught:
        get_engine("paint")
    assert caught.value.known == ("warp",)


def test_an_engine_that_needs_a_network_is_there_only_where_one_is():
    net = NetOf()
    assert known_engines(net) == ("warp", "wav2lip")
    assert get_engine("wav2lip", net).name == "wav2lip"
    assert get_engine("warp", net).name == "warp"
    with pytest.raises(UnknownEngine, match=r"known: warp; it draws with a model.*docs/wav2lip.md"):
        get_engine("wav2lip")
    with pytest.raises(UnknownEngine, match=r"known: warp, wav2lip$"):
        get_engine("paint", net)


def test_controls_outside_their_range_are_held_at_its_ends(still):
    over, full = rest(1), rest(1)
    over[0, [JAW, ROUND, SPREAD, UPPER, TUCK]] = (3.0, -1.0, -1.0, 2.0, -2.0)
    full[0, [JAW, UPPER]] = 1.0
    over[0, [PRESS, TONGUE]] = -1.0
    assert np.array_equal(paint(still, over)[0], paint(still, full)[0])
