"""What a job finds in its process beside the engine: the stream, the rows, storage.

Set up by tasks.worker when the process boots. Jobs are threads and share it.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

from avatars.storage import Storage
from lipsync.engines.net import NetFailed
from lipsync.mouth.heard_model import HeardModel
from monitoring.metrics_collector import WorkerMetrics
from tasks.captioning import no_font
from tasks.leases import Leases
from tasks.painted_places import PaintedPlaces
from tasks.stream import ChunkStream
from tasks.uses import Uses
from tasks.utterances import Utterances
from tasks.warmth import Router
from workers.engine import Engine
from workers.heard_table import shipped_heard_model


class StationClosed(RuntimeError):
    """This process runs no jobs; only a booted worker does."""

    def __init__(self) -> None:
        super().__init__("this process runs no jobs")


class Waiting(NamedTuple):
    """How many streams wait for their first claim."""

    painted: int
    others: int


NOBODY: Final = Waiting(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """Everything a job is handed."""

    engine: Engine
    stream: ChunkStream
    utterances: Utterances
    storage: Storage
    leases: Leases
    metrics: WorkerMetrics
    ahead_s: float
    router: Router | None = None
    """Passes utterances on to workers that have their faces ready; None keeps them all."""
    uses: Uses = field(default_factory=Uses)
    """Who has spoken here lately."""
    caption_font: Callable[[], bytes] = no_font
    """Reads the font of captions in pictures. Raises CaptionFontMissing."""
    heard_model: Callable[[], HeardModel] = field(
        default_factory=lambda: lru_cache(1)(shipped_heard_model)
    )
    """Reads which mouth belongs to recorded sound, once. Raises HeardModelBroken."""
    painted: PaintedPlaces = field(default_factory=PaintedPlaces)
    """How many of its streams the network of this worker carries."""
    net_failed: Callable[[NetFailed, str], None] = lambda *_: None
    """Told when the network gives nothing that may be shown, and of which utterance."""
    begun_s: float = field(default_factory=time.time)
    """When the process began to boot its engine, Unix time."""
    draining: threading.Event = field(default_factory=threading.Event)
    """Set when the process is to leave; jobs hand over at the next chunk border."""


    def lacks_place(self, waiting: Waiting, *, leaving_painted: bool) -> bool:
        """Return whether one of those that wait would begin here, were one of these streams to leave.

        Args:
            waiting: how many wait in each line.
            leaving_painted: whether what would leave is a stream whose mouths a network paints.
        """
        full = self.leases.count >= self.engine.streams
        if full and waiting.others:
            return True
        # A painted one needs a place of the network too, which only another painted one can leave it.
        helps = full or self.painted.full if leaving_painted else full and not self.painted.full
        return helps and self.painted.most > 0 and waiting.painted > 0


_current: list[Station] = []


def current_station() -> Station:
    """Return the station of this process.

    Raises:
        StationClosed: the process has none.
    """
    if not _current:
        raise StationClosed
    return _current[0]


def open_station(station: Station) -> None:
    """Make a station the one of this process; called once, at boot."""
    _current[:] = [station]
