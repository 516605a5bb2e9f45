"""What drawing and encoding costs here, without a service: the floor under every stream.

Loads a sample avatar and measures on this thread, one core. Beside it the floor of that:
the stream's encoders alone, over pictures that one `cv2.remap` has moved.
"""

from collections.abc import Callable, Iterator
from time import perf_counter, thread_time
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from avatars.seeding import SAMPLES, sample_face
from cli.bench.figures import p50_p95, percentile
from cli.bench.together import Tell
from lipsync import clock
from lipsync.engines.catalogue import get_engine
from lipsync.engines.contract import Brush, Drive, Frame, Size
from lipsync.media.encoder import SegmentEncoder
from lipsync.mouth.controls import rest
from lipsync.mouth.track import mouth_track
from lipsync.speech.spans import PhonemeSpan

USUAL: Final = Size(512, 512)
USUAL_ENGINE: Final = "warp"

_PHONEMES: Final = ("s", "a", "l", "A", "m", "_", "k", "i", "t", "A", "b", "u", "f", "o")
_PHONEME_SAMPLES: Final = clock.ms_to_samples(90)
_SWAY_PX: Final = 1.5
"""How far the floor's pictures move to each side: about what a head sways."""
_SWAY_FRAMES: Final = 75
_WARM_CHUNKS: Final = 2
"""Chunks before the timed ones; they load the encoder's and the painter's libraries."""


def chunks(count: int, engine: str, tell: Tell = lambda _: None, size: Size = USUAL) -> dict[str, Any]:
    """Draw and encode `count` chunks of 8 frames; return the time of one, and of its floor.

    Mouth and life move as in speech; the sound is noise of speech's loudness. `cpu_ms` is the
    processor's time for one chunk, the median.

    Raises:
        UnknownEngine: there is no engine of that name.
    """
    cv2.setNumThreads(1)
    painter = get_engine(engine).prepare(sample_face(SAMPLES[0].id), size)
    brush = painter.start(1)
    spans = [
        PhonemeSpan(_PHONEMES[n % len(_PHONEMES)], n * _PHONEME_SAMPLES, (n + 1) * _PHONEME_SAMPLES)
        for n in range(count * clock.CHUNK_FRAMES)
    ]

    def paint(first: int) -> Iterator[Frame]:
        mouth = mouth_track(spans, first % (count * clock.CHUNK_FRAMES), clock.CHUNK_FRAMES)
        return brush.paint(Drive.silent(first, mouth))

    moved = _Swaying(_still(brush), size)
    samples = clock.frames_to_samples(clock.CHUNK_FRAMES)
    noise = np.random.default_rng(1).integers(-4000, 4000, samples, dtype=np.int16)
    times = {"": (paint, _Clocks(noise)), "floor_": (moved.paint, _Clocks(noise))}
    encoders = {name: SegmentEncoder(size) for name in times}
    for turn in range(count + _WARM_CHUNKS):
        # In turns, so that what else the machine does slows both alike.
        for name, (draw, clocks) in times.items():
            clocks.time(draw, encoders[name], turn * clock.CHUNK_FRAMES)
        tell(max(0, turn + 1 - _WARM_CHUNKS))
    for encoder in encoders.values():
        encoder.close()
    figures: dict[str, Any] = {"bench": "chunk", "n": count, "size": str(size), "engine": engine}
    for name, (_, clocks) in times.items():
        figures |= {f"{name}{key}": value for key, value in clocks.figures().items()}
    return figures


class _Clocks:
    """The times of chunks that were drawn and encoded in one way."""

    def __init__(self, sound: NDArray[np.int16]) -> None:
        self._sound = sound
        self._wall_ms: list[float] = []
        self._cpu_ms: list[float] = []

    def time(self, draw: Callable[[int], Iterator[Frame]], encoder: SegmentEncoder, first: int) -> None:
        """Draw and encode one chunk and note how long it took."""
        wall_s, cpu_s = perf_counter(), thread_time()
        encoder.encode(draw(first), self._sound)
        self._wall_ms.append((perf_counter() - wall_s) * 1000)
        self._cpu_ms.append((thread_time() - cpu_s) * 1000)

    def figures(self) -> dict[str, float]:
        """Return the median and the worst of the chunks after the first ones."""
        cpu_ms = percentile(self._cpu_ms[_WARM_CHUNKS:], 0.5)
        return {**p50_p95(self._wall_ms[_WARM_CHUNKS:]), "cpu_ms": round(cpu_ms, 1)}


def _still(brush: Brush) -> NDArray[np.uint8]:
    return next(brush.paint(Drive.silent(0, rest(1)))).copy()


class _Swaying:
    """One picture, moved to and fro as a whole: the least that a moving picture takes."""

    def __init__(self, picture: NDArray[np.uint8], size: Size) -> None:
        self._frame = np.empty_like(picture)
        self._planes = [
            (source, target, *np.indices(source.shape, np.float32), np.empty(source.shape, np.float32))
            for source, target in zip(_planes(picture, size), _planes(self._frame, size), strict=True)
        ]

    def paint(self, first_frame: int) -> Iterator[Frame]:
        """Yield the frames of one chunk; the array is reused."""
        for number in range(first_frame, first_frame + clock.CHUNK_FRAMES):
            shift_px = np.float32(_SWAY_PX * np.sin(2 * np.pi * number / _SWAY_FRAMES))
            for source, target, rows, columns, moved in self._planes:
                np.add(columns, shift_px, out=moved)
                cv2.remap(source, moved, rows, cv2.INTER_LINEAR, dst=target)
            yield self._frame


def _planes(frame: NDArray[np.uint8], size: Size) -> list[NDArray[np.uint8]]:
    """Return views of a picture's Y, U and V."""
    flat = frame.reshape(-1)
    luma, chroma = size.width_px * size.height_px, size.width_px * size.height_px // 4
    half = (size.height_px // 2, size.width_px // 2)
    return [
        flat[:luma].reshape(size.height_px, size.width_px),
        flat[luma : luma + chroma].reshape(half),
        flat[luma + chroma :].reshape(half),
    ]
