"""One worker's hand on one stream: chunks out, exactly once and in order.

Between tasks.synthesis and the chunk stream. Keeps every message until it lies in a
part, so that writes which Redis acknowledged and then lost are published again from
here, and stores parts before the log lets go of them.
"""

import time
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import structlog

from lipsync import clock
from tasks.chunks import CaptionWord, Chunk, Kind
from tasks.errors import Fenced, LogLost, StreamUnreachable
from tasks.parts import Parts
from tasks.stream import ChunkStream, Claim, Published, PublishVerdict

PART_CHUNKS: Final = 12
"""Chunks in a part, about 4 s: the most that lies in this process alone."""

LOG_CHUNKS: Final = 30 * clock.FPS // clock.CHUNK_FRAMES
"""Chunks the log keeps, 30 s: what a viewer may be behind without a look into storage."""

UNREACHABLE_S: Final = 60.0
"""How long a publisher waits for Redis to come back before it gives the job up."""

log = structlog.get_logger(__name__)

T = TypeVar("T")


class Publisher:
    """Publishes under one claim, from the chunk the claim names."""

    def __init__(self, stream: ChunkStream, parts: Parts, sid: str, claim: Claim) -> None:
        self._stream = stream
        self._parts = parts
        self._sid = sid
        self._gen = claim.gen
        self._owner = claim.owner
        self._epoch = claim.epoch
        self._init: tuple[bytes, str] | None = None
        self._stored = parts.stored_through(sid)
        self._kept: dict[int, Chunk] = {}
        self.next = self._take_up_log(claim.next)

    def _take_up_log(self, claimed_next: int) -> int:
        """Take hold of what the log has and storage has not; return the next number.

        An earlier worker may have died with chunks in the log that are in no part yet:
        this worker's next part has to begin with them.
        """
        after = self._stored
        while after < claimed_next - 1:
            found = self._stream.read(self._sid, after, count=PART_CHUNKS)
            if not found or found[0][0] != after + 1:
                break
            for seq, message in found:
                self._kept[seq] = Chunk.from_message(message)
                after = seq
        return min(claimed_next, after + 1)

    def announce(self, init: bytes, mime: str) -> None:
        """Give the stream its init segment.

        Raises:
            Fenced: another worker holds the stream.
        """
        self._init = (init, mime)
        verdict = self._insist(lambda: self._stream.set_init(self._sid, self._gen, init, mime))
        if verdict is PublishVerdict.FENCED:
            raise Fenced

    def media(self, payload: bytes, pts_ms: int, duration_ms: int, words: tuple[CaptionWord, ...]) -> None:
        """Publish the next media segment.

        Raises:
            Fenced: another worker holds the stream.
            LogLost: Redis lost chunks that nobody kept; render again from the number told.
        """
        self._put("media", payload=payload, pts_ms=pts_ms, duration_ms=duration_ms, words=words)
        if len(self._kept) >= PART_CHUNKS:
            self._store()

    def finish(self, kind: Kind, *, pts_ms: int, detail: Mapping[str, object]) -> None:
        """Publish the ending; all before it lies in storage by then, the ending too.

        Raises:
            Fenced: another worker holds the stream.
            LogLost: as for `media`.
        """
        chunk = self._chunk(kind, pts_ms=pts_ms, detail=detail)
        self._kept[chunk.seq] = chunk
        self._store()
        self.next += 1
        self._send(chunk)

    def _chunk(self, kind: Kind, **fields: object) -> Chunk:
        return Chunk(
            epoch=self._epoch, gen=self._gen, seq=self.next, kind=kind, utterance=self._sid,
            **fields,  # type: ignore[arg-type]
        )  # fmt: skip

    def _put(self, kind: Kind, **fields: object) -> None:
        chunk = self._chunk(kind, **fields)
        self._kept[chunk.seq] = chunk
        self.next += 1
        self._send(chunk)

    def _store(self) -> None:
        if self._stored == 0 and self._init is not None:
            self._parts.keep_init(self._sid, self._init[0])
        first = min(self._kept)
        self._parts.append(self._sid, first, [self._kept[seq].to_message() for seq in sorted(self._kept)])
        self._stored = max(self._kept)
        self._kept.clear()

    def _send(self, chunk: Chunk) -> None:
        trim_to = min(self._stored + 1, chunk.seq - LOG_CHUNKS)
        published = self._publish(chunk, trim_to)
        if published.verdict is PublishVerdict.GAP:
            log.warning("log_lost_chunks", utterance=self._sid, wants=published.next, had=chunk.seq)
            self._repair(published.next, chunk.seq)
        elif published.verdict is PublishVerdict.GONE:
            log.warning("stream_gone", utterance=self._sid, at=chunk.seq)
            self._recreate(chunk)

    def _publish(self, chunk: Chunk, trim_to: int) -> Published:
        published = self._insist(
            lambda: self._stream.publish(self._gen, chunk, trim_to=trim_to if trim_to > 1 else None)
        )
        if published.verdict in (PublishVerdict.FENCED, PublishVerdict.CLOSED):
            raise Fenced
        return published

    def _repair(self, first: int, last: int) -> None:
        """Publish again what Redis acknowledged and lost."""
        stored = {
            seq: Chunk.from_message(message) for seq, message in self._parts.read_after(self._sid, first - 1)
        }
        for seq in range(first, last + 1):
            chunk = self._kept.get(seq) or stored.get(seq)
            if chunk is None:
                raise LogLost(seq)
            if self._publish(chunk, 0).verdict in (PublishVerdict.GAP, PublishVerdict.GONE):
                raise LogLost(first)

    def _recreate(self, chunk: Chunk) -> None:
        """Make the stream again, with the same epoch, from the oldest chunk still held here."""
        first = min(self._kept, default=chunk.seq)
        first = min(first, chunk.seq)
        self._insist(lambda: self._stream.recreate(self._sid, self._epoch, self._gen, first, owner=self._owner))
        if self._init is not None:
            self.announce(*self._init)
        self._repair(first, chunk.seq)

    def _insist(self, call: Callable[[], T]) -> T:
        """Call until Redis answers; every call made here may safely be made twice."""
        deadline = time.monotonic() + UNREACHABLE_S
        wait_s = 0.05
        while True:
            try:
                return call()
            except StreamUnreachable:
                if time.monotonic() > deadline:
                    raise
                time.sleep(wait_s)
                wait_s = min(wait_s * 2, 1.0)
