"""Faces of avatars, wherever they are nearest: this process, Redis, storage.

Between the engine room and `avatars.face_memory`, `avatars.face_redis` and
`avatars.face_stored`. Many threads that ask for one missing face have it loaded once, and many
processes have it built once. Nothing but storage's own failures reaches the one who asks.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

import redis

from avatars.face_levels import EVENTS, LEVELS, Event, FaceName, Level, LevelState, Note, rates
from avatars.face_memory import ProcessFaces, memory_bytes
from avatars.face_redis import RedisFaces
from avatars.face_stored import StoredFaces, name_of
from avatars.registry import AvatarRow
from avatars.storage import Storage
from lipsync.face.track import FaceTrack

__all__ = ["CacheLimits", "FaceCache", "Later", "memory_bytes"]

BUILD_WAIT_S: Final = 2.0
"""How long one waits for a face that another process builds before building it too."""
_LOOK_S: Final = 0.02
_WAITING_AT_MOST: Final = 4
"""Faces that wait to be compressed for Redis, each a few megabytes; more are left out."""

MB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheLimits:
    """What the levels may keep, and for how long."""

    process_bytes: int = 256 * MB
    redis_bytes: int = 256 * MB
    idle_s: float = 24 * 3600.0
    """A face that nobody asks for this long is let go, at both levels."""


class Later:
    """Runs work on a thread of its own, one piece at a time; what does not fit is left out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Callable[[], object]] = []
        self._running = False

    def __call__(self, work: Callable[[], object]) -> None:
        """Take a piece of work, unless enough of it waits."""
        with self._lock:
            if len(self._waiting) >= _WAITING_AT_MOST:
                return
            self._waiting.append(work)
            if self._running:
                return
            self._running = True
        threading.Thread(target=self._work, name="face-keeper", daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._running = False
                    return
                work = self._waiting.pop(0)
            work()


def at_once(work: Callable[[], object]) -> None:
    """Run work before going on."""
    work()


class FaceCache:
    """Faces of avatars, loaded when first asked for; safe to share between threads."""

    def __init__(
        self,
        storage: Storage,
        *,
        limits: CacheLimits,
        client: redis.Redis | None = None,
        note: Note = lambda _level, _event, _count: None,
        later: Callable[[Callable[[], object]], None] = at_once,
    ) -> None:
        """Make a cache whose first level is empty.

        Args:
            storage: where faces are.
            limits: what may be kept.
            client: Redis of the second level; None goes without.
            note: told what happens, such as `CacheMetrics.note`; called by many threads.
            later: runs what nobody waits for.
        """
        self._counts: Counter[tuple[str, str]] = Counter()
        self._told = note
        self._lock = threading.Lock()
        self._loading: dict[FaceName, Future[FaceTrack]] = {}
        self._later = later
        self.process = ProcessFaces(limits.process_bytes, limits.idle_s, self._note)
        self.redis: RedisFaces | None = None
        if client is not None:
            self.redis = RedisFaces(client, limits.redis_bytes, limits.idle_s, self._note)
        self.stored = StoredFaces(storage, self._note)

    def get(self, avatar: AvatarRow) -> FaceTrack:
        """Return an avatar's face, to be read only.

        Raises:
            ObjectMissing: its picture or points are not in storage.
            FaceFileBroken: they are not what was registered, or cannot be read.
            StorageError: storage does not answer.
        """
        name = name_of(avatar)
        found = self.process.get(name)
        if found is not None:
            return found
        with self._lock:
            theirs = self._loading.get(name)
            if theirs is None:
                mine = self._loading[name] = Future[FaceTrack]()
        return theirs.result() if theirs is not None else self._load_for_all(name, avatar, mine)

    def keep(self, avatar: AvatarRow, track: FaceTrack) -> None:
        """Put a face that was just registered where all workers find it."""
        self.stored.put(avatar, track)
        if self.redis is not None:
            self.redis.put(name_of(avatar), track)

    def counts(self) -> Mapping[Level, Mapping[Event, int]]:
        """Return what has happened in this process at each level."""
        with self._lock:
            return {level: {event: self._counts[level, event] for event in EVENTS} for level in LEVELS}

    def rates(self) -> Mapping[str, float]:
        """Return which part of all requests `process` answered, and `memory` (with Redis)."""
        return rates(self.counts())

    def memory_states(self) -> Mapping[Level, LevelState]:
        """Return what the first two levels hold; Redis is left out where it does not answer."""
        found: dict[Level, LevelState] = {"process": self.process.state()}
        shared = None if self.redis is None else self.redis.state()
        return found if shared is None else {**found, "redis": shared}

    def _load_for_all(self, name: FaceName, avatar: AvatarRow, future: Future[FaceTrack]) -> FaceTrack:
        try:
            track, wanted = self._load(name, avatar)
        except BaseException as error:
            with self._lock:
                del self._loading[name]
            future.set_exception(error)
            raise
        self.process.put(name, track)
        with self._lock:
            del self._loading[name]
        future.set_result(track)
        shared = self.redis
        if shared is not None and wanted:
            # Compressing takes longer than loading; whoever asked need not wait for it.
            self._later(lambda: shared.put(name, track))
        return track

    def _load(self, name: FaceName, avatar: AvatarRow) -> tuple[FaceTrack, bool]:
        """Return a face from behind the process, and whether Redis wants it."""
        wanted = False
        if self.redis is not None:
            track, wanted = self.redis.get(name)
            if track is not None:
                return track, False
        kept = self.stored.get(avatar)
        return (kept if kept is not None else self._build(name, avatar)), wanted

    def _build(self, name: FaceName, avatar: AvatarRow) -> FaceTrack:
        give_back = self._right_to_build(name)
        try:
            # The one before may have finished while this one waited.
            kept = None if give_back is None else self.stored.peek(avatar)
            return kept if kept is not None else self.stored.build(avatar)
        finally:
            if give_back is not None:
                give_back()

    def _right_to_build(self, name: FaceName) -> Callable[[], None] | None:
        """Wait for the right to build; None once that takes too long."""
        if self.redis is None:
            return _nothing
        deadline_s = time.monotonic() + BUILD_WAIT_S
        while True:
            give_back = self.redis.lock(name)
            if give_back is not None:
                return give_back
            if time.monotonic() > deadline_s:
                return None
            time.sleep(_LOOK_S)

    def _note(self, level: str, event: str, count: int) -> None:
        if not count:
            return
        with self._lock:
            self._counts[level, event] += count
        self._told(level, event, count)


def _nothing() -> None:
    """Give back a right that needed nobody's leave."""
