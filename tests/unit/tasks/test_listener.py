"""A text is spoken while it is being written, by whoever is left, and said once from end to end."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import stage as theatre
from stage import FaultyStream, ProcessDeath, Stage, ToneVoice
from structlog.testing import capture_logs

from avatars.database import Database, Utterance
from lipsync.media.probe import probe
from lipsync.text.sentences import split_sentences
from tasks import open_text
from tasks.app import app
from tasks.jobs import SynthesisJob
from tasks.station import open_station
from tasks.synthesis import synthesise
from tasks.utterances import Append, UtteranceRow

TEXT = "one two three. four five, six seven. eight nine ten"


@pytest.fixture
def stage(sqlite_database: Database) -> Stage:
    return Stage(sqlite_database)


@pytest.fixture(autouse=True)
def broker() -> Iterator[None]:
    before = app.conf.broker_url
    app.conf.broker_url = "memory://"
    yield
    app.conf.broker_url = before


def append(stage: Stage, row: UtteranceRow, text: str = "", **more: Any) -> None:
    assert stage.utterances.append(row.id, Append(text=text, **more))
    stage.stream.tell_text(row.id)


@contextmanager
def performing(stage: Stage, row: UtteranceRow, station: Any) -> Iterator[None]:
    """Let a worker perform beside the test; what it raises is raised here."""
    raised: list[BaseException] = []

    def run() -> None:
        open_station(station)
        try:
            synthesise(SynthesisJob(row.id).to_json())
        except ProcessDeath:
            stage.stream.release_owner("worker-1:")
        except BaseException as error:  # noqa: BLE001 - raised again by the test itself
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join(30)
    assert not thread.is_alive()
    if raised:
        raise raised[0]


def until(condition: Callable[[], object]) -> None:
    end_s = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end_s, "it did not come about"
        time.sleep(0.01)


def words_of(stage: Stage, row: UtteranceRow) -> list[str]:
    return [word.text for chunk in stage.media(row) for word in chunk.words]


def check_said_once(stage: Stage, row: UtteranceRow, text: str = TEXT) -> None:
    done = stage.row(row)
    assert (done.state, done.text, done.open) == ("done", text, False)
    words = [word for chunk in stage.media(row) for word in chunk.words]
    assert [text[word.text_start : word.text_end] for word in words] == [word.text for word in words]
    assert [word.text.strip(".,") for word in words] == [word.strip(".,") for word in text.split()]
    assert [chunk.seq for chunk in stage.media(row)] == list(range(1, done.chunks + 1))
    report = probe(io.BytesIO(stage.storage.get(done.video_key)))
    assert (report.gaps, report.errors) == ((), ())
    assert report.frames == done.frames == sum(chunk.duration_ms for chunk in stage.media(row)) // 40


def test_a_text_that_was_ended_before_a_worker_came_is_said_as_a_whole_one(stage: Stage) -> None:
    row = stage.post("", open=True)
    append(stage, row, TEXT, end=True)
    voice = ToneVoice()
    stage.perform(stage.worker(voice=voice), row)
    check_said_once(stage, row)
    assert voice.spoken == [sentence.spoken for sentence in split_sentences(TEXT)]


def test_the_first_chunk_comes_with_the_first_clause_and_not_with_the_last(stage: Stage) -> None:
    row = stage.post("", open=True)
    stage.stream.watch(row.id, "viewer")
    with performing(stage, row, stage.worker()):
        append(stage, row, "one two, ")
        until(lambda: stage.media(row))
        assert stage.row(row).text == "one two, "
        append(stage, row, "three. four five, six seven. eight nine ten", end=True)
    check_said_once(stage, row, "one two, three. four five, six seven. eight nine ten")


def test_who_watches_sees_the_presenter_rest_in_real_time_while_nothing_is_to_be_said(stage: Stage) -> None:
    row = stage.post("one. ", open=True)
    stage.stream.watch(row.id, "viewer")
    with performing(stage, row, stage.worker()):
        until(lambda: stage.media(row))
        begun_s = time.time()
        until(lambda: len(stage.media(row)) >= 6)
        shown_s = stage.media(row)[-1].pts_ms / 1000
        # A chunk is drawn shortly before its place, and not all at once.
        assert shown_s < time.time() - begun_s + 1.0
        append(stage, row, "two", end=True)
    done = stage.row(row)
    assert done.state == "done"
    assert words_of(stage, row) == ["one.", "two"]
    sound = theatre.sound_of(stage.film(row))
    assert np.abs(sound[48_000 : 48_000 + 9600]).max() < 0.01
    shown = theatre.brightness_of(stage.film(row))
    assert all(abs(shown[n] - theatre.brightness(n)) <= 1 for n in range(len(shown)))


def test_for_nobody_no_rest_is_drawn_and_whole_sentences_are_said(stage: Stage) -> None:
    row = stage.post("one two, three", open=True)
    voice = ToneVoice()
    # Posted a while ago, and nobody has come.
    with stage.utterances._database.transaction() as db:
        db.get_one(Utterance, row.id).created_at = datetime.now(UTC) - timedelta(seconds=30)
    with performing(stage, row, stage.worker(voice=voice)):
        time.sleep(0.3)
        append(stage, row, " four. five six. ")
        append(stage, row, end=True)
    assert voice.spoken == ["one two, three four.", "five six."]


@pytest.mark.parametrize("border", [1, 2, 3, 5])
def test_a_worker_killed_while_it_is_written_is_followed_by_one_that_says_the_rest(
    stage: Stage, border: int
) -> None:
    row = stage.post("one two three. four ", open=True)
    stage.stream.watch(row.id, "viewer")
    faulty = FaultyStream(stage.stream)
    faulty.dies_after(border)
    with performing(stage, row, stage.worker(stream=faulty)):
        until(lambda: len(stage.media(row)) == border)
    append(stage, row, "five, six seven. eight")
    with performing(stage, row, stage.worker("worker-2")):
        until(lambda: len(stage.media(row)) > border)
        append(stage, row, " nine ten", end=True)
    check_said_once(stage, row)
    assert {chunk.gen for chunk in stage.media(row)} == {1, 2}


def test_a_worker_killed_before_the_end_of_a_text_that_was_ended_adds_nothing_to_it(stage: Stage) -> None:
    row = stage.post("one two. ", open=True)
    append(stage, row, "three", end=True)
    whole = stage.post("one two. ", open=True)
    append(stage, whole, "three", end=True)
    stage.perform(stage.worker(), whole)
    chunks = stage.row(whole).chunks
    assert chunks is not None
    stage.killed(row, after=chunks)
    stage.perform(stage.worker("worker-2"), row)
    assert stage.row(row).frames == stage.row(whole).frames
    assert stage.row(row).chunks == chunks


def test_a_flush_is_said_although_its_sentence_has_no_end(stage: Stage) -> None:
    row = stage.post("one two", open=True)
    stage.stream.watch(row.id, "viewer")
    with performing(stage, row, stage.worker()):
        time.sleep(0.2)
        assert not stage.media(row)
        append(stage, row, flush=True)
        until(lambda: stage.media(row))
        append(stage, row, " three", end=True)
    check_said_once(stage, row, "one two three")


def test_a_text_that_ends_without_a_word_fails_and_says_so(stage: Stage) -> None:
    row = stage.post("", open=True)
    append(stage, row, " ... 😀", end=True)
    with capture_logs() as logged:
        stage.perform(stage.worker(), row)
    told = [(line["log_level"], "exc_info" in line) for line in logged if line["event"] == "text_silent"]
    assert told == [("info", False)]
    assert "utterance_failed" not in [line["event"] for line in logged]
    failed = stage.row(row)
    assert (failed.state, failed.error_code) == ("failed", "text_silent")
    assert [chunk.kind for chunk in stage.chunks(row)] == ["failed"]


def test_an_open_text_nobody_writes_in_is_ended_as_it_stands(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_text, "SILENT_WRITER_S", 0.2)
    monkeypatch.setattr(open_text, "LOOK_S", 0.05)
    row = stage.post("one two", open=True)
    stage.stream.watch(row.id, "viewer")
    with performing(stage, row, stage.worker()):
        pass
    check_said_once(stage, row, "one two")
    assert not stage.utterances.append(row.id, Append(text="three"))


def test_a_cancel_is_heard_while_the_text_is_waited_for(stage: Stage) -> None:
    row = stage.post("one. ", open=True)
    stage.stream.watch(row.id, "viewer")
    with performing(stage, row, stage.worker()):
        until(lambda: stage.media(row))
        stage.stream.request_cancel(row.id)
    assert stage.row(row).state == "cancelled"


def test_a_worker_that_drains_hands_a_waiting_text_over(stage: Stage) -> None:
    row = stage.post("one. ", open=True)
    stage.stream.watch(row.id, "viewer")
    station = stage.worker()
    with performing(stage, row, station):
        until(lambda: stage.media(row))
        station.draining.set()
    append(stage, row, "two", end=True)
    stage.perform(stage.worker("worker-2"), row)
    assert words_of(stage, row) == ["one.", "two"]


def test_waiting_for_a_text_counts_neither_as_late_nor_as_a_slow_first_chunk(stage: Stage) -> None:
    row = stage.post("", open=True)
    stage.stream.watch(row.id, "viewer")
    station = stage.worker()
    with performing(stage, row, station):
        time.sleep(0.9)
        append(stage, row, "one. ")
        until(lambda: stage.media(row))
        time.sleep(0.9)
        append(stage, row, "two", end=True)
    registry = station.metrics.registry
    assert registry.get_sample_value("avatar_underruns_total") == 0
    assert registry.get_sample_value("avatar_first_chunk_seconds_sum") < 0.8
