"""Phonemes become a mouth that closes, leads, rests and does not jitter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lipsync.clock import UnevenClock, frames_covering, ms_to_samples
from lipsync.mouth.controls import BROW, CONTROLS, JAW, PRESS, ROUND, SPREAD, TUCK
from lipsync.mouth.track import REACH_SAMPLES, mouth_track
from lipsync.speech.spans import PhonemeSpan

FRAME = 1920


def spans(*sounds: tuple[str, int]) -> list[PhonemeSpan]:
    """Return consecutive phonemes from (symbol, milliseconds)."""
    made, position = [], 0
    for symbol, length_ms in sounds:
        end = position + ms_to_samples(length_ms)
        made.append(PhonemeSpan(symbol, position, end))
        position = end
    return made


def whole(phonemes: list[PhonemeSpan]) -> np.ndarray:
    return mouth_track(phonemes, 0, frames_covering(phonemes[-1].end_samples))


@pytest.mark.parametrize("symbol", ["p", "b", "m"])
@pytest.mark.parametrize("length_ms", [15, 20, 29, 45, 60, 120])
@pytest.mark.parametrize("offset_ms", range(100, 140, 5))
def test_a_bilabial_closes_the_lips_even_when_shorter_than_a_frame(
    symbol: str, length_ms: int, offset_ms: int
) -> None:
    phonemes = spans(("_", 20), ("'A", offset_ms), (symbol, length_ms), ("'A", 150), ("_", 300))
    closing = phonemes[2]
    under = whole(phonemes)[closing.start_samples // FRAME : (closing.end_samples - 1) // FRAME + 1]
    assert under[:, PRESS].max() == 1.0


def test_the_lips_part_again_between_two_bilabials() -> None:
    track = whole(spans(("_", 20), ("m", 70), ("'A", 200), ("m", 70), ("'A", 150), ("_", 300)))
    open_frames = track[(track[:, PRESS] < 0.1) & (track[:, JAW] > 0.4)]
    assert len(open_frames) >= 2


def test_a_short_vowel_between_two_bilabials_still_opens() -> None:
    track = whole(spans(("_", 20), ("b", 70), ("'a", 90), ("b", 70), ("'a", 150), ("_", 300)))
    vowel = track[90 // 40 : 180 // 40 + 1]
    assert vowel[:, PRESS].min() < 0.5


@pytest.mark.parametrize(("symbol", "control"), [("m", PRESS), ("b", PRESS), ("f", TUCK)])
@pytest.mark.parametrize("length_ms", [40, 70, 130])
@pytest.mark.parametrize("offset_ms", range(200, 240, 5))
def test_a_closure_is_there_in_the_first_frame_of_its_sound_and_stays(
    symbol: str, control: int, length_ms: int, offset_ms: int
) -> None:
    phonemes = spans(("_", 20), ("'A", offset_ms), (symbol, length_ms), ("'A", 250), ("_", 300))
    closing, track = phonemes[2], whole(phonemes)
    first, half_over = closing.start_samples // FRAME, (closing.end_samples - FRAME // 2 - 1) // FRAME
    assert np.all(track[first : max(first, half_over) + 1, control] == 1.0)


@pytest.mark.parametrize("offset_ms", range(240, 280, 5))
def test_lips_come_and_go_in_two_or_three_eased_frames(offset_ms: int) -> None:
    track = whole(spans(("_", 20), ("'A", offset_ms), ("m", 80), ("'A", 280), ("_", 300)))
    held = np.flatnonzero(track[:, PRESS] == 1.0)
    before, after = track[: held[0], PRESS], track[held[-1] + 1 :, PRESS]
    for way in (before, after[::-1]):
        assert 2 <= (way > 0).sum() <= 3
        assert np.all(np.diff(way) >= 0)
        assert way[-2] > 0.02
    assert len(held) <= 3


@pytest.mark.parametrize("symbol", ["f", "v"])
def test_a_labiodental_tucks_the_lip_and_presses_nothing(symbol: str) -> None:
    track = whole(spans(("'A", 150), (symbol, 50), ("'A", 150), ("_", 250)))
    assert track[:, TUCK].max() == 1.0
    assert track[:, PRESS].max() == 0.0


def test_rounding_is_anticipated() -> None:
    rounded = whole(spans(("_", 100), ("t", 90), ("'u", 150), ("_", 250)))
    plain = whole(spans(("_", 100), ("t", 90), ("'a", 150), ("_", 250)))
    before_the_vowel = ms_to_samples(190) // FRAME - 1
    assert rounded[before_the_vowel, ROUND] > 0.25
    assert plain[before_the_vowel, ROUND] < 0.05


def test_front_vowels_spread_and_open_vowels_open() -> None:
    track = {v: whole(spans(("_", 100), (v, 160), ("_", 250))) for v in ("'i", "'A", "'u")}
    peaks = {vowel: rows.max(axis=0) for vowel, rows in track.items()}
    assert peaks["'i"][SPREAD] > 0.4 > peaks["'A"][SPREAD]
    assert peaks["'u"][ROUND] > 0.6 > peaks["'i"][ROUND]
    assert peaks["'A"][JAW] > 2 * peaks["'i"][JAW]


def test_a_stressed_vowel_opens_wider_than_a_weak_one_and_a_long_one_than_a_short_one() -> None:
    def opening(symbol: str, length_ms: int) -> float:
        return float(whole(spans(("_", 100), (symbol, length_ms), ("_", 250)))[:, JAW].max())

    assert opening("'a", 100) > opening("a", 100)
    assert opening("'a", 140) > opening("'a", 60)


def test_lips_set_out_before_the_sound() -> None:
    track = whole(spans(("_", 400), ("'A", 150), ("_", 300)))
    assert track[9, JAW] > 0.05
    assert track[5, JAW] == pytest.approx(0.0, abs=0.01)


def test_silence_brings_the_mouth_to_rest_in_about_200_ms() -> None:
    track = whole(spans(("_", 80), ("'A", 200), ("_", 600)))
    end = 280 // 40
    assert track[end, JAW] > 0.1
    assert track[end + 5 :, :BROW].max() < 0.03


def test_a_sentence_begins_and_ends_at_rest() -> None:
    track = whole(spans(("_", 12), ("'A", 150), ("l", 60), ("'A", 150), ("_", 240)))
    assert track[0].max() < 0.15
    assert track[-1].max() < 0.02


def test_no_speech_is_a_closed_still_mouth() -> None:
    assert not mouth_track([], 0, 10).any()
    assert not mouth_track(spans(("_", 1000)), 0, 25).any()
    assert mouth_track(spans(("'A", 100)), 100, 3).shape == (3, len(CONTROLS))
    assert not mouth_track(spans(("'A", 100)), 100, 3).any()


def test_no_frames_are_an_empty_track() -> None:
    assert mouth_track(spans(("'A", 100)), 0, 0).shape == (0, len(CONTROLS))


def test_a_frame_rate_that_does_not_divide_is_refused() -> None:
    with pytest.raises(UnevenClock):
        mouth_track(spans(("'A", 100)), 0, 1, fps=23)


_SYMBOLS = st.sampled_from(["_", "'A", "a", "'u", "i", "p", "b", "m", "f", "v", "s", "S", "t", "l", "w", "R"])
_SPEECH = st.lists(st.tuples(_SYMBOLS, st.integers(5, 260)), min_size=1, max_size=25).map(
    lambda sounds: spans(*sounds)
)


@given(_SPEECH, st.integers(1, 9))
@settings(max_examples=60)
def test_a_track_made_piece_by_piece_is_the_same_track(phonemes: list[PhonemeSpan], step: int) -> None:
    track = whole(phonemes)
    pieces = []
    for first in range(0, len(track), step):
        count = min(step, len(track) - first)
        known = [p for p in phonemes if p.start_samples < (first + count) * FRAME + REACH_SAMPLES]
        pieces.append(mouth_track(known, first, count))
    assert np.array_equal(np.concatenate(pieces), track)


@given(_SPEECH)
@settings(max_examples=60)
def test_controls_stay_in_range_and_jaw_and_lips_do_not_jump(phonemes: list[PhonemeSpan]) -> None:
    track = whole(phonemes)
    assert track.dtype == np.float32
    assert track.min() >= 0.0
    assert track.max() <= 1.0
    if len(track) > 1:
        assert np.abs(np.diff(track[:, (JAW, ROUND, SPREAD)], axis=0)).max() < 0.6


@given(_SPEECH)
@settings(max_examples=60)
def test_every_bilabial_closes_whatever_its_neighbours_want(phonemes: list[PhonemeSpan]) -> None:
    track = whole(phonemes)
    for phoneme in phonemes:
        if phoneme.symbol in {"p", "b", "m"}:
            low = max(phoneme.start_samples - ms_to_samples(10), 0) // FRAME
            assert track[low : phoneme.end_samples // FRAME + 1, PRESS].max() == 1.0
