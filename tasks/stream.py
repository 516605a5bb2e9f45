"""The chunk stream: the contract between the workers that make chunks and those that read them.

One stream per utterance: its replay log, its live channel and its lease in one. A worker
claims a stream under a generation, publishes numbered chunks, and is fenced off by the
next claim; readers pull after a position. `tasks.stream_redis` and `tasks.stream_memory`
keep this contract and pass the same suite. This room does no I/O.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from tasks.chunks import Chunk, Kind

LEASE_S: Final = 2.0
"""How long a claim outlives its last publish or heartbeat.

A viewer of live work has some four seconds in hand. A lease that runs out later than two
seconds after a worker froze leaves the next one too little of them; one shorter than a second
ends while Redis still answers the last BRPOP of the frozen worker, which then swallows the ring.
"""
FIRST_BELL_S: Final = 5.0
"""After this long without a claim a new stream becomes due for the reaper."""
ATTEMPTS_MAX: Final = 3
"""Claims that may end without one published chunk; the next one is poison."""
LOG_LIVE_S: Final = 3600.0
"""Hard expiry of a log nobody writes to."""
LOG_ENDED_S: Final = 120.0
"""How long a log can be replayed after its ending."""
LOG_BYTES_MAX: Final = 8 * 1024 * 1024
"""A writer that sees `Published.log_bytes` above this stores a part and trims nearer."""
META_LIVE_S: Final = 24 * 3600.0
"""How long a stream is remembered that nobody claims or writes to."""
META_ENDED_S: Final = 2 * 3600.0
"""How long an ended stream is remembered; longer than its log."""
PRESENCE_S: Final = 15.0
"""How long a viewer counts after it was last seen."""
BELL_S: Final = 60.0
"""How long a bell that tells of more text waits to be heard."""
RETRY_AFTER_S: Final = 5
"""What a refused client is told to wait when the line is full."""


class StreamState(StrEnum):
    """Where a stream stands. The last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing follows any more."""
        return self in _ENDED


_ENDED: Final = frozenset({StreamState.DONE, StreamState.FAILED, StreamState.CANCELLED})

STATE_AFTER: Final[dict[Kind, StreamState]] = {
    "media": StreamState.RUNNING,
    "event": StreamState.RUNNING,
    "end": StreamState.DONE,
    "failed": StreamState.FAILED,
    "cancelled": StreamState.CANCELLED,
}
"""The state a chunk of each kind leaves its stream in."""


class ForeignEpoch(ValueError):
    """A stream of this name exists already, with another epoch; names are used once."""

    def __init__(self, sid: str) -> None:
        super().__init__(f"stream {sid!r} exists already with another epoch")
        self.sid = sid


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamMeta:
    """What is known of a stream besides its chunks."""

    epoch: str
    gen: int
    """Generation of the latest claim; 0 before the first."""
    next: int
    """Sequence number the next chunk gets; from 1."""
    state: StreamState
    attempts: int
    """Claims since the last published chunk."""
    owner: str | None
    """Who holds the lease now; None when nobody does."""
    init: bytes | None
    """Init segment (ftyp and moov), once a worker has set it."""
    mime: str | None
    """What a player is told to expect, such as 'video/mp4; codecs="avc1.64001f, opus"'."""


class ClaimVerdict(StrEnum):
    """What became of a claim."""

    CLAIMED = "claimed"
    """The stream is the caller's, under the generation it is told."""
    CLOSED = "closed"
    """The stream has ended; acknowledge the job and drop it."""
    BUSY = "busy"
    """Another holds the lease; acknowledge the job and drop it."""
    POISON = "poison"
    """Too many claims published nothing; the stream has been ended as failed."""
    GONE = "gone"
    """No such stream is kept; make it again from the row and claim once more."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Answer to a claim; the numbers count only when it was granted."""

    verdict: ClaimVerdict
    gen: int = 0
    next: int = 0
    epoch: str = ""
    owner: str = ""
    """The claimer, as it named itself."""


class PublishVerdict(StrEnum):
    """What became of a write."""

    APPENDED = "appended"
    """It was written now."""
    DUP = "dup"
    """It had been written before and only the answer was lost: a success."""
    FENCED = "fenced"
    """The claim is not the caller's any more; stop at once."""
    GAP = "gap"
    """The log has lost chunks it had acknowledged; go back to `next` and publish from there."""
    GONE = "gone"
    """No such stream is kept; make it again from the row, claim it, publish what is kept."""
    CLOSED = "closed"
    """The stream has ended; nothing may follow."""


@dataclass(frozen=True, slots=True)
class Published:
    """Answer to a publish."""

    verdict: PublishVerdict
    next: int
    """Sequence number the log wants next; 0 when it is gone."""
    log_bytes: int = 0
    """Payload the log holds after this write, 0 unless appended; see LOG_BYTES_MAX."""


class ChunkStream(Protocol):
    """Streams by utterance id (`sid`).

    Every method may be repeated after a lost answer: a second call with the same
    arguments changes nothing that the first one did. All are safe from many threads
    and, on Redis, from many processes.
    """

    def create(
        self, sid: str, epoch: str, *, queue_limit: int | None = None, painted: bool = False
    ) -> None:
        """Make a stream in state queued, at the end of its waiting line.

        Streams whose mouths a network paints wait in a line of their own: they take other places.

        Raises:
            QueueFull: as many streams of the line wait already as `queue_limit`; nothing was made.
            ForeignEpoch: the stream exists with another epoch.
        """
        ...

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
        """Make a stream again that is gone, with an empty log.

        Any later claim gets a generation above all that may have been forgotten.

        Args:
            sid: the stream.
            epoch: the row's epoch: positions keep their meaning.
            gen: the latest generation the caller knows of, 0 for none.
            next_seq: the first chunk that will be published, from 1.
            owner: the holder of `gen`, who goes on under it at once. None leaves the
                stream queued, for whoever claims it.
            painted: whether a network paints its mouths.

        Returns:
            False when the stream exists, which is then left as it is.
        """
        ...

    def claim(self, sid: str, owner: str) -> Claim:
        """Take a stream that nobody holds, and take it out of the waiting line.

        `owner` names the process and its boot, as `name:boot:...`. A stream whose claims
        published nothing ATTEMPTS_MAX times is ended as failed with the code "poison".
        """
        ...

    def set_init(self, sid: str, gen: int, init: bytes, mime: str) -> PublishVerdict:
        """Keep the init segment; it outlives a takeover until the successor sets its own.

        Returns APPENDED, FENCED, GONE or CLOSED.
        """
        ...

    def publish(self, gen: int, chunk: Chunk, *, trim_to: int | None = None) -> Published:
        """Append a chunk to the stream of `chunk.utterance`, tell the live channel, renew the lease.

        A terminal kind sets the state, gives the lease back and starts the log's last
        two minutes.

        Args:
            gen: the claim.
            chunk: numbered `next`, of the stream's epoch.
            trim_to: lowest sequence number to keep. Everything below must lie in storage
                already: nothing else is ever trimmed.
        """
        ...

    def renew(self, sid: str, gen: int, owner: str) -> bool:
        """Renew the lease (heartbeat). False when the claim is not the caller's any more."""
        ...

    def release(self, sid: str, gen: int, owner: str, *, drained: bool = False) -> None:
        """Give a claim back, which makes the stream due at once. A drain counts as no attempt."""
        ...

    def request_cancel(self, sid: str) -> bool:
        """End a stream that nobody holds as cancelled, or ask its holder to.

        Returns:
            True when the stream has ended or is gone; False when its holder was asked.
        """
        ...

    def cancel_requested(self, sid: str) -> bool:
        """Return whether somebody asked the holder to stop; for polling at chunk borders."""
        ...

    def tell_text(self, sid: str) -> None:
        """Wake whoever waits in `await_text`, now or next: the row of this utterance has more text.

        A bell only, kept for BELL_S: who waits looks at the row now and then all the same.
        """
        ...

    def await_text(self, sid: str, timeout_s: float) -> bool:
        """Wait until somebody tells of more text; False after `timeout_s` (above 0) without."""
        ...

    def meta(self, sid: str) -> StreamMeta | None:
        """Return what is known of a stream, None when it is gone."""
        ...

    def oldest(self, sid: str) -> int | None:
        """Return the sequence number of the oldest chunk in the log, None when it is empty."""
        ...

    def read(
        self, sid: str, after_seq: int, *, block_ms: int = 0, count: int = 16
    ) -> Sequence[tuple[int, bytes]]:
        """Return up to `count` chunks after a position, as (seq, message).

        Waits up to `block_ms` for the first one; 0 does not wait. Trimmed chunks are
        skipped, so a first seq above `after_seq + 1` is a hole (see `oldest`).
        """
        ...

    def place(self, sid: str, *, room: int = 0, painted_room: int = 0) -> int | None:
        """Return the place in its waiting line, from 1; None when it does not wait.

        Args:
            sid: the stream.
            room: how many streams all workers carry together. As many from the head of the
                line as they have free begin at once: those do not wait, and are not counted
                before others.
            painted_room: how many of those may be painted ones.
        """
        ...

    def waiting(self, *, painted: bool | None = None) -> int:
        """Return how many streams wait for their first claim.

        Args:
            painted: in which of the two lines; None for both.
        """
        ...

    def watch(self, sid: str, viewer: str) -> None:
        """Note that a viewer is there; it counts for PRESENCE_S."""
        ...

    def viewers(self, sid: str) -> int:
        """Return how many viewers are there."""
        ...

    def issue_ticket(self, ticket: str, sid: str, *, ttl_s: int = 30) -> None:
        """Let whoever shows this ticket once watch a stream."""
        ...

    def redeem_ticket(self, ticket: str) -> str | None:
        """Return a ticket's stream and use the ticket up; None when unknown, late or used."""
        ...

    def release_owner(self, owner_prefix: str) -> Sequence[str]:
        """Give back every claim of a dead process; return the streams to ring for again.

        The prefix ends with the separator (`name:` or `name:boot:`), or `w1` would also
        give back the claims of `w10`.
        """
        ...

    def overdue(self, now_s: float) -> Sequence[str]:
        """Return the listed streams whose deadline has passed and that nobody holds."""
        ...

    def unlisted(self, sids: Iterable[str]) -> Sequence[str]:
        """Return those of the streams that have no deadline at all, in the order given."""
        ...

    def postpone(self, sid: str, until_s: float) -> None:
        """Set a stream's deadline: it is overdue from then on (Unix time)."""
        ...

    def forget(self, sid: str) -> None:
        """Take a stream that is gone or has ended off the list of deadlines and out of the line."""
        ...

    def lead(self, office: str, owner: str, *, ttl_s: float) -> bool:
        """Take or renew a named office that one owner holds at a time; False when another does."""
        ...

    def led(self, office: str) -> bool:
        """Return whether anybody holds an office now."""
        ...

    def resign(self, office: str, owner: str) -> None:
        """Give an office back; nothing happens when another holds it."""
        ...
