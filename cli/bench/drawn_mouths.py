"""A net that draws an opening by what is heard: nobody's weights, but a mouth that moves with the sound.

For looking at motion, and for errors on something smoother than weights drawn by chance, which paint
noise. Loud sound opens the mouth, bright sound widens it; nothing of it is learnt from a person.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipsync.engines.contract import WHENEVER
from lipsync.engines.grid import floats
from lipsync.engines.net import Faces, Mels, Mouths
from lipsync.speech.mel import COLUMNS

_NOW: Final = np.exp(-(((np.arange(COLUMNS) - 4) / 2.5) ** 2))
"""How much each column of mel bears upon its frame; the first ones are nearest to it."""
_MIDDLE: Final = (0.5, 0.78)
"""Where in a face the mouth is: across and down."""
_INSIDE: Final = np.array([0.12, 0.08, 0.22], np.float32)
_LIPS: Final = np.array([0.38, 0.36, 0.68], np.float32)
"""Blue, green, red."""

Shares = NDArray[np.float32]


class DrawnMouths:
    """Draws mouths; see `lipsync.engines.net.Net`."""

    def __init__(self, side_px: int = 96) -> None:
        self.side_px = side_px

    def paint(self, mel: Mels, face: Faces, due_s: float = WHENEVER) -> Mouths:
        """Draw some frames."""
        del due_s
        opening, width = shape_of(mel)
        at = (np.arange(self.side_px, dtype=np.float32) + 0.5) / self.side_px
        across = floats(((at[None, None, :] - _MIDDLE[0]) / width[:, None, None]) ** 2)
        down = at[None, :, None] - _MIDDLE[1]
        inner = _soft(floats(across + (down / np.maximum(opening, 0.004)[:, None, None]) ** 2))
        outer = _soft(floats(across / 1.4 + (down / (opening + 0.035)[:, None, None]) ** 2))
        shown = face[:, 3:] * (1 - outer[:, None]) + _LIPS[:, None, None] * outer[:, None]
        painted: Mouths = shown * (1 - inner[:, None]) + _INSIDE[:, None, None] * inner[:, None]
        return painted


def shape_of(mel: Mels) -> tuple[Shares, Shares]:
    """Return how far each frame's mouth opens, and how wide it is, in sides of the face."""
    now = (mel[:, 0] * (_NOW / _NOW.sum())).sum(axis=2)
    loud = np.clip((now[:, 8:40].mean(axis=1) + 2.5) / 4, 0, 1)
    bright = np.clip((now[:, 45:70].mean(axis=1) - now[:, 5:25].mean(axis=1)) / 4 + 0.5, 0, 1)
    return np.asarray(0.075 * loud, np.float32), np.asarray(0.12 + 0.07 * bright, np.float32)


def _soft(distance: NDArray[np.float32]) -> Shares:
    """Return 1 within an ellipse and 0 outside of it."""
    return np.asarray(1 / (1 + np.exp(np.clip(6 * (distance - 1), -30, 30))), np.float32)
