"""The Wav2Lip generator calculated in numpy, as its layers are defined: slow, and with no tricks.

What an exported graph is compared with. Takes the weights as a checkpoint has them, batch norms
apart, so that a mistake in folding them shows. Follows Prajwal et al., ACM Multimedia 2020.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workers.wav2lip_layout import AUDIO_ENCODER, FACE_DECODER, FACE_ENCODER, OUTPUT, Block, Layer, Weights

Planes = NDArray[np.float64]
"""Shape (N, channels, height, width)."""

NORM_EPSILON = 1e-5
"""PyTorch's default, with which the published weights were trained."""


def forward(weights: Weights, mel: NDArray[np.float32], face: NDArray[np.float32]) -> Planes:
    """Return what the generator paints.

    Args:
        weights: checked against the layout.
        mel: (N, 1, 80, 16).
        face: (N, 6, 96, 96), 0..1.

    Returns:
        (N, 3, 96, 96), 0..1, blue first.
    """
    heard = _run(weights, AUDIO_ENCODER, mel.astype(np.float64))
    seen: list[Planes] = []
    planes = face.astype(np.float64)
    for block in FACE_ENCODER:
        planes = _run(weights, block, planes)
        seen.append(planes)
    planes = heard
    for block in FACE_DECODER:
        planes = np.concatenate([_run(weights, block, planes), seen.pop()], axis=1)
    return _run(weights, OUTPUT, planes)


def _run(weights: Weights, block: Block, planes: Planes) -> Planes:
    for layer in block:
        planes = _layer(weights, layer, planes)
    return planes


def _layer(weights: Weights, layer: Layer, planes: Planes) -> Planes:
    convolution, norm = layer.parts
    kernel = weights[f"{convolution}.weight"].astype(np.float64)
    apply = _transposed if layer.transposed else _convolved
    out = apply(planes, kernel, layer) + _column(weights[f"{convolution}.bias"])
    if layer.plain:
        return np.asarray(1 / (1 + np.exp(-out)))
    mean, variance = (_column(weights[f"{norm}.running_{part}"]) for part in ("mean", "var"))
    out = (out - mean) / np.sqrt(variance + NORM_EPSILON)
    out = out * _column(weights[f"{norm}.weight"]) + _column(weights[f"{norm}.bias"])
    return np.maximum(out + planes if layer.residual else out, 0)


def _column(numbers: NDArray[np.float32]) -> Planes:
    return numbers.astype(np.float64)[:, None, None]


def _convolved(planes: Planes, kernel: Planes, layer: Layer) -> Planes:
    around, (down, right) = layer.padding, layer.stride
    padded = np.pad(planes, ((0, 0), (0, 0), (around, around), (around, around)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (layer.kernel, layer.kernel), axis=(2, 3))
    product = np.einsum("nchwij,ocij->nohw", windows[:, :, ::down, ::right], kernel, optimize=True)
    return np.asarray(product, np.float64)


def _transposed(planes: Planes, kernel: Planes, layer: Layer) -> Planes:
    """Add each place's kernel where it stands in the larger picture, then cut the padding off."""
    count, _, high, wide = planes.shape
    down, right = layer.stride
    full = np.zeros((
        count, layer.outputs,
        (high - 1) * down + layer.kernel + layer.output_padding,
        (wide - 1) * right + layer.kernel + layer.output_padding,
    ))  # fmt: skip
    for row in range(layer.kernel):
        for column in range(layer.kernel):
            painted = np.einsum("nchw,co->nohw", planes, kernel[:, :, row, column], optimize=True)
            full[:, :, row : row + high * down : down, column : column + wide * right : right] += painted
    cut = layer.padding
    return full[:, :, cut : full.shape[2] - cut, cut : full.shape[3] - cut]
