"""Which part of a picture becomes an avatar's, and the faces in it.

A photo and a finder of faces in, canonical pictures out. Where the face fills enough of the
picture all of it is kept; where it is small, or one of several, its head and shoulders are
cut out of the photo at its own resolution.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import cv2
import numpy as np

from avatars.intake_photo import LONGEST_PX
from avatars.intake_refusals import Refusal
from lipsync.face.finder import Box, FoundFace
from lipsync.face.track import Picture

MOST_CHOICES: Final = 8
"""Faces that are offered to choose from."""

_LEAST_SHARE: Final = 0.34
"""A face lower than this share of the picture's shorter side is cut out."""
_ABOVE: Final = 0.75
_BELOW: Final = 1.0
_ASIDE: Final = 0.85
"""Room around a face that is cut out, in its own heights."""


class Source(Protocol):
    """A whole upright picture that can be had at several sizes (`avatars.intake_photo.Photo`)."""

    @property
    def width_px(self) -> int:
        """Its width at full size."""
        ...

    @property
    def height_px(self) -> int:
        """Its height at full size."""
        ...

    def decode(self, longest_px: int) -> Picture:
        """Return it with its longest side at most `longest_px`."""
        ...


class Finder(Protocol):
    """Finds faces (`lipsync.face.finder.FaceFinder`)."""

    def find(self, picture: Picture) -> Sequence[FoundFace]:
        """Return the faces of a picture, best first."""
        ...

    def follow(self, picture: Picture, before: FoundFace) -> FoundFace | None:
        """Return a face measured anew where it was before, or None where it is not."""
        ...


@dataclass(frozen=True, slots=True)
class Canonical:
    """A canonical picture and the face in it."""

    picture: Picture
    faces: Sequence[FoundFace]
    """The avatar's own first, in pixels of this picture; behind it the photo's others, which
    are only counted. Empty when none was found."""
    number: int
    """Which of the photo's faces it is, best first from 0."""
    share: Box
    """Where the face is in the whole photo: shares of its width and height."""


def cut_canonical(source: Source, finder: Finder | None, asked: int | None) -> Sequence[Canonical]:
    """Return the canonical picture of a photo, and those of its other faces behind it.

    Args:
        source: the photo.
        finder: None looks for no faces.
        asked: number of the face that was chosen, best first from 0; None takes the best.

    Returns:
        At least one; the first is the avatar's. Without a face, the whole picture alone.

    Raises:
        Refusal: there is no face of that number.
    """
    whole = _fitted(source.decode(LONGEST_PX))
    faces = list(finder.find(whole))[:MOST_CHOICES] if finder else []
    if asked is not None and asked >= len(faces):
        raise Refusal("no_such_face", asked=asked + 1, count=len(faces))
    if not faces or finder is None:
        return (Canonical(whole, (), 0, Box(0.0, 0.0, 1.0, 1.0)),)
    first = asked or 0
    order = [first, *(number for number in range(len(faces)) if number != first)]
    if asked is not None:
        order = [asked]
    full: Picture | None = None
    cut = []
    for number in order:
        box = faces[number].box
        if len(faces) == 1 and _fills(box, whole):
            return (Canonical(whole, faces, number, _share(box, whole)),)
        region = _region(box, whole)
        if full is None and _is_coarse(region, whole, source):
            full = source.decode(max(source.width_px, source.height_px))
        picture, moved = _cut(whole if full is None else full, region, box, whole)
        # The detectors know this face already; only its points gain by the finer picture.
        own = finder.follow(picture, _moved(faces[number], moved))
        others = tuple(face for face in faces if face is not faces[number])
        if own is None:
            cut.append(Canonical(picture, (), number, _share(box, whole)))
        else:
            own = replace(own, lips_unsteady=faces[number].lips_unsteady)
            cut.append(Canonical(picture, (own, *others), number, _share(box, whole)))
    return tuple(cut)


def _fills(box: Box, whole: Picture) -> bool:
    """Tell whether a face is large enough for all of its picture to be kept."""
    return bool(box.height_px >= _LEAST_SHARE * min(whole.shape[:2]))


def _region(box: Box, whole: Picture) -> Box:
    """Return the head and shoulders around a face."""
    height_px, width_px = whole.shape[:2]
    left = max(0.0, box.x_px + box.width_px / 2 - (0.5 + _ASIDE) * box.height_px)
    right = min(float(width_px), box.x_px + box.width_px / 2 + (0.5 + _ASIDE) * box.height_px)
    top = max(0.0, box.y_px - _ABOVE * box.height_px)
    bottom = min(float(height_px), box.y_px + (1 + _BELOW) * box.height_px)
    return Box(left, top, right - left, bottom - top)


def _is_coarse(region: Box, whole: Picture, source: Source) -> bool:
    """Tell whether the photo itself holds more of a region than the picture of it at hand."""
    longest = max(region.width_px, region.height_px)
    return longest < LONGEST_PX and max(whole.shape[:2]) < max(source.width_px, source.height_px)


def _cut(picture: Picture, region: Box, face: Box, whole: Picture) -> tuple[Picture, Box]:
    """Return a region of a picture, fitted, and where the face is in it; boxes are of `whole`."""
    scale = picture.shape[1] / whole.shape[1]
    rows = slice(round(region.y_px * scale), round((region.y_px + region.height_px) * scale))
    columns = slice(round(region.x_px * scale), round((region.x_px + region.width_px) * scale))
    part = picture[rows, columns]
    fitted = _fitted(part)
    by = scale * fitted.shape[1] / part.shape[1]
    left, top = (face.x_px - region.x_px) * by, (face.y_px - region.y_px) * by
    return fitted, Box(left, top, face.width_px * by, face.height_px * by)


def _moved(face: FoundFace, at: Box) -> FoundFace:
    """Return a face as it lies in a picture in which its box is elsewhere, and of another size."""
    scale = at.width_px / face.box.width_px
    shift = np.array([at.x_px - face.box.x_px * scale, at.y_px - face.box.y_px * scale, 0.0])
    return replace(face, box=at, mesh=(face.mesh * scale + shift).astype(np.float32))


def _fitted(picture: Picture) -> Picture:
    height_px, width_px = picture.shape[:2]
    scale = LONGEST_PX / max(height_px, width_px)
    if scale >= 1:
        return np.ascontiguousarray(picture)
    size = (max(1, round(width_px * scale)), max(1, round(height_px * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _share(box: Box, whole: Picture) -> Box:
    height_px, width_px = whole.shape[:2]
    return Box(
        box.x_px / width_px, box.y_px / height_px, box.width_px / width_px, box.height_px / height_px
    )
