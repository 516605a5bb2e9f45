"""Does a net still paint as it did? Its golden input again, and its pictures against its first ones.

Between a batcher and its net, as a net itself. Once a minute of work it paints what it was tested with
at the start: one that no longer comes near enough fails, as it would have then. And how bright its
pictures are is compared with its first minute: that tells of input that has changed its kind, which
no golden input shows. Changes no picture.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from lipsync import clock
from lipsync.engines.contract import WHENEVER
from lipsync.engines.net import Faces, Mels, Mouths, Net
from workers.golden import Golden

FIRST_FRAMES: Final = 60 * clock.FPS
"""What is usual is learnt from so many frames, about a minute of one stream."""
EVERY_S: Final = 60.0
"""How often the golden input is painted again while there is work; it takes a call of two frames."""
_NOW_SHARE: Final = 1 / FIRST_FRAMES
_LEAST_DEVIATION: Final = 1 / 255
"""Of a net whose pictures are all as bright, a difference nobody sees is no drift."""


@dataclass(frozen=True, slots=True)
class Drift:
    """How far a net is from where it began."""

    deviations: float
    """The brightness of about the last minute from the first one's, in standard deviations of frames;
    0 while that is being learnt."""
    golden_db: float
    """The golden input's PSNR when it was last painted."""


class DriftNet:
    """A net that is watched; asked by one thread only.

    Args:
        net: what paints.
        golden: what it was tested with.
        golden_db: how near it came at the start.
        note: told after each call.
        clock_s: tells seconds.
    """

    def __init__(
        self,
        net: Net,
        golden: Golden,
        golden_db: float,
        note: Callable[[Drift], None],
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._net = net
        self._golden, self._golden_db = golden, golden_db
        self._note = note
        self._clock_s = clock_s
        self._tested_s = clock_s()
        self._first: list[float] = []
        self._mean = self._deviation = self._now = 0.0

    @property
    def side_px(self) -> int:
        """Width and height of the faces."""
        return self._net.side_px

    def paint(self, mel: Mels, face: Faces, due_s: float = WHENEVER) -> Mouths:
        """Paint some frames; see `lipsync.engines.net.Net`.

        Raises:
            GoldenDiffers: the net no longer paints what its file says.
            NetFailed: it gives nothing that may be shown.
        """
        if self._clock_s() - self._tested_s >= EVERY_S:
            # Before these frames and not after: what a device paints that has gone wrong is not shown.
            self._golden_db = self._golden.measure(self._net)
            self._tested_s = self._clock_s()
        mouths = self._net.paint(mel, face, due_s)
        for bright in mouths.reshape(len(mouths), -1).mean(axis=1):
            if np.isfinite(bright):
                self._look(float(bright))
        self._note(Drift(self._deviations(), self._golden_db))
        return mouths

    def _look(self, bright: float) -> None:
        if self._is_learnt():
            self._now += (bright - self._now) * _NOW_SHARE
            return
        self._first.append(bright)
        if self._is_learnt():
            self._mean = self._now = float(np.mean(self._first))
            self._deviation = max(float(np.std(self._first)), _LEAST_DEVIATION)

    def _is_learnt(self) -> bool:
        return len(self._first) == FIRST_FRAMES

    def _deviations(self) -> float:
        return abs(self._now - self._mean) / self._deviation if self._is_learnt() else 0.0
