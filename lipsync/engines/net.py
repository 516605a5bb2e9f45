"""A network that paints mouths, as the engine that draws with it asks for it.

Implemented where sessions and devices are (`workers.nets`), and by whatever stands between
the streams and a device. What comes back is looked at here before anything is drawn from it.
Holds no session.
"""

from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from lipsync.engines.contract import WHENEVER

Mels = NDArray[np.float32]
"""Sound of some frames, float32, shape (N, 1, 80, 16), -4..4 (`lipsync.speech.mel`)."""

Faces = NDArray[np.float32]
"""Faces to be painted, float32, shape (N, 6, S, S), 0..1: B, G and R with the lower half black,
then B, G and R whole."""

Mouths = NDArray[np.float32]
"""Painted faces, float32, shape (N, 3, S, S), 0..1, B, G and R."""

SIDES_PX: Final = (96, 192, 256, 288, 384)
"""Sizes that networks of this family are published in; which one a file has, its own shape says."""

_LEAST_SPAN: Final = 2 / 255
"""A picture whose values all lie this near to each other shows no face."""
_LEAST, _MOST = -0.05, 1.05
"""Beyond these a network counts otherwise than 0..1."""


class Net(Protocol):
    """A network of the Wav2Lip family that is ready; called by many threads at once."""

    @property
    def side_px(self) -> int:
        """S: width and height of the faces it takes and paints."""
        ...

    def paint(self, mel: Mels, face: Faces, due_s: float = WHENEVER) -> Mouths:
        """Paint some frames of one stream, in order.

        Args:
            mel: float32, shape (N, 1, 80, 16), N from 1 to about 10.
            face: float32, shape (N, 6, S, S); may have a first axis of stride 0 where all are one.
            due_s: when the first of them is due, on the clock of whoever calls `Brush.foresee`;
                frames of several streams are painted in this order.

        Returns:
            Float32, shape (N, 3, S, S), the caller's own.

        Raises:
            NetFailed: they cannot be painted; never a picture in place of it.
        """
        ...


class NetFailed(RuntimeError):
    """The network gave nothing that may be shown; its device has to be looked at before it goes on."""


class NetPaintedNoNumbers(NetFailed):
    """Painted frames hold values that are no numbers."""

    def __init__(self, frames: int) -> None:
        super().__init__(f"{frames} painted frames hold NaN or infinity; test the device before it goes on")
        self.frames = frames


class NetPaintedNothing(NetFailed):
    """Painted frames are of one colour all over."""

    def __init__(self, frames: int) -> None:
        super().__init__(f"{frames} painted frames are of one colour; test the device before it goes on")
        self.frames = frames


class NetPaintedOtherwise(NetFailed):
    """The network gave arrays of another shape, type or range than was asked for."""

    def __init__(self, found: str, wanted: str) -> None:
        super().__init__(f"the network gave {found}, not {wanted}; another model file is needed")
        self.found, self.wanted = found, wanted


def check_mouths(mouths: Mouths, frames: int, side_px: int) -> Mouths:
    """Return painted faces if they may be shown.

    Raises:
        NetPaintedOtherwise: another shape or type, or values well outside 0..1.
        NetPaintedNoNumbers: NaN or infinity in some frame.
        NetPaintedNothing: some frame is of one colour.
    """
    wanted = (frames, 3, side_px, side_px)
    if mouths.shape != wanted or mouths.dtype != np.float32:
        raise NetPaintedOtherwise(f"{mouths.dtype} {mouths.shape}", f"float32 {wanted}")
    flat = mouths.reshape(frames, -1)
    # Both are NaN where anything is, and infinite where anything is.
    least, most = flat.min(axis=1), flat.max(axis=1)
    broken = int((~(np.isfinite(least) & np.isfinite(most))).sum())
    if broken:
        raise NetPaintedNoNumbers(broken)
    constant = int((most - least < _LEAST_SPAN).sum())
    if constant:
        raise NetPaintedNothing(constant)
    if least.min() < _LEAST or most.max() > _MOST:
        raise NetPaintedOtherwise(f"values from {least.min():.2f} to {most.max():.2f}", "0..1")
    return mouths
