"""A bare process becomes a warm engine: pin, load, warm, measure.

Called by tasks.worker before the process takes any job. What is warmed here is drawn,
encoded and spoken for real, so that the first stream pays for nothing but itself.
"""

import os
import secrets
from pathlib import Path
from time import perf_counter
from typing import Final

import cv2
import numpy as np
import structlog

from avatars.facecache import FaceCache
from avatars.registry import HOUSE, Asked, Registry
from avatars.storage import Storage
from lipsync import clock
from lipsync.engines.catalogue import get_engine, known_engines
from lipsync.engines.contract import Drive, Painter
from lipsync.engines.net import Net
from lipsync.engines.sprites import Keeping
from lipsync.media.encoder import SegmentEncoder
from lipsync.mouth.controls import JAW, rest
from workers.capacity import measure_streams
from workers.engine import PAINTERS_BYTES, WARM_SIZE, Engine
from workers.gate import DeadlineGate
from workers.voices import open_voices

MOST_WARM_AVATARS: Final = 4
"""Avatars of the house made ready to paint before the first job; others follow while the worker is idle."""

log = structlog.get_logger(__name__)


def boot(
    worker_name: str,
    registry: Registry,
    faces: FaceCache,
    runtime_dir: Path,
    streams: int,
    *,
    painters_bytes: int = PAINTERS_BYTES,
    voice_dir: Path | None = None,
    storage: Storage | None = None,
    net: Net | None = None,
    sprites: Keeping | None = None,
) -> Engine:
    """Build the warm engine of this process.

    Args:
        worker_name: name of the worker, the same after a restart.
        registry: which avatars there are.
        faces: where faces are.
        runtime_dir: folder for the voice process's socket.
        streams: streams to carry at once; 0 measures it.
        painters_bytes: memory for faces ready to paint.
        voice_dir: folder of Piper's voices; None offers none.
        storage: where workers share what they have measured of voices; None shares nothing.
        net: paints mouths; None offers no engine that needs one.
        sprites: how what it paints of photos is kept; None has every frame painted.

    Raises:
        VoiceError: the voice process does not start.
        StorageError: an avatar's files are missing.
    """
    begun = perf_counter()
    # One thread per call: with pools of their own, OpenCV and the encoders burn twice the
    # processor time in spinning, and the streams are the parallelism already.
    cv2.setNumThreads(1)
    voices = open_voices(runtime_dir, voice_dir, storage)
    voices.warm()
    engine = Engine(
        owner=f"{worker_name}:{os.getpid()}-{secrets.token_hex(4)}",
        voices=voices,
        drawing={name: get_engine(name, net, sprites) for name in known_engines(net)},
        faces=lambda avatar, version: faces.get(registry.get_version(avatar, version)),
        gate=DeadlineGate(),
        painters_bytes=painters_bytes,
    )
    painters = _warm_faces(engine, registry)
    engine.encoders.refill()
    frame_ms = 0.0
    engine.streams = streams or 1
    if painters:
        measured, frame_ms = _measure(painters[0])
        engine.streams = streams or measured
    log.info(
        "engine_warm",
        owner=engine.owner,
        seconds=round(perf_counter() - begun, 3),
        avatars=len(painters),
        streams=engine.streams,
        frame_ms=round(frame_ms, 2),
    )
    return engine


def _warm_faces(engine: Engine, registry: Registry) -> list[Painter]:
    rows = registry.list(Asked(seen_by=HOUSE, limit=MOST_WARM_AVATARS))
    # An avatar may be drawn by an engine that other workers have.
    held = [row for row in rows if row.engine in engine.engines]
    return [engine.painter(row.id, row.version, row.engine, WARM_SIZE) for row in held]


def _measure(painter: Painter) -> tuple[int, float]:
    """Draw and encode speech-like frames: also what warms the encoder's libraries."""
    brush = painter.start(seed=0)
    mouth = rest(clock.CHUNK_FRAMES)
    mouth[:, JAW] = np.linspace(0.0, 0.8, clock.CHUNK_FRAMES, dtype=np.float32)
    sound = np.zeros(clock.frames_to_samples(clock.CHUNK_FRAMES), np.int16)
    frame = 0
    encoder = SegmentEncoder(painter.size)

    def draw_chunk() -> None:
        nonlocal frame
        encoder.encode(brush.paint(Drive.silent(frame, mouth)), sound)
        frame += clock.CHUNK_FRAMES

    try:
        draw_chunk()
        return measure_streams(draw_chunk)
    finally:
        encoder.close()
