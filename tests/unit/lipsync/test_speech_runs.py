"""Several runs become one sentence: positions exact, pauses as asked, nothing lost between."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest

from lipsync.clock import ms_to_samples, samples_per_frame
from lipsync.speech.limiter import CEILING
from lipsync.speech.runs import Run, speak_runs
from lipsync.speech.spans import PhonemeSpan, SpeechBuffer, WordSpan
from lipsync.text.prosody import PLAIN, Prosody

WORD = 5_000
BUFFER = 1_500
TAIL = 700
REST = ms_to_samples(230)


@dataclass
class Drum:
    """A voice that beats every word for 5,000 samples, and then fades and rests as voices do."""

    name: str = "drum"
    language: str = "fa"
    gain_db: float = 0.0
    level: int = 8_000
    heard: list[tuple[str, Prosody]] = field(default_factory=list)
    given: int = 0
    closed: int = 0

    def gain_at_db(self, prosody: Prosody) -> float:
        """See Voice."""
        return self.gain_db

    def speak(self, text: str, seed: int, prosody: Prosody = PLAIN) -> Iterator[SpeechBuffer]:
        """See Voice."""
        self.heard.append((text, prosody))
        words, phonemes, at = [], [], 0
        for number, word in enumerate(text.split()):
            start = text.index(word, at)
            at = start + len(word)
            words.append(WordSpan(start, at, number * WORD, (number + 1) * WORD))
            phonemes.append(PhonemeSpan("a", number * WORD, (number + 1) * WORD))
        spoken = len(words) * WORD
        words[-1] = WordSpan(words[-1].text_start, at, spoken - WORD, spoken + TAIL)
        phonemes.append(PhonemeSpan("_", spoken, spoken + REST))
        sound = np.concatenate(
            (np.full(spoken, self.level), np.full(TAIL, self.level // 4), np.zeros(REST - TAIL))
        )
        try:
            yield from self._in_buffers(sound.astype(np.int16), phonemes, words)
        finally:
            self.closed += 1

    def _in_buffers(self, sound, phonemes, words) -> Iterator[SpeechBuffer]:
        for low in range(0, len(sound), BUFFER):
            self.given += 1
            high = min(low + BUFFER, len(sound))
            yield SpeechBuffer(
                sound[low:high],
                tuple(span for span in phonemes if low < span.end_samples <= high),
                tuple(span for span in words if low < span.end_samples <= high),
                high == len(sound),
            )


def run(voice: Drum, spoken: str, start: int = 0, **asked) -> Run:
    ranges = tuple((at, at + 1) for at in range(start, start + len(spoken)))
    return Run(voice=voice, spoken=spoken, spoken_to_written=ranges, **asked)


def whole(runs: list[Run]) -> SpeechBuffer:
    buffers = list(speak_runs(runs, 1))
    assert [buffer.last for buffer in buffers] == [False] * (len(buffers) - 1) + [True]
    given = said = 0
    for buffer in buffers:
        given += len(buffer.sound)
        for span in (*buffer.phonemes, *buffer.words):
            assert span.start_samples <= span.end_samples <= given
        for mark in buffer.marks:
            assert said <= mark.at_samples <= given
        said = max([said, *(word.end_samples for word in buffer.words)])
    joined = SpeechBuffer(
        np.concatenate([buffer.sound for buffer in buffers]),
        tuple(span for buffer in buffers for span in buffer.phonemes),
        tuple(span for buffer in buffers for span in buffer.words),
        True,
        tuple(mark for buffer in buffers for mark in buffer.marks),
    )
    assert len(joined.sound) % samples_per_frame() == 0
    assert joined.phonemes[0].start_samples == 0
    assert joined.phonemes[-1].end_samples == len(joined.sound)
    assert all(a.end_samples == b.start_samples for a, b in pairwise(joined.phonemes))
    return joined


def quiet_after(joined: SpeechBuffer, words: int) -> int:
    """Return the samples of silence between a word and the next one, by the phonemes."""
    sounding = [span for span in joined.phonemes if span.symbol != "_"]
    return sounding[words].start_samples - sounding[words - 1].end_samples


def test_one_run_is_what_its_voice_says() -> None:
    alone = np.concatenate([buffer.sound for buffer in Drum().speak("یک دو", 1)])
    joined = whole([run(Drum(), "یک دو")])
    assert np.array_equal(joined.sound[: len(alone)], alone)
    assert not joined.sound[len(alone) :].any()


def test_words_of_all_runs_are_positions_in_the_sentence() -> None:
    text = "یک دو three چهار."
    runs = [run(Drum(), "یک دو"), run(Drum(language="en"), "three", 6), run(Drum(), "چهار.", 12)]
    joined = whole(runs)
    assert [text[word.text_start : word.text_end] for word in joined.words] == text.split()
    assert all(a.end_samples <= b.start_samples for a, b in pairwise(joined.words))


def test_runs_follow_each_other_without_the_rest_of_a_sentence() -> None:
    joined = whole([run(Drum(), "یک"), run(Drum(), "دو", 3), run(Drum(), "سه،", 6), run(Drum(), "چهار", 10)])
    assert [quiet_after(joined, words) for words in (1, 2, 3)] == [
        ms_to_samples(30), ms_to_samples(30), ms_to_samples(140),
    ]  # fmt: skip
    assert joined.phonemes[-1].end_samples - joined.words[-1].end_samples >= ms_to_samples(180)


def test_a_pause_is_as_long_as_it_was_asked_for() -> None:
    for pause_ms in (0, 5, 40, 500, 10_000):
        joined = whole([run(Drum(), "یک"), run(Drum(), "دو", 3, pause_ms=pause_ms)])
        assert quiet_after(joined, 1) == ms_to_samples(pause_ms)
        start = WORD + min(TAIL, ms_to_samples(pause_ms))
        assert not joined.sound[start : WORD + ms_to_samples(pause_ms)].any()


def test_a_pause_before_the_first_word_and_after_the_last_is_kept_too() -> None:
    voice = Drum()
    end = Run(voice=voice, spoken="", spoken_to_written=(), pause_ms=700)
    joined = whole([run(voice, "یک", pause_ms=300), end])
    sounding = joined.phonemes[1]
    assert (sounding.symbol, sounding.start_samples) == ("a", ms_to_samples(300))
    assert not joined.sound[: ms_to_samples(300)].any()
    after = len(joined.sound) - sounding.end_samples
    assert 0 <= after - ms_to_samples(700) < samples_per_frame()


def test_a_tail_that_is_cut_is_faded_out() -> None:
    joined = whole([run(Drum(), "یک"), run(Drum(level=0), "دو", 3, pause_ms=10)])
    tail = joined.sound[WORD : WORD + ms_to_samples(10)]
    assert tail[0] == 2_000
    assert tail[-1] == 0
    assert np.abs(np.diff(tail.astype(int))).max() < 20


def test_the_volume_of_a_run_is_its_own() -> None:
    soft = Prosody(volume_db=-6.0206)
    joined = whole([run(Drum(), "یک"), run(Drum(), "دو", 3, prosody=soft, pause_ms=0), run(Drum(), "سه", 6)])
    assert joined.sound[100] == 8_000
    assert joined.sound[WORD + 100] == 4_000
    assert joined.sound[2 * WORD + ms_to_samples(30) + 100] == 8_000


def test_every_voice_is_heard_at_its_own_gain_and_the_volume_adds_to_it() -> None:
    soft, loud = Drum(gain_db=-6.0206), Drum(level=2_000, gain_db=6.0206)
    wish = Prosody(volume_db=6.0206)
    joined = whole([run(soft, "یک"), run(loud, "دو", 3, pause_ms=0), run(loud, "سه", 6, prosody=wish)])
    levels = [joined.sound[at + 100] for at in (0, WORD, 2 * WORD + ms_to_samples(30))]
    assert levels == [4_000, 4_000, 8_000]


def test_a_gain_moves_no_span_and_no_sample() -> None:
    def said(gain_db: float) -> SpeechBuffer:
        voice = Drum(gain_db=gain_db)
        return whole([run(voice, "یک دو", marks=((3, "m"),)), run(voice, "سه", 6, pause_ms=123)])

    plain, louder = said(0.0), said(15.0)
    assert (louder.phonemes, louder.words, louder.marks) == (plain.phonemes, plain.words, plain.marks)
    assert len(louder.sound) == len(plain.sound)
    assert np.array_equal(louder.sound == 0, plain.sound == 0)


def test_a_volume_beyond_the_range_is_held_under_the_ceiling() -> None:
    joined = whole([run(Drum(level=30_000), "یک", prosody=Prosody(volume_db=6))])
    assert CEILING - 2 <= joined.sound.max() <= CEILING


def test_the_limiter_holds_back_less_than_five_milliseconds_of_the_first_buffer() -> None:
    first = next(speak_runs([run(Drum(), "یک دو سه چهار")], 1))
    assert BUFFER - ms_to_samples(5) < len(first.sound) < BUFFER


def test_each_run_is_said_in_its_own_way_and_told_that_the_sentence_goes_on() -> None:
    voice, fast = Drum(), Prosody(rate=1.5)
    whole([run(voice, "یک"), run(voice, "دو،", 3, prosody=fast), run(voice, "سه.", 7)])
    assert voice.heard == [("یک,", PLAIN), ("دو،", fast), ("سه.", PLAIN)]


def test_the_first_buffers_come_while_the_first_run_is_still_being_said() -> None:
    first, second = Drum(), Drum()
    buffers = speak_runs([run(first, "یک دو سه چهار"), run(second, "پنج", 14)], 1)
    next(buffers)
    assert first.given <= WORD // BUFFER + 1
    assert (second.given, first.closed) == (0, 0)
    buffers.close()
    assert (first.closed, second.heard) == (1, [])


def test_marks_are_reached_with_the_word_that_follows_them() -> None:
    voice = Drum()
    marks = ((0, "start"), (4, "in a word"), (6, "third"), (8, "end"))
    joined = whole([run(voice, "یک دو سه", marks=marks), run(voice, "چهار", 9, pause_ms=100)])
    assert [(mark.name, mark.at_samples) for mark in joined.marks] == [
        ("start", 0), ("in a word", 2 * WORD), ("third", 2 * WORD), ("end", 3 * WORD),
    ]  # fmt: skip


def test_marks_before_between_and_after_pauses_differ_by_them() -> None:
    voice = Drum()

    def pause(pause_ms: int, name: str) -> Run:
        return Run(voice=voice, spoken="", spoken_to_written=(), pause_ms=pause_ms, marks=((0, name),))

    first = run(voice, "یک", marks=((2, "a"),))
    joined = whole([first, pause(500, "b"), pause(250, "c"), run(voice, "دو", 3, pause_ms=0)])
    times = [mark.at_samples - WORD for mark in joined.marks]
    assert times == [0, ms_to_samples(500), ms_to_samples(750)]
    assert quiet_after(joined, 1) == ms_to_samples(750)


def test_a_mark_at_the_very_end_lies_within_the_sentence() -> None:
    voice = Drum()
    end = Run(voice=voice, spoken="", spoken_to_written=(), marks=((0, "over"),))
    joined = whole([run(voice, "یک"), end])
    assert joined.marks[0].at_samples <= len(joined.sound)
    assert len(joined.sound) - WORD >= REST


@pytest.mark.parametrize("pause_ms", [None, 0, 777])
def test_the_same_runs_give_the_same_samples(pause_ms: int | None) -> None:
    def once() -> SpeechBuffer:
        return whole([run(Drum(), "یک دو"), run(Drum(level=900), "سه", 6, pause_ms=pause_ms)])

    assert np.array_equal(once().sound, once().sound)
