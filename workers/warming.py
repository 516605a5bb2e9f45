"""Makes faces ready before anybody asks: the likeliest ones, then the common sizes of all.

Runs in a thread beside the jobs once the worker is ready. Preparing a face takes some
tenths of a second of one core, and the first viewer of it would wait for it; so it is
done while the process carries no stream, one face at a time, with a pause after each.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from avatars.errors import AvatarError, StorageError
from avatars.usage import Likely
from lipsync.engines.catalogue import UnknownEngine
from lipsync.engines.contract import Size
from workers.engine import WARM_SIZE, Engine, PainterKey

COMMON_SIZES: Final = (Size(720, 1280), Size(1024, 1024), Size(768, 768), Size(256, 256))
"""The most asked for first. All of them take some 30 MB a face."""

EVERY_S: Final = 1.0
"""The pause before each face: a stream that begins meanwhile shares its core with one at most."""

ASK_EVERY_S: Final = 4.0
"""How old the list of the likeliest may be: an avatar that was just registered is ready soon after."""

MOST_LIKELY: Final = 16
"""How many of the likeliest are made ready; some 4 MB each."""

MOST_TRIED: Final = 1000

log = structlog.get_logger(__name__)


def next_cold(engine: Engine, likely: Sequence[Likely], tried: set[PainterKey]) -> PainterKey | None:
    """Return the next face and size to make ready; None when all are, or memory does not allow more."""
    held_bytes, limit_bytes = engine.painters.memory_bytes, engine.painters.limit_bytes
    ready = engine.painters.ready()
    # More would push out what is in use. The likeliest may take another quarter: a face costs
    # more to the one who waits for it than a second size of one that is there.
    if held_bytes <= limit_bytes * 3 // 4:
        first: list[PainterKey] = [(one.avatar_id, one.version, one.engine, WARM_SIZE) for one in likely]
        found = _first(first, ready, tried)
        if found is not None:
            return found
    if held_bytes > limit_bytes // 2:
        return None
    # Whoever was asked for last is the likeliest to be asked for again.
    faces = [key[:3] for key in reversed(ready) if key[3] == WARM_SIZE]
    return _first([(*face, size) for size in COMMON_SIZES for face in faces], ready, tried)


def _first(wanted: list[PainterKey], ready: list[PainterKey], tried: set[PainterKey]) -> PainterKey | None:
    return next((key for key in wanted if key not in tried and key not in ready), None)


class LikelyFaces:
    """The likeliest faces as the registry last told them."""

    def __init__(self, ask: Callable[[int], Sequence[Likely]]) -> None:
        self._ask = ask
        self._told: Sequence[Likely] = ()
        self._at_s = float("-inf")

    def now(self) -> Sequence[Likely]:
        """Return them; what was told last where the database does not answer."""
        if time.monotonic() - self._at_s >= ASK_EVERY_S:
            self._at_s = time.monotonic()
            try:
                self._told = self._ask(MOST_LIKELY)
            except SQLAlchemyError as trouble:
                log.warning("likely_faces_unknown", error=str(trouble))
        return self._told


def keep_warm(
    engine: Engine,
    idle: Callable[[], bool],
    stop: threading.Event,
    likely: Callable[[int], Sequence[Likely]],
) -> None:
    """Make the likeliest faces ready, and all that are ready in the common sizes too, until told to stop.

    Args:
        engine: whose faces.
        idle: whether the process carries no stream.
        stop: ends the work after the face at hand.
        likely: returns so many faces, the likeliest first; pinned ones are.
    """
    tried: set[PainterKey] = set()
    faces = LikelyFaces(likely)
    while not stop.wait(EVERY_S):
        key = next_cold(engine, faces.now(), tried) if idle() else None
        if key is None:
            continue
        if len(tried) >= MOST_TRIED:
            tried.clear()
        tried.add(key)
        try:
            engine.painter(*key)
        except (AvatarError, StorageError, UnknownEngine) as trouble:
            # The face was taken away meanwhile; whoever asks for it is told why.
            log.warning("face_not_warmed", avatar=key[0], error=str(trouble))
