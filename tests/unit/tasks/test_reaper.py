"""What nobody works on is rung for again, and rows end as their streams did."""

import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from kombu.exceptions import OperationalError
from stream_cases import EPOCH, OWNER, MemoryTwin, SetClock, chunk, publish_media

from avatars.database import Avatar, Database
from avatars.storage_memory import MemoryStorage
from tasks import queue
from tasks.catalogue import WorkerAnnouncement
from tasks.chunks import Chunk
from tasks.engine_watch import EngineWatch
from tasks.errors import StreamUnreachable
from tasks.parts import Parts
from tasks.reaper import OFFICE_S, Reaper, Ring, run
from tasks.retention import FileRetention
from tasks.stream import ChunkStream
from tasks.stream_memory import MemoryChunkStream
from tasks.utterances import NewUtterance, UtteranceRow, Utterances


@dataclass(slots=True)
class Bells:
    """Doorbells that remember who was rung."""

    synthesis: list[str] = field(default_factory=list)
    finisher: list[str] = field(default_factory=list)
    engines: dict[str, str] = field(default_factory=dict)

    def ring_synthesis(self, utterance_id: str, engine: str) -> None:
        self.synthesis.append(utterance_id)
        self.engines[utterance_id] = engine

    def ring_finisher(self, utterance_id: str) -> None:
        self.finisher.append(utterance_id)


class House:
    """Rows, streams and a reaper over them, on one clock."""

    def __init__(self, database: Database) -> None:
        self.twin = MemoryTwin()
        self.clock: SetClock = self.twin.clock
        # Rows note their ends by the machine's clock, so this one starts there.
        self.clock.now_s = float(int(datetime.now(UTC).timestamp()))
        self.stream: ChunkStream = self.twin.stream
        self.storage = MemoryStorage()
        self.rows = Utterances(database)
        self.bells = Bells()
        self.warm = [
            WorkerAnnouncement(name="w", owner="w:1", streams=1, voices=(), engines=("warp",), metrics_port=1)
        ]
        self.reaper = self.another_reaper()
        now = datetime.now(UTC)
        with database.transaction() as db:
            db.add(
                Avatar(
                    id="samira", owner="house", title_fa="س", title_en="S", voice="fa", engine="warp",
                    state="ready", version=1, created_at=now, updated_at=now,
                )
            )  # fmt: skip

    def another_reaper(self) -> Reaper:
        retention = FileRetention(self.rows, self.storage, timedelta(hours=72))
        return Reaper(
            self.stream, self.rows, self.bells, parts=Parts(self.storage), retention=retention,
            engines=EngineWatch(lambda: self.warm),
        )  # fmt: skip

    def post(self, *, rung: bool = True, engine: str = "warp") -> str:
        """As the front door does: row, stream, doorbell."""
        row = self.rows.create(
            NewUtterance(
                owner="ali", avatar_id="samira", avatar_version=1, voice="fa", engine=engine, text="سلام",
                width_px=512, height_px=512, fps=25, captions=True, seed=1, epoch=EPOCH,
            )
        )  # fmt: skip
        self.stream.create(row.id, row.epoch)
        if rung:
            self.rows.rang(row.id, datetime.fromtimestamp(self.clock.now_s, UTC))
        return row.id

    def start(self, sid: str) -> int:
        """As a worker does: claim and mark; returns the generation."""
        claim = self.stream.claim(sid, OWNER)
        self.rows.mark_running(sid)
        return claim.gen

    def row(self, sid: str) -> UtteranceRow:
        row = self.rows.get(sid)
        assert row is not None
        return row

    def rounds(self, seconds: int) -> list[tuple[int, str]]:
        """Let time pass, the reaper working every second; returns (second, rung)."""
        rung = []
        for second in range(1, seconds + 1):
            self.clock.now_s += 1
            before = len(self.bells.synthesis)
            assert self.reaper.run_once(self.clock.now_s)
            rung += [(second, sid) for sid in self.bells.synthesis[before:]]
        return rung


@pytest.fixture
def house(sqlite_database: Database) -> House:
    return House(sqlite_database)


def test_the_module_of_queues_is_a_ring() -> None:
    ring: Ring = queue
    assert callable(ring.ring_synthesis)
    assert callable(ring.ring_finisher)


def test_what_nobody_claims_is_rung_for_after_5_10_20_seconds_and_then_every_20(house: House) -> None:
    sid = house.post()
    assert house.rounds(65) == [(5, sid), (10, sid), (20, sid), (40, sid), (60, sid)]
    assert house.row(sid).doorbells == 6


def test_what_was_never_rung_for_is_rung_for_once_it_is_due(house: House) -> None:
    sid = house.post(rung=False)
    assert house.rounds(6) == [(5, sid)]
    assert house.row(sid).doorbell_at == datetime.fromtimestamp(house.clock.now_s - 1, UTC)


def test_the_pause_begins_when_the_bell_was_rung_and_not_when_the_stream_was_made(house: House) -> None:
    sid = house.post(rung=False)
    assert house.rounds(3) == []
    house.rows.rang(sid, datetime.fromtimestamp(house.clock.now_s, UTC))
    assert house.rounds(6) == [(5, sid)]


def test_what_no_worker_can_paint_fails_after_a_minute_and_says_what_is_missing(house: House) -> None:
    painted, warped = house.post(engine="wav2lip"), house.post()
    house.rounds(60)
    assert house.row(painted).state == "queued"
    house.rounds(25)
    row = house.row(painted)
    assert (row.state, row.error_code) == ("failed", "engine_unavailable")
    assert "wav2lip/wav2lip.onnx" in str(row.error_message)
    (ending,) = [Chunk.from_message(message) for _, message in house.stream.read(painted, 0, count=10)]
    assert (ending.kind, (ending.detail or {})["code"]) == ("failed", "engine_unavailable")
    assert house.row(warped).state == "queued"


def test_what_some_worker_can_paint_waits_for_it(house: House) -> None:
    house.warm = [replace(house.warm[0], engines=("warp", "wav2lip"))]
    sid = house.post(engine="wav2lip")
    house.rounds(200)
    assert house.row(sid).state == "queued"
    assert house.bells.engines == {sid: "wav2lip"}


def test_a_stream_that_is_held_is_left_alone(house: House) -> None:
    sid = house.post()
    gen = house.start(sid)
    for seq in range(1, 30):
        assert house.rounds(1) == []
        publish_media(house.stream, gen, seq, seq, sid)


def test_a_stream_whose_lease_ran_out_is_rung_for_at_once(house: House) -> None:
    sid = house.post()
    house.start(sid)
    assert house.rounds(5)[0] == (2, sid)


def test_a_stream_that_was_given_back_is_rung_for_at_once_and_with_pauses(house: House) -> None:
    sid = house.post()
    gen = house.start(sid)
    publish_media(house.stream, gen, 1, 2, sid)
    house.stream.release(sid, gen, OWNER)
    assert house.rounds(30) == [(1, sid), (6, sid), (16, sid)]
    assert house.stream.claim(sid, "worker-2:").verdict == "claimed"


def test_attempts_that_publish_nothing_follow_each_other_after_a_pause(house: House) -> None:
    sid = house.post()
    house.stream.release(sid, house.start(sid), OWNER)
    rung = []
    for second in range(1, 8):
        for _ in house.rounds(1):
            rung.append(second)
            house.stream.release(sid, house.stream.claim(sid, OWNER).gen, OWNER)
    assert rung[:3] == [1, 3, 5]


def test_a_queued_stream_that_is_lost_is_made_again_and_rung_for(house: House) -> None:
    sid = house.post()
    house.twin.meta_is_lost(sid)
    house.stream.forget(sid)
    assert house.rounds(2) == [(1, sid)]
    meta = house.stream.meta(sid)
    assert meta is not None
    assert (meta.epoch, meta.next, meta.state) == (EPOCH, 1, "queued")
    assert house.stream.place(sid) == 1


def test_a_running_stream_that_is_lost_is_left_to_its_worker_for_a_while(house: House) -> None:
    sid = house.post()
    gen = house.start(sid)
    publish_media(house.stream, gen, 1, 3, sid)
    house.twin.meta_is_lost(sid)
    house.stream.forget(sid)
    assert house.rounds(5) == []
    assert house.stream.recreate(sid, EPOCH, gen, 2, owner=OWNER)
    publish_media(house.stream, gen, 2, 4, sid)
    assert house.rounds(1) == []
    assert [seq for seq, _ in house.stream.read(sid, 0)] == [2, 3, 4]


def test_a_running_stream_that_is_lost_with_its_worker_is_made_again(house: House) -> None:
    sid = house.post()
    gen = house.start(sid)
    house.twin.meta_is_lost(sid)
    house.stream.forget(sid)
    assert house.rounds(12) == [(11, sid)]
    claim = house.stream.claim(sid, "worker-2:")
    assert (claim.verdict, claim.epoch, claim.next) == ("claimed", EPOCH, 1)
    assert house.stream.publish(gen, chunk(1, sid=sid)).verdict == "fenced"


def test_a_poisoned_stream_fails_its_row(house: House) -> None:
    sid = house.post()
    for _ in range(3):
        gen = house.start(sid)
        house.stream.release(sid, gen, OWNER)
    assert house.stream.claim(sid, OWNER).verdict == "poison"
    assert house.rounds(1) == []
    row = house.row(sid)
    assert (row.state, row.error_code) == ("failed", "poison")
    assert row.error_message


@pytest.mark.parametrize("log_is_gone", [False, True])
def test_a_worker_that_died_right_after_the_ending_left_it_to_the_reaper(
    house: House, log_is_gone: bool
) -> None:
    sid = house.post()
    gen = house.start(sid)
    publish_media(house.stream, gen, 1, 3, sid)
    ending = Chunk(
        epoch=EPOCH, gen=gen, seq=4, kind="end", utterance=sid, pts_ms=840,
        detail={"chunks": 3, "duration_ms": 840},
    )  # fmt: skip
    messages = [each.to_message() for each in (*(chunk(seq, sid=sid) for seq in (1, 2, 3)), ending)]
    Parts(house.storage).append(sid, 1, messages)
    house.stream.publish(gen, ending)
    if log_is_gone:
        house.twin.log_runs_out(sid)
    house.rounds(1)
    row = house.row(sid)
    assert (row.state, row.chunks, row.frames, row.duration_ms) == ("done", 3, 21, 840)


def test_an_ending_that_is_kept_nowhere_fails_the_row(house: House) -> None:
    sid = house.post()
    gen = house.start(sid)
    house.stream.publish(gen, chunk(1, kind="end", sid=sid))
    house.twin.log_runs_out(sid)
    house.rounds(1)
    assert (house.row(sid).state, house.row(sid).error_code) == ("failed", "ending_lost")


def test_a_stream_cancelled_in_the_line_cancels_its_row(house: House) -> None:
    sid = house.post()
    house.stream.request_cancel(sid)
    house.rounds(1)
    assert house.row(sid).state == "cancelled"


def test_a_stream_whose_row_has_finished_leaves_the_line(house: House) -> None:
    sid = house.post()
    house.rows.mark_cancelled(sid)
    assert house.rounds(6) == []
    assert house.stream.place(sid) is None
    meta = house.stream.meta(sid)
    assert meta is not None
    assert meta.state == "cancelled"
    assert house.stream.overdue(house.clock.now_s + 1e6) == []


def done_but_unended(house: House, *, stored: int, logged: int) -> str:
    """A row that is done, of a stream whose log lost its end; its parts hold the first chunks."""
    sid = house.post()
    gen = house.start(sid)
    publish_media(house.stream, gen, 1, logged, sid)
    Parts(house.storage).append(sid, 1, [chunk(seq, sid=sid).to_message() for seq in range(1, stored + 1)])
    house.rows.mark_done(sid, chunks=4, frames=29, duration_ms=1160)
    house.twin.lease_runs_out(sid)
    return sid


@pytest.mark.parametrize("logged", [1, 2, 4])
def test_an_end_that_redis_lost_after_the_row_was_done_is_published_again(house: House, logged: int) -> None:
    sid = done_but_unended(house, stored=4, logged=logged)
    house.rounds(1)
    log = [Chunk.from_message(message) for _, message in house.stream.read(sid, 0)]
    assert [entry.seq for entry in log] == [1, 2, 3, 4, 5]
    assert [entry.payload for entry in log[:4]] == [chunk(seq).payload for seq in (1, 2, 3, 4)]
    assert (log[-1].kind, log[-1].pts_ms, log[-1].detail) == ("end", 1160, {"chunks": 4, "duration_ms": 1160})
    assert house.stream.overdue(house.clock.now_s + 1e6) == []


def test_a_lost_end_whose_chunks_nobody_keeps_still_leaves_no_viewer_waiting(house: House) -> None:
    sid = done_but_unended(house, stored=2, logged=1)
    house.rounds(1)
    log = [Chunk.from_message(message) for _, message in house.stream.read(sid, 0)]
    assert [entry.kind for entry in log] == ["media", "media", "cancelled"]


def test_a_failure_that_redis_lost_is_told_as_the_row_has_it(house: House) -> None:
    sid = house.post()
    publish_media(house.stream, house.start(sid), 1, 2, sid)
    house.rows.mark_failed(sid, "voice_failed", "the voice is mute")
    house.twin.lease_runs_out(sid)
    house.rounds(1)
    [(_, message)] = house.stream.read(sid, 2)
    ending = Chunk.from_message(message)
    assert ending.kind == "failed"
    assert ending.detail == {"code": "voice_failed", "message": "the voice is mute"}


def test_a_stray_that_a_worker_still_holds_is_left_to_it(house: House) -> None:
    sid = house.post()
    gen = house.start(sid)
    house.rows.mark_done(sid, chunks=1, frames=5, duration_ms=200)
    for seq in range(1, 8):
        publish_media(house.stream, gen, seq, seq, sid)
        house.rounds(1)
    assert not house.stream.cancel_requested(sid)
    meta = house.stream.meta(sid)
    assert meta is not None
    assert (meta.gen, meta.state) == (gen, "running")


def test_no_round_but_one_in_two_seconds_reads_the_rows_when_no_stream_is_due(house: House) -> None:
    sid = house.post()
    assert house.reaper.run_once(house.clock.now_s)
    house.stream.forget(sid)
    assert house.reaper.run_once(house.clock.now_s + 1)
    assert house.bells.synthesis == []
    assert house.reaper.run_once(house.clock.now_s + 5)
    assert house.bells.synthesis == [sid]


def test_a_place_in_the_line_whose_stream_is_gone_is_cleared(house: House) -> None:
    sid = house.post()
    house.rows.mark_failed(sid, "queue_full", "no")
    house.twin.meta_is_lost(sid)
    house.rounds(6)
    assert house.stream.waiting() == 0


def test_a_done_row_without_a_video_is_rung_to_the_finisher_after_a_grace(house: House) -> None:
    sid = house.post()
    gen = house.start(sid)
    house.stream.publish(gen, chunk(1, kind="end", sid=sid))
    house.rows.mark_done(sid, chunks=0, frames=0, duration_ms=0)
    house.rounds(20)
    assert house.bells.finisher == []
    house.rounds(1)
    assert house.bells.finisher == [sid]
    house.rounds(19)
    assert house.bells.finisher == [sid]
    house.rounds(1)
    assert house.bells.finisher == [sid, sid]
    house.rows.set_files(sid, f"utterances/{sid}/video.mp4", None, 1)
    house.rounds(40)
    assert house.bells.finisher == [sid, sid]


def test_of_two_reapers_one_works_and_the_other_takes_over_when_it_resigns(house: House) -> None:
    other = house.another_reaper()
    assert house.reaper.run_once(house.clock.now_s)
    assert not other.run_once(house.clock.now_s)
    other.resign()
    assert not other.run_once(house.clock.now_s)
    house.reaper.resign()
    assert other.run_once(house.clock.now_s)
    assert not house.reaper.run_once(house.clock.now_s)


def test_a_reaper_that_died_is_followed_when_its_office_runs_out(house: House) -> None:
    other = house.another_reaper()
    assert house.reaper.run_once(house.clock.now_s)
    house.clock.now_s += OFFICE_S
    assert other.run_once(house.clock.now_s)
    assert not house.reaper.run_once(house.clock.now_s)


def test_old_files_are_removed_every_hour_and_the_row_says_so(house: House) -> None:
    sid, unfinished = house.post(), house.post()
    for each in (sid, unfinished):
        house.storage.put(f"utterances/{each}/video.mp4", b"film")
    house.stream.publish(house.start(sid), chunk(1, kind="end", sid=sid))
    house.rows.mark_done(sid, chunks=0, frames=0, duration_ms=0)
    house.rows.set_files(sid, f"utterances/{sid}/video.mp4", None, 4)
    finished_at = house.row(sid).finished_at
    assert finished_at is not None
    finished_s = finished_at.timestamp()
    assert house.reaper.run_once(finished_s + 72 * 3600 - 60)
    assert house.storage.exists(f"utterances/{sid}/video.mp4")
    assert house.reaper.run_once(finished_s + 72 * 3600 + 60)
    assert house.storage.exists(f"utterances/{sid}/video.mp4")
    assert house.reaper.run_once(finished_s + 73 * 3600)
    assert not house.storage.exists(f"utterances/{sid}/video.mp4")
    assert house.storage.exists(f"utterances/{unfinished}/video.mp4")
    assert house.row(sid).expired_at is not None
    assert (house.row(sid).state, house.row(sid).text) == ("done", "")
    assert house.row(unfinished).text == "سلام"


class AwayFor(MemoryChunkStream):
    """A stream whose Redis does not answer the first calls."""

    def __init__(self, calls: int) -> None:
        super().__init__()
        self.calls_left = calls
        self.led = threading.Event()

    def lead(self, office: str, owner: str, *, ttl_s: float) -> bool:
        if self.calls_left:
            self.calls_left -= 1
            raise StreamUnreachable
        self.led.set()
        return super().lead(office, owner, ttl_s=ttl_s)


def in_background(reaper: Reaper, stop: threading.Event) -> threading.Thread:
    thread = threading.Thread(target=run, args=(reaper, stop))
    thread.start()
    return thread


def test_a_reaper_outlives_a_redis_that_is_away_and_resigns_when_told_to_stop(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.reaper.EVERY_S", 0.01)
    monkeypatch.setattr("tasks.reaper.AFTER_TROUBLE_S", 0.01)
    stream = AwayFor(3)
    stop = threading.Event()
    thread = in_background(Reaper(stream, house.rows, house.bells), stop)
    assert stream.led.wait(timeout=20)
    stop.set()
    thread.join(timeout=20)
    assert not thread.is_alive()
    assert stream.lead("reaper", "another", ttl_s=60)


def test_a_broker_that_is_away_leaves_the_stream_due(house: House) -> None:
    sid = house.post()
    house.clock.now_s += 5

    class Silent(Bells):
        def ring_synthesis(self, utterance_id: str, engine: str) -> None:
            raise OperationalError

    with pytest.raises(OperationalError):
        Reaper(house.stream, house.rows, Silent()).run_once(house.clock.now_s)
    house.clock.now_s += 6
    assert house.reaper.run_once(house.clock.now_s)
    assert house.bells.synthesis == [sid]
