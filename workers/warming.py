"""Makes faces ready in the sizes that are asked for now and then, before anybody asks.

Runs in a thread beside the jobs once the worker is ready. Preparing a face takes some
tenths of a second of one core, and the first viewer of a size would wait for it; so it is
done while the process carries no stream, one face at a time, with a pause after each.
"""

import threading
from collections.abc import Callable
from typing import Final

import structlog

from avatars.errors import AvatarError, StorageError
from lipsync.engines.contract import Size
from workers.engine import PAINTERS_BYTES, WARM_SIZE, Engine, PainterKey

COMMON_SIZES: Final = (Size(720, 1280), Size(1024, 1024), Size(768, 768), Size(256, 256))
"""The most asked for first. All of them take some 30 MB a face."""

EVERY_S: Final = 1.0
"""The pause before each face: a stream that begins meanwhile shares its core with one at most."""

log = structlog.get_logger(__name__)


def next_cold(engine: Engine, tried: set[PainterKey]) -> PainterKey | None:
    """Return the next face and size to make ready; None when all are, or memory is half full."""
    if engine.painters.memory_bytes > PAINTERS_BYTES // 2:
        # Beyond that, what is made ready here would push out what is in use.
        return None
    ready = engine.painters.ready()
    # Whoever was asked for last is the likeliest to be asked for again.
    faces = [key[:3] for key in reversed(ready) if key[3] == WARM_SIZE]
    wanted: list[PainterKey] = [(*face, size) for size in COMMON_SIZES for face in faces]
    return next((key for key in wanted if key not in tried and key not in ready), None)


def keep_warm(engine: Engine, idle: Callable[[], bool], stop: threading.Event) -> None:
    """Make every face that is ready in the usual size ready in the common ones, until told to stop.

    Args:
        engine: whose faces.
        idle: whether the process carries no stream.
        stop: ends the work after the face at hand.
    """
    tried: set[PainterKey] = set()
    while not stop.wait(EVERY_S):
        key = next_cold(engine, tried)
        if key is None or not idle():
            continue
        tried.add(key)
        try:
            engine.painter(*key)
        except (AvatarError, StorageError) as trouble:
            # The face was taken away meanwhile; whoever asks for it is told why.
            log.warning("face_not_warmed", avatar=key[0], error=str(trouble))
