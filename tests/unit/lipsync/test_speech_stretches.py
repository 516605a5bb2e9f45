"""A recording is cut at its pauses and covered whole, and words are spread over what is voiced."""

from itertools import pairwise

import numpy as np
import pytest
import sound_files
from hypothesis import given, settings
from hypothesis import strategies as st

from lipsync.clock import SAMPLE_RATE
from lipsync.speech.spread import spread_words
from lipsync.speech.stretches import (
    HOP_SAMPLES,
    LONGEST_S,
    SHORTEST_S,
    LevelCurve,
    Levels,
    cut,
    voiced_spans,
)


def levels_of(sound: sound_files.Sound) -> Levels:
    curve = LevelCurve()
    curve.push(sound)
    return curve.finish()


def test_levels_do_not_depend_on_how_the_sound_is_cut() -> None:
    sound, curve = sound_files.hum(2.0), LevelCurve()
    for piece in np.array_split(sound, 37):
        curve.push(piece)
    assert np.array_equal(curve.finish(), levels_of(sound))


def test_voice_is_found_where_it_is_and_not_in_pauses() -> None:
    spans = voiced_spans(levels_of(sound_files.hum(7.0, burst_s=1.0, pause_s=0.4)))
    assert len(spans) == 5
    for number, (start, end) in enumerate(spans):
        assert abs(start - 140 * number) <= 2
        assert abs(end - (140 * number + 100)) <= 4


def test_silence_is_voiced_nowhere_and_no_sound_has_no_stretch() -> None:
    assert voiced_spans(levels_of(np.zeros(96_000, np.float32))) == []
    assert voiced_spans(levels_of(np.zeros(0, np.float32))) == []
    assert cut(levels_of(np.zeros(0, np.float32)), [], 0) == []


def test_stretches_are_cut_in_pauses() -> None:
    levels = levels_of(sound_files.hum(40.0, burst_s=2.3, pause_s=0.6))
    stretches = cut(levels, voiced_spans(levels), 40 * SAMPLE_RATE)
    assert len(stretches) > 3
    for stretch in stretches[1:]:
        assert 2.3 < stretch.first_frame / 25 % 2.9 < 2.9


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-90, -3), min_size=1, max_size=40), st.integers(1, 400), st.integers(0, 479))
def test_stretches_cover_a_recording_without_gaps_and_are_bounded(
    louds: list[float], each: int, over: int
) -> None:
    levels = np.repeat(np.array(louds, np.float32), each)
    samples = len(levels) * HOP_SAMPLES - over
    stretches = cut(levels, voiced_spans(levels), samples)
    assert stretches[0].first_frame == 0
    assert all(a.end_frame == b.first_frame for a, b in pairwise(stretches))
    assert stretches[-1].end_frame == -(-samples // 1920)
    assert all(SHORTEST_S * 25 <= each.frames <= LONGEST_S * 25 for each in stretches[:-1])
    assert 0 < stretches[-1].frames <= LONGEST_S * 25


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.lists(st.tuples(st.integers(1, 50_000), st.integers(1, 50_000)), max_size=9))
def test_words_follow_each_other_within_voiced_parts(text: str, parts: list[tuple[int, int]]) -> None:
    voiced, at = [], 0
    for pause, length in parts:
        voiced.append((at + pause, at + pause + length))
        at += pause + length
    words = spread_words(text, voiced)
    for word in words:
        assert any(start <= word.start_samples <= word.end_samples <= end for start, end in voiced)
        assert text[word.text_start : word.text_end].strip()
    for before, after in pairwise(words):
        assert before.text_end <= after.text_start
        assert before.end_samples <= after.start_samples


@pytest.mark.parametrize("text", ["", " \n", "… — !"])
def test_what_cannot_be_said_has_no_words(text: str) -> None:
    assert spread_words(text, [(0, 1000)]) == []


def test_longer_words_last_longer_and_signs_are_none() -> None:
    words = spread_words("یک — کتابخانه ۱۲۳", [(1000, 9000), (20_000, 30_000)])
    assert [(word.text_start, word.text_end) for word in words] == [(0, 2), (5, 13), (14, 17)]
    lengths = [word.end_samples - word.start_samples for word in words]
    assert lengths[0] < lengths[1]
    assert words[-1].end_samples == 30_000
