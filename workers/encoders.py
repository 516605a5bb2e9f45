"""Encoders opened before anybody needs them.

Opening a pair of encoders takes some 8 ms, a good part of what the first chunk may
take. One spare of the usual size waits; taking it leaves the next to be opened when the
stream's first chunk is out.
"""

import threading

from lipsync import clock
from lipsync.engines.contract import Size
from lipsync.media.encoder import SegmentEncoder


class SpareEncoders:
    """One unused encoder of one size, for streams that begin at their first frame."""

    def __init__(self, size: Size) -> None:
        self._size = size
        self._spare: SegmentEncoder | None = None
        self._lock = threading.Lock()

    def take(self, size: Size, fps: int, first_frame: int) -> SegmentEncoder:
        """Return an encoder of the caller's own: the spare if it fits, else one opened now."""
        if size == self._size and fps == clock.FPS and first_frame == 0:
            with self._lock:
                spare, self._spare = self._spare, None
            if spare is not None:
                return spare
        return SegmentEncoder(size, fps, first_frame)

    def refill(self) -> None:
        """Open the next spare, if there is none; called where nobody waits."""
        with self._lock:
            if self._spare is None:
                self._spare = SegmentEncoder(self._size)
