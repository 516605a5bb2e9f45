"""Speech and frames share one ruler: which frames a chunk holds, what is heard and shown in them."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipsync import clock
from lipsync.engines.contract import WHENEVER, Drive, Frame, Size
from lipsync.media.encoder import SegmentEncoder
from lipsync.media.probe import probe
from lipsync.mouth.controls import JAW, MouthTrack, rest
from lipsync.pipeline import FrameRange, Timeline, foresee_chunk, frames_of_chunk, render_chunk
from lipsync.speech.heard import AFTER_SAMPLES, BEFORE_SAMPLES, silence
from lipsync.speech.spans import Mark, PhonemeSpan, SpeechBuffer, WordSpan

FRAME = clock.samples_per_frame()


def buffer(samples: int, *, last: bool, at: int = 0, word: int = 0, value: int = 1) -> SpeechBuffer:
    """One open vowel over all samples, the first of which is number `at` of its sentence."""
    return SpeechBuffer(
        np.full(samples, value, np.int16),
        (PhonemeSpan("a", at, at + samples),),
        (WordSpan(word, word + 1, at, at + samples),),
        last,
    )


def test_the_frames_of_chunks_follow_each_other_without_a_gap() -> None:
    spans = [frames_of_chunk(seq) for seq in range(1, 60)]
    assert spans[0] == FrameRange(0, clock.FIRST_CHUNK_FRAMES)
    assert all(before.end == after.first for before, after in pairwise(spans))
    assert {span.count for span in spans[1:]} == {clock.CHUNK_FRAMES}


@pytest.mark.parametrize("seq", [0, -1])
def test_there_is_no_chunk_before_the_first(seq: int) -> None:
    with pytest.raises(ValueError, match="start at 1"):
        frames_of_chunk(seq)


def test_a_sentence_without_phonemes_tells_its_own_mouth() -> None:
    asked: list[tuple[int, int]] = []

    def mouth(first_frame: int, frames: int) -> MouthTrack:
        asked.append((first_frame, frames))
        rows = np.zeros((frames, 10), np.float32)
        rows[:, JAW] = np.arange(first_frame, first_frame + frames) / 100
        return rows

    timeline = Timeline()
    timeline.begin_sentence(0)
    timeline.append(buffer(10 * FRAME, last=True))
    timeline.begin_sentence(0, mouth=mouth)
    timeline.append(SpeechBuffer(np.ones(10 * FRAME, np.int16), (), (), last=True))
    assert timeline.ready_frames == 20
    jaw = timeline.mouth(FrameRange(8, 7))[:, JAW]
    assert asked == [(0, 5)]
    assert np.allclose(jaw[2:], np.arange(5) / 100)
    assert np.array_equal(timeline.branch().mouth(FrameRange(12, 3)), timeline.mouth(FrameRange(12, 3)))


@given(st.lists(st.integers(1, 40_000), min_size=1, max_size=5))
def test_sentences_begin_on_frames_and_nothing_of_them_is_cut(lengths: list[int]) -> None:
    timeline = Timeline()
    for number, samples in enumerate(lengths, 1):
        timeline.begin_sentence(number * 10)
        timeline.append(buffer(samples, last=True, value=number))
    timeline.end()
    assert timeline.frames == sum(-(-samples // FRAME) for samples in lengths) == timeline.ready_frames
    sound = timeline.sound(FrameRange(0, timeline.frames))
    assert [int((sound == number).sum()) for number in range(1, len(lengths) + 1)] == lengths
    words = timeline.words(FrameRange(0, timeline.frames))
    assert [word.text_start for word in words] == [number * 10 for number in range(1, len(lengths) + 1)]
    assert all(word.start_samples % FRAME == 0 for word in words)


@given(st.integers(0, 40), st.integers(1, 20))
def test_a_stretch_of_sound_is_the_same_however_it_is_cut(first: int, count: int) -> None:
    timeline = Timeline()
    for number, samples in enumerate((9000, 25_000, 777), 1):
        timeline.begin_sentence(0)
        timeline.append(buffer(samples // 2, last=False, value=number))
        timeline.append(buffer(samples - samples // 2, last=True, at=samples // 2, value=number + 10))
    whole = timeline.sound(FrameRange(0, 80))
    part = timeline.sound(FrameRange(first, count))
    assert np.array_equal(part, whole[first * FRAME : (first + count) * FRAME])
    mouth = timeline.mouth(FrameRange(0, 80))
    assert np.array_equal(timeline.mouth(FrameRange(first, count)), mouth[first : first + count])


def test_frames_are_ready_once_nothing_still_to_come_can_change_them() -> None:
    timeline = Timeline()
    assert timeline.ready_frames == 0
    timeline.begin_sentence(0)
    timeline.append(buffer(20 * FRAME, last=False))
    ready = timeline.ready_frames
    assert 0 < ready < 20
    sound, mouth = timeline.sound(FrameRange(0, ready)), timeline.mouth(FrameRange(0, ready))
    timeline.append(
        SpeechBuffer(np.zeros(FRAME * 9, np.int16), (PhonemeSpan("b", 20 * FRAME, 29 * FRAME),), (), True)
    )
    assert timeline.ready_frames == 29
    assert np.array_equal(timeline.sound(FrameRange(0, ready)), sound)
    assert np.array_equal(timeline.mouth(FrameRange(0, ready)), mouth)


def test_a_branch_goes_its_own_way() -> None:
    timeline = Timeline()
    timeline.begin_sentence(0)
    timeline.append(buffer(10 * FRAME, last=False))
    other = timeline.branch()
    other.append(buffer(FRAME, last=True, at=10 * FRAME))
    other.end()
    assert (other.frames, timeline.frames) == (11, 10)
    assert (other.complete, timeline.complete) == (True, False)
    assert len(timeline.open_sentence().sound) == 10 * FRAME
    assert not timeline.open_sentence().last


def test_what_was_heard_is_let_go_of_and_what_follows_stays_as_it_was() -> None:
    timeline = Timeline()
    for number in range(1, 6):
        timeline.begin_sentence(number)
        timeline.append(buffer(10 * FRAME - 100, last=True, value=number))
    rest = FrameRange(23, 27)
    sound, mouth, words = timeline.sound(rest), timeline.mouth(rest), timeline.words(rest)
    timeline.forget(23)
    assert np.array_equal(timeline.sound(rest), sound)
    assert np.array_equal(timeline.mouth(rest), mouth)
    assert timeline.words(rest) == words
    assert (timeline.frames, timeline.ready_frames) == (50, 50)
    assert not timeline.sound(FrameRange(0, 20)).any()
    timeline.forget(1000)
    assert timeline.frames == 50
    timeline.begin_sentence(9)
    timeline.append(buffer(FRAME, last=True, value=9))
    assert timeline.frames == 51


def test_a_word_belongs_to_the_chunk_in_which_it_begins() -> None:
    timeline = Timeline()
    timeline.begin_sentence(100)
    for number in range(20):
        timeline.append(buffer(5000, last=number == 19, at=number * 5000, word=number))
    timeline.end()
    told = [
        word.text_start for seq in range(1, 8) for word in timeline.words(frames_of_chunk(seq))
    ]
    assert told == list(range(100, 120))


class BarBrush:
    """Paints each frame in one brightness, and notes how far the jaw was open."""

    def __init__(self) -> None:
        self.jaws: list[float] = []

    def foresee(self, drive: Drive, due_s: float = WHENEVER) -> None:
        pass

    def paint(self, drive: Drive) -> Iterator[Frame]:
        for number, row in enumerate(drive.mouth, drive.first_frame):
            self.jaws.append(float(row[JAW]))
            yield np.full((384, 256), 60 + number, np.uint8)


def test_chunks_rendered_one_by_one_are_a_film_without_a_gap(tmp_path) -> None:
    timeline = Timeline()
    timeline.begin_sentence(0)
    timeline.append(buffer(21 * FRAME, last=True, value=500))
    timeline.end()
    brush, encoder, stages = BarBrush(), SegmentEncoder(Size(256, 256)), []
    film = encoder.init_segment
    for seq in (1, 2, 3):
        drive = foresee_chunk(timeline, frames_of_chunk(seq), brush, lambda name, s: stages.append(name))
        film += render_chunk(timeline, drive, brush, encoder, lambda name, s: stages.append(name)).data
    encoder.close()
    path = tmp_path / "film.mp4"
    path.write_bytes(film)
    report = probe(path)
    assert (report.frames, report.gaps, report.errors) == (21, (), ())
    assert max(brush.jaws) > 0.2
    assert stages == ["mouth", "foresee", "paint_encode"] * 3


def test_a_mark_belongs_to_the_chunk_in_which_it_is_reached() -> None:
    timeline = Timeline()
    for name in ("a", "b"):
        timeline.begin_sentence(0)
        spoken = buffer(10 * FRAME, last=True)
        marks = (Mark(f"{name}1", 0), Mark(f"{name}2", 5 * FRAME), Mark(f"{name}3", 10 * FRAME))
        timeline.append(replace(spoken, marks=marks))
    spans = [frames_of_chunk(seq) for seq in range(1, 4)]
    found = [[mark.name for mark in timeline.branch().marks(span)] for span in spans]
    assert found == [["a1"], ["a2", "a3", "b1"], ["b2", "b3"]]
    assert timeline.marks(FrameRange(19, 1)) == [Mark("b3", 20 * FRAME - 1)]


def test_between_sentences_the_presenter_may_rest() -> None:
    timeline = Timeline()
    timeline.begin_sentence(0)
    timeline.append(buffer(3 * FRAME, last=True))
    timeline.rest(8)
    assert (timeline.frames, timeline.ready_frames) == (8, 8)
    assert timeline.branch().frames == 8
    timeline.begin_sentence(10)
    timeline.append(buffer(2 * FRAME, last=True, value=2))
    timeline.rest(4)
    assert timeline.frames == 10
    whole = FrameRange(0, 10)
    assert [int(timeline.sound(whole)[n * FRAME]) for n in range(10)] == [1, 1, 1, 0, 0, 0, 0, 0, 2, 2]
    assert not timeline.mouth(FrameRange(3, 5)).any()
    assert [word.start_samples // FRAME for word in timeline.words(whole)] == [0, 8]


@given(st.integers(0, 10**6))
def test_a_length_in_milliseconds_is_as_many_frames_as_it_was(frames: int) -> None:
    assert clock.ms_to_frames(clock.frames_to_ms(frames)) == frames


def heard_of(timeline: Timeline, first: int, count: int) -> list[tuple[int, int, int, int]]:
    """Return of each piece of a drive its first frame, its frames, and where its sound begins and ends."""
    pieces = timeline.drive(FrameRange(first, count)).heard
    return [(p.first_frame, p.frames, p.start_samples, p.start_samples + len(p.sound)) for p in pieces]


def test_a_drive_brings_each_sentences_own_sound_from_before_its_frames_to_behind_them() -> None:
    timeline = Timeline()
    for number in (1, 2):
        timeline.begin_sentence(0)
        timeline.append(buffer(10 * FRAME - 7, last=True, value=number))
        timeline.rest(number * 12)
    assert heard_of(timeline, 6, 3) == [(6, 3, 6 * FRAME - BEFORE_SAMPLES, 10 * FRAME - 7)]
    # Two frames of rest lie between; no piece holds a sample of another sentence.
    assert heard_of(timeline, 8, 8) == [
        (8, 2, 8 * FRAME - BEFORE_SAMPLES, 10 * FRAME - 7), (0, 2, 0, 0),
        (0, 4, 0, 4 * FRAME + AFTER_SAMPLES),
    ]  # fmt: skip
    drive = timeline.drive(FrameRange(8, 8))
    assert [set(piece.sound.tolist()) for piece in drive.heard] == [{1}, set(), {2}]
    assert np.array_equal(drive.mouth, timeline.mouth(FrameRange(8, 8)))


def test_a_drive_brings_the_mouth_of_the_frames_of_its_sentence_before_it() -> None:
    timeline = Timeline()
    for number in (1, 2):
        timeline.begin_sentence(0)
        timeline.append(buffer(10 * FRAME, last=True, value=number))
        timeline.rest(number * 12)
    for first, led in ((0, 0), (1, 1), (6, 2), (10, 0), (12, 0), (13, 1), (17, 2)):
        drive = timeline.drive(FrameRange(first, 4))
        assert np.array_equal(drive.before, timeline.mouth(FrameRange(first - led, led)))
        assert np.array_equal(drive.mouth, timeline.mouth(FrameRange(first, 4)))


def test_the_sound_around_a_frame_that_is_ready_stays_what_it_is() -> None:
    timeline = Timeline()
    timeline.begin_sentence(0)
    timeline.append(buffer(20 * FRAME, last=False))
    ready = timeline.ready_frames
    before = timeline.drive(FrameRange(0, ready)).heard[0].sound
    timeline.append(buffer(20 * FRAME, last=True, at=20 * FRAME, word=1, value=9))
    assert ready > 0
    assert np.array_equal(timeline.drive(FrameRange(0, ready)).heard[0].sound, before)


def test_a_drive_without_sound_for_each_of_its_frames_is_refused() -> None:
    with pytest.raises(ValueError, match="4 frames has sound for 3"):
        Drive(0, rest(4), (silence(3),))
