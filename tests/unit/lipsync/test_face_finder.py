"""The real models find the sample avatars however they lie in a picture, and put the points right."""

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from lipsync.face.finder import FaceFinder, FoundFace
from lipsync.face.mesh import BadModel, LandmarkNet
from lipsync.face.models import FaceModels
from lipsync.face.points import CONTOURS, FacePoints
from lipsync.face.tiles import Box, Detection, suppress
from lipsync.face.track import Picture

SAMPLES = Path(__file__).resolve().parents[3] / "avatars" / "samples"
GREY = (110, 120, 115)

presenters = pytest.mark.parametrize("presenter", ["samira", "kian"])


@pytest.fixture(scope="module")
def finder(face_models: FaceModels) -> FaceFinder:
    return FaceFinder(face_models)


@pytest.mark.parametrize("before", [b"", b"\0\0"], ids=["at its beginning", "after two bytes"])
def test_a_landmark_model_is_found_in_its_bundle(face_models: FaceModels, before: bytes) -> None:
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("face_detector.tflite", b"another network")
        archive.writestr("face_landmarks_detector.tflite", face_models.landmarks)
    finder = FaceFinder(replace(face_models, landmarks=before + bundle.getvalue()))
    assert len(finder.find(sample("samira")[0])) == 1


def sample(presenter: str) -> tuple[Picture, FacePoints]:
    points = json.loads((SAMPLES / f"{presenter}.points.json").read_text("utf-8"))
    picture = cv2.imread(str(SAMPLES / f"{presenter}.jpg"))
    assert picture is not None
    return np.asarray(picture, np.uint8), FacePoints.from_json(points)


def eyes_apart(points: FacePoints) -> float:
    return float(np.linalg.norm(points["eye_b_upper"][-1] - points["eye_a_upper"][0]))


def away(face: FoundFace, drawn: FacePoints, to_picture: np.ndarray, names: tuple[str, ...]) -> float:
    """Return how far contours lie from the drawn ones, over the distance of the outer eye corners."""
    scale = float(np.sqrt(abs(np.linalg.det(to_picture[:, :2]))))
    distances = [
        np.linalg.norm(face.points[name] - (drawn[name] @ to_picture[:, :2].T + to_picture[:, 2]), axis=1)
        for name in names
    ]
    return float(np.concatenate(distances).mean()) / (eyes_apart(drawn) * scale)


AS_IT_IS = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
LIPS = ("lip_upper_outer", "lip_upper_inner", "lip_lower_inner", "lip_lower_outer")
EYES = ("eye_a_upper", "eye_a_lower", "eye_b_upper", "eye_b_lower")


def placed(
    presenter: str, scale: float, at: tuple[int, int], size: tuple[int, int], turn_deg: float = 0
) -> tuple[Picture, np.ndarray]:
    """Return a picture (width, height) with a sample in it, its middle at a place, and the way there."""
    picture, _ = sample(presenter)
    side = picture.shape[0]
    turn = np.asarray(cv2.getRotationMatrix2D((side / 2, side / 2), turn_deg, scale))
    turn[:, 2] += np.array(at) - side / 2
    smaller = cv2.GaussianBlur(picture, (0, 0), 0.4 / scale) if scale < 1 else picture
    return np.asarray(cv2.warpAffine(smaller, turn, size, borderValue=GREY), np.uint8), turn


@presenters
def test_the_points_of_a_drawn_face_lie_where_it_was_drawn(finder: FaceFinder, presenter: str) -> None:
    picture, drawn = sample(presenter)
    (face,) = finder.find(picture)
    assert away(face, drawn, AS_IT_IS, LIPS) < 0.04
    assert away(face, drawn, AS_IT_IS, EYES) < 0.04
    assert away(face, drawn, AS_IT_IS, tuple(CONTOURS)) < 0.08
    assert face.detector == "short-range"
    assert face.score > 0.9


@presenters
def test_the_points_are_such_as_a_document_of_points_takes(finder: FaceFinder, presenter: str) -> None:
    (face,) = finder.find(sample(presenter)[0])
    again = FacePoints.from_json(face.points.to_json())
    for name in ("lip_upper_outer", "lip_lower_inner", "lip_lower_outer"):
        assert np.array_equal(again[name][[0, -1]], again["lip_upper_inner"][[0, -1]])
    for name in (*LIPS, *EYES, "jaw", "brow_a", "brow_b", "nose_base"):
        assert (np.diff(again[name][:, 0]) > 0).all(), name


@presenters
@pytest.mark.parametrize("turn_deg", [-60, -30, 20, 45, 90, 180, 270])
def test_a_turned_face_is_found_and_its_lean_told(finder: FaceFinder, presenter: str, turn_deg: int) -> None:
    picture, way = placed(presenter, 0.6, (400, 400), (800, 800), turn_deg)
    face = finder.find(picture)[0]
    assert away(face, sample(presenter)[1], way, LIPS) < 0.05
    # OpenCV turns counter-clockwise.
    off = (face.pose.roll + turn_deg + 180) % 360 - 180
    assert abs(off) < 5


@presenters
@pytest.mark.parametrize("face_px", [90, 200, 420])
def test_a_small_face_is_found_in_a_picture_of_twelve_megapixels(
    finder: FaceFinder, presenter: str, face_px: int
) -> None:
    picture, way = placed(presenter, face_px / 400, (2700, 1900), (4000, 3000))
    (face,) = finder.find(picture)
    assert away(face, sample(presenter)[1], way, LIPS) < 0.05


@presenters
@pytest.mark.parametrize("shown", [(310, 260, 410, 470), (330, 300, 372, 380), (310, 200, 260, 560)])
def test_a_face_that_is_cut_at_the_border_keeps_its_mouth_and_leaves_no_point_outside(
    finder: FaceFinder, presenter: str, shown: tuple[int, int, int, int]
) -> None:
    picture, drawn = sample(presenter)
    x, y, width, height = shown
    face = finder.find(picture[y : y + height, x : x + width])[0]
    way = np.array([[1.0, 0.0, -x], [0.0, 1.0, -y]])
    inside = tuple(name for name in LIPS if (drawn[name][:, 0] < x + width).all())
    assert away(face, drawn, way, inside or EYES[:2]) < 0.08
    FacePoints.from_json(face.points.to_json())


def test_several_faces_each_have_their_own_points_the_largest_first(finder: FaceFinder) -> None:
    picture = np.full((1200, 2000, 3), GREY, np.uint8)
    ways = []
    people = (("kian", 0.5, 100, 100), ("samira", 0.9, 900, 150), ("kian", 0.45, 150, 700))
    for presenter, scale, x, y in people:
        small = cv2.resize(sample(presenter)[0], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        picture[y : y + small.shape[0], x : x + small.shape[1]] = small
        ways.append((presenter, np.array([[scale, 0, x], [0, scale, y]])))
    faces = finder.find(picture)
    assert len(faces) == 3
    for face, index in zip(faces, (1, 0, 2), strict=True):
        presenter, way = ways[index]
        assert away(face, sample(presenter)[1], way, LIPS) < 0.05


@pytest.mark.parametrize("seed", range(4))
def test_where_there_is_no_face_none_is_found(finder: FaceFinder, seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 255, (60 // (seed + 1), 80 // (seed + 1), 3), np.uint8)
    assert finder.find(np.asarray(cv2.resize(noise, (800, 600)), np.uint8)) == ()
    assert finder.find(np.full((50 + seed, 700, 3), 40 * seed, np.uint8)) == ()


def test_a_dark_face_and_a_blurred_one_are_found_too(finder: FaceFinder) -> None:
    picture, drawn = sample("kian")
    dark = (picture * 0.2).astype(np.uint8)
    blurred = np.asarray(cv2.GaussianBlur(picture, (0, 0), 8), np.uint8)
    for worse in (dark, blurred):
        assert away(finder.find(worse)[0], drawn, AS_IT_IS, LIPS) < 0.06


def test_the_lean_and_the_turn_of_a_mirrored_face_are_mirrored(finder: FaceFinder) -> None:
    picture, _ = placed("samira", 0.8, (450, 450), (900, 900), 12)
    face, mirrored = finder.find(picture)[0], finder.find(np.ascontiguousarray(picture[:, ::-1]))[0]
    assert face.pose.roll == pytest.approx(-mirrored.pose.roll, abs=3)
    assert face.pose.yaw == pytest.approx(-mirrored.pose.yaw, abs=6)
    assert face.pose.pitch == pytest.approx(mirrored.pose.pitch, abs=4)


def test_a_face_is_followed_into_the_next_picture_and_lost_when_it_is_gone(finder: FaceFinder) -> None:
    first, _ = placed("kian", 0.6, (400, 400), (800, 800))
    second, way = placed("kian", 0.6, (412, 394), (800, 800), 4)
    before = finder.find(first)[0]
    after = finder.follow(second, before)
    assert after is not None
    assert away(after, sample("kian")[1], way, LIPS) < 0.04
    assert finder.follow(np.full((800, 800, 3), GREY, np.uint8), before) is None


@pytest.mark.parametrize("model", [b"", b"PK\x03\x04 no archive", b"\x1c\x00\x00\x00TFL3" + bytes(200)])
def test_a_file_that_is_no_landmark_model_is_refused(model: bytes) -> None:
    with pytest.raises(BadModel):
        LandmarkNet(model)


def test_a_detector_is_no_landmark_model(face_models: FaceModels) -> None:
    with pytest.raises(BadModel, match=r"neither of \[468, 478\] points"):
        LandmarkNet(face_models.short_range)


def seen(x: float, score: float) -> Detection:
    return Detection(Box(x, 0, 100, 100), np.array([[x, 30], [x + 50, 30]], np.float32), score, "short-range")


def test_detections_of_one_face_become_one_weighed_by_their_scores() -> None:
    kept = suppress([seen(0, 0.6), seen(12, 0.9), seen(400, 0.7)])
    assert [face.score for face in kept] == [0.9, 0.7]
    assert kept[0].box.x_px == pytest.approx(12 * 0.6)
    assert kept[0].eyes[0, 0] == pytest.approx(12 * 0.6)


def test_boxes_apart_do_not_overlap_and_a_box_overlaps_itself_wholly() -> None:
    assert seen(0, 1).box.overlap(seen(100, 1).box) == 0
    assert seen(0, 1).box.overlap(seen(0, 1).box) == 1
    assert seen(0, 1).box.overlap(seen(50, 1).box) == pytest.approx(1 / 3)
    assert Box(0, 0, 0, 0).overlap(Box(0, 0, 0, 0)) == 0


@presenters
def test_the_pose_is_the_same_in_a_large_picture_and_a_small_one(finder: FaceFinder, presenter: str) -> None:
    picture, _ = sample(presenter)
    small = np.asarray(cv2.resize(picture, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA), np.uint8)
    large = np.asarray(cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)
    poses = [finder.find(each)[0].pose for each in (small, large)]
    assert poses[0].pitch == pytest.approx(poses[1].pitch, abs=3)
    assert poses[0].yaw == pytest.approx(poses[1].yaw, abs=3)
