"""A face file holds what was written, or is refused."""

import hashlib
import io
import json

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from avatars.database import Database
from avatars.errors import FaceFileBroken, ObjectMissing
from avatars.face_stored import load_face
from avatars.facefile import FACE_FILE_VERSION, file_version, from_npz, to_npz
from avatars.registry import AvatarFiles, AvatarRow, Registry, Titles
from avatars.storage_memory import MemoryStorage
from lipsync.face.points import CONTOURS, FacePoints
from lipsync.face.track import CodedPictures, FaceTrack

WIDTH_PX, HEIGHT_PX = 40, 60


def points(seed: int = 1) -> FacePoints:
    random = np.random.default_rng(seed)
    size = (WIDTH_PX, HEIGHT_PX)
    curves = {name: (random.random((n, 2)) * size).astype(np.float32) for name, n in CONTOURS.items()}
    return FacePoints(WIDTH_PX, HEIGHT_PX, curves)


def picture(seed: int = 1) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (HEIGHT_PX, WIDTH_PX, 3), np.uint8)


def track(frames: int = 1) -> FaceTrack:
    return FaceTrack(tuple(picture(n) for n in range(frames)), tuple(points(n) for n in range(frames)))


def _arrays(data: bytes) -> dict[str, NDArray[np.generic]]:
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _signed(file: io.BytesIO) -> bytes:
    return file.getvalue() + hashlib.sha256(file.getvalue()).hexdigest().encode()


def _npz(arrays: dict[str, NDArray[np.generic]]) -> bytes:
    """Write arrays as a face file whose checksum fits, whatever they are."""
    file = io.BytesIO()
    np.savez(file, **arrays)
    return _signed(file)


@pytest.mark.parametrize("frames", [1, 3])
def test_a_face_track_comes_back_to_the_last_bit(frames: int) -> None:
    given = track(frames)
    got = from_npz(to_npz(given))
    assert len(got.pictures) == frames
    for before, after in zip(given.pictures, got.pictures, strict=True):
        np.testing.assert_array_equal(before, after)
    for one, other in zip(given.points, got.points, strict=True):
        assert (other.width_px, other.height_px) == (WIDTH_PX, HEIGHT_PX)
        for name in CONTOURS:
            np.testing.assert_array_equal(one[name], other[name])


def test_a_face_file_needs_no_pickle() -> None:
    assert all(array.dtype != object for array in _arrays(to_npz(track())).values())


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.99])
def test_a_face_file_that_is_cut_short_is_refused(keep: float) -> None:
    data = to_npz(track())
    with pytest.raises(FaceFileBroken):
        from_npz(data[: int(len(data) * keep)])


def test_no_flipped_byte_goes_unnoticed() -> None:
    data = to_npz(track())
    for place in np.linspace(0, len(data) - 1, 300, dtype=int):
        broken = bytearray(data)
        broken[place] ^= 0xFF
        with pytest.raises(FaceFileBroken):
            from_npz(bytes(broken))


def test_another_program_can_read_the_arrays() -> None:
    arrays = _arrays(to_npz(track(2)))
    assert arrays["version"] == 2
    assert arrays["order"].tolist() == [0, 0]
    np.testing.assert_array_equal(arrays["pictures"][1], picture(1))


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("pictures", np.zeros((1, HEIGHT_PX, WIDTH_PX), np.uint8)),
        ("pictures", np.zeros((1, HEIGHT_PX, WIDTH_PX, 3), np.float32)),
        ("points_jaw", np.zeros((1, 16, 2), np.float32)),
        ("points_jaw", np.zeros((2, 17, 2), np.float32)),
        ("points_jaw", np.zeros((1, 17, 2), np.float64)),
    ],
    ids=["grey", "float picture", "short jaw", "two jaws", "double jaw"],
)
def test_arrays_of_another_shape_or_type_are_refused(name: str, array: NDArray[np.generic]) -> None:
    arrays = _arrays(to_npz(track()))
    with pytest.raises(FaceFileBroken):
        from_npz(_npz(arrays | {name: array}))


def test_no_picture_is_no_face() -> None:
    arrays = _arrays(to_npz(track()))
    empty = {name: array if name == "version" else array[:0] for name, array in arrays.items()}
    with pytest.raises(FaceFileBroken):
        from_npz(_npz(empty))


def test_a_version_of_the_future_is_refused_by_name() -> None:
    arrays = _arrays(to_npz(track()))
    arrays["version"] = np.array(3)
    with pytest.raises(FaceFileBroken, match=r"version 3 of a face file; known: \(1, 2\)"):
        from_npz(_npz(arrays))


@pytest.mark.parametrize("frames", [1, 3])
def test_a_file_of_the_first_version_is_still_read(frames: int) -> None:
    arrays = _arrays(to_npz(track(frames)))
    del arrays["order"]
    old = _npz(arrays | {"version": np.array(1, np.int64)})
    assert file_version(old) == 1
    face = from_npz(old)
    assert len(face.pictures) == frames
    assert (face.bounces, face.rest) == (False, 0)
    assert file_version(to_npz(face)) == FACE_FILE_VERSION


def coded(frames: int = 5) -> FaceTrack:
    loop = track(frames)
    return FaceTrack(CodedPictures.of(loop.pictures), loop.points, bounces=True, rest=3)


def test_a_loop_comes_back_byte_for_byte_with_its_order() -> None:
    given = coded()
    got = from_npz(to_npz(given))
    assert isinstance(got.pictures, CodedPictures)
    assert isinstance(given.pictures, CodedPictures)
    assert got.pictures.coded == given.pictures.coded
    assert (got.bounces, got.rest) == (True, 3)
    assert [points.to_json() for points in got.points] == [points.to_json() for points in given.points]


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("lengths", np.array([1, 2, 3, 4, 5], np.int64)),
        ("lengths", np.zeros(5, np.int64)),
        ("lengths", np.zeros((5, 1), np.int64)),
        ("size", np.array([0, 8], np.int64)),
        ("size", np.array([8], np.int64)),
        ("coded", np.zeros(9, np.float32)),
        ("order", np.array([9, 0], np.int64)),
        ("order", np.zeros(3, np.int64)),
    ],
    ids=["other lengths", "no lengths", "lengths in two rows", "no height", "one side", "numbers",
         "rest beyond", "three orders"],
)  # fmt: skip
def test_a_loop_whose_parts_do_not_fit_is_refused(name: str, array: NDArray[np.generic]) -> None:
    with pytest.raises(FaceFileBroken):
        from_npz(_npz(_arrays(to_npz(coded())) | {name: array}))


def test_the_version_of_no_face_file_is_refused() -> None:
    with pytest.raises(FaceFileBroken, match="a face file has a version"):
        file_version(_npz({"pictures": np.zeros(3)}))


def test_a_face_file_without_an_eye_is_refused() -> None:
    arrays = _arrays(to_npz(track()))
    del arrays["points_eye_a_upper"]
    with pytest.raises(FaceFileBroken, match="eye_a_upper"):
        from_npz(_npz(arrays))


def test_a_pickle_is_refused() -> None:
    with pytest.raises(FaceFileBroken):
        from_npz(_npz({"version": np.array([{"a": 1}], dtype=object)}))


def test_a_single_array_is_no_face_file() -> None:
    file = io.BytesIO()
    np.save(file, np.zeros(3))
    with pytest.raises(FaceFileBroken):
        from_npz(_signed(file))


@pytest.mark.parametrize(
    "bad",
    [
        FaceTrack((), ()),
        FaceTrack((picture(),), ()),
        FaceTrack((picture(), picture()[:-2]), (points(), points())),
        FaceTrack((picture()[:, :-2],), (points(),)),
        FaceTrack((picture()[:, :, 0],), (points(),)),
    ],
    ids=["empty", "no points", "two sizes", "points for another size", "grey"],
)
def test_a_track_that_does_not_belong_together_is_not_written(bad: FaceTrack) -> None:
    with pytest.raises(FaceFileBroken):
        to_npz(bad)


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


def _registered(database: Database, storage: MemoryStorage, png: bytes, document: object) -> AvatarRow:
    files = AvatarFiles(picture=png, points=json.dumps(document).encode(), preview=b"")
    registry = Registry(database, storage)
    return registry.register("samira", titles=Titles("س", "S"), voice="fa", files=files, owner="house")


def _png() -> bytes:
    return cv2.imencode(".png", picture())[1].tobytes()


def test_a_registered_face_is_loaded_with_its_points(
    sqlite_database: Database, storage: MemoryStorage
) -> None:
    row = _registered(sqlite_database, storage, _png(), points().to_json())
    face = load_face(storage, row)
    np.testing.assert_array_equal(face.pictures[0], picture())
    assert face.points[0].to_json() == points().to_json()


def test_a_file_that_was_swapped_is_refused(sqlite_database: Database, storage: MemoryStorage) -> None:
    row = _registered(sqlite_database, storage, _png(), points().to_json())
    storage.put(row.picture_key, cv2.imencode(".png", picture(2))[1].tobytes())
    with pytest.raises(FaceFileBroken, match=r"picture\.png is not the file that was registered"):
        load_face(storage, row)


def test_a_face_whose_file_is_gone_is_missing(sqlite_database: Database, storage: MemoryStorage) -> None:
    row = _registered(sqlite_database, storage, _png(), points().to_json())
    storage.delete(row.points_key)
    with pytest.raises(ObjectMissing):
        load_face(storage, row)


@pytest.mark.parametrize(
    ("png", "document"),
    [
        (b"not a picture", points().to_json()),
        (_png(), []),
        (_png(), {"version": 1}),
        (_png(), points().to_json() | {"width": WIDTH_PX + 10}),
    ],
    ids=["no picture", "no object", "no contours", "another size"],
)
def test_a_face_that_cannot_be_read_is_refused(
    sqlite_database: Database, storage: MemoryStorage, png: bytes, document: object
) -> None:
    row = _registered(sqlite_database, storage, png, document)
    with pytest.raises(FaceFileBroken):
        load_face(storage, row)
