"""Face points: every contour named, counted and inside the picture."""

import copy

import numpy as np
import pytest
from drawn_face import face_points

from lipsync.face.points import CONTOURS, FacePoints, FacePointsError


@pytest.fixture
def document() -> dict:
    return copy.deepcopy(face_points().to_json())


def test_points_survive_the_way_to_json_and_back(document):
    again = FacePoints.from_json(document)
    assert again.to_json() == document
    for name, count in CONTOURS.items():
        assert again[name].shape == (count, 2)
        assert again[name].dtype == np.float32


def test_an_unknown_version_is_refused(document):
    with pytest.raises(FacePointsError, match="known: 1"):
        FacePoints.from_json(document | {"version": 2})


def test_a_missing_and_an_unknown_contour_are_refused(document):
    document["contours"]["chin"] = document["contours"].pop("jaw")
    with pytest.raises(FacePointsError, match="contours must be exactly"):
        FacePoints.from_json(document)


@pytest.mark.parametrize("bad", [[[1, 2]], "line", [[1, 2, 3]] * 17, [["a", "b"]] * 17, None])
def test_a_contour_of_the_wrong_shape_is_refused(document, bad):
    document["contours"]["jaw"] = bad
    with pytest.raises(FacePointsError, match="jaw"):
        FacePoints.from_json(document)


@pytest.mark.parametrize("bad", [-1.0, 640.5, float("nan"), float("inf")])
def test_a_point_outside_the_picture_is_refused(document, bad):
    document["contours"]["jaw"][3][0] = bad
    with pytest.raises(FacePointsError, match="leaves the picture of 640x640"):
        FacePoints.from_json(document)


@pytest.mark.parametrize("field", ["width", "height", "contours"])
def test_a_document_without_its_fields_is_refused(document, field):
    del document[field]
    with pytest.raises(FacePointsError, match="width and height, and contours"):
        FacePoints.from_json(document)
