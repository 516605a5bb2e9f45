"""The Wav2Lip engine: a network paints the mouth, within a mask, on a picture that lives."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from drawn_face import draw_face
from mouth_nets import NetOf, echo, tiny_net, tiny_paints

from lipsync import clock
from lipsync.engines.contract import Drive, Frame, Size
from lipsync.engines.net import (
    Faces,
    Mels,
    Mouths,
    NetFailed,
    NetPaintedNoNumbers,
    NetPaintedNothing,
    NetPaintedOtherwise,
)
from lipsync.engines.planes import split_i420
from lipsync.engines.warp import WarpEngine
from lipsync.engines.wav2lip import Wav2LipBrush, Wav2LipEngine, Wav2LipPainter
from lipsync.engines.wav2lip_crop import yuv_of
from lipsync.engines.wav2lip_finish import FINISHED, PLAIN, Finish
from lipsync.engines.wav2lip_ground import StillGround
from lipsync.mouth.controls import BROW, JAW, NOD, rest
from lipsync.speech.heard import AFTER_SAMPLES, BEFORE_SAMPLES, Heard, silence
from lipsync.speech.mel import windows

SQUARE = Size(512, 512)
FRAME = clock.samples_per_frame()
CHANCE = np.random.default_rng(8)
SPEECH = (CHANCE.standard_normal(60 * FRAME) * 3000).astype(np.int16)


def drive(first: int, count: int, of_sentence: int = 0) -> Drive:
    """Return frames of a sentence that stands at `first - of_sentence` of the stream."""
    mouth = rest(count)
    at = np.arange(first, first + count)
    mouth[:, JAW], mouth[:, BROW], mouth[:, NOD] = 0.5, (at % 7) / 10, (at % 5) / 10
    start = max(0, of_sentence * FRAME - BEFORE_SAMPLES)
    end = (of_sentence + count) * FRAME + AFTER_SAMPLES
    return Drive(first, mouth, (Heard(of_sentence, count, start, SPEECH[start:end]),))


def painted(brush: Wav2LipBrush, what: Drive) -> list[Frame]:
    return [frame.copy() for frame in brush.paint(what)]


def painter_of(net: NetOf, finish: Finish = FINISHED, *, alive: bool = True) -> Wav2LipPainter:
    return Wav2LipEngine(net, alive=alive, finish=finish).prepare(draw_face(), SQUARE)


def without_a_mouth(what: Drive, *, alive: bool = True, seed: int = 5) -> list[Frame]:
    """Return the same face drawn by the warp engine with its mouth at rest."""
    quiet = what.mouth.copy()
    quiet[:, JAW] = 0
    brush = WarpEngine(alive=alive).prepare(draw_face(), SQUARE).start(seed)
    return [frame.copy() for frame in brush.paint(Drive(what.first_frame, quiet, what.heard))]


def still_mask(painter: Wav2LipPainter) -> np.ndarray:
    """Return the mask of a face that does not move, shape (height, width)."""
    assert isinstance(painter.ground, StillGround)
    _, spot = next(painter.ground.start(5).paint(drive(0, 1)))
    whole = np.zeros((SQUARE.height_px, SQUARE.width_px), np.uint8)
    box = spot.grid.box
    whole[box.top : box.bottom, box.left : box.right] = spot.mask
    return whole


@pytest.mark.parametrize("side_px", [96, 256])
def test_the_face_within_the_mask_is_the_very_colour_that_the_network_painted(side_px: int) -> None:
    painter = Wav2LipEngine(tiny_net(side_px), alive=False, finish=PLAIN).prepare(draw_face(), SQUARE)
    what = drive(0, 3)
    frames = painted(painter.start(5), what)
    shown = painter.ground.seen(0)
    net = NetOf(side_px=side_px)
    Wav2LipEngine(net, alive=False, finish=PLAIN).prepare(draw_face(), SQUARE).start(5).foresee(what)
    wanted = tiny_paints(windows(what.heard[0]), net.asked[0][1])
    inside = still_mask(painter) == 255
    assert inside.sum() > 5000
    assert shown.shape == (side_px, side_px, 3)
    for frame, face in zip(frames, wanted, strict=True):
        luma, u, v = split_i420(frame, SQUARE)
        least, most = yuv_of(face).min(axis=(0, 1)), yuv_of(face).max(axis=(0, 1))
        assert luma[inside].min() >= least[0] - 1.5
        assert luma[inside].max() <= most[0] + 1.5
        half = cv2.erode(inside.astype(np.uint8), np.ones((5, 5)))[::2, ::2] > 0
        for plane, low, high in ((u, least[1], most[1]), (v, least[2], most[2])):
            assert plane[half].min() >= low - 1.5
            assert plane[half].max() <= high + 1.5
    # Louder and softer frames are of different colours.
    assert len({int(split_i420(f, SQUARE)[0][inside].mean() * 8) for f in frames}) > 1


@pytest.mark.parametrize("alive", [True, False])
def test_outside_the_mask_not_one_value_is_other_than_without_a_mouth(alive: bool) -> None:
    painter = painter_of(NetOf(), alive=alive)
    what = drive(40, 6)
    footing = painter.ground.start(5)
    spots = [spot for _, spot in footing.paint(what)]
    pairs = zip(painted(painter.start(5), what), without_a_mouth(what, alive=alive), spots, strict=True)
    for frame, bare, spot in pairs:
        box = spot.grid.box
        mask = np.zeros((SQUARE.height_px, SQUARE.width_px), np.uint8)
        mask[box.top : box.bottom, box.left : box.right] = spot.mask
        half = cv2.resize(mask, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        planes = zip(split_i420(frame, SQUARE), split_i420(bare, SQUARE), (mask, half, half), strict=True)
        for one, other, share in planes:
            assert np.array_equal(one[share == 0], other[share == 0])
            assert not np.array_equal(one[share > 200], other[share > 200])


def test_the_mask_ends_at_the_faces_own_outline_and_lies_around_the_mouth() -> None:
    painter = painter_of(NetOf(), alive=False)
    mask = still_mask(painter)
    scale = 512 / 640
    # Mouth, chin and upper lip are painted; eyes, nose tip, ears and what is behind the face are not.
    for x, y in ((320, 420), (320, 470), (320, 392)):
        assert mask[round(y * scale), round(x * scale)] > 240
    for x, y in ((255, 270), (320, 340), (160, 300), (150, 460), (320, 560), (480, 460)):
        assert mask[round(y * scale), round(x * scale)] == 0
    # Soft: no step of the mask is a border one could see.
    assert np.abs(np.diff(mask.astype(int), axis=0)).max() < 60


def flicker(mel: Mels, face: Faces) -> Mouths:
    """Paint the face a little lighter or darker from frame to frame."""
    lighter = np.abs(mel).mean(axis=(2, 3)) % np.float32(0.1)
    return echo(mel, face) * np.float32(0.8) + lighter[..., None, None]


def test_another_worker_goes_on_from_any_frame_with_the_same_pictures() -> None:
    painter = painter_of(NetOf(flicker))
    whole = painted(painter.start(5), drive(100, 12, of_sentence=4))
    for cut in (1, 5, 11):
        brush = painter.start(5)
        first, second = drive(100, cut, of_sentence=4), drive(100 + cut, 12 - cut, of_sentence=4 + cut)
        went_on = painted(brush, first) + painted(brush, second)
        taken_over = painted(painter.start(5), second)
        assert all(np.array_equal(a, b) for a, b in zip(whole, went_on, strict=True))
        assert all(np.array_equal(a, b) for a, b in zip(whole[cut:], taken_over, strict=True))


def test_a_successor_has_two_frames_before_painted_too_and_nobody_else_has() -> None:
    net = NetOf()
    painter = painter_of(net)
    brush = painter.start(5)
    brush.foresee(drive(20, 5))
    brush.foresee(drive(25, 8, of_sentence=5))
    painter.start(5).foresee(drive(25, 8, of_sentence=5))
    assert [len(mel) for mel, _, _ in net.asked] == [5, 8, 10]
    assert np.array_equal(net.asked[2][0][2:], net.asked[1][0])


def test_what_was_foreseen_is_not_asked_for_again() -> None:
    net = NetOf()
    brush = painter_of(net).start(5)
    what = drive(0, 5)
    brush.foresee(what, due_s=12.5)
    painted(brush, what)
    assert [due_s for _, _, due_s in net.asked] == [12.5]
    painted(brush, what)
    assert len(net.asked) == 2


def test_a_rest_is_painted_from_silence_and_belongs_to_no_sentence() -> None:
    net = NetOf()
    ending, beginning = drive(30, 2, of_sentence=9).heard[0], drive(34, 4).heard[0]
    what = Drive(30, rest(8), (ending, silence(2), beginning))
    brush = painter_of(net).start(5)
    assert len(painted(brush, what)) == 8
    mel, _, _ = net.asked[0]
    # Two before the ending, the ending, the beginning, and one for all that is silent.
    assert len(mel) == 2 + 2 + 4 + 1
    assert (mel[8] == -4).all()
    assert np.array_equal(mel[4:8], windows(what.heard[2]))


def test_the_silent_face_of_a_photo_is_painted_once_for_all_its_streams() -> None:
    net = NetOf()
    painter = painter_of(net)
    first = painted(painter.start(5), Drive.silent(0, rest(5)))
    again = painted(painter.start(5), Drive.silent(0, rest(5)))
    assert [len(mel) for mel, _, _ in net.asked] == [1]
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))
    brush = painter.start(5)
    spoken = painted(brush, drive(5, 3))
    assert [len(mel) for mel, _, _ in net.asked] == [1, 3]
    assert np.abs(spoken[0].astype(int) - first[4]).max() > 20


def one_is_nan(mel: Mels, face: Faces) -> Mouths:
    mouths = echo(mel, face)
    mouths[2, 1, 7, 7] = np.nan
    return mouths


BREAKS: dict[str, tuple[Callable[[Mels, Faces], Mouths], type[NetFailed]]] = {
    "NaN": (one_is_nan, NetPaintedNoNumbers),
    "infinity": (lambda mel, face: echo(mel, face) + np.float32(np.inf), NetPaintedNoNumbers),
    "one colour": (lambda mel, face: np.full_like(echo(mel, face), 0.4), NetPaintedNothing),
    "another count": (lambda mel, face: echo(mel, face)[1:], NetPaintedOtherwise),
    "other numbers": (lambda mel, face: echo(mel, face).astype(np.float64), NetPaintedOtherwise),
    "levels of 255": (lambda mel, face: echo(mel, face) * 255, NetPaintedOtherwise),
}  # fmt: skip


@pytest.mark.parametrize("kind", BREAKS)
def test_what_may_not_be_shown_is_an_error_and_never_the_unpainted_face(kind: str) -> None:
    breaks, error = BREAKS[kind]
    brush = painter_of(NetOf(breaks)).start(5)
    with pytest.raises(error):
        brush.foresee(drive(0, 5))
    with pytest.raises(error):
        next(brush.paint(drive(0, 5)))


def test_after_a_failure_the_next_drive_is_asked_for_anew() -> None:
    net = NetOf()
    brush = painter_of(net).start(5)
    what = drive(0, 5)
    net.paints = BREAKS["NaN"][0]
    with pytest.raises(NetPaintedNoNumbers):
        brush.foresee(what)
    net.paints = tiny_paints
    assert len(painted(brush, what)) == 5
