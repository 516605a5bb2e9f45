"""The chunk stream on Redis: what `tasks/stream.lua` does, as a ChunkStream.

Every change of a stream is one script; deadlines, viewers and tickets are single
commands beside them. Works on Redis 6.2 and later. Opens no connection before the first
call; a lost answer is asked for again, since every command may be repeated.
"""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlsplit

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from tasks.chunks import Chunk, Kind
from tasks.errors import QueueFull, StreamUnreachable
from tasks.stream import (
    ATTEMPTS_MAX,
    BELL_S,
    FIRST_BELL_S,
    LEASE_S,
    LOG_ENDED_S,
    LOG_LIVE_S,
    META_ENDED_S,
    META_LIVE_S,
    PRESENCE_S,
    RETRY_AFTER_S,
    STATE_AFTER,
    Claim,
    ClaimVerdict,
    ForeignEpoch,
    Published,
    PublishVerdict,
    StreamMeta,
    StreamState,
)

ACTIVE: Final = "s:active"
WAITING: Final = "q:waiting"
ORDER: Final = "q:order"
PAINTED: Final = "q:painted"

CONNECT_S: Final = 2.0
WRITE_S: Final = 3.0
"""No command of a writer takes longer than this unless its Redis is in trouble."""
RETRIES: Final = 6
"""About a second in all when connections are refused, as between a crash and a restart."""
BACKOFF_FIRST_S: Final = 0.02
BACKOFF_MOST_S: Final = 0.5
TICK_S: Final = 0.1
"""How late a blocking command of a quiet server may return."""
ASK_S: Final = 0.01
DUE_MOST: Final = 1000
"""Streams the reaper is handed at once."""
MOVES_MOST: Final = 16
"""How often an ending is written anew because a claim came in between."""

_NO_ANSWER: Final = (RedisConnectionError, RedisTimeoutError, ReadOnlyError)
"""A server that has just become a replica takes no write, but another does."""
_FULL: Final = "command not allowed when used memory"
"""What a full server says; Redis 6.2 says it in an error of the script's."""

_EXPIRIES_MS: Final = tuple(int(s * 1000) for s in (META_LIVE_S, META_ENDED_S, LOG_LIVE_S, LOG_ENDED_S))
_META_LIVE_MS: Final = _EXPIRIES_MS[0]


class BadRedisUrl(ValueError):
    """A Redis address is redis://, rediss://, unix:///path or redis+socket:///path."""

    def __init__(self, scheme: str) -> None:
        super().__init__(f"Redis address of scheme {scheme!r}; known: redis, rediss, unix, redis+socket")
        self.scheme = scheme


def redis_client(url: str, *, blocking: bool) -> redis.Redis:
    """Return a client for an address; it connects at its first command.

    Args:
        url: `redis://`, `rediss://`, `unix:///path?db=n`, or kombu's
            `redis+socket:///path?virtual_host=n`.
        blocking: whether it waits in commands such as XREAD BLOCK. Such a client has no
            socket timeout: with one, every quiet stream would look like a dead server.

    Raises:
        BadRedisUrl: the scheme is another.
    """
    return redis.Redis.from_url(
        plain_url(url),
        protocol=2,
        decode_responses=False,
        socket_connect_timeout=CONNECT_S,
        socket_timeout=None if blocking else WRITE_S,
        retry=Retry(ExponentialWithJitterBackoff(cap=BACKOFF_MOST_S, base=BACKOFF_FIRST_S), RETRIES),
    )


def plain_url(url: str) -> str:
    """Return an address as redis-py reads it. Raises BadRedisUrl."""
    parts = urlsplit(url)
    if parts.scheme in {"redis", "rediss", "unix"}:
        return url
    if parts.scheme != "redis+socket":
        raise BadRedisUrl(parts.scheme)
    query = {"db" if name == "virtual_host" else name: value for name, value in parse_qsl(parts.query)}
    user = parts.netloc.rpartition("@")[0]
    tail = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    return f"unix://{user + '@' if user else ''}{parts.path}{'?' + tail if tail else ''}"


def open_stream(url: str) -> "RedisChunkStream":
    """Return the chunk stream at a Redis address; connects at its first call."""
    return RedisChunkStream(redis_client(url, blocking=False), redis_client(url, blocking=True))


@contextmanager
def _reaching() -> Iterator[None]:
    try:
        yield
    except _NO_ANSWER as error:
        raise StreamUnreachable(str(error)) from error
    except ResponseError as error:
        if _FULL not in str(error):
            raise
        raise StreamUnreachable(str(error)) from error


def _ms(seconds: float) -> int:
    return int(seconds * 1000)


class RedisChunkStream:
    """Streams on one Redis.

    Every method raises StreamUnreachable when Redis does not answer, after a few
    retries of its own; the call may then be made again.
    """

    def __init__(
        self,
        writer: redis.Redis,
        reader: redis.Redis,
        *,
        lease_s: float = LEASE_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._redis: Any = writer
        self._reader: Any = reader
        self._lease_ms = _ms(lease_s)
        self._clock = clock
        source = files("tasks").joinpath("stream.lua").read_text(encoding="utf-8")
        self._script: Any = writer.register_script(source)

    def close(self) -> None:
        """Close the connections; the stream may not be used afterwards."""
        self._redis.close()
        self._reader.close()

    def create(
        self, sid: str, epoch: str, *, queue_limit: int | None = None, painted: bool = False
    ) -> None:
        """See ChunkStream."""
        limit = -1 if queue_limit is None else queue_limit
        # Listed before it is made: one that is listed and was never made is crossed off by
        # the reaper, but one made and not listed could stand in the line for ever.
        with _reaching():
            listed = self._redis.zadd(ACTIVE, {sid: self._clock() + FIRST_BELL_S}, nx=True)
            if painted:
                self._redis.sadd(PAINTED, sid)
        (answer,) = self._run("create", sid, epoch, limit, _META_LIVE_MS)
        if answer == b"full":
            if listed:
                self.forget(sid)
            raise QueueFull(limit, RETRY_AFTER_S)
        if answer == b"foreign":
            raise ForeignEpoch(sid)

    def recreate(
        self,
        sid: str,
        epoch: str,
        gen: int,
        next_seq: int,
        *,
        owner: str | None = None,
        painted: bool = False,
    ) -> bool:
        """See ChunkStream."""
        made = self._run(
            "recreate", sid, epoch, gen, next_seq, owner or "", self._lease_ms, _META_LIVE_MS
        )
        if made and painted:
            with _reaching():
                self._redis.sadd(PAINTED, sid)
        if made:
            self.postpone(sid, self._clock() + (self._lease_ms / 1000 if owner else FIRST_BELL_S))
        return bool(made)

    def claim(self, sid: str, owner: str) -> Claim:
        """See ChunkStream."""
        # The token lets a claim whose answer was lost be repeated, and still keeps two
        # jobs of one process apart, which have the same owner.
        token = uuid.uuid4().hex
        verdict, gen, next_seq, epoch = self._run(
            "claim", sid, owner, token, self._lease_ms, _META_LIVE_MS, ATTEMPTS_MAX
        )
        claim = Claim(ClaimVerdict(verdict.decode()), gen, next_seq, epoch.decode(), owner)
        if claim.verdict is ClaimVerdict.POISON:
            message = f"{ATTEMPTS_MAX} workers in a row stopped without publishing anything"
            self._finish(sid, "failed", {"code": "poison", "message": message})
        elif claim.verdict is ClaimVerdict.CLAIMED:
            # Its first deadline is a bell's, which is later than the end of a lease.
            self.postpone(sid, self._clock() + self._lease_ms / 1000)
        return claim

    def set_init(self, sid: str, gen: int, init: bytes, mime: str) -> PublishVerdict:
        """See ChunkStream."""
        return PublishVerdict(self._run("set_init", sid, gen, init, mime, self._lease_ms).decode())

    def publish(self, gen: int, chunk: Chunk, *, trim_to: int | None = None) -> Published:
        """See ChunkStream."""
        sid = chunk.utterance
        verdict, next_seq, log_bytes = self._run(
            "publish", sid, gen, chunk.seq, chunk.epoch, chunk.kind, chunk.to_message(),
            trim_to or 0, self._lease_ms, *_EXPIRIES_MS,
        )  # fmt: skip
        published = Published(PublishVerdict(verdict.decode()), next_seq, log_bytes)
        if STATE_AFTER[chunk.kind].ended and published.verdict is PublishVerdict.APPENDED:
            self.forget(sid)
        return published

    def renew(self, sid: str, gen: int, owner: str) -> bool:
        """See ChunkStream."""
        return bool(self._run("renew", sid, gen, owner, self._lease_ms, _META_LIVE_MS))

    def release(self, sid: str, gen: int, owner: str, *, drained: bool = False) -> None:
        """See ChunkStream."""
        if self._run("release", sid, gen, owner, int(drained)):
            self.postpone(sid, self._clock())

    def release_owner(self, owner_prefix: str) -> Sequence[str]:
        """See ChunkStream."""
        with _reaching():
            listed = [sid.decode() for sid in self._redis.zrange(ACTIVE, 0, -1)]
        evicted = [sid for sid in listed if self._run("evict", sid, owner_prefix)]
        for sid in evicted:
            self.postpone(sid, self._clock())
        return evicted

    def request_cancel(self, sid: str) -> bool:
        """See ChunkStream."""
        detail = {"code": "cancelled", "message": "cancelled before any worker held it"}
        return self._finish(sid, "cancelled", detail, ask=True)

    def _finish(self, sid: str, kind: Kind, detail: Mapping[str, object], *, ask: bool = False) -> bool:
        """End a stream that nobody holds; False when somebody does."""
        for _ in range(MOVES_MOST):
            meta = self.meta(sid)
            if meta is None:
                return True
            chunk = Chunk(
                epoch=meta.epoch, gen=meta.gen + 1, seq=meta.next, kind=kind, utterance=sid, detail=detail
            )
            answer = self._run(
                "finish", sid, meta.gen, meta.next, kind, chunk.to_message(), int(ask), *_EXPIRIES_MS
            )
            if answer == b"finished":
                self.forget(sid)
            if answer != b"moved":
                return bool(answer != b"held")
        raise StreamUnreachable(f"stream {sid!r} was claimed and given back {MOVES_MOST} times meanwhile")

    def cancel_requested(self, sid: str) -> bool:
        """See ChunkStream."""
        with _reaching():
            return bool(self._redis.hget(f"s:{{{sid}}}:meta", "cancel") == b"1")

    def tell_text(self, sid: str) -> None:
        """See ChunkStream."""
        key = f"s:{{{sid}}}:text"
        with _reaching():
            steps = self._redis.pipeline(transaction=True)
            steps.lpush(key, 1).ltrim(key, 0, 0).pexpire(key, _ms(BELL_S)).execute()

    def await_text(self, sid: str, timeout_s: float) -> bool:
        """See ChunkStream."""
        key, end_s = f"s:{{{sid}}}:text", time.monotonic() + timeout_s
        with _reaching():
            # A quiet server looks at its timeouts ten times a second: the last stretch is asked for.
            if timeout_s > TICK_S and self._reader.blpop([key], timeout=timeout_s - TICK_S) is not None:
                return True
            while (left_s := end_s - time.monotonic()) > 0:
                if self._redis.lpop(key) is not None:
                    return True
                time.sleep(min(ASK_S, left_s))
        return False

    def meta(self, sid: str) -> StreamMeta | None:
        """See ChunkStream."""
        names = ("epoch", "gen", "next", "state", "attempts", "init", "mime")
        with _reaching():
            fields = self._redis.pipeline(transaction=True)
            fields.hmget(f"s:{{{sid}}}:meta", names).get(f"s:{{{sid}}}:lease")
            (epoch, gen, next_seq, state, attempts, init, mime), owner = fields.execute()
        if epoch is None:
            return None
        return StreamMeta(
            epoch=epoch.decode(), gen=int(gen), next=int(next_seq), state=StreamState(state.decode()),
            attempts=int(attempts), owner=None if owner is None else owner.decode(),
            init=init, mime=None if mime is None else mime.decode(),
        )  # fmt: skip

    def oldest(self, sid: str) -> int | None:
        """See ChunkStream."""
        with _reaching():
            entries = self._redis.xrange(f"s:{{{sid}}}:log", count=1)
        return _seq(entries[0][0]) if entries else None

    def read(
        self, sid: str, after_seq: int, *, block_ms: int = 0, count: int = 16
    ) -> Sequence[tuple[int, bytes]]:
        """See ChunkStream."""
        with _reaching():
            # To Redis, BLOCK 0 means for ever.
            found = self._reader.xread(
                {f"s:{{{sid}}}:log": f"{after_seq}-0"}, count=count, block=block_ms or None
            )
        return [(_seq(entry), fields[b"m"]) for entry, fields in found[0][1]] if found else []

    def place(self, sid: str, *, room: int = 0, painted_room: int = 0) -> int | None:
        """See ChunkStream."""
        with _reaching():
            asked = self._redis.pipeline(transaction=True)
            waiting, listed, painted = (
                asked.zrange(WAITING, 0, -1).zcard(ACTIVE).smembers(PAINTED).execute()
            )
        named = sid.encode()
        is_painted = named in painted
        line = [each for each in waiting if (each in painted) == is_painted]
        if named not in line:
            return None
        free = room - (listed - len(waiting))
        if is_painted:
            free = min(free, painted_room - len(painted.difference(waiting)))
        place = line.index(named) + 1 - max(0, free)
        return place if place > 0 else None

    def waiting(self, *, painted: bool | None = None) -> int:
        """See ChunkStream."""
        with _reaching():
            if painted is None:
                return int(self._redis.zcard(WAITING))
            asked = self._redis.pipeline(transaction=True)
            waiting, those = asked.zrange(WAITING, 0, -1).smembers(PAINTED).execute()
        return sum((each in those) == painted for each in waiting)

    def watch(self, sid: str, viewer: str) -> None:
        """See ChunkStream."""
        key, now = f"s:{{{sid}}}:viewers", self._clock()
        with _reaching():
            steps = self._redis.pipeline(transaction=True)
            steps.zremrangebyscore(key, "-inf", now).zadd(key, {viewer: now + PRESENCE_S})
            steps.pexpire(key, _ms(PRESENCE_S)).execute()

    def viewers(self, sid: str) -> int:
        """See ChunkStream."""
        with _reaching():
            return int(self._redis.zcount(f"s:{{{sid}}}:viewers", f"({self._clock()}", "+inf"))

    def issue_ticket(self, ticket: str, sid: str, *, ttl_s: int = 30) -> None:
        """See ChunkStream."""
        with _reaching():
            self._redis.set(f"t:{ticket}", sid, ex=ttl_s)

    def redeem_ticket(self, ticket: str) -> str | None:
        """See ChunkStream."""
        with _reaching():
            sid = self._redis.getdel(f"t:{ticket}")
        return None if sid is None else str(sid.decode())

    def overdue(self, now_s: float) -> Sequence[str]:
        """See ChunkStream."""
        with _reaching():
            due = self._redis.zrangebyscore(ACTIVE, "-inf", now_s, start=0, num=DUE_MOST)
            steps = self._redis.pipeline(transaction=False)
            for sid in due:
                steps.pttl(b"s:{" + sid + b"}:lease")
            left_ms = steps.execute()
            held = {sid: now_s + left / 1000 for sid, left in zip(due, left_ms, strict=True) if left > 0}
            if held:
                self._redis.zadd(ACTIVE, held, xx=True)
        return [sid.decode() for sid in due if sid not in held]

    def unlisted(self, sids: Iterable[str]) -> Sequence[str]:
        """See ChunkStream."""
        asked = list(sids)
        if not asked:
            return []
        with _reaching():
            deadlines = self._redis.zmscore(ACTIVE, asked)
        return [sid for sid, deadline in zip(asked, deadlines, strict=True) if deadline is None]

    def postpone(self, sid: str, until_s: float) -> None:
        """See ChunkStream."""
        with _reaching():
            self._redis.zadd(ACTIVE, {sid: until_s})

    def forget(self, sid: str) -> None:
        """See ChunkStream."""
        with _reaching():
            lists = self._redis.pipeline(transaction=False)
            lists.zrem(ACTIVE, sid).zrem(WAITING, sid).srem(PAINTED, sid).execute()

    def lead(self, office: str, owner: str, *, ttl_s: float) -> bool:
        """See ChunkStream."""
        with _reaching():
            return bool(self._script(keys=[f"office:{office}"], args=["lead", owner, _ms(ttl_s)]))

    def led(self, office: str) -> bool:
        """See ChunkStream."""
        with _reaching():
            return bool(self._redis.exists(f"office:{office}"))

    def resign(self, office: str, owner: str) -> None:
        """See ChunkStream."""
        with _reaching():
            self._script(keys=[f"office:{office}"], args=["resign", owner])

    def _run(self, command: str, sid: str, *arguments: object) -> Any:
        stem = f"s:{{{sid}}}:"
        keys = (f"{stem}meta", f"{stem}log", f"{stem}lease", WAITING, ORDER, PAINTED)
        with _reaching():
            return self._script(keys=keys, args=(command, sid, *arguments))


def _seq(entry_id: bytes) -> int:
    return int(entry_id.partition(b"-")[0])
