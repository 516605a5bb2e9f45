"""What is laid over a picture is exactly its colour, in its place, and can be lifted again."""

import numpy as np
import pytest

from lipsync.engines.contract import Size
from lipsync.engines.planes import split_i420
from lipsync.media.overlay import Overlay, yuv_of

SIZE = Size(64, 48)


def picture(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(16, 236, (72, 64), dtype=np.uint8)


def full(rows: int, columns: int, cover: int = 255) -> np.ndarray:
    return np.full((rows, columns), cover, np.uint8)


@pytest.mark.parametrize(
    ("colour", "yuv"),
    [
        # ITU-R BT.709, limited range, rounded.
        ("#ffffff", (235, 128, 128)), ("#000000", (16, 128, 128)), ("#ff0000", (63, 102, 240)),
        ("#00ff00", (173, 42, 26)), ("#0000ff", (32, 240, 118)),
    ],
)  # fmt: skip
def test_colours_are_those_of_bt_709(colour: str, yuv: tuple[int, int, int]) -> None:
    assert tuple(round(part) for part in yuv_of(colour)) == yuv


def test_what_is_opaque_is_exactly_its_colour_and_nothing_else_is_touched() -> None:
    frame = picture()
    before = frame.copy()
    Overlay([(full(8, 12), yuv_of("#ff0000"))], 20, 10, SIZE).lay(frame)
    for now, old, value, scale in zip(
        split_i420(frame, SIZE), split_i420(before, SIZE), (63, 102, 240), (1, 2, 2), strict=True
    ):
        inside = np.zeros(now.shape, bool)
        inside[10 // scale : 18 // scale, 20 // scale : 32 // scale] = True
        assert (now[inside] == value).all()
        assert np.array_equal(now[~inside], old[~inside])


def test_what_is_transparent_changes_nothing() -> None:
    frame = picture()
    Overlay([(full(8, 12, 0), yuv_of("#ffffff"))], 20, 10, SIZE).lay(frame)
    assert np.array_equal(frame, picture())


@pytest.mark.parametrize("cover", [1, 64, 128, 200, 254])
def test_what_is_half_there_is_mixed_to_the_nearest_step(cover: int) -> None:
    frame = picture()
    Overlay([(full(48, 64, cover), yuv_of("#ffffff"))], 0, 0, SIZE).lay(frame)
    share = cover / 255
    mixed = picture()[:48].astype(float) * (1 - share) + 235 * share
    assert np.abs(frame[:48] - mixed).max() <= 0.51


def test_white_over_white_stays_white_at_every_cover() -> None:
    ramp = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (48, 1))
    frame = np.full((72, 64), 235, np.uint8)
    frame[48:] = 128
    white = yuv_of("#ffffff")
    Overlay([(ramp, white), (ramp[:, ::-1], white)], 0, 0, SIZE).lay(frame)
    assert set(np.unique(frame[:48])) == {235}
    assert set(np.unique(frame[48:])) == {128}


def test_a_later_layer_lies_over_an_earlier_one() -> None:
    frame = picture()
    Overlay([(full(48, 64), yuv_of("#ffffff")), (full(48, 64), yuv_of("#000000"))], 0, 0, SIZE).lay(frame)
    assert (frame[:48] == 16).all()


def test_what_was_laid_is_lifted_without_a_trace() -> None:
    frame = picture()
    overlay = Overlay([(full(10, 20, 140), yuv_of("#ffd54a"))], 2, 4, SIZE)
    for seed in (1, 2):
        frame[...] = picture(seed)
        overlay.lay(frame)
        assert not np.array_equal(frame, picture(seed))
        overlay.lift(frame)
        assert np.array_equal(frame, picture(seed))


@pytest.mark.parametrize(("left", "top"), [(-10, -6), (50, 40), (-10, 40), (2, -200)])
def test_what_lies_outside_of_the_picture_is_left_away(left: int, top: int) -> None:
    frame = picture()
    mask = full(260, 84)
    Overlay([(mask, yuv_of("#ffffff"))], left, top, SIZE).lay(frame)
    inside = np.zeros((48, 64), bool)
    inside[max(0, top) : max(0, top + 260), max(0, left) : max(0, left + 84)] = True
    assert (frame[:48][inside] == 235).all()
    assert np.array_equal(frame[:48][~inside], picture()[:48][~inside])
