"""A Piper voice of a few kB, written by hand: every letter is a tone, as long as its table says.

It has the inputs and the output of the published ones, their noise and their Ceil node, so
that everything but the sound itself is as there.
"""

import json
import struct
from collections.abc import Sequence
from pathlib import Path

from workers.onnx_graph import field_bytes, node_bytes

RATE = 22_050
HOP = 256
LETTERS = "aeiouɑæəɪʊɒɔɛʌɜɹɾbdfghjklmnpqrstvwxzŋʃʒʔɣχθðɡɐɚ"
MARKS = " ,.?!:;ˈˌː"
IDS = {mark: index for index, mark in enumerate("_^$" + MARKS + LETTERS)}
LETTER_HZ = 200.0
STEP_HZ = 20.0

FLOAT, INT64 = 1, 7


def hertz(letter: str) -> float:
    return LETTER_HZ + STEP_HZ * LETTERS.index(letter)


def frames(symbol: str) -> float:
    """Return the frames a symbol lasts before noise and rounding."""
    if symbol in ",.?!:;":
        return 12.2
    return 7.4 if symbol in LETTERS else {"_": 0.2, "^": 3.3, "$": 2.4, "ː": 3.2}.get(symbol, 0.3)


def tensor(
    name: str, values: Sequence[float], kind: int = FLOAT, shape: Sequence[int] | None = None
) -> bytes:
    dims = b"".join(field_bytes(1, size) for size in ([len(values)] if shape is None else shape))
    raw = struct.pack(f"<{len(values)}{'f' if kind == FLOAT else 'q'}", *values)
    body = dims + field_bytes(2, kind) + field_bytes(8, name.encode()) + field_bytes(9, raw)
    return field_bytes(5, body)


def value(number: int, name: str, kind: int, dims: Sequence[str | int]) -> bytes:
    shape = b"".join(
        field_bytes(1, field_bytes(1, dim) if isinstance(dim, int) else field_bytes(2, dim.encode()))
        for dim in dims
    )
    tensor_type = field_bytes(1, field_bytes(1, kind) + field_bytes(2, shape))
    return field_bytes(number, field_bytes(1, name.encode()) + field_bytes(2, tensor_type))


def number(name: str, given: int) -> bytes:
    """Return an attribute that is a whole number."""
    return field_bytes(5, field_bytes(1, name.encode()) + field_bytes(3, given) + field_bytes(20, 2))


def graph_bytes(*, ceil: str = "Ceil", noise: str = "RandomNormalLike", speakers: int = 1) -> bytes:
    """Return the graph; `ceil` and `noise` may be other operators of the same shape."""
    order = sorted(IDS, key=IDS.__getitem__)
    loud = [0.5 if symbol in LETTERS + "ː" else 0.0 for symbol in order]
    pitch = [hertz(symbol) if symbol in LETTERS else 100.0 for symbol in order]
    tables = [
        tensor("lengths", [frames(symbol) for symbol in order]), tensor("loud", loud), tensor("pitch", pitch),
        tensor("least", [0.2], shape=[]), tensor("spread", [2.0], shape=[]), tensor("hiss", [0.02], shape=[]),
        tensor("turn", [6.283185307179586 / RATE], shape=[]), tensor("zero.f", [0.0], shape=[]),
        tensor("one.f", [1.0], shape=[]),
        *(tensor(f"i{n}", [n], INT64, shape=[]) for n in range(3)),
        tensor("axis", [0], INT64), tensor("flat", [-1], INT64), tensor("column", [-1, 1], INT64),
        tensor("row", [1, -1], INT64), tensor("hop", [1, HOP], INT64), tensor("wave", [1, 1, 1, -1], INT64),
        tensor("across", [1, 1, -1], INT64),
    ]  # fmt: skip
    to_float, to_int = number("to", FLOAT), number("to", INT64)
    nodes = [
        node_bytes("Gather", ["lengths", "input"], ["length"]),
        node_bytes("Reshape", ["length", "across"], ["length3"]),
        node_bytes("Gather", ["scales", "i0"], ["scale.noise"]),
        node_bytes("Gather", ["scales", "i1"], ["scale.length"]),
        node_bytes("Gather", ["scales", "i2"], ["scale.width"]),
        node_bytes(noise, ["length3"], ["width.noise"]),
        node_bytes("Mul", ["width.noise", "scale.width"], ["width.scaled"]),
        node_bytes("Mul", ["width.scaled", "spread"], ["width.spread"]),
        node_bytes("Add", ["length3", "width.spread"], ["length.noisy"]),
        node_bytes("Mul", ["length.noisy", "scale.length"], ["length.scaled"]),
        node_bytes("Max", ["length.scaled", "least"], ["length.some"]),
        node_bytes(ceil, ["length.some"], ["w_ceil"]),
        node_bytes("Reshape", ["w_ceil", "flat"], ["steps"]),
        node_bytes("CumSum", ["steps", "i0"], ["ends"]),
        node_bytes("ReduceSum", ["steps"], ["total"], number("keepdims", 0)),
        node_bytes("Range", ["zero.f", "total", "one.f"], ["time"]),
        node_bytes("Reshape", ["ends", "column"], ["ends.column"]),
        node_bytes("Reshape", ["time", "row"], ["time.row"]),
        node_bytes("LessOrEqual", ["ends.column", "time.row"], ["passed"]),
        node_bytes("Cast", ["passed"], ["passed.f"], to_float),
        node_bytes("ReduceSum", ["passed.f", "axis"], ["place.f"], number("keepdims", 0)),
        node_bytes("Cast", ["place.f"], ["place"], to_int),
        node_bytes("Reshape", ["input", "flat"], ["ids"]),
        node_bytes("Gather", ["ids", "place"], ["frame.ids"]),
        node_bytes("Reshape", ["frame.ids", "column"], ["frame.column"]),
        node_bytes("Expand", ["frame.column", "hop"], ["sample.grid"]),
        node_bytes("Reshape", ["sample.grid", "flat"], ["sample.ids"]),
        node_bytes("Gather", ["pitch", "sample.ids"], ["hz"]),
        node_bytes("Gather", ["loud", "sample.ids"], ["gain"]),
        node_bytes("Mul", ["hz", "turn"], ["turns"]),
        node_bytes("CumSum", ["turns", "i0"], ["phase"]),
        node_bytes("Sin", ["phase"], ["tone"]),
        node_bytes("Mul", ["tone", "gain"], ["tones"]),
        node_bytes(noise, ["tones"], ["breath"]),
        node_bytes("Mul", ["breath", "scale.noise"], ["breath.scaled"]),
        node_bytes("Mul", ["breath.scaled", "hiss"], ["breath.soft"]),
        node_bytes("Add", ["tones", "breath.soft"], ["mono"]),
        node_bytes("Reshape", ["mono", "wave"], ["output"]),
    ]
    ends = [
        value(11, "input", INT64, ["batch", "phonemes"]), value(11, "input_lengths", INT64, ["batch"]),
        value(11, "scales", FLOAT, [3]),
        *([value(11, "sid", INT64, ["batch"])] if speakers > 1 else []),
        value(12, "output", FLOAT, ["batch", 1, 1, "time"]),
    ]  # fmt: skip
    return b"".join([*nodes, field_bytes(2, b"tiny"), *tables, *ends])


def model_bytes(graph: bytes | None = None, opset: int = 15) -> bytes:
    operators = field_bytes(8, field_bytes(1, b"") + field_bytes(2, opset))
    return field_bytes(1, 8) + field_bytes(7, graph_bytes() if graph is None else graph) + operators


def config(language: str = "fa", speakers: int = 1) -> dict[str, object]:
    return {
        "audio": {"sample_rate": RATE, "quality": "low"},
        "espeak": {"voice": language},
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
        "phoneme_type": "espeak",
        "phoneme_id_map": {symbol: [number] for symbol, number in IDS.items()},
        "num_symbols": 256,
        "num_speakers": speakers,
        "speaker_id_map": {},
        "language": {"code": f"{language}_IR", "family": language},
    }


def write_voice(
    folder: Path,
    stem: str = "fa_IR-tiny-low",
    language: str = "fa",
    model: bytes | None = None,
    card: str = "",
) -> Path:
    """Write a voice's files into a folder and return its model's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}.onnx"
    path.write_bytes(model_bytes() if model is None else model)
    (folder / f"{stem}.onnx.json").write_text(json.dumps(config(language)), "utf-8")
    if card:
        (folder / f"{stem}.MODEL_CARD").write_text(card, "utf-8")
    return path
