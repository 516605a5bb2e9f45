"""What the throw-away child does with an upload, once it is shut in.

An open file, loaded networks and options in; named files and a result out, through the two
functions it is given. Opens nothing, starts nothing, and knows no paths.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from avatars.intake_canonical import MOST_CHOICES, Canonical, Finder, cut_canonical
from avatars.intake_format import Kind, recognise
from avatars.intake_photo import LONGEST_PX, Photo
from avatars.intake_preview import THUMBNAIL_PX, draw_previews, jpeg, png
from avatars.intake_refusals import Refusal
from avatars.intake_video import Video, VideoLimits
from lipsync.engines.framing import BadFace
from lipsync.face.finder import FoundFace
from lipsync.face.track import Picture

PutFile = Callable[[str, bytes], None]
"""Told the name and the bytes of each result file."""
OnProgress = Callable[[str, float], None]
"""Told the step that begins, and the share of all work that is done, 0 to 1."""
Judge = Callable[[Picture, Sequence[FoundFace], int], Mapping[str, object]]
"""Returns the report of a picture, its faces and the number of the chosen one, as JSON."""

_STILLS: Final = 9
"""Pictures of a video in which the face is looked for."""


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
    source = _source(file, kind, limits, finder)
    on_progress("find", 0.3)
    cut = cut_canonical(source, finder, face)
    own = cut[0]
    on_progress("judge", 0.5)
    report = _judged(own, judge)
    put("report.json", _json(report))
    put("picture.png", png(own.picture))
    put("preview.jpg", jpeg(own.picture))
    on_progress("draw", 0.6)
    unfit = _draw(own, put)
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


def _source(file: BinaryIO, kind: Kind, limits: WorkLimits, finder: Finder | None) -> "Photo | Still":
    if kind.video:
        return best_still(Video(file, kind, limits.video), finder)
    return Photo(file, kind, limits.photo_px)


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


def best_still(video: Video, finder: Finder | None) -> Still:
    """Read a whole video and return the picture in which the face is found best.

    Every picture is decoded, so that a video that is damaged anywhere is refused.
    """
    best: Picture | None = None
    best_score = -1.0
    every = max(1, video.frames_promised // _STILLS)
    for number, picture in enumerate(video.pictures(LONGEST_PX)):
        if number % every:
            continue
        score = _face_score(picture, finder)
        if score > best_score:
            best, best_score = picture, score
    if best is None:
        raise Refusal("no_picture", count=0)
    return Still(best)


def _face_score(picture: Picture, finder: Finder | None) -> float:
    if finder is None:
        return 0.0
    return max((face.score for face in finder.find(picture)), default=0.0)


def _judged(own: Canonical, judge: Judge | None) -> Mapping[str, object]:
    if judge is None:
        return {"verdict": "usable", "findings": []}
    return judge(own.picture, own.faces, 0)


def _draw(own: Canonical, put: PutFile) -> str | None:
    """Put the points and what is drawn from them; return why nothing can be drawn."""
    if not own.faces:
        return None
    points = own.faces[0].points
    put("points.json", _json(points.to_json()))
    try:
        previews = draw_previews(own.picture, points)
    except BadFace as error:
        return str(error)
    put("visemes.jpg", previews.visemes)
    put("idle.mp4", previews.idle)
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
