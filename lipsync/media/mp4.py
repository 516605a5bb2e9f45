"""Segments in, one progressive MP4 out: the file that is kept and downloaded.

Between the stored segments of a stream and whatever `out` writes to. `moov` stands in front,
so that a browser plays while it loads. Coded frames are copied, never encoded again, and only
their sizes are held: about 8 bytes a frame and packet, a megabyte for an hour.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate, chain, groupby
from typing import BinaryIO

from lipsync import clock
from lipsync.media.boxes import (
    FRAME_TICKS,
    PACKET_SAMPLES,
    BadBoxes,
    box,
    full_box,
    movie_header,
    track,
)
from lipsync.media.segments import StreamTracks, read_init, read_segment

_LARGEST_32_BIT = 0xFFFFFFFF


class FileError(ValueError):
    """The segments do not make one file."""


class TracksDiffer(FileError):
    """Two init segments of one stream disagree; the segments cannot share one file."""


class ForeignSegment(FileError):
    """A segment is not one of this service's media segments."""


class SegmentGap(FileError):
    """A segment is missing, comes twice, or is out of order; give them all, in order."""

    def __init__(self, wanted: int, found: int) -> None:
        super().__init__(f"frame {wanted} should be next, the segment starts at frame {found}")
        self.wanted = wanted
        self.found = found


class SegmentsChanged(FileError):
    """The second reading gave other segments than the first; give the same ones every time."""


class NoSegments(FileError):
    """There is not one segment to make a file from."""


@dataclass(frozen=True, slots=True)
class Movie:
    """What was written."""

    frames: int
    duration_ms: int
    size_bytes: int


@dataclass(slots=True)
class _Index:
    """Sizes of everything, gathered in the first reading."""

    frame_bytes: array[int] = field(default_factory=lambda: array("I"))
    packet_bytes: array[int] = field(default_factory=lambda: array("I"))
    key_frames: array[int] = field(default_factory=lambda: array("I"))
    """Numbers of the IDR pictures, from 1, as `stss` counts."""
    frames_of: array[int] = field(default_factory=lambda: array("I"))
    packets_of: array[int] = field(default_factory=lambda: array("I"))
    picture_bytes_of: array[int] = field(default_factory=lambda: array("I"))
    sound_bytes_of: array[int] = field(default_factory=lambda: array("I"))
    """The last four: one number a segment."""

    def offsets(self, start: int) -> tuple[list[int], list[int]]:
        """Return where each segment's frames, and its packets, lie in the file."""
        pairs = zip(self.picture_bytes_of, self.sound_bytes_of, strict=True)
        at = list(accumulate(chain.from_iterable(pairs), initial=start))
        return at[:-1:2], at[1::2]

    @property
    def payload_bytes(self) -> int:
        return sum(self.picture_bytes_of) + sum(self.sound_bytes_of)


def write_mp4(
    init: bytes,
    segments: Callable[[], Iterable[bytes]],
    out: BinaryIO,
    *,
    later_inits: Iterable[bytes] = (),
) -> Movie:
    """Write the media segments of one stream as a progressive MP4.

    Args:
        init: the stream's init segment.
        segments: gives the media segments in order, the same ones each time it is called; it
            is called twice, first for the index and then for the copy.
        out: where the file goes; written from front to back.
        later_inits: init segments of later generations; they must agree with `init`.

    Returns:
        Frames, length and size of what was written.

    Raises:
        TracksDiffer: a later generation encoded with other settings.
        ForeignSegment: bytes that are no media segment of a stream like this.
        SegmentGap: a segment is missing or out of order.
        SegmentsChanged: the second reading differed from the first; `out` holds rubbish.
        NoSegments: there are none.
    """
    tracks = _agreed_tracks(init, later_inits)
    index = _read_index(segments(), tracks)
    if not index.frame_bytes:
        raise NoSegments("a stream without a frame has no file")
    head = _head(tracks, index)
    out.write(head)
    copied = 0
    for payload in _payloads(segments()):
        out.write(payload)
        copied += len(payload)
    if copied != index.payload_bytes:
        raise SegmentsChanged(f"{index.payload_bytes} bytes at first, {copied} now")
    frames = len(index.frame_bytes)
    return Movie(frames, clock.frames_to_ms(frames, tracks.video.fps), len(head) + copied)


def _agreed_tracks(init: bytes, later_inits: Iterable[bytes]) -> StreamTracks:
    try:
        tracks = read_init(init)
        for later in later_inits:
            other = read_init(later)
            if other != tracks:
                raise TracksDiffer(f"{other} after {tracks}")
    except BadBoxes as error:
        raise ForeignSegment(f"init segment: {error}") from error
    return tracks


def _read_index(segments: Iterable[bytes], tracks: StreamTracks) -> _Index:
    index = _Index()
    packets_per_frame = clock.samples_per_frame(tracks.video.fps) // PACKET_SAMPLES
    next_frame: int | None = None
    for data in segments:
        try:
            one = read_segment(data)
        except BadBoxes as error:
            raise ForeignSegment(f"after frame {len(index.frame_bytes)}: {error}") from error
        if len(one.packet_bytes) != packets_per_frame * len(one.frame_bytes):
            raise ForeignSegment(
                f"frame {one.first_frame}: {len(one.packet_bytes)} packets, {len(one.frame_bytes)} frames"
            )
        if next_frame is not None and one.first_frame != next_frame:
            raise SegmentGap(next_frame, one.first_frame)
        next_frame = one.first_frame + len(one.frame_bytes)
        if one.key:
            index.key_frames.append(len(index.frame_bytes) + 1)
        index.frame_bytes.extend(one.frame_bytes)
        index.packet_bytes.extend(one.packet_bytes)
        index.frames_of.append(len(one.frame_bytes))
        index.packets_of.append(len(one.packet_bytes))
        index.picture_bytes_of.append(sum(one.frame_bytes))
        index.sound_bytes_of.append(sum(one.packet_bytes))
    return index


def _payloads(segments: Iterable[bytes]) -> Iterator[memoryview]:
    for data in segments:
        try:
            one = read_segment(data)
        except BadBoxes as error:
            raise SegmentsChanged("a segment could be read the first time only") from error
        yield memoryview(data)[one.payload_start : one.payload_end]


def _head(tracks: StreamTracks, index: _Index) -> bytes:
    """Return everything before the first frame: `ftyp`, `moov` and the header of `mdat`."""
    kind = box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2avc1mp41")
    payload_bytes = index.payload_bytes
    # Sixteen bytes of header serve any length, so the offsets do not depend on it.
    data = struct.pack(">I4sQ", 1, b"mdat", 16 + payload_bytes)
    wide = payload_bytes > _LARGEST_32_BIT - 64 * 1024 * 1024
    start = len(kind) + len(_movie(tracks, index, 0, wide=wide)) + len(data)
    return kind + _movie(tracks, index, start, wide=wide) + data


def _movie(tracks: StreamTracks, index: _Index, start: int, *, wide: bool) -> bytes:
    frames = len(index.frame_bytes)
    samples = clock.frames_to_samples(frames, tracks.video.fps)
    # The first samples a decoder puts out come before the source began. The edit list says so
    # here, where the file has one start, and the sound is on the picture to the sample.
    early = min(tracks.sound.pre_skip_samples, samples - 1)
    picture_at, sound_at = index.offsets(start)
    pictures = track(
        tracks.video,
        _times(frames, FRAME_TICKS)
        + full_box(b"stss", 0, 0, _numbers(index.key_frames))
        + _placement(index.frames_of, index.frame_bytes, picture_at, wide=wide),
        movie_ticks=samples,
        ticks=frames * FRAME_TICKS,
        edit=_edit(samples, 0),
    )
    sound = track(
        tracks.sound,
        _times(len(index.packet_bytes), PACKET_SAMPLES)
        + _placement(index.packets_of, index.packet_bytes, sound_at, wide=wide)
        + _pre_roll(len(index.packet_bytes)),
        movie_ticks=samples - early,
        ticks=samples,
        edit=_edit(samples - early, early),
    )
    return box(b"moov", movie_header(clock.SAMPLE_RATE, samples), pictures, sound)


def _edit(length: int, start: int) -> bytes:
    """Return `edts`: show `length` movie ticks, beginning at a time of the track's own."""
    return box(b"edts", full_box(b"elst", 1, 0, struct.pack(">IQqI", 1, length, start, 0x10000)))


def _times(count: int, duration: int) -> bytes:
    return full_box(b"stts", 0, 0, struct.pack(">III", 1, count, duration))


def _numbers(values: array[int] | list[int], width: str = "I") -> bytes:
    return struct.pack(f">I{len(values)}{width}", len(values), *values)


def _placement(counts: array[int], sizes: array[int], offsets: list[int], *, wide: bool) -> bytes:
    """Return `stsc`, `stsz` and `stco` (or `co64`): samples a segment, their sizes, its places."""
    rows, first = b"", 1
    for count, run in groupby(counts):
        rows += struct.pack(">III", first, count, 1)
        first += sum(1 for _ in run)
    runs = full_box(b"stsc", 0, 0, struct.pack(">I", len(rows) // 12), rows)
    lengths = full_box(b"stsz", 0, 0, bytes(4), _numbers(sizes))
    kind, width = (b"co64", "Q") if wide else (b"stco", "I")
    return runs + lengths + full_box(kind, 0, 0, _numbers(offsets, width))


def _pre_roll(packets: int) -> bytes:
    """Return the groups which say that decoding starts four packets (80 ms) before a seek's target."""
    description = full_box(b"sgpd", 1, 0, b"roll", struct.pack(">IIh", 2, 1, -4))
    return description + full_box(b"sbgp", 0, 0, b"roll", struct.pack(">III", 1, packets, 1))
