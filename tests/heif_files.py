"""HEIC files made here: HEVC pictures coded by libx265, boxed by a small writer (ISO/IEC 23008-12)."""

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np

BRANDS = (b"heic", b"mif1", b"heic")
HIDDEN = 1

Property = tuple[bytes, bool]
"""A property's box, and whether a reader must understand it."""


@dataclass(frozen=True)
class Item:
    """One item of a file; `data` of a grid lies in `idat`, any other's in `mdat`."""

    number: int
    name: bytes
    data: bytes
    properties: Sequence[Property] = ()
    flags: int = 0
    content: bytes = b""


def box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), name) + body


def full(name: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return box(name, struct.pack(">I", version << 24 | flags), *parts)


def coded(
    picture: np.ndarray, pixels: str = "yuv420p", *, full_range: bool = False
) -> tuple[bytes, bytes]:
    """Return a picture's `hvcC` box and its sample, coded by HEVC as one intra picture."""
    height_px, width_px = picture.shape[:2]
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        options = {"x265-params": "log-level=none:keyint=1:pools=none:frame-threads=1", "crf": "8"}
        stream = file.add_stream("libx265", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = width_px, height_px, pixels
        stream.codec_context.color_range = 2 if full_range else 1
        stream.codec_context.colorspace = 1
        layout = "gray" if picture.ndim == 2 else "rgb24"
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format=layout)
        if layout != pixels:
            frame = frame.reformat(
                format=pixels, dst_colorspace="ITU709", dst_color_range="JPEG" if full_range else "MPEG"
            )
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    data = out.getvalue()
    return _found(data, b"hvcC"), _found(data, b"mdat")[8:]


def _found(data: bytes, name: bytes) -> bytes:
    at = data.index(name) - 4
    return data[at : at + int.from_bytes(data[at : at + 4], "big")]


def ispe(width_px: int, height_px: int) -> Property:
    return full(b"ispe", 0, 0, struct.pack(">II", width_px, height_px)), False


def irot(quarters: int) -> Property:
    """Quarter turns against the clock."""
    return box(b"irot", bytes([quarters])), True


def imir(axis: int) -> Property:
    """0 swaps top and bottom, 1 left and right."""
    return box(b"imir", bytes([axis])), True


def clap(width_px: int, height_px: int, right_px: int = 0, down_px: int = 0) -> Property:
    """What is kept, and how far its middle lies from the picture's."""
    return box(b"clap", struct.pack(">8i", width_px, 1, height_px, 1, right_px, 1, down_px, 1)), True


def nclx(primaries: int, transfer: int, matrix: int = 1, *, full_range: bool = False) -> Property:
    body = struct.pack(">4sHHHB", b"nclx", primaries, transfer, matrix, full_range << 7)
    return box(b"colr", body), False


def icc(profile: bytes) -> Property:
    return box(b"colr", b"prof", profile), False


def aux_type(name: bytes) -> Property:
    return full(b"auxC", 0, 0, name + b"\0"), True


ALPHA = b"urn:mpeg:hevc:2015:auxid:1"
GAIN_MAP = b"urn:com:apple:photo:2020:aux:hdrgainmap"
DEPTH = b"urn:mpeg:hevc:2015:auxid:2"


def still(
    number: int, picture: np.ndarray, *properties: Property, flags: int = 0, pixels: str = "yuv420p",
    full_range: bool = False,
) -> Item:
    """Return a coded picture as an item."""
    config, sample = coded(picture, pixels, full_range=full_range)
    height_px, width_px = picture.shape[:2]
    own = ((config, True), ispe(width_px, height_px), *properties)
    return Item(number, b"hvc1", sample, own, flags)


def grid(number: int, rows: int, columns: int, width_px: int, height_px: int, *properties: Property) -> Item:
    data = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width_px, height_px)
    if max(width_px, height_px) > 0xFFFF:
        data = struct.pack(">BBBBII", 0, 1, rows - 1, columns - 1, width_px, height_px)
    return Item(number, b"grid", data, (ispe(width_px, height_px), *properties))


def boxed(
    items: Sequence[Item],
    references: Sequence[tuple[bytes, int, Sequence[int]]] = (),
    *,
    primary: int = 1,
    brands: Sequence[bytes] = BRANDS,
    behind: bytes = b"",
    shift: int = 0,
) -> bytes:
    """Return a file of items.

    Args:
        items: all of them.
        references: kind, from which, to which.
        primary: number of the item that is the picture.
        brands: the first is the major one.
        behind: further boxes at the end.
        shift: added to where each sample is said to lie.
    """
    kept = [item for item in items if item.name != b"grid"]
    inside = [item for item in items if item.name == b"grid"]
    head = box(b"ftyp", brands[0], bytes(4), *brands[1:])
    length = len(_meta(items, references, primary, {}))
    places, at = {}, len(head) + length + 8
    for item in kept:
        places[item.number] = (0, at + shift)
        at += len(item.data)
    at = 0
    for item in inside:
        places[item.number] = (1, at)
        at += len(item.data)
    meta = _meta(items, references, primary, places)
    return head + meta + box(b"mdat", *(item.data for item in kept)) + behind


def _meta(
    items: Sequence[Item],
    references: Sequence[tuple[bytes, int, Sequence[int]]],
    primary: int,
    places: dict[int, tuple[int, int]],
) -> bytes:
    infos, where, links, boxes = [], [], [], []
    for item in items:
        words = struct.pack(">HH4s", item.number, 0, item.name) + b"\0" + item.content
        infos.append(full(b"infe", 2, item.flags, words))
        method, at = places.get(item.number, (0, 0))
        where.append(struct.pack(">HHHHII", item.number, method, 0, 1, at, len(item.data)))
        entries = []
        for one, needed in item.properties:
            if one not in boxes:
                boxes.append(one)
            entries.append(bytes([needed << 7 | boxes.index(one) + 1]))
        links.append(struct.pack(">HB", item.number, len(entries)) + b"".join(entries))
    named = [
        box(kind, struct.pack(f">HH{len(to)}H", source, len(to), *to)) for kind, source, to in references
    ]
    return full(
        b"meta", 0, 0,
        full(b"hdlr", 0, 0, struct.pack(">I4s", 0, b"pict"), bytes(13)),
        full(b"pitm", 0, 0, struct.pack(">H", primary)),
        full(b"iloc", 1, 0, struct.pack(">BBH", 0x44, 0, len(items)), *where),
        full(b"iinf", 0, 0, struct.pack(">H", len(items)), *infos),
        full(b"iref", 0, 0, *named) if named else b"",
        box(b"iprp", box(b"ipco", *boxes), full(b"ipma", 0, 0, struct.pack(">I", len(items)), *links)),
        box(b"idat", *(item.data for item in items if item.name == b"grid")),
    )  # fmt: skip


def single(picture: np.ndarray, *properties: Property, pixels: str = "yuv420p") -> bytes:
    """Return a file of one picture."""
    return boxed([still(1, picture, *properties, pixels=pixels)])


def tiled(
    picture: np.ndarray, *properties: Property, tile_px: int = 128, of_tiles: Sequence[Property] = ()
) -> bytes:
    """Return a file of a picture in square tiles, cut to its size at the right and below."""
    height_px, width_px = picture.shape[:2]
    rows, columns = -(-height_px // tile_px), -(-width_px // tile_px)
    room = ((0, rows * tile_px - height_px), (0, columns * tile_px - width_px), (0, 0))
    padded = np.pad(picture, room, mode="edge")
    corners = [(y * tile_px, x * tile_px) for y in range(rows) for x in range(columns)]
    tiles = [
        still(2 + number, padded[y : y + tile_px, x : x + tile_px], *of_tiles, flags=HIDDEN)
        for number, (y, x) in enumerate(corners)
    ]
    whole = grid(1, rows, columns, width_px, height_px, *properties)
    return boxed([whole, *tiles], [(b"dimg", 1, [tile.number for tile in tiles])])


def p3_profile() -> bytes:
    """Return a profile of Display P3's primaries and a plain power of 2.2."""
    primaries = {
        b"rXYZ": (0.51512, 0.24120, -0.00105), b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407), b"wtpt": (0.96420, 1.0, 0.82491),
    }  # fmt: skip
    tags = {name: b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(65536 * number) for number in numbers))
        for name, numbers in primaries.items()}  # fmt: skip
    curve = b"curv\0\0\0\0" + struct.pack(">IHH", 1, round(2.2 * 256), 0)
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    tags[b"desc"] = b"desc\0\0\0\0" + struct.pack(">I", 3) + b"P3\0" + bytes(79)
    tags[b"cprt"] = b"text\0\0\0\0none\0\0\0\0"
    at, table, data = 128 + 4 + 12 * len(tags), b"", b""
    for name, body in tags.items():
        padded = body + bytes(-len(body) % 4)
        table += name + struct.pack(">II", at + len(data), len(body))
        data += padded
    head = struct.pack(">I4sI4s4s4s", at + len(data), b"none", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head = head.ljust(36, b"\0") + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + data
