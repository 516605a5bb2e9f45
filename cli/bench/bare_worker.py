"""A bare Python with a worker's imports: what a worker's start and memory stand on.

`cli.bench.machine` starts it as a process of its own; it prints one line of JSON and ends.
It imports what a worker imports, makes the sample faces ready to paint and draws a chunk of
each, and opens encoders until their memory can be told from the noise. No Celery loop, no
Redis, no voice.
"""

import json
import time
from collections.abc import Iterable
from typing import Final

import cv2
import numpy as np
import psutil
from numpy.typing import NDArray

import tasks.worker
from avatars.seeding import SAMPLES, sample_face
from lipsync import clock
from lipsync.engines.catalogue import get_engine
from lipsync.engines.contract import Drive, Size
from lipsync.media.encoder import SegmentEncoder
from lipsync.mouth.controls import rest

ENCODERS: Final = 8

WORKER: Final = tasks.worker
"""Imported for what comes in with it."""

_SIZE: Final = Size(512, 512)
_MEGABYTE: Final = 1e6


def main() -> None:
    """Print `import_s` (from exec), `prepare_s`, `import_mb` and `encoder_mb` (for each)."""
    here = psutil.Process()
    import_s = time.time() - here.create_time()
    import_mb = here.memory_full_info().uss / _MEGABYTE
    begun_s = time.perf_counter()
    _prepare()
    prepare_s = time.perf_counter() - begun_s
    before_mb = here.memory_full_info().uss / _MEGABYTE
    opened = _open_encoders()
    encoder_mb = (here.memory_full_info().uss / _MEGABYTE - before_mb) / len(opened)
    figures = {
        "import_s": import_s, "prepare_s": prepare_s, "import_mb": import_mb, "encoder_mb": encoder_mb,
    }  # fmt: skip
    print(json.dumps(figures))


def _prepare() -> None:
    """Do what no worker can be warm without: read both faces, and draw and encode with each."""
    cv2.setNumThreads(1)
    for sample in SAMPLES:
        brush = get_engine("warp").prepare(sample_face(sample.id), _SIZE).start(0)
        _encoder_in_use(brush.paint(Drive.silent(0, rest(clock.CHUNK_FRAMES))))


def _open_encoders() -> list[SegmentEncoder]:
    grey = np.full((_SIZE.height_px * 3 // 2, _SIZE.width_px), 128, np.uint8)
    return [_encoder_in_use([grey] * clock.CHUNK_FRAMES) for _ in range(ENCODERS)]


def _encoder_in_use(frames: Iterable[NDArray[np.uint8]]) -> SegmentEncoder:
    encoder = SegmentEncoder(_SIZE)
    encoder.encode(frames, np.zeros(clock.frames_to_samples(clock.CHUNK_FRAMES), np.int16))
    return encoder


if __name__ == "__main__":
    main()
