"""The rooms of the Wav2Lip engine one by one: crop, mask, matching, steadying, grain, composite."""

import cv2
import numpy as np
import pytest
from drawn_face import draw_face

from lipsync.engines.contract import Size
from lipsync.engines.framing import frame_face, place_points
from lipsync.engines.grid import Box, Grid
from lipsync.engines.net import NetPaintedNoNumbers, NetPaintedNothing, NetPaintedOtherwise, check_mouths
from lipsync.engines.planes import split_i420
from lipsync.engines.wav2lip import lay_face
from lipsync.engines.wav2lip_crop import Crop, face_of, find_crop, look_at, yuv_of
from lipsync.engines.wav2lip_finish import FINISHED, PLAIN, finish_face, grain_of, steadied
from lipsync.engines.wav2lip_ground import NO_GRAIN, Spot
from lipsync.engines.wav2lip_mask import MOST_LEVELS, Matching, bounds, draw_lips, draw_mask, outline

SQUARE = Size(512, 512)
CANVAS = Box(0, 0, 512, 512)
POINTS = draw_face().points[0]
PLACED = place_points(POINTS, frame_face(POINTS, SQUARE))
CROP = find_crop(PLACED)
CHANCE = np.random.default_rng(11)


def frame_of(luma: np.ndarray, u: int = 128, v: int = 128) -> np.ndarray:
    """Return an I420 frame of 512x512 of one tint."""
    frame = np.empty((768, 512), np.uint8)
    parts = split_i420(frame, SQUARE)
    parts[0][...], parts[1][...], parts[2][...] = luma, u, v
    return frame


def test_the_box_goes_from_the_forehead_to_below_the_chin_and_from_side_to_side() -> None:
    jaw, brow = PLACED["jaw"], PLACED["brow_a"][:, 1].mean()
    assert CROP.left == pytest.approx(jaw[0, 0])
    assert CROP.left + CROP.width == pytest.approx(jaw[-1, 0])
    chin, below = jaw[8, 1], CROP.top + CROP.height
    assert 0.03 * CROP.height < below - chin < 0.05 * CROP.height
    assert CROP.top < brow
    # Half of it is black for the network: the mouth is, the eyes are not.
    middle = CROP.top + CROP.height / 2
    assert PLACED["eye_a_lower"][:, 1].max() < middle < PLACED["lip_upper_outer"][:, 1].min()


@pytest.mark.parametrize("side_px", [96, 384])
def test_a_face_is_looked_at_where_its_box_lies_in_all_three_planes(side_px: int) -> None:
    x, y = np.meshgrid(np.arange(512), np.arange(512))
    frame = np.empty((768, 512), np.uint8)
    parts = split_i420(frame, SQUARE)
    parts[0][...], parts[1][...], parts[2][...] = (
        np.rint(each) for each in (x / 4, (x / 4)[::2, ::2] + 0.125, (y / 4)[::2, ::2] + 0.125)
    )
    crop = Crop(100.0, 60.0, 200.0, 240.0)
    seen = look_at(parts, crop, side_px)
    at = (np.arange(side_px) + 0.5) / side_px
    assert seen[side_px // 2, :, 0] == pytest.approx((100 + 200 * at - 0.5) / 4, abs=0.8)
    assert seen[side_px // 2, :, 1] == pytest.approx((100 + 200 * at - 0.5) / 4, abs=0.8)
    assert seen[:, side_px // 2, 2] == pytest.approx((60 + 240 * at - 0.5) / 4, abs=0.8)


def test_the_network_is_given_blue_green_red_first_without_the_lower_half() -> None:
    blue = np.float32([1.0, 0.25, 0.5]).reshape(3, 1, 1) * np.ones((3, 96, 96), np.float32)
    face = face_of(yuv_of(blue))
    assert face.shape == (6, 96, 96)
    assert face.dtype == np.float32
    assert face[3:] == pytest.approx(blue, abs=1e-4)
    assert (face[:3, 48:] == 0).all()
    assert np.array_equal(face[:3, :48], face[3:, :48])


def test_the_mask_is_whole_on_the_mouth_soft_at_its_rim_and_nothing_outside_its_bounds() -> None:
    box = bounds(PLACED, CROP)
    mask = draw_mask(PLACED, CROP, CANVAS, box)
    assert mask.shape == (box.height, box.width)
    edges = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    assert (edges == 0).all()
    corners = PLACED["lip_upper_outer"][[0, 3, -1]]
    for x, y in corners:
        assert mask[round(float(y)) - box.top, round(float(x)) - box.left] > 230
    assert np.abs(np.diff(mask.astype(int))).max() < 40


def test_the_mask_leaves_what_lies_beside_the_jaw_as_it_is() -> None:
    mask = draw_mask(PLACED, CROP, CANVAS, CANVAS)
    sides = np.concatenate([PLACED["jaw"][:5], PLACED["jaw"][12:]])
    middle = PLACED["jaw"][8, 0]
    for x, y in sides:
        beyond = x + 4 * np.sign(x - middle)
        assert mask[round(float(y)), round(float(beyond))] <= 2


def test_a_mask_at_twice_the_resolution_is_the_same_mask() -> None:
    box = bounds(PLACED, CROP)
    once, twice = (draw_mask(PLACED, CROP, CANVAS, box, scale).astype(int) for scale in (1, 2))
    assert np.abs(once - twice[::2, ::2]).max() < 12


def test_the_mask_ends_before_the_part_of_the_output_that_may_change_does() -> None:
    chin = round(float(PLACED["jaw"][8, 1]))
    mask = draw_mask(PLACED, CROP, Box(0, 0, 512, chin - 20), CANVAS)
    assert (mask[chin - 21 :] == 0).all()
    assert np.abs(np.diff(mask.astype(int), axis=0)).max() < 60


def test_colours_are_led_over_at_the_rim_and_a_face_that_fits_is_left_alone() -> None:
    matching = Matching.along(PLACED, CROP)
    seen = look_at(split_i420(frame_of(np.full((512, 512), 120)), SQUARE), CROP, 96)
    assert np.abs(matching.offsets(seen, seen)).max() < 1e-4
    shade = np.float32([10.0, -6.0, 3.0])
    offsets = matching.offsets(seen, seen - shade)
    assert offsets == pytest.approx(np.broadcast_to(shade, offsets.shape), abs=0.01)


def test_a_light_that_falls_from_one_side_is_matched_on_each_side() -> None:
    matching = Matching.along(PLACED, CROP)
    seen = np.full((96, 96, 3), 120, np.float32)
    slope = np.linspace(-20, 20, 96, dtype=np.float32)
    painted = seen.copy()
    painted[..., 0] += slope
    ring = (outline(PLACED) + 0.5 - (CROP.left, CROP.top)) * 96 / (CROP.width, CROP.height)
    left = painted[..., 0] - 120 + cv2.resize(matching.offsets(seen, painted), (96, 96))[..., 0]
    for x, y in ring:
        assert abs(left[min(int(y), 95), min(int(x), 95)]) < 3.5
    assert np.abs(slope).max() > 19


def test_a_difference_too_large_for_light_moves_colours_no_further_than_its_bound() -> None:
    matching = Matching.along(PLACED, CROP)
    black, white = np.full((96, 96, 3), 16, np.float32), np.full((96, 96, 3), 235, np.float32)
    assert np.abs(matching.offsets(white, black)).max() <= MOST_LEVELS + 1e-3


def test_flicker_of_a_few_levels_is_steadied() -> None:
    face = cv2.GaussianBlur(CHANCE.random((96, 96), dtype=np.float32) * 255, (0, 0), 3)
    noisy = [face + CHANCE.normal(0, 2, face.shape).astype(np.float32) for _ in range(3)]
    error = np.abs(steadied(noisy[2], noisy[:2]) - face).mean()
    assert error < 0.72 * np.abs(noisy[2] - face).mean()


def test_what_has_moved_is_not_smeared_over_what_was_there() -> None:
    before, now = np.full((96, 96), 200, np.float32), np.full((96, 96), 200, np.float32)
    before[40:50], now[44:54] = 30, 30
    found = steadied(now, [before, before])
    assert np.abs(found - now).max() < 1


def test_a_plain_finish_changes_nothing_and_a_whole_one_sharpens_what_is_enlarged() -> None:
    face = np.full((3, 96, 96), 0.2, np.float32)
    face[:, :, 48:] = 0.7
    painted = seen = yuv_of(face)
    matching = Matching.along(PLACED, CROP)
    given = {"seen": seen, "matching": matching}
    plain, colours = finish_face(painted, [], enlarged=3.0, how=PLAIN, **given)
    assert np.abs(plain - seen[..., 0]).max() <= 0.5
    assert np.abs(colours[..., 1:].astype(int) - seen[..., 1:]).max() <= 0.5
    sharp, _ = finish_face(painted, [], enlarged=3.0, how=FINISHED, **given)
    same, _ = finish_face(painted, [], enlarged=1.0, how=FINISHED, **given)
    assert int(np.ptp(sharp)) > int(np.ptp(plain))
    assert np.abs(same.astype(int) - plain).max() <= 1


def test_grain_is_the_pictures_own_on_skin_and_leaves_out_its_edges() -> None:
    box = bounds(PLACED, CROP)
    mask, lips = draw_mask(PLACED, CROP, CANVAS, box), draw_lips(PLACED, box)
    noise = CHANCE.normal(0, 3, mask.shape)
    luma = np.clip(128 + noise, 0, 255).astype(np.uint8)
    # An edge across the chin and a mouth at rest: neither may show through an open one.
    chin = round(0.8 * box.height)
    luma[chin : chin + 1] = 10
    luma[lips > 0.9] = 40
    grain = grain_of(luma, lips, mask, 2.0)
    skin = (mask > 200) & (lips < 0.01)
    skin[chin - 8 : chin + 9] = False
    assert np.corrcoef(grain[skin], noise[skin])[0, 1] > 0.8
    assert np.abs(grain[chin]).max() < 12
    inside = cv2.erode((lips > 0.9).astype(np.uint8), np.ones((3, 3))) > 0
    assert 0.5 < grain[inside].std() < 3
    assert np.abs(grain[(lips > 0.5)]).max() < 16


def test_a_smooth_picture_has_no_grain() -> None:
    box = bounds(PLACED, CROP)
    mask, lips = draw_mask(PLACED, CROP, CANVAS, box), draw_lips(PLACED, box)
    assert not grain_of(np.full(mask.shape, 90, np.uint8), lips, mask, 2.0).any()


def test_a_face_is_laid_down_by_the_share_that_the_mask_says() -> None:
    frame = frame_of(np.full((512, 512), 50), 100, 150)
    grid = Grid(Box(96, 96, 160, 160), 4)
    mask = np.zeros((64, 64), np.uint8)
    mask[:, 16:32], mask[:, 32:] = 51, 255
    grain = np.full((64, 64), NO_GRAIN + 5, np.uint8)
    spot = Spot(grid, grid.nodes(), Crop(80.0, 80.0, 96.0, 96.0), mask, grain)
    colours = np.dstack([np.full((96, 96), level, np.uint8) for level in (0, 120, 90)])
    lay_face(np.full((96, 96), 200, np.uint8), colours, spot, split_i420(frame, SQUARE))
    luma, u, v = split_i420(frame, SQUARE)
    assert set(luma[96:160, 96:112].ravel()) == {50}
    assert set(luma[96:160, 112:128].ravel()) == {50 + round((205 - 50) * 51 / 255)}
    assert set(luma[96:160, 128:160].ravel()) == {205}
    assert (set(u[48:80, 65:80].ravel()), set(v[48:80, 65:80].ravel())) == ({120}, {90})
    luma[96:160, 96:160] = 50
    u[48:80, 48:80], v[48:80, 48:80] = 100, 150
    assert np.array_equal(frame, frame_of(np.full((512, 512), 50), 100, 150))


def test_painted_faces_pass_only_when_they_may_be_shown() -> None:
    good = CHANCE.random((3, 3, 96, 96), dtype=np.float32)
    assert check_mouths(good, 3, 96) is good
    bad = good.copy()
    bad[1, 2, 5, 5] = np.inf
    with pytest.raises(NetPaintedNoNumbers, match="1 painted"):
        check_mouths(bad, 3, 96)
    bad = good.copy()
    bad[2] = 0.3
    with pytest.raises(NetPaintedNothing, match="1 painted"):
        check_mouths(bad, 3, 96)
    for wrong in (good[:2], good.astype(np.float16), good * 200, good - 0.5):
        with pytest.raises(NetPaintedOtherwise, match="another model file"):
            check_mouths(wrong, 3, 96)
