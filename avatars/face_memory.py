"""Faces in this process: bounded in bytes, the most asked for stay.

Who comes in is decided by TinyLFU's rule (see `avatars.popularity`): a face pushes others out
only if it was asked for at least as often as all of them together. One that is let in by
nobody is handed out all the same and not kept.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from avatars.face_levels import FaceName, LevelState, Note
from avatars.popularity import Popularity
from lipsync.face.track import FaceTrack


def memory_bytes(track: FaceTrack) -> int:
    """Return how much memory a track holds."""
    return track.memory_bytes


@dataclass(slots=True)
class _Kept:
    name: FaceName
    track: FaceTrack
    size_bytes: int
    used_s: float


class ProcessFaces:
    """The first level; safe to share between threads."""

    def __init__(
        self, limit_bytes: int, idle_s: float, note: Note, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Make an empty level.

        Args:
            limit_bytes: what may be kept, as `memory_bytes` counts.
            idle_s: a face that nobody asks for this long is let go.
            note: told what happens.
            clock: seconds.
        """
        self._limit_bytes = limit_bytes
        self._idle_s = idle_s
        self._note = note
        self._clock = clock
        self._lock = threading.Lock()
        self._popularity = Popularity()
        self._kept: dict[str, _Kept] = {}
        self._kept_bytes = 0

    def get(self, name: FaceName) -> FaceTrack | None:
        """Return a face that is kept, and count the request either way."""
        with self._lock:
            self._popularity.note(name.avatar)
            kept = self._kept.get(name.avatar)
            found = kept is not None and kept.name == name and not self._is_idle(kept)
            if found and kept is not None:
                kept.used_s = self._clock()
        self._note("process", "hits" if found else "misses", 1)
        return kept.track if found and kept is not None else None

    def put(self, name: FaceName, track: FaceTrack) -> bool:
        """Keep a face if it deserves a place; return whether it is kept."""
        size_bytes = memory_bytes(track)
        with self._lock:
            expired = self._drop_idle()
            victims = self._victims(name, size_bytes)
            for victim in victims or ():
                self._drop(victim)
            if victims is not None:
                self._drop(name.avatar)
                self._kept[name.avatar] = _Kept(name, track, size_bytes, self._clock())
                self._kept_bytes += size_bytes
        self._note("process", "expired", expired)
        self._note("process", "evictions", len(victims or ()))
        return victims is not None

    def state(self) -> LevelState:
        """Return what is kept, after letting go of what nobody asks for."""
        with self._lock:
            expired = self._drop_idle()
            now_s = self._clock()
            oldest_s = max((now_s - kept.used_s for kept in self._kept.values()), default=0.0)
            state = LevelState(len(self._kept), self._kept_bytes, self._limit_bytes, oldest_s)
        self._note("process", "expired", expired)
        return state

    def _victims(self, name: FaceName, size_bytes: int) -> list[str] | None:
        """Return whose places a face takes, or None where it gets none."""
        kept = self._kept.get(name.avatar)
        if size_bytes > self._limit_bytes or (kept is not None and not name.replaces(kept.name)):
            return None
        # One face an avatar: an older version would stay for ever on the avatar's good name.
        room_bytes = self._limit_bytes - self._kept_bytes + (kept.size_bytes if kept else 0)
        worth, victims = self._popularity.of(name.avatar), list[str]()
        others = [other for other in self._kept if other != name.avatar]
        for other in sorted(others, key=lambda one: (self._popularity.of(one), self._kept[one].used_s)):
            if room_bytes >= size_bytes:
                break
            worth -= self._popularity.of(other)
            if worth < 0:
                return None
            victims.append(other)
            room_bytes += self._kept[other].size_bytes
        return victims

    def _is_idle(self, kept: _Kept) -> bool:
        return self._clock() - kept.used_s > self._idle_s

    def _drop_idle(self) -> int:
        idle = [avatar for avatar, kept in self._kept.items() if self._is_idle(kept)]
        for avatar in idle:
            self._drop(avatar)
        return len(idle)

    def _drop(self, avatar: str) -> None:
        kept = self._kept.pop(avatar, None)
        self._kept_bytes -= kept.size_bytes if kept else 0
