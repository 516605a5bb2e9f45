"""The boxes of an MP4 file: bytes out of fields, and fields out of bytes.

Between lipsync.media.segments and lipsync.media.mp4, which put the boxes together, and the
bytes of ISO/IEC 14496-12 (the file format), ISO/IEC 14496-15 (`avc1`, `avcC`) and
"Encapsulation of Opus in ISO Base Media File Format" (`Opus`, `dOps`). It knows two kinds of
track, H.264 pictures and mono Opus sound, and nothing about encoders or time on the wire.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from lipsync import clock

VIDEO_TRACK = 1
SOUND_TRACK = 2
"""Track ids, the same in every file and segment of the service."""

FRAME_TICKS = 1000
"""Length of one frame in the video track's time: its timescale is fps * 1000."""

PACKET_SAMPLES = 960
"""Samples in one Opus packet: 20 ms at 48 kHz."""

MATRIX = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
"""The unity matrix of `mvhd` and `tkhd`: nothing is turned or scaled."""


class BadBoxes(ValueError):
    """These bytes are not boxes this build reads; the message says where they break."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where one box lies in its bytes."""

    kind: bytes
    start: int
    """Position of the box's own header."""
    body: int
    """Position of the first byte after the header."""
    end: int


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """What a player must know of the pictures before the first of them."""

    width_px: int
    height_px: int
    fps: int
    sps: bytes
    """The sequence parameter set, one NAL unit without start code or length."""
    pps: bytes
    """The picture parameter set, likewise."""

    @property
    def timescale(self) -> int:
        """Ticks per second of the track's times."""
        return self.fps * FRAME_TICKS

    @property
    def codec(self) -> str:
        """The codec string of RFC 6381: profile, constraints and level in hexadecimal."""
        return f"avc1.{self.sps[1:4].hex()}"


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """What a player must know of the sound before the first packet."""

    pre_skip_samples: int
    """Samples a decoder puts out before those of the source: the encoder's look-ahead."""


def box(kind: bytes, *parts: bytes) -> bytes:
    """Return one box: its length, its kind and its body."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """Return a box whose body begins with a version and 24 flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def read_boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """Yield the boxes that lie side by side between two positions.

    Raises:
        BadBoxes: a box is cut short or says it is longer than the bytes around it.
    """
    end = len(data) if end is None else end
    while start < end:
        if end - start < 8:
            raise BadBoxes(f"{end - start} stray bytes at {start}")
        length, kind = struct.unpack_from(">I4s", data, start)
        header = 8
        if length == 1 and end - start >= 16:
            (length,) = struct.unpack_from(">Q", data, start + 8)
            header = 16
        if length < header or start + length > end:
            raise BadBoxes(f"box {kind!r} at {start} is {length} bytes long; there are {end - start}")
        yield Box(kind, start, start + header, start + length)
        start += length


def find_box(data: bytes, path: str, inside: Box | None = None) -> Box:
    """Return the first box at a path such as "moov/mvex/trex".

    Raises:
        BadBoxes: there is none, or the boxes on the way are broken.
    """
    at = Box(b"file", 0, 0, len(data)) if inside is None else inside
    for kind in path.split("/"):
        found = next((b for b in read_boxes(data, at.body, at.end) if b.kind == kind.encode()), None)
        if found is None:
            raise BadBoxes(f"no box {kind!r} of {path!r}")
        at = found
    return at


def movie_header(timescale: int, duration: int) -> bytes:
    """Return `mvhd`, version 1, so that a long film's duration fits.

    Args:
        timescale: ticks per second of the film's times.
        duration: length in those ticks; 0 where it is not known yet.
    """
    times = struct.pack(">QQIQ", 0, 0, timescale, duration)
    return full_box(
        b"mvhd", 1, 0, times, struct.pack(">IHH8x", 0x10000, 0x0100, 0), MATRIX, bytes(24),
        struct.pack(">I", SOUND_TRACK + 1),
    )  # fmt: skip


def track(
    settings: VideoTrack | SoundTrack,
    tables: bytes,
    *,
    movie_ticks: int = 0,
    ticks: int = 0,
    edit: bytes = b"",
) -> bytes:
    """Return `trak` with everything a player needs besides the samples.

    Args:
        settings: what kind of track it is.
        tables: the boxes of `stbl` that follow `stsd`.
        movie_ticks: shown length in the film's timescale; 0 in an init segment.
        ticks: length of the samples in the track's own timescale; 0 in an init segment.
        edit: an `edts` box, or nothing.
    """
    video = isinstance(settings, VideoTrack)
    number = VIDEO_TRACK if video else SOUND_TRACK
    width, height = (settings.width_px, settings.height_px) if isinstance(settings, VideoTrack) else (0, 0)
    volume = 0 if video else 0x100
    header = full_box(
        b"tkhd", 1, 3, struct.pack(">QQIIQ8xHHHH", 0, 0, number, 0, movie_ticks, 0, 0, volume, 0), MATRIX,
        struct.pack(">II", width << 16, height << 16),
    )  # fmt: skip
    timescale = settings.timescale if isinstance(settings, VideoTrack) else clock.SAMPLE_RATE
    # 0x55c4 is "und" in the three packed letters of ISO 639-2: the text may be in any language.
    media = full_box(b"mdhd", 1, 0, struct.pack(">QQIQHH", 0, 0, timescale, ticks, 0x55C4, 0))
    name = (b"vide", b"Pictures\0") if video else (b"soun", b"Speech\0")
    handler = full_box(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, name[0]), name[1])
    kind = full_box(b"vmhd", 0, 1, bytes(8)) if video else full_box(b"smhd", 0, 0, bytes(4))
    here = box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1)))
    samples = box(b"stbl", sample_description(settings), tables)
    return box(b"trak", header, edit, box(b"mdia", media, handler, box(b"minf", kind, here, samples)))


def sample_description(settings: VideoTrack | SoundTrack) -> bytes:
    """Return `stsd` with the one sample entry of a track."""
    entry = _picture_entry(settings) if isinstance(settings, VideoTrack) else _sound_entry(settings)
    return full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry)


def _picture_entry(settings: VideoTrack) -> bytes:
    sizes = struct.pack(">HHIIIH", settings.width_px, settings.height_px, 0x480000, 0x480000, 0, 1)
    fields = struct.pack(">6xH16x", 1) + sizes + bytes(32) + struct.pack(">Hh", 24, -1)
    # nclx 1/1/1 and no full range: BT.709, limited, as the frames are.
    colour = box(b"colr", b"nclx", struct.pack(">HHHB", 1, 1, 1, 0))
    return box(b"avc1", fields, avc_configuration(settings.sps, settings.pps), colour)


def _sound_entry(settings: SoundTrack) -> bytes:
    fields = struct.pack(">6xH8xHHHHI", 1, 1, 16, 0, 0, clock.SAMPLE_RATE << 16)
    opus = struct.pack(">BBHIhB", 0, 1, settings.pre_skip_samples, clock.SAMPLE_RATE, 0, 0)
    return box(b"Opus", fields, box(b"dOps", opus))


def avc_configuration(sps: bytes, pps: bytes) -> bytes:
    """Return `avcC` (ISO/IEC 14496-15, 5.3.3.1) for one set of each kind and 4-byte lengths."""
    head = bytes([1]) + sps[1:4] + bytes([0xFF, 0xE1])
    return box(
        b"avcC", head, struct.pack(">H", len(sps)), sps, bytes([1]), struct.pack(">H", len(pps)), pps
    )  # fmt: skip


def read_avc_configuration(record: bytes) -> tuple[bytes, bytes]:
    """Return the first SPS and the first PPS of an `avcC` body or an encoder's extradata.

    Raises:
        BadBoxes: it is not such a record, its lengths are not 4 bytes, or a set is missing.
    """
    try:
        version, sizes, sets = record[0], record[4] & 3, record[5] & 31
        (sps_bytes,) = struct.unpack_from(">H", record, 6)
        at = 8 + sps_bytes
        pps_sets = record[at]
        (pps_bytes,) = struct.unpack_from(">H", record, at + 1)
    except (IndexError, struct.error) as error:
        raise BadBoxes("avcC is cut short") from error
    sps, pps = record[8:at], record[at + 3 : at + 3 + pps_bytes]
    if version != 1 or sizes != 3 or sets != 1 or pps_sets != 1 or len(sps) < 4 or len(pps) < pps_bytes:
        raise BadBoxes("avcC must hold one SPS and one PPS, with 4-byte lengths")
    return sps, pps
