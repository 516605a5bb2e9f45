"""The files are built from storage alone, by whoever comes by, and only whole."""

import io

import pytest
from stage import WORDS, Stage

from avatars.database import Database
from lipsync.media.probe import probe
from tasks.errors import TaskError
from tasks.finisher import FileIncomplete, finish, finish_file
from tasks.jobs import SynthesisJob
from tasks.station import open_station
from tasks.utterances import UtteranceRow


@pytest.fixture
def stage(sqlite_database: Database) -> Stage:
    return Stage(sqlite_database)


@pytest.fixture
def ended(stage: Stage) -> UtteranceRow:
    """An utterance whose worker died between the stream's end and its files."""
    row = stage.post()
    stage.killed(row, after=16)
    stage.utterances.mark_done(row.id, chunks=15, frames=117, duration_ms=4680)
    return row


def test_files_are_built_after_the_worker_that_ended_the_stream_has_died(
    stage: Stage, ended: UtteranceRow
) -> None:
    stage.loses_all(ended)
    finish(ended.id, stage.utterances, stage.storage)
    row = stage.row(ended)
    film = stage.storage.get(row.video_key)
    report = probe(io.BytesIO(film))
    assert (report.frames, report.gaps, report.errors) == (117, (), ())
    assert row.video_bytes == len(film)
    captions = stage.storage.get(row.captions_key).decode()
    assert captions.startswith("WEBVTT")
    said = " ".join(line for line in captions.splitlines() if line and "-->" not in line)
    assert said.split()[1:] == WORDS
    assert list(stage.plan(ended).kept()) == []


def test_files_are_built_once(stage: Stage, ended: UtteranceRow) -> None:
    finish(ended.id, stage.utterances, stage.storage)
    key = stage.row(ended).video_key
    stage.storage.put(key, b"as it was")
    finish(ended.id, stage.utterances, stage.storage)
    assert stage.storage.get(key) == b"as it was"


def test_the_finishers_doorbell_builds_them_too(stage: Stage, ended: UtteranceRow) -> None:
    open_station(stage.worker("worker-2"))
    finish_file(SynthesisJob(ended.id).to_json())
    assert stage.row(ended).video_key is not None


def test_a_missing_chunk_is_an_error_and_makes_no_file(stage: Stage, ended: UtteranceRow) -> None:
    last = list(stage.storage.keys(f"utterances/{ended.id}/parts/0"))[-1]
    stage.storage.delete(last)
    with pytest.raises(FileIncomplete) as caught:
        finish(ended.id, stage.utterances, stage.storage)
    assert (caught.value.chunks, caught.value.stored) == (15, 12)
    assert isinstance(caught.value, TaskError)
    assert stage.row(ended).video_key is None
    assert list(stage.plan(ended).kept()) != []


def test_a_missing_init_segment_is_an_error(stage: Stage, ended: UtteranceRow) -> None:
    stage.storage.delete(f"utterances/{ended.id}/parts/init")
    with pytest.raises(FileIncomplete):
        finish(ended.id, stage.utterances, stage.storage)


def test_what_has_not_ended_gets_no_file(stage: Stage) -> None:
    row = stage.post()
    stage.killed(row, after=3)
    finish(row.id, stage.utterances, stage.storage)
    finish("0" * 32, stage.utterances, stage.storage)
    assert stage.row(row).video_key is None
