"""A recording is spoken as a text is: chunk by chunk, taken over anywhere, with a mouth from its sound."""

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import sound_files
import stage as theatre
from stage import ColourEngine, Stage

from avatars.database import Database
from avatars.recorded import Recorded
from avatars.recordings import prefix
from avatars.sound_decoder import SoundLimits
from avatars.sound_work import work_on_sound
from lipsync import clock
from lipsync.media.probe import probe
from lipsync.mouth.controls import JAW, MouthTrack
from lipsync.pipeline import FrameRange
from tasks.app import app
from tasks.playing import Playing
from tasks.queue import SYNTHESIS_QUEUE
from tasks.utterances import UtteranceRow
from workers.heard_table import shipped_heard_model

SECONDS = 20.0
FRAMES = 500
WORDS = [f"word{number}" for number in range(40)]
TRANSCRIPT = " ".join(WORDS)
SOUND = sound_files.hum(SECONDS)


@pytest.fixture
def stage(sqlite_database: Database) -> Stage:
    made = Stage(sqlite_database)
    keep(made)
    return made


@pytest.fixture(autouse=True)
def bells() -> Iterator[None]:
    before = app.conf.broker_url
    app.conf.broker_url = "memory://"
    with app.connection_for_write() as connection, connection.SimpleQueue(SYNTHESIS_QUEUE) as queue:
        queue.clear()
        yield
    app.conf.broker_url = before


def keep(stage: Stage, recording_id: str = "r", sound: sound_files.Sound = SOUND) -> None:
    work_on_sound(
        io.BytesIO(sound_files.wav(sound)), limits=SoundLimits(seconds=3600, streams=2),
        put=lambda name, data: stage.storage.put(prefix(recording_id) + name, data),
        on_progress=lambda *_: None,
    )  # fmt: skip


def post(stage: Stage, **changed: Any) -> UtteranceRow:
    asked = {"text": TRANSCRIPT, "recording_id": "r", "voice": "", **changed}
    return stage.post(**asked)


def check_whole(stage: Stage, row: UtteranceRow) -> None:
    chunks = stage.chunks(row)
    assert [chunk.seq for chunk in chunks] == list(range(1, len(chunks) + 1))
    assert [chunk.kind for chunk in chunks] == ["media"] * (len(chunks) - 1) + ["end"]
    done = stage.row(row)
    assert (done.state, done.frames, done.video_bytes is not None) == ("done", FRAMES, True)
    report = probe(io.BytesIO(stage.storage.get(done.video_key)))
    assert (report.gaps, report.errors, report.frames) == ((), (), FRAMES)


def test_a_recording_is_performed_to_its_end_with_its_own_sound(stage: Stage) -> None:
    row = post(stage)
    stage.perform(stage.worker(), row)
    check_whole(stage, row)
    assert [word.text for chunk in stage.media(row) for word in chunk.words] == WORDS
    heard, meant = theatre.sound_of(stage.film(row)), Recorded(stage.storage, "r").sound(0, 960_000)
    size = 4_800
    loud = [np.abs(heard[at : at + size]).max() for at in range(0, 950_000, size)]
    said = [np.abs(meant[at : at + size].astype(float)).max() / 32_768 for at in range(0, 950_000, size)]
    assert np.corrcoef(loud, said)[0, 1] > 0.98
    vtt = stage.storage.get(stage.row(row).captions_key).decode()
    assert "word39" in vtt


@pytest.mark.parametrize("after", [1, 20, 40])
def test_a_killed_worker_leaves_no_trace_in_picture_or_sound(stage: Stage, after: int) -> None:
    row = post(stage)
    stage.killed(row, after=after)
    stage.perform(stage.worker("worker-2"), row)
    check_whole(stage, row)
    other = post(stage)
    stage.perform(stage.worker(), other)
    heard, meant = theatre.sound_of(stage.film(row)), theatre.sound_of(stage.film(other))
    assert len(heard) == len(meant)
    assert theatre.largest_step(heard) <= 1.3 * theatre.largest_step(meant)
    assert [chunk.words for chunk in stage.media(row)] == [chunk.words for chunk in stage.media(other)]


def test_only_what_is_near_is_read(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(stage, "long", np.tile(SOUND, 15))
    asked: list[str] = []
    get = stage.storage.get
    monkeypatch.setattr(stage.storage, "get", lambda key: asked.append(key.rpartition("/")[2]) or get(key))
    playing = Playing(Recorded(stage.storage, "long"), "", shipped_heard_model())
    playing.reach(5)
    playing.timeline.mouth(FrameRange(0, 5))
    assert asked[0] == "index.json"
    assert set(asked[1:]) <= {"sound-00000.flac", "sound-00001.flac"}
    asked.clear()
    later = Playing(Recorded(stage.storage, "long"), "", shipped_heard_model(), first_frame=5000)
    later.reach(5010)
    later.timeline.mouth(FrameRange(5000, 10))
    assert asked[0] == "index.json"
    assert set(asked[1:]) <= {f"sound-{number:05d}.flac" for number in range(23, 27)}


def test_a_takeover_has_the_same_frames_mouths_and_words(stage: Stage) -> None:
    recorded, model = Recorded(stage.storage, "r"), shipped_heard_model()
    whole = Playing(recorded, TRANSCRIPT, model)
    whole.reach(FRAMES + 1)
    assert whole.timeline.complete
    assert whole.timeline.frames == FRAMES
    for first in (1, 299, 300, 301, 499):
        span = FrameRange(first, min(20, FRAMES - first))
        later = Playing(recorded, TRANSCRIPT, model, first_frame=first)
        later.reach(span.end)
        assert np.array_equal(later.timeline.mouth(span), whole.timeline.mouth(span))
        assert np.array_equal(later.timeline.sound(span), whole.timeline.sound(span))
        assert later.timeline.words(span) == whole.timeline.words(span)


def mouth_of(stage: Stage, recording_id: str, frames: int) -> MouthTrack:
    playing = Playing(Recorded(stage.storage, recording_id), "", shipped_heard_model())
    playing.reach(frames)
    return playing.timeline.mouth(FrameRange(0, frames))


def test_the_jaw_moves_where_there_is_sound_and_rests_in_pauses(stage: Stage) -> None:
    jaw = mouth_of(stage, "r", 350)[:, JAW]
    at = np.arange(350) / clock.FPS % 1.4
    assert jaw[(at > 0.2) & (at < 0.9)].mean() > 2 * jaw[(at > 1.15) & (at < 1.3)].mean()


def test_an_utterance_is_failed_by_name_when_its_recording_is_gone(stage: Stage) -> None:
    row = post(stage)
    stage.storage.delete_all(prefix("r"))
    stage.perform(stage.worker(), row)
    failed = stage.row(row)
    assert (failed.state, failed.error_code) == ("failed", "recording_lost")


def test_a_recording_can_be_cancelled_in_the_middle(stage: Stage) -> None:
    row = post(stage)

    def cancel(number: int) -> None:
        if number == 200:
            stage.stream.request_cancel(row.id)

    stage.perform(stage.worker(engine=ColourEngine(before_frame=cancel)), row)
    assert stage.row(row).state == "cancelled"
    assert stage.chunks(row)[-1].kind == "cancelled"


def test_without_a_transcript_no_words_travel(stage: Stage) -> None:
    row = post(stage, text="", captions=False)
    stage.perform(stage.worker(), row)
    check_whole(stage, row)
    assert not any(chunk.words for chunk in stage.media(row))
