"""Weights of the published Wav2Lip generator in, an ONNX file that an engine opens out.

Between `workers.checkpoint` and `avatar assets export`. Batch norms are folded into the
convolutions before them. What is written is compared with the generator calculated in numpy
(`workers.wav2lip_forward`) before it is kept. Needs the package `onnx` (the extra `export`), so
nothing that a service runs imports this room.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, checker, helper, numpy_helper

from workers.checkpoint import read_checkpoint
from workers.wav2lip_forward import NORM_EPSILON, forward
from workers.wav2lip_layout import (
    AUDIO_ENCODER,
    FACE_DECODER,
    FACE_ENCODER,
    MEL_BANDS,
    MEL_COLUMNS,
    OUTPUT,
    SIZE_PX,
    Block,
    Layer,
    Weights,
    WeightsDiffer,
    check,
)

__all__ = ["GraphDiffers", "WeightsDiffer", "export", "export_checkpoint", "folded", "graph_of"]

OPSET: Final = 17
_IR_VERSION: Final = 8
"""The newest that ONNX Runtime 1.12, and OpenVINO since 2023, can read; nothing later is used."""

LARGEST_DIFFERENCE: Final = 1e-4
"""From what numpy calculates, on a scale where 1 is white; float32 gives a tenth of it."""

Run = Callable[[Path, NDArray[np.float32], NDArray[np.float32]], NDArray[np.float32]]
"""Given a file, mel and face: what it paints."""


class GraphDiffers(RuntimeError):
    """The exported graph does not paint what the weights say; nothing was kept."""

    def __init__(self, difference: float) -> None:
        super().__init__(
            f"the exported graph differs from its weights by {difference:.2g} "
            f"(at most {LARGEST_DIFFERENCE:g}); nothing was kept"
        )
        self.difference = difference


def export_checkpoint(checkpoint: Path, path: Path) -> float:
    """Write the graph of a checkpoint's generator to a file. Returns and raises as `export`.

    Raises:
        CheckpointUnsafe: the checkpoint would run something.
        CheckpointBroken: it cannot be read.
    """
    return export(read_checkpoint(checkpoint), path, _run_here)


def _run_here(path: Path, mel: NDArray[np.float32], face: NDArray[np.float32]) -> NDArray[np.float32]:
    # Here and not on top: the library writes a file of its own as soon as it is imported.
    import onnxruntime  # noqa: PLC0415

    net = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.asarray(net.run(None, {"mel": mel, "face": face})[0], np.float32)


def export(weights: Weights, path: Path, run: Run) -> float:
    """Write the graph of a generator to a file, whole or not at all.

    Args:
        weights: as `workers.checkpoint.read_checkpoint` gives them.
        path: of the file; one that is there is replaced.
        run: how the file is tried.

    Returns:
        the largest difference to the generator calculated in numpy, of values 0..1.

    Raises:
        WeightsDiffer: they are no published generator's.
        GraphDiffers: the graph paints something else.
    """
    check(weights)
    model = graph_of(weights)
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        scratch.write_bytes(model.SerializeToString())
        difference = _difference(weights, scratch, run)
        if not difference <= LARGEST_DIFFERENCE:
            raise GraphDiffers(difference)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
    return difference


def graph_of(weights: Weights, names: tuple[str, str] = ("mel", "face")) -> onnx.ModelProto:
    """Return the generator as a model with the output `painted`.

    Args:
        weights: checked against the layout.
        names: of its inputs, sound and face.
    """
    writer = _Writer(weights)
    writer.generator(*names)
    size: list[str | int | None] = ["N", 3, SIZE_PX, SIZE_PX]
    graph = helper.make_graph(
        writer.nodes, "wav2lip",
        inputs=[
            helper.make_tensor_value_info(names[0], TensorProto.FLOAT, ["N", 1, MEL_BANDS, MEL_COLUMNS]),
            helper.make_tensor_value_info(names[1], TensorProto.FLOAT, ["N", 6, SIZE_PX, SIZE_PX]),
        ],
        outputs=[helper.make_tensor_value_info("painted", TensorProto.FLOAT, size)],
        initializer=writer.constants,
    )  # fmt: skip
    model = helper.make_model(
        graph, producer_name="avatar-streaming-service", ir_version=_IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
    )  # fmt: skip
    checker.check_model(model)
    return model


def _difference(weights: Weights, path: Path, run: Run) -> float:
    chance = np.random.default_rng(0)
    mel = chance.uniform(-4, 4, (1, 1, MEL_BANDS, MEL_COLUMNS)).astype(np.float32)
    face = chance.uniform(0, 1, (1, 6, SIZE_PX, SIZE_PX)).astype(np.float32)
    painted = run(path, mel, face)
    expected = forward(weights, mel, face)
    if painted.shape != expected.shape:
        return float("inf")
    return float(np.abs(painted - expected).max())


class _Writer:
    """Collects the nodes and constants of a graph."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def generator(self, sound: str, face: str) -> None:
        """Write the whole, from sound and face to `painted`."""
        heard = self._block(AUDIO_ENCODER, sound)
        seen, planes = [], face
        for block in FACE_ENCODER:
            planes = self._block(block, planes)
            seen.append(planes)
        planes = heard
        for number, block in enumerate(FACE_DECODER):
            both = f"joined.{number}"
            self.nodes.append(
                helper.make_node("Concat", [self._block(block, planes), seen.pop()], [both], axis=1)
            )
            planes = both
        self._block(OUTPUT, planes, "painted")

    def _block(self, block: Block, planes: str, named: str = "") -> str:
        for layer in block:
            planes = self._layer(layer, planes, named if layer is block[-1] else "")
        return planes

    def _layer(self, layer: Layer, planes: str, named: str) -> str:
        kernel, bias = folded(self._weights, layer)
        for part, numbers in (("weight", kernel), ("bias", bias)):
            self.constants.append(numpy_helper.from_array(numbers, f"{layer.name}.{part}"))
        operator = "ConvTranspose" if layer.transposed else "Conv"
        out = f"{layer.name}.out"
        inputs = [planes, f"{layer.name}.weight", f"{layer.name}.bias"]
        attributes: dict[str, Any] = dict(_attributes(layer))
        self.nodes.append(helper.make_node(operator, inputs, [out], name=layer.name, **attributes))
        if layer.residual:
            self.nodes.append(helper.make_node("Add", [out, planes], [f"{layer.name}.sum"]))
            out = f"{layer.name}.sum"
        final = named or f"{layer.name}.act"
        self.nodes.append(helper.make_node("Sigmoid" if layer.plain else "Relu", [out], [final]))
        return final


def _attributes(layer: Layer) -> Iterator[tuple[str, list[int]]]:
    yield "kernel_shape", [layer.kernel] * 2
    yield "strides", list(layer.stride)
    yield "pads", [layer.padding] * 4
    if layer.transposed:
        yield "output_padding", [layer.output_padding] * 2


def folded(weights: Weights, layer: Layer) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return a layer's kernel and bias, float32, with its batch norm within them."""
    convolution, norm = layer.parts
    kernel = weights[f"{convolution}.weight"].astype(np.float64)
    bias = weights[f"{convolution}.bias"].astype(np.float64)
    if norm:
        deviation = np.sqrt(weights[f"{norm}.running_var"].astype(np.float64) + NORM_EPSILON)
        scale = weights[f"{norm}.weight"] / deviation
        along = (1, -1, 1, 1) if layer.transposed else (-1, 1, 1, 1)
        kernel = kernel * scale.reshape(along)
        bias = (bias - weights[f"{norm}.running_mean"]) * scale + weights[f"{norm}.bias"]
    return kernel.astype(np.float32), bias.astype(np.float32)
