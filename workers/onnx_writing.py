"""Graphs of our own as ONNX files: nodes and tensors in, bytes out.

The counterpart of `workers.onnx_graph`, on the same few fields of the protobuf wire format.
Names of operators and attributes are ONNX's own; nothing is checked here but types.
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from workers.onnx_graph import field_bytes, node_bytes

OPSET: Final = 13
_IR_VERSION: Final = 8

_FLOAT, _INT64 = 1, 7
_INITIALIZER, _INPUT, _OUTPUT, _NAME = 5, 11, 12, 2
_FIXED32: Final = 5

Attribute = int | float | Sequence[int]
Dims = Sequence[int | str]
"""Sizes of a tensor; a name where it may be any."""


def write_node(operator: str, inputs: Sequence[str], output: str, **attributes: Attribute) -> bytes:
    """Return a node with one output, as a field of a graph."""
    written = b"".join(_attribute(name, value) for name, value in attributes.items())
    return node_bytes(operator, list(inputs), [output], written)


def write_model(
    nodes: Sequence[bytes],
    tensors: Mapping[str, NDArray[Any]],
    inputs: Mapping[str, Dims],
    output: tuple[str, Dims],
) -> bytes:
    """Return a model file.

    Args:
        nodes: in an order in which each finds its inputs ready.
        tensors: constants, float32 or int64.
        inputs: float32 inputs by name.
        output: the float32 output.
    """
    ends = [_end(_INPUT, name, dims) for name, dims in inputs.items()] + [_end(_OUTPUT, *output)]
    graph = b"".join(
        [*nodes, field_bytes(_NAME, b"graph"), *(_tensor(*item) for item in tensors.items()), *ends]
    )
    operators = field_bytes(8, field_bytes(1, b"") + field_bytes(2, OPSET))
    return field_bytes(1, _IR_VERSION) + field_bytes(7, graph) + operators


def _tensor(name: str, values: NDArray[Any]) -> bytes:
    kind, dtype = (_INT64, "<i8") if values.dtype.kind == "i" else (_FLOAT, "<f4")
    dims = b"".join(field_bytes(1, size) for size in values.shape)
    raw = np.ascontiguousarray(values, dtype).tobytes()
    return field_bytes(
        _INITIALIZER, dims + field_bytes(2, kind) + field_bytes(8, name.encode()) + field_bytes(9, raw)
    )


def _end(number: int, name: str, dims: Dims) -> bytes:
    shape = b"".join(
        field_bytes(1, field_bytes(1, dim) if isinstance(dim, int) else field_bytes(2, dim.encode()))
        for dim in dims
    )
    kind = field_bytes(1, field_bytes(1, _FLOAT) + field_bytes(2, shape))
    return field_bytes(number, field_bytes(1, name.encode()) + field_bytes(2, kind))


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, float):
        body = bytes([2 << 3 | _FIXED32]) + struct.pack("<f", value) + field_bytes(20, 1)
    elif isinstance(value, int):
        body = field_bytes(3, value) + field_bytes(20, 2)
    else:
        body = b"".join(field_bytes(8, each) for each in value) + field_bytes(20, 7)
    return field_bytes(5, field_bytes(1, name.encode()) + body)
