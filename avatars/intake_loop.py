"""A video becomes a face track: a loop of it, steadied, its mouth at rest in every picture.

A video and what `avatars.intake_survey` saw of it in; the track, the measures for the report
and a still of it out. The video is read a second time, for the loop alone and at the
resolution that is kept.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatars.intake_rest import INNER_LIPS, OUTER_LIPS, RIGID, RestMouth, mouth_width
from avatars.intake_survey import Survey, Thumbnail
from avatars.intake_video import Video
from lipsync import clock
from lipsync.engines.grid import floats
from lipsync.engines.looped import fit_affine
from lipsync.face.contours import contours_of
from lipsync.face.finder import Box
from lipsync.face.loop import SEAM_PICTURES, Likeness, Loop, find_loop, lead_over, stretches
from lipsync.face.mesh import EYE_A, EYE_B, Mesh
from lipsync.face.points import FacePoints
from lipsync.face.steady import Moving, shake, steady
from lipsync.face.track import CodedPictures, FaceTrack, Picture

LEAST_S: Final = 1.0
"""A face that is never seen this long without a cut makes no loop."""
KEPT_PX: Final = 720
"""Longest side of a kept picture: a face of 260 pixels in it fills the usual output."""

_ABOVE: Final = 0.75
_BELOW: Final = 1.1
_ASIDE: Final = 0.9
"""Room around the face that is kept, in its own heights."""
_THUMBNAIL_WORTH: Final = 0.5
"""How much the pictures' own difference counts beside that of the heads, in face widths of 1."""
_EYES_WORTH: Final = 0.25
_LIDS: Final = ((159, 145), (386, 374))
_TOLD_EVERY: Final = 12
"""Pictures after which it is told how far the work is."""
_SHUT: Final = 1.0
"""How much a shut eye weighs, in face widths that a head is turned away."""
_DONOR_AWAY: Final = 150
"""Pictures around the loop in which a mouth at rest is looked for."""
_TURNED: Final = 1.0
"""How much a face width that a head is away from the loop's middle weighs, in mouth gaps."""


@dataclass(frozen=True, slots=True)
class Looped:
    """A video as an avatar."""

    track: FaceTrack
    steadiness: float
    """How far the points trembled before they were steadied, over the face's width."""
    loop_seam: float
    seconds: float
    """Length of the loop before it repeats."""
    mesh: Mesh
    """Of the face in the picture at rest."""

    @property
    def picture(self) -> Picture:
        """The picture that is at rest."""
        return self.track.pictures[self.track.rest]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is taken out of the video."""

    first: int
    """Number of the first picture that is read."""
    meshes: Moving
    """Steadied, of all pictures that are read, in pixels of the kept ones."""
    loop: Loop
    """Its first picture counted from the first that is read."""
    donor: int
    """The picture whose mouth all get, counted so."""
    region: Box
    """What is kept of each picture, in pixels of the read ones."""
    longest_px: int
    """Longest side of a read picture."""

    def shown(self) -> range:
        """Return the pictures of the loop and those that lead to its beginning."""
        lead = 0 if self.loop.bounces else SEAM_PICTURES
        return range(self.loop.first - lead, self.loop.first + self.loop.count)

    def numbers(self) -> frozenset[int]:
        """Return all pictures that are needed."""
        return frozenset((self.donor, *self.shown()))


def make_loop(
    video: Video, survey: Survey, box: Box, on_share: Callable[[float], None]
) -> Looped | None:
    """Make the face track of a video; None where the face is not seen long enough.

    Args:
        video: the upload.
        survey: what was seen of it.
        box: of the face that is meant, in the survey's still.
        on_share: told how much of it is done, 0 to 1.

    Raises:
        Refusal: the video is damaged.
    """
    meshes = survey.meshes_of(box)
    found = _longest(survey, meshes)
    if found is None:
        return None
    raw = np.stack([meshes[at] for at in range(*found)])
    width_px = _face_width(raw)
    steadied = steady(raw)
    loop = find_loop(_likeness(steadied, survey.thumbnails[slice(*found)], width_px))
    wanted = _choose(found[0], steadied, loop, survey.size_px)
    read = _read(video, wanted, survey.size_px)
    rest, pictures, at_rest = _at_rest(read, wanted, on_share)
    if not loop.bounces:
        _closed(pictures, at_rest, wanted.loop)
    shown = range(wanted.loop.first, wanted.loop.first + loop.count)
    height_px, width_px = rest.picture.shape[:2]
    resting = contours_of(rest.mesh, width_px, height_px)
    own = shown if loop.bounces else shown[: -SEAM_PICTURES]
    quiet = _quietest(np.stack([at_rest[number] for number in own]))
    track = FaceTrack(
        CodedPictures.of([pictures[number] for number in shown]),
        tuple(_points(at_rest[number], rest, resting) for number in shown),
        loop.bounces,
        quiet,
    )
    in_loop = raw[loop.first : loop.first + loop.count, list(RIGID)]
    return Looped(
        track=track,
        steadiness=shake(in_loop, _face_width(raw)),
        loop_seam=loop.seam,
        seconds=track.frames / clock.FPS,
        mesh=at_rest[shown[quiet]],
    )


def _longest(survey: Survey, meshes: Mapping[int, Mesh]) -> tuple[int, int] | None:
    """Return the longest stretch with the face in it."""
    whole = [number in meshes for number in range(len(survey.thumbnails))]
    spans = stretches(whole, survey.cuts)
    if not spans or spans[0][1] - spans[0][0] < LEAST_S * clock.FPS:
        return None
    return spans[0]


def _likeness(meshes: Moving, thumbnails: Sequence[Thumbnail], width_px: float) -> Likeness:
    """Return rows that are as far apart as the pictures differ: heads, eyes, and all the rest."""
    rigid = meshes[:, list(RIGID), :2].reshape(len(meshes), -1) / (width_px * np.sqrt(len(RIGID)))
    grey = np.stack(thumbnails).reshape(len(meshes), -1)
    grey = grey * (_THUMBNAIL_WORTH / np.sqrt(grey.shape[1]))
    return np.concatenate([rigid, grey, _EYES_WORTH * _openness(meshes)], axis=1).astype(np.float32)


def _openness(meshes: Moving) -> NDArray[np.float32]:
    """Return how far both eyes are open, over their widths, shape (pictures, 2)."""
    columns = []
    for (up, low), (a, b) in zip(_LIDS, (EYE_A, EYE_B), strict=True):
        high = np.linalg.norm(meshes[:, low, :2] - meshes[:, up, :2], axis=1)
        columns.append(high / np.linalg.norm(meshes[:, b, :2] - meshes[:, a, :2], axis=1))
    return np.stack(columns, axis=1).astype(np.float32)


def _choose(first: int, meshes: Moving, loop: Loop, size_px: tuple[int, int]) -> _Wanted:
    """Choose the mouth that is at rest, and what is kept of which pictures."""
    donor = _donor(meshes, loop)
    lead = 0 if loop.bounces else SEAM_PICTURES
    begin, end = min(donor, loop.first - lead), max(donor + 1, loop.first + loop.count)
    region = _region(meshes[loop.first - lead : loop.first + loop.count], size_px)
    scale = KEPT_PX / max(region.width_px, region.height_px)
    longest_px = round(max(size_px) * scale)
    return _Wanted(
        first + begin, meshes[begin:end], replace(loop, first=loop.first - begin), donor - begin,
        region, longest_px,
    )  # fmt: skip


def _donor(meshes: Moving, loop: Loop) -> int:
    """Return the picture with the lips nearest to closed, held as the head mostly is in the loop."""
    inner = np.linalg.norm(meshes[:, 13, :2] - meshes[:, 14, :2], axis=1)
    gaps = inner / np.array([mouth_width(mesh) for mesh in meshes])
    poses = _poses(meshes)
    usual = np.median(poses[loop.first : loop.first + loop.count], axis=0)
    turned = np.linalg.norm(poses - usual, axis=1)
    # Fast pictures are blurred.
    pace = np.gradient(meshes[:, list(RIGID), :2].mean(axis=1), axis=0)
    blurred = np.linalg.norm(pace, axis=1) / _face_width(meshes)
    first, end = max(0, loop.first - _DONOR_AWAY), loop.first + loop.count + _DONOR_AWAY
    return first + int((gaps + _TURNED * turned + blurred)[first:end].argmin())


def _poses(meshes: Moving) -> NDArray[np.float64]:
    """Return how each head is turned: nose tip against the cheekbones, in face widths."""
    flat = meshes[..., :2].astype(np.float64)
    a, b = flat[:, 234], flat[:, 454]
    across = b - a
    width = np.linalg.norm(across, axis=1, keepdims=True)
    tip = (flat[:, 1] - (a + b) / 2) / width
    return np.concatenate([tip, across / width], axis=1)


def _face_width(meshes: Moving) -> float:
    return float(np.linalg.norm(meshes[:, 454, :2] - meshes[:, 234, :2], axis=1).mean())


def _region(meshes: Moving, size_px: tuple[int, int]) -> Box:
    """Return the head and shoulders, wherever the head goes in the loop."""
    low, high = meshes[..., :2].min(axis=1), meshes[..., :2].max(axis=1)
    tall = float((high - low)[:, 1].mean())
    left, top = low.min(axis=0).tolist()
    right, bottom = high.max(axis=0).tolist()
    left, right = max(0.0, left - _ASIDE * tall), min(float(size_px[0]), right + _ASIDE * tall)
    top, bottom = max(0.0, top - _ABOVE * tall), min(float(size_px[1]), bottom + _BELOW * tall)
    return Box(left, top, right - left, bottom - top)


def _read(video: Video, wanted: _Wanted, size_px: tuple[int, int]) -> Iterator[tuple[int, Picture, Mesh]]:
    """Yield the kept part of each wanted picture with its number and its mesh in it."""
    needed = wanted.numbers()
    count = len(wanted.meshes)
    pictures = video.pictures(wanted.longest_px, first=wanted.first, most=count)
    for number, picture in enumerate(islice(pictures, count)):
        if number not in needed:
            continue
        scale = picture.shape[1] / size_px[0]
        left, top = round(wanted.region.x_px * scale), round(wanted.region.y_px * scale)
        right = round((wanted.region.x_px + wanted.region.width_px) * scale)
        bottom = round((wanted.region.y_px + wanted.region.height_px) * scale)
        mesh = wanted.meshes[number] * np.float32(scale) - floats([left, top, 0])
        yield number, np.ascontiguousarray(picture[top:bottom, left:right]), mesh


def _at_rest(
    read: Iterator[tuple[int, Picture, Mesh]], wanted: _Wanted, on_share: Callable[[float], None]
) -> tuple[RestMouth, dict[int, Picture], dict[int, Mesh]]:
    """Return the mouth at rest, and all pictures of the loop and of what leads to it, with it."""
    pictures, meshes = {}, {}
    for number, picture, mesh in read:
        pictures[number], meshes[number] = picture, mesh
        if len(pictures) % _TOLD_EVERY == 0:
            on_share(0.5 * len(pictures) / len(wanted.numbers()))
    rest = RestMouth.of(pictures[wanted.donor], meshes[wanted.donor])
    shown = wanted.shown()
    for done, number in enumerate(shown, 1):
        pictures[number], meshes[number] = rest.put(pictures[number], meshes[number])
        if done % _TOLD_EVERY == 0:
            on_share(0.5 + 0.5 * done / len(shown))
    return rest, pictures, meshes


def _closed(pictures: dict[int, Picture], meshes: dict[int, Mesh], loop: Loop) -> None:
    """Lead the last pictures of a loop over to those before its first, in place."""
    for step in range(SEAM_PICTURES):
        at, to = loop.first + loop.count - SEAM_PICTURES + step, loop.first - SEAM_PICTURES + step
        share = (step + 1) / (SEAM_PICTURES + 1)
        pictures[at] = lead_over(pictures[at], pictures[to], share)
        meshes[at] = meshes[at] + (meshes[to] - meshes[at]) * np.float32(share)


def _points(mesh: Mesh, rest: RestMouth, resting: FacePoints) -> FacePoints:
    """Return the contours of a mesh, the lips exactly where those at rest were laid in."""
    height_px, width_px = rest.picture.shape[:2]
    lips = [*OUTER_LIPS, *INNER_LIPS]
    there = fit_affine(rest.mesh[lips, :2], mesh[lips, :2])
    points = contours_of(mesh, width_px, height_px)
    laid = {
        name: (curve @ there[:, :2].T + there[:, 2]).astype(np.float32)
        for name, curve in resting.contours.items() if name.startswith("lip_")
    }  # fmt: skip
    return FacePoints(width_px, height_px, {**points.contours, **laid})


def _quietest(meshes: Moving) -> int:
    """Return the picture to measure a face on: eyes open, the head as it mostly is."""
    poses, eyes = _poses(meshes), _openness(meshes).min(axis=1)
    turned = np.linalg.norm(poses - np.median(poses, axis=0), axis=1)
    wide = float(np.percentile(eyes, 80))
    return int((turned + _SHUT * np.maximum(0.9 * wide - eyes, 0) / max(wide, 1e-6)).argmin())
