"""A viewing is worked out from arrivals alone."""

import pytest

from cli.bench.playback import Arrival, play


def _steady(count: int, *, every_s: float, from_s: float = 10.0) -> list[Arrival]:
    return [Arrival(n * 320, 320, from_s + n * every_s) for n in range(count)]


def test_chunks_that_keep_ahead_of_the_player_never_underrun() -> None:
    playback = play(_steady(20, every_s=0.3), cushion_ms=320)
    assert playback.underruns == 0
    assert playback.stalled_ms == 0
    assert playback.worst_late_ms == 0.0  # the first is shown as it arrives


def test_one_late_chunk_stands_the_picture_still_once_and_moves_the_rest() -> None:
    arrivals = _steady(10, every_s=0.32)
    arrivals[5] = Arrival(5 * 320, 320, arrivals[5].at_s + 0.2)
    playback = play(arrivals, cushion_ms=320)
    assert playback.underruns == 1
    assert playback.stalled_ms == pytest.approx(200)
    assert playback.worst_late_ms == pytest.approx(200)


def test_a_larger_cushion_takes_the_same_lateness_without_a_stall() -> None:
    arrivals = _steady(10, every_s=0.32)
    arrivals[5] = Arrival(5 * 320, 320, arrivals[5].at_s + 0.2)
    assert play(arrivals, cushion_ms=640).underruns == 0


def test_a_stream_shorter_than_the_cushion_starts_when_it_is_all_there() -> None:
    playback = play([Arrival(0, 200, 1.0), Arrival(200, 40, 1.5)], cushion_ms=320)
    assert playback.underruns == 0


def test_nothing_to_play_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing can be played"):
        play([], cushion_ms=320)
