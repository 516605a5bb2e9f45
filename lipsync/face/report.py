"""Faces and their picture in, a report for the person who sent it out.

Each finding has a measure, the limit it is held against, a verdict, and what to do in Persian
and English (`report_texts`). The limits were chosen by looking at photographs, paintings,
drawings and statues, and at the same ones blurred, darkened, turned and covered.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final, Literal

from lipsync.face.finder import FoundFace
from lipsync.face.measures import brightness, face_width_px, mouth_gap, sharpness, uneven_light
from lipsync.face.report_texts import ADVICE, TITLES
from lipsync.face.track import Picture

Grade = Literal["good", "fair", "bad"]
Verdict = Literal["good", "usable", "refused"]

REFUSING: Final = frozenset({"faces", "face_size", "yaw"})
"""What is bad here leaves nothing to draw with; the rest only makes the result worse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at."""

    name: str
    measure: float
    unit: str
    """px, deg, %, s or faces."""
    limit: float
    """Up to here, or from here on where more is better, the verdict is good."""
    verdict: Grade
    advice_fa: str
    """What to do about it; empty when it is good."""
    advice_en: str
    title_fa: str
    title_en: str


@dataclass(frozen=True, slots=True)
class FaceReport:
    """All that was found about the chosen face of a picture or a video."""

    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """The whole in one word."""
        if any(found.verdict == "bad" and found.name in REFUSING for found in self.findings):
            return "refused"
        return "good" if all(found.verdict == "good" for found in self.findings) else "usable"

    def plus(self, more: Sequence[Finding]) -> "FaceReport":
        """Return the report with findings of a video added."""
        return FaceReport((*self.findings, *more))

    def to_json(self) -> dict[str, object]:
        """Return the report as it is stored and sent."""
        return {"verdict": self.verdict, "findings": [asdict(found) for found in self.findings]}


def judge(picture: Picture, faces: Sequence[FoundFace], chosen: int = 0) -> FaceReport:
    """Judge the chosen face of a picture.

    Args:
        picture: the picture the faces were found in.
        faces: what `FaceFinder.find` returned; empty gives a report that says what to do.
        chosen: index of the face that is meant.

    Raises:
        IndexError: there are faces, but none of that index.
    """
    count = _at_most("faces", len(faces), "faces", good=1, fair=10_000) if faces else _no_face()
    if not faces:
        return FaceReport((count,))
    if not 0 <= chosen < len(faces):
        raise IndexError(f"face {chosen} of {len(faces)}")
    face = faces[chosen]
    return FaceReport((count, *_of_picture(picture, face), *_of_pose(face), *_of_mouth(face)))


def judge_video(steadiness: float, loop_seam: float, seconds: float) -> tuple[Finding, ...]:
    """Judge a video avatar.

    Args:
        steadiness: how far the points tremble from frame to frame once the head's own movement
            is taken out, over the face's width.
        loop_seam: how far the points of the loop's last and first frame lie apart, over the
            face's width.
        seconds: until the loop repeats.
    """
    return (
        _at_most("steadiness", 100 * steadiness, "%", good=1.2, fair=2.5),
        _at_most("loop_seam", 100 * loop_seam, "%", good=6.0, fair=9.0),
        _at_least("loop_length", seconds, "s", good=2.0, fair=1.0),
    )


def judge_no_loop() -> tuple[Finding, ...]:
    """Judge a video in which the face is never seen long enough for a loop; a still of it is taken."""
    return (_at_least("loop_length", 0.0, "s", good=2.0, fair=1.0),)


def _of_picture(picture: Picture, face: FoundFace) -> tuple[Finding, ...]:
    return (
        _at_least("face_size", face_width_px(face.mesh), "px", good=160, fair=48),
        _at_least("sharpness", 100 * sharpness(picture, face.mesh), "%", good=38, fair=20),
        _light(*brightness(picture, face.mesh)),
        _at_most("contrast_sides", 100 * uneven_light(picture, face.mesh), "%", good=60, fair=110),
    )


def _of_pose(face: FoundFace) -> tuple[Finding, ...]:
    pose = face.pose
    return (
        _at_most("yaw", abs(pose.yaw), "deg", good=20, fair=45),
        _at_most("pitch", abs(pose.pitch), "deg", good=20, fair=35),
        _at_most("roll", abs(pose.roll), "deg", good=20, fair=45),
    )


def _of_mouth(face: FoundFace) -> tuple[Finding, ...]:
    gap = _at_most("mouth_open", 100 * mouth_gap(face.mesh), "%", good=12, fair=35)
    if face.lips_unsteady is None:
        return (gap,)
    return (_at_most("mouth_occluded", 100 * face.lips_unsteady, "%", good=1.8, fair=2.4), gap)


def _light(highlights: float, blown: float) -> Finding:
    if blown > 0.08:
        return _at_most("light", 100 * blown, "%", good=8, fair=25, advice="light_too_much")
    return _at_least("light", 100 * highlights, "%", good=45, fair=28, advice="light_too_little")


def _no_face() -> Finding:
    return _finding("faces", 0, "faces", 1, ("bad", "no_face"))


def _at_most(
    name: str, measure: float, unit: str, *, good: float, fair: float, advice: str | None = None
) -> Finding:
    grade: Grade = "good" if measure <= good else "fair" if measure <= fair else "bad"
    return _finding(name, measure, unit, good, (grade, advice or name))


def _at_least(
    name: str, measure: float, unit: str, *, good: float, fair: float, advice: str | None = None
) -> Finding:
    grade: Grade = "good" if measure >= good else "fair" if measure >= fair else "bad"
    return _finding(name, measure, unit, good, (grade, advice or name))


def _finding(name: str, measure: float, unit: str, limit: float, verdict: tuple[Grade, str]) -> Finding:
    grade, advice = verdict
    advice_fa, advice_en = ("", "") if grade == "good" else ADVICE[advice]
    title_fa, title_en = TITLES[name]
    return Finding(
        name=name, measure=round(float(measure), 2), unit=unit, limit=float(limit), verdict=grade,
        advice_fa=advice_fa, advice_en=advice_en, title_fa=title_fa, title_en=title_en,
    )  # fmt: skip
