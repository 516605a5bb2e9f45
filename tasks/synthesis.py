"""An utterance becomes chunks: claim, speak, draw, publish, end.

The body behind the doorbell. Between tasks.queue and the relay; all it needs is in the
row, in storage and in the log, so any worker may go on where another stopped.
"""

import time
from contextlib import closing, suppress
from datetime import UTC, datetime
from typing import Final

import structlog
from kombu.exceptions import OperationalError as BrokerUnreachable
from redis.exceptions import RedisError

from avatars.recorded import Recorded
from lipsync import clock
from lipsync.engines.contract import Brush, Size
from lipsync.engines.net import NetFailed
from lipsync.media.encoder import WARM_UP_FRAMES, SegmentEncoder
from lipsync.pipeline import FrameRange, foresee_chunk, frames_of_chunk, render_chunk
from lipsync.speech.errors import VoiceError
from lipsync.text.errors import TextSilent
from tasks.app import app
from tasks.captioning import caption_words, captioned
from tasks.casting import Casting
from tasks.catalogue import is_painted
from tasks.chunks import Kind, ReachedMark
from tasks.endings import FINAL, VOICE_UNAVAILABLE, code_of
from tasks.errors import Cancelled, Fenced, LogLost, SlotWanted, StreamUnreachable, WorkerDraining
from tasks.finisher import finish
from tasks.jobs import SynthesisJob
from tasks.leases import Lease
from tasks.listener import Listener
from tasks.manner import Manner
from tasks.open_text import OpenText
from tasks.parts import Parts
from tasks.plan import Plan
from tasks.playhead import Playhead
from tasks.playing import Playing
from tasks.publisher import Publisher
from tasks.queue import NOTHING, SYNTHESISE, SYNTHESISE_HERE, ring_synthesis
from tasks.speaking import Speaking
from tasks.station import NOBODY, Station, Waiting, current_station
from tasks.stream import ATTEMPTS_MAX, Claim, ClaimVerdict
from tasks.utterances import UtteranceRow

PACE_POLL_S: Final = 0.1
"""How often a job that is far enough ahead looks whether it was cancelled."""

LOOK_AROUND_S: Final = 1.0
"""How often a job looks who watches it and who waits for its place."""

UNWATCHED_S: Final = 2.0
"""With nobody watching for so long, an utterance is made as a file: as fast as it goes."""

GRACE_S: Final = 0.5
"""How long after its place in the stream a chunk still comes in time: the first chunk's own
latency and the player's cushion lie before it."""

FILE_LATER_S: Final = 3600.0
"""How much later than a live stream's a file's chunks are due: it takes what they leave."""

Source = Speaking | Playing
"""What fills a timeline: a voice, or a recording."""

log = structlog.get_logger(__name__)


@app.task(name=SYNTHESISE, ignore_result=True)  # type: ignore[untyped-decorator]
def synthesise(body: dict[str, object]) -> None:
    """Go on with one utterance, from its first missing chunk to its end, or pass it on."""
    station, row = _rung_for(body)
    if row is not None and not _passed_on(station, row):
        _draw(station, row)


@app.task(name=SYNTHESISE_HERE, ignore_result=True)  # type: ignore[untyped-decorator]
def synthesise_here(body: dict[str, object]) -> None:
    """Go on with one utterance that another worker passed on."""
    station, row = _rung_for(body)
    if row is not None:
        _draw(station, row)


def _rung_for(body: dict[str, object]) -> tuple[Station, UtteranceRow | None]:
    station = current_station()
    row = station.utterances.get(SynthesisJob.from_json(body).utterance_id)
    if row is None or row.finished:
        log.warning("nothing_to_do", job=body)
        return station, None
    if is_painted(row.engine) and row.engine not in station.engine.engines:
        # Rung by somebody who knows ids alone, or for one that has lost its network since.
        _ring(row)
        return station, None
    return station, row


def _ring(row: UtteranceRow) -> None:
    """Ask whoever has the engine to go on with an utterance."""
    try:
        ring_synthesis(row.id, row.engine)
    except BrokerUnreachable as trouble:
        # The reaper rings again.
        log.warning("not_rung", utterance=row.id, error=str(trouble))


def _passed_on(station: Station, row: UtteranceRow) -> bool:
    """Return whether a worker that has the face ready has taken this utterance, which has not begun."""
    key = (row.avatar_id, row.avatar_version, row.engine, Size(row.width_px, row.height_px))
    ready = station.engine.is_ready(key)
    station.metrics.first_faces.labels("ready" if ready else "cold").inc()
    if ready or station.router is None or row.state != "queued":
        return False
    try:
        running = station.leases.count
        taken = station.router.passed_on(row.id, key, running, lambda: _is_taken(station, row.id))
    except (RedisError, StreamUnreachable, BrokerUnreachable) as trouble:
        log.warning("not_passed_on", utterance=row.id, error=str(trouble))
        return False
    if taken is not None:
        station.metrics.passed_on.labels("taken" if taken else "kept").inc()
    return bool(taken)


def _is_taken(station: Station, sid: str) -> bool:
    meta = station.stream.meta(sid)
    # Ended or gone: the claim tells which, and does nothing.
    return meta is not None and (meta.owner is not None or meta.state.ended)


def _draw(station: Station, row: UtteranceRow) -> None:
    """Go on with an utterance, if there is a place for it; what its engine paints with is shared."""
    if not is_painted(row.engine):
        _claim_and_perform(station, row)
    elif station.painted.enter():
        try:
            _claim_and_perform(station, row)
        finally:
            station.painted.leave()
    else:
        # It was on its way when the last place was taken: back to where others see it.
        _ring(row)


def _claim_and_perform(station: Station, row: UtteranceRow) -> None:
    claim = _claim(station, row)
    if claim is None:
        return
    try:
        whole = _perform(station, row, claim)
    finally:
        _give_back(station, row.id, claim)
    if whole:
        # After the lease: the file of an hour takes longer than a chunk may.
        finish(row.id, station.utterances, station.storage)


@app.task(name=NOTHING, ignore_result=True)  # type: ignore[untyped-decorator]
def nothing(reply_to: str) -> None:
    """Do nothing but say so: the floor under every first chunk, for the benchmark."""
    current_station().stream.issue_ticket(reply_to, "0" * 32)


def _claim(station: Station, row: UtteranceRow) -> Claim | None:
    claim = station.stream.claim(row.id, station.engine.owner)
    if claim.verdict is ClaimVerdict.POISON:
        station.utterances.mark_failed(row.id, "poison", "three workers in a row died over this utterance")
        station.metrics.utterances_ended.labels("failed").inc()
    if claim.verdict is not ClaimVerdict.CLAIMED:
        # Busy or closed: somebody else has it, or it is over. The doorbell rang twice.
        log.info("claim_refused", utterance=row.id, verdict=claim.verdict.value)
        return None
    return claim


def _perform(station: Station, row: UtteranceRow, claim: Claim) -> bool:
    if station.utterances.mark_running(row.id):
        waited = datetime.now(UTC) - row.created_at
        station.metrics.queue_wait.observe(waited.total_seconds())
    if claim.next > 1:
        station.metrics.takeovers.inc()
    with station.leases.held(row.id, claim.gen) as lease, station.metrics.streams_running.track_inprogress():
        publisher = Publisher(station.stream, Parts(station.storage), row.id, claim, lease.moved)
        return Performance(station, station.utterances.get(row.id) or row, publisher, lease).run()


def _give_back(station: Station, sid: str, claim: Claim) -> None:
    """Free the stream, whatever ended the attempt; a stream that is over stays as it is."""
    # Silent: the reaper rings for a freed stream within seconds, which is also the pause
    # between two attempts that both fail.
    with suppress(StreamUnreachable):
        station.stream.release(sid, claim.gen, claim.owner)


class Performance:
    """One claim on one utterance, from here to the end or to a handing over."""

    def __init__(self, station: Station, row: UtteranceRow, publisher: Publisher, lease: Lease) -> None:
        self._station = station
        self._row = row
        self._is_painted = is_painted(row.engine)
        self._lease = lease
        self._size = Size(row.width_px, row.height_px)
        self._manner = Manner.from_json(row.manner)
        self._script = self._manner.script(row.text)
        self._publisher = publisher
        self._listener: Listener | None = None
        """Where the text may still be written, or was written after it was posted."""
        self._playhead = Playhead((row.started_at or datetime.now(UTC)).timestamp())
        # One that was posted long ago and that nobody watches is not waited for, as after a restart.
        self._unwatched_since_s = time.monotonic() - (time.time() - row.created_at.timestamp())
        self._looked_at_s = float("-inf")
        self._waiting = NOBODY

    def run(self) -> bool:
        """Perform; return whether the stream has come to its whole end.

        Raises:
            StreamUnreachable: Redis did not come back in time; and anything unforeseen.
        """
        try:
            return self._to_an_ending()
        except Fenced:
            self._station.metrics.fenced_writes.inc()
            log.warning("fenced", utterance=self._row.id, gen=self._lease.gen)
        except WorkerDraining:
            self._hand_over(drained=True)
        except SlotWanted:
            # Silent: the reaper rings for it, when those that were rung for meanwhile have begun.
            log.info("slot_given_back", utterance=self._row.id, next=self._publisher.next)
            with suppress(StreamUnreachable):
                self._station.stream.release(
                    self._row.id, self._lease.gen, self._station.engine.owner, drained=True
                )
        except NetFailed as trouble:
            # Before the stream is handed over: this process is not to take it up again.
            self._station.net_failed(trouble, self._row.id)
            self._hand_over(drained=False)
        except (LogLost, VoiceError) as trouble:
            log.warning("attempt_ended", utterance=self._row.id, error=str(trouble))
            self._hand_over(drained=False)
        return False

    def _to_an_ending(self) -> bool:
        try:
            self._end(self._speak())
            return True
        except Cancelled:
            self._break_off("cancelled", {})
            self._station.utterances.mark_cancelled(self._row.id)
        except TextSilent as failure:
            # Its writer's doing, and no fault of anything here.
            log.info("text_silent", utterance=self._row.id)
            self._fail(code_of(failure), str(failure))
        except FINAL as failure:
            log.exception("utterance_failed", utterance=self._row.id)
            self._fail(code_of(failure), str(failure))
        except VoiceError as failure:
            if not self._is_last_attempt():
                raise
            log.exception("utterance_failed", utterance=self._row.id)
            told = f"{ATTEMPTS_MAX} attempts in a row gave no chunk, the last one for its voice: {failure}"
            self._fail(VOICE_UNAVAILABLE, told)
        return False

    def _fail(self, code: str, message: str) -> None:
        self._break_off("failed", {"code": code, "message": message})
        self._station.utterances.mark_failed(self._row.id, code, message)

    def _is_last_attempt(self) -> bool:
        meta = self._station.stream.meta(self._row.id)
        return meta is not None and meta.attempts >= ATTEMPTS_MAX

    def _end(self, frames: int) -> None:
        chunks = self._publisher.next - 1
        length_ms = clock.frames_to_ms(frames)
        self._publisher.finish("end", pts_ms=length_ms, detail={"chunks": chunks, "duration_ms": length_ms})
        self._station.utterances.mark_done(self._row.id, chunks=chunks, frames=frames, duration_ms=length_ms)
        self._station.metrics.utterances_ended.labels("done").inc()

    def _break_off(self, kind: Kind, detail: dict[str, object]) -> None:
        spoken = frames_of_chunk(self._publisher.next).first
        self._publisher.finish(kind, pts_ms=clock.frames_to_ms(spoken), detail=detail)
        self._station.metrics.utterances_ended.labels(kind).inc()

    def _hand_over(self, *, drained: bool) -> None:
        sid = self._row.id
        try:
            self._station.stream.release(sid, self._lease.gen, self._station.engine.owner, drained=drained)
        except StreamUnreachable as trouble:
            log.warning("not_handed_over", utterance=sid, error=str(trouble))
        else:
            _ring(self._row)

    def _speak(self) -> int:
        """Publish what is missing of the speech; return the frames of the whole."""
        row, engine = self._row, self._station.engine
        self._look_up()
        speaking = self._source()
        brush = engine.painter(row.avatar_id, row.avatar_version, row.engine, self._size).start(row.seed)
        with closing(speaking):
            font = self._station.caption_font
            return self._render(speaking, captioned(brush, speaking.timeline, row, font))

    def _source(self) -> Source:
        """Return what fills the timeline, from the next chunk on."""
        row, heard_from = self._row, self._warm_up_span().first
        if row.recording_id is not None:
            recorded = Recorded(self._station.storage, row.recording_id)
            return Playing(recorded, row.text, self._station.heard_model(), heard_from)
        plan = Plan(self._station.storage, row.id, self._lease.gen)
        casting = Casting(self._station.engine.voices, row.voice, self._manner)
        if row.appended_at is not None:
            return self._listen(casting, plan, heard_from)
        sentences = casting.sentences(self._script)
        runs_of = casting.of_script(self._script, sentences)
        return Speaking(sentences, runs_of, row.seed, plan, heard_from)

    def _listen(self, casting: Casting, plan: Plan, heard_from: int) -> Speaking:
        """Return the speech of a text that may still be written."""
        text = OpenText(
            self._row, self._station.utterances, self._station.stream, plan, language=casting.language
        )
        self._listener = Listener(text, self._playhead, hurries=self._is_watched, look_up=self._look_up)
        published_ms = self._publisher.taken_up_ms
        return self._listener.listen(casting.of_plain, self._row.seed, plan, heard_from, published_ms)

    def _reach(self, speaking: Source, span: FrameRange) -> None:
        speaking.reach(span.end)
        if self._listener is not None:
            self._listener.reach(span)

    def _render(self, speaking: Source, brush: Brush) -> int:
        """Publish every media chunk that is missing; return the frames of the whole."""
        timeline = speaking.timeline
        with closing(self._open_encoder(speaking)) as encoder:
            while True:
                span = frames_of_chunk(self._publisher.next)
                self._reach(speaking, span)
                if timeline.complete and timeline.frames <= span.first:
                    return timeline.frames
                if timeline.complete:
                    span = FrameRange(span.first, min(span.count, timeline.frames - span.first))
                self._wait_for_playhead(span)
                self._publish_chunk(speaking, span, brush, encoder)
                speaking.finish_sentence()
                timeline.forget(span.end)

    def _open_encoder(self, speaking: Source) -> SegmentEncoder:
        first = frames_of_chunk(self._publisher.next).first
        encoder = self._station.engine.encoders.take(self._size, self._row.fps, first)
        if first:
            speaking.reach(first)
            encoder.warm_up(speaking.timeline.sound(self._warm_up_span()))
        self._publisher.announce(encoder.init_segment, encoder.mime)
        return encoder

    def _warm_up_span(self) -> FrameRange:
        """Return the frames just before the next chunk, whose sound a new encoder has to hear."""
        first = frames_of_chunk(self._publisher.next).first
        return FrameRange(max(0, first - WARM_UP_FRAMES), min(first, WARM_UP_FRAMES))

    def _publish_chunk(
        self, speaking: Source, span: FrameRange, brush: Brush, encoder: SegmentEncoder
    ) -> None:
        metrics = self._station.metrics
        deadline_s = self._playhead.due_s(span.first) + (FILE_LATER_S if self._runs_free() else 0.0)
        # Before the gate: what waits for a device needs no processor.
        drive = foresee_chunk(speaking.timeline, span, brush, metrics.stage, deadline_s)
        waited = time.perf_counter()
        with self._station.engine.gate.admitted(deadline_s, self._look_up):
            metrics.stage("gate", time.perf_counter() - waited)
            segment = render_chunk(speaking.timeline, drive, brush, encoder, metrics.stage)
        text = self._script.shown if self._listener is None else self._listener.text.text
        words = caption_words(text, speaking.timeline.words(span)) if self._row.captions else ()
        marks = tuple(
            ReachedMark(mark.name, clock.samples_to_ms(mark.at_samples))
            for mark in speaking.timeline.marks(span)
        )
        begun = time.perf_counter()
        self._publisher.media(
            segment.data, clock.frames_to_ms(span.first), clock.frames_to_ms(span.count), words, marks
        )
        metrics.stage("publish", time.perf_counter() - begun)
        self._note_published(span)

    def _note_published(self, span: FrameRange) -> None:
        metrics = self._station.metrics
        if span.first == 0:
            # Waiting for a text to be written is not making the first chunk.
            open_text = self._listener is not None
            since_s = self._playhead.started_s if open_text else self._row.created_at.timestamp()
            metrics.first_chunk.observe(time.time() - since_s)
            self._station.engine.encoders.refill()
            self._station.uses.note(self._row.avatar_id)
        elif self._playhead.ahead_s(span.first) < -GRACE_S and not self._runs_free():
            metrics.underruns.inc()
        metrics.chunks_published.inc()

    def _wait_for_playhead(self, span: FrameRange) -> None:
        """Return once these frames may be drawn. Raises as `_look_up`."""
        while True:
            self._look_up()
            ahead_s = self._playhead.ahead_s(span.end)
            if ahead_s <= self._station.ahead_s or self._runs_free():
                return
            self._station.draining.wait(min(PACE_POLL_S, ahead_s - self._station.ahead_s))

    def _look_up(self) -> None:
        """Look whether to go on; called at every chunk border and while waiting.

        Raises:
            Fenced: the lease was lost.
            Cancelled: somebody asked for it.
            WorkerDraining: this process is to leave.
            SlotWanted: nobody watches, all places here are taken, and a new utterance waits.
        """
        self._lease.moved()
        if self._lease.lost:
            raise Fenced
        with suppress(StreamUnreachable):
            if self._station.stream.cancel_requested(self._row.id):
                raise Cancelled
        if self._station.draining.is_set():
            raise WorkerDraining
        if self._runs_free() and self._station.lacks_place(self._waiting, leaving_painted=self._is_painted):
            raise SlotWanted

    def _is_watched(self) -> bool:
        return not self._runs_free()

    def _runs_free(self) -> bool:
        now = time.monotonic()
        if now - self._looked_at_s > LOOK_AROUND_S:
            self._looked_at_s = now
            with suppress(StreamUnreachable):
                self._look_around(now)
        return now - self._unwatched_since_s > UNWATCHED_S

    def _look_around(self, now_s: float) -> None:
        if self._station.stream.viewers(self._row.id):
            self._unwatched_since_s = now_s
        waiting = self._station.stream.waiting
        self._waiting = Waiting(painted=waiting(painted=True), others=waiting(painted=False))
