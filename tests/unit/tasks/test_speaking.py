"""Speech is kept before it is used, and what was kept is used as it is."""

import numpy as np
import pytest
from stage import TEXT, ToneVoice, WanderingVoice, in_one_run

from avatars.storage_memory import MemoryStorage
from lipsync.pipeline import FrameRange
from lipsync.speech.errors import VoiceDied
from lipsync.speech.limiter import CEILING
from lipsync.speech.runs import Run
from lipsync.text.prosody import PLAIN, Prosody
from lipsync.text.sentences import Sentence, split_sentences
from tasks.plan import Plan
from tasks.speaking import Speaking, SpeechNotRepeatable, join

SID = "c" * 32


@pytest.fixture
def plan() -> Plan:
    return Plan(MemoryStorage(), SID)


def speaking(plan: Plan, voice: ToneVoice | None = None, text: str = TEXT) -> Speaking:
    return Speaking(split_sentences(text), in_one_run(voice or ToneVoice()), 5, plan)


def spoken_whole(plan: Plan, voice: ToneVoice | None = None) -> Speaking:
    whole = speaking(plan, voice)
    whole.reach(10_000)
    return whole


def test_no_more_is_spoken_than_the_frames_asked_for_need(plan: Plan) -> None:
    voice = ToneVoice()
    begun = speaking(plan, voice)
    begun.reach(5)
    assert begun.timeline.ready_frames >= 5
    assert voice.buffers == 2
    begun.finish_sentence()
    assert voice.buffers == 5
    begun.finish_sentence()
    assert (voice.buffers, len(voice.spoken)) == (5, 1)


def test_what_can_be_drawn_is_kept_already(plan: Plan) -> None:
    begun = speaking(plan)
    for frames in range(1, 130, 7):
        begun.reach(frames)
        kept = Speaking(split_sentences(TEXT), in_one_run(ToneVoice()), 5, plan)
        assert kept.timeline.ready_frames == begun.timeline.ready_frames


def test_a_text_comes_to_its_end(plan: Plan) -> None:
    timeline = spoken_whole(plan).timeline
    assert timeline.complete
    assert timeline.frames == timeline.ready_frames
    assert len(timeline.words(FrameRange(0, timeline.frames))) == len(TEXT.split())


@pytest.mark.parametrize("frames", [3, 5, 30, 45, 80, 1000])
def test_a_successor_says_exactly_the_same(plan: Plan, frames: int) -> None:
    first = speaking(plan, WanderingVoice())
    first.reach(frames)
    first.finish_sentence()
    voice = WanderingVoice(spoken=["much", "else"])
    second = spoken_whole(plan, voice)
    span = FrameRange(0, first.timeline.ready_frames)
    assert np.array_equal(second.timeline.sound(span), first.timeline.sound(span))
    assert np.array_equal(second.timeline.mouth(span), first.timeline.mouth(span))
    assert second.timeline.words(span) == first.timeline.words(span)
    third = spoken_whole(plan, WanderingVoice(spoken=["never", "asked"]))
    whole = FrameRange(0, second.timeline.frames)
    assert np.array_equal(third.timeline.sound(whole), second.timeline.sound(whole))


def test_a_successor_holds_only_the_speech_from_where_it_goes_on(plan: Plan) -> None:
    first = spoken_whole(plan)
    rest = FrameRange(60, first.timeline.frames - 60)
    second = Speaking(split_sentences(TEXT), in_one_run(ToneVoice()), 5, plan, first_frame=60)
    second.reach(10_000)
    assert np.array_equal(second.timeline.sound(rest), first.timeline.sound(rest))
    assert second.timeline.words(rest) == first.timeline.words(rest)
    assert not second.timeline.sound(FrameRange(0, 20)).any()


def test_a_sentence_kept_by_half_is_gone_on_with_where_it_broke_off(plan: Plan) -> None:
    speaking(plan).reach(5)
    again, alone = spoken_whole(plan), spoken_whole(Plan(MemoryStorage(), SID))
    whole = FrameRange(0, alone.timeline.frames)
    assert np.array_equal(again.timeline.sound(whole), alone.timeline.sound(whole))
    assert again.timeline.words(whole) == alone.timeline.words(whole)


@pytest.mark.parametrize("frames", [5, 15, 30])
def test_a_sentence_kept_by_half_goes_on_under_the_limiter_as_if_never_broken_off(
    plan: Plan, frames: int
) -> None:
    speaking(plan, ToneVoice(gain_db=14.0)).reach(frames)
    again = spoken_whole(plan, ToneVoice(gain_db=14.0))
    alone = spoken_whole(Plan(MemoryStorage(), SID), ToneVoice(gain_db=14.0))
    whole = FrameRange(0, alone.timeline.frames)
    sound = alone.timeline.sound(whole)
    assert np.array_equal(again.timeline.sound(whole), sound)
    assert np.abs(sound.astype(int)).max() == pytest.approx(CEILING, abs=2)


def test_a_sentence_kept_at_another_gain_is_refused(plan: Plan) -> None:
    speaking(plan).reach(5)
    with pytest.raises(SpeechNotRepeatable):
        spoken_whole(plan, ToneVoice(gain_db=0.5))


def test_a_sentence_kept_by_half_and_said_otherwise_is_refused(plan: Plan) -> None:
    speaking(plan, WanderingVoice()).reach(5)
    with pytest.raises(SpeechNotRepeatable):
        spoken_whole(plan, WanderingVoice(spoken=["something else"]))


def in_two_runs(sentence: Sentence) -> list[Run]:
    """Say the first word, and after half a second the rest in another voice."""
    space = sentence.spoken.index(" ")
    parts = (slice(0, space), None), (slice(space + 1, None), 500)
    return [
        Run(
            voice=ToneVoice(), spoken=sentence.spoken[part], pause_ms=pause_ms,
            spoken_to_written=sentence.spoken_to_written[part],
            marks=((3, f"{sentence.index}-{part.start}"),),
        )
        for part, pause_ms in parts
    ]  # fmt: skip


@pytest.mark.parametrize("frames", [2, 5, 15, 30, 60])
def test_a_sentence_of_several_runs_is_gone_on_with_too(plan: Plan, frames: int) -> None:
    Speaking(split_sentences(TEXT), in_two_runs, 5, plan).reach(frames)
    again = Speaking(split_sentences(TEXT), in_two_runs, 5, plan)
    alone = Speaking(split_sentences(TEXT), in_two_runs, 5, Plan(MemoryStorage(), SID))
    for each in (again, alone):
        each.reach(10_000)
    whole = FrameRange(0, alone.timeline.frames)
    assert np.array_equal(again.timeline.sound(whole), alone.timeline.sound(whole))
    assert again.timeline.words(whole) == alone.timeline.words(whole)
    assert again.timeline.marks(whole) == alone.timeline.marks(whole)
    assert len(alone.timeline.marks(whole)) == 6


def test_nothing_is_kept_of_a_stretch_in_which_the_voice_died(plan: Plan) -> None:
    def die(buffer: int) -> None:
        if buffer == 7:
            raise VoiceDied

    begun = speaking(plan, ToneVoice(before_buffer=die))
    with pytest.raises(VoiceDied):
        begun.reach(10_000)
    assert [(kept.sentence, kept.buffer.last) for kept in plan.kept()] == [(0, True)]
    assert spoken_whole(plan).timeline.complete


def test_closing_stops_the_voice(plan: Plan) -> None:
    voice, closed = ToneVoice(), []

    class Told(ToneVoice):
        def speak(self, text: str, seed: int, prosody: Prosody = PLAIN):
            try:
                yield from voice.speak(text, seed, prosody)
            finally:
                closed.append(text)

    begun = speaking(plan, Told())
    begun.reach(5)
    begun.close()
    assert len(closed) == 1
    begun.close()


def test_buffers_join_in_order() -> None:
    buffers = list(ToneVoice().speak("one two three", 5))
    whole = join(buffers)
    assert len(whole.sound) == sum(len(buffer.sound) for buffer in buffers)
    assert [word.text_start for word in whole.words] == [0, 4, 8]
    assert whole.last
    assert not join(buffers[:2]).last
