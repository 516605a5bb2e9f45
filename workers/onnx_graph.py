"""A published voice's ONNX file in, the same graph with two things more out: bytes only.

Between the file and `workers.piper_process`. Voices are published without an output that
tells how long each phoneme is, and draw their noise inside. Here the tensor of durations
becomes an output, and noise an input, so that equal noise gives equal sound. Reads the
protobuf wire format by itself: packages that know ONNX would triple the install. Runs no
graph and knows nothing of speech.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

NOISE_SAMPLES: Final = 1 << 18
"""Length of a noise input; a larger tensor repeats it, after 16 s of speech at the earliest."""

MOST_DURATIONS: Final = 8
"""Tensors that may be the durations; a graph with more is none of the kind that is meant."""

_MOST_NODES: Final = 100_000
_LEAST_OPSET: Final = 11
"""The first in which Range, Mod and Gather are as they are written here."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED_BYTES: Final = {_FIXED64: 8, _FIXED32: 4}

# Field numbers of onnx.proto.
_MODEL_GRAPH, _MODEL_OPSETS = 7, 8
_OPSET_DOMAIN, _OPSET_VERSION = 1, 2
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_INPUT, _GRAPH_OUTPUT = 1, 5, 11, 12
_NODE_INPUT, _NODE_OUTPUT, _NODE_OPERATOR, _NODE_ATTRIBUTE = 1, 2, 4, 5
_FLOAT, _INT64 = 1, 7

_BRANCHES: Final = frozenset({"If", "Loop", "Scan"})
_RANDOM: Final = frozenset(
    {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli"}
)


class NotAnOnnxModel(ValueError):
    """The file is no ONNX graph, or is cut off; fetch it again."""


class Field(NamedTuple):
    """One field of a protobuf message and where it stands."""

    number: int
    value: int | memoryview
    """A whole number, or the bytes within."""
    start: int
    """Where the field begins, its tag included."""
    end: int


@dataclass(frozen=True, slots=True)
class OpenedGraph:
    """A model that tells its durations and takes its noise from outside."""

    model: bytes
    durations: tuple[str, ...]
    """Outputs one of which may be how long each phoneme is, in steps of the voice's hop."""
    noise: tuple[str, ...]
    """Inputs for noise: float32, shape (NOISE_SAMPLES,), normally distributed."""
    repeatable: bool
    """False where more is random inside than could be taken out."""


def open_graph(model: bytes) -> OpenedGraph:
    """Add outputs for the durations (every Ceil) and inputs for the noise (every RandomNormalLike).

    Raises:
        NotAnOnnxModel: the bytes are no model with one graph.
    """
    whole = memoryview(model)
    graphs = [field for field in fields(whole) if field.number == _MODEL_GRAPH]
    if len(graphs) != 1:
        raise NotAnOnnxModel(f"{len(graphs)} graphs in the file; one is needed")
    found = graphs[0]
    survey = _Survey(_bytes_of(found))
    replaceable = _opset(whole) >= _LEAST_OPSET
    noisy = survey.noisy if replaceable else []
    names = tuple(f"noise.{index}" for index in range(len(noisy)))
    parts: list[bytes | memoryview] = [*_without(_bytes_of(found), [node.field for node in noisy])]
    added = b"".join(_noise(node, name) for node, name in zip(noisy, names, strict=True))
    if noisy:
        added += b"".join(_scalar(name, value) for name, value in _CONSTANTS.items())
    durations = survey.ceilings if len(survey.ceilings) <= MOST_DURATIONS else ()
    added += b"".join(
        field_bytes(_GRAPH_OUTPUT, field_bytes(1, name.encode()))
        for name in durations if name not in survey.outputs
    )  # fmt: skip
    parts.append(added)
    # Joined once: a voice of 60 MB would else be in memory five times.
    head = _written(_MODEL_GRAPH << 3 | _BYTES) + _written(sum(map(len, parts)))
    return OpenedGraph(
        model=b"".join((whole[: found.start], head, *parts, whole[found.end :])),
        durations=durations,
        noise=names,
        repeatable=not survey.otherwise_random and (replaceable or not survey.noisy),
    )


def fields(message: memoryview) -> Iterator[Field]:
    """Yield the fields of a protobuf message in their order.

    Raises:
        NotAnOnnxModel: a field is cut off or of a kind that protobuf has not.
    """
    at = 0
    while at < len(message):
        start = at
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield Field(tag >> 3, value, start, at)
            continue
        if kind == _BYTES:
            length, at = _varint(message, at)
        elif kind in _FIXED_BYTES:
            length = _FIXED_BYTES[kind]
        else:
            raise NotAnOnnxModel(f"no protobuf message: a field of kind {kind}")
        if at + length > len(message):
            raise NotAnOnnxModel("the file is cut off")
        yield Field(tag >> 3, message[at : at + length], start, at + length)
        at += length


def field_bytes(number: int, value: int | bytes) -> bytes:
    """Return a field as it is written: a whole number as a varint, bytes with their length."""
    if isinstance(value, int):
        return _written(number << 3 | _VARINT) + _written(value)
    return _written(number << 3 | _BYTES) + _written(len(value)) + value


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 70:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise NotAnOnnxModel("the file is cut off")


def _written(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def _bytes_of(field: Field) -> memoryview:
    if isinstance(field.value, int):
        raise NotAnOnnxModel(f"field {field.number} is a number where a message is needed")
    return field.value


def _text(field: Field) -> str:
    return bytes(_bytes_of(field)).decode("utf-8", "replace")


def _opset(model: memoryview) -> int:
    """Return the version of ONNX's own operators that a model asks for; 0 if it does not say."""
    for entry in fields(model):
        if entry.number == _MODEL_OPSETS:
            inner = {field.number: field for field in fields(_bytes_of(entry))}
            domain = _text(inner[_OPSET_DOMAIN]) if _OPSET_DOMAIN in inner else ""
            version = inner[_OPSET_VERSION].value if _OPSET_VERSION in inner else 0
            if domain in {"", "ai.onnx"} and isinstance(version, int):
                return version
    return 0


@dataclass(frozen=True, slots=True)
class _NoisyNode:
    """A node that only draws normal noise in the shape of another tensor."""

    field: Field
    shaped_like: str
    output: str


class _Survey:
    """What a graph has of Ceil nodes, of randomness and of outputs; branches are only searched."""

    def __init__(self, graph: memoryview) -> None:
        self.ceilings: tuple[str, ...] = ()
        self.noisy: list[_NoisyNode] = []
        self.otherwise_random = False
        self.outputs: set[str] = set()
        nodes = 0
        for field in fields(graph):
            if field.number == _GRAPH_OUTPUT:
                self.outputs |= {_text(part) for part in fields(_bytes_of(field)) if part.number == 1}
            elif field.number == _GRAPH_NODE:
                nodes += 1
                if nodes > _MOST_NODES:
                    raise NotAnOnnxModel(f"more than {_MOST_NODES} nodes")
                self._look_at(field)

    def _look_at(self, field: Field) -> None:
        parts = list(fields(_bytes_of(field)))
        operator = "".join(_text(part) for part in parts if part.number == _NODE_OPERATOR)
        inputs = [_text(part) for part in parts if part.number == _NODE_INPUT]
        outputs = [_text(part) for part in parts if part.number == _NODE_OUTPUT]
        if operator == "Ceil":
            self.ceilings += tuple(outputs)
        elif operator == "RandomNormalLike" and len(inputs) == len(outputs) == 1 and _is_plain(parts):
            self.noisy.append(_NoisyNode(field, inputs[0], outputs[0]))
        elif operator in _RANDOM or (operator in _BRANCHES and b"Random" in bytes(_bytes_of(field))):
            self.otherwise_random = True


def _is_plain(parts: list[Field]) -> bool:
    """Tell whether a node draws around 0 with deviation 1, in float32, and from no seed of its own."""
    usual = {"mean": struct.pack("<f", 0.0), "scale": struct.pack("<f", 1.0), "dtype": _FLOAT}
    for part in parts:
        if part.number == _NODE_ATTRIBUTE:
            inner = {field.number: field for field in fields(_bytes_of(part))}
            name = _text(inner[1]) if 1 in inner else ""
            given = next((inner[number].value for number in (2, 3) if number in inner), None)
            if name not in usual or given != usual[name]:
                return False
    return True


def _without(graph: memoryview, nodes: list[Field]) -> Iterator[memoryview]:
    at = 0
    for node in nodes:
        yield graph[at : node.start]
        at = node.end
    yield graph[at:]


_CONSTANTS: Final = {"noise.zero": 0, "noise.one": 1, "noise.length": NOISE_SAMPLES}


def _scalar(name: str, value: int) -> bytes:
    tensor = field_bytes(2, _INT64) + field_bytes(7, _written(value)) + field_bytes(8, name.encode())
    return field_bytes(_GRAPH_INITIALIZER, tensor)


def _noise(node: _NoisyNode, name: str) -> bytes:
    """Return an input, and the nodes that lay it out in the shape the old node had."""
    dimension = field_bytes(1, field_bytes(1, NOISE_SAMPLES))
    kind = field_bytes(1, field_bytes(1, _FLOAT) + field_bytes(2, dimension))
    steps = (
        ("Size", [node.shaped_like], f"{name}.size"),
        ("Range", ["noise.zero", f"{name}.size", "noise.one"], f"{name}.count"),
        ("Mod", [f"{name}.count", "noise.length"], f"{name}.place"),
        ("Gather", [name, f"{name}.place"], f"{name}.flat"),
        ("Shape", [node.shaped_like], f"{name}.shape"),
        ("Reshape", [f"{name}.flat", f"{name}.shape"], node.output),
    )
    declared = field_bytes(_GRAPH_INPUT, field_bytes(1, name.encode()) + field_bytes(2, kind))
    return declared + b"".join(node_bytes(operator, inputs, [output]) for operator, inputs, output in steps)


def node_bytes(operator: str, inputs: list[str], outputs: list[str], attributes: bytes = b"") -> bytes:
    """Return a node as a field of a graph; `attributes` are its attribute fields, written already."""
    return field_bytes(
        _GRAPH_NODE,
        b"".join(field_bytes(_NODE_INPUT, name.encode()) for name in inputs)
        + b"".join(field_bytes(_NODE_OUTPUT, name.encode()) for name in outputs)
        + field_bytes(_NODE_OPERATOR, operator.encode())
        + attributes,
    )
