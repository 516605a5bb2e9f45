import pytest
from media_streams import encoded, voice

from lipsync.media.boxes import (
    BadBoxes,
    SoundTrack,
    VideoTrack,
    box,
    find_box,
    read_avc_configuration,
    read_boxes,
)
from lipsync.media.segments import StreamTracks, init_segment, media_segment, read_init, read_segment

TRACKS = StreamTracks(VideoTrack(640, 360, 25, b"\x67\x42\xc0\x1e\x01", b"\x68\xce"), SoundTrack(120))
FRAMES, PACKETS = [b"key frame", b"next", b"x"], [b"a", b"bb", b"ccc", b"d", b"e", b"f"]


def kinds(data: bytes, path: str) -> list[bytes]:
    inside = find_box(data, path)
    return [b.kind for b in read_boxes(data, inside.body, inside.end)]


def test_an_init_segment_says_what_it_was_told():
    assert read_init(init_segment(TRACKS)) == TRACKS


def test_an_init_segment_is_one_ftyp_and_one_moov_with_room_for_fragments():
    data = init_segment(TRACKS)
    assert [b.kind for b in read_boxes(data)] == [b"ftyp", b"moov"]
    assert kinds(data, "moov") == [b"mvhd", b"trak", b"trak", b"mvex"]
    assert kinds(data, "moov/mvex") == [b"trex", b"trex"]


def test_the_mime_string_comes_from_the_parameter_set():
    assert TRACKS.mime == 'video/mp4; codecs="avc1.42c01e, opus"'


def test_a_media_segment_gives_back_its_frames_and_packets():
    data = media_segment(16, 25, FRAMES, PACKETS, key=True)
    index = read_segment(data)
    assert (index.first_frame, index.key) == (16, True)
    assert index.frame_bytes == (9, 4, 1)
    assert index.packet_bytes == (1, 2, 3, 1, 1, 1)
    assert data[index.payload_start : index.payload_end] == b"".join(FRAMES + PACKETS)


def test_a_segment_that_needs_the_one_before_says_so():
    assert not read_segment(media_segment(0, 25, FRAMES, PACKETS, key=False)).key


def test_times_of_a_day_fit_in_a_segment():
    frame = 25 * 86_400
    data = media_segment(frame, 25, FRAMES, PACKETS, key=True)
    assert read_segment(data).first_frame == frame
    tfdt = find_box(data, "moof/traf/tfdt")
    assert int.from_bytes(data[tfdt.body + 4 : tfdt.end]) == frame * 1000


def test_fragments_lay_their_offsets_from_their_own_moof():
    data = media_segment(0, 25, FRAMES, PACKETS, key=True)
    tfhd, trun = find_box(data, "moof/traf/tfhd"), find_box(data, "moof/traf/trun")
    assert int.from_bytes(data[tfhd.body : tfhd.body + 4]) & 0x020000
    offset = int.from_bytes(data[trun.body + 8 : trun.body + 12])
    assert data[offset : offset + 9] == FRAMES[0]


def test_every_cut_of_a_segment_is_refused():
    init, segments = encoded(voice(5))
    for cut in range(1, len(segments[0]), 97):
        with pytest.raises(BadBoxes):
            read_segment(segments[0][:cut])
    for cut in range(1, len(init), 41):
        with pytest.raises(BadBoxes):
            read_init(init[:cut])


def test_boxes_longer_than_their_bytes_are_refused():
    with pytest.raises(BadBoxes, match="100 bytes long"):
        list(read_boxes(b"\0\0\0\x64free"))


def test_a_box_shorter_than_its_header_is_refused():
    with pytest.raises(BadBoxes):
        list(read_boxes(b"\0\0\0\x04free"))


def test_a_segment_with_other_boxes_is_refused():
    with pytest.raises(BadBoxes, match="moof and mdat"):
        read_segment(box(b"styp", b"msdh") + media_segment(0, 25, FRAMES, PACKETS, key=True))


def test_a_missing_box_is_named():
    with pytest.raises(BadBoxes, match="tfxd"):
        find_box(media_segment(0, 25, FRAMES, PACKETS, key=True), "moof/tfxd")


@pytest.mark.parametrize("record", [b"", b"\1BAC\xff\xe1\0\xff", b"\0\0\0\1\x67\x42\xc0\x1e\xaa\xbb\xcc\xdd"])
def test_extradata_that_is_no_avc_record_is_refused(record):
    with pytest.raises(BadBoxes):
        read_avc_configuration(record)
