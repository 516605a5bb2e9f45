"""YuNet's way in and out, on a network of its shape that sees white blocks as faces.

The network is written here byte by byte as an ONNX file: where a cell of 32 pixels is white
there is a face of two cells, its eyes half a cell left and right of the cell's corner.
"""

import math
import struct

import cv2
import numpy as np
import pytest

from lipsync.face.track import Picture
from lipsync.face.yunet import Yunet

SIDE = 320
STRIDES = (8, 16, 32)
BOX = (0.5, 0.5, math.log(2), math.log(2))
EYES_AND_MORE = (-0.5, 0.0, 0.5, 0.0, 0.0, 0.5, -0.4, 1.0, 0.4, 1.0)


def field(number: int, value: int | bytes | str) -> bytes:
    """Write one field of a protobuf message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    body = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(body)) + body


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def tensor(name: str, shape: tuple[int, ...], values: tuple[float, ...]) -> bytes:
    dims = b"".join(field(1, size) for size in shape)
    return field(5, dims + field(2, 1) + field(8, name) + field(9, struct.pack(f"<{len(values)}f", *values)))


def ints(name: str, values: tuple[int, ...]) -> bytes:
    return field(5, field(1, name) + b"".join(field(8, value) for value in values) + field(20, 7))


def node(kind: str, given: tuple[str, ...], gives: str, attributes: bytes = b"") -> bytes:
    named = b"".join(field(1, name) for name in given)
    return field(1, named + field(2, gives) + field(3, gives) + field(4, kind) + attributes)


def value(number: int, name: str, shape: tuple[int, ...]) -> bytes:
    dims = b"".join(field(1, field(1, size)) for size in shape)
    return field(number, field(1, name) + field(2, field(1, field(1, 1) + field(2, dims))))


def head(stride: int, name: str, weight: float, bias: tuple[float, ...]) -> bytes:
    """Average a cell, weigh it, and put its numbers side by side as YuNet gives them."""
    count = len(bias)
    cells = SIDE // stride
    out = f"{name}_{stride}"
    return b"".join((
        tensor(f"{out}_w", (count, 3, 1, 1), (weight,) * (3 * count)),
        tensor(f"{out}_b", (count,), bias),
        node("Conv", (f"cell_{stride}", f"{out}_w", f"{out}_b"), f"{out}_c", ints("kernel_shape", (1, 1))),
        node("Transpose", (f"{out}_c",), out, ints("perm", (0, 2, 3, 1))),
        value(12, out, (1, cells, cells, count)),
    ))  # fmt: skip


@pytest.fixture(scope="module")
def network() -> bytes:
    parts = [value(11, "input", (1, 3, SIDE, SIDE))]
    for stride in STRIDES:
        pool = ints("kernel_shape", (stride, stride)) + ints("strides", (stride, stride))
        parts.append(node("AveragePool", ("input",), f"cell_{stride}", pool))
        white = 1 / (3 * 255) if stride == 32 else 0.0
        parts += [head(stride, name, white, (0.0,)) for name in ("cls", "obj")]
        parts += [head(stride, "bbox", 0.0, BOX), head(stride, "kps", 0.0, EYES_AND_MORE)]
    return field(1, 8) + field(7, b"".join(parts) + field(2, "faces")) + field(8, field(2, 13))


def blocks(*cells: tuple[int, int], grey: int = 255) -> Picture:
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    for column, row in cells:
        picture[row * 32 : row * 32 + 32, column * 32 : column * 32 + 32] = grey
    return picture


def test_a_face_has_its_box_and_its_eyes_in_pixels_of_the_picture(network: bytes) -> None:
    (face,) = Yunet(network).detect(blocks((3, 5)))
    assert (face.box.x_px, face.box.y_px) == pytest.approx((80, 144), abs=0.5)
    assert (face.box.width_px, face.box.height_px) == pytest.approx((64, 64), abs=0.5)
    assert face.eyes == pytest.approx(np.array([[80, 160], [112, 160]]), abs=0.5)
    assert face.score == pytest.approx(1, abs=0.01)
    assert face.detector == "yunet"


def test_a_large_picture_is_shown_smaller_and_its_faces_told_in_its_own_pixels(network: bytes) -> None:
    large = np.asarray(cv2.resize(blocks((3, 5)), (3000, 3000), interpolation=cv2.INTER_NEAREST), np.uint8)
    faces = Yunet(network).detect(large)
    assert faces
    assert all(800 < face.box.x_px + face.box.width_px / 2 < 1300 for face in faces)
    assert all(1300 < face.box.y_px + face.box.height_px / 2 < 1900 for face in faces)


def test_several_faces_come_best_first_and_unsure_ones_not_at_all(network: bytes) -> None:
    picture = np.maximum(blocks((1, 1), grey=200), blocks((7, 6)))
    assert [round(face.score, 1) for face in Yunet(network).detect(picture)] == [1.0, 0.8]
    assert Yunet(network).detect(blocks((4, 4), grey=120)) == []
    assert Yunet(network).detect(blocks()) == []
