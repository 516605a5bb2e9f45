import io
from fractions import Fraction

import av
import numpy as np
import pytest
from media_streams import FRAME_SAMPLES, decoded_pictures, decoded_sound, encoded, voice

from lipsync.engines.contract import Size
from lipsync.media.boxes import find_box, read_boxes
from lipsync.media.mp4 import (
    ForeignSegment,
    NoSegments,
    SegmentGap,
    SegmentsChanged,
    TracksDiffer,
    write_mp4,
)
from lipsync.media.probe import probe

FRAMES = 61


@pytest.fixture(scope="module")
def stream() -> tuple[bytes, list[bytes]]:
    return encoded(voice(FRAMES), takeover=37)


def written(init: bytes, segments: list[bytes], **more) -> bytes:
    out = io.BytesIO()
    write_mp4(init, lambda: segments, out, **more)
    return out.getvalue()


def test_the_film_decodes_without_error_or_gap_and_both_tracks_end_together(stream):
    report = probe(io.BytesIO(written(*stream)))
    assert (report.errors, report.gaps) == ((), ())
    assert (report.frames, report.video_end_ms, report.duration_ms) == (FRAMES, FRAMES * 40, FRAMES * 40)
    assert 0 <= report.video_end_ms - report.audio_ms <= 3


def test_what_was_written_is_reported(stream):
    out = io.BytesIO()
    movie = write_mp4(stream[0], lambda: stream[1], out)
    assert (movie.frames, movie.duration_ms, movie.size_bytes) == (FRAMES, FRAMES * 40, len(out.getvalue()))


def test_moov_stands_in_front_of_the_only_mdat(stream):
    assert [b.kind for b in read_boxes(written(*stream))] == [b"ftyp", b"moov", b"mdat"]


def test_the_film_holds_the_pictures_and_the_sound_of_the_stream(stream):
    film, fragments = written(*stream), stream[0] + b"".join(stream[1])
    for a, b in zip(decoded_pictures(film), decoded_pictures(fragments), strict=True):
        assert a.pts * a.time_base == b.pts * b.time_base
        assert np.array_equal(a.to_ndarray(), b.to_ndarray())
    assert np.array_equal(decoded_sound(film)[1], decoded_sound(fragments)[1])


def test_sound_in_the_film_is_on_the_picture_to_the_sample():
    sound = voice(50)
    start, heard = decoded_sound(written(*encoded(sound)))
    assert start == 0
    source = sound[4800 : 4800 + 24_000].astype(np.float64)
    lags = range(-200, 201)
    likeness = [np.dot(source, heard[4800 + lag : 4800 + lag + 24_000]) for lag in lags]
    assert abs(lags[int(np.argmax(likeness))]) <= 1


def test_a_player_can_seek_to_every_key_frame(stream):
    with av.open(io.BytesIO(written(*stream))) as film:
        track = film.streams.video[0]
        film.seek(round(Fraction(40 * 40, 1000) / track.time_base), stream=track)
        first = next(film.decode(track))
    assert first.key_frame
    assert first.time == pytest.approx(37 / 25)


def test_a_stream_that_begins_later_makes_a_film_that_begins_at_nought(stream):
    report = probe(io.BytesIO(written(stream[0], stream[1][2:])))
    assert (report.errors, report.gaps) == ((), ())
    assert report.video_end_ms == (FRAMES - 13) * 40


def test_segments_are_read_twice_and_never_held(stream):
    alive = 0
    most = 0

    class Held(bytes):
        def __new__(cls, data):
            nonlocal alive, most
            alive += 1
            most = max(most, alive)
            return super().__new__(cls, data)

        def __del__(self):
            nonlocal alive
            alive -= 1

    readings = []

    def segments():
        readings.append(True)
        return (Held(data) for data in stream[1])

    write_mp4(stream[0], segments, io.BytesIO())
    assert len(readings) == 2
    assert most <= 2


def test_films_above_four_gigabytes_use_wide_offsets(stream, monkeypatch):
    monkeypatch.setattr("lipsync.media.mp4._LARGEST_32_BIT", 64 * 1024 * 1024)
    film = written(*stream)
    find_box(film, "moov/trak/mdia/minf/stbl/co64")
    assert probe(io.BytesIO(film)).errors == ()


def test_a_missing_a_repeated_and_a_swapped_segment_are_refused(stream):
    init, segments = stream
    for wrong in ([*segments[:3], *segments[4:]], [*segments[:3], *segments[2:]], segments[::-1]):
        with pytest.raises(SegmentGap):
            written(init, wrong)


def test_a_gap_names_the_frame_that_was_missing(stream):
    with pytest.raises(SegmentGap) as caught:
        written(stream[0], [stream[1][0], stream[1][2]])
    assert (caught.value.wanted, caught.value.found) == (5, 13)


def test_later_generations_with_the_same_settings_are_welcome(stream):
    assert written(*stream, later_inits=[stream[0]]) == written(*stream)


def test_a_generation_with_other_settings_is_refused(stream):
    other, _ = encoded(np.zeros(FRAME_SAMPLES, np.int16), size=Size(256, 272))
    with pytest.raises(TracksDiffer):
        written(*stream, later_inits=[other])


def test_foreign_bytes_are_refused(stream):
    init, segments = stream
    for wrong in (b"\0\0\0\x08free", segments[1][:-1], init, b"not boxes at all"):
        with pytest.raises(ForeignSegment):
            written(init, [segments[0], wrong])
    with pytest.raises(ForeignSegment, match="init"):
        written(segments[0], segments)


def test_a_stream_without_segments_has_no_film(stream):
    with pytest.raises(NoSegments):
        written(stream[0], [])


def test_segments_that_change_between_the_readings_are_noticed(stream):
    readings = iter([stream[1], stream[1][:-1]])
    with pytest.raises(SegmentsChanged):
        write_mp4(stream[0], lambda: next(readings), io.BytesIO())
