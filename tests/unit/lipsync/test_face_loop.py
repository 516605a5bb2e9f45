"""A loop is found where a video comes back to where it was, and closes without a jump."""

import cv2
import numpy as np
import pytest

from lipsync.face.loop import (
    LEAST_CLOSING,
    MOST_PICTURES,
    SEAM_PICTURES,
    find_loop,
    lead_over,
    stretches,
)


def swaying(pictures: int, period: int, drift: float = 0.0) -> np.ndarray:
    """Return rows of a head that comes back after `period` pictures, less `drift` face widths each."""
    at = np.arange(pictures)
    turn = 2 * np.pi * at / period
    return np.stack([0.2 * np.sin(turn), 0.1 * np.cos(turn), drift * at], axis=1).astype(np.float32)


def test_a_head_that_comes_back_is_played_round_for_its_own_period() -> None:
    loop = find_loop(swaying(300, 90))
    assert (loop.count, loop.bounces) == (90, False)
    assert loop.seam < 1e-3
    assert loop.first >= SEAM_PICTURES


def test_ends_that_move_in_opposite_ways_do_not_close() -> None:
    # Half a period later the head is in the middle again, and goes the other way.
    at = np.arange(150)
    rows = (0.6 * np.sin(2 * np.pi * at / 170))[:, None].astype(np.float32)
    loop = find_loop(rows)
    first, last = rows[loop.first + 1] - rows[loop.first], rows[loop.first + loop.count - 1]
    assert loop.bounces or abs(float(first[0]) - float((last - rows[loop.first + loop.count - 2])[0])) < 0.02


def test_a_head_that_never_comes_back_is_played_back_and_forth_where_it_rests() -> None:
    pace = np.full(200, 0.02)
    pace[[40, 41, 42, 120, 121, 122]] = 0.0
    rows = np.cumsum(pace)[:, None].astype(np.float32)
    loop = find_loop(rows)
    assert loop.bounces
    assert 38 <= loop.first <= 43
    assert 118 <= loop.first + loop.count - 1 <= 123
    assert loop.seam < 0.02


@pytest.mark.parametrize("pictures", [2, 25, 60])
def test_a_short_video_is_played_back_and_forth(pictures: int) -> None:
    loop = find_loop(swaying(pictures, 90, 0.002))
    assert loop.bounces
    assert loop.first >= 0
    assert 2 <= loop.count <= pictures - loop.first


@pytest.mark.parametrize("drift", [0.0, 0.0002, 0.01])
def test_a_loop_lies_within_the_video_and_its_limits(drift: float) -> None:
    rows = swaying(220, 81, drift)
    loop = find_loop(rows)
    assert loop.count <= MOST_PICTURES
    assert loop.first + loop.count <= len(rows)
    assert loop.bounces or loop.count >= LEAST_CLOSING


def test_one_picture_makes_no_loop() -> None:
    with pytest.raises(ValueError, match="two pictures"):
        find_loop(np.zeros((1, 3), np.float32))


def test_stretches_end_at_cuts_and_gaps_and_come_longest_first() -> None:
    whole = [True] * 10 + [False] * 2 + [True] * 5
    cuts = [False] * 17
    cuts[0] = cuts[7] = True
    assert stretches(whole, cuts) == [(0, 7), (12, 17), (7, 10)]
    assert stretches([False, False], [True, False]) == []
    assert stretches([True, True], [True, True]) == [(0, 1), (1, 2)]


def spot(x: float, y: float) -> np.ndarray:
    picture = np.full((180, 240, 3), 90, np.uint8)
    picture[:, :, 1] = np.linspace(60, 160, 240).astype(np.uint8)
    cv2.circle(picture, (round(x), round(y)), 26, (40, 200, 220), -1, cv2.LINE_AA)
    return picture


def middle(picture: np.ndarray) -> float:
    return float(np.nonzero(picture[..., 2] > 155)[1].mean())


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_what_leads_over_moves_rather_than_fades(share: float) -> None:
    made = lead_over(spot(100, 90), spot(112, 90), share)
    assert middle(made) == pytest.approx(100 + 12 * share, abs=2.0)
    # Two faded circles would be wider than one.
    wide = np.ptp(np.nonzero(made[90, :, 2] > 155)[0])
    assert wide <= 58


def test_it_begins_and_ends_as_the_pictures_it_leads_between() -> None:
    one, other = spot(100, 90), spot(108, 94)
    assert np.abs(lead_over(one, other, 0.0).astype(int) - one).mean() < 1
    assert np.abs(lead_over(one, other, 1.0).astype(int) - other).mean() < 1
