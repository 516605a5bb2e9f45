"""Ends streams whose rows have ended already, each as its row did.

Redis may lose, in its last second before a kill, an ending that it had acknowledged; the
row was written meanwhile. Its viewers wait for an ending that no worker will publish any
more. Between tasks.reaper, which finds such streams, and the log: what the log lacks is
published again from the parts. Renders nothing.
"""

from collections.abc import Iterator
from typing import Final, Protocol

import structlog

from tasks.chunks import TERMINAL_KINDS, Chunk, Kind
from tasks.parts import PartsBroken
from tasks.stream import ChunkStream, Claim, ClaimVerdict, PublishVerdict

OWNER: Final = "reaper:"
"""Who holds a stream while its ending is published again."""

_KINDS: Final[dict[str, Kind]] = {"done": "end", "failed": "failed", "cancelled": "cancelled"}
_WRITTEN: Final = (PublishVerdict.APPENDED, PublishVerdict.DUP)

log = structlog.get_logger(__name__)


class EndedRow(Protocol):
    """What is read of a row that has ended."""

    @property
    def id(self) -> str:
        """The utterance, and its stream."""
        ...

    @property
    def state(self) -> str:
        """How it ended."""
        ...

    @property
    def chunks(self) -> int | None:
        """Media chunks of a whole stream."""
        ...

    @property
    def duration_ms(self) -> int | None:
        """Length of a whole stream."""
        ...

    @property
    def error_code(self) -> str | None:
        """Why it failed."""
        ...

    @property
    def error_message(self) -> str | None:
        """The same in words."""
        ...


class StoredChunks(Protocol):
    """What of a stream lies in storage; `tasks.parts.Parts` is one."""

    def read_after(self, sid: str, seq: int) -> Iterator[tuple[int, bytes]]:
        """Yield (seq, message) of what is stored after `seq`."""
        ...


def end_as_row(stream: ChunkStream, parts: StoredChunks | None, row: EndedRow) -> bool:
    """Give a stream the ending that its row has, and before it the chunks that its log lacks.

    Returns:
        False when somebody holds the stream, or when chunks are missing that nobody keeps;
        the stream is as it was.

    Raises:
        StreamUnreachable: Redis does not answer.
        StorageError: storage does not answer.
    """
    claim = stream.claim(row.id, OWNER)
    if claim.verdict is not ClaimVerdict.CLAIMED:
        return claim.verdict is not ClaimVerdict.BUSY
    ended = False
    try:
        ended = all(
            stream.publish(claim.gen, chunk).verdict in _WRITTEN for chunk in _lacking(parts, row, claim)
        )
    except PartsBroken:
        log.exception("stray_unreadable", utterance=row.id)
    finally:
        if not ended:
            # Drained, since storage that is away for three rounds must not poison the stream.
            stream.release(row.id, claim.gen, OWNER, drained=True)
    log.warning("stray_looked_at", utterance=row.id, state=row.state, ended=ended, after=claim.next - 1)
    return ended


def _lacking(parts: StoredChunks | None, row: EndedRow, claim: Claim) -> Iterator[Chunk]:
    """Yield what follows the log's last chunk, the ending as the last."""
    at = claim.next
    if row.state == "done" and parts is not None:
        for seq, message in parts.read_after(row.id, claim.next - 1):
            chunk = Chunk.from_message(message)
            if chunk.kind in TERMINAL_KINDS:
                break
            yield chunk
            at = seq + 1
    # Of a row that is done the number is counted, so that a chunk nobody keeps is a gap here
    # and never a hole that a viewer meets.
    seq = (row.chunks or 0) + 1 if row.state == "done" else at
    yield _ending(row, claim, seq)


def _ending(row: EndedRow, claim: Claim, seq: int) -> Chunk:
    kind, duration_ms = _KINDS[row.state], row.duration_ms or 0
    if kind == "end":
        detail: dict[str, object] = {"chunks": row.chunks or 0, "duration_ms": duration_ms}
    else:
        detail = {"code": row.error_code or row.state, "message": row.error_message or row.state}
    return Chunk(
        epoch=claim.epoch, gen=claim.gen, seq=seq, kind=kind, utterance=row.id,
        pts_ms=duration_ms, detail=detail,
    )  # fmt: skip
