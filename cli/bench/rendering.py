"""What drawing and encoding costs here, without a service: the floor under every stream.

Loads the sample avatars and measures on this thread, one core.
"""

from time import perf_counter
from typing import Any, Final

import cv2
import numpy as np

from avatars.seeding import SAMPLES, sample_face
from cli.bench.figures import p50_p95
from lipsync import clock
from lipsync.engines.catalogue import get_engine
from lipsync.engines.contract import Size
from lipsync.media.encoder import SegmentEncoder
from lipsync.mouth.track import mouth_track
from lipsync.speech.spans import PhonemeSpan

USUAL: Final = Size(512, 512)

_PHONEMES: Final = ("s", "a", "l", "A", "m", "_", "k", "i", "t", "A", "b", "u", "f", "o")
_PHONEME_SAMPLES: Final = clock.ms_to_samples(90)


def chunks(count: int, engine: str, size: Size = USUAL) -> dict[str, Any]:
    """Draw and encode `count` chunks of 8 frames; return the time of one.

    Mouth and life move as in speech; the sound is noise of speech's loudness.
    """
    cv2.setNumThreads(1)
    painter = get_engine(engine).prepare(sample_face(SAMPLES[0].id), size)
    brush, encoder = painter.start(1), SegmentEncoder(size)
    samples = clock.frames_to_samples(clock.CHUNK_FRAMES)
    noise = np.random.default_rng(1).integers(-4000, 4000, samples, dtype=np.int16)
    spans = [
        PhonemeSpan(_PHONEMES[n % len(_PHONEMES)], n * _PHONEME_SAMPLES, (n + 1) * _PHONEME_SAMPLES)
        for n in range(count * clock.CHUNK_FRAMES)
    ]
    times_ms = []
    for turn in range(count + 2):
        first = turn * clock.CHUNK_FRAMES
        begun = perf_counter()
        mouth = mouth_track(spans, first % (count * clock.CHUNK_FRAMES), clock.CHUNK_FRAMES)
        encoder.encode(brush.paint(first, mouth), noise)
        times_ms.append((perf_counter() - begun) * 1000)
    encoder.close()
    # The first two warm the encoder's and the painter's libraries.
    return {"bench": "chunk", "n": count, "size": str(size), **p50_p95(times_ms[2:])}


def first_frames_ms(engine: str, turns: int = 20) -> float:
    """Return the median time to draw and encode the five frames of a first chunk, warm."""
    eight = chunks(turns, engine)["p50_ms"]
    return float(eight) * clock.FIRST_CHUNK_FRAMES / clock.CHUNK_FRAMES
