"""What kind of sound file some bytes are, by what they hold; the name it came with tells nothing.

An open file in, its kind out; nothing is decoded. Where a container says how long its parts are
they are walked to the last byte, so that a file cut short is known before a decoder sees it.
What else is in the file does no harm: nothing of it is kept but its sound, coded anew.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final
from zlib import crc32

from avatars.intake_boxes import is_picture, walk_ebml, walk_mp4
from avatars.intake_format import foreign
from avatars.intake_refusals import Refusal

_HEAD_BYTES: Final = 4096
_UNKNOWN_LENGTHS: Final = frozenset({0, 0xFFFFFFFF})
"""What a program writes that does not know how long the sound will be."""
_MOST_ELEMENTS: Final = 500_000
"""An hour in blocks of 20 ms is 180,000."""
_REVERSED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
"""Each byte with its bits in the other order."""
_PICTURES: Final = ((b"\xff\xd8\xff", "JPEG"), (b"\x89PNG", "PNG"))


@dataclass(frozen=True, slots=True)
class SoundKind:
    """A kind of file whose sound is read."""

    name: str
    decoder: str
    """Its name in FFmpeg."""


WAV: Final = SoundKind("WAV", "wav")
MP3: Final = SoundKind("MP3", "mp3")
OGG: Final = SoundKind("Ogg", "ogg")
FLAC: Final = SoundKind("FLAC", "flac")
M4A: Final = SoundKind("M4A", "mov")
MP4: Final = SoundKind("MP4", "mov")
MOV: Final = SoundKind("MOV", "mov")
WEBM: Final = SoundKind("WebM", "matroska")
MKV: Final = SoundKind("MKV", "matroska")

SOUND_KINDS: Final = (WAV, MP3, OGG, FLAC, M4A, MP4, MOV, WEBM, MKV)


def recognise_sound(file: BinaryIO) -> SoundKind:
    """Return what kind of file this is.

    Args:
        file: open and seekable; read from its beginning, left anywhere.

    Raises:
        Refusal: it is empty, of a kind that is not accepted, cut short, broken, or names
            other files.
    """
    size = file.seek(0, 2)
    if not size:
        raise Refusal("empty")
    file.seek(0)
    kind = _by_head(file.read(_HEAD_BYTES))
    walk = _WALKS.get(kind.decoder)
    if walk is not None:
        walk(file, size, kind.name)
    return kind


def _by_head(head: bytes) -> SoundKind:
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return WAV
    for beginning, kind in ((b"OggS", OGG), (b"fLaC", FLAC), (b"ID3", MP3)):
        if head.startswith(beginning):
            return kind
    if _is_mp3_frame(head):
        return MP3
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return WEBM if b"webm" in head[:64] else MKV
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip") and not is_picture(head):
        return _by_brand(head)
    raise _foreign(head)


def _foreign(head: bytes) -> Refusal:
    named = [name for beginning, name in _PICTURES if head.startswith(beginning)]
    return Refusal("wrong_kind", kind=named[0]) if named else foreign(head)


def _is_mp3_frame(head: bytes) -> bool:
    """Tell whether a frame of layer III begins here (ISO/IEC 11172-3, 2.4.1.3)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and bitrate not in (0, 15) and rate != 3


def _by_brand(head: bytes) -> SoundKind:
    if head[4:8] != b"ftyp" or head[8:12] == b"qt  ":
        return MOV
    return M4A if head[8:11] in (b"M4A", b"M4B", b"F4A") else MP4


def _walk_wav(file: BinaryIO, size: int, kind: str) -> None:
    """Walk the chunks of a WAV up to its sound, and see that all of it is there."""
    at, is_described = 12, False
    while at + 8 <= size:
        file.seek(at)
        head = file.read(8)
        name, length = head[:4], int.from_bytes(head[4:], "little")
        if name == b"data":
            if not is_described:
                raise Refusal("broken", kind=kind)
            if length not in _UNKNOWN_LENGTHS and at + 8 + length > size:
                raise Refusal("truncated", kind=kind)
            return
        is_described = is_described or name == b"fmt "
        at += 8 + length + length % 2
    raise Refusal("truncated" if at > size or not is_described else "no_sound", kind=kind)


def _walk_ogg(file: BinaryIO, size: int, kind: str) -> None:
    """Walk the pages of an Ogg file (RFC 3533, 6) to the last byte.

    Their checksums are looked at here: Opus makes some sound of any bits whatever.
    """
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(27 + 255)
        if head[:4] != b"OggS"[: len(head[:4])]:
            raise Refusal("broken", kind=kind)
        if len(head) < 27 or len(head) < 27 + head[26]:
            raise Refusal("truncated", kind=kind)
        length = 27 + head[26] + sum(head[27 : 27 + head[26]])
        file.seek(at)
        page = file.read(length)
        if len(page) < length:
            raise Refusal("truncated", kind=kind)
        if _ogg_sum(page) != page[22:26]:
            raise Refusal("broken", kind=kind)
        at += length


def _ogg_sum(page: bytes) -> bytes:
    """Return the checksum of a page: zlib's, but for the order of bits and what it begins and ends with."""
    blank = (page[:22] + bytes(4) + page[26:]).translate(_REVERSED)
    return (crc32(blank, 0xFFFFFFFF) ^ 0xFFFFFFFF).to_bytes(4, "big").translate(_REVERSED)


def _walk_mov(file: BinaryIO, size: int, kind: str) -> None:
    walk_mp4(file, size, kind, needed=b"moov")


def _walk_matroska(file: BinaryIO, size: int, kind: str) -> None:
    walk_ebml(file, size, kind, most=_MOST_ELEMENTS)


_WALKS: Final[Mapping[str, Callable[[BinaryIO, int, str], None]]] = {
    "wav": _walk_wav,
    "ogg": _walk_ogg,
    "mov": _walk_mov,
    "matroska": _walk_matroska,
}


def counts_its_frames(file: BinaryIO) -> bool:
    """Tell whether an MP3 says in its first frame how many there are; else its length is a guess.

    Args:
        file: open and seekable; left anywhere.
    """
    file.seek(0)
    head = file.read(10)
    at = 0
    if head[:3] == b"ID3":
        # Its length in 28 bits, seven of each byte.
        at = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=False))
    file.seek(at)
    first = file.read(192)
    return any(mark in first for mark in (b"Xing", b"Info", b"VBRI"))
