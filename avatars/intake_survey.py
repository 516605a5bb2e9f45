"""A whole video looked through once: which faces are in it, where its shots end, its best still.

A video and a finder in, what was seen out. Faces are followed from picture to picture, which
costs a tenth of looking for them; they are looked for anew where a shot begins.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from avatars.intake_canonical import Finder
from avatars.intake_refusals import Refusal
from avatars.intake_video import Video
from lipsync.face.finder import Box, FoundFace
from lipsync.face.mesh import Mesh
from lipsync.face.track import Picture

LOOKED_AT_PX: Final = 1280
"""Longest side of the pictures in which faces are followed."""
MOST_PICTURES: Final = 750
"""Pictures in which faces are followed: half a minute. The rest is only read to its end."""
THUMBNAIL_PX: Final = 32
_STILLS: Final = 9
"""Pictures in which faces are looked for in any case; one of them becomes the still."""
_MOST_FACES: Final = 3
"""Faces that are followed at once."""
_SAME_OVERLAP: Final = 0.4
_CUT: Final = 0.16
"""A new shot begins where the mean of all pixels' changes is this much, of 1."""
_TOLD_EVERY: Final = 12

Thumbnail = NDArray[np.float32]


@dataclass(slots=True)
class Followed:
    """One face through the pictures in which it was seen without a break."""

    last: FoundFace
    meshes: dict[int, Mesh] = field(default_factory=dict)
    """Number of a picture to the face's mesh in it."""


@dataclass(slots=True)
class Survey:
    """What was seen of a video."""

    still: Picture
    """The picture with the surest face."""
    still_number: int = 0
    thumbnails: list[Thumbnail] = field(default_factory=list)
    """Every looked-at picture, grey, 0 to 1, THUMBNAIL_PX square."""
    cuts: list[bool] = field(default_factory=list)
    """Whether a new shot begins with each looked-at picture."""
    followed: list[Followed] = field(default_factory=list)
    size_px: tuple[int, int] = (0, 0)
    """Width and height of the looked-at pictures."""

    def meshes_of(self, box: Box) -> dict[int, Mesh]:
        """Return the meshes of the face that is in a box of the still, by number of picture.

        Args:
            box: in pixels of the looked-at pictures.
        """
        chosen = max(self.followed, key=lambda one: _overlap(one, self.still_number, box), default=None)
        if chosen is None or _overlap(chosen, self.still_number, box) < _SAME_OVERLAP:
            return {}
        return chosen.meshes


def survey_video(video: Video, finder: Finder | None, on_share: Callable[[float], None]) -> Survey:
    """Look through a whole video, so that one that is damaged anywhere is refused.

    Args:
        video: the upload.
        finder: None follows nobody; the still is then the first picture.
        on_share: told how much of it is done, 0 to 1.

    Raises:
        Refusal: it is damaged, too long, or holds no picture.
    """
    survey: Survey | None = None
    surest = -1.0
    promised = max(1, video.pictures_promised)
    every = max(1, promised // _STILLS)
    looking: list[Followed] = []
    for number, picture in enumerate(video.pictures(LOOKED_AT_PX, most=MOST_PICTURES)):
        if survey is None:
            survey = Survey(picture, size_px=(picture.shape[1], picture.shape[0]))
        cut = _look(survey, picture)
        looking = [] if cut else looking
        if finder is not None:
            looking = _follow(finder, picture, number, looking)
            if cut or number % every == 0 or (not looking and number % _TOLD_EVERY == 0):
                found = finder.find(picture)
                _meet(survey, looking, found, number)
                sure = max((face.score for face in found), default=-0.5)
                if sure > surest:
                    surest, survey.still, survey.still_number = sure, picture, number
        if number % _TOLD_EVERY == 0:
            on_share(min(1.0, number / promised))
    if survey is None:
        raise Refusal("no_picture", count=0)
    return survey


def _look(survey: Survey, picture: Picture) -> bool:
    """Note a picture's thumbnail; return whether it begins a new shot."""
    size = (THUMBNAIL_PX, THUMBNAIL_PX)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY) / np.float32(255), np.float32)
    cut = not survey.thumbnails or float(np.abs(grey - survey.thumbnails[-1]).mean()) > _CUT
    survey.thumbnails.append(grey)
    survey.cuts.append(cut)
    return cut


def _follow(finder: Finder, picture: Picture, number: int, looking: Sequence[Followed]) -> list[Followed]:
    """Return those faces that are still there."""
    there: list[Followed] = []
    for one in looking:
        face = finder.follow(picture, one.last)
        if face is None or any(face.box.overlap(other.last.box) > _SAME_OVERLAP for other in there):
            continue
        one.last = face
        one.meshes[number] = face.mesh
        there.append(one)
    return there


def _meet(survey: Survey, looking: list[Followed], found: Sequence[FoundFace], number: int) -> None:
    """Begin to follow faces that nobody follows yet."""
    for face in found[:_MOST_FACES]:
        if len(looking) >= _MOST_FACES:
            return
        if all(face.box.overlap(one.last.box) <= _SAME_OVERLAP for one in looking):
            one = Followed(face, {number: face.mesh})
            looking.append(one)
            survey.followed.append(one)


def _overlap(one: Followed, number: int, box: Box) -> float:
    mesh = one.meshes.get(number)
    if mesh is None:
        return 0.0
    (left, top), (right, bottom) = mesh[:, :2].min(axis=0).tolist(), mesh[:, :2].max(axis=0).tolist()
    return Box(left, top, right - left, bottom - top).overlap(box)

