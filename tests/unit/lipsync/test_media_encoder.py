import io
from fractions import Fraction

import av
import numpy as np
import pytest
from media_streams import (
    FRAME_SAMPLES,
    SIZE,
    chunk_lengths,
    decoded_pictures,
    decoded_sound,
    encoded,
    psnr,
    scene,
    voice,
)

from lipsync.clock import UnevenClock
from lipsync.engines.contract import Size
from lipsync.media.encoder import (
    EncoderClosed,
    SegmentEncoder,
    UnevenPackets,
    WarmUpLate,
    WrongFrame,
    WrongSound,
)
from lipsync.media.segments import read_init, read_segment

FRAMES = 61
PRE_SKIP = 120


@pytest.fixture(scope="module")
def stream() -> tuple[bytes, list[bytes]]:
    return encoded(voice(FRAMES))


def test_every_frame_comes_back_on_the_grid(stream):
    pictures = decoded_pictures(stream[0] + b"".join(stream[1]))
    assert [p.pts * p.time_base for p in pictures] == [Fraction(n, 25) for n in range(FRAMES)]


def test_pictures_keep_their_sharpness_and_their_place(stream):
    pictures = decoded_pictures(stream[0] + b"".join(stream[1]))
    for painted, shown in zip(scene(0, FRAMES), pictures, strict=True):
        assert psnr(painted, shown.to_ndarray()) >= 40


@pytest.mark.parametrize("size", [Size(270, 270), Size(258, 486), Size(720, 1280)], ids=str)
def test_sizes_that_blocks_do_not_divide_come_back_whole_with_their_colours(size):
    encoder = SegmentEncoder(size)
    frame = np.empty((size.height_px * 3 // 2, size.width_px), np.uint8)
    flat, pixels = frame.reshape(-1), size.width_px * size.height_px
    flat[:pixels], flat[pixels : pixels * 5 // 4], flat[pixels * 5 // 4 :] = 90, 170, 60
    segment = encoder.encode([frame, frame], np.zeros(2 * FRAME_SAMPLES, np.int16))
    first, second = decoded_pictures(encoder.init_segment + segment.data)
    assert (first.width, first.height) == (size.width_px, size.height_px)
    assert np.abs(second.to_ndarray().astype(int) - frame).max() <= 2


def test_sound_is_continuous_and_the_same_after_decoding(stream):
    source = voice(FRAMES).astype(np.float64) / 32768
    _, heard = decoded_sound(stream[0] + b"".join(stream[1]))
    assert len(heard) == FRAMES * FRAME_SAMPLES - PRE_SKIP
    source = source[: len(heard)]
    assert np.corrcoef(source, heard)[0, 1] > 0.999
    largest_step = np.abs(np.diff(source)).max()
    borders = np.cumsum(chunk_lengths(FRAMES))[:-1] * FRAME_SAMPLES - PRE_SKIP
    for border in borders:
        assert np.abs(np.diff(heard[border - 480 : border + 1440])).max() < 1.5 * largest_step


def test_a_click_is_heard_within_three_milliseconds_of_its_frame():
    sound = np.zeros(40 * FRAME_SAMPLES, np.int16)
    click = 25 * FRAME_SAMPLES
    sound[click : click + 480] = 20_000
    init, segments = encoded(sound)
    start, heard = decoded_sound(init + b"".join(segments))
    found = start + np.flatnonzero(np.abs(heard) > 0.1)[0] / 48_000
    assert 1.0 - 0.001 <= found <= 1.003


def test_sound_and_picture_of_every_segment_end_together(stream):
    indexes = [read_segment(data) for data in stream[1]]
    assert [len(i.frame_bytes) for i in indexes] == chunk_lengths(FRAMES)
    assert all(len(i.packet_bytes) == 2 * len(i.frame_bytes) for i in indexes)


def test_a_viewer_can_start_at_every_key_segment(stream):
    init, segments = stream
    pictures = decoded_pictures(init + b"".join(segments[3:]))
    assert pictures[0].time == pytest.approx((5 + 8 + 8) / 25)
    assert len(pictures) == FRAMES - 21
    assert pictures[0].key_frame


def test_only_the_first_frame_of_a_segment_is_a_key_and_only_where_asked():
    encoder = SegmentEncoder(SIZE)
    silence = np.zeros(8 * FRAME_SAMPLES, np.int16)
    segments = [encoder.encode(scene(8 * n, 8), silence, key=n != 1) for n in range(3)]
    assert [s.key for s in segments] == [True, False, True]
    assert [read_segment(s.data).key for s in segments] == [True, False, True]
    pictures = decoded_pictures(encoder.init_segment + b"".join(s.data for s in segments))
    assert [n for n, p in enumerate(pictures) if p.key_frame] == [0, 16]


def test_the_same_frames_and_sound_give_the_same_bytes(stream):
    assert encoded(voice(FRAMES)) == stream


def seam_error(*, warm_up_frames: int) -> float:
    """Return how far a taken-over stream strays from the whole one around the seam, full scale 1."""
    sound = voice(FRAMES)
    _, whole = decoded_sound(b"".join([(s := encoded(sound))[0], *s[1]]))
    init, segments = encoded(sound, takeover=37, warm_up_frames=warm_up_frames)
    _, joined = decoded_sound(init + b"".join(segments))
    seam = 37 * FRAME_SAMPLES - PRE_SKIP
    return float(np.abs(whole - joined)[seam - 960 : seam + 2 * FRAME_SAMPLES].max())


def test_a_successor_that_heard_80_ms_joins_without_a_jump_and_a_cold_one_does_not():
    assert seam_error(warm_up_frames=2) < 0.02
    assert seam_error(warm_up_frames=0) > 0.1


def test_a_successor_writes_the_same_init_segment_and_goes_on_in_time():
    init, segments = encoded(voice(FRAMES), takeover=37)
    assert SegmentEncoder(SIZE, first_frame=37).init_segment == init
    pictures = decoded_pictures(init + b"".join(segments))
    assert [p.pts * p.time_base for p in pictures] == [Fraction(n, 25) for n in range(FRAMES)]


def test_the_mime_string_names_the_profile_of_the_stream():
    encoder = SegmentEncoder(Size(512, 512))
    sps = read_init(encoder.init_segment).video.sps
    assert encoder.mime == f'video/mp4; codecs="avc1.{sps[1:4].hex()}, opus"'
    assert encoder.mime.startswith('video/mp4; codecs="avc1.42c0')


def test_the_decoder_is_told_the_colours_are_bt709_and_limited(stream):
    with av.open(io.BytesIO(stream[0] + stream[1][0])) as container:
        context = container.streams.video[0].codec_context
        colours = (context.color_primaries, context.color_trc, context.colorspace, context.color_range)
    assert colours == (1, 1, 1, 1)


def test_sound_of_another_length_than_the_frames_is_refused():
    for samples in (0, 2 * FRAME_SAMPLES - 1, 2 * FRAME_SAMPLES + 960):
        with pytest.raises(WrongSound):
            SegmentEncoder(SIZE).encode(scene(0, 2), np.zeros(samples, np.int16))
    with pytest.raises(WrongSound):
        SegmentEncoder(SIZE).encode(scene(0, 2), np.zeros(2 * FRAME_SAMPLES, np.float32))


def test_a_segment_without_frames_is_refused():
    with pytest.raises(WrongSound):
        SegmentEncoder(SIZE).encode([], np.zeros(0, np.int16))


def test_a_frame_of_another_size_or_type_is_refused():
    for frame in (np.zeros((256, 256), np.uint8), np.zeros((384, 256), np.float32)):
        with pytest.raises(WrongFrame):
            SegmentEncoder(SIZE).encode([frame], np.zeros(FRAME_SAMPLES, np.int16))


def test_rates_that_packets_do_not_fill_are_refused():
    with pytest.raises(UnevenPackets):
        SegmentEncoder(SIZE, fps=30)
    with pytest.raises(UnevenClock):
        SegmentEncoder(SIZE, fps=29)


def test_warming_up_after_the_first_frame_is_refused():
    encoder = SegmentEncoder(SIZE)
    encoder.encode(scene(0, 1), np.zeros(FRAME_SAMPLES, np.int16))
    with pytest.raises(WarmUpLate):
        encoder.warm_up(np.zeros(FRAME_SAMPLES, np.int16))


def test_a_closed_encoder_refuses_frames_and_may_be_closed_again():
    encoder = SegmentEncoder(SIZE)
    encoder.close()
    encoder.close()
    with pytest.raises(EncoderClosed):
        encoder.encode(scene(0, 1), np.zeros(FRAME_SAMPLES, np.int16))
