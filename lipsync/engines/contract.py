"""What every engine offers, whatever it draws with.

`Engine.prepare` does all that depends only on a face and a size, once; the `Painter`
it returns is immutable and shared by every stream of that avatar and size.
`Painter.start` gives a `Brush`, which belongs to one stream and one thread and holds
its scratch memory. A frame is a pure function of painter, seed, frame number and
controls, so that another worker can go on from any frame.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lipsync.face.track import FaceTrack
from lipsync.mouth.controls import MouthTrack

Frame = NDArray[np.uint8]
"""One picture in planar YUV 4:2:0 (I420, BT.709, limited range), uint8, contiguous,
shape (height * 3 // 2, width): Y, then U, then V."""


@dataclass(frozen=True, slots=True)
class Size:
    """The size of the output in pixels; both even, 256 to 1280."""

    width_px: int
    height_px: int

    def __str__(self) -> str:
        return f"{self.width_px}x{self.height_px}"


class Brush(Protocol):
    """Paints the frames of one stream, in one thread."""

    def paint(self, first_frame: int, mouth: MouthTrack) -> Iterator[Frame]:
        """Yield one frame per row of `mouth`, the first being number `first_frame`.

        Args:
            first_frame: number of the first frame since the stream began; blink,
                breath and sway are functions of it and of the stream's seed.
            mouth: controls, float32, shape (frames, 10).

        Yields:
            I420 pictures. The array is reused: it holds until the next one is asked for.
        """
        ...


class Painter(Protocol):
    """One avatar at one size, ready to be painted; immutable, shared by threads."""

    @property
    def size(self) -> Size:
        """The size of its frames."""
        ...

    @property
    def memory_bytes(self) -> int:
        """Bytes it holds, shared by all of its brushes."""
        ...

    def start(self, seed: int) -> Brush:
        """Return a brush for one stream."""
        ...


class Engine(Protocol):
    """A way of drawing a speaking face."""

    name: str

    def prepare(self, face: FaceTrack, size: Size) -> Painter:
        """Do once what depends only on the face and the size."""
        ...
