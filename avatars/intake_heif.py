"""An uploaded HEIC photo becomes a plain one: its tiles decoded and put together, turned, cut.

An open file in, BGR pictures out, by the same last steps as any photo's. Sizes are checked
where the file states them and the decoder is held to them, so nothing larger is decoded. Only
the primary picture and its transparency are read; smaller copies, bursts, depth and gain maps
are left. HEVC is decoded by the library that decodes it in videos, without threads.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from struct import unpack
from typing import BinaryIO, Final

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray
from PIL import Image

from avatars.intake_colour import Rgb, recolour_for
from avatars.intake_items import KIND, Items, Property, read_items
from avatars.intake_photo import SHORTEST_PX, plain_picture
from avatars.intake_refusals import Refusal
from avatars.intake_video import FULL_RANGE, MATRICES
from lipsync.face.track import Picture

_Array = NDArray[np.uint8]
_Step = Callable[[_Array], _Array]
"""A turn, a mirroring or a cut of a picture; the answer shows the same memory."""

_MOST_TILES: Final = 4096
_ALPHA: Final = (b"urn:mpeg:hevc:2015:auxid:1\0", b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0")
_UNDERSTOOD: Final = frozenset(
    b"hvcC ispe irot imir clap colr pixi pasp rloc auxC clli mdcv cclv amve".split()
)
_BLOCK_PX: Final = 64
"""Pictures are coded in whole blocks, at most this large."""
_BAND_PX: Final = 512


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a picture is put together: equal tiles by rows, cut to its size at the right and below."""

    width_px: int
    height_px: int
    tile_width_px: int
    tile_height_px: int
    columns: int
    tiles: Sequence[int]


@dataclass(frozen=True, slots=True)
class _Colours:
    """What is said of a picture's colours; None leaves it to what is said inside the coded picture."""

    profile: bytes | None
    primaries: int | None
    transfer: int | None
    matrix: int | None
    full_range: bool | None


class HeifPhoto:
    """One uploaded HEIC photo, decoded once and given as large as is asked for.

    Args:
        file: open and seekable; belongs to the photo from now on.
        most_px: pixels it may have.

    Raises:
        Refusal: too many pixels, too few, coded otherwise, or damaged.
    """

    def __init__(self, file: BinaryIO, most_px: int) -> None:
        self._items = read_items(file)
        self._most_px = most_px
        self._number = self._items.primary
        own = self._items.properties.get(self._number, [])
        if any(one.essential and one.name not in _UNDERSTOOD for one in own):
            raise Refusal("wrong_kind", kind="HEIF")
        self._layout = _layout(self._items, self._number, most_px)
        self._steps = tuple(_steps(own))
        self._colours = _colours(self._items, self._number, self._layout)
        # A picture of no memory: turns and cuts only say anew how it is looked at.
        shape = (self._layout.height_px, self._layout.width_px, 3)
        upright = self._turned(np.broadcast_to(np.uint8(0), shape))
        self.width_px, self.height_px = upright.shape[1], upright.shape[0]
        """Size of the whole photo, upright."""
        if min(self.width_px, self.height_px) < SHORTEST_PX:
            raise Refusal("too_small", width=self.width_px, height=self.height_px, limit=SHORTEST_PX)
        self._kept: tuple[Image.Image, int, int] | None = None

    def decode(self, longest_px: int) -> Picture:
        """Return the photo, upright, its longest side at most `longest_px`; never enlarged.

        Raises:
            Refusal: it is damaged, or ends too early.
        """
        if self._kept is None:
            self._kept = self._decoded()
        whole, primaries, transfer = self._kept
        scale = min(1.0, longest_px / max(whole.size))
        wanted = (max(1, round(self.width_px * scale)), max(1, round(self.height_px * scale)))
        picture = plain_picture(whole, wanted)
        recolour = None if self._colours.profile else recolour_for(primaries, transfer)
        if recolour is not None:
            # In bands, for light is counted in numbers of four bytes.
            for top in range(0, picture.shape[0], _BAND_PX):
                band = cv2.cvtColor(picture[top : top + _BAND_PX], cv2.COLOR_BGR2RGB)
                light = recolour(np.asarray(band, np.uint8))
                picture[top : top + _BAND_PX] = cv2.cvtColor(light, cv2.COLOR_RGB2BGR)
        return picture

    def _decoded(self) -> tuple[Image.Image, int, int]:
        """Return the whole photo, and the numbers of its primaries and transfer."""
        rgb, frame = _put_together(self._items, self._layout, self._colours)
        primaries, transfer = self._colours.primaries, self._colours.transfer
        primaries = int(frame.color_primaries) if primaries is None else primaries
        transfer = int(frame.color_trc) if transfer is None else transfer
        alpha = self._alpha_number()
        if alpha is None:
            whole = Image.fromarray(np.ascontiguousarray(self._turned(rgb)))
        else:
            joined = np.dstack([rgb, self._alpha(alpha)])
            whole = Image.fromarray(np.ascontiguousarray(self._turned(joined)))
            if alpha in self._items.references.get((b"prem", self._number), ()):
                whole = Image.frombytes("RGBa", whole.size, whole.tobytes()).convert("RGBA")
        if self._colours.profile:
            whole.info["icc_profile"] = self._colours.profile
        return whole, primaries, transfer

    def _turned(self, picture: _Array) -> _Array:
        for step in self._steps:
            picture = step(picture)
        return picture

    def _alpha_number(self) -> int | None:
        """Return the item that holds the transparency of the primary one."""
        for (kind, source), targets in self._items.references.items():
            if kind == b"auxl" and self._number in targets:
                for one in self._items.properties.get(source, ()):
                    if one.name == b"auxC" and one.body[4:].startswith(_ALPHA):
                        return source
        return None

    def _alpha(self, number: int) -> _Array:
        """Return the transparency, as large as the picture before it is turned."""
        layout = _layout(self._items, number, self._most_px)
        grey, _ = _put_together(self._items, layout, _colours(self._items, number, layout))
        size = (self._layout.width_px, self._layout.height_px)
        return np.asarray(cv2.resize(grey[..., 0], size), np.uint8)


def _layout(items: Items, number: int, most_px: int) -> _Layout:
    """Return how a picture is put together, having checked every size that is stated.

    Raises:
        Refusal: too many pixels, not coded as HEVC, or tiles that are missing or do not fit.
    """
    width_px, height_px = _size(items, number, most_px)
    if items.kinds.get(number) == b"hvc1":
        return _Layout(width_px, height_px, width_px, height_px, 1, (number,))
    if items.kinds.get(number) != b"grid":
        name = items.kinds.get(number, b"?").decode("ascii", "replace")
        raise Refusal("wrong_kind", kind=f"HEIF ({name})")
    rows, columns, said = _grid(items.read(number))
    tiles = items.references.get((b"dimg", number), ())
    if said != (width_px, height_px) or len(tiles) != rows * columns or len(tiles) > _MOST_TILES:
        raise Refusal("broken", kind=KIND)
    if any(items.kinds.get(tile) != b"hvc1" for tile in tiles):
        raise Refusal("broken", kind=KIND)
    sizes = {_size(items, tile, most_px) for tile in tiles}
    if len(sizes) != 1:
        raise Refusal("broken", kind=KIND)
    across, down = sizes.pop()
    # The last row and column are needed, and enough (ISO/IEC 23000-22, 7.3.11.4.2).
    if not 0 <= across * columns - width_px < across or not 0 <= down * rows - height_px < down:
        raise Refusal("broken", kind=KIND)
    return _Layout(width_px, height_px, across, down, columns, tiles)


def _size(items: Items, number: int, most_px: int) -> tuple[int, int]:
    body = items.property_of(number, b"ispe")
    if len(body) != 12:
        raise Refusal("broken", kind=KIND)
    width_px, height_px = unpack(">4xII", body)
    if width_px * height_px > most_px:
        limit = most_px // 1_000_000
        raise Refusal("too_many_pixels", width=width_px, height=height_px, limit=limit)
    if not width_px * height_px:
        raise Refusal("broken", kind=KIND)
    return width_px, height_px


def _grid(data: bytes) -> tuple[int, int, tuple[int, int]]:
    """Return rows, columns and size of a grid (ISO/IEC 23008-12, 6.6.2.3)."""
    wide = len(data) > 1 and data[1] & 1
    if len(data) < (12 if wide else 8) or data[0]:
        raise Refusal("broken", kind=KIND)
    width_px, height_px = unpack(">II" if wide else ">HH", data[4 : 12 if wide else 8])
    return data[2] + 1, data[3] + 1, (width_px, height_px)


def _steps(properties: Sequence[Property]) -> Iterator[_Step]:
    """Yield what is to be done with a decoded picture, in the file's order."""
    for one in properties:
        if one.name in (b"irot", b"imir") and not one.body:
            raise Refusal("broken", kind=KIND)
        if one.name == b"irot":
            yield partial(np.rot90, k=one.body[0] & 3)
        elif one.name == b"imir":
            yield partial(np.flip, axis=one.body[0] & 1)
        elif one.name == b"clap":
            yield _cut(one.body)


def _cut(body: bytes) -> _Step:
    """Return what keeps the part that a `clap` names (ISO/IEC 14496-12, 12.1.4)."""
    if len(body) != 32:
        raise Refusal("broken", kind=KIND)
    numbers = unpack(">IIIIiIiI", body)
    if not all(numbers[1::2]):
        raise Refusal("broken", kind=KIND)
    width, height, right, down = (Fraction(numbers[at], numbers[at + 1]) for at in (0, 2, 4, 6))

    def cut(picture: _Array) -> _Array:
        top = round((picture.shape[0] - height) / 2 + down)
        left = round((picture.shape[1] - width) / 2 + right)
        bottom, end = top + round(height), left + round(width)
        if not (0 <= top < bottom <= picture.shape[0] and 0 <= left < end <= picture.shape[1]):
            raise Refusal("broken", kind=KIND)
        return picture[top:bottom, left:end]

    return cut


def _colours(items: Items, number: int, layout: _Layout) -> _Colours:
    """Return what is said of a picture's colours; it may have a profile and numbers both.

    Some cameras say it of the tiles only; what is said of the whole stands above that.
    """
    profile: bytes | None = None
    numbers: tuple[int | None, int | None, int | None] = (None, None, None)
    full_range: bool | None = None
    first = layout.tiles[0]
    for one in (*items.properties.get(first, ()), *items.properties.get(number, ())):
        if one.name == b"colr" and one.body[:4] in (b"prof", b"rICC"):
            profile = one.body[4:]
        elif one.name == b"colr" and one.body[:4] == b"nclx" and len(one.body) >= 11:
            numbers, full_range = unpack(">HHH", one.body[4:10]), bool(one.body[10] & 0x80)
    return _Colours(profile, *numbers, full_range)


def _put_together(items: Items, layout: _Layout, colours: _Colours) -> tuple[Rgb, VideoFrame]:
    """Return a whole picture as it is coded, and the last of its tiles as decoded."""
    whole = np.zeros((layout.height_px, layout.width_px, 3), np.uint8)
    frame: VideoFrame | None = None
    for place, number in enumerate(layout.tiles):
        top = place // layout.columns * layout.tile_height_px
        left = place % layout.columns * layout.tile_width_px
        frame = _frame(items, number, layout)
        part = whole[top : top + layout.tile_height_px, left : left + layout.tile_width_px]
        part[:] = _rgb(frame, colours)[: part.shape[0], : part.shape[1]]
    if frame is None:
        raise Refusal("broken", kind=KIND)
    return whole, frame


def _frame(items: Items, number: int, layout: _Layout) -> VideoFrame:
    """Decode one tile."""
    size = (layout.tile_width_px, layout.tile_height_px)
    blocks = [-(-side // _BLOCK_PX) * _BLOCK_PX for side in size]
    data, config = items.read(number), items.property_of(number, b"hvcC")
    try:
        decoder = av.CodecContext.create("hevc", "r")
        decoder.thread_count, decoder.thread_type = 1, "NONE"
        decoder.options = {"err_detect": "explode", "max_pixels": str(blocks[0] * blocks[1])}
        decoder.extradata = config
        frames = [*decoder.decode(av.Packet(data)), *decoder.decode(None)]
    except (av.FFmpegError, ValueError) as error:
        raise Refusal("broken", kind=KIND) from error
    if len(frames) != 1 or (frames[0].width, frames[0].height) != size:
        raise Refusal("broken", kind=KIND)
    return frames[0]


def _rgb(frame: VideoFrame, colours: _Colours) -> Rgb:
    """Return a decoded tile in RGB of eight bits, by what the file says before what the tile says."""
    matrix = int(frame.colorspace) if colours.matrix is None else colours.matrix
    is_full = int(frame.color_range) == FULL_RANGE
    if colours.full_range is not None:
        is_full = colours.full_range
    return frame.reformat(
        format="rgb24",
        src_colorspace=MATRICES.get(matrix, Colorspace.ITU601),
        src_color_range=ColorRange.JPEG if is_full else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation="BICUBIC",
        threads=1,
    ).to_ndarray().astype(np.uint8, copy=False)
