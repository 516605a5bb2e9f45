"""The containers of video, walked box by box to the last byte: MP4 and MOV, AVI, WebM and MKV.

An open file in; nothing out but refusals: cut short, broken, or naming other files. Reads
lengths and names, never what is coded.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from avatars.intake_refusals import Refusal

_TOP_BOXES: Final = frozenset(
    b"ftyp moov mdat free skip wide uuid meta moof mfra sidx ssix styp pnot PICT udta prft pdin emsg idat "
    b"junk sefd".split()
)
"""`sefd` is what Samsung's cameras write behind a picture: their settings."""
_PARENTS: Final = frozenset(b"moov trak mdia minf dinf".split())
_PICTURE_BRANDS: Final = frozenset(
    b"avif avis heic heix heim heis hevc hevx hevm hevs mif1 msf1 miaf".split()
)
_MOST_BOXES: Final = 20_000
_LARGEST_DREF_BYTES: Final = 65_536
_SELF_CONTAINED: Final = 1

_EBML: Final = 0x1A45DFA3
_SEGMENT: Final = 0x18538067
_CLUSTER: Final = 0x1F43B675
_IN_SEGMENT: Final = frozenset(
    {0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1C53BB6B, 0x1043A770, 0x1254C367, 0x1941A469, _CLUSTER, 0xEC, 0xBF}
)
"""SeekHead, Info, Tracks, Cues, Chapters, Tags, Attachments, Cluster, Void, CRC-32 (RFC 9559)."""
_IN_CLUSTER: Final = frozenset({0xE7, 0xA3, 0xA0, 0xAB, 0xA7, 0x5854, 0xAF, 0xEC, 0xBF})
"""Timestamp, SimpleBlock, BlockGroup, PrevSize, Position, SilentTracks, EncryptedBlock, Void, CRC-32."""
_UNKNOWN: Final = -1


@dataclass(frozen=True, slots=True)
class Box:
    """One box of an ISO base media file."""

    name: bytes
    body: int
    """Where what it holds begins, in the file."""
    end: int


def is_picture(head: bytes) -> bool:
    """Tell whether a file that begins with `ftyp` is a still picture (AVIF, HEIC)."""
    return head[8:12] in _PICTURE_BRANDS


def walk_mp4(file: BinaryIO, size: int, kind: str, *, needed: bytes) -> frozenset[bytes]:
    """Walk an ISO base media file (ISO/IEC 14496-12).

    Args:
        needed: the top-level box without which there is no picture.

    Returns:
        The names of the top-level boxes.

    Raises:
        Refusal: a box reaches past the end, is unknown at the top, or refers to other files.
    """
    seen: set[bytes] = set()
    for box in boxes(file, 0, size, kind):
        if box.name not in _TOP_BOXES:
            if not seen:
                raise Refusal("unreadable")
            raise Refusal("polyglot", kind=kind, hidden="unknown data")
        seen.add(box.name)
        if box.name == b"moov":
            _walk_inside(file, box, kind)
    if needed not in seen:
        raise Refusal("truncated", kind=kind)
    return frozenset(seen)


def boxes(file: BinaryIO, start: int, end: int, kind: str) -> Iterator[Box]:
    """Yield the boxes that lie one after another between two places.

    Raises:
        Refusal: one reaches past the end, or there are very many.
    """
    at, count = start, 0
    while at < end:
        file.seek(at)
        head = file.read(16)
        length, name, body = int.from_bytes(head[:4], "big"), head[4:8], at + 8
        if length == 1:
            length, body = int.from_bytes(head[8:16], "big"), at + 16
        elif length == 0 and head[:8] == bytes(8) and end - at < 1024:
            return  # padding, and the closing zero of QuickTime's lists
        elif length == 0:
            length = end - at
        if at + 8 > end or at + length > end:
            raise Refusal("truncated", kind=kind)
        count += 1
        if at + length < body or count > _MOST_BOXES:
            raise Refusal("broken", kind=kind)
        yield Box(name, body, at + length)
        at += length


def _walk_inside(file: BinaryIO, parent: Box, kind: str) -> None:
    open_boxes = [parent]
    while open_boxes:
        box = open_boxes.pop()
        for inner in boxes(file, box.body, box.end, kind):
            if inner.name in _PARENTS:
                open_boxes.append(inner)
            elif inner.name == b"rmra":
                raise Refusal("other_files", hidden="rmra")
            elif inner.name == b"dref":
                _check_references(file, inner, kind)


def _check_references(file: BinaryIO, box: Box, kind: str) -> None:
    """Let a data reference pass only where every entry says that the data is in this file."""
    if box.end - box.body > _LARGEST_DREF_BYTES:
        raise Refusal("broken", kind=kind)
    for entry in boxes(file, box.body + 8, box.end, kind):
        file.seek(entry.body)
        flags = int.from_bytes(file.read(4), "big") & 0xFFFFFF
        # QuickTime writes an alias of the file itself, its flag set; any other leads elsewhere.
        if not flags & _SELF_CONTAINED or entry.name not in (b"url ", b"alis", b"urn ", b"rsrc"):
            raise Refusal("other_files", hidden=entry.name.decode("ascii", "replace").strip())


def walk_avi(file: BinaryIO, size: int, kind: str) -> None:
    """Walk the RIFF lists of an AVI file, OpenDML's further ones too.

    Raises:
        Refusal: a list reaches past the end of the file, or something else follows.
    """
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:12] not in (b"AVI ", b"AVIX"):
            if head.strip(b"\x00"):
                raise Refusal("polyglot", kind=kind, hidden="unknown data")
            break
        length = int.from_bytes(head[4:8], "little")
        end = at + 8 + length
        if end > size or length < 4:
            raise Refusal("truncated", kind=kind)
        _walk_riff(file, at + 12, end, kind)
        at = end + length % 2


def _walk_riff(file: BinaryIO, start: int, end: int, kind: str) -> None:
    at, names = start, set()
    while at + 8 <= end:
        file.seek(at)
        head = file.read(12)
        length = int.from_bytes(head[4:8], "little")
        names.add(head[8:12] if head[:4] == b"LIST" else head[:4])
        at += 8 + length + length % 2
    if at > end + 1:
        raise Refusal("truncated", kind=kind)
    if b"movi" not in names:
        raise Refusal("broken", kind=kind)


def walk_ebml(file: BinaryIO, size: int, kind: str, *, most: int = _MOST_BOXES) -> None:
    """Walk the elements of a Matroska or WebM file (RFC 8794, RFC 9559).

    A recorder that streams leaves the lengths of segment and clusters unknown; those are
    walked by their children.

    Args:
        most: elements there may be.

    Raises:
        Refusal: an element reaches past the end of the file, or is not one of Matroska's.
    """
    end_of_head = _element(file, 0, size, kind)[2]
    name, body, end = _element(file, end_of_head, size, kind)
    if name != _SEGMENT:
        raise Refusal("broken", kind=kind)
    if end != _UNKNOWN and end < size:
        raise Refusal("polyglot", kind=kind, hidden="unknown data")
    at, count, inside = body, 0, False
    while at < size:
        name, body, end = _element(file, at, size, kind)
        if name not in _IN_SEGMENT and not (inside and name in _IN_CLUSTER):
            raise Refusal("broken", kind=kind)
        inside = (inside and name in _IN_CLUSTER) or (name == _CLUSTER and end == _UNKNOWN)
        at = body if end == _UNKNOWN else end
        count += 1
        if count > most:
            raise Refusal("broken", kind=kind)


def _element(file: BinaryIO, at: int, size: int, kind: str) -> tuple[int, int, int]:
    """Return an element's name, where its body begins, and where it ends (-1: unknown)."""
    file.seek(at)
    head = file.read(12)
    name_length = 9 - head[0].bit_length() if head and head[0] else 0
    if not 1 <= name_length <= 4 or len(head) <= name_length:
        raise Refusal("truncated" if len(head) < 2 else "broken", kind=kind)
    first = head[name_length]
    length_bytes = 9 - first.bit_length() if first else 0
    body = at + name_length + length_bytes
    if not length_bytes or body > size:
        raise Refusal("broken" if not length_bytes else "truncated", kind=kind)
    bits = 7 * length_bytes
    length = int.from_bytes(head[name_length : name_length + length_bytes], "big") & ((1 << bits) - 1)
    name = int.from_bytes(head[:name_length], "big")
    if length == (1 << bits) - 1:
        if name not in (_SEGMENT, _CLUSTER):
            raise Refusal("broken", kind=kind)
        return name, body, _UNKNOWN
    if body + length > size:
        raise Refusal("truncated", kind=kind)
    return name, body, body + length
