"""The rows change by one conditional step at a time, and an end is an end."""

import threading
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from avatars.database import Avatar, Database, Utterance
from lipsync.text.checks import LONGEST_TEXT
from tasks.utterances import Append, NewUtterance, UtteranceRow, Utterances

NEW = NewUtterance(
    owner="ali", avatar_id="samira", avatar_version=1, voice="fa", engine="warp", text="سلام\u200cها",
    width_px=720, height_px=1280, fps=25, captions=True, seed=2**63 - 1, epoch="e1",
)  # fmt: skip


@pytest.fixture
def utterances(database: Database) -> Utterances:
    now = datetime.now(UTC)
    with database.transaction() as db:
        db.add(
            Avatar(
                id="samira", owner="house", title_fa="س", title_en="S", voice="fa", engine="warp",
                state="ready", version=1, created_at=now, updated_at=now,
            )
        )  # fmt: skip
    return Utterances(database)


def _create(utterances: Utterances, **changed: object) -> UtteranceRow:
    new = NewUtterance(**{f.name: getattr(NEW, f.name) for f in fields(NEW) if f.name != "id"})
    return utterances.create(replace(new, **changed))


def _now_is(utterances: Utterances, utterance_id: str) -> UtteranceRow:
    row = utterances.get(utterance_id)
    assert row is not None
    return row


def test_what_was_asked_for_comes_back_queued(utterances: Utterances) -> None:
    before = datetime.now(UTC)
    row = _create(utterances)
    assert utterances.get(row.id) == row
    assert (row.state, row.text, row.seed, row.captions) == ("queued", "سلام\u200cها", 2**63 - 1, True)
    assert before <= row.created_at <= datetime.now(UTC)
    assert not row.finished
    assert len(row.id) == 32
    assert int(row.id, 16) >= 0


def test_a_row_has_every_column_of_the_table() -> None:
    assert {field.name for field in fields(UtteranceRow)} == set(Utterance.__table__.columns.keys())


def test_a_row_cannot_be_changed_in_the_hand(utterances: Utterances) -> None:
    row = _create(utterances)
    with pytest.raises(FrozenInstanceError):
        row.state = "done"  # type: ignore[misc]


def test_each_utterance_has_an_id_of_its_own_and_none_is_taken_twice(utterances: Utterances) -> None:
    row = _create(utterances)
    assert _create(utterances).id != row.id
    with pytest.raises(IntegrityError):
        _create(utterances, id=row.id)


def test_an_utterance_of_no_avatar_is_refused(utterances: Utterances) -> None:
    with pytest.raises(IntegrityError):
        _create(utterances, avatar_id="nobody")


def test_an_id_that_never_was_is_none_and_changes_nothing(utterances: Utterances) -> None:
    assert utterances.get("f" * 32) is None
    assert not utterances.mark_running("f" * 32)
    assert not utterances.mark_cancelled("f" * 32)


def test_only_its_owner_finds_an_utterance(utterances: Utterances) -> None:
    row = _create(utterances, owner="ali")
    assert utterances.get_owned(row.id, "ali") == row
    assert utterances.get_owned(row.id, "zari") is None


def test_an_utterance_runs_once_and_is_done_with_what_it_became(utterances: Utterances) -> None:
    row = _create(utterances)
    assert utterances.mark_running(row.id)
    assert not utterances.mark_running(row.id)
    running = _now_is(utterances, row.id)
    assert running.state == "running"
    assert running.started_at is not None
    assert utterances.mark_done(row.id, chunks=3, frames=21, duration_ms=840)
    done = _now_is(utterances, row.id)
    assert (done.state, done.chunks, done.frames, done.duration_ms) == ("done", 3, 21, 840)
    assert done.finished
    assert done.finished_at is not None
    assert row.created_at <= running.started_at <= done.finished_at


def test_a_failure_keeps_its_reason(utterances: Utterances) -> None:
    row = _create(utterances)
    assert utterances.mark_failed(row.id, "voice_died", "the voice process ended twice")
    failed = _now_is(utterances, row.id)
    assert (failed.state, failed.error_code) == ("failed", "voice_died")
    assert failed.error_message == "the voice process ended twice"


ENDINGS: dict[str, Callable[[Utterances, str], bool]] = {
    "done": lambda table, sid: table.mark_done(sid, 1, 5, 200),
    "failed": lambda table, sid: table.mark_failed(sid, "poison", "three attempts"),
    "cancelled": lambda table, sid: table.mark_cancelled(sid),
}


@pytest.mark.parametrize("end", ENDINGS)
@pytest.mark.parametrize("running", [True, False])
def test_what_has_ended_never_changes_again(utterances: Utterances, end: str, running: bool) -> None:
    row = _create(utterances)
    if running:
        utterances.mark_running(row.id)
    assert ENDINGS[end](utterances, row.id)
    ended = _now_is(utterances, row.id)
    assert ended.state == end
    for again in ENDINGS.values():
        assert not again(utterances, row.id)
    assert not utterances.mark_running(row.id)
    assert not utterances.rang(row.id, datetime.now(UTC))
    assert utterances.get(row.id) == ended


def test_of_many_that_end_an_utterance_at_once_one_wins(utterances: Utterances) -> None:
    row = _create(utterances)
    utterances.mark_running(row.id)
    won: list[str] = []
    start = threading.Barrier(6)

    def race(end: str) -> None:
        start.wait(30)
        if ENDINGS[end](utterances, row.id):
            won.append(end)

    threads = [threading.Thread(target=race, args=(end,)) for end in [*ENDINGS] * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [_now_is(utterances, row.id).state]


def test_ringing_is_counted_with_its_time(utterances: Utterances) -> None:
    row = _create(utterances)
    noon = datetime(2031, 3, 21, 12, tzinfo=UTC)
    assert utterances.rang(row.id, noon)
    assert utterances.rang(row.id, noon + timedelta(seconds=5))
    rung = _now_is(utterances, row.id)
    assert (rung.doorbell_at, rung.doorbells) == (noon + timedelta(seconds=5), 2)


def test_the_unfinished_are_listed_oldest_first(utterances: Utterances) -> None:
    rows = [_create(utterances) for _ in range(5)]
    utterances.mark_running(rows[0].id)
    utterances.mark_done(rows[1].id, 1, 5, 200)
    utterances.mark_cancelled(rows[3].id)
    assert [row.id for row in utterances.unfinished()] == [rows[n].id for n in (0, 2, 4)]


def test_the_done_without_a_file_are_listed_until_they_have_one(utterances: Utterances) -> None:
    done, failed, queued = (_create(utterances).id for _ in range(3))
    assert not utterances.set_files(queued, "v", None, 1)
    utterances.mark_done(done, 1, 5, 200)
    utterances.mark_failed(failed, "poison", "")
    assert [row.id for row in utterances.without_file()] == [done]
    assert utterances.set_files(done, "utterances/x/video.mp4", "utterances/x/captions.vtt", 5_000_000_000)
    assert utterances.without_file() == []
    row = _now_is(utterances, done)
    assert (row.video_key, row.captions_key) == ("utterances/x/video.mp4", "utterances/x/captions.vtt")
    assert row.video_bytes == 5_000_000_000
    assert not utterances.set_files(failed, "v", None, 1)


def test_files_expire_by_age_of_the_end_and_once(utterances: Utterances) -> None:
    done, failed, queued = (_create(utterances).id for _ in range(3))
    utterances.mark_done(done, 1, 5, 200)
    utterances.mark_failed(failed, "poison", "")
    utterances.set_files(done, "v", "c", 1)
    finished_at = _now_is(utterances, done).finished_at
    assert finished_at is not None
    day = timedelta(hours=24)
    assert utterances.expired(finished_at + day - timedelta(microseconds=1), day) == []
    assert [row.id for row in utterances.expired(finished_at + day, day)] == [done]
    later = finished_at + 2 * day
    assert [row.id for row in utterances.expired(later, day)] == [done, failed]
    assert utterances.mark_expired(done, later)
    assert not utterances.mark_expired(done, later)
    assert not utterances.mark_expired(queued, later)
    assert [row.id for row in utterances.expired(later, day)] == [failed]
    row = _now_is(utterances, done)
    assert (row.state, row.video_key, row.video_bytes, row.expired_at) == ("done", None, None, later)
    assert row.text == ""
    assert _now_is(utterances, failed).text != ""
    assert utterances.without_file() == []
    assert not utterances.set_files(done, "v", None, 1)


def test_an_owner_pages_through_their_own_newest_first(utterances: Utterances) -> None:
    ids = [_create(utterances, owner="ali").id for _ in range(5)]
    _create(utterances, owner="zari")
    first = utterances.list_owned("ali", 2)
    second = utterances.list_owned("ali", 2, before=first[-1].id)
    third = utterances.list_owned("ali", 2, before=second[-1].id)
    assert [row.id for row in (*first, *second, *third)] == ids[::-1]
    assert utterances.list_owned("ali", 2, before=third[-1].id) == []
    assert utterances.list_owned("zari", 9, before=ids[-1]) == []


def test_rows_of_one_moment_are_paged_without_loss(utterances: Utterances, database: Database) -> None:
    noon = datetime(2031, 3, 21, 12, tzinfo=UTC)
    ids = sorted(_create(utterances).id for _ in range(4))
    with database.transaction() as db:
        for row in db.query(Utterance):
            row.created_at = noon
    seen: list[str] = []
    while page := utterances.list_owned("ali", 1, before=seen[-1] if seen else None):
        seen.append(page[0].id)
    assert seen == ids[::-1]


def test_states_are_counted(utterances: Utterances) -> None:
    assert utterances.count_by_state() == {}
    ids = [_create(utterances).id for _ in range(3)]
    utterances.mark_running(ids[0])
    assert utterances.count_by_state() == {"queued": 2, "running": 1}


def test_text_is_appended_where_it_is_open(utterances: Utterances) -> None:
    row = _create(utterances, text="سلا", open=True)
    assert utterances.append(row.id, Append(text="م 😀"))
    assert utterances.append(row.id, Append(text=" دنیا", at=6))
    now = _now_is(utterances, row.id)
    assert (now.text, now.open, now.flushed) == ("سلام 😀 دنیا", True, 0)
    assert row.appended_at < now.appended_at


def test_a_whole_text_takes_nothing_more(utterances: Utterances) -> None:
    row = _create(utterances)
    assert row.appended_at is None
    assert not utterances.append(row.id, Append(text="x"))
    assert _now_is(utterances, row.id).text == row.text


def test_nothing_follows_an_end_a_finish_or_another_place_than_was_meant(utterances: Utterances) -> None:
    ended, done, other = (_create(utterances, text="یک", open=True) for _ in range(3))
    assert utterances.append(ended.id, Append(text=" دو", end=True))
    assert not utterances.append(ended.id, Append(text="x"))
    assert utterances.mark_cancelled(done.id)
    assert not utterances.append(done.id, Append(text="x"))
    assert not utterances.append(other.id, Append(text="x", at=1))
    texts = [_now_is(utterances, row.id).text for row in (ended, done, other)]
    assert texts == ["یک دو", "یک", "یک"]


def test_a_text_grows_to_its_limit_and_no_further(utterances: Utterances) -> None:
    row = _create(utterances, text="س" * (LONGEST_TEXT - 2), open=True)
    assert not utterances.append(row.id, Append(text="سسس"))
    assert utterances.append(row.id, Append(text="سس"))
    assert not utterances.append(row.id, Append(text="س"))
    assert utterances.append(row.id, Append(end=True))


def test_a_flush_reaches_to_the_end_of_what_came_with_it(utterances: Utterances) -> None:
    row = _create(utterances, text="یک ", open=True)
    assert utterances.append(row.id, Append(text="دو", flush=True))
    assert utterances.append(row.id, Append(text=" سه"))
    assert _now_is(utterances, row.id).flushed == 5


def test_writers_that_race_at_one_place_leave_one_of_their_words(utterances: Utterances) -> None:
    row = _create(utterances, text="", open=True)
    won: list[str] = []

    def write(word: str) -> None:
        if utterances.append(row.id, Append(text=word, at=0)):
            won.append(word)

    threads = [threading.Thread(target=write, args=(f"w{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [_now_is(utterances, row.id).text] == won


def test_only_a_writer_that_was_not_heard_of_meanwhile_is_given_up(utterances: Utterances) -> None:
    row = _create(utterances, text="یک", open=True)
    assert utterances.append(row.id, Append(text=" دو"))
    assert not utterances.end_silent(row.id, row.appended_at)
    heard = _now_is(utterances, row.id).appended_at
    assert utterances.end_silent(row.id, heard)
    assert not utterances.end_silent(row.id, heard)
    assert not utterances.append(row.id, Append(text="x"))


def test_a_beginning_is_moved_only_while_it_runs(utterances: Utterances) -> None:
    row, at = _create(utterances), datetime.now(UTC) + timedelta(seconds=5)
    assert not utterances.begin_anew(row.id, at)
    utterances.mark_running(row.id)
    assert utterances.begin_anew(row.id, at)
    assert _now_is(utterances, row.id).started_at == at
