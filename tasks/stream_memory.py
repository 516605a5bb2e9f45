"""The chunk stream in one process's memory: for embedding and for trying things out.

Keeps the contract of `tasks.stream` to the letter, behind one lock. What it holds is
lost with the process.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tasks.chunks import Chunk, Kind
from tasks.errors import QueueFull
from tasks.stream import (
    ATTEMPTS_MAX,
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


@dataclass(slots=True)
class _Stream:
    epoch: str
    gen: int
    next: int
    kept_until_s: float
    floor: int = 0
    state: StreamState = StreamState.QUEUED
    attempts: int = 0
    owner: str | None = None
    """Who made the latest claim; None once it was given back."""
    leased_until_s: float = 0.0
    cancel: bool = False
    init: bytes | None = None
    mime: str | None = None
    log: dict[int, bytes] = field(default_factory=dict)
    log_kept_until_s: float = 0.0

    def holds(self, gen: int, owner: str) -> bool:
        return not self.state.ended and self.gen == gen and self.owner == owner

    def append(self, chunk: Chunk, now_s: float) -> None:
        self.log[chunk.seq] = chunk.to_message()
        self.next = chunk.seq + 1
        self.attempts = 0
        self.state = STATE_AFTER[chunk.kind]
        if self.state.ended:
            self.leased_until_s = 0.0
        self.log_kept_until_s = now_s + (LOG_ENDED_S if self.state.ended else LOG_LIVE_S)
        self.kept_until_s = now_s + (META_ENDED_S if self.state.ended else META_LIVE_S)


class MemoryChunkStream:
    """Streams in memory, for one process with many threads."""

    def __init__(self, *, lease_s: float = LEASE_S, clock: Callable[[], float] = time.time) -> None:
        self._lease_s = lease_s
        self._clock = clock
        self._changed = threading.Condition()
        self._streams: dict[str, _Stream] = {}
        self._line: dict[str, None] = {}
        self._painted: set[str] = set()
        self._deadlines: dict[str, float] = {}
        self._viewers: dict[str, dict[str, float]] = {}
        self._tickets: dict[str, tuple[str, float]] = {}
        self._offices: dict[str, tuple[str, float]] = {}
        self._bells: set[str] = set()

    def create(
        self, sid: str, epoch: str, *, queue_limit: int | None = None, painted: bool = False
    ) -> None:
        """See ChunkStream."""
        with self._changed:
            stream = self._stream(sid)
            if stream is not None:
                if stream.epoch != epoch:
                    raise ForeignEpoch(sid)
                return
            if queue_limit is not None and len(self._waiting(painted)) >= queue_limit:
                raise QueueFull(queue_limit, RETRY_AFTER_S)
            now_s = self._clock()
            self._drop_expired(now_s)
            self._streams[sid] = _Stream(epoch, gen=0, next=1, kept_until_s=now_s + META_LIVE_S)
            self._line[sid] = None
            if painted:
                self._painted.add(sid)
            self._deadlines[sid] = now_s + FIRST_BELL_S

    def _waiting(self, painted: bool) -> list[str]:
        return [sid for sid in self._line if (sid in self._painted) == painted]

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
        with self._changed:
            if self._stream(sid) is not None:
                return False
            if painted:
                self._painted.add(sid)
            now_s = self._clock()
            stream = _Stream(epoch, gen, next_seq, now_s + META_LIVE_S, floor=int(now_s))
            self._streams[sid] = stream
            if owner is None:
                self._line[sid] = None
                self._deadlines[sid] = now_s + FIRST_BELL_S
            else:
                stream.state, stream.attempts, stream.owner = StreamState.RUNNING, 1, owner
                self._lease(stream)
                self._deadlines[sid] = stream.leased_until_s
            return True

    def claim(self, sid: str, owner: str) -> Claim:
        """See ChunkStream."""
        with self._changed:
            stream = self._stream(sid)
            if stream is None:
                return Claim(ClaimVerdict.GONE, owner=owner)
            verdict = self._judge_claim(stream)
            if verdict is ClaimVerdict.POISON:
                message = f"{ATTEMPTS_MAX} workers in a row stopped without publishing anything"
                self._finish(sid, stream, "failed", {"code": "poison", "message": message})
            elif verdict is ClaimVerdict.CLAIMED:
                stream.gen = max(stream.gen + 1, stream.floor)
                stream.state, stream.owner = StreamState.RUNNING, owner
                stream.attempts += 1
                stream.kept_until_s = self._clock() + META_LIVE_S
                self._lease(stream)
                self._line.pop(sid, None)
                self._deadlines[sid] = stream.leased_until_s
            return Claim(verdict, stream.gen, stream.next, stream.epoch, owner)

    def _judge_claim(self, stream: _Stream) -> ClaimVerdict:
        if stream.state.ended:
            return ClaimVerdict.CLOSED
        if self._leased(stream):
            return ClaimVerdict.BUSY
        return ClaimVerdict.POISON if stream.attempts >= ATTEMPTS_MAX else ClaimVerdict.CLAIMED

    def set_init(self, sid: str, gen: int, init: bytes, mime: str) -> PublishVerdict:
        """See ChunkStream."""
        with self._changed:
            stream = self._stream(sid)
            if stream is None:
                return PublishVerdict.GONE
            if stream.gen != gen:
                return PublishVerdict.FENCED
            if stream.state.ended:
                return PublishVerdict.CLOSED
            if stream.owner is None:
                return PublishVerdict.FENCED
            stream.init, stream.mime = init, mime
            self._lease(stream)
            return PublishVerdict.APPENDED

    def publish(self, gen: int, chunk: Chunk, *, trim_to: int | None = None) -> Published:
        """See ChunkStream."""
        sid = chunk.utterance
        with self._changed:
            stream = self._stream(sid)
            if stream is None:
                return Published(PublishVerdict.GONE, 0)
            verdict = _judge_publish(stream, gen, chunk)
            if verdict is not PublishVerdict.APPENDED:
                return Published(verdict, stream.next)
            self._lease(stream)
            self._append(sid, stream, chunk)
            for seq in [seq for seq in stream.log if seq < min(trim_to or 0, chunk.seq)]:
                del stream.log[seq]
            return Published(verdict, stream.next, sum(map(len, stream.log.values())))

    def renew(self, sid: str, gen: int, owner: str) -> bool:
        """See ChunkStream."""
        with self._changed:
            stream = self._stream(sid)
            if stream is None or not stream.holds(gen, owner):
                return False
            self._lease(stream)
            stream.kept_until_s = self._clock() + META_LIVE_S
            return True

    def release(self, sid: str, gen: int, owner: str, *, drained: bool = False) -> None:
        """See ChunkStream."""
        with self._changed:
            stream = self._stream(sid)
            if stream is None or not stream.holds(gen, owner):
                return
            if drained and stream.attempts:
                stream.attempts -= 1
            self._give_back(sid, stream)

    def release_owner(self, owner_prefix: str) -> Sequence[str]:
        """See ChunkStream."""
        with self._changed:
            evicted = []
            for sid in list(self._deadlines):
                stream = self._stream(sid)
                if stream and self._leased(stream) and (stream.owner or "").startswith(owner_prefix):
                    self._give_back(sid, stream)
                    evicted.append(sid)
            return evicted

    def request_cancel(self, sid: str) -> bool:
        """See ChunkStream."""
        with self._changed:
            stream = self._stream(sid)
            if stream is None or stream.state.ended:
                return True
            if self._leased(stream):
                stream.cancel = True
                return False
            detail = {"code": "cancelled", "message": "cancelled before any worker held it"}
            self._finish(sid, stream, "cancelled", detail)
            return True

    def cancel_requested(self, sid: str) -> bool:
        """See ChunkStream."""
        with self._changed:
            stream = self._stream(sid)
            return stream is not None and stream.cancel

    def tell_text(self, sid: str) -> None:
        """See ChunkStream."""
        with self._changed:
            self._bells.add(sid)
            self._changed.notify_all()

    def await_text(self, sid: str, timeout_s: float) -> bool:
        """See ChunkStream."""
        with self._changed:
            told = self._changed.wait_for(lambda: sid in self._bells, timeout_s)
            self._bells.discard(sid)
            return told

    def meta(self, sid: str) -> StreamMeta | None:
        """See ChunkStream."""
        with self._changed:
            stream = self._stream(sid)
            if stream is None:
                return None
            return StreamMeta(
                epoch=stream.epoch, gen=stream.gen, next=stream.next, state=stream.state,
                attempts=stream.attempts, owner=stream.owner if self._leased(stream) else None,
                init=stream.init, mime=stream.mime,
            )  # fmt: skip

    def oldest(self, sid: str) -> int | None:
        """See ChunkStream."""
        with self._changed:
            return next(iter(self._log(sid)), None)

    def read(
        self, sid: str, after_seq: int, *, block_ms: int = 0, count: int = 16
    ) -> Sequence[tuple[int, bytes]]:
        """See ChunkStream."""

        def found() -> list[tuple[int, bytes]]:
            return [entry for entry in self._log(sid).items() if entry[0] > after_seq][:count]

        with self._changed:
            return self._changed.wait_for(found, block_ms / 1000)

    def place(self, sid: str, *, room: int = 0, painted_room: int = 0) -> int | None:
        """See ChunkStream."""
        with self._changed:
            begun = self._deadlines.keys() - self._line.keys()
            free = room - len(begun)
            if sid in self._painted:
                free = min(free, painted_room - len(begun & self._painted))
            line = self._waiting(sid in self._painted)
            place = next((at for at, other in enumerate(line, 1 - max(0, free)) if other == sid), 0)
            return place if place > 0 else None

    def waiting(self, *, painted: bool | None = None) -> int:
        """See ChunkStream."""
        with self._changed:
            return len(self._line) if painted is None else len(self._waiting(painted))

    def watch(self, sid: str, viewer: str) -> None:
        """See ChunkStream."""
        with self._changed:
            now_s = self._clock()
            present = {name: until for name, until in self._viewers.get(sid, {}).items() if until > now_s}
            self._viewers[sid] = present | {viewer: now_s + PRESENCE_S}

    def viewers(self, sid: str) -> int:
        """See ChunkStream."""
        with self._changed:
            now_s = self._clock()
            return sum(until > now_s for until in self._viewers.get(sid, {}).values())

    def issue_ticket(self, ticket: str, sid: str, *, ttl_s: int = 30) -> None:
        """See ChunkStream."""
        with self._changed:
            self._tickets[ticket] = (sid, self._clock() + ttl_s)

    def redeem_ticket(self, ticket: str) -> str | None:
        """See ChunkStream."""
        with self._changed:
            sid, until_s = self._tickets.pop(ticket, (None, 0.0))
            return sid if until_s > self._clock() else None

    def overdue(self, now_s: float) -> Sequence[str]:
        """See ChunkStream."""
        with self._changed:
            due = []
            for sid, deadline_s in sorted(self._deadlines.items(), key=lambda entry: entry[1]):
                stream = self._stream(sid)
                if deadline_s > now_s:
                    break
                if stream is not None and self._leased(stream):
                    self._deadlines[sid] = stream.leased_until_s
                else:
                    due.append(sid)
            return due

    def unlisted(self, sids: Iterable[str]) -> Sequence[str]:
        """See ChunkStream."""
        with self._changed:
            return [sid for sid in sids if sid not in self._deadlines]

    def postpone(self, sid: str, until_s: float) -> None:
        """See ChunkStream."""
        with self._changed:
            self._deadlines[sid] = until_s

    def forget(self, sid: str) -> None:
        """See ChunkStream."""
        with self._changed:
            self._deadlines.pop(sid, None)
            self._line.pop(sid, None)
            self._painted.discard(sid)

    def lead(self, office: str, owner: str, *, ttl_s: float) -> bool:
        """See ChunkStream."""
        with self._changed:
            now_s = self._clock()
            holder, until_s = self._offices.get(office, (owner, 0.0))
            if holder != owner and until_s > now_s:
                return False
            self._offices[office] = (owner, now_s + ttl_s)
            return True

    def led(self, office: str) -> bool:
        """See ChunkStream."""
        with self._changed:
            return self._offices.get(office, ("", 0.0))[1] > self._clock()

    def resign(self, office: str, owner: str) -> None:
        """See ChunkStream."""
        with self._changed:
            if self._offices.get(office, ("", 0.0))[0] == owner:
                del self._offices[office]

    def _stream(self, sid: str) -> _Stream | None:
        stream = self._streams.get(sid)
        if stream is not None and stream.kept_until_s <= self._clock():
            del self._streams[sid]
            return None
        return stream

    def _log(self, sid: str) -> Mapping[int, bytes]:
        stream = self._stream(sid)
        if stream is None:
            return {}
        if stream.log_kept_until_s <= self._clock():
            stream.log.clear()
        return stream.log

    def _drop_expired(self, now_s: float) -> None:
        self._streams = {sid: s for sid, s in self._streams.items() if s.kept_until_s > now_s}
        self._tickets = {name: t for name, t in self._tickets.items() if t[1] > now_s}
        self._viewers = {sid: v for sid, v in self._viewers.items() if max(v.values()) > now_s}

    def _leased(self, stream: _Stream) -> bool:
        return stream.leased_until_s > self._clock()

    def _lease(self, stream: _Stream) -> None:
        stream.leased_until_s = self._clock() + self._lease_s

    def _give_back(self, sid: str, stream: _Stream) -> None:
        stream.owner, stream.leased_until_s = None, 0.0
        self._deadlines[sid] = self._clock()

    def _append(self, sid: str, stream: _Stream, chunk: Chunk) -> None:
        stream.append(chunk, self._clock())
        if stream.state.ended:
            self._line.pop(sid, None)
            self._deadlines.pop(sid, None)
            self._painted.discard(sid)
        self._changed.notify_all()

    def _finish(self, sid: str, stream: _Stream, kind: Kind, detail: Mapping[str, object]) -> None:
        stream.gen, stream.owner = stream.gen + 1, None
        self._append(sid, stream, Chunk(
            epoch=stream.epoch, gen=stream.gen, seq=stream.next, kind=kind, utterance=sid, detail=detail
        ))  # fmt: skip


def _judge_publish(stream: _Stream, gen: int, chunk: Chunk) -> PublishVerdict:
    if gen != stream.gen or chunk.epoch != stream.epoch:
        return PublishVerdict.FENCED
    if chunk.seq < stream.next:
        return PublishVerdict.DUP
    if stream.state.ended:
        return PublishVerdict.CLOSED
    if stream.owner is None:
        return PublishVerdict.FENCED
    return PublishVerdict.GAP if chunk.seq > stream.next else PublishVerdict.APPENDED
