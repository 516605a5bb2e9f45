"""What the throw-away child does with an upload, once it is shut in.

An open file, loaded networks and options in; named files and a result out, through the two
functions it is given. Opens nothing, starts nothing, and knows no paths.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, Final

from avatars.facefile import to_npz
from avatars.intake_canonical import MOST_CHOICES, Canonical, Finder, cut_canonical
from avatars.intake_format import HEIC, recognise
from avatars.intake_heif import HeifPhoto
from avatars.intake_loop import Looped, make_loop
from avatars.intake_photo import Photo
from avatars.intake_preview import THUMBNAIL_PX, draw_loop_previews, draw_previews, jpeg, png
from avatars.intake_survey import survey_video
from avatars.intake_video import Video, VideoLimits
from lipsync.engines.framing import BadFace
from lipsync.face.finder import Box, FoundFace
from lipsync.face.mesh import box_of_mesh
from lipsync.face.report import FaceReport, Finding, judge_no_loop, judge_video
from lipsync.face.track import FaceTrack, Picture

PutFile = Callable[[str, bytes], None]
"""Told the name and the bytes of each result file."""
OnProgress = Callable[[str, float], None]
"""Told the step that begins, and the share of all work that is done, 0 to 1."""
Judge = Callable[[Picture, Sequence[FoundFace], int], FaceReport]
"""Returns the report of a picture, its faces and the number of the chosen one."""

_FOLLOWED: Final = 0.5
_LOOPED: Final = 0.8
_JUDGED: Final = 0.85
"""Shares of the work on a video that are done when its face was followed, its loop made and judged."""


@dataclass(frozen=True, slots=True)
class WorkLimits:
    """What an upload may have."""

    photo_px: int
    video: VideoLimits


def work(
    file: BinaryIO,
    *,
    limits: WorkLimits,
    finder: Finder | None,
    judge: Judge | None,
    face: int | None,
    put: PutFile,
    on_progress: OnProgress,
) -> Mapping[str, object]:
    """Make an upload's canonical files.

    Args:
        file: the upload, open and seekable.
        limits: what it may have.
        finder: finds faces; None leaves the points to be set by hand.
        judge: writes the report; None where there is no finder.
        face: number of the face that was chosen, best first from 0.
        put: takes each file.
        on_progress: told of each step.

    Returns:
        The result, ready for JSON: kind, size, faces to choose from, whether points are needed.

    Raises:
        Refusal: the upload cannot become an avatar.
    """
    on_progress("recognise", 0.0)
    kind = recognise(file)
    on_progress("decode", 0.05)
    if kind.video:
        taken = _take_video(Video(file, kind, limits.video), finder, face, on_progress)
    else:
        source = HeifPhoto(file, limits.photo_px) if kind is HEIC else Photo(file, kind, limits.photo_px)
        on_progress("find", 0.3)
        taken = _Taken(cut_canonical(source, finder, face))
    cut, own = taken.cut, taken.cut[0]
    on_progress("judge", 0.5 if taken.track is None else _LOOPED)
    put("report.json", _json(_judged(own, judge, taken.findings)))
    put("picture.png", png(own.picture))
    put("preview.jpg", jpeg(own.picture))
    on_progress("draw", 0.6 if taken.track is None else _JUDGED)
    unfit = _draw(own, taken.track, put)
    choices = _put_choices(cut, put) if len(cut) > 1 else []
    on_progress("done", 1.0)
    height_px, width_px = own.picture.shape[:2]
    return {
        "kind": kind.name,
        "video": kind.video,
        "width_px": width_px,
        "height_px": height_px,
        "needs_points": not own.faces or unfit is not None,
        "unfit": unfit,
        "face": own.number,
        "choices": choices,
    }


@dataclass(frozen=True, slots=True)
class _Taken:
    """What an upload holds."""

    cut: Sequence[Canonical]
    """The avatar's own first, then its other faces."""
    track: FaceTrack | None = None
    """The loop of a video in which the face could be followed."""
    findings: Sequence[Finding] = ()
    """What is to be said of a video beside its picture."""


def _take_video(video: Video, finder: Finder | None, face: int | None, on_progress: OnProgress) -> _Taken:
    """Follow the face through a video and make a loop of it, or take its best still."""
    survey = survey_video(
        video, finder, lambda share: on_progress("find", 0.05 + (_FOLLOWED - 0.05) * share)
    )
    cut = cut_canonical(Still(survey.still), finder, face)
    if finder is None or not cut[0].faces:
        return _Taken(cut)
    looped = make_loop(
        video, survey, _box_in(survey.still, cut[0].share),
        lambda share: on_progress("loop", _FOLLOWED + (_LOOPED - _FOLLOWED) * share),
    )  # fmt: skip
    if looped is None:
        return _Taken(cut, None, judge_no_loop())
    face_there = _found_in(looped, cut[0].faces[0], finder)
    own = replace(cut[0], picture=looped.picture, faces=(face_there, *cut[0].faces[1:]))
    findings = judge_video(looped.steadiness, looped.loop_seam, looped.seconds)
    return _Taken((own, *cut[1:]), looped.track, findings)


def _box_in(picture: Picture, share: Box) -> Box:
    height_px, width_px = picture.shape[:2]
    return Box(
        share.x_px * width_px, share.y_px * height_px, share.width_px * width_px, share.height_px * height_px
    )


def _found_in(looped: Looped, known: FoundFace, finder: Finder) -> FoundFace:
    """Return a face as it is in the picture of a loop that is at rest."""
    placed = replace(known, box=box_of_mesh(looped.mesh), mesh=looped.mesh)
    seen = finder.follow(looped.picture, placed) or placed
    points = looped.track.points[looped.track.rest]
    return replace(seen, points=points, lips_unsteady=known.lips_unsteady)


@dataclass(frozen=True, slots=True)
class Still:
    """One picture of a video, as a source of canonical pictures."""

    picture: Picture

    @property
    def width_px(self) -> int:
        """Its width; it is not kept larger than this."""
        return int(self.picture.shape[1])

    @property
    def height_px(self) -> int:
        """Its height."""
        return int(self.picture.shape[0])

    def decode(self, longest_px: int) -> Picture:
        """Return it as it is; `cut_canonical` fits it."""
        del longest_px
        return self.picture


def _judged(own: Canonical, judge: Judge | None, more: Sequence[Finding]) -> Mapping[str, object]:
    if judge is None:
        return {"verdict": "usable", "findings": []}
    return judge(own.picture, own.faces, 0).plus(more).to_json()


def _draw(own: Canonical, track: FaceTrack | None, put: PutFile) -> str | None:
    """Put the points and what is drawn from them; return why nothing can be drawn."""
    if not own.faces:
        return None
    points = own.faces[0].points
    put("points.json", _json(points.to_json()))
    try:
        previews = draw_previews(own.picture, points) if track is None else draw_loop_previews(track)
    except BadFace as error:
        return str(error)
    put("visemes.jpg", previews.visemes)
    put("idle.mp4", previews.idle)
    if track is not None:
        put("face.npz", to_npz(track))
    return None


def _put_choices(cut: Sequence[Canonical], put: PutFile) -> list[Mapping[str, object]]:
    """Put each face's own picture, points and thumbnail, for its owner to choose from."""
    choices: list[Mapping[str, object]] = []
    for one in sorted(cut, key=lambda canonical: canonical.number)[:MOST_CHOICES]:
        if not one.faces:
            continue
        number, face = one.number, one.faces[0]
        put(f"face-{number}.jpg", jpeg(_face_only(one.picture, face), THUMBNAIL_PX))
        put(f"face-{number}.png", png(one.picture))
        put(f"face-{number}.json", _json(face.points.to_json()))
        share = one.share
        box = {"x": share.x_px, "y": share.y_px, "width": share.width_px, "height": share.height_px}
        choices.append({"face": number, "score": round(face.score, 3), "box": box})
    return choices


def _face_only(picture: Picture, face: FoundFace) -> Picture:
    height_px, width_px = picture.shape[:2]
    side = 1.3 * max(face.box.width_px, face.box.height_px)
    left = face.box.x_px + (face.box.width_px - side) / 2
    top = face.box.y_px + (face.box.height_px - side) / 2
    rows = slice(max(0, round(top)), min(height_px, round(top + side)))
    return picture[rows, max(0, round(left)) : min(width_px, round(left + side))]


def _json(document: Mapping[str, object]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
