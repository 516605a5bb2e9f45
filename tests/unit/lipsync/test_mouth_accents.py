"""Stress moves brows and head: sparingly, smoothly, and the same every time."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lipsync.clock import frames_covering, ms_to_samples
from lipsync.mouth.accents import FUTURE_SAMPLES, accents
from lipsync.mouth.controls import BROW, NOD
from lipsync.mouth.track import mouth_track
from lipsync.speech.spans import PhonemeSpan

FRAME = 1920
WORD = (("b", 60), ("'a", 100), ("l", 60), ("e", 70))


def spans(*sounds: tuple[str, int]) -> list[PhonemeSpan]:
    """Return consecutive phonemes from (symbol, milliseconds)."""
    made, position = [], 0
    for symbol, length_ms in sounds:
        end = position + ms_to_samples(length_ms)
        made.append(PhonemeSpan(symbol, position, end))
        position = end
    return made


def sentence() -> list[PhonemeSpan]:
    return spans(("_", 20), *WORD * 12, ("_", 180), *WORD * 12, ("_", 240))


def whole(phonemes: list[PhonemeSpan]) -> np.ndarray:
    return mouth_track(phonemes, 0, frames_covering(phonemes[-1].end_samples))


def test_the_first_stress_of_every_clause_raises_the_brows() -> None:
    phonemes = sentence()
    track = whole(phonemes)
    for index in (2, 2 + 12 * 4 + 1):
        assert phonemes[index].symbol == "'a"
        frame = phonemes[index].start_samples // FRAME
        assert track[frame : frame + 6, BROW].max() > 0.65
        assert track[frame : frame + 6, NOD].max() > 0.4


def test_most_stresses_are_not_marked() -> None:
    phonemes = sentence()
    stresses = sum(p.symbol == "'a" for p in phonemes)
    assert 2 <= len(accents(phonemes)) < 0.5 * stresses


def test_a_long_stressed_vowel_is_always_marked() -> None:
    long = spans(("_", 20), *WORD * 6, ("l", 60), ("'A", 220), *WORD, ("_", 240))
    start = next(p.start_samples for p in long if p.symbol == "'A")
    assert start in [accent.start_samples for accent in accents(long)]


def test_unstressed_speech_and_silence_leave_brows_and_head_alone() -> None:
    track = whole(spans(("_", 20), ("b", 60), ("a", 100), ("l", 60), ("e", 70), ("_", 900)))
    assert not track[:, (BROW, NOD)].any()


def test_brows_and_head_are_still_where_a_sentence_begins_and_ends() -> None:
    for last_ms in (40, 80, 300):
        phonemes = spans(("_", 12), *WORD, ("m", 60), ("'A", last_ms), ("_", 230))
        track = whole(phonemes)
        assert track[0, BROW] == track[0, NOD] == 0.0
        assert track[-1, BROW] == track[-1, NOD] == 0.0


def test_brows_and_head_move_slowly_and_rest_between() -> None:
    track = whole(sentence())[:, (BROW, NOD)]
    assert np.abs(np.diff(track, axis=0)).max() < 0.75
    assert 0.1 < (track > 0.02).mean() < 0.7
    assert track.max() <= 1.0


_SYMBOLS = st.sampled_from(["_", "'A", "'a", "a", "m", "t", "'u"])
_SPEECH = st.lists(st.tuples(_SYMBOLS, st.integers(5, 400)), min_size=1, max_size=30).map(
    lambda sounds: spans(*sounds)
)


@given(_SPEECH, st.integers(1, 9))
@settings(max_examples=60)
def test_accents_need_no_more_of_the_future_than_they_say(phonemes: list[PhonemeSpan], step: int) -> None:
    track = whole(phonemes)
    for first in range(0, len(track), step):
        count = min(step, len(track) - first)
        known = [p for p in phonemes if p.start_samples < (first + count) * FRAME + FUTURE_SAMPLES]
        part = mouth_track(known, first, count)[:, (BROW, NOD)]
        assert np.array_equal(part, track[first : first + count, (BROW, NOD)])
