"""A track says which picture a frame shows, and holds many pictures in little room."""

import numpy as np
import pytest
from drawn_face import draw_face

from lipsync.face.track import BrokenPicture, CodedPictures, FaceTrack


def track(count: int, *, bounces: bool = False) -> FaceTrack:
    face = draw_face()
    return FaceTrack(tuple(face.pictures) * count, face.points * count, bounces)


def test_pictures_go_round() -> None:
    assert [track(4).index_at(frame) for frame in range(9)] == [0, 1, 2, 3, 0, 1, 2, 3, 0]


def test_pictures_go_back_and_forth_without_showing_an_end_twice() -> None:
    there = track(4, bounces=True)
    assert [there.index_at(frame) for frame in range(9)] == [0, 1, 2, 3, 2, 1, 0, 1, 2]
    assert there.frames == 6


@pytest.mark.parametrize("bounces", [False, True])
def test_a_photo_shows_its_picture_whenever(bounces: bool) -> None:
    assert [track(1, bounces=bounces).index_at(frame) for frame in (0, 1, 999)] == [0, 0, 0]


def test_the_picture_of_a_frame_depends_on_its_number_alone() -> None:
    there = track(7, bounces=True)
    assert [there.index_at(frame) for frame in range(1000, 1024)] == [
        there.index_at(frame % 12) for frame in range(1000, 1024)
    ]


def test_coded_pictures_take_a_fraction_of_the_room_and_look_the_same() -> None:
    face = draw_face()
    coded = CodedPictures.of(face.pictures)
    assert coded.memory_bytes < face.pictures[0].nbytes / 10
    assert np.abs(coded[0].astype(int) - face.pictures[0]).mean() < 2
    assert len(coded[0:1]) == 1
    whole = FaceTrack(face.pictures, face.points)
    assert FaceTrack(coded, face.points).memory_bytes < whole.memory_bytes / 10


@pytest.mark.parametrize("data", [b"", b"no picture", b"\xff\xd8\xff\xe0"])
def test_bytes_that_are_no_picture_are_told(data: bytes) -> None:
    with pytest.raises(BrokenPicture, match="picture 0"):
        CodedPictures([data or b"\0"], 640, 640)[0]


def test_a_picture_of_another_size_is_told() -> None:
    coded = CodedPictures.of(draw_face().pictures)
    with pytest.raises(BrokenPicture):
        CodedPictures(coded.coded, 320, 640)[0]
