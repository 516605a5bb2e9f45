"""Faces in Redis: the level that all workers share, and that outlives them.

Bounded in bytes by a policy of its own (`face_redis.lua`), since the server also carries the
streams and must never evict. A Redis that does not answer is left alone for some seconds and
is never an error: the next level has the face.
"""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from importlib import resources
from typing import Any, Final, TypeVar

import redis
import structlog
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from avatars.errors import FaceFileBroken
from avatars.face_entry import pack, unpack
from avatars.face_levels import FaceName, LevelState, Note
from avatars.face_memory import memory_bytes
from avatars.popularity import HALF_LIFE_REQUESTS, MOST_NAMES
from lipsync.face.track import FaceTrack

ANSWER_S: Final = 0.5
"""A megabyte takes two milliseconds, and a stream that waits for a face must not wait for a server."""
REST_S: Final = 5.0
"""How long a Redis that did not answer is not asked."""
LOCK_MS: Final = 5_000
"""A process that builds a face and dies holds others up no longer than this."""

LARGEST_TRACK_BYTES: Final = 64 * 1024 * 1024
"""Longer ones stay in storage: their entry would hold up the streams that share the server."""

_KEYS: Final = ("{faces}:kept", "{faces}:used", "{faces}:asked", "{faces}:sums")
_ENTRY: Final = "{faces}:e:"
_LOCK: Final = "{faces}:b:"
_UNLOCK: Final = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 1"

_Answer = TypeVar("_Answer")

log = structlog.get_logger(__name__)


def faces_client(url: str, *, answer_s: float = ANSWER_S) -> redis.Redis:
    """Return a client that gives up early and tries nothing twice; `url` as redis-py reads it."""
    return redis.Redis.from_url(
        url,
        protocol=2,
        decode_responses=False,
        socket_connect_timeout=answer_s,
        socket_timeout=answer_s,
        retry=Retry(NoBackoff(), 0),
    )


class RedisFaces:
    """The second level; safe to share between threads and processes."""

    def __init__(
        self,
        client: redis.Redis,
        limit_bytes: int,
        idle_s: float,
        note: Note,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Make the level; connects at its first use.

        Args:
            client: with a short timeout, see `faces_client`.
            limit_bytes: what may be kept there, of all processes together.
            idle_s: a face that nobody asks for this long is let go.
            note: told what happens.
            clock: seconds since the epoch, about the same in all processes.
        """
        self._client = client
        self._limit_bytes = limit_bytes
        self._idle_s = idle_s
        self._note = note
        self._clock = clock
        self._rest_until_s = 0.0
        script = resources.files("avatars").joinpath("face_redis.lua").read_text("utf-8")
        self._script = client.register_script(script)
        self._unlock = client.register_script(_UNLOCK)

    def get(self, name: FaceName) -> tuple[FaceTrack | None, bool]:
        """Return a face and False, or None and whether it would be kept if it were put here."""
        answer = self._guarded(lambda: self._request(name))
        if answer is None:
            self._note("redis", "misses", 1)
            return None, False
        (hit, expired, wanted), entry = answer
        self._note("redis", "expired", expired)
        if not hit or entry is None:
            self._note("redis", "misses", 1)
            return None, bool(wanted)
        try:
            track = unpack(entry)
        except FaceFileBroken as error:
            log.warning("kept_face_poisoned", avatar=name.avatar, version=name.version, error=str(error))
            self._note("redis", "poisoned", 1)
            self._note("redis", "misses", 1)
            self.drop(name)
            return None, True
        self._note("redis", "hits", 1)
        return track, False

    def put(self, name: FaceName, track: FaceTrack) -> bool:
        """Keep a face if it deserves a place; return whether it is kept."""
        if self._is_resting() or memory_bytes(track) > LARGEST_TRACK_BYTES:
            return False
        answer = self._asked("keep", name, pack(track))
        if answer is None:
            return False
        kept, evicted = answer
        self._note("redis", "evictions", evicted)
        return bool(kept)

    def drop(self, name: FaceName) -> bool:
        """Remove a poisoned face; return whether it was there."""
        return bool(self._asked("drop", name))

    def lock(self, name: FaceName) -> Callable[[], None] | None:
        """Take the right to build a face; return what gives it back, or None if another has it.

        Where Redis does not answer everybody has the right.
        """
        key, token = f"{_LOCK}{name.avatar}:{name.version}:{name.source}", secrets.token_hex(8)
        taken = self._guarded(lambda: bool(self._client.set(key, token, nx=True, px=LOCK_MS)))
        if taken is False:
            return None

        def give_back() -> None:
            if taken:
                self._guarded(lambda: self._unlock(keys=[key], args=[token]))

        return give_back

    def state(self) -> LevelState | None:
        """Return what is kept, or None where Redis does not answer."""

        def read() -> LevelState:
            kept_bytes = int(self._client.hget(_KEYS[3], "bytes") or 0)
            entries = int(self._client.zcard(_KEYS[0]))
            first: Any = self._client.zrange(_KEYS[1], 0, 0, withscores=True)
            oldest_s = max(0.0, self._clock() - first[0][1] / 1000) if first else 0.0
            return LevelState(entries, kept_bytes, self._limit_bytes, oldest_s)

        return self._guarded(read)

    def totals(self) -> Mapping[str, int]:
        """Return what all processes together have counted. Raises RedisError."""
        sums = self._client.hgetall(_KEYS[3])
        counted = ("hits", "misses", "evictions", "expired", "poisoned")
        return {what: int(sums.get(what.encode(), 0)) for what in counted}

    def entries(self) -> Iterator[tuple[FaceName, bytes]]:
        """Yield every entry there is, listed or not, one at a time. Raises RedisError."""
        for key in self._client.scan_iter(match="{faces}:e:*", count=100):
            fields: Any = self._client.hmget(key, "v", "s", "d")
            version, source, entry = fields
            avatar = key.decode().removeprefix(_ENTRY)
            yield FaceName(avatar, int(version or 0), (source or b"").decode()), entry or b""

    def remove(self, avatar: str) -> None:
        """Remove an avatar's entry whatever it is. Raises RedisError."""
        self._client.delete(_ENTRY + avatar)

    def set_right(self) -> int:
        """Bring lists and sums in line with the entries; return how many were wrong. Raises RedisError."""
        return int(self._run("check", FaceName("", 0, "")))

    def _request(self, name: FaceName) -> tuple[tuple[int, int, int], bytes | None]:
        """Count a request; return the script's answer, and the entry if it is still that face's."""
        # Not through the script: a megabyte would be copied into Lua and out again, in which time the
        # server answers nobody. One trip all the same.
        with self._client.pipeline(transaction=False) as line:
            self._script(keys=_KEYS, args=self._arguments("ask", name), client=line)
            line.hmget(_ENTRY + name.avatar, "v", "s", "d")
            answer, (version, source, entry) = line.execute()
        is_it = (version, source) == (str(name.version).encode(), name.source.encode())
        return answer, entry if is_it else None

    def _asked(self, command: str, name: FaceName, *more: bytes) -> Any:
        return self._guarded(lambda: self._run(command, name, *more))

    def _run(self, command: str, name: FaceName, *more: bytes) -> Any:
        return self._script(keys=_KEYS, args=self._arguments(command, name, *more))

    def _arguments(self, command: str, name: FaceName, *more: bytes) -> list[str | int | bytes]:
        now_ms, idle_ms = int(self._clock() * 1000), int(self._idle_s * 1000)
        fixed = (command, now_ms, idle_ms, self._limit_bytes, HALF_LIFE_REQUESTS, MOST_NAMES)
        return [*fixed, name.avatar, name.version, name.source, *more]

    def _is_resting(self) -> bool:
        return time.monotonic() < self._rest_until_s

    def _guarded(self, ask: Callable[[], _Answer]) -> _Answer | None:
        if self._is_resting():
            return None
        try:
            return ask()
        except RedisError as error:
            # One that refuses a connection says so at once, one that hangs takes the whole timeout;
            # either way the streams that follow must not ask again one after another.
            self._rest_until_s = time.monotonic() + REST_S
            self._note("redis", "troubles", 1)
            log.warning("face_redis_away", error=str(error), rest_s=REST_S)
            return None
