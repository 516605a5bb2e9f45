"""What one worker process holds warm: engines, faces ready to paint, voices.

Built once at boot by workers.boot and reached by `current_engine()`, which raises
rather than load late. Knows nothing of jobs or streams.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from lipsync.engines.catalogue import UnknownEngine
from lipsync.engines.contract import Engine as DrawingEngine
from lipsync.engines.contract import Painter, Size
from lipsync.face.track import FaceTrack
from workers.encoders import SpareEncoders
from workers.gate import DeadlineGate
from workers.voices import Voices

PAINTERS_BYTES: Final = 192 * 1024 * 1024
"""Memory for faces ready to paint unless told otherwise; the least recently used go first."""

WARM_SIZE: Final = Size(512, 512)
"""The default output; others are prepared by workers.warming, or when they are first asked for."""

log = structlog.get_logger(__name__)


class EngineCold(RuntimeError):
    """This process holds no warm engine; only a worker that has booted can draw."""

    def __init__(self) -> None:
        super().__init__("no engine has been warmed in this process")


PainterKey = tuple[str, int, str, Size]
"""Avatar, its version, engine and size."""


class Painters:
    """Faces ready to paint, each built once, however many threads ask for it at once."""

    def __init__(self, limit_bytes: int = PAINTERS_BYTES) -> None:
        self.limit_bytes = limit_bytes
        self._ready: OrderedDict[PainterKey, Painter] = OrderedDict()
        self._building: dict[PainterKey, threading.Lock] = {}
        self._lock = threading.Lock()
        self.hits = 0
        self.misses = 0

    def get(self, key: PainterKey, build: Callable[[], Painter]) -> Painter:
        """Return the painter of a key, building it if nobody has."""
        with self._lock:
            found = self._find(key)
            if found is not None:
                return found
            building = self._building.setdefault(key, threading.Lock())
        with building:
            with self._lock:
                found = self._find(key)
                if found is not None:
                    return found
                self.misses += 1
            painter = build()
            with self._lock:
                self._ready[key] = painter
                self._building.pop(key, None)
                self._evict()
            return painter

    def _find(self, key: PainterKey) -> Painter | None:
        painter = self._ready.get(key)
        if painter is not None:
            self._ready.move_to_end(key)
            self.hits += 1
        return painter

    def _evict(self) -> None:
        # Streams hold their own reference, so a painter in use only leaves this table.
        while len(self._ready) > 1 and self.memory_bytes > self.limit_bytes:
            self._ready.popitem(last=False)

    def has(self, key: PainterKey) -> bool:
        """Return whether a painter is ready, which counts as no use of it."""
        with self._lock:
            return key in self._ready

    def ready(self) -> list[PainterKey]:
        """Return what is ready, the least recently used first."""
        with self._lock:
            return list(self._ready)

    @property
    def memory_bytes(self) -> int:
        """Bytes of all painters in the table."""
        return sum(painter.memory_bytes for painter in list(self._ready.values()))


class Engine:
    """The warm state of one worker process."""

    def __init__(
        self,
        owner: str,
        voices: Voices,
        drawing: Mapping[str, DrawingEngine],
        faces: Callable[[str, int], FaceTrack],
        gate: DeadlineGate,
        *,
        painters_bytes: int = PAINTERS_BYTES,
    ) -> None:
        self.owner = owner
        """Name of this boot of this worker, as leases carry it."""
        self.voices = voices
        self.gate = gate
        self.painters = Painters(painters_bytes)
        self.encoders = SpareEncoders(WARM_SIZE)
        self.streams = 1
        """Streams this process carries at once; measured at boot or set."""
        self._drawing = drawing
        self._faces = faces

    @property
    def engines(self) -> tuple[str, ...]:
        """Names of the engines held."""
        return tuple(self._drawing)

    def is_ready(self, key: PainterKey) -> bool:
        """Return whether a face can be painted without preparing it first."""
        return self.painters.has(key)

    def painter(self, avatar_id: str, version: int, engine: str, size: Size) -> Painter:
        """Return an avatar ready to paint.

        Raises:
            UnknownEngine: no engine of this name is held.
            AvatarError: the avatar is not there, or its face does not read.
            StorageError: the avatar's files are not there.
        """
        if engine not in self._drawing:
            raise UnknownEngine(engine, self.engines)
        drawing = self._drawing[engine]
        return self.painters.get(
            (avatar_id, version, engine, size),
            lambda: drawing.prepare(self._faces(avatar_id, version), size),
        )


_current: list[Engine] = []


def current_engine() -> Engine:
    """Return the engine of this process.

    Raises:
        EngineCold: the process has not booted one.
    """
    if not _current:
        raise EngineCold
    return _current[0]


def install(engine: Engine) -> None:
    """Make an engine the one of this process; called once, at boot."""
    _current[:] = [engine]


def remove() -> None:
    """Forget the engine, on the way out."""
    _current.clear()
