"""A video avatar speaks through a network: each picture of the loop has its own box, mask and grain."""

import cv2
import numpy as np
import pytest
from drawn_face import SIDE, draw_face
from mouth_nets import NetOf, echo

from lipsync.engines.contract import Drive, Frame, Size
from lipsync.engines.planes import split_i420
from lipsync.engines.warp import WarpEngine
from lipsync.engines.wav2lip import Wav2LipEngine, Wav2LipPainter
from lipsync.engines.wav2lip_crop import find_crop, steady_crops
from lipsync.engines.wav2lip_finish import PLAIN
from lipsync.engines.wav2lip_ground import LoopGround
from lipsync.face.points import FacePoints
from lipsync.face.track import FaceTrack
from lipsync.mouth.controls import JAW, rest

SQUARE = Size(512, 512)


def moved(x: float, y: float) -> tuple[np.ndarray, FacePoints]:
    face = draw_face()
    shift = np.float32([[1, 0, x], [0, 1, y]])
    picture = cv2.warpAffine(face.pictures[0], shift, (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT)
    curves = {name: curve + np.float32([x, y]) for name, curve in face.points[0].contours.items()}
    return np.asarray(picture, np.uint8), FacePoints(SIDE, SIDE, curves)


@pytest.fixture(scope="module")
def loop() -> FaceTrack:
    made = [moved(4 * n, 2 * n) for n in range(6)]
    return FaceTrack(tuple(p for p, _ in made), tuple(q for _, q in made), bounces=True)


def painter_of(loop: FaceTrack, net: NetOf) -> Wav2LipPainter:
    return Wav2LipEngine(net, finish=PLAIN).prepare(loop, SQUARE)


def painted(painter: Wav2LipPainter, first: int, count: int) -> list[Frame]:
    mouth = rest(count)
    mouth[:, JAW] = 0.7
    return [frame.copy() for frame in painter.start(1).paint(Drive.silent(first, mouth))]


def test_outside_the_mask_each_picture_of_the_loop_is_as_it_is(loop: FaceTrack) -> None:
    painter = painter_of(loop, NetOf())
    assert isinstance(painter.ground, LoopGround)
    bare = WarpEngine().prepare(loop, SQUARE).start(1)
    under = [frame.copy() for frame in bare.paint(Drive.silent(0, rest(10)))]
    for number, (frame, plain) in enumerate(zip(painted(painter, 0, 10), under, strict=True)):
        spot = painter.ground.spot(painter.ground.picture_at(number))
        mask, box = np.zeros((512, 512), np.uint8), spot.grid.box
        mask[box.top : box.bottom, box.left : box.right] = spot.mask
        luma, other = split_i420(frame, SQUARE)[0], split_i420(plain, SQUARE)[0]
        assert np.array_equal(luma[mask == 0], other[mask == 0])
        assert (luma[mask > 200] != other[mask > 200]).mean() > 0.9


def test_the_network_is_shown_each_frames_own_picture_and_its_mask_moves_along(loop: FaceTrack) -> None:
    net = NetOf()
    painter = painter_of(loop, net)
    painted(painter, 0, 6)
    _, faces, _ = net.asked[0]
    assert isinstance(painter.ground, LoopGround)
    middles = []
    for number in range(6):
        spot = painter.ground.spot(number)
        rows, columns = np.nonzero(spot.mask > 127)
        middles.append((spot.grid.box.left + columns.mean(), spot.grid.box.top + rows.mean()))
        # The box is the mean of five; beyond the loop's middle the face moves in it a little.
        assert np.abs(faces[number] - faces[2]).mean() < 0.06
    steps = np.diff(np.array(middles), axis=0)
    assert steps.mean(axis=0) == pytest.approx([4 * 0.8, 2 * 0.8], abs=0.1)


def test_a_painted_face_comes_to_lie_where_the_picture_has_it(loop: FaceTrack) -> None:
    net = NetOf(echo, side_px=384)
    painter = painter_of(loop, net)
    bare = WarpEngine().prepare(loop, SQUARE).start(1)
    under = [frame.copy() for frame in bare.paint(Drive.silent(0, rest(6)))]
    for frame, plain in zip(painted(painter, 0, 6), under, strict=True):
        one, other = (split_i420(each, SQUARE)[0].astype(int) for each in (frame, plain))
        assert np.abs(one - other).max() < 40
        assert np.abs(one - other)[one != other].mean() < 4


def test_boxes_are_the_mean_of_five_that_are_shown_after_each_other(loop: FaceTrack) -> None:
    crops = [find_crop(points.contours) for points in loop.points]
    found = steady_crops(loop, crops)
    assert found[2].left == pytest.approx(np.mean([crop.left for crop in crops[0:5]]))
    # Back and forth: before the first picture the second was shown, and before that the third.
    assert found[0].left == pytest.approx(np.mean([crops[n].left for n in (2, 1, 0, 1, 2)]))
    assert {round(crop.width, 3) for crop in found} == {round(crops[0].width, 3)}


def test_a_successor_shows_the_same_pictures_of_the_loop(loop: FaceTrack) -> None:
    net = NetOf(echo)
    painter = painter_of(loop, net)
    whole, later = painted(painter, 0, 12), painted(painter, 7, 5)
    assert all(np.array_equal(a, b) for a, b in zip(whole[7:], later, strict=True))
