"""Small files of every kind that intake accepts, and harmful ones, made here."""

import io
import random
import struct
import zipfile
from fractions import Fraction
from zlib import crc32

import av
import heif_files
import numpy as np
from PIL import Image

from avatars.seeding import SAMPLES_DIR

PHOTOS = ("JPEG", "PNG", "WEBP", "AVIF")
FILMS = {"mp4": "libx264", "mov": "libx264", "avi": "mpeg4", "webm": "libvpx", "matroska": "libx264"}


def gradient(width_px: int = 160, height_px: int = 200) -> np.ndarray:
    """Return RGB that is red to the right and green downwards, blue 40."""
    red, green = np.meshgrid(np.linspace(0, 255, width_px), np.linspace(0, 255, height_px))
    return np.dstack([red, green, np.full_like(red, 40)]).astype(np.uint8)


def photo(kind: str, image: Image.Image | None = None, **options: object) -> bytes:
    out = io.BytesIO()
    (image or Image.fromarray(gradient())).save(out, kind, **options)
    return out.getvalue()


def film(
    container: str,
    frames: int = 12,
    width_px: int = 160,
    height_px: int = 144,
    *,
    full_range: bool = False,
    turned: bool = False,
) -> bytes:
    """Return a film; `turned` writes a display matrix of a quarter turn clockwise (MP4 and MOV)."""
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(FILMS[container], rate=25)
        stream.width, stream.height, stream.pix_fmt = width_px, height_px, "yuv420p"
        stream.codec_context.color_range = 2 if full_range else 1
        stream.codec_context.colorspace = 1
        for number in range(frames):
            picture = gradient(width_px, height_px)
            picture[..., 2] = 40 + number
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(
                format="yuv420p", dst_colorspace="ITU709", dst_color_range="JPEG" if full_range else "MPEG"
            )
            frame.pts, frame.time_base = number, Fraction(1, 25)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    data = out.getvalue()
    if turned:
        at = data.index(_UPRIGHT)
        at = data.index(_UPRIGHT, at + 1)  # the first is the whole film's, the second the track's
        data = data[:at] + _QUARTER + data[at + len(_UPRIGHT) :]
    return data


_UPRIGHT = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
_QUARTER = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 144 << 16, 0, 1 << 30)


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("run.class", b"\xca\xfe\xba\xbe")
    return out.getvalue()


def png_bomb(side_px: int = 30_000) -> bytes:
    """Return a PNG of few bytes whose header promises very many pixels."""
    data = bytearray(photo("PNG"))
    data[16:24] = struct.pack(">II", side_px, side_px)
    data[29:33] = struct.pack(">I", crc32(data[12:29]))
    return bytes(data)


def referring_mov() -> bytes:
    """Return a MOV whose data reference names another file."""
    data = film("mov")
    at = data.index(b"dref")
    entry = at + 12
    # The entry's own name and flags say where its data is: not in this file.
    changed = bytearray(data)
    changed[entry + 4 : entry + 8] = b"url "
    changed[entry + 8 : entry + 12] = bytes(4)
    return bytes(changed)


def sample_jpeg() -> bytes:
    return (SAMPLES_DIR / "samira.jpg").read_bytes()


def seeds() -> dict[str, bytes]:
    """Return one small sound file of every kind."""
    found = {kind.lower(): photo(kind) for kind in PHOTOS}
    found["progressive"] = photo("JPEG", progressive=True)
    found["exif"] = photo("JPEG", exif=_turned())
    found["palette"] = photo("PNG", Image.fromarray(gradient()).convert("P"))
    return found | heic_seeds() | {container: film(container, 6) for container in FILMS}


def heic_seeds() -> dict[str, bytes]:
    """Return small sound HEIC files: one picture, tiles that are turned, and one with transparency."""
    alpha = heif_files.still(
        2, gradient()[..., 0], heif_files.aux_type(heif_files.ALPHA), flags=heif_files.HIDDEN, pixels="gray"
    )
    whole = heif_files.still(1, gradient(), heif_files.nclx(12, 13))
    colours = heif_files.icc(heif_files.p3_profile())
    return {
        "heic": heif_files.single(gradient()),
        "heic tiles": heif_files.tiled(gradient(), colours, heif_files.irot(3)),
        "heic alpha": heif_files.boxed([whole, alpha], [(b"auxl", 2, [1])]),
    }


def _turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def mutate(chance: random.Random, data: bytes, others: list[bytes]) -> bytes:
    """Return a file broken in one to four ways: flips, cuts, splices, lengths, repetitions."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        if changed:
            chance.choice(_WAYS)(chance, changed, chance.randrange(len(changed)), others)
    return bytes(changed)


def _flip(chance: random.Random, data: bytearray, at: int, others: list[bytes]) -> None:
    for _ in range(chance.randint(1, 16)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _cut(chance: random.Random, data: bytearray, at: int, others: list[bytes]) -> None:
    del data[at:]


def _splice(chance: random.Random, data: bytearray, at: int, others: list[bytes]) -> None:
    other = chance.choice(others)
    start = chance.randrange(len(other))
    data[at:at] = other[start : start + chance.randint(1, 2000)]


def _edit_head(chance: random.Random, data: bytearray, at: int, others: list[bytes]) -> None:
    number = chance.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, chance.getrandbits(32)))
    head = at % 300
    data[head : head + 4] = struct.pack(chance.choice("<>") + "I", number)


def _repeat(chance: random.Random, data: bytearray, at: int, others: list[bytes]) -> None:
    data[at:at] = data[at : at + chance.randint(1, 4000)]


def _remove(chance: random.Random, data: bytearray, at: int, others: list[bytes]) -> None:
    del data[at : at + chance.randint(1, 500)]


def _scribble(chance: random.Random, data: bytearray, at: int, others: list[bytes]) -> None:
    data[at : at + 8] = chance.randbytes(8)


_WAYS = (_flip, _cut, _splice, _edit_head, _repeat, _remove, _scribble)
