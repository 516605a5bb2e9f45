"""Finds utterances that nobody works on any more, and rings for them again.

Between the rows and the streams: the rows say what has to be finished, the streams
whether somebody is at it. Renders nothing. Runs as a process of
its own, `python -m tasks.reaper`; of many, one leads and the others wait.
"""

import signal
import threading
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import structlog
from kombu.exceptions import OperationalError as BrokerUnreachable
from sqlalchemy.exc import SQLAlchemyError

import settings
from avatars.database import open_database
from avatars.errors import StorageError
from avatars.recordings import Recordings
from avatars.registrations import Registrations
from avatars.registry import Registry
from avatars.storage_homes import open_storage
from avatars.uploads import Uploads
from lipsync import clock
from monitoring.logs import configure_logging
from tasks import queue
from tasks.catalogue import Catalogue, is_painted
from tasks.chunks import BadMessage, Chunk
from tasks.engine_watch import EngineWatch, says_missing
from tasks.errors import StreamUnreachable
from tasks.parts import Parts, PartsBroken
from tasks.purge import Purge
from tasks.recording_watch import RecordingWatch
from tasks.registration_watch import RegistrationWatch
from tasks.retention import FileRetention, Retention
from tasks.strays import EndedRow, StoredChunks, end_as_row
from tasks.stream import LEASE_S, ChunkStream, StreamMeta, StreamState
from tasks.stream_redis import open_stream, redis_client
from tasks.utterances import Utterances

EVERY_S: Final = 0.5
"""How long a stream whose lease has run out waits for a look at most."""
ROWS_EVERY_S: Final = 2.0
"""How often all rows are read though no stream is due."""
AFTER_TROUBLE_S: Final = 2.0
"""The pause after a round that failed. Leases run out while Redis is away, and whoever holds one
renews it within half a second of Redis's return: looked at sooner, all of them would be rung for."""
OFFICE: Final = "reaper"
OFFICE_S: Final = 3.0
"""How long the streams go unwatched when a leading reaper dies: six rounds."""
RETRY_S: Final = 2.0
"""The pause before a third attempt on what two have published nothing of; what ails them may pass."""
GONE_GRACE_S: Final = 10.0
"""How long the worker of a stream that Redis has lost may take to make it again."""
BELL_GAPS_S: Final = (5.0, 5.0, 10.0, 20.0)
"""From the first doorbell to the second and so on; the last gap is kept for good."""
FILE_GRACE_S: Final = 20.0
"""How long whoever ended a stream has for its files, and a rung finisher after it."""
EXPIRE_EVERY_S: Final = 3600.0

_PASSING: Final = (StreamUnreachable, BrokerUnreachable, SQLAlchemyError, StorageError)
"""Troubles of other servers; the next round finds everything where this one left it."""

log = structlog.get_logger(__name__)


class UtteranceRef(Protocol):
    """What the reaper reads of a row."""

    @property
    def id(self) -> str:
        """The utterance, and its stream."""
        ...

    @property
    def epoch(self) -> str:
        """The stream's epoch."""
        ...

    @property
    def state(self) -> str:
        """Where the row stands."""
        ...

    @property
    def engine(self) -> str:
        """What draws it."""
        ...

    @property
    def fps(self) -> int:
        """Frames per second of the stream."""
        ...

    @property
    def doorbell_at(self) -> datetime | None:
        """When it was last rung, None for never."""
        ...

    @property
    def doorbells(self) -> int:
        """How often it was rung."""
        ...


class Rows(Protocol):
    """The rows as the reaper changes them; every change is conditional and may lose a race."""

    def unfinished(self) -> Sequence[UtteranceRef]:
        """Return the rows that are queued or running."""
        ...

    def without_file(self) -> Sequence[UtteranceRef]:
        """Return the rows that are done and have no video yet."""
        ...

    def ended(self, utterance_id: str) -> EndedRow | None:
        """Return a row if it has ended."""
        ...

    def rang(self, utterance_id: str, at: datetime) -> bool:
        """Note a doorbell."""
        ...

    def mark_done(self, utterance_id: str, chunks: int, frames: int, duration_ms: int) -> bool:
        """Note a whole ending."""
        ...

    def mark_failed(self, utterance_id: str, code: str, message: str) -> bool:
        """Note a failure."""
        ...

    def mark_cancelled(self, utterance_id: str) -> bool:
        """Note that somebody stopped it."""
        ...


class Ring(Protocol):
    """Doorbells; the module `tasks.queue` is one."""

    def ring_synthesis(self, utterance_id: str, engine: str, /) -> None:
        """Ask some worker that has its engine to go on with an utterance."""
        ...

    def ring_finisher(self, utterance_id: str, /) -> None:
        """Ask some worker to build its files."""
        ...


class Watch(Protocol):
    """Whatever looks after uploads; `RegistrationWatch` and `RecordingWatch` do."""

    def look(self, now_s: float) -> None:
        """Ring for what is due at a Unix time."""
        ...


class Reaper:
    """One reaper; works only while it leads."""

    def __init__(
        self,
        stream: ChunkStream,
        rows: Rows,
        ring: Ring,
        *,
        parts: StoredChunks | None = None,
        retention: Retention | None = None,
        watches: Sequence[Watch] = (),
        engines: EngineWatch | None = None,
    ) -> None:
        self._stream = stream
        self._rows = rows
        self._ring = ring
        self._parts = parts
        self._retention = retention
        self._watches = watches
        self._engines = engines
        self._name = uuid.uuid4().hex
        self._gone_since: dict[str, float] = {}
        self._finisher_at: dict[str, float] = {}
        self._expire_at = 0.0
        self._rows_at = 0.0

    def run_once(self, now_s: float) -> bool:
        """Look at everything that is due at a Unix time; False when another reaper leads.

        Raises:
            StreamUnreachable: Redis does not answer.
            kombu.exceptions.OperationalError: the broker does not answer.
            sqlalchemy.exc.SQLAlchemyError: the database does not answer.
        """
        if not self._stream.lead(OFFICE, self._name, ttl_s=OFFICE_S):
            return False
        # Deadlines before rows: a row is written before its stream, so a stream that is
        # due has its row by the time the rows are read, or it has none.
        due = list(self._stream.overdue(now_s))
        if not due and now_s < self._rows_at:
            return True
        self._rows_at = now_s + ROWS_EVERY_S
        rows = {row.id: row for row in self._rows.unfinished()}
        self._gone_since = {sid: since for sid, since in self._gone_since.items() if sid in rows}
        for sid in [*due, *self._stream.unlisted(rows)]:
            row = rows.get(sid)
            if row is None:
                self._end_stray(sid, now_s)
            else:
                self._look_at(row, now_s)
        self._ring_for_files(now_s)
        for watch in self._watches:
            watch.look(now_s)
        if self._retention is not None and now_s >= self._expire_at:
            self._expire_at = now_s + EXPIRE_EVERY_S
            self._retention.expire_files(datetime.fromtimestamp(now_s, UTC))
        return True

    def resign(self) -> None:
        """Let another reaper lead at once."""
        self._stream.resign(OFFICE, self._name)

    def _look_at(self, row: UtteranceRef, now_s: float) -> None:
        meta = self._stream.meta(row.id)
        if meta is None:
            self._restore(row, now_s)
            return
        self._gone_since.pop(row.id, None)
        if meta.state.ended:
            self._settle(row, meta)
        elif meta.owner is not None:
            self._stream.postpone(row.id, now_s + LEASE_S)
        elif self._engines is not None and self._engines.is_missing(row.engine, now_s):
            self._fail_for_engine(row, now_s)
        elif meta.attempts > 1 and now_s < _rung_s(row) + RETRY_S:
            self._stream.postpone(row.id, _rung_s(row) + RETRY_S)
        elif meta.state is StreamState.RUNNING:
            log.warning("worker_lost", utterance=row.id, gen=meta.gen, next=meta.next)
            self._ring_again(row, now_s)
        elif now_s >= _next_bell_s(row):
            self._ring_again(row, now_s)
        else:
            self._stream.postpone(row.id, _next_bell_s(row))

    def _fail_for_engine(self, row: UtteranceRef, now_s: float) -> None:
        log.error("engine_unavailable", utterance=row.id, engine=row.engine)
        self._rows.mark_failed(row.id, "engine_unavailable", says_missing(row.engine))
        self._end_stray(row.id, now_s)

    def _restore(self, row: UtteranceRef, now_s: float) -> None:
        since_s = self._gone_since.setdefault(row.id, now_s)
        if row.state == StreamState.RUNNING and now_s - since_s < GONE_GRACE_S:
            # Its worker may be alive and holds the newest chunks: it makes the stream
            # again from those, where this would begin it at the first.
            self._stream.postpone(row.id, since_s + GONE_GRACE_S)
            return
        if self._stream.recreate(row.id, row.epoch, 0, 1, painted=is_painted(row.engine)):
            log.warning("stream_recreated", utterance=row.id)
            self._ring_again(row, now_s)

    def _ring_again(self, row: UtteranceRef, now_s: float) -> None:
        self._ring.ring_synthesis(row.id, row.engine)
        self._rows.rang(row.id, datetime.fromtimestamp(now_s, UTC))
        self._stream.postpone(row.id, now_s + _gap_s(row.doorbells + 1))

    def _settle(self, row: UtteranceRef, meta: StreamMeta) -> None:
        """Write into the row how its stream ended; whoever ended it died before that."""
        ending = self._ending(row.id, meta)
        detail = ending.detail or {} if ending else {}
        if meta.state is StreamState.CANCELLED:
            self._rows.mark_cancelled(row.id)
        elif meta.state is StreamState.FAILED:
            self._rows.mark_failed(
                row.id, str(detail.get("code", "failed")), str(detail.get("message", "the stream has failed"))
            )
        elif ending is None:
            self._rows.mark_failed(row.id, "ending_lost", "the stream ended, and its ending is kept nowhere")
        else:
            duration_ms = ending.pts_ms
            frames = clock.frames_covering(clock.ms_to_samples(duration_ms), row.fps)
            self._rows.mark_done(row.id, chunks=ending.seq - 1, frames=frames, duration_ms=duration_ms)
        self._stream.forget(row.id)
        log.warning("row_settled", utterance=row.id, state=meta.state.value)

    def _ending(self, sid: str, meta: StreamMeta) -> Chunk | None:
        try:
            found = list(self._stream.read(sid, meta.next - 2, count=1))
            if not found and self._parts is not None:
                found = list(self._parts.read_after(sid, meta.next - 2))
            return Chunk.from_message(found[-1][1]) if found else None
        except (BadMessage, PartsBroken):
            log.exception("ending_unreadable", utterance=sid)
            return None

    def _end_stray(self, sid: str, now_s: float) -> None:
        """End a stream whose row has finished or is no more, so that nobody waits for it."""
        row = self._rows.ended(sid)
        ended = row is not None and end_as_row(self._stream, self._parts, row)
        if ended or self._stream.request_cancel(sid):
            self._stream.forget(sid)
        else:
            self._stream.postpone(sid, now_s + LEASE_S)

    def _ring_for_files(self, now_s: float) -> None:
        lacking = {row.id for row in self._rows.without_file()}
        self._finisher_at = {
            sid: self._finisher_at.get(sid, now_s + FILE_GRACE_S) for sid in sorted(lacking)
        }
        for sid, at_s in self._finisher_at.items():
            if now_s >= at_s:
                self._ring.ring_finisher(sid)
                self._finisher_at[sid] = now_s + FILE_GRACE_S


def _gap_s(doorbells: int) -> float:
    return BELL_GAPS_S[min(doorbells, len(BELL_GAPS_S)) - 1]


def _rung_s(row: UtteranceRef) -> float:
    return 0.0 if row.doorbell_at is None else row.doorbell_at.timestamp()


def _next_bell_s(row: UtteranceRef) -> float:
    return _rung_s(row) + _gap_s(max(1, row.doorbells)) if row.doorbell_at else 0.0


def run(reaper: Reaper, stop: threading.Event) -> None:
    """Let a reaper work twice a second until told to stop, then let another lead."""
    while not stop.is_set():
        pause_s = EVERY_S
        try:
            reaper.run_once(datetime.now(UTC).timestamp())
        except _PASSING as trouble:
            log.warning("reaper_round_failed", error=str(trouble))
            pause_s = AFTER_TROUBLE_S
        stop.wait(pause_s)
    try:
        reaper.resign()
    except StreamUnreachable as trouble:
        log.warning("reaper_not_resigned", error=str(trouble))


def main() -> None:
    """Run one reaper until SIGTERM or SIGINT."""
    chosen = settings.load()
    configure_logging(chosen.log_level)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    database = open_database(chosen.database_url, pool_size=2)
    storage = open_storage(chosen.storage, endpoint=chosen.s3_endpoint)
    utterances = Utterances(database)
    retention = FileRetention(utterances, storage, timedelta(hours=chosen.retention_hours))
    registry = Registry(database, storage)
    registrations = Registrations(database, registry)
    recordings = RecordingWatch(
        Recordings(database), storage, queue, retention=timedelta(hours=chosen.retention_hours),
        abandoned=timedelta(days=chosen.refused_days),
    )  # fmt: skip
    registering = RegistrationWatch(
        registrations,
        Uploads(database, storage, limit_bytes=chosen.upload_bytes),
        queue,
        Purge(registry, registrations, timedelta(days=chosen.refused_days)).run,
    )
    reaper = Reaper(
        open_stream(chosen.media_redis_url), utterances, queue,
        parts=Parts(storage), retention=retention, watches=(registering, recordings),
        engines=EngineWatch(Catalogue(redis_client(chosen.media_redis_url, blocking=False)).workers),
    )  # fmt: skip
    log.info("reaper_started")
    run(reaper, stop)
    database.close()


if __name__ == "__main__":
    main()
