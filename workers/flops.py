"""How much arithmetic one frame of a model is, and how much a device does in a second: what its floor is.

Model files and devices in, numbers out. Shapes are those that a run has had, as ONNX Runtime notes
them, so any graph will do. Counts what multiplies matrices, which is all but a hundredth of the work;
a multiplication and an addition are two operations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np

from workers.device import Device, open_session, traced_run
from workers.onnx_writing import write_model, write_node

_CHAIN: Final = 4
"""Products in one run, so that what a run costs beside them does not count."""
_TURNS: Final = 5
SIDES: Final = {"cpu": 1024, "cuda": 8192}
"""Rows of the matrices that a kind of device is timed with: beyond, none of them gets faster."""

_Shapes = Sequence[Sequence[int]]


def model_flops(model: Path, given: Mapping[str, Any]) -> float:
    """Return the operations of one run of a model.

    Args:
        model: the file.
        given: its inputs.

    Raises:
        ModelUnreadable: it is no model.
    """
    return float(sum(_flops(name, ins, outs) for name, ins, outs in traced_run(model, given)))


def _flops(operator: str, inputs: _Shapes, outputs: _Shapes) -> int:
    if operator in {"Conv", "FusedConv", "QLinearConv"}:
        weights = inputs[3] if operator == "QLinearConv" else inputs[1]
        return 2 * math.prod(outputs[0]) * math.prod(weights[1:])
    if operator == "ConvTranspose":
        return 2 * math.prod(inputs[0]) * math.prod(inputs[1][1:])
    if operator in {"MatMul", "Gemm", "FusedMatMul"}:
        return 2 * math.prod(outputs[0]) * inputs[0][-1]
    return 0


def device_flops(device: Device, *, threads: int = 1, side: int = 0) -> float:
    """Return the operations a second that a device reaches where it multiplies large matrices.

    Args:
        device: the device.
        threads: of the processor.
        side: rows and columns; 0 for what suits the device.

    Raises:
        DeviceUnusable: the device cannot be used.
    """
    side = side or SIDES[device.kind]
    session = open_session(_products(side), device, threads=threads)
    given = {"scale": np.ones((1, 1), np.float32)}
    session.run(None, given)
    times_s = []
    for _ in range(_TURNS):
        begun_s = perf_counter()
        session.run(None, given)
        times_s.append(perf_counter() - begun_s)
    return _CHAIN * 2 * side**3 / min(times_s)


def _products(side: int) -> bytes:
    """Return a model that multiplies a matrix with itself, from one number to another: little is carried."""
    weights = np.full((side, side), 1 / side, np.float32)
    nodes = [write_node("Mul", ["scale", "weights"], "product0")]
    nodes += [
        write_node("MatMul", [f"product{turn}", "weights"], f"product{turn + 1}") for turn in range(_CHAIN)
    ]
    nodes.append(write_node("ReduceMean", [f"product{_CHAIN}"], "mean", axes=[0, 1]))
    return write_model(nodes, {"weights": weights}, {"scale": (1, 1)}, ("mean", (1, 1)))
