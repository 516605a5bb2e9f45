import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from lipsync.face.points import CONTOURS, FacePoints

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "avatars" / "samples"
SIDE_PX = 1024
LARGEST_SVG_BYTES = 450_000

presenters = pytest.mark.parametrize("presenter", ["samira", "kian"])


def points_of(presenter):
    return FacePoints.from_json(json.loads((SAMPLES / f"{presenter}.points.json").read_text("utf-8")))


def width(curve):
    return float(curve[-1, 0] - curve[0, 0])


@pytest.fixture(scope="module")
def pictures():
    """Both pictures as BGR, as they are registered."""
    return {name: cv2.imread(str(SAMPLES / f"{name}.jpg")) for name in ("samira", "kian")}


@presenters
def test_a_drawing_is_1024_square_and_covers_all_of_it(pictures, presenter):
    picture = pictures[presenter]
    assert picture.shape[:2] == (SIDE_PX, SIDE_PX)
    assert picture.shape[2] == 3 or picture[..., 3].min() == 255


@presenters
def test_the_lip_line_of_the_points_is_the_dark_line_of_the_drawing(pictures, presenter):
    luma = cv2.cvtColor(pictures[presenter][..., :3], cv2.COLOR_BGR2GRAY).astype(float)
    for x, y in points_of(presenter)["lip_upper_inner"][1:-1]:
        column = luma[round(y) - 12 : round(y) + 13, round(x) - 1 : round(x) + 2].mean(axis=1)
        assert abs(int(column.argmin()) - 12) <= 2, f"lip line at x={x:.0f}"


@presenters
def test_the_eyes_of_the_points_hold_the_pupils_of_the_drawing(pictures, presenter):
    luma = cv2.cvtColor(pictures[presenter][..., :3], cv2.COLOR_BGR2GRAY)
    points = points_of(presenter)
    for side in "ab":
        upper, lower = points[f"eye_{side}_upper"], points[f"eye_{side}_lower"]
        eye = luma[round(upper[2, 1]) + 8 : round(lower[2, 1]) - 4,
            round(upper[0, 0]) + 12 : round(upper[-1, 0]) - 12]
        darkest = np.argwhere(eye < 25)
        assert len(darkest) > 60
        middle = darkest[:, 1].mean() / eye.shape[1]
        assert 0.35 < middle < 0.65, "the eyes look at the viewer"


@presenters
def test_every_contour_runs_left_to_right(presenter):
    points = points_of(presenter)
    for name in CONTOURS:
        if name != "nose_bridge":
            assert (np.diff(points[name][:, 0]) > 0).all(), name
    assert (np.diff(points["nose_bridge"][:, 1]) > 0).all()


@presenters
def test_lips_are_closed_and_share_their_corners(presenter):
    points = points_of(presenter)
    upper, lower = points["lip_upper_inner"], points["lip_lower_inner"]
    assert np.abs(upper - lower).max() <= 2
    for end in (0, -1):
        for name in ("lip_upper_outer", "lip_lower_inner", "lip_lower_outer"):
            assert np.array_equal(points[name][end], upper[end]), name


@presenters
def test_the_face_is_nearly_but_not_quite_symmetric(presenter):
    points = points_of(presenter)
    middle = points["jaw"][8, 0]
    pairs = [("jaw", "jaw"), ("eye_a_upper", "eye_b_upper"), ("brow_a", "brow_b"),
        ("lip_upper_outer", "lip_upper_outer")]
    unlike = 0.0
    for a, b in pairs:
        mirrored = np.column_stack([2 * middle - points[b][:, 0], points[b][:, 1]])[::-1]
        away = np.abs(points[a] - mirrored)
        assert away.max() < 12, (a, b)
        unlike = max(unlike, float(away.max()))
    assert unlike > 0.5


@presenters
def test_proportions_are_those_of_a_face_that_fills_the_picture(presenter):
    points = points_of(presenter)
    face, mouth = width(points["jaw"]), width(points["lip_upper_inner"])
    assert 0.38 <= face / SIDE_PX <= 0.45
    assert 90 <= mouth <= 130
    for side in "ab":
        eye = width(points[f"eye_{side}_upper"])
        height = float(points[f"eye_{side}_lower"][2, 1] - points[f"eye_{side}_upper"][2, 1])
        assert 0.19 <= eye / face <= 0.26
        assert 0.28 <= height / eye <= 0.48
    apart = float(points["eye_b_upper"][0, 0] - points["eye_a_upper"][-1, 0])
    assert 0.8 <= apart / width(points["eye_a_upper"]) <= 1.2
    eyes_y = float(points["eye_a_upper"][0, 1])
    assert 0.36 <= eyes_y / SIDE_PX <= 0.44
    chin_y, nose_y = float(points["jaw"][8, 1]), float(points["nose_base"][2, 1])
    lip_y = float(points["lip_upper_inner"][3, 1])
    assert 0.27 <= (lip_y - nose_y) / (chin_y - nose_y) <= 0.4


@presenters
def test_the_files_stay_small(presenter):
    assert (SAMPLES / f"{presenter}.svg").stat().st_size < LARGEST_SVG_BYTES
    assert (SAMPLES / f"{presenter}.points.json").stat().st_size < 8_000


def test_the_files_are_what_the_script_writes(tmp_path):
    script = ROOT / "scripts" / "draw_presenters.py"
    subprocess.run([sys.executable, str(script), "--into", str(tmp_path)], check=True)
    for name in ("samira.svg", "kian.svg", "samira.points.json", "kian.points.json"):
        assert (tmp_path / name).read_bytes() == (SAMPLES / name).read_bytes(), f"run {script.name} again"
    for name in ("samira.jpg", "kian.jpg"):
        # Another build of the renderer may round otherwise; another drawing is far off.
        assert cv2.PSNR(cv2.imread(str(tmp_path / name)), cv2.imread(str(SAMPLES / name))) > 40
