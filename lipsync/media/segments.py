"""Init and media segments: what Media Source Extensions append.

An init segment (`ftyp`, `moov`) says what the tracks are; a media segment (`moof`, `mdat`)
carries a few frames and exactly the sound under them. Written for lipsync.media.encoder, read
back for lipsync.media.mp4. Layout after ISO/IEC 14496-12, 8.8, and the ISO BMFF byte stream
format of MSE: movie fragments, `default-base-is-moof`, one `tfdt` (version 1) per track.

Both tracks of a segment start at the same instant: frame n at n * 1000 / (fps * 1000) and its
first packet at n * samples per frame. Opus puts the source out late by the pre-skip (120
samples, 2.5 ms, in `dOps`), and a player drops that much where it starts. No edit list says it
a second time here, since some players would then drop it twice. So a viewer who joins anywhere
hears the sound at most 2.5 ms late, and the last 2.5 ms of a stream are not heard. A file
(lipsync.media.mp4), which has one start, says it in an edit list and is exact.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lipsync import clock
from lipsync.media.boxes import (
    FRAME_TICKS,
    PACKET_SAMPLES,
    SOUND_TRACK,
    VIDEO_TRACK,
    BadBoxes,
    Box,
    SoundTrack,
    VideoTrack,
    box,
    find_box,
    full_box,
    movie_header,
    read_avc_configuration,
    read_boxes,
    track,
)

_KEY = 0x02000000
_NOT_KEY = 0x01010000
"""Sample flags: depends on no other sample; depends on others and is no sync sample."""

_NO_TABLES = b"".join(
    (
        full_box(b"stts", 0, 0, bytes(4)),
        full_box(b"stsc", 0, 0, bytes(4)),
        full_box(b"stsz", 0, 0, bytes(8)),
        full_box(b"stco", 0, 0, bytes(4)),
    )
)
"""The sample tables of an init segment: the samples come in fragments."""


@dataclass(frozen=True, slots=True)
class StreamTracks:
    """The two tracks of a stream, as its init segment says."""

    video: VideoTrack
    sound: SoundTrack

    @property
    def mime(self) -> str:
        """What `MediaSource.addSourceBuffer` is asked for."""
        return f'video/mp4; codecs="{self.video.codec}, opus"'


@dataclass(frozen=True, slots=True)
class SegmentIndex:
    """What lies where in one media segment."""

    first_frame: int
    frame_bytes: tuple[int, ...]
    """Sizes of the coded frames, in order."""
    packet_bytes: tuple[int, ...]
    """Sizes of the Opus packets, in order."""
    key: bool
    """Whether the first frame can be decoded by itself."""
    payload_start: int
    """Where the frames begin in the segment; the packets follow them without a gap."""
    payload_end: int


@dataclass(frozen=True, slots=True)
class _Run:
    """One track's part of a fragment: `tfhd`, `tfdt` and `trun`."""

    track: int
    start: int
    """Time of the first sample, in the track's timescale."""
    duration: int
    """Of every sample, in the same."""
    flags: int
    """Of every sample but, where `first_flags` is given, the first."""
    sizes: tuple[int, ...]
    data_offset: int
    """Where the samples begin, counted from the start of `moof`."""
    first_flags: int | None = None

    def to_bytes(self) -> bytes:
        """Return the `traf` box."""
        # default-base-is-moof, a default duration and default flags are given.
        header = full_box(b"tfhd", 0, 0x020028, struct.pack(">III", self.track, self.duration, self.flags))
        time = full_box(b"tfdt", 1, 0, struct.pack(">Q", self.start))
        fields = struct.pack(">Ii", len(self.sizes), self.data_offset)
        given = 0x201
        if self.first_flags is not None:
            fields += struct.pack(">I", self.first_flags)
            given |= 0x004
        run = full_box(b"trun", 0, given, fields, struct.pack(f">{len(self.sizes)}I", *self.sizes))
        return box(b"traf", header, time, run)

    @classmethod
    def read(cls, data: bytes, traf: Box) -> "_Run":
        """Read a `traf` box."""
        try:
            number, duration, flags = struct.unpack_from(">III", data, find_box(data, "tfhd", traf).body + 4)
            (start,) = struct.unpack_from(">Q", data, find_box(data, "tfdt", traf).body + 4)
            run = find_box(data, "trun", traf).body
            given, count, offset = struct.unpack_from(">IIi", data, run)
            at, first_flags = run + 12, None
            if given & 0x004:
                (first_flags,) = struct.unpack_from(">I", data, at)
                at += 4
            sizes = struct.unpack_from(f">{count}I", data, at)
        except struct.error as error:
            raise BadBoxes("a track fragment is cut short") from error
        return cls(number, start, duration, flags, sizes, offset, first_flags)


def init_segment(tracks: StreamTracks) -> bytes:
    """Return the init segment of a stream."""
    extends = (full_box(b"trex", 0, 0, struct.pack(">5I", n, 1, 0, 0, 0)) for n in (VIDEO_TRACK, SOUND_TRACK))
    movie = box(
        b"moov",
        movie_header(clock.SAMPLE_RATE, 0),
        track(tracks.video, _NO_TABLES),
        track(tracks.sound, _NO_TABLES),
        box(b"mvex", *extends),
    )
    return box(b"ftyp", b"iso5", struct.pack(">I", 512), b"iso5iso6mp41") + movie


def media_segment(
    first_frame: int, fps: int, frames: Sequence[bytes], packets: Sequence[bytes], *, key: bool
) -> bytes:
    """Return one media segment.

    Args:
        first_frame: number of the first frame since the stream began; times follow from it.
        fps: frames per second of the stream.
        frames: coded frames, NAL units with 4-byte lengths.
        packets: Opus packets of 20 ms, exactly as long as the frames together.
        key: whether the first frame is an IDR picture; the others never are.
    """
    # The number of a fragment must grow. Taken from the frame, it does so across a takeover too.
    number = full_box(b"mfhd", 0, 0, struct.pack(">I", first_frame + 1))
    video = _Run(
        VIDEO_TRACK, first_frame * FRAME_TICKS, FRAME_TICKS, _NOT_KEY,
        tuple(map(len, frames)), 0, _KEY if key else _NOT_KEY,
    )  # fmt: skip
    sound = _Run(
        SOUND_TRACK, clock.frames_to_samples(first_frame, fps), PACKET_SAMPLES, _KEY,
        tuple(map(len, packets)), 0,
    )  # fmt: skip
    # Offsets count from the start of moof, and its length does not depend on them.
    video_at = len(box(b"moof", number, video.to_bytes(), sound.to_bytes())) + 8
    video = replace(video, data_offset=video_at)
    sound = replace(sound, data_offset=video_at + sum(video.sizes))
    return box(b"moof", number, video.to_bytes(), sound.to_bytes()) + box(b"mdat", *frames, *packets)


def read_init(data: bytes) -> StreamTracks:
    """Return what an init segment says of its tracks.

    Raises:
        BadBoxes: it is cut short, or its tracks are not H.264 and mono Opus as written here.
    """
    movie = find_box(data, "moov")
    video, sound = None, None
    for trak in (b for b in read_boxes(data, movie.body, movie.end) if b.kind == b"trak"):
        stsd = find_box(data, "mdia/minf/stbl/stsd", trak)
        entry = next(read_boxes(data, stsd.body + 8, stsd.end))
        if entry.kind == b"avc1":
            video = _read_video(data, trak, entry)
        elif entry.kind == b"Opus":
            dops = next(b for b in read_boxes(data, entry.body + 28, entry.end) if b.kind == b"dOps")
            sound = SoundTrack(*struct.unpack_from(">H", data, dops.body + 2))
    if video is None or sound is None:
        raise BadBoxes("an init segment needs one avc1 and one Opus track")
    return StreamTracks(video, sound)


def _read_video(data: bytes, trak: Box, entry: Box) -> VideoTrack:
    width, height = struct.unpack_from(">HH", data, entry.body + 24)
    avcc = next((b for b in read_boxes(data, entry.body + 78, entry.end) if b.kind == b"avcC"), None)
    if avcc is None:
        raise BadBoxes("avc1 without avcC")
    sps, pps = read_avc_configuration(data[avcc.body : avcc.end])
    (timescale,) = struct.unpack_from(">I", data, find_box(data, "mdia/mdhd", trak).body + 20)
    return VideoTrack(width, height, timescale // FRAME_TICKS, sps, pps)


def read_segment(data: bytes) -> SegmentIndex:
    """Return what lies where in a media segment written by `media_segment`.

    Raises:
        BadBoxes: it is cut short, or laid out in another way.
    """
    boxes = list(read_boxes(data))
    if [b.kind for b in boxes] != [b"moof", b"mdat"]:
        raise BadBoxes(f"a media segment is moof and mdat, not {[b.kind for b in boxes]}")
    moof, mdat = boxes
    runs = [_Run.read(data, b) for b in read_boxes(data, moof.body, moof.end) if b.kind == b"traf"]
    if [run.track for run in runs] != [VIDEO_TRACK, SOUND_TRACK]:
        raise BadBoxes(f"a media segment has tracks 1 and 2, not {[run.track for run in runs]}")
    video, sound = runs
    filled = sum(video.sizes) + sum(sound.sizes)
    if video.start % FRAME_TICKS or video.data_offset != mdat.body or filled != mdat.end - mdat.body:
        raise BadBoxes("frames and packets do not fill mdat, or a frame is not on the grid")
    key = video.first_flags == _KEY
    return SegmentIndex(video.start // FRAME_TICKS, video.sizes, sound.sizes, key, mdat.body, mdat.end)
