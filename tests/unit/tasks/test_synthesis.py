"""An utterance is performed to its end by whichever workers are left, every chunk once."""

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import stage as theatre
from redis.exceptions import ConnectionError as RedisConnectionError
from stage import ColourEngine, FaultyStream, ProcessDeath, Stage, ToneVoice, WanderingVoice

from avatars.database import Database
from lipsync.engines.contract import Size
from lipsync.media.probe import probe
from lipsync.speech.errors import VoiceDied, VoiceRefused
from lipsync.text.prosody import Prosody
from tasks import synthesis
from tasks.app import app
from tasks.chunks import Chunk
from tasks.errors import StreamUnreachable
from tasks.jobs import SynthesisJob
from tasks.manner import Manner
from tasks.parts import Parts
from tasks.queue import SYNTHESIS_QUEUE
from tasks.station import open_station
from tasks.utterances import UtteranceRow
from tasks.warmth import Router, WarmWorker

CHUNKS = 15
"""Media chunks of the usual text: 3 sentences of 14 words, each on frame borders."""


@pytest.fixture
def stage(sqlite_database: Database) -> Stage:
    return Stage(sqlite_database)


@pytest.fixture(autouse=True)
def bells(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A broker in this process; returns how many bells hang in it."""
    before = app.conf.broker_url
    app.conf.broker_url = "memory://"
    with app.connection_for_write() as connection, connection.SimpleQueue(SYNTHESIS_QUEUE) as queue:
        queue.clear()
        yield queue.qsize
    app.conf.broker_url = before


def check_whole(stage: Stage, row: UtteranceRow) -> None:
    """Every chunk is there once, the file decodes whole, every word is shown once."""
    chunks = stage.chunks(row)
    assert [chunk.seq for chunk in chunks] == list(range(1, CHUNKS + 2))
    assert [chunk.kind for chunk in chunks] == ["media"] * CHUNKS + ["end"]
    done = stage.row(row)
    assert (done.state, done.chunks, done.video_bytes is not None) == ("done", CHUNKS, True)
    report = probe(io.BytesIO(stage.storage.get(done.video_key)))
    assert (report.gaps, report.errors) == ((), ())
    assert report.frames == done.frames == sum(chunk.duration_ms for chunk in chunks) // 40
    assert [word.text for chunk in chunks for word in chunk.words] == theatre.WORDS


def check_like_undisturbed(stage: Stage, row: UtteranceRow) -> None:
    """Pictures and sound are those of the same row performed in one go, and no seam is heard."""
    other = stage.post(seed=row.seed)
    stage.perform(stage.worker(), other)
    film, undisturbed = stage.film(row), stage.film(other)
    shown, wanted = theatre.brightness_of(film), theatre.brightness_of(undisturbed)
    assert len(shown) == len(wanted)
    assert max(abs(a - b) for a, b in zip(shown, wanted, strict=True)) <= 1
    heard, meant = theatre.sound_of(film), theatre.sound_of(undisturbed)
    assert len(heard) == len(meant)
    assert theatre.largest_step(heard) <= 1.3 * theatre.largest_step(meant)


def test_an_utterance_becomes_numbered_chunks_an_end_and_a_file(stage: Stage) -> None:
    row = stage.post()
    stage.perform(stage.worker(), row)
    check_whole(stage, row)
    shown = theatre.brightness_of(stage.film(row))
    assert all(abs(shown[n] - theatre.brightness(n)) <= 1 for n in range(len(shown)))


@pytest.mark.parametrize("border", range(1, CHUNKS + 1))
def test_a_worker_killed_at_any_border_is_followed_by_another(stage: Stage, border: int) -> None:
    row = stage.post()
    stage.killed(row, after=border)
    stage.perform(stage.worker("worker-2"), row)
    check_whole(stage, row)
    assert [chunk.gen for chunk in stage.media(row)] == [1] * border + [2] * (CHUNKS - border)
    check_like_undisturbed(stage, row)


def test_a_worker_killed_right_after_the_end_leaves_a_stream_that_needs_no_other(stage: Stage) -> None:
    row = stage.post()
    stage.killed(row, after=CHUNKS + 1)
    stage.perform(stage.worker("worker-2"), row)
    assert [chunk.gen for chunk in stage.chunks(row)] == [1] * (CHUNKS + 1)
    assert stage.parts().stored_through(row.id) == CHUNKS


def test_workers_that_die_at_every_chunk_still_come_to_the_end(stage: Stage) -> None:
    row = stage.post()
    for border in range(1, CHUNKS + 1):
        stage.killed(row, after=border, name=f"worker-{border % 2}")
    stage.perform(stage.worker("worker-9"), row)
    check_whole(stage, row)
    check_like_undisturbed(stage, row)


def test_a_worker_killed_while_it_speaks_is_followed_by_one_that_says_the_same(stage: Stage) -> None:
    row = stage.post()

    def die(buffer: int) -> None:
        if buffer == 7:
            raise ProcessDeath

    with pytest.raises(ProcessDeath):
        stage.perform(stage.worker(voice=ToneVoice(before_buffer=die)), row)
    stage.stream.release_owner("worker-1:")
    stage.perform(stage.worker("worker-2"), row)
    check_whole(stage, row)
    check_like_undisturbed(stage, row)


def test_a_successor_uses_kept_speech_and_asks_the_voice_only_for_the_rest(stage: Stage) -> None:
    row = stage.post()
    stage.killed(row, after=8, voice=WanderingVoice())
    voice = WanderingVoice(spoken=["something else"])
    kept = [buffer.sentence for buffer in stage.plan(row).kept() if buffer.buffer.last]
    stage.perform(stage.worker("worker-2", voice=voice), row)
    check_whole(stage, row)
    assert len(voice.spoken) - 1 == 3 - len(kept)


def test_a_half_kept_sentence_is_gone_on_with_where_the_voice_repeats_itself(stage: Stage) -> None:
    row = stage.post()
    stage.killed(row, after=1)
    assert [buffer.buffer.last for buffer in stage.plan(row).kept()] == [False]
    stage.perform(stage.worker("worker-2"), row)
    check_whole(stage, row)
    check_like_undisturbed(stage, row)


def test_a_half_kept_sentence_that_is_said_otherwise_fails_and_is_not_patched(stage: Stage) -> None:
    row = stage.post()
    stage.killed(row, after=1, voice=WanderingVoice())
    stage.perform(stage.worker("worker-2", voice=WanderingVoice(spoken=["something else"])), row)
    assert [chunk.kind for chunk in stage.chunks(row)] == ["media", "failed"]
    assert (stage.row(row).state, stage.row(row).error_code) == ("failed", "speech_lost")


@pytest.mark.parametrize("lost", [1, 3])
@pytest.mark.parametrize("at", [3, 13, 14, CHUNKS])
def test_chunks_that_redis_acknowledged_and_lost_are_published_again(
    stage: Stage, at: int, lost: int
) -> None:
    row, faulty, losses = stage.post(), FaultyStream(stage.stream), []

    def lose(name: str, args: tuple[Any, ...]) -> None:
        if name == "publish" and args[1].seq == at and not losses:
            losses.append(at)
            stage.loses_last(row, lost)

    faulty.after = lose
    stage.perform(stage.worker(stream=faulty), row)
    assert losses == [at]
    check_whole(stage, row)


@pytest.mark.parametrize("at", [1, 5, 12, 13, CHUNKS])
def test_a_stream_that_is_gone_is_made_again_from_what_is_not_stored(stage: Stage, at: int) -> None:
    row, faulty, losses = stage.post(), FaultyStream(stage.stream), []

    def lose(name: str, args: tuple[Any, ...]) -> None:
        if name == "publish" and args[1].seq == at and not losses:
            losses.append(at)
            stage.loses_all(row)

    faulty.after = lose
    stage.perform(stage.worker(stream=faulty), row)
    chunks = stage.chunks(row)
    assert chunks[-1].kind == "end"
    assert {chunk.epoch for chunk in chunks} == {theatre.EPOCH}
    stored = [Chunk.from_message(message) for _, message in stage.parts().read_after(row.id, 0)]
    assert [chunk.seq for chunk in stored] == list(range(1, CHUNKS + 2))
    assert chunks[0].seq <= at + 1
    assert stage.row(row).state == "done"
    assert stage.row(row).video_key is not None


def test_a_stream_made_again_from_its_start_gets_back_what_lies_in_storage(stage: Stage) -> None:
    row = stage.post()
    stage.killed(row, after=14)
    stage.loses_all(row)
    stage.stream.recreate(row.id, theatre.EPOCH, 0, 1)
    stage.perform(stage.worker("worker-2"), row)
    check_whole(stage, row)
    assert {chunk.gen for chunk in stage.media(row)[:12]} == {1}


def test_a_log_that_lost_its_middle_is_rendered_again_and_no_viewer_gets_a_chunk_twice(stage: Stage) -> None:
    row = stage.post()
    stage.killed(row, after=9)
    stage.stream._streams[row.id].log.clear()
    faulty = FaultyStream(stage.stream)
    stage.perform(stage.worker("worker-2", stream=faulty), row)
    assert [chunk.seq for chunk in faulty.published] == list(range(1, CHUNKS + 2))
    assert [chunk.seq for chunk in stage.chunks(row)] == list(range(10, CHUNKS + 2))
    assert stage.row(row).video_key is not None


def test_a_redis_that_is_away_for_a_while_costs_no_chunk(stage: Stage) -> None:
    row, faulty, refused = stage.post(), FaultyStream(stage.stream), []

    def refuse(name: str, args: tuple[Any, ...]) -> None:
        if len(stage.chunks(row)) == 6 and len(refused) < 5:
            refused.append(name)
            raise StreamUnreachable

    faulty.before = refuse
    stage.perform(stage.worker(stream=faulty), row)
    assert {"cancel_requested", "publish"} <= set(refused)
    check_whole(stage, row)


def test_an_answer_that_was_lost_costs_no_chunk_and_repeats_none(stage: Stage) -> None:
    row, faulty = stage.post(), FaultyStream(stage.stream)
    lost: set[int] = set()

    def lose(name: str, args: tuple[Any, ...]) -> None:
        if name == "publish" and args[1].seq not in lost:
            lost.add(args[1].seq)
            raise StreamUnreachable

    faulty.after = lose
    stage.perform(stage.worker(stream=faulty), row)
    assert lost == set(range(1, CHUNKS + 2))
    check_whole(stage, row)


def test_cancel_stops_within_one_chunk(stage: Stage) -> None:
    row, faulty = stage.post(), FaultyStream(stage.stream)

    def cancel(name: str, args: tuple[Any, ...]) -> None:
        if name == "publish" and args[1].seq == 4:
            assert stage.stream.request_cancel(row.id) is False

    faulty.after = cancel
    stage.perform(stage.worker(stream=faulty), row)
    assert [chunk.kind for chunk in stage.chunks(row)] == ["media"] * 4 + ["cancelled"]
    assert stage.row(row).state == "cancelled"


def test_a_cancel_that_its_worker_did_not_live_to_see_is_carried_out_by_the_next(stage: Stage) -> None:
    row, faulty = stage.post(), FaultyStream(stage.stream)
    faulty.dies_after(4)
    die = faulty.after

    def cancel_and_die(name: str, args: tuple[Any, ...]) -> None:
        if name == "publish" and args[1].seq == 4:
            stage.stream.request_cancel(row.id)
        die(name, args)

    faulty.after = cancel_and_die
    with pytest.raises(ProcessDeath):
        stage.perform(stage.worker(stream=faulty), row)
    stage.stream.release_owner("worker-1:")
    stage.perform(stage.worker("worker-2"), row)
    assert [chunk.kind for chunk in stage.chunks(row)] == ["media"] * 4 + ["cancelled"]


def test_a_worker_that_drains_hands_over_at_a_chunk_border_and_that_is_no_attempt(
    stage: Stage, bells: Any
) -> None:
    row, faulty = stage.post(), FaultyStream(stage.stream)
    leaving = stage.worker(stream=faulty)

    def drain(name: str, args: tuple[Any, ...]) -> None:
        if name == "publish" and args[1].seq == 4:
            leaving.draining.set()

    faulty.after = drain
    stage.perform(leaving, row)
    meta = stage.stream.meta(row.id)
    assert (meta.next, meta.owner, meta.attempts) == (5, None, 0)
    assert bells() == 1
    stage.perform(stage.worker("worker-2"), row)
    check_whole(stage, row)
    check_like_undisturbed(stage, row)


def left_over(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> UtteranceRow:
    """An utterance that was begun, as before a restart, and that nobody watches any more."""
    monkeypatch.setattr(synthesis, "UNWATCHED_S", -1.0)
    row = stage.post()
    stage.killed(row, after=3)
    return row


def test_a_stream_nobody_watches_gives_its_place_to_one_that_waits_and_is_no_attempt_poorer(
    stage: Stage, bells: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = left_over(stage, monkeypatch)
    new, voice = stage.post(), ToneVoice()
    before = stage.stream.meta(row.id).attempts
    stage.perform(stage.worker("worker-2", voice=voice), row)
    meta = stage.stream.meta(row.id)
    assert (meta.next, meta.owner, meta.attempts) == (4, None, before)
    assert voice.spoken == []
    # Silent: its own ring would lie before those of the streams that it gave way to.
    assert bells() == 0
    assert row.id in stage.stream.overdue(4e9)
    stage.perform(stage.worker("worker-2"), new)
    check_whole(stage, new)
    stage.perform(stage.worker("worker-2"), row)
    check_whole(stage, row)


def test_a_stream_nobody_watches_goes_on_where_a_place_is_free(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = left_over(stage, monkeypatch)
    stage.post()
    roomy = stage.worker("worker-2")
    object.__setattr__(roomy.engine, "streams", 2)
    stage.perform(roomy, row)
    check_whole(stage, row)


def test_a_stream_that_somebody_watches_keeps_its_place(stage: Stage) -> None:
    row = stage.post()
    stage.stream.watch(row.id, "somebody")
    stage.post()
    stage.perform(stage.worker(), row)
    check_whole(stage, row)


def test_a_zombie_is_fenced_off_and_changes_nothing(stage: Stage) -> None:
    row, faulty = stage.post(), FaultyStream(stage.stream)

    def another_takes_it(name: str, args: tuple[Any, ...]) -> None:
        if name == "publish" and args[1].seq == 4:
            faulty.after = lambda *_: None
            stage.stream.release_owner("worker-1:")
            stage.killed(row, after=7, name="worker-2")

    faulty.after = another_takes_it
    zombie = stage.worker(stream=faulty)
    stage.perform(zombie, row)
    assert [chunk.seq for chunk in stage.chunks(row)] == list(range(1, 8))
    assert zombie.metrics.fenced_writes._value.get() == 1
    stage.perform(stage.worker("worker-3"), row)
    check_whole(stage, row)
    assert [chunk.gen for chunk in stage.media(row)] == [1] * 4 + [2] * 3 + [3] * (CHUNKS - 7)


def test_a_zombie_that_would_fail_the_stream_leaves_no_trace_in_its_file(stage: Stage) -> None:
    row, faulty = stage.post(), FaultyStream(stage.stream)
    taken: list[int] = []

    def refuse(buffer: int) -> None:
        if buffer == 7:
            stage.stream.release_owner("worker-1:")
            taken.append(stage.stream.claim(row.id, "worker-2:1-boot").gen)
            raise VoiceRefused("not this text")

    stage.perform(stage.worker(stream=faulty, voice=ToneVoice(before_buffer=refuse)), row)
    assert taken == [2]
    assert stage.row(row).state == "running"
    stage.stream.release_owner("worker-2:")
    stage.perform(stage.worker("worker-3"), row)
    check_whole(stage, row)


def test_a_voice_that_dies_costs_an_attempt_and_not_the_utterance(stage: Stage, bells: Any) -> None:
    row = stage.post()

    def die(buffer: int) -> None:
        if buffer == 7:
            raise VoiceDied

    stage.perform(stage.worker(voice=ToneVoice(before_buffer=die)), row)
    assert (stage.row(row).state, bells()) == ("running", 1)
    stage.perform(stage.worker("worker-2"), row)
    check_whole(stage, row)


def test_a_voice_that_dies_again_and_again_fails_the_utterance_and_no_worker_is_blamed(stage: Stage) -> None:
    row = stage.post()

    def die(_: int) -> None:
        raise VoiceDied

    for attempt in range(1, 4):
        stage.perform(stage.worker(f"worker-{attempt}", voice=ToneVoice(before_buffer=die)), row)
        assert stage.row(row).state == ("running" if attempt < 3 else "failed")
    (ending,) = stage.chunks(row)
    assert ending.detail["code"] == "voice_unavailable"
    assert "3 attempts" in ending.detail["message"]
    assert "voice's process" in ending.detail["message"]
    assert stage.row(row).error_code == "voice_unavailable"


def test_a_text_the_voice_refuses_fails_with_its_words(stage: Stage) -> None:
    def refuse(_: int) -> None:
        raise VoiceRefused("not this text")

    row = stage.post()
    stage.perform(stage.worker(voice=ToneVoice(before_buffer=refuse)), row)
    assert [chunk.detail for chunk in stage.chunks(row)] == [
        {"code": "voice_failed", "message": "not this text"}
    ]
    assert (stage.row(row).state, stage.row(row).error_code) == ("failed", "voice_failed")


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"voice": "no such"}, "voice_failed"), ({"engine": "no such"}, "engine_unavailable")],
)
def test_an_unknown_name_fails_and_lists_the_known_ones(
    stage: Stage, changed: dict[str, str], code: str
) -> None:
    row = stage.post(**changed)
    stage.perform(stage.worker(), row)
    failed = stage.row(row)
    assert (failed.state, failed.error_code) == ("failed", code)
    assert "tone" in failed.error_message or "colour" in failed.error_message


def test_what_nobody_foresaw_frees_the_stream_and_after_three_barren_times_is_poison(stage: Stage) -> None:
    row = stage.post()

    def stumble(frame: int) -> None:
        if frame == 30:
            raise ZeroDivisionError

    # The first attempt has published something, so three more are made.
    for _ in range(4):
        with pytest.raises(ZeroDivisionError):
            stage.perform(stage.worker(engine=ColourEngine(before_frame=stumble)), row)
        meta = stage.stream.meta(row.id)
        assert (meta.next, meta.owner) == (5, None)
        assert row.id in stage.stream.overdue(meta.next + 1e12)
    assert stage.row(row).state == "running"
    stage.perform(stage.worker(engine=ColourEngine(before_frame=stumble)), row)
    assert [chunk.kind for chunk in stage.chunks(row)] == ["media"] * 4 + ["failed"]
    assert (stage.row(row).state, stage.row(row).error_code) == ("failed", "poison")


def test_what_nobody_foresaw_once_costs_an_attempt_and_not_the_utterance(stage: Stage) -> None:
    row = stage.post()

    def stumble(frame: int) -> None:
        if frame == 30:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stage.perform(stage.worker(engine=ColourEngine(before_frame=stumble)), row)
    stage.perform(stage.worker("worker-2"), row)
    check_whole(stage, row)


def test_a_doorbell_that_rings_twice_is_answered_once(stage: Stage) -> None:
    row, faulty = stage.post(), FaultyStream(stage.stream)
    second = stage.worker("worker-2")

    def ring_again(name: str, args: tuple[Any, ...]) -> None:
        if name == "publish" and args[1].seq == 4:
            first = stage.worker(stream=faulty)
            stage.perform(second, row)
            assert first.engine.owner != second.engine.owner

    faulty.after = ring_again
    stage.perform(stage.worker(stream=faulty), row)
    stage.perform(second, row)
    check_whole(stage, row)
    assert {chunk.gen for chunk in stage.chunks(row)} == {1}


def test_without_captions_no_words_are_sent(stage: Stage) -> None:
    row = stage.post(captions=False)
    stage.perform(stage.worker(), row)
    assert [chunk.words for chunk in stage.media(row)] == [()] * CHUNKS


TAGGED = (
    "<speak>one two <mark name='here'/>three <break time='1s'/>four. "
    "<prosody volume='-6dB'>five six</prosody> <sub alias='seven eight'>7&amp;8</sub>"
    "<mark name='end'/></speak>"
)


def test_tags_are_heard_and_not_shown_and_marks_are_told_where_they_are_reached(stage: Stage) -> None:
    row = stage.post(TAGGED, manner=Manner(ssml=True).to_json())
    stage.perform(stage.worker(), row)
    media = stage.media(row)
    assert [word.text for chunk in media for word in chunk.words] == [
        "one", "two", "three", "four.", "five", "six", "7&8",
    ]  # fmt: skip
    marks = [(chunk, mark) for chunk in media for mark in chunk.marks]
    assert [mark.name for _, mark in marks] == ["here", "end"]
    assert all(chunk.pts_ms <= mark.at_ms < chunk.pts_ms + chunk.duration_ms for chunk, mark in marks)
    words = {word.text: word for chunk in media for word in chunk.words}
    assert marks[0][1].at_ms == words["three"].start_ms == 660
    assert words["four."].start_ms - words["three"].end_ms in {999, 1000}
    done = stage.row(row)
    assert "7&amp;8" in stage.storage.get(done.captions_key).decode()
    assert "<speak>" not in stage.storage.get(done.captions_key).decode()


@pytest.mark.parametrize("border", [1, 3, 6])
def test_a_tagged_text_taken_over_has_every_mark_and_word_once(stage: Stage, border: int) -> None:
    row = stage.post(TAGGED, manner=Manner(ssml=True).to_json())
    other = stage.post(TAGGED, manner=Manner(ssml=True).to_json())
    stage.killed(row, after=border)
    stage.perform(stage.worker("worker-2"), row)
    stage.perform(stage.worker(), other)
    told = [
        [(chunk.pts_ms, chunk.duration_ms, chunk.words, chunk.marks) for chunk in stage.media(each)]
        for each in (row, other)
    ]
    assert told[0] == told[1]


def test_the_whole_is_said_in_the_way_that_was_asked_for(stage: Stage) -> None:
    voice = ToneVoice()
    row = stage.post(manner=Manner(rate=1.5, pitch_semitones=2, volume_db=-6).to_json())
    stage.perform(stage.worker(voice=voice), row)
    assert set(voice.ways) == {Prosody(rate=1.5, pitch_semitones=2, volume_db=-6)}
    plain = stage.post()
    stage.perform(stage.worker(), plain)
    peaks = [abs(theatre.sound_of(stage.film(each))).max() for each in (row, plain)]
    assert peaks[0] / peaks[1] == pytest.approx(0.5, abs=0.05)


def test_a_stretch_in_a_language_that_nobody_speaks_fails_with_its_reason(stage: Stage) -> None:
    text = "<speak>one <lang xml:lang='xx'>two</lang></speak>"
    row = stage.post(text, manner=Manner(ssml=True).to_json())
    stage.perform(stage.worker(), row)
    assert (stage.row(row).state, stage.row(row).error_code) == ("failed", "voice_failed")


def test_a_watched_stream_is_rendered_no_further_ahead_than_told(stage: Stage) -> None:
    row, faulty, ahead = stage.post(), FaultyStream(stage.stream), []
    stage.stream.watch(row.id, "somebody")

    def note(name: str, args: tuple[Any, ...]) -> None:
        if name == "publish" and args[1].kind == "media":
            started = stage.row(row).started_at
            elapsed_s = (theatre.datetime.now(theatre.UTC) - started).total_seconds()
            ahead.append((args[1].pts_ms + args[1].duration_ms) / 1000 - elapsed_s)

    faulty.after = note
    stage.perform(stage.worker(stream=faulty, ahead_s=4.0), row)
    check_whole(stage, row)
    assert max(ahead) <= 4.0
    assert max(ahead) > 3.0


def test_chunks_are_stored_before_the_log_lets_go_of_them(stage: Stage) -> None:
    row, faulty = stage.post(TEXT * 12), FaultyStream(stage.stream)

    def check(name: str, args: tuple[Any, ...]) -> None:
        if name == "publish":
            oldest = stage.stream.oldest(row.id)
            assert Parts(stage.storage).stored_through(row.id) >= oldest - 1

    faulty.after = check
    stage.perform(stage.worker(stream=faulty), row)
    assert stage.stream.oldest(row.id) > 1
    assert stage.row(row).video_key is not None


TEXT = theatre.TEXT + " "


class Desk:
    """Workers say here what they have ready; rings for one of them are answered as told."""

    def __init__(self, stage: Stage, *, answers: bool = True, away: bool = False) -> None:
        self.rings: list[tuple[str, str]] = []
        self._stage, self._answers, self._away = stage, answers, away

    def tell(self, *_: object) -> None:
        raise AssertionError("jobs tell nothing")

    def others(self, name: str) -> tuple[WarmWorker, ...]:
        if self._away:
            raise RedisConnectionError("away")
        faces = frozenset({"grey:1:colour:256x256"})
        return (WarmWorker(name="worker-2", running=0, streams=4, faces=faces),)

    def ring(self, to: str, sid: str) -> None:
        self.rings.append((to, sid))
        if self._answers:
            self.claim = self._stage.stream.claim(sid, f"{to}:1-boot")

    def router(self) -> Router:
        return Router("worker-1", self, self.ring, 0.02)


def rung(stage: Stage, row: UtteranceRow, desk: Desk, *, warm: bool = False, here: bool = False) -> Any:
    """Let a worker with a router answer a ring; return its metrics' counts."""
    station = replace(stage.worker(), router=desk.router())
    if warm:
        station.engine.painter("grey", 1, "colour", Size(256, 256))
    open_station(station)
    (synthesis.synthesise_here if here else synthesis.synthesise)(SynthesisJob(row.id).to_json())
    counted = station.metrics.registry.get_sample_value
    return lambda outcome: counted("avatar_passed_on_total", {"outcome": outcome}) or 0.0


def test_a_face_that_is_cold_here_is_left_to_a_worker_that_has_it_ready(stage: Stage) -> None:
    row, desk = stage.post(), Desk(stage)
    counted = rung(stage, row, desk)
    assert desk.rings == [("worker-2", row.id)]
    assert (counted("taken"), counted("kept")) == (1, 0)
    assert stage.media(row) == []
    meta = stage.stream.meta(row.id)
    assert meta is not None
    assert meta.owner == "worker-2:1-boot"


def test_an_utterance_that_nobody_takes_in_time_is_drawn_where_it_rang(stage: Stage) -> None:
    row, desk = stage.post(), Desk(stage, answers=False)
    counted = rung(stage, row, desk)
    assert desk.rings == [("worker-2", row.id)]
    assert (counted("taken"), counted("kept")) == (0, 1)
    check_whole(stage, row)


def test_one_that_took_it_and_died_is_followed_by_whoever_is_rung_for_next(stage: Stage) -> None:
    row, desk = stage.post(), Desk(stage)
    rung(stage, row, desk)
    stage.stream.release_owner("worker-2:")
    stage.perform(stage.worker("worker-3"), row)
    check_whole(stage, row)


@pytest.mark.parametrize("how", ["warm", "here", "begun"])
def test_nothing_is_passed_on_that_is_warm_here_was_passed_on_before_or_has_begun(
    stage: Stage, how: str
) -> None:
    row, desk = stage.post(), Desk(stage)
    if how == "begun":
        stage.killed(row, after=2)
        row = stage.row(row)
    rung(stage, row, desk, warm=how == "warm", here=how == "here")
    assert desk.rings == []
    check_whole(stage, row)


def test_with_redis_away_an_utterance_is_kept(stage: Stage) -> None:
    row, desk = stage.post(), Desk(stage, away=True)
    rung(stage, row, desk)
    check_whole(stage, row)


def test_who_has_spoken_is_noted_for_the_registry(stage: Stage) -> None:
    row, station, noted = stage.post(), stage.worker(), []
    stage.perform(station, row)
    station.uses.write(noted.append)
    assert [set(uses) for uses in noted] == [{"grey"}]
