"""An utterance becomes chunks: claim, speak, draw, publish, end.

The body behind the doorbell. Between tasks.queue and the relay; all it needs is in the
row, in storage and in the log, so any worker may go on where another stopped.
"""

import time
from contextlib import closing
from datetime import UTC, datetime

import structlog

from avatars.errors import AvatarError, StorageError
from lipsync import clock
from lipsync.engines.contract import Brush, Size
from lipsync.media.encoder import SegmentEncoder
from lipsync.pipeline import FrameRange, SpokenWord, frames_of_chunk, render_chunk
from lipsync.speech.errors import VoiceError
from lipsync.text.sentences import split_sentences
from tasks.app import app
from tasks.chunks import CaptionWord
from tasks.errors import Cancelled, Fenced, LogLost, WorkerDraining
from tasks.finisher import finish
from tasks.jobs import SynthesisJob
from tasks.leases import Lease
from tasks.parts import Parts
from tasks.plan import Plan, PlanBroken
from tasks.publisher import Publisher
from tasks.queue import NOTHING, SYNTHESISE, ring_synthesis
from tasks.speaking import Speaking, SpeechNotRepeatable
from tasks.station import Station, current_station
from tasks.stream import Claim, ClaimVerdict
from tasks.utterances import UtteranceRow

PACE_POLL_S = 0.1
"""How often a job that is far enough ahead looks whether it was cancelled."""

UNWATCHED_S = 2.0
"""With nobody watching for so long, an utterance is made as a file: as fast as it goes."""

WARM_UP_FRAMES = 2
"""Sound fed to a new Opus encoder before a takeover's first chunk, 80 ms: no jump at the seam."""

FAILURES = (VoiceError, AvatarError, StorageError, PlanBroken, SpeechNotRepeatable)
"""What ends a stream as failed; anything else ends the attempt, and another worker tries."""

log = structlog.get_logger(__name__)


@app.task(name=SYNTHESISE, acks_late=True, ignore_result=True)  # type: ignore[untyped-decorator]
def synthesise(body: dict[str, object]) -> None:
    """Go on with one utterance, from its first missing chunk to its end."""
    station = current_station()
    row = station.utterances.get(SynthesisJob.from_json(body).utterance_id)
    if row is None:
        log.warning("no_such_utterance", job=body)
        return
    claim = station.stream.claim(row.id, station.engine.owner)
    if claim.verdict is ClaimVerdict.POISON:
        station.utterances.mark_failed(row.id, "poison", "three workers in a row died over this utterance")
    if claim.verdict is not ClaimVerdict.CLAIMED:
        # Busy or closed: somebody else has it, or it is over. The doorbell rang twice.
        log.info("claim_refused", utterance=row.id, verdict=claim.verdict.value)
        return
    station.utterances.mark_running(row.id)
    if claim.gen > 1:
        station.metrics.takeovers.inc()
    with station.leases.held(row.id, claim.gen) as lease, station.metrics.streams_running.track_inprogress():
        Performance(station, station.utterances.get(row.id) or row, claim, lease).run()


@app.task(name=NOTHING, ignore_result=True)  # type: ignore[untyped-decorator]
def nothing(reply_to: str) -> None:
    """Do nothing but say so: the floor under every first chunk, for the benchmark."""
    current_station().stream.issue_ticket(reply_to, "0" * 32)


class Performance:
    """One claim on one utterance, from here to the end or to a handing over."""

    def __init__(self, station: Station, row: UtteranceRow, claim: Claim, lease: Lease) -> None:
        self._station = station
        self._row = row
        self._claim = claim
        self._lease = lease
        self._size = Size(row.width_px, row.height_px)
        self._publisher = Publisher(station.stream, Parts(station.storage), row.id, claim)
        self._started_s = (row.started_at or datetime.now(UTC)).timestamp()
        self._unwatched_since_s = time.monotonic()
        self._watched_at_s = 0.0

    def run(self) -> None:
        """Perform; every way out leaves the stream ended, or free for another worker."""
        try:
            self._perform()
        except Fenced:
            self._station.metrics.fenced_writes.inc()
            log.warning("fenced", utterance=self._row.id, gen=self._claim.gen)
        except Cancelled:
            self._publisher.finish("cancelled", pts_ms=self._ms_before(self._publisher.next), detail={})
            self._station.utterances.mark_cancelled(self._row.id)
        except WorkerDraining:
            self._hand_over(drained=True)
        except LogLost as lost:
            log.warning("log_lost", utterance=self._row.id, seq=lost.seq)
            self._hand_over(drained=False)
        except FAILURES as failure:
            log.exception("utterance_failed", utterance=self._row.id)
            self._fail(failure)

    def _hand_over(self, *, drained: bool) -> None:
        self._station.stream.release(
            self._row.id, self._claim.gen, self._station.engine.owner, drained=drained
        )
        ring_synthesis(self._row.id)

    def _fail(self, failure: Exception) -> None:
        code = _code_of(failure)
        detail = {"code": code, "message": str(failure)}
        self._publisher.finish("failed", pts_ms=self._ms_before(self._publisher.next), detail=detail)
        self._station.utterances.mark_failed(self._row.id, code, str(failure))

    def _perform(self) -> None:
        row, engine = self._row, self._station.engine
        speaking = Speaking(
            split_sentences(row.text), engine.voices.get(row.voice), row.seed, Plan(self._station.storage, row.id)
        )
        brush = engine.painter(row.avatar_id, row.avatar_version, row.engine, self._size).start(row.seed)
        try:
            frames = self._render(speaking, brush)
        finally:
            speaking.close()
        self._end(frames)

    def _render(self, speaking: Speaking, brush: Brush) -> int:
        """Publish every media chunk that is missing; return the frames of the whole."""
        timeline = speaking.timeline
        with closing(self._open_encoder(speaking)) as encoder:
            while True:
                span = frames_of_chunk(self._publisher.next)
                speaking.reach(span.end)
                if timeline.complete and timeline.frames <= span.first:
                    return timeline.frames
                if timeline.complete:
                    span = FrameRange(span.first, min(span.count, timeline.frames - span.first))
                self._wait_for_playhead(span)
                self._publish_chunk(speaking, span, brush, encoder)
                speaking.finish_sentence()

    def _open_encoder(self, speaking: Speaking) -> SegmentEncoder:
        first = frames_of_chunk(self._publisher.next).first
        encoder = SegmentEncoder(self._size, self._row.fps, first)
        if first:
            before = FrameRange(max(0, first - WARM_UP_FRAMES), min(first, WARM_UP_FRAMES))
            speaking.reach(first)
            encoder.warm_up(speaking.timeline.sound(before))
        self._publisher.announce(encoder.init_segment, encoder.mime)
        return encoder

    def _publish_chunk(
        self, speaking: Speaking, span: FrameRange, brush: Brush, encoder: SegmentEncoder
    ) -> None:
        metrics = self._station.metrics
        deadline_s = self._started_s + span.first / clock.FPS
        if self._runs_free():
            # A file is in nobody's eye: it takes what the live streams leave.
            deadline_s += 3600
        waited = time.perf_counter()
        with self._station.engine.gate.admitted(deadline_s):
            metrics.stage("gate", time.perf_counter() - waited)
            segment = render_chunk(speaking.timeline, span, brush, encoder, metrics.stage)
        words = _captions(self._row.text, speaking.timeline.words(span)) if self._row.captions else ()
        begun = time.perf_counter()
        self._publisher.media(
            segment.data, clock.frames_to_ms(span.first), clock.frames_to_ms(span.count), words
        )
        metrics.stage("publish", time.perf_counter() - begun)
        if span.first == 0:
            metrics.first_chunk.observe(time.time() - self._row.created_at.timestamp())
        metrics.chunks_published.inc()

    def _wait_for_playhead(self, span: FrameRange) -> None:
        """Return once these frames may be drawn.

        Raises:
            Cancelled: somebody asked for it.
            WorkerDraining: this process is to leave.
            Fenced: the lease was lost while waiting.
        """
        while True:
            self._lease.moved()
            if self._lease.lost:
                raise Fenced
            if self._station.stream.cancel_requested(self._row.id):
                raise Cancelled
            if self._station.draining.is_set():
                raise WorkerDraining
            ahead_s = span.end / clock.FPS - (time.time() - self._started_s)
            if ahead_s <= self._station.ahead_s or self._runs_free():
                return
            self._station.draining.wait(min(PACE_POLL_S, ahead_s - self._station.ahead_s))

    def _runs_free(self) -> bool:
        now = time.monotonic()
        if now - self._watched_at_s > 1.0:
            self._watched_at_s = now
            if self._station.stream.viewers(self._row.id):
                self._unwatched_since_s = now
        return now - self._unwatched_since_s > UNWATCHED_S

    def _end(self, frames: int) -> None:
        chunks = self._publisher.next - 1
        duration_ms = clock.frames_to_ms(frames)
        self._publisher.finish("end", pts_ms=duration_ms, detail={"chunks": chunks, "duration_ms": duration_ms})
        self._station.utterances.mark_done(self._row.id, chunks=chunks, frames=frames, duration_ms=duration_ms)
        finish(self._row.id, self._station.utterances, self._station.storage)

    def _ms_before(self, seq: int) -> int:
        return clock.frames_to_ms(frames_of_chunk(seq).first)


def _captions(text: str, words: list[SpokenWord]) -> tuple[CaptionWord, ...]:
    return tuple(
        CaptionWord(
            text[word.text_start : word.text_end],
            word.text_start,
            word.text_end,
            clock.samples_to_ms(word.start_samples),
            clock.samples_to_ms_ceil(word.end_samples),
        )
        for word in words
    )


def _code_of(failure: Exception) -> str:
    if isinstance(failure, VoiceError):
        return "voice_failed"
    if isinstance(failure, AvatarError):
        return "avatar_unavailable"
    if isinstance(failure, StorageError):
        return "storage_failed"
    return "speech_lost"
