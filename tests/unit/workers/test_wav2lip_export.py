"""Weights of the published layout become a graph that paints what they say; others are refused."""

import math
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray

from tests.unit.workers.torch_files import write_legacy, write_zip
from workers import wav2lip_layout as layout
from workers.wav2lip_export import GraphDiffers, export, export_checkpoint, folded, graph_of
from workers.wav2lip_forward import forward
from workers.wav2lip_layout import WeightsDiffer

Pictures = NDArray[np.float32]


@pytest.fixture(scope="module")
def weights() -> dict[str, Pictures]:
    return weights_by_chance()


def weights_by_chance() -> dict[str, Pictures]:
    """Return weights whose norms do something, so that a mistake in folding them shows."""
    chance = np.random.default_rng(1)
    made = layout.random_weights(1)
    for name, values in made.items():
        if name.endswith("running_var"):
            made[name] = chance.uniform(0.5, 2, values.shape).astype(np.float32)
        elif values.ndim == 1:
            made[name] = (values + chance.normal(0, 0.1, values.shape)).astype(np.float32)
    return made


@pytest.fixture(scope="module")
def exported(weights: dict[str, Pictures], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    path = folder / "net.onnx"
    export_checkpoint(write_zip(folder / "net.pth", weights), path)
    return path


def paint(path: Path, mel: Pictures, face: Pictures) -> Pictures:
    net = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.asarray(net.run(None, {"mel": mel, "face": face})[0], np.float32)


def test_the_layout_has_the_published_number_of_parameters() -> None:
    learned = [shape for name, shape in layout.shapes().items() if "running" not in name]
    assert sum(map(math.prod, learned)) == 36_298_035


def test_the_graph_paints_what_numpy_calculates(exported: Path, weights: dict[str, Pictures]) -> None:
    chance = np.random.default_rng(5)
    mel = chance.uniform(-4, 4, (2, 1, 80, 16)).astype(np.float32)
    face = chance.uniform(0, 1, (2, 6, 96, 96)).astype(np.float32)
    painted = paint(exported, mel, face)
    assert painted.shape == (2, 3, 96, 96)
    np.testing.assert_allclose(painted, forward(weights, mel, face), atol=1e-4)
    assert painted.std() > 0.01
    # Sound and face both matter, or the comparison would say nothing of one of the encoders.
    assert np.abs(paint(exported, -mel, face) - painted).max() > 1e-3
    assert np.abs(paint(exported, mel, face[::-1].copy()) - painted).max() > 1e-3


def test_the_older_form_of_file_gives_the_same_graph(
    exported: Path, weights: dict[str, Pictures], tmp_path: Path
) -> None:
    export_checkpoint(write_legacy(tmp_path / "net.pth", weights), tmp_path / "net.onnx")
    assert (tmp_path / "net.onnx").read_bytes() == exported.read_bytes()


def test_the_graph_has_folded_norms_and_batches_of_any_length(exported: Path) -> None:
    model = onnx.load(exported)
    assert {node.op_type for node in model.graph.node} == {
        "Conv", "ConvTranspose", "Relu", "Add", "Concat", "Sigmoid"
    }  # fmt: skip
    shapes = [
        [place.dim_param or place.dim_value for place in value.type.tensor_type.shape.dim]
        for value in (*model.graph.input, *model.graph.output)
    ]
    assert shapes == [["N", 1, 80, 16], ["N", 6, 96, 96], ["N", 3, 96, 96]]


def test_a_folded_norm_is_the_norm_after_the_convolution(weights: dict[str, Pictures]) -> None:
    layer = layout.FACE_ENCODER[0][0]
    kernel, bias = folded(weights, layer)
    convolution, norm = layer.parts
    deviation = np.sqrt(weights[f"{norm}.running_var"][3] + 1e-5)
    gain = weights[f"{norm}.weight"][3] / deviation
    np.testing.assert_allclose(kernel[3], weights[f"{convolution}.weight"][3] * gain, rtol=1e-6)
    apart = (weights[f"{convolution}.bias"][3] - weights[f"{norm}.running_mean"][3]) * gain
    np.testing.assert_allclose(bias[3], apart + weights[f"{norm}.bias"][3], rtol=1e-5)


def test_weights_of_another_network_are_told_apart(weights: dict[str, Pictures], tmp_path: Path) -> None:
    name = "face_encoder_blocks.1.0.conv_block.0.weight"
    other = {each: values for each, values in weights.items() if not each.startswith("audio_encoder.0.")}
    other[name] = np.zeros((64, 16, 3, 3), np.float32)
    other["discriminator.weight"] = np.zeros(3, np.float32)
    with pytest.raises(WeightsDiffer) as caught:
        export_checkpoint(write_zip(tmp_path / "net.pth", other), tmp_path / "net.onnx")
    assert caught.value.other == [name]
    assert caught.value.unknown == ["discriminator.weight"]
    assert "6 missing (such as audio_encoder.0.conv_block.0.weight" in str(caught.value)
    assert sorted(tmp_path.iterdir()) == [tmp_path / "net.pth"]


def test_a_graph_that_paints_something_else_is_not_kept(weights: dict[str, Pictures], tmp_path: Path) -> None:
    kept = tmp_path / "net.onnx"
    kept.write_bytes(b"an older one")
    for wrong in (0.01, math.nan):
        with pytest.raises(GraphDiffers, match="nothing was kept"):
            export(weights, kept, lambda path, mel, face, wrong=wrong: paint(path, mel, face) + wrong)
    assert kept.read_bytes() == b"an older one"
    assert list(tmp_path.iterdir()) == [kept]


def test_inputs_are_named_as_they_are_wanted() -> None:
    graph = graph_of(layout.random_weights(), ("source", "target")).graph
    assert [value.name for value in (*graph.input, *graph.output)] == ["source", "target", "painted"]


def test_weights_by_chance_paint_pictures_that_depend_on_sound_and_face(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(graph_of(layout.random_weights()).SerializeToString())
    chance = np.random.default_rng(1)
    mel = chance.uniform(-4, 4, (2, 1, 80, 16)).astype(np.float32)
    face = chance.random((2, 6, 96, 96), dtype=np.float32)
    painted = paint(path, mel, face)
    assert painted.std() > 0.05
    assert np.abs(painted[0] - painted[1]).mean() > 0.001
    assert sum(1 for _ in layout.layers()) == 51
