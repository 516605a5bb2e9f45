"""The report says of a picture what a person who looks at it would say, in both languages."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from lipsync.face.finder import FaceFinder, FoundFace
from lipsync.face.models import FaceModels
from lipsync.face.report import FaceReport, Finding, judge, judge_no_loop, judge_video
from lipsync.face.report_texts import ADVICE, TITLES
from lipsync.face.track import Picture

SAMPLES = Path(__file__).resolve().parents[3] / "avatars" / "samples"
SKIN = (165, 190, 225)


@pytest.fixture(scope="module")
def finder(face_models: FaceModels) -> FaceFinder:
    return FaceFinder(face_models)


@pytest.fixture(scope="module")
def samira() -> Picture:
    picture = cv2.imread(str(SAMPLES / "samira.jpg"))
    assert picture is not None
    return np.asarray(picture, np.uint8)


def smaller(picture: Picture, scale: float) -> Picture:
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def report_of(finder: FaceFinder, picture: Picture) -> FaceReport:
    return judge(picture, finder.find(picture), 0)


def worse(report: FaceReport) -> dict[str, str]:
    return {found.name: found.verdict for found in report.findings if found.verdict != "good"}


def of(report: FaceReport, name: str) -> Finding:
    return next(found for found in report.findings if found.name == name)


def covered_by_a_mask(picture: Picture) -> Picture:
    covered = picture.copy()
    cv2.ellipse(covered, (512, 610), (215, 140), 0, 0, 360, (230, 220, 200), -1)
    return covered


def covered_by_fingers(picture: Picture) -> Picture:
    covered = picture.copy()
    for row in range(5):
        shade = tuple(int(part * (0.86 + 0.04 * row)) for part in SKIN)
        cv2.line(covered, (330, 545 + 30 * row), (640, 545 + 30 * row), shade, 30, cv2.LINE_AA)
    return covered


def lit_from_one_side(picture: Picture) -> Picture:
    fall = np.linspace(1.6, -0.6, picture.shape[1])[None, :, None].clip(0.08, 1)
    return (picture * fall).astype(np.uint8)


@pytest.mark.parametrize("presenter", ["samira", "kian"])
def test_a_good_portrait_is_good_and_nothing_is_asked_for(finder: FaceFinder, presenter: str) -> None:
    picture = np.asarray(cv2.imread(str(SAMPLES / f"{presenter}.jpg")), np.uint8)
    report = report_of(finder, picture)
    assert worse(report) == {}
    assert report.verdict == "good"
    assert {found.advice_en + found.advice_fa for found in report.findings} == {""}


@pytest.mark.parametrize(
    ("change", "name", "verdict"),
    [
        (lambda p: smaller(p, 0.25), "face_size", "fair"),
        (lambda p: smaller(p, 0.1), "face_size", "bad"),
        (lambda p: cv2.GaussianBlur(p, (0, 0), 7), "sharpness", "fair"),
        (lambda p: cv2.GaussianBlur(p, (0, 0), 18), "sharpness", "bad"),
        (lambda p: (p * 0.4).astype(np.uint8), "light", "fair"),
        (lambda p: (p * 0.2).astype(np.uint8), "light", "bad"),
        (lambda p: np.clip(p * 2.4, 0, 255).astype(np.uint8), "light", "bad"),
        (lit_from_one_side, "contrast_sides", "fair"),
        (covered_by_a_mask, "mouth_occluded", "bad"),
        (covered_by_fingers, "mouth_occluded", "bad"),
    ],
)
def test_what_is_wrong_with_a_picture_is_found_with_what_to_do(
    finder: FaceFinder, samira: Picture, change: Callable[[Picture], Picture], name: str, verdict: str
) -> None:
    report = report_of(finder, change(samira))
    found = of(report, name)
    assert found.verdict == verdict, found
    assert found.advice_en
    assert found.advice_fa
    assert report.verdict == ("refused" if name == "face_size" and verdict == "bad" else "usable")


def test_dark_light_and_too_much_of_it_have_advice_of_their_own(finder: FaceFinder, samira: Picture) -> None:
    dark = of(report_of(finder, (samira * 0.3).astype(np.uint8)), "light")
    blown = of(report_of(finder, np.clip(samira * 2.4, 0, 255).astype(np.uint8)), "light")
    assert "dark" in dark.advice_en
    assert "burnt out" in blown.advice_en


@pytest.mark.parametrize("scale", [0.3, 0.5, 2.0])
def test_sharpness_means_the_same_for_a_small_face_and_a_large_one(
    finder: FaceFinder, samira: Picture, scale: float
) -> None:
    as_it_is = of(report_of(finder, samira), "sharpness").measure
    scaled = of(report_of(finder, smaller(samira, scale)), "sharpness").measure
    assert scaled == pytest.approx(as_it_is, rel=0.25)


def test_an_open_mouth_is_told(finder: FaceFinder, samira: Picture) -> None:
    opened = samira.copy()
    cv2.ellipse(opened, (512, 632), (34, 26), 0, 0, 360, (25, 20, 60), -1, cv2.LINE_AA)
    assert of(report_of(finder, opened), "mouth_open").verdict != "good"


def test_a_leaning_head_is_told_and_is_no_reason_to_refuse(finder: FaceFinder, samira: Picture) -> None:
    turn = cv2.getRotationMatrix2D((512, 512), 30, 0.7)
    report = report_of(finder, np.asarray(cv2.warpAffine(samira, turn, (1024, 1024)), np.uint8))
    assert of(report, "roll").verdict == "fair"
    assert of(report, "roll").measure == pytest.approx(30, abs=3)
    assert report.verdict == "usable"


def test_without_a_face_the_report_says_that_points_can_be_set_by_hand(samira: Picture) -> None:
    report = judge(samira, (), 0)
    assert report.verdict == "refused"
    assert worse(report) == {"faces": "bad"}
    assert "by hand" in report.findings[0].advice_en
    assert "نقطه‌های چهره را خودتان" in report.findings[0].advice_fa


def test_of_several_faces_the_chosen_one_is_judged(finder: FaceFinder, samira: Picture) -> None:
    both = np.full((1024, 1700, 3), 120, np.uint8)
    both[:, :1024] = samira
    both[300:812, 1100:1612] = smaller(samira, 0.5)
    faces = finder.find(both)
    reports = [judge(both, faces, chosen) for chosen in range(2)]
    sizes = [of(report, "face_size").measure for report in reports]
    assert sizes[1] == pytest.approx(sizes[0] / 2, rel=0.05)
    assert all(of(report, "faces").measure == 2 for report in reports)
    assert all(of(report, "faces").verdict == "fair" for report in reports)
    with pytest.raises(IndexError, match="face 2 of 2"):
        judge(both, faces, 2)


def test_a_face_looked_at_once_is_not_judged_on_what_covers_its_mouth(
    finder: FaceFinder, samira: Picture
) -> None:
    face = finder.find(samira)[0]
    followed = finder.follow(samira, face)
    assert isinstance(followed, FoundFace)
    names = {found.name for found in judge(samira, [followed], 0).findings}
    assert "mouth_occluded" not in names
    assert "mouth_open" in names


def test_a_video_is_judged_on_its_steadiness_and_its_seam_too(finder: FaceFinder, samira: Picture) -> None:
    report = report_of(finder, samira)
    assert worse(report.plus(judge_video(0.004, 0.01, 4.0))) == {}
    shaken = report.plus(judge_video(0.015, 0.1, 4.0))
    assert worse(shaken) == {"steadiness": "fair", "loop_seam": "bad"}
    assert shaken.verdict == "usable"
    assert worse(report.plus(judge_video(0.004, 0.01, 1.5))) == {"loop_length": "fair"}


def test_a_video_that_makes_no_loop_says_what_to_send(finder: FaceFinder, samira: Picture) -> None:
    report = report_of(finder, samira).plus(judge_no_loop())
    assert worse(report) == {"loop_length": "bad"}
    assert report.verdict == "usable"
    assert "4 seconds" in report.findings[-1].advice_en


def test_the_report_is_plain_json_with_every_part_of_a_finding(finder: FaceFinder, samira: Picture) -> None:
    document = json.loads(json.dumps(report_of(finder, samira).to_json()))
    assert document["verdict"] == "good"
    for found in document["findings"]:
        assert set(found) == {
            "name", "measure", "unit", "limit", "verdict", "advice_fa", "advice_en", "title_fa", "title_en",
        }  # fmt: skip
        assert isinstance(found["measure"], float)
        assert isinstance(found["limit"], float)


def test_every_finding_has_words_in_both_languages() -> None:
    for persian, english in (*TITLES.values(), *ADVICE.values()):
        assert re.search(r"[\u0600-\u06ff]", persian)
        assert not re.search(r"[a-zA-Zيك]", persian), persian
        assert english.isascii()
    assert set(TITLES) - set(ADVICE) == {"light"}
