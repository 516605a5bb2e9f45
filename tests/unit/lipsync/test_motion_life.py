"""Blink, breath and sway: pure functions of seed and frame number."""

from itertools import pairwise

import numpy as np
import pytest

from lipsync.motion.blink import blink_frame, closure, second_blink_frame
from lipsync.motion.breath import PERIOD_S, breath
from lipsync.motion.chance import uniform, wander
from lipsync.motion.sway import PITCH_DEG, ROLL_DEG, YAW_DEG, sway

FPS = 25
SEEDS = range(20)


def test_chance_is_even_and_the_same_every_time():
    drawn = [uniform(7, "any", i) for i in range(4000)]
    assert drawn == [uniform(7, "any", i) for i in range(4000)]
    counts, _ = np.histogram(drawn, bins=10, range=(0, 1))
    assert min(drawn) >= 0.0
    assert max(drawn) < 1.0
    assert counts.min() > 320
    assert counts.max() < 480


def test_chance_differs_by_seed_and_by_name():
    assert uniform(1, "a", 0) != uniform(2, "a", 0)
    assert uniform(1, "a", 0) != uniform(1, "b", 0)


def test_blinks_are_two_to_six_seconds_apart():
    for seed in SEEDS:
        frames = [blink_frame(seed, slot) for slot in range(200)]
        apart_s = np.diff(frames) / FPS
        assert apart_s.min() >= 2.0
        assert apart_s.max() <= 6.0


def courses(fps: int = FPS) -> list[list[float]]:
    """Return the lids' course around each single blink, fully closed at its middle."""
    around = fps // 2
    return [
        [closure(seed, frame, fps) for frame in range(peak - around, peak + around + 1)]
        for seed in SEEDS
        for slot in range(1, 30)
        if second_blink_frame(seed, slot, fps) is None
        for peak in [blink_frame(seed, slot, fps)]
    ]


def test_every_blink_closes_the_eyes_fully_and_takes_six_to_nine_frames():
    for course in courses():
        moving = [i for i, shut in enumerate(course) if shut > 0]
        assert course[FPS // 2] == 1.0
        assert moving == list(range(moving[0], moving[-1] + 1))
        assert 6 <= len(moving) <= 9


def test_lids_fall_in_two_or_three_frames_stay_and_rise_more_slowly():
    for course in courses():
        middle = FPS // 2
        falling = sum(shut > 0 for shut in course[:middle])
        rising = sum(0 < shut < 0.9 for shut in course[middle + 1 :])
        assert falling == 2
        assert 3 <= rising <= 5
        assert all(later >= earlier for earlier, later in pairwise(course[: middle + 1]))
        assert all(later <= earlier for earlier, later in pairwise(course[middle:]))


def test_a_blinks_parts_last_as_long_as_peoples_on_a_finer_clock():
    fine_fps = 1000
    lengths = set()
    for course in courses(fine_fps)[:80]:
        middle = fine_fps // 2
        closing = sum(0 < shut < 1 for shut in course[:middle])
        held = sum(shut == 1 for shut in course)
        opening = sum(0 < shut < 1 for shut in course[middle:])
        assert 80 <= closing <= 120
        assert 20 <= held <= 50
        assert 148 <= opening <= 200
        lengths.add((closing, held, opening))
    assert len(lengths) > 40


def test_some_blinks_come_twice_within_half_a_second_and_the_eyes_open_between():
    twice = 0
    for seed in SEEDS:
        for slot in range(50):
            first, second = blink_frame(seed, slot), second_blink_frame(seed, slot)
            if second is not None:
                twice += 1
                assert 7 <= second - first <= 10
                assert closure(seed, second) == 1.0
                assert min(closure(seed, frame) for frame in range(first, second)) < 0.35
    assert 0.08 < twice / (50 * len(SEEDS)) < 0.16


def test_eyes_are_open_most_of_the_time():
    share = np.mean([closure(seed, frame) > 0.5 for seed in SEEDS for frame in range(2000)])
    assert 0.02 < share < 0.06


def test_breath_stays_within_its_range_and_turns_once_a_period():
    values = np.array([breath(3, frame) for frame in range(round(PERIOD_S * FPS) * 4)])
    assert values.min() >= 0.0
    assert values.max() <= 1.0
    assert values.max() - values.min() > 0.98
    peaks = (values[1:-1] > values[:-2]) & (values[1:-1] >= values[2:])
    assert peaks.sum() == 4


def test_the_head_stays_within_its_angles_and_never_jumps():
    for seed in SEEDS:
        poses = [sway(seed, frame) for frame in range(1500)]
        for name, most in (("yaw_rad", YAW_DEG), ("pitch_rad", PITCH_DEG), ("roll_rad", ROLL_DEG)):
            degrees = np.degrees([getattr(pose, name) for pose in poses])
            assert np.abs(degrees).max() <= most
            assert np.abs(np.diff(degrees)).max() < 0.45


def test_the_head_moves_at_all():
    yaw = np.degrees([sway(1, frame).yaw_rad for frame in range(500)])
    assert np.ptp(yaw) > 1.5


@pytest.mark.parametrize("frame", [0, 1, 99, 100, 10**7])
def test_any_frame_can_be_asked_first(frame):
    assert sway(5, frame) == sway(5, frame)
    assert closure(5, frame) == closure(5, frame)
    assert -1.0 <= wander(5, "x", frame / 7) <= 1.0
