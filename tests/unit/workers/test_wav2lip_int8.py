"""A model in eight bits paints nearly what its original does, or is not kept."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from lipsync.engines.contract import WHENEVER
from lipsync.engines.net import Faces, Mels, Mouths, Net
from workers.calibration import MEASURED_ON, Asked, requests
from workers.device import open_session
from workers.nets import OnnxNet
from workers.wav2lip_int8 import WANTED_DB, QuantisedDiffers, convolutions, quantise


def small_model(path: Path) -> Path:
    """Write a model with a convolution over the face, shifted by the sound, and one more."""
    chance = np.random.default_rng(2)
    weights = {
        "w1": chance.normal(0, 0.12, (8, 6, 3, 3)), "b1": np.full(8, 0.2),
        "w2": chance.normal(0, 0.15, (3, 8, 3, 3)), "b2": np.full(3, 0.3),
    }  # fmt: skip
    nodes = [
        helper.make_node("ReduceMean", ["mel"], ["loud"], axes=[2, 3], keepdims=1),
        helper.make_node("Conv", ["face", "w1", "b1"], ["c1"], name="first", pads=[1, 1, 1, 1]),
        helper.make_node("Add", ["c1", "loud"], ["shifted"]),
        helper.make_node("Relu", ["shifted"], ["r1"]),
        helper.make_node("Conv", ["r1", "w2", "b2"], ["c2"], name="last", pads=[1, 1, 1, 1]),
        helper.make_node("Sigmoid", ["c2"], ["painted"]),
    ]
    ends = {"mel": [1, 80, 16], "face": [6, 96, 96], "painted": [3, 96, 96]}
    told = {
        name: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *shape])
        for name, shape in ends.items()
    }
    graph = helper.make_graph(
        nodes, "small", [told["mel"], told["face"]], [told["painted"]],
        [numpy_helper.from_array(values.astype(np.float32), name) for name, values in weights.items()],
    )  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def opened(path: Path) -> Net:
    return OnnxNet(open_session(path))


@pytest.fixture(scope="module")
def asked() -> list[Asked]:
    return list(requests(MEASURED_ON[1:], 96))


def test_requests_are_sound_and_faces_as_in_real_work(asked: list[Asked]) -> None:
    mels = np.concatenate([mel for mel, _ in asked])
    assert {face.shape[1:] for _, face in asked} == {(6, 96, 96)}
    assert all(len(mel) == len(face) for mel, face in asked)
    # Speech, and its pauses.
    assert mels.max() > 1
    assert mels.min() < -2
    # Both presenters, and no face but theirs.
    assert len({face[0].tobytes() for _, face in asked}) == 2


def test_in_eight_bits_the_pictures_are_nearly_the_same_and_the_file_a_model(
    tmp_path: Path, asked: list[Asked]
) -> None:
    model, out = small_model(tmp_path / "small.onnx"), tmp_path / "small.int8.onnx"
    found = quantise(model, out, asked[::2], asked[1::2], opened)
    assert found.psnr_db >= WANTED_DB
    assert found.worst_db <= found.psnr_db
    kinds = {node.op_type for node in onnx.load(out).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds
    mel, face = asked[1]
    np.testing.assert_allclose(opened(out).paint(mel, face), opened(model).paint(mel, face), atol=0.05)
    assert sorted(tmp_path.iterdir()) == [out, model]


class Blurred:
    """A model in eight bits whose pictures differ until enough of it is left as it was."""

    def __init__(self, net: Net, path: Path, needs: int) -> None:
        self._net, self.side_px = net, net.side_px
        quantised = [node for node in onnx.load(path).graph.node if node.op_type == "Conv" and _in_bits(node)]
        whole = path.name == "small.onnx"
        self._off = 0.0 if whole or len(quantised) <= needs else 0.1

    def paint(self, mel: Mels, face: Faces, due_s: float = WHENEVER) -> Mouths:
        return self._net.paint(mel, face, due_s) + np.float32(self._off)


def _in_bits(node: onnx.NodeProto) -> bool:
    return "Dequantize" in node.input[1]


def test_layers_that_the_pictures_depend_on_stay_in_single_precision(
    tmp_path: Path, asked: list[Asked]
) -> None:
    model, out = small_model(tmp_path / "small.onnx"), tmp_path / "out.onnx"
    found = quantise(model, out, asked, asked, lambda path: Blurred(opened(path), path, needs=0))
    assert found.single == ("first", "last")
    assert convolutions(model) == ["first", "last"]


def test_a_model_that_differs_whatever_stays_is_not_kept(tmp_path: Path, asked: list[Asked]) -> None:
    model, out = small_model(tmp_path / "small.onnx"), tmp_path / "out.onnx"
    out.write_bytes(b"an older one")
    with pytest.raises(QuantisedDiffers, match=r"20\.0 dB"):
        quantise(model, out, asked, asked, lambda path: Blurred(opened(path), path, needs=-1))
    assert out.read_bytes() == b"an older one"
    assert sorted(tmp_path.iterdir()) == [out, model]


def test_who_takes_less_says_so(tmp_path: Path, asked: list[Asked]) -> None:
    model, out = small_model(tmp_path / "small.onnx"), tmp_path / "out.onnx"
    blurred = quantise(
        model, out, asked, asked, lambda path: Blurred(opened(path), path, needs=-1), least_db=15
    )
    assert 15 <= blurred.psnr_db < 25
    assert out.exists()
