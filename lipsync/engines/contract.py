"""What every engine offers, whatever it draws with.

`Engine.prepare` does all that depends only on a face and a size, once; the `Painter`
it returns is immutable and shared by every stream of that avatar and size.
`Painter.start` gives a `Brush`, which belongs to one stream and one thread and holds
its scratch memory. A frame is a pure function of painter, seed, frame number, controls
and the sound around it, so that another worker can go on from any frame.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from lipsync.face.track import FaceTrack
from lipsync.mouth.controls import MouthTrack, rest
from lipsync.speech.heard import Heard, silence

WHENEVER: Final = float("inf")
"""Due at no time: whoever is in a hurry goes first."""

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


@dataclass(frozen=True, slots=True, eq=False)
class Drive:
    """What moves a face for some consecutive frames: every engine takes of it what it needs."""

    first_frame: int
    """Number of the first since the stream began; blink, breath and sway are functions of
    it and of the stream's seed."""
    mouth: MouthTrack
    """Controls, float32, shape (frames, 10)."""
    heard: tuple[Heard, ...]
    """The sound, sentence by sentence: together as many frames as `mouth` has rows."""
    before: MouthTrack = field(default_factory=lambda: rest(0))
    """Controls of the frames before the first that belong to its sentence, at most
    `heard.PAST_FRAMES`: whoever takes over draws from them what the first frames go on from."""

    def __post_init__(self) -> None:
        heard = sum(piece.frames for piece in self.heard)
        if heard != len(self.mouth):
            raise ValueError(f"a drive of {len(self.mouth)} frames has sound for {heard}")

    @classmethod
    def silent(cls, first_frame: int, mouth: MouthTrack) -> "Drive":
        """Return one in which nothing is said, for faces that are shown and not spoken with."""
        return cls(first_frame, mouth, (silence(len(mouth)),))

    @property
    def frames(self) -> int:
        """How many frames."""
        return len(self.mouth)


class Brush(Protocol):
    """Paints the frames of one stream, in one thread."""

    def foresee(self, drive: Drive, due_s: float = WHENEVER) -> None:
        """Have that worked out which takes a device, so that `paint` need not wait for it.

        May wait for frames of other streams, and needs no processor meanwhile: call it before
        a place at one is asked for. An engine without a device does nothing. `paint` makes
        good what was not foreseen.

        Args:
            drive: the very one that will be painted next.
            due_s: when its first frame is due, on the caller's own clock.

        Raises:
            NetFailed: the device gave nothing that may be shown (`lipsync.engines.net`).
        """
        ...

    def paint(self, drive: Drive) -> Iterator[Frame]:
        """Yield the frames of a drive.

        Yields:
            I420 pictures. The array is reused: it holds until the next one is asked for.

        Raises:
            NetFailed: as `foresee`, where it was not called.
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
