"""Points lose their tremble and keep their movement."""

import numpy as np
import pytest

from lipsync.face.steady import shake, steady

WIDTH_PX = 200.0


def nodding(frames: int, points: int = 40) -> np.ndarray:
    at = np.arange(frames)
    path = np.stack([20 * np.sin(at / 12), 12 * np.cos(at / 9)], axis=1)
    return (path[:, None] + np.random.default_rng(1).uniform(0, WIDTH_PX, (points, 2))).astype(np.float32)


def trembling(moving: np.ndarray, by_px: float) -> np.ndarray:
    return (moving + np.random.default_rng(2).normal(0, by_px, moving.shape)).astype(np.float32)


def test_tremble_is_more_than_halved_and_the_nod_stays() -> None:
    smooth = nodding(90)
    seen = trembling(smooth, 1.0)
    found = steady(seen)
    assert shake(found, WIDTH_PX) < 0.45 * shake(seen, WIDTH_PX)
    assert np.abs(found - smooth).mean() < 0.7 * np.abs(seen - smooth).mean()
    assert np.abs(steady(smooth) - smooth).max() < 0.25


def test_shaking_is_told_in_face_widths_whatever_the_head_does() -> None:
    assert shake(nodding(90), WIDTH_PX) < 0.0006
    # Two numbers a point, each with an error of one pixel.
    assert shake(trembling(nodding(200), 1.0), WIDTH_PX) == pytest.approx(np.sqrt(2) / WIDTH_PX, rel=0.05)


@pytest.mark.parametrize("frames", [1, 2, 3, 4])
def test_a_few_frames_are_left_alone(frames: int) -> None:
    moving = nodding(frames)
    assert steady(moving).shape == moving.shape
    if frames < 4:
        np.testing.assert_allclose(steady(moving), moving, atol=1e-3)


def test_a_straight_way_is_kept_to_its_ends() -> None:
    at = np.arange(30, dtype=np.float32)[:, None, None]
    line = np.concatenate([3 * at, -2 * at], axis=2)
    np.testing.assert_allclose(steady(line), line, atol=1e-3)
