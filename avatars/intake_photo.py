"""An uploaded photo becomes a plain one: upright, sRGB, eight bits, opaque.

An open file of a known kind in, BGR pictures out. Sizes are checked in the header, before
anything is decoded. JPEG is decoded at the smallest of its own scales that is large enough,
which is what makes a photo of twelve megapixels quick.
"""

import io
import warnings
from typing import BinaryIO, Final

import cv2
import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from avatars.intake_format import Kind
from avatars.intake_refusals import Refusal
from lipsync.face.track import Picture

LONGEST_PX: Final = 1536
"""Longest side of a canonical picture."""
SHORTEST_PX: Final = 128
"""A picture whose shorter side is below this shows no face well enough."""

_GREY: Final = (128, 128, 128, 255)
_MODES: Final = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "I", "I;16", "I;16B"})
_COLOUR_MODES: Final = {"RGB": "RGB ", "CMYK": "CMYK", "L": "GRAY"}
"""Modes whose embedded profile is obeyed, and what such a profile says it is for."""


class Photo:
    """One uploaded photo, decoded as large as is asked for.

    Args:
        file: open and seekable; belongs to the photo from now on.
        kind: what `recognise` said.
        most_px: pixels it may have.

    Raises:
        Refusal: too many pixels, too few, animated, or not readable.
    """

    def __init__(self, file: BinaryIO, kind: Kind, most_px: int) -> None:
        self._file, self._kind = file, kind
        with self._open() as image:
            width_px, height_px = image.size
            if width_px * height_px > most_px:
                limit = most_px // 1_000_000
                raise Refusal("too_many_pixels", width=width_px, height=height_px, limit=limit)
            if min(image.size) < SHORTEST_PX:
                raise Refusal("too_small", width=width_px, height=height_px, limit=SHORTEST_PX)
            if getattr(image, "is_animated", False):
                raise Refusal("animated", kind=kind.name)
            if image.mode not in _MODES:
                raise Refusal("broken", kind=kind.name)
            turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
        self.width_px, self.height_px = (height_px, width_px) if turned else (width_px, height_px)
        """Size of the whole photo, upright."""

    def decode(self, longest_px: int) -> Picture:
        """Return the photo, upright, its longest side at most `longest_px`; never enlarged.

        Raises:
            Refusal: it is damaged, or ends too early.
        """
        with self._open() as image:
            scale = min(1.0, longest_px / max(image.size))
            wanted = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
            if image.format == "JPEG":
                image.draft(None, wanted)
            self._load(image)
            return plain_picture(image, wanted)

    def _open(self) -> Image.Image:
        self._file.seek(0)
        try:
            with warnings.catch_warnings():
                # Pixels are counted here, before decoding; its own warning comes at a count of its own.
                warnings.simplefilter("ignore", Image.DecompressionBombWarning)
                return Image.open(self._file, formats=[self._kind.decoder])
        except Image.DecompressionBombError as error:
            raise Refusal("too_many_pixels", width="?", height="?", limit="?") from error
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError, RuntimeError) as error:
            raise Refusal("broken", kind=self._kind.name) from error

    def _load(self, image: Image.Image) -> None:
        try:
            image.load()
        except (OSError, ValueError, SyntaxError, RuntimeError) as error:
            code = "truncated" if "truncated" in str(error) else "broken"
            raise Refusal(code, kind=self._kind.name) from error


def plain_picture(image: Image.Image, wanted: tuple[int, int]) -> Picture:
    """Return an image as upright BGR, opaque and in sRGB, of a size given before it is turned."""
    orientation = image.getexif().get(0x0112, 1)
    profile = image.info.get("icc_profile")
    plain = _opaque(_eight_bits(image))
    if plain.size != wanted:
        # Before colours are converted, for that costs by the pixel.
        plain = plain.resize(wanted, Image.Resampling.LANCZOS, reducing_gap=2.0)
    plain = _to_srgb(plain, profile)
    if orientation in range(2, 9):
        upright = ImageOps.exif_transpose(_oriented(plain, orientation))
        plain = plain if upright is None else upright
    return np.asarray(cv2.cvtColor(np.asarray(plain), cv2.COLOR_RGB2BGR), np.uint8)


def _oriented(image: Image.Image, orientation: int) -> Image.Image:
    image.getexif()[0x0112] = orientation
    return image


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return an image with eight bits a channel; sixteen keep their upper half."""
    if image.mode.startswith("I"):
        numbers = np.asarray(image).astype(np.int64)
        return Image.fromarray(np.clip(numbers >> 8, 0, 255).astype(np.uint8))
    if image.mode in ("P", "PA"):
        return image.convert("RGBA" if image.mode == "PA" or "transparency" in image.info else "RGB")
    if image.mode in ("1", "YCbCr"):
        return image.convert("L" if image.mode == "1" else "RGB")
    if image.mode in ("RGB", "L") and "transparency" in image.info:
        return image.convert("RGBA")
    return image


def _opaque(image: Image.Image) -> Image.Image:
    """Return an image over neutral grey, where it lets something through."""
    if image.mode not in ("RGBA", "LA"):
        return image
    front = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", front.size, _GREY), front).convert("RGB")


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return an image in sRGB; a profile that is broken or for other colours is left aside."""
    if profile and image.mode in _COLOUR_MODES:
        try:
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            fits = given.profile.xcolor_space == _COLOUR_MODES[image.mode]
            if fits and "sRGB" not in (given.profile.profile_description or ""):
                srgb = ImageCms.createProfile("sRGB")
                changed = ImageCms.profileToProfile(image, given, srgb, outputMode="RGB")
                return image if changed is None else changed
        except (ImageCms.PyCMSError, OSError):
            return image.convert("RGB")
    return image.convert("RGB")
