"""What a frame with a painted mouth costs here, stage by stage, without a service.

A sample avatar and a model in, processor time on this thread out. The network is the one in the
asset folder or, where there is none, one of the published size with weights drawn by chance:
equally slow, and what it paints is not looked at.
"""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any, Final

import cv2
import numpy as np

from avatars.seeding import SAMPLES, sample_face
from cli.bench.figures import percentile
from cli.bench.together import BenchmarkFailed, Tell
from lipsync import clock
from lipsync.engines.contract import Drive, Size
from lipsync.engines.net import Mouths, Net
from lipsync.engines.planes import split_i420
from lipsync.engines.wav2lip import Wav2LipEngine, Wav2LipPainter, lay_face
from lipsync.engines.wav2lip_crop import face_of, yuv_of
from lipsync.engines.wav2lip_finish import FINISHED, finish_face
from lipsync.mouth.controls import JAW, rest
from lipsync.speech.heard import AFTER_SAMPLES, BEFORE_SAMPLES, Heard
from lipsync.speech.mel import windows
from workers.device import open_session
from workers.nets import MODEL, OnnxNet
from workers.wav2lip_layout import random_weights

USUAL: Final = Size(512, 512)
_WARM_CHUNKS: Final = 2


def painting(count: int, asset_dir: Path, tell: Tell = lambda _: None, size: Size = USUAL) -> dict[str, Any]:
    """Paint `count` chunks of 8 frames; return milliseconds a frame of each stage, the medians.

    `under` is the picture with the mouth at rest, `mel` the sound's columns, `net` the network on
    one thread (wall time), `finish` steadying, colours and sharpening, `lay` the composite.
    """
    cv2.setNumThreads(1)
    net, model = bench_net(asset_dir)
    painter = Wav2LipEngine(net).prepare(sample_face(SAMPLES[0].id), size)
    bench = _Stages(painter)
    for turn in range(count + _WARM_CHUNKS):
        bench.chunk(turn)
        tell(max(0, turn + 1 - _WARM_CHUNKS))
    figures = {f"{name}_ms": bench.frame_ms(name) for name in bench.times_s}
    own = sum(value for name, value in figures.items() if name != "net_ms")
    return {
        "bench": "painting", "n": count, "size": str(size), "side_px": net.side_px, "model": model,
        **figures, "all_but_net_ms": round(own, 2),
    }  # fmt: skip


def bench_net(asset_dir: Path) -> tuple[Net, str]:
    """Return the network of the asset folder or one of chance, on one thread, and which it is.

    Raises:
        BenchmarkFailed: there is none, and none can be made.
    """
    path = asset_dir / MODEL
    if path.is_file():
        return OnnxNet(open_session(path)), "asset folder"
    return OnnxNet(open_session(_of_chance())), "random weights"


def _of_chance() -> bytes:
    """Return a model of the published size whose weights are nobody's. Raises BenchmarkFailed."""
    try:
        from workers.wav2lip_export import graph_of  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise BenchmarkFailed(
            f"no model at {MODEL} in the asset folder, and none can be made: {error.name} is missing; "
            "pip install '.[export]'"
        ) from error
    return bytes(graph_of(random_weights()).SerializeToString())


class _Stages:
    """Paints chunks, and notes how long each stage of one takes."""

    def __init__(self, painter: Wav2LipPainter) -> None:
        self._painter = painter
        self._footing = painter.ground.start(1)
        self._seen = painter.ground.seen(0)
        self._face = face_of(self._seen)
        self._noise = np.random.default_rng(1).integers(-4000, 4000, 20 * 1920, dtype=np.int16)
        self.times_s: dict[str, list[float]] = {}

    def frame_ms(self, name: str) -> float:
        """Return the median of a stage for one frame."""
        return round(percentile(self.times_s[name][_WARM_CHUNKS:], 0.5) * 1000 / clock.CHUNK_FRAMES, 2)

    def chunk(self, turn: int) -> None:
        """Paint one chunk."""
        frames = clock.CHUNK_FRAMES
        mouth = rest(frames)
        mouth[:, JAW] = np.linspace(0, 0.8, frames)
        start = clock.frames_to_samples(frames) - BEFORE_SAMPLES
        end = clock.frames_to_samples(2 * frames) + AFTER_SAMPLES
        heard = Heard(frames, frames, start, self._noise[start:end])
        mel = self._timed("mel", lambda: windows(heard))
        faces = np.broadcast_to(self._face, (frames, *self._face.shape))
        painted = self._timed("net", lambda: self._painter.net.paint(mel, faces), clock_s=perf_counter)
        under = self._timed("under", lambda: self._under(Drive(turn * frames, mouth, (heard,))))
        done = self._timed("finish", lambda: self._finish(painted))
        self._timed("lay", lambda: self._lay(under, done))

    def _timed(self, name: str, work: Callable[[], Any], clock_s: Callable[[], float] = thread_time) -> Any:
        begun_s = clock_s()
        done = work()
        self.times_s.setdefault(name, []).append(clock_s() - begun_s)
        return done

    def _under(self, drive: Drive) -> list[Any]:
        return [(frame.copy(), spot) for frame, spot in self._footing.paint(drive)]

    def _finish(self, painted: Mouths) -> list[Any]:
        enlarged = self._painter.size.width_px / 2 / self._painter.net.side_px
        faces = [yuv_of(face) for face in painted]
        return [
            finish_face(
                faces[at], faces[max(0, at - 2) : at], seen=self._seen,
                matching=self._painter.ground.matching, enlarged=enlarged, how=FINISHED,
            )
            for at in range(len(faces))
        ]  # fmt: skip

    def _lay(self, under: list[Any], done: list[Any]) -> None:
        for (frame, spot), (luma, colours) in zip(under, done, strict=True):
            lay_face(luma, colours, spot, split_i420(frame, self._painter.size))
