"""A video avatar speaks: the same engine draws a loop of pictures, each with its own mouth moved."""

import cv2
import numpy as np
import pytest
from drawn_face import SIDE, draw_face

from lipsync.engines.backdrops import Backdrops, cut_frame
from lipsync.engines.contract import Drive, Frame, Size
from lipsync.engines.framing import frame_face
from lipsync.engines.looped import LoopPainter, fit_affine
from lipsync.engines.warp import WarpEngine
from lipsync.face.points import FacePoints
from lipsync.face.track import CodedPictures, FaceTrack
from lipsync.mouth.controls import CONTROLS, JAW, PRESS, MouthTrack, rest

SQUARE = Size(512, 512)


def moved(face: FaceTrack, x: float, y: float, degrees: float) -> FaceTrack:
    """Return a face somewhere else, leaning."""
    turn = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), degrees, 1.0)
    turn[:, 2] += x, y
    picture = cv2.warpAffine(
        face.pictures[0], turn, (SIDE, SIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
    curves = {
        name: (curve @ turn[:, :2].T + turn[:, 2]).astype(np.float32)
        for name, curve in face.points[0].contours.items()
    }
    return FaceTrack((np.asarray(picture, np.uint8),), (FacePoints(SIDE, SIDE, curves),))


@pytest.fixture(scope="module")
def loop() -> FaceTrack:
    ways = [(0, 0, 0), (8, 3, 2), (14, 5, 4), (9, 8, -3), (-6, 4, -5), (-10, 0, -2)]
    faces = [moved(draw_face(), *way) for way in ways]
    return FaceTrack(tuple(f.pictures[0] for f in faces), tuple(f.points[0] for f in faces))


@pytest.fixture(scope="module")
def painter(loop: FaceTrack) -> LoopPainter:
    made = WarpEngine().prepare(loop, SQUARE)
    assert isinstance(made, LoopPainter)
    return made


def mouths(count: int, **controls: float) -> MouthTrack:
    rows = np.zeros((count, len(CONTROLS)), np.float32)
    for name, value in controls.items():
        rows[:, {"jaw": JAW, "press": PRESS}[name]] = value
    return rows


def drawn(painter: LoopPainter, mouth: MouthTrack, first: int = 0) -> list[Frame]:
    return [frame.copy() for frame in painter.start(1).paint(Drive.silent(first, mouth))]


def lips_at(loop: FaceTrack, index: int, size: Size = SQUARE) -> np.ndarray:
    return frame_face(loop.points[loop.rest], size).place(loop.points[index]["lip_upper_inner"])


def opening_px(frame: Frame, closed: Frame, lips: np.ndarray) -> int:
    """Return how many rows right under the lips' middle differ from the closed mouth's."""
    x, y = np.rint(lips[3]).astype(int)
    column = np.abs(frame[y - 4 : y + 60, x].astype(int) - closed[y - 4 : y + 60, x])
    return int((column > 24).sum())


def test_at_rest_every_frame_is_the_videos_own_picture(loop: FaceTrack, painter: LoopPainter) -> None:
    framing = frame_face(loop.points[0], SQUARE)
    for index, frame in enumerate(drawn(painter, rest(len(loop.pictures)))):
        assert np.array_equal(frame, cut_frame(loop.pictures[index], framing))


def test_the_mouth_opens_in_every_picture_where_it_lies_there(loop: FaceTrack, painter: LoopPainter) -> None:
    closed, opened = drawn(painter, rest(6)), drawn(painter, mouths(6, jaw=0.9))
    for index in range(6):
        assert opening_px(opened[index], closed[index], lips_at(loop, index)) > 12


def test_pressed_lips_stay_closed_in_every_picture(loop: FaceTrack, painter: LoopPainter) -> None:
    closed, opened = drawn(painter, rest(6)), drawn(painter, mouths(6, jaw=0.8))
    pressed = drawn(painter, mouths(6, jaw=0.8, press=1.0))
    for index in range(6):
        lips = lips_at(loop, index)
        # Pressed lips are thinner, so that their outer edges differ too.
        apart = opening_px(opened[index], closed[index], lips)
        assert opening_px(pressed[index], closed[index], lips) < 0.5 * apart


def test_far_from_the_mouth_nothing_changes_when_it_speaks(loop: FaceTrack, painter: LoopPainter) -> None:
    closed, opened = drawn(painter, rest(6)), drawn(painter, mouths(6, jaw=1.0))
    for index in range(6):
        box = painter.places[index].jaw.box
        outside = np.ones((512, 512), bool)
        outside[box.top : box.bottom, box.left : box.right] = False
        assert np.array_equal(opened[index][:512][outside], closed[index][:512][outside])
        eyes = frame_face(loop.points[0], SQUARE).place(loop.points[index]["eye_a_lower"])
        top = int(eyes[:, 1].max())
        assert np.abs(opened[index][: top + 4].astype(int) - closed[index][: top + 4]).max() <= 2


def test_at_the_edge_of_what_moves_there_is_no_seam(painter: LoopPainter) -> None:
    closed, opened = drawn(painter, rest(6)), drawn(painter, mouths(6, jaw=1.0))
    for index in range(6):
        box = painter.places[index].jaw.box
        for rows in (slice(box.top, box.top + 2), slice(box.bottom - 2, box.bottom)):
            edge = (rows, slice(box.left, box.right))
            assert np.abs(opened[index][edge].astype(int) - closed[index][edge]).max() <= 6


def test_any_brush_goes_on_from_any_frame(painter: LoopPainter) -> None:
    mouth = mouths(15, jaw=0.6)
    mouth[::3, JAW] = 0.1
    whole = drawn(painter, mouth)
    again = drawn(painter, mouth[7:], first=7)
    assert all(np.array_equal(a, b) for a, b in zip(whole[7:], again, strict=True))


def test_the_loop_repeats_itself_frame_by_frame(painter: LoopPainter) -> None:
    mouth = np.concatenate([mouths(6, jaw=0.5)] * 2)
    frames = drawn(painter, mouth)
    assert all(np.array_equal(a, b) for a, b in zip(frames[:6], frames[6:], strict=True))


def test_every_stream_shows_the_same_picture_whatever_its_seed(painter: LoopPainter) -> None:
    one, other = (next(iter(painter.start(seed).paint(Drive.silent(4, rest(1))))).copy() for seed in (1, 2))
    assert np.array_equal(one, other)


@pytest.mark.parametrize("size", [Size(256, 256), Size(360, 640), Size(720, 404)])
def test_a_loop_is_drawn_at_other_sizes(loop: FaceTrack, size: Size) -> None:
    frames = drawn(WarpEngine().prepare(loop, size), mouths(6, jaw=0.8))
    assert {frame.shape for frame in frames} == {(size.height_px * 3 // 2, size.width_px)}


def test_parted_lips_are_closed_at_rest() -> None:
    faces = [moved(draw_face(gap_px=12), x, 0, 0) for x in (0, 10)]
    track = FaceTrack(tuple(f.pictures[0] for f in faces), tuple(f.points[0] for f in faces))
    painter = WarpEngine().prepare(track, SQUARE)
    assert painter.lips.parted
    frames = drawn(painter, rest(2))
    for index, frame in enumerate(frames):
        x, y = np.rint(lips_at(track, index)[3]).astype(int)
        shown = cut_frame(track.pictures[index], frame_face(track.points[0], SQUARE))
        dark = [int((picture[y - 12 : y + 16, x] < 60).sum()) for picture in (frame, shown)]
        assert dark[0] < 0.5 * dark[1]


def test_pictures_are_made_when_they_are_first_shown_and_kept_within_bounds(loop: FaceTrack) -> None:
    framing = frame_face(loop.points[0], SQUARE)
    backdrops = Backdrops(loop, framing, kept_bytes=3 * 512 * 768)
    assert backdrops.memory_bytes == loop.memory_bytes + 3 * 512 * 768
    assert backdrops.get(2) is backdrops.get(2)
    assert backdrops.get(5) is not backdrops.get(5)
    assert np.array_equal(backdrops.get(5), backdrops.get(5))
    with pytest.raises(ValueError, match="read-only"):
        backdrops.get(2)[0, 0] = 1


def test_a_hundred_pictures_fit_into_the_memory_of_a_few_painters() -> None:
    face = draw_face()
    coded = CodedPictures.of(face.pictures).coded
    track = FaceTrack(CodedPictures(coded * 100, SIDE, SIDE), face.points * 100)
    assert WarpEngine().prepare(track, SQUARE).memory_bytes < 56 * 1024 * 1024
    assert WarpEngine().prepare(track, Size(1280, 1280)).memory_bytes < 72 * 1024 * 1024


def test_an_affine_map_is_found_from_its_points() -> None:
    points = np.random.default_rng(1).uniform(0, 500, (20, 2)).astype(np.float32)
    way = np.float32([[0.9, 0.2, 30], [-0.1, 1.1, -8]])
    np.testing.assert_allclose(fit_affine(points, points @ way[:, :2].T + way[:, 2]), way, atol=1e-3)
