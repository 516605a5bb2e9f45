"""The published Wav2Lip generator at 96 pixels: which layers there are, and how they follow.

Tables only, from the paper (Prajwal et al., ACM Multimedia 2020) and the layout of its published
weights. `workers.wav2lip_export` writes a graph by it, `workers.wav2lip_forward` calculates by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

SIZE_PX: Final = 96
"""Width and height of the face that the published weights see and paint."""
MEL_BANDS: Final = 80
MEL_COLUMNS: Final = 16

Weights = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One convolution, its batch norm where it has one, and what follows."""

    name: str
    """Where its weights are in a checkpoint."""
    inputs: int
    outputs: int
    kernel: int
    stride: tuple[int, int] = (1, 1)
    padding: int = 0
    transposed: bool = False
    output_padding: int = 0
    residual: bool = False
    """Whether its input is added before the ReLU."""
    plain: bool = False
    """The last one: no batch norm, and a sigmoid in place of the ReLU."""

    @property
    def parts(self) -> tuple[str, str]:
        """Names of its convolution and its batch norm in a checkpoint."""
        return (self.name, "") if self.plain else (f"{self.name}.conv_block.0", f"{self.name}.conv_block.1")

    def shapes(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield what a checkpoint has of this layer, and its shape."""
        convolution, norm = self.parts
        ends = (self.inputs, self.outputs) if self.transposed else (self.outputs, self.inputs)
        yield f"{convolution}.weight", (*ends, self.kernel, self.kernel)
        yield f"{convolution}.bias", (self.outputs,)
        if norm:
            for part in ("weight", "bias", "running_mean", "running_var"):
                yield f"{norm}.{part}", (self.outputs,)


Block = tuple[Layer, ...]


def _down(
    name: str, inputs: int, outputs: int, stride: tuple[int, int], *, more: int, first: int = 0
) -> Block:
    """Return a convolution that shrinks, and residual ones after it."""
    names = [f"{name}.{first + place}" for place in range(more + 1)]
    return (
        Layer(name=names[0], inputs=inputs, outputs=outputs, kernel=3, stride=stride, padding=1),
        *(_same(each, outputs) for each in names[1:]),
    )


def _up(name: str, inputs: int, outputs: int, more: int) -> Block:
    return (
        Layer(
            name=f"{name}.0", inputs=inputs, outputs=outputs, kernel=3, stride=(2, 2), padding=1,
            transposed=True, output_padding=1,
        ),
        *(_same(f"{name}.{place}", outputs) for place in range(1, more + 1)),
    )  # fmt: skip


def _same(name: str, width: int) -> Layer:
    return Layer(name=name, inputs=width, outputs=width, kernel=3, padding=1, residual=True)


def _last(name: str, width: int, inputs: int = 0, place: int = 0) -> Block:
    """Return what makes one place of the last three by three: 3x3 without padding, then 1x1."""
    return (
        Layer(name=f"{name}.{place}", inputs=inputs or width, outputs=width, kernel=3),
        Layer(name=f"{name}.{place + 1}", inputs=width, outputs=width, kernel=1),
    )


_FACE, _AUDIO, _DECODER = "face_encoder_blocks", "audio_encoder", "face_decoder_blocks"

FACE_ENCODER: Final[tuple[Block, ...]] = (
    (Layer(name=f"{_FACE}.0.0", inputs=6, outputs=16, kernel=7, padding=3),),
    _down(f"{_FACE}.1", 16, 32, (2, 2), more=2),
    _down(f"{_FACE}.2", 32, 64, (2, 2), more=3),
    _down(f"{_FACE}.3", 64, 128, (2, 2), more=2),
    _down(f"{_FACE}.4", 128, 256, (2, 2), more=2),
    _down(f"{_FACE}.5", 256, 512, (2, 2), more=1),
    _last(f"{_FACE}.6", 512),
)
"""Each block's result is kept for the decoder."""

AUDIO_ENCODER: Final[Block] = (
    *_down(_AUDIO, 1, 32, (1, 1), more=2),
    *_down(_AUDIO, 32, 64, (3, 1), more=2, first=3),
    *_down(_AUDIO, 64, 128, (3, 3), more=2, first=6),
    *_down(_AUDIO, 128, 256, (3, 2), more=1, first=9),
    *_last(_AUDIO, 512, 256, 11),
)

FACE_DECODER: Final[tuple[Block, ...]] = (
    (Layer(name=f"{_DECODER}.0.0", inputs=512, outputs=512, kernel=1),),
    (
        Layer(name=f"{_DECODER}.1.0", inputs=1024, outputs=512, kernel=3, transposed=True),
        _same(f"{_DECODER}.1.1", 512),
    ),
    _up(f"{_DECODER}.2", 1024, 512, 2),
    _up(f"{_DECODER}.3", 768, 384, 2),
    _up(f"{_DECODER}.4", 512, 256, 2),
    _up(f"{_DECODER}.5", 320, 128, 2),
    _up(f"{_DECODER}.6", 160, 64, 2),
)
"""After each block comes, beside its result, that of the encoder's block it mirrors: the last first."""

OUTPUT: Final[Block] = (
    Layer(name="output_block.0", inputs=80, outputs=32, kernel=3, padding=1),
    Layer(name="output_block.1", inputs=32, outputs=3, kernel=1, plain=True),
)


def layers() -> Iterator[Layer]:
    """Yield every layer."""
    yield from AUDIO_ENCODER
    for block in (*FACE_ENCODER, *FACE_DECODER, OUTPUT):
        yield from block


def shapes() -> dict[str, tuple[int, ...]]:
    """Return the tensors of a checkpoint by name, each with its shape."""
    return {name: shape for layer in layers() for name, shape in layer.shapes()}


def random_weights(seed: int = 0) -> dict[str, NDArray[np.float32]]:
    """Return weights drawn by chance, as a checkpoint has them, that neither die out nor run away."""
    chance = np.random.default_rng(seed)
    found: dict[str, NDArray[np.float32]] = {}
    for layer in layers():
        # A transposed layer of stride 2 sees a quarter of its kernel at each pixel.
        seen = layer.inputs * layer.kernel**2 / (layer.stride[0] * layer.stride[1] if layer.transposed else 1)
        spread = np.sqrt(2 / seen) * (0.3 if layer.residual else 1.0)
        for name, shape in layer.shapes():
            if len(shape) == 4:
                found[name] = (spread * chance.standard_normal(shape)).astype(np.float32)
            else:
                ones = name.endswith(("conv_block.1.weight", "running_var"))
                found[name] = np.full(shape, float(ones), np.float32)
    return found


class WeightsDiffer(ValueError):
    """The checkpoint is not of the published 96-pixel generator; export that one."""

    def __init__(self, missing: list[str], other: list[str], unknown: list[str]) -> None:
        said = [
            f"{count} {what} (such as {', '.join(names[:3])})"
            for names, what in ((missing, "missing"), (other, "of another shape"), (unknown, "unknown"))
            if (count := len(names))
        ]
        super().__init__(
            f"of the {len(shapes())} tensors of the published Wav2Lip generator at {SIZE_PX} pixels: "
            f"{'; '.join(said)}. Checkpoints of the discriminators and of other sizes cannot be exported"
        )
        self.missing, self.other, self.unknown = missing, other, unknown


def check(weights: Weights) -> None:
    """Return if these are the weights of the layout.

    Raises:
        WeightsDiffer: some are missing, have another shape, or are unknown.
    """
    expected = shapes()
    missing = [name for name in expected if name not in weights]
    other = [name for name, shape in expected.items() if name in weights and weights[name].shape != shape]
    unknown = [name for name in weights if name not in expected and not name.endswith("num_batches_tracked")]
    if missing or other or unknown:
        raise WeightsDiffer(missing, other, unknown)
