"""What kind of file some bytes are, by what they hold, and whether they hold nothing else.

An open file in, its kind out; nothing is decoded. Each kind is walked to its last byte, so
that a file cut short, and one with another file behind or inside it, are known before any
decoder sees them. `avatars.intake_boxes` walks the containers of video.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final
from zlib import crc32

from avatars.intake_boxes import is_picture, walk_avi, walk_ebml, walk_mp4
from avatars.intake_refusals import Refusal

_HEAD_BYTES: Final = 4096
_TAIL_BYTES: Final = 66_000
"""A ZIP is read from its end: a record of 22 bytes and a comment of up to 65,535."""
_SIDES_BYTES: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that is accepted."""

    name: str
    video: bool
    decoder: str
    """Its name in the library that decodes it: Pillow's for photos, FFmpeg's for HEIC and videos."""


JPEG: Final = Kind("JPEG", video=False, decoder="JPEG")
PNG: Final = Kind("PNG", video=False, decoder="PNG")
WEBP: Final = Kind("WebP", video=False, decoder="WEBP")
AVIF: Final = Kind("AVIF", video=False, decoder="AVIF")
HEIC: Final = Kind("HEIC", video=False, decoder="hevc")
MP4: Final = Kind("MP4", video=True, decoder="mov")
MOV: Final = Kind("MOV", video=True, decoder="mov")
AVI: Final = Kind("AVI", video=True, decoder="avi")
WEBM: Final = Kind("WebM", video=True, decoder="matroska")
MKV: Final = Kind("MKV", video=True, decoder="matroska")

KINDS: Final = (JPEG, PNG, WEBP, AVIF, HEIC, MP4, MOV, AVI, WEBM, MKV)

_FOREIGN: Final = (
    (rb"GIF8[79]a", "GIF"),
    (rb"%PDF-", "PDF"),
    (rb"PK\x03\x04|PK\x05\x06", "ZIP"),
    (rb"Rar!\x1a\x07", "RAR"),
    (rb"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (rb"\x1f\x8b", "gzip"),
    (rb"BZh[1-9]", "bzip2"),
    (rb"\xfd7zXZ\x00", "xz"),
    (rb"BM.{4}\x00{4}", "BMP"),
    (rb"II\*\x00|MM\x00\*|II\+\x00|MM\x00\+", "TIFF"),
    (rb"8BPS", "PSD"),
    (rb"MZ", "EXE"),
    (rb"\x7fELF", "ELF"),
    (rb"\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51", "JPEG 2000"),
    (rb"\xff\x0a|\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (rb"\x00\x00\x01\x00", "ICO"),
    (rb"OggS", "Ogg"),
    (rb"fLaC", "FLAC"),
    (rb"ID3|\xff[\xfb\xf3\xf2]", "MP3"),
    (rb"RIFF.{4}WAVE", "WAV"),
    (rb"FLV\x01", "FLV"),
    (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "WMV/ASF"),
    (rb"\x00\x00\x01\xba|\x00\x00\x01\xb3", "MPEG"),
    (rb"\x47.{187}\x47", "MPEG-TS"),
    (rb".{257}ustar", "tar"),
)
_OTHER_FILES: Final = (
    (rb"#EXTM3U", "M3U8"),
    (rb"ffconcat|file\s+\S", "concat"),
    (rb"[^\x00]{0,1000}<MPD[\s>]", "DASH"),
    (rb"[^\x00]{0,200}<SmoothStreamingMedia", "Smooth Streaming"),
    (rb"\[playlist\]", "PLS"),
    (rb"\[Reference\]", "ASX"),
    (rb"v=0\r?\no=", "SDP"),
    (rb"rtsp(text|://)", "RTSP"),
)
_TEXTS: Final = (
    (rb"[^\x00]{0,2000}<svg[\s>]", "SVG"),
    (rb"[^\x00]{0,500}<(!doctype )?html", "HTML"),
    (rb"\s*<\?php", "PHP"),
    (rb"\s*<\?xml", "XML"),
    (rb"#!", "script"),
)
_HIDDEN: Final = (
    (rb"<script[\s>]", "HTML"),
    (rb"<!doctype html|<html[\s>]", "HTML"),
    (rb"<\?php[\s]", "PHP"),
    (rb"%PDF-1\.\d", "PDF"),
)


_HEVC_BRANDS: Final = frozenset(b"heic heix heim heis hevc hevx hevm hevs".split())
"""Still pictures coded as HEVC, and sequences of them, which have one still picture too."""


def recognise(file: BinaryIO) -> Kind:
    """Return what kind of file this is, having walked it to its end.

    Args:
        file: open and seekable; read from its beginning, left anywhere.

    Raises:
        Refusal: it is empty, of a kind that is not accepted, cut short, broken, animated,
            holds another file, or names others.
    """
    size = file.seek(0, 2)
    if not size:
        raise Refusal("empty")
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    kind = _by_head(head)
    _WALKS[kind.decoder](file, size, kind.name)
    _look_for_hidden(file, size, kind)
    return kind


def _by_head(head: bytes) -> Kind:
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head[:4] == b"RIFF" and head[8:12] in (b"WEBP", b"AVI "):
        return WEBP if head[8:12] == b"WEBP" else AVI
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return WEBM if b"webm" in head[:64] else MKV
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"):
        return _by_brand(head)
    raise foreign(head)


def _by_brand(head: bytes) -> Kind:
    if head[4:8] != b"ftyp" or head[8:12] == b"qt  ":
        return MOV
    if is_picture(head):
        return _still_by_brand(head)
    return MP4


def _still_by_brand(head: bytes) -> Kind:
    length = int.from_bytes(head[:4], "big")
    brands = {head[8:12]} | {head[at : at + 4] for at in range(16, min(length, len(head)), 4)}
    if b"avis" in brands:
        raise Refusal("animated", kind="AVIF")
    if b"avif" in brands:
        return AVIF
    if brands & _HEVC_BRANDS:
        return HEIC
    raise Refusal("wrong_kind", kind="HEIF")


def foreign(head: bytes) -> Refusal:
    """Return the refusal of a file that begins like this and is of no kind that is accepted."""
    for pattern, name in _OTHER_FILES:
        if re.match(pattern, head.lstrip(b"\xef\xbb\xbf \t\r\n"), re.DOTALL | re.IGNORECASE):
            return Refusal("other_files", hidden=name)
    for pattern, name in _FOREIGN:
        if re.match(pattern, head, re.DOTALL):
            return Refusal("wrong_kind", kind=name)
    for pattern, name in _TEXTS:
        if re.match(pattern, head.lstrip(b"\xef\xbb\xbf"), re.DOTALL | re.IGNORECASE):
            return Refusal("wrong_kind", kind=name)
    return Refusal("unreadable")


def _look_for_hidden(file: BinaryIO, size: int, kind: Kind) -> None:
    """Refuse what another program would take for a web page, a program or an archive."""
    file.seek(0)
    sides = file.read(_SIDES_BYTES)
    tail_at = max(0, size - _TAIL_BYTES)
    file.seek(tail_at)
    tail = file.read(_TAIL_BYTES)
    for pattern, name in _HIDDEN:
        if re.search(pattern, sides, re.IGNORECASE) or re.search(pattern, tail, re.IGNORECASE):
            raise Refusal("polyglot", kind=kind.name, hidden=name)
    at = tail.find(b"PK\x05\x06")
    while at >= 0:
        comment = int.from_bytes(tail[at + 20 : at + 22], "little")
        if at + 22 + comment == len(tail):
            raise Refusal("polyglot", kind=kind.name, hidden="ZIP")
        at = tail.find(b"PK\x05\x06", at + 1)


def _walk_jpeg(file: BinaryIO, size: int, kind: str) -> None:
    file.seek(0)
    data = file.read(size)
    end = _end_of_jpeg(data, 0, kind)
    # Cameras put more pictures behind the first one (a smaller copy, a gain map), and pad.
    while rest := data[end:].lstrip(b"\x00\xff"):
        if not rest.startswith(b"\xd8") or data[size - len(rest) - 1] != 0xFF:
            raise Refusal("polyglot", kind=kind, hidden=_name_of(rest))
        end = _end_of_jpeg(data, size - len(rest) - 1, kind)


def _end_of_jpeg(data: bytes, start: int, kind: str) -> int:
    """Return where the JPEG that begins at `start` ends (ITU-T T.81, B.1.1)."""
    at, scanned = start + 2, False
    while True:
        while data[at : at + 2] == b"\xff\xff":
            at += 1
        if at + 2 > len(data):
            raise Refusal("truncated", kind=kind)
        marker = data[at + 1]
        if data[at] != 0xFF or (marker == 0xD9 and not scanned):
            raise Refusal("broken", kind=kind)
        if marker == 0xD9:
            return at + 2
        at = _end_of_segment(data, at, kind)
        if marker == 0xDA:
            scanned, at = True, _end_of_scan(data, at)


def _end_of_segment(data: bytes, at: int, kind: str) -> int:
    length = int.from_bytes(data[at + 2 : at + 4], "big")
    if at + 4 > len(data):
        raise Refusal("truncated", kind=kind)
    if length < 2:
        raise Refusal("broken", kind=kind)
    return at + 2 + length


# Inside a scan a byte FF is followed by 00, or by a restart marker.
_AFTER_SCAN: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)


def _end_of_scan(data: bytes, at: int) -> int:
    found = _AFTER_SCAN.search(data, at)
    return found.start() if found else len(data)


def _walk_png(file: BinaryIO, size: int, kind: str) -> None:
    at = 8
    while True:
        file.seek(at)
        head = file.read(8)
        length, name = int.from_bytes(head[:4], "big"), head[4:]
        if len(head) < 8 or at + 12 + length > size:
            raise Refusal("truncated", kind=kind)
        data = file.read(length + 4)
        if crc32(name + data[:-4]) != int.from_bytes(data[-4:], "big"):
            raise Refusal("broken", kind=kind)
        if name == b"acTL":
            raise Refusal("animated", kind=kind)
        at += 12 + length
        if name == b"IEND":
            break
    file.seek(at)
    if rest := file.read(_HEAD_BYTES).lstrip(b"\x00"):
        raise Refusal("polyglot", kind=kind, hidden=_name_of(rest))


def _walk_webp(file: BinaryIO, size: int, kind: str) -> None:
    file.seek(4)
    end = 8 + int.from_bytes(file.read(4), "little")
    if end > size:
        raise Refusal("truncated", kind=kind)
    at = 12
    while at + 8 <= end:
        file.seek(at)
        head = file.read(9)
        if head[:4] in (b"ANIM", b"ANMF") or (head[:4] == b"VP8X" and head[8] & 2):
            raise Refusal("animated", kind=kind)
        length = int.from_bytes(head[4:8], "little")
        at += 8 + length + length % 2
    if at > end + 1:
        raise Refusal("truncated", kind=kind)
    file.seek(end)
    if rest := file.read(_HEAD_BYTES).lstrip(b"\x00"):
        raise Refusal("polyglot", kind=kind, hidden=_name_of(rest))


def _walk_avif(file: BinaryIO, size: int, kind: str) -> None:
    walk_mp4(file, size, kind, needed=b"meta")


def _walk_heic(file: BinaryIO, size: int, kind: str) -> None:
    if b"meta" not in (seen := walk_mp4(file, size, kind, needed=b"ftyp")):
        raise Refusal("animated" if b"moov" in seen else "truncated", kind=kind)


def _walk_movie(file: BinaryIO, size: int, kind: str) -> None:
    walk_mp4(file, size, kind, needed=b"moov")


def _name_of(rest: bytes) -> str:
    """Return what the bytes behind a picture are, as well as their beginning says."""
    if b"ftyp" in rest[:8]:
        return "MP4"
    named = foreign(rest).values
    return str(named.get("kind", named.get("hidden", "unknown data")))


_WALKS: Final[Mapping[str, Callable[[BinaryIO, int, str], None]]] = {
    "JPEG": _walk_jpeg,
    "PNG": _walk_png,
    "WEBP": _walk_webp,
    "AVIF": _walk_avif,
    "hevc": _walk_heic,
    "mov": _walk_movie,
    "avi": walk_avi,
    "matroska": walk_ebml,
}
