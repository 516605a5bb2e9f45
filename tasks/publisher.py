"""One worker's hand on one stream: chunks out, exactly once and in order.

Between tasks.synthesis and the chunk stream. Keeps every message until it lies in a
part, so that writes which Redis acknowledged and then lost are published again from
here, and stores parts before the log lets go of them.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final, TypeVar

import structlog

from lipsync import clock
from tasks.chunks import CaptionWord, Chunk, Kind, ReachedMark
from tasks.errors import Fenced, LogLost, StreamUnreachable
from tasks.parts import Parts
from tasks.stream import LOG_BYTES_MAX, ChunkStream, Claim, Published, PublishVerdict

PART_CHUNKS: Final = 12
"""Chunks in a part, about 4 s: the most that lies in this process alone."""

LOG_CHUNKS: Final = 30 * clock.FPS // clock.CHUNK_FRAMES
"""Chunks the log keeps, 30 s: what a viewer may be behind without a look into storage."""

UNREACHABLE_S: Final = 60.0
"""How long a publisher waits for Redis to come back before it gives the job up."""

log = structlog.get_logger(__name__)

T = TypeVar("T")


class Publisher:
    """Publishes under one claim, from the first chunk that neither log nor storage has.

    Args:
        stream: where chunks go.
        parts: where they are kept.
        sid: the stream.
        claim: the claim, granted.
        alive: told now and then while something takes long, so that the job is seen to move.

    Raises:
        StreamUnreachable: Redis did not come back in time; so does every method.
    """

    def __init__(
        self, stream: ChunkStream, parts: Parts, sid: str, claim: Claim, alive: Callable[[], None]
    ) -> None:
        self._stream = stream
        self._parts = parts
        self._sid = sid
        self._gen = claim.gen
        self._owner = claim.owner
        self._epoch = claim.epoch
        self._alive = alive
        self._init: tuple[bytes, str] | None = None
        self._stored = parts.stored_through(sid)
        self._kept: dict[int, Chunk] = {}
        self._log_chunks = LOG_CHUNKS
        self._log_full = False
        self._log_wants = claim.next
        self.taken_up_ms = 0
        """How long the stream was when this worker took it up."""
        self.next = self._take_up_log(claim.next)

    def _take_up_log(self, claimed_next: int) -> int:
        """Take hold of what the log has and storage has not; return the next number.

        An earlier worker may have died with chunks in the log that are in no part yet:
        this worker's next part has to begin with them.
        """
        after = self._stored
        if after:
            (_, message), *_ = self._parts.read_after(self._sid, after - 1)
            self._measure(Chunk.from_message(message))
        while after < claimed_next - 1:
            found = self._insist(partial(self._stream.read, self._sid, after, count=PART_CHUNKS))
            if not found or found[0][0] != after + 1:
                break
            for seq, message in found:
                self._kept[seq] = Chunk.from_message(message)
                self._measure(self._kept[seq])
                after = seq
        return after + 1

    def _measure(self, last: Chunk) -> None:
        self.taken_up_ms = last.pts_ms + last.duration_ms

    def announce(self, init: bytes, mime: str) -> None:
        """Give the stream its init segment, and the log what only storage has.

        Raises:
            Fenced: another worker holds the stream.
            LogLost: as for `media`.
        """
        self._init = (init, mime)
        verdict = self._insist(lambda: self._stream.set_init(self._sid, self._gen, init, mime))
        if verdict is PublishVerdict.FENCED:
            raise Fenced
        wanted, self._log_wants = self._log_wants, self.next
        if wanted < self.next:
            # Redis came back from before these were published, or the stream was made anew.
            self._repair(wanted, self.next - 1)

    def media(
        self,
        payload: bytes,
        pts_ms: int,
        duration_ms: int,
        words: tuple[CaptionWord, ...],
        marks: tuple[ReachedMark, ...] = (),
    ) -> None:
        """Publish the next media segment.

        Raises:
            Fenced: another worker holds the stream.
            LogLost: Redis lost chunks twice in a row, or storage lost them too.
        """
        self._put(
            self._chunk(
                "media", payload=payload, pts_ms=pts_ms, duration_ms=duration_ms, words=words, marks=marks
            )
        )
        if len(self._kept) >= PART_CHUNKS or self._log_full:
            self._store()

    def finish(self, kind: Kind, *, pts_ms: int, detail: Mapping[str, object]) -> None:
        """Publish the ending; before a whole end, all of the stream lies in storage.

        The ending itself is stored after the stream has taken it. Stored before, the
        failure of a worker that is fenced off would stand in the file of its successor.

        Raises:
            Fenced: another worker holds the stream, or has ended it.
            LogLost: as for `media`.
        """
        whole = kind == "end"
        if whole:
            self._store()
        self._put(self._chunk(kind, pts_ms=pts_ms, detail=detail))
        if whole:
            self._store()

    def _chunk(self, kind: Kind, **fields: object) -> Chunk:
        return Chunk(
            epoch=self._epoch, gen=self._gen, seq=self.next, kind=kind, utterance=self._sid,
            **fields,  # type: ignore[arg-type]
        )  # fmt: skip

    def _put(self, chunk: Chunk) -> None:
        self._kept[chunk.seq] = chunk
        self.next = chunk.seq + 1
        published = self._publish(chunk)
        if published.verdict is PublishVerdict.GAP:
            log.warning("log_lost_chunks", utterance=self._sid, wants=published.next, had=chunk.seq)
            self._repair(published.next, chunk.seq)
        elif published.verdict is PublishVerdict.GONE:
            log.warning("stream_gone", utterance=self._sid, at=chunk.seq)
            self._recreate()

    def _store(self) -> None:
        if not self._kept:
            return
        if self._stored == 0 and self._init is not None:
            self._parts.keep_init(self._sid, self._init[0])
        first = min(self._kept)
        self._parts.append(self._sid, first, [self._kept[seq].to_message() for seq in sorted(self._kept)])
        self._stored = max(self._kept)
        self._kept.clear()
        self._log_full = False

    def _publish(self, chunk: Chunk) -> Published:
        trim_to = min(self._stored + 1, chunk.seq - self._log_chunks)
        published = self._insist(
            lambda: self._stream.publish(self._gen, chunk, trim_to=trim_to if trim_to > 1 else None)
        )
        if published.verdict in (PublishVerdict.FENCED, PublishVerdict.CLOSED):
            raise Fenced
        if published.log_bytes > LOG_BYTES_MAX:
            # Only what is stored may be trimmed: so store at once, and keep fewer from now on.
            self._log_full = True
            held = chunk.seq + 1 - max(1, trim_to)
            self._log_chunks = max(1, held * LOG_BYTES_MAX // published.log_bytes - 1)
        return published

    def _repair(self, first: int, last: int) -> None:
        """Publish again what Redis acknowledged and lost."""
        for chunk in self._held(first, last):
            self._alive()
            if self._publish(chunk).verdict in (PublishVerdict.GAP, PublishVerdict.GONE):
                raise LogLost(chunk.seq)

    def _held(self, first: int, last: int) -> Iterator[Chunk]:
        at = first
        if first <= self._stored:
            for seq, message in self._parts.read_after(self._sid, first - 1):
                if seq > min(last, self._stored):
                    break
                yield Chunk.from_message(message)
                at = seq + 1
        for seq in range(at, last + 1):
            if seq not in self._kept:
                raise LogLost(seq)
            yield self._kept[seq]

    def _recreate(self) -> None:
        """Make the stream again, with the same epoch, from the oldest chunk not in storage."""
        first = min(self._kept)
        self._insist(
            lambda: self._stream.recreate(self._sid, self._epoch, self._gen, first, owner=self._owner)
        )
        if self._init is not None:
            self.announce(*self._init)
        self._repair(first, self.next - 1)

    def _insist(self, call: Callable[[], T]) -> T:
        """Call until Redis answers; every call made here may safely be made twice."""
        deadline_s = time.monotonic() + UNREACHABLE_S
        wait_s = 0.05
        while True:
            try:
                return call()
            except StreamUnreachable:
                if time.monotonic() > deadline_s:
                    raise
                self._alive()
                time.sleep(wait_s)
                wait_s = min(wait_s * 2, 0.5)
