"""The published network of Wav2Lip as a table of layers, and as an ONNX graph.

Weights by name in, a model file out; also files without anybody's weights, for tests and for speed.
Layers, their order and their names are those of Prajwal et al. (2020), `models/wav2lip.py`, for
faces of 96x96; batch norms are folded into the convolutions before them. Opens no session.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from workers.onnx_writing import write_model, write_node

SIDE_PX: Final = 96
NAMES: Final = ("mel", "vid")
"""Names of the inputs in the commonest exports: sound, face."""

Weights = Mapping[str, NDArray[np.float32]]
"""`{layer}.weight` and `{layer}.bias`, as `Layer.name` has the layers."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One convolution, what is added to it and what follows it."""

    name: str
    """As in the published checkpoint, where its convolution is `{name}.conv_block.0`, its batch norm
    `{name}.conv_block.1`; the very last one has neither a block nor a norm."""
    inputs: int
    """Channels in."""
    outputs: int
    kernel: int
    stride: tuple[int, int] = (1, 1)
    padding: int = 0
    residual: bool = False
    """Whether its input is added before the ReLU."""
    transposed: bool = False
    more: int = 0
    """Rows and columns that a transposed one adds at the end (`output_padding`)."""
    last: bool = False
    """No batch norm, and a sigmoid in place of the ReLU."""

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Shape of its weights."""
        ends = (self.inputs, self.outputs) if self.transposed else (self.outputs, self.inputs)
        return (*ends, self.kernel, self.kernel)


def _same(name: str, channels: int, first: int, count: int) -> list[Layer]:
    return [
        Layer(f"{name}.{first + n}", channels, channels, 3, padding=1, residual=True) for n in range(count)
    ]


def _face_encoder() -> list[list[Layer]]:
    name = "face_encoder_blocks"
    blocks = [[Layer(f"{name}.0.0", 6, 16, 7, padding=3)]]
    for block, (channels, more) in enumerate(((16, 2), (32, 3), (64, 2), (128, 2), (256, 1)), 1):
        down = Layer(f"{name}.{block}.0", channels, 2 * channels, 3, (2, 2), 1)
        blocks.append([down, *_same(f"{name}.{block}", 2 * channels, 1, more)])
    return [*blocks, [Layer(f"{name}.6.0", 512, 512, 3), Layer(f"{name}.6.1", 512, 512, 1)]]


def _audio_encoder() -> list[Layer]:
    name = "audio_encoder"
    return [
        Layer(f"{name}.0", 1, 32, 3, padding=1), *_same(name, 32, 1, 2),
        Layer(f"{name}.3", 32, 64, 3, (3, 1), 1), *_same(name, 64, 4, 2),
        Layer(f"{name}.6", 64, 128, 3, (3, 3), 1), *_same(name, 128, 7, 2),
        Layer(f"{name}.9", 128, 256, 3, (3, 2), 1), *_same(name, 256, 10, 1),
        Layer(f"{name}.11", 256, 512, 3), Layer(f"{name}.12", 512, 512, 1),
    ]  # fmt: skip


def _face_decoder() -> list[list[Layer]]:
    name = "face_decoder_blocks"
    blocks = [
        [Layer(f"{name}.0.0", 512, 512, 1)],
        [Layer(f"{name}.1.0", 1024, 512, 3, transposed=True), *_same(f"{name}.1", 512, 1, 1)],
    ]
    for block, (ins, outs) in enumerate(((1024, 512), (768, 384), (512, 256), (320, 128), (160, 64)), 2):
        up = Layer(f"{name}.{block}.0", ins, outs, 3, (2, 2), 1, transposed=True, more=1)
        blocks.append([up, *_same(f"{name}.{block}", outs, 1, 2)])
    return blocks


_OUTPUT: Final = (
    Layer("output_block.0", 80, 32, 3, padding=1), Layer("output_block.1", 32, 3, 1, last=True),
)  # fmt: skip


def layers() -> Iterator[Layer]:
    """Yield every layer, encoders first."""
    for block in (*_face_encoder(), _audio_encoder(), *_face_decoder(), _OUTPUT):
        yield from block


def write_wav2lip(weights: Weights, names: tuple[str, str] = NAMES) -> bytes:
    """Return the network as a model file.

    Args:
        weights: of every layer, batch norms folded in, float32.
        names: of the inputs, sound and face.

    Raises:
        KeyError: a layer has no weights.
    """
    sound, face = names
    nodes: list[bytes] = []
    skips: list[str] = []
    at = face
    for block in _face_encoder():
        at = _chain(block, at, nodes)
        skips.append(at)
    at = _chain(_audio_encoder(), sound, nodes)
    for block in _face_decoder():
        at = _chain(block, at, nodes)
        joined = f"{block[0].name}.joined"
        nodes.append(write_node("Concat", [at, skips.pop()], joined, axis=1))
        at = joined
    at = _chain(_OUTPUT, at, nodes)
    needed = {f"{layer.name}.{part}" for layer in layers() for part in ("weight", "bias")}
    tensors = {name: np.asarray(weights[name], np.float32) for name in sorted(needed)}
    ends = {sound: ("N", 1, 80, 16), face: ("N", 6, SIDE_PX, SIDE_PX)}
    return write_model(nodes, tensors, ends, (at, ("N", 3, SIDE_PX, SIDE_PX)))


def _chain(block: list[Layer] | tuple[Layer, ...], at: str, nodes: list[bytes]) -> str:
    """Append the nodes of layers after each other; return the name of what the last one gives."""
    for layer in block:
        name = layer.name
        more = {"output_padding": [layer.more] * 2} if layer.transposed else {}
        nodes.append(
            write_node(
                "ConvTranspose" if layer.transposed else "Conv",
                [at, f"{name}.weight", f"{name}.bias"], f"{name}.conv",
                kernel_shape=[layer.kernel] * 2, strides=list(layer.stride), pads=[layer.padding] * 4, **more,
            )
        )  # fmt: skip
        found = f"{name}.conv"
        if layer.residual:
            nodes.append(write_node("Add", [found, at], f"{name}.sum"))
            found = f"{name}.sum"
        at = f"{name}.out"
        nodes.append(write_node("Sigmoid" if layer.last else "Relu", [found], at))
    return at


def random_weights(seed: int = 0) -> Weights:
    """Return weights drawn by chance that neither die out nor run away over all layers."""
    chance = np.random.default_rng(seed)
    found: dict[str, NDArray[np.float32]] = {}
    for layer in layers():
        # A transposed layer of stride 2 sees a quarter of its kernel at each pixel.
        seen = layer.inputs * layer.kernel**2 / (layer.stride[0] * layer.stride[1] if layer.transposed else 1)
        spread = np.sqrt(2 / seen) * (0.3 if layer.residual else 1.0)
        found[f"{layer.name}.weight"] = (spread * chance.standard_normal(layer.shape)).astype(np.float32)
        found[f"{layer.name}.bias"] = np.zeros(layer.outputs, np.float32)
    return found


TINY_SOUND: Final = (0.02, 0.04, 0.06)
"""What the mean of the mel adds to B, G and R in the tiny network."""
TINY_FACE: Final = 0.5
"""Share of the face's own mean in them."""
TINY_GROUND: Final = 0.25
TINY_RAMP: Final = 0.01
"""Half of what they rise by from the left edge to the right: a picture of one colour is a fault."""


def write_tiny(side_px: int = SIDE_PX, names: tuple[str, str] = NAMES) -> bytes:
    """Return a network of 1 kB with the inputs and the output of the real ones.

    It paints `TINY_FACE` of the face's mean colour, plus `TINY_SOUND` times the mel's mean, plus
    `TINY_GROUND`, with a ramp across: whoever gets another one's face or sound sees it.
    """
    sound, face = names
    ramp = np.linspace(-TINY_RAMP, TINY_RAMP, side_px, dtype=np.float32)
    tensors = {
        "share": np.array([TINY_FACE], np.float32),
        "loud": np.array(TINY_SOUND, np.float32).reshape(1, 3, 1, 1),
        "ramp": TINY_GROUND + ramp.reshape(1, 1, 1, side_px),
        "column": np.zeros((1, 1, side_px, 1), np.float32),
        "from": np.array([3]), "to": np.array([6]), "axis": np.array([1]),
    }  # fmt: skip
    nodes = [
        write_node("ReduceMean", [sound], "volume", axes=[1, 2, 3]),
        write_node("Mul", ["volume", "loud"], "heard"),
        write_node("ReduceMean", [face], "means", axes=[2, 3]),
        write_node("Slice", ["means", "from", "to", "axis"], "whole"),
        write_node("Mul", ["whole", "share"], "shown"),
        write_node("Add", ["heard", "shown"], "colour"),
        write_node("Add", ["ramp", "column"], "square"),
        write_node("Add", ["colour", "square"], "painted"),
    ]
    ends = {sound: ("N", 1, 80, 16), face: ("N", 6, side_px, side_px)}
    return write_model(nodes, tensors, ends, ("painted", ("N", 3, side_px, side_px)))
