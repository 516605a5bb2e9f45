"""A net is watched for painting otherwise than it did, and paints the same for it."""

import numpy as np
import pytest
from mouth_nets import NetOf

from lipsync.engines.net import Faces, Mels, Mouths
from workers.drift import EVERY_S, FIRST_FRAMES, Drift, DriftNet
from workers.golden import FRAMES as GOLDEN_FRAMES
from workers.golden import Golden, GoldenDiffers

FRAMES = 25


class Lamp:
    """Paints in a brightness that can be turned, a little different each time, but for its golden input."""

    def __init__(self) -> None:
        self.level = 0.5
        self.golden_level = 0.5
        self.golden_calls = 0
        self._chance = np.random.default_rng(1)

    def paint(self, mel: Mels, face: Faces) -> Mouths:
        if len(mel) == GOLDEN_FRAMES:
            self.golden_calls += 1
            ramp = np.linspace(-0.1, 0.1, 8) + self.golden_level
            return np.broadcast_to(ramp, (len(mel), 3, 8, 8)).astype(np.float32)
        levels = self.level + self._chance.normal(0, 0.02, len(mel))
        return np.broadcast_to(levels[:, None, None, None], (len(mel), 3, 8, 8)).astype(np.float32)


class Watched:
    """A net over a lamp, what it told, and its clock."""

    def __init__(self) -> None:
        self.lamp = Lamp()
        self.told: list[Drift] = []
        self.now_s = 0.0
        mel, face = self._given(GOLDEN_FRAMES)
        golden = Golden(mel, face, self.lamp.paint(mel, face))
        self.lamp.golden_calls = 0
        self.net = DriftNet(
            NetOf(self.lamp.paint, side_px=8), golden, 99.0, self.told.append, lambda: self.now_s
        )

    @staticmethod
    def _given(frames: int) -> tuple[Mels, Faces]:
        return np.zeros((frames, 1, 80, 16), np.float32), np.zeros((frames, 6, 8, 8), np.float32)

    def shine(self, calls: int) -> Mouths:
        for _ in range(calls):
            painted = self.net.paint(*self._given(FRAMES))
        return painted


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_what_is_usual_is_learnt_first_and_little_is_said_while_it_stays_so(watched: Watched) -> None:
    watched.shine(FIRST_FRAMES // FRAMES)
    assert {each.deviations for each in watched.told} == {0.0}
    watched.shine(2 * FIRST_FRAMES // FRAMES)
    assert 0 < max(each.deviations for each in watched.told) < 0.5


def test_a_net_that_paints_darker_from_some_time_on_is_told_of(watched: Watched) -> None:
    watched.shine(FIRST_FRAMES // FRAMES)
    watched.lamp.level = 0.3
    watched.shine(3 * FIRST_FRAMES // FRAMES)
    # A fifth of white is ten deviations of two hundredths.
    assert 8 < watched.told[-1].deviations < 12


def test_values_that_are_no_numbers_are_handed_on_and_spoil_no_mean(watched: Watched) -> None:
    watched.shine(FIRST_FRAMES // FRAMES)
    watched.lamp.level = float("nan")
    assert np.isnan(watched.shine(1)).all()
    watched.lamp.level = 0.5
    watched.shine(1)
    assert np.isfinite(watched.told[-1].deviations)


def test_the_golden_input_is_painted_again_once_a_minute_of_work(watched: Watched) -> None:
    watched.shine(2)
    assert (watched.lamp.golden_calls, watched.told[-1].golden_db) == (0, 99.0)
    watched.now_s = EVERY_S
    watched.lamp.golden_level = 0.501
    watched.shine(3)
    assert watched.lamp.golden_calls == 1
    # A thousandth of white.
    assert watched.told[-1].golden_db == pytest.approx(60, abs=0.1)


def test_a_net_that_no_longer_paints_what_its_file_says_fails_before_it_is_shown(watched: Watched) -> None:
    watched.shine(1)
    watched.now_s = EVERY_S
    watched.lamp.golden_level = 0.7
    with pytest.raises(GoldenDiffers):
        watched.shine(1)
    assert len(watched.told) == 1
