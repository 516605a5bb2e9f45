"""What one viewer saw of one utterance: every chunk's arrival, and the sums over them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tasks.chunks import Chunk


@dataclass(frozen=True, slots=True)
class Arrival:
    """One media chunk as a viewer received it."""

    seq: int
    gen: int
    at_s: float
    """Seconds from sending the POST to the message's last byte."""
    pts_ms: int
    duration_ms: int
    size_bytes: int
    """Length of the segment without its header."""


@dataclass(slots=True, kw_only=True)
class ViewerReport:
    """What one viewer saw of one utterance."""

    utterance: str = ""
    posted_s: float = 0.0
    """When the POST was sent, on `time.monotonic()`'s clock."""
    answered_ms: float = 0.0
    """From sending the POST to having its whole answer."""
    first_chunk_ms: float | None = None
    """From sending the POST to the last byte of the first media message."""
    total_ms: float = 0.0
    """From sending the POST to the end of the stream."""
    ending: str = ""
    """end, cancelled or failed."""
    detail: Mapping[str, Any] | None = None
    """What the ending said: `{"chunks", "duration_ms"}` or `{"code", "message"}`."""
    duration_ms: int = 0
    """Sum of the chunks' lengths."""
    size_bytes: int = 0
    missing: int = 0
    """Chunks below the last one that never came."""
    duplicates: int = 0
    """Chunks that came again although the position said they were here."""
    reconnects: int = 0
    waited_at: int | None = None
    """First place in the waiting line that was told, if any."""
    warnings: list[str] = field(default_factory=list)
    """What the service told beside its answer to the POST."""
    cut_short: bool = False
    """Not all of a text that was still being written was taken; a warning says why."""
    mime: str = ""
    init: bytes = b""
    arrivals: list[Arrival] = field(default_factory=list)
    segments: list[bytes] = field(default_factory=list)
    """The media segments in order, when asked to keep them."""
    words: list[str] = field(default_factory=list)
    marks: list[tuple[str, int]] = field(default_factory=list)
    """Name and time of every mark of the text, in milliseconds of the stream."""

    def keep(self, chunk: Chunk, at_s: float, *, with_segment: bool) -> None:
        """Note a new media chunk.

        Args:
            chunk: as it came.
            at_s: seconds from the POST to its last byte.
            with_segment: whether its bytes are kept.
        """
        if self.first_chunk_ms is None:
            self.first_chunk_ms = at_s * 1000
        size_bytes = len(chunk.payload)
        self.arrivals.append(
            Arrival(chunk.seq, chunk.gen, at_s, chunk.pts_ms, chunk.duration_ms, size_bytes)
        )
        self.size_bytes += size_bytes
        self.duration_ms += chunk.duration_ms
        self.words.extend(word.text for word in chunk.words)
        self.marks.extend((mark.name, mark.at_ms) for mark in chunk.marks)
        if with_segment:
            self.segments.append(chunk.payload)

    def forget_media(self) -> None:
        """Drop what came so far; the first chunk's time stays, since a viewer has seen it."""
        self.arrivals.clear()
        self.segments.clear()
        self.words.clear()
        self.marks.clear()
        self.duration_ms = self.size_bytes = 0

    @property
    def chunks(self) -> int:
        """Media chunks that came, each counted once."""
        return len(self.arrivals)

    def to_json(self) -> dict[str, object]:
        """Return the figures, without the bytes."""
        return {
            "utterance": self.utterance,
            "ending": self.ending,
            "answered_ms": round(self.answered_ms, 1),
            "first_chunk_ms": None if self.first_chunk_ms is None else round(self.first_chunk_ms, 1),
            "total_ms": round(self.total_ms, 1),
            "chunks": self.chunks,
            "duration_ms": self.duration_ms,
            "bytes": self.size_bytes,
            "missing": self.missing,
            "duplicates": self.duplicates,
            "reconnects": self.reconnects,
            "waited_at": self.waited_at,
            "warnings": list(self.warnings),
            "marks": list(self.marks),
            "mime": self.mime,
        }
