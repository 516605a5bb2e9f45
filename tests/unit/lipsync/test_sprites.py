"""Sprites: painted mouths of a photo, kept by face and state, and shown again."""

import threading
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from drawn_face import draw_face
from mouth_nets import NetOf, echo, tiny_paints

from lipsync.engines.contract import Drive, Frame, Size
from lipsync.engines.net import Faces, Mels, Mouths, NetFailed, NetPaintedNoNumbers
from lipsync.engines.planes import split_i420
from lipsync.engines.sprites import Keeping, Look, Sprites
from lipsync.engines.wav2lip import Wav2LipEngine, Wav2LipPainter
from lipsync.engines.wav2lip_crop import yuv_of
from lipsync.engines.wav2lip_finish import PLAIN
from lipsync.face.track import FaceTrack
from lipsync.mouth.controls import CONTROLS, MouthTrack, rest
from lipsync.speech.heard import AFTER_SAMPLES, BEFORE_SAMPLES, Heard
from workers.states_table import shipped_states

SIZE = Size(256, 256)
FRAME = 1920
SPEECH = (np.random.default_rng(8).standard_normal(80 * FRAME) * 3000).astype(np.int16)
MOUTHS = np.random.default_rng(9).random((80, len(CONTROLS))).astype(np.float32)
STATES = shipped_states()
SPRITE_BYTES = 96 * 96 * 3


def drive(first: int, count: int) -> Drive:
    """Return frames of a sentence that begins with the stream, as a timeline gives them."""
    start, end = max(0, first * FRAME - BEFORE_SAMPLES), (first + count) * FRAME + AFTER_SAMPLES
    heard = Heard(first, count, start, SPEECH[start:end])
    return Drive(first, MOUTHS[first : first + count], (heard,), MOUTHS[max(0, first - 2) : first])


def painter_of(
    net: NetOf, looks: list[Look] | None = None, *, states: int = 512, limit_bytes: int = 1 << 26,
    face: FaceTrack | None = None, engine: Wav2LipEngine | None = None,
) -> Wav2LipPainter:  # fmt: skip
    told = (lambda _: None) if looks is None else looks.append
    keeping = Keeping(STATES.first(states), limit_bytes, told)
    engine = engine or Wav2LipEngine(net, alive=False, finish=PLAIN, sprites=keeping)
    return engine.prepare(face or draw_face(), SIZE)


def painted(painter: Wav2LipPainter, *drives: Drive) -> list[Frame]:
    brush = painter.start(5)
    return [frame.copy() for each in drives for frame in brush.paint(each)]


def seen_of(level: float) -> np.ndarray:
    seen = np.full((96, 96, 3), 128, np.float32)
    seen[..., 0] = level
    return seen


def many(count: int) -> tuple[MouthTrack, Mels]:
    """Return frames that are all in different states."""
    controls = rest(count)
    controls[:, :8] = STATES.rows[:count, :8] / np.array([64, 48, 48, 32, 32, 64, 48, 32])
    parts = STATES.rows[:count, 8:].reshape(count, 4, 1, 4, 1) / 6
    mels = np.broadcast_to(parts, (count, 4, 20, 4, 4)).reshape(count, 1, 80, 16)
    assert len(set(STATES.nearest(controls, mels))) == count
    return controls, np.asarray(mels, np.float32)


def test_what_was_painted_once_is_shown_again_without_the_network() -> None:
    net, looks = NetOf(), list[Look]()
    painter = painter_of(net, looks)
    first = painted(painter, drive(0, 5), drive(5, 8))
    asked = len(net.asked)
    assert asked == 2
    again = painted(painter, drive(0, 5), drive(5, 8))
    assert len(net.asked) == asked
    assert [(look.found, look.painted) for look in looks[2:]] == [(5, 0), (8, 0)]
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))


def test_a_state_is_painted_from_its_own_sound_whoever_comes_first() -> None:
    """The first to be in a state may hear anything: those after it are shown the same mouth."""
    one, other = NetOf(), NetOf()
    forward = painted(painter_of(one, states=16), drive(0, 20), drive(20, 20))
    painter = painter_of(other, states=16)
    late = painted(painter, drive(20, 20))
    early = painted(painter, drive(0, 20))
    assert all(np.array_equal(a, b) for a, b in zip(forward, early + late, strict=True))
    assert all(any(np.array_equal(mel, known) for known in STATES.mels) for mel in one.asked[0][0])


def test_the_mouth_is_that_which_the_network_paints_from_the_sound_of_the_nearest_state() -> None:
    painter = painter_of(NetOf(), states=32)
    what = drive(0, 3)
    assert painter.sprites is not None
    spoken = painted(painter, what)
    mels = STATES.first(32).mels[STATES.first(32).nearest(what.mouth, _mels(what))]
    face = NetOf()
    Wav2LipEngine(face, alive=False, finish=PLAIN).prepare(draw_face(), SIZE).start(5).foresee(what)
    _, spot = next(painter.ground.start(5).paint(what))
    box = spot.grid.box
    for frame, wanted in zip(spoken, tiny_paints(mels, face.asked[0][1]), strict=True):
        luma = split_i420(frame, SIZE)[0][box.top : box.bottom, box.left : box.right][spot.mask == 255]
        levels = yuv_of(wanted)[..., 0]
        # Half a level is what a sprite is rounded by.
        assert luma.min() >= levels.min() - 2
        assert luma.max() <= levels.max() + 2


def _mels(what: Drive) -> Mels:
    listening = NetOf()
    Wav2LipEngine(listening, alive=False).prepare(draw_face(), SIZE).start(5).foresee(what)
    return listening.asked[0][0]


def test_another_worker_goes_on_from_any_frame_with_the_same_pictures() -> None:
    whole = painted(painter_of(NetOf()), drive(0, 16))
    for cut in (1, 2, 7):
        taken_over = painted(painter_of(NetOf()), drive(cut, 16 - cut))
        assert all(np.array_equal(a, b) for a, b in zip(whole[cut:], taken_over, strict=True))


def test_a_successor_is_steadied_by_the_two_frames_that_it_did_not_paint() -> None:
    looks: list[Look] = []
    painter = painter_of(NetOf(), looks)
    painter.start(5).foresee(drive(8, 8))
    assert looks[0].found + looks[0].painted == 10


def test_silence_is_painted_from_silence_and_not_from_a_state() -> None:
    net = NetOf()
    painter = painter_of(net)
    painted(painter, Drive.silent(0, rest(4)))
    ((mel, _, _),) = net.asked
    assert len(mel) == 1
    assert (mel == -4).all()


def test_pictures_of_a_loop_are_painted_every_time() -> None:
    still = draw_face()
    loop = FaceTrack(still.pictures * 2, still.points * 2)
    net, looks = NetOf(), list[Look]()
    painter = painter_of(net, looks, face=loop)
    assert painter.sprites is None
    for _ in range(2):
        painter.start(5).foresee(drive(0, 5))
    assert len(net.asked) == 2
    assert not looks


def test_no_face_is_shown_anothers_mouth_however_many_threads_ask() -> None:
    """Forty faces of different light, states in every order, memory for a third of them."""
    sprites = Sprites(NetOf(echo_of_light), Keeping(STATES, 40 * 8 * SPRITE_BYTES // 3))
    faces = [sprites.of_face(seen_of(40 + 4 * number)) for number in range(40)]
    controls, mels = many(8)
    together = threading.Barrier(8)

    def speak(thread: int) -> None:
        chance = np.random.default_rng(thread)
        together.wait(30)
        for _ in range(40):
            number = int(chance.integers(0, 40))
            order = chance.permutation(8)[: int(chance.integers(1, 8))]
            for shown in faces[number].paint(controls[order], mels[order]):
                assert abs(float(shown[..., 0].mean()) - (40 + 4 * number)) < 1.5

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(speak, thread) for thread in range(8)]:
            done.result()
    assert sprites.held_bytes <= 40 * 8 * SPRITE_BYTES // 3


def echo_of_light(mel: Mels, face: Faces) -> Mouths:
    """Paint the very face, with a ramp that does not change its light: one colour is no face."""
    ramp = np.linspace(-0.01, 0.01, face.shape[3], dtype=np.float32)
    return np.asarray(echo(mel, face) + ramp, np.float32)


def test_faces_that_differ_in_one_pixel_have_sprites_of_their_own() -> None:
    net = NetOf(echo_of_light)
    sprites = Sprites(net, Keeping(STATES))
    one, other = seen_of(90), seen_of(90)
    other[50, 50, 0] += 1
    controls, mels = many(3)
    for seen in (one, other, one.copy()):
        sprites.of_face(seen).paint(controls, mels)
    assert len(net.asked) == 2


def test_what_two_nets_paint_is_kept_apart() -> None:
    controls, mels = many(1)
    lighter = Sprites(NetOf(lambda mel, face: echo_of_light(mel, face) * np.float32(0.5)), Keeping(STATES))
    same = Sprites(NetOf(echo_of_light), Keeping(STATES))
    (one,), (other,) = (each.of_face(seen_of(120)).paint(controls, mels) for each in (lighter, same))
    assert other[..., 0].mean() - one[..., 0].mean() > 30


def test_a_failure_is_an_error_each_time_and_nothing_of_it_is_kept() -> None:
    net = NetOf(lambda mel, face: np.where(np.arange(len(mel)) == 1, np.nan, 1)[:, None, None, None]
                .astype(np.float32) * tiny_paints(mel, face))  # fmt: skip
    looks: list[Look] = []
    painter = painter_of(net, looks)
    for _ in range(2):
        with pytest.raises(NetPaintedNoNumbers):
            painter.start(5).foresee(drive(0, 5))
    assert not looks
    assert painter.sprites is not None
    assert painter.sprites.of.held_bytes == 0
    net.paints = tiny_paints
    assert len(painted(painter, drive(0, 5))) == 5
    # What was there before a failure stays, and what is missing is asked for still.
    net.paints = _refuses
    assert len(painted(painter, drive(0, 5))) == 5
    with pytest.raises(NetFailed):
        painter.start(5).foresee(drive(20, 20))


def _refuses(mel: Mels, face: Faces) -> Mouths:
    raise NetFailed("out of memory")


def test_the_sprites_shown_longest_ago_make_room() -> None:
    net, looks = NetOf(echo_of_light), list[Look]()
    sprites = Sprites(net, Keeping(STATES, 3 * SPRITE_BYTES, looks.append))
    face = sprites.of_face(seen_of(90))
    controls, mels = many(4)
    for state in (0, 1, 2, 0, 3, 0, 2, 1):
        face.paint(controls[state : state + 1], mels[state : state + 1])
    # 3 pushes 1 out, which then has to be painted again.
    assert [look.painted for look in looks] == [1, 1, 1, 0, 1, 0, 0, 1]
    assert looks[-1].held_bytes == sprites.held_bytes == 3 * SPRITE_BYTES


def test_a_call_with_more_states_than_there_is_room_for_shows_all_of_them() -> None:
    looks: list[Look] = []
    sprites = Sprites(NetOf(echo_of_light), Keeping(STATES, 2 * SPRITE_BYTES, looks.append))
    controls, mels = many(6)
    assert len(sprites.of_face(seen_of(90)).paint(controls, mels)) == 6
    assert looks[0].held_bytes == 2 * SPRITE_BYTES


def test_the_mouth_keeps_its_light_to_half_a_level() -> None:
    sprites = Sprites(NetOf(echo_of_light), Keeping(STATES))
    noise = np.random.default_rng(2).uniform(80, 120, (96, 96, 3)).astype(np.float32)
    seen = np.asarray(cv2.GaussianBlur(noise, (0, 0), 3), np.float32)
    controls, mels = many(1)
    (shown,) = sprites.of_face(seen).paint(controls, mels)
    ramp = np.linspace(-0.01, 0.01, 96)[None, :] * 219
    assert np.abs(shown[..., 0] - seen[..., 0] - ramp).max() < 0.6
