"""What a frame of a model is in arithmetic, counted from the shapes of a run."""

from pathlib import Path

import numpy as np
import pytest

from workers.device import CPU, ModelUnreadable
from workers.flops import device_flops, model_flops
from workers.onnx_writing import write_model, write_node


def test_convolutions_and_products_are_counted_and_what_moves_values_is_not(tmp_path: Path) -> None:
    chance = np.random.default_rng(1)
    tensors = {
        "w": chance.random((4, 2, 3, 3), dtype=np.float32),
        "back": chance.random((4, 2, 2, 2), dtype=np.float32),
        "m": chance.random((8, 5), dtype=np.float32),
    }
    nodes = [
        write_node("Conv", ["x", "w"], "wide", kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2]),
        write_node("ConvTranspose", ["wide", "back"], "tall", kernel_shape=[2, 2], strides=[2, 2]),
        write_node("Relu", ["tall"], "positive"),
        write_node("MatMul", ["positive", "m"], "out"),
    ]
    path = tmp_path / "model.onnx"
    path.write_bytes(write_model(nodes, tensors, {"x": ("N", 2, 8, 8)}, ("out", ("N", 2, 8, 5))))
    conv, back, product = 2 * (4 * 4 * 4) * (2 * 3 * 3), 2 * (4 * 4 * 4) * (2 * 2 * 2), 2 * (2 * 8 * 5) * 8
    frame = np.zeros((1, 2, 8, 8), np.float32)
    assert model_flops(path, {"x": frame}) == conv + back + product
    assert model_flops(path, {"x": np.repeat(frame, 3, axis=0)}) == 3 * (conv + back + product)


def test_a_file_that_is_no_model_has_no_arithmetic(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"no model")
    with pytest.raises(ModelUnreadable):
        model_flops(tmp_path / "model.onnx", {})


def test_a_device_is_timed_at_products(tmp_path: Path) -> None:
    assert device_flops(CPU, side=64) > 0
