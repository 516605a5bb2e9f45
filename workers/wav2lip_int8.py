"""A model of the Wav2Lip family in, the same in eight bits out, and how far its pictures differ.

Static quantisation with its scales in the graph (QDQ): activations unsigned, weights signed and by
channel, which is what processors with VNNI and OpenVINO multiply fastest. What the values are is
learnt from `workers.calibration`. Layers that a picture depends on most stay in single precision
when the pictures would differ otherwise. Needs the package `onnx` (the extra `export`), so nothing
that a service runs imports this room.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx

from lipsync.engines.net import Faces, Mels, Mouths, Net
from workers.calibration import LEARNT_FROM, MEASURED_ON, Asked, requests
from workers.nets import plain_net

WANTED_DB: Final = 40.0
"""PSNR to the pictures in single precision, unless somebody asks for less: what is lost is not seen."""
_LEARNT_FRAMES: Final = 48
_BATCH: Final = 4
_STEPS: Final = (0, 2, 4, 8)
"""How many layers at each end of the graph stay in single precision, tried in turn."""

Open = Callable[[Path], Net]


class QuantisedDiffers(RuntimeError):
    """In eight bits the model paints other pictures, whatever stays in single precision; nothing was kept."""

    def __init__(self, psnr_db: float, wanted_db: float) -> None:
        super().__init__(
            f"in eight bits the pictures differ by {psnr_db:.1f} dB (at least {wanted_db:g} is wanted); "
            "nothing was kept. Who has looked at such pictures and takes them says --least-db"
        )
        self.psnr_db = psnr_db


@dataclass(frozen=True, slots=True)
class Quantised:
    """How a model in eight bits compares with its original."""

    psnr_db: float
    """Over sentences that nothing was learnt from."""
    worst_db: float
    """Of the frame that differs most."""
    single: tuple[str, ...]
    """Layers that stayed in single precision."""
    size_bytes: int


def requests_for(model: Path) -> tuple[list[Asked], list[Asked]]:
    """Return requests to learn from, and others to measure on, of the size of a model's faces.

    Raises:
        ModelUnreadable, NotAMouthModel: the model cannot be opened.
        VoiceError: the embedded voice does not work here.
    """
    side_px = _open(model).side_px
    return list(requests(LEARNT_FROM, side_px)), list(requests(MEASURED_ON, side_px))


def _open(model: Path) -> Net:
    return plain_net(model, threads=len(os.sched_getaffinity(0)))


def quantise(
    model: Path, out: Path, learnt: Sequence[Asked], measured: Sequence[Asked], opened: Open = _open,
    *, least_db: float = WANTED_DB,
) -> Quantised:  # fmt: skip
    """Write a model in eight bits, whole or not at all.

    Args:
        model: the original.
        out: the file to write; one that is there is replaced.
        learnt: requests that the sizes of values are learnt from.
        measured: others, on which pictures are compared.
        opened: opens a model's file.
        least_db: PSNR to the original's pictures that is asked for.

    Raises:
        QuantisedDiffers: the pictures differ too much.
    """
    layers = convolutions(model)
    right = _paint(opened(model), measured)
    scratch = out.with_name(f".{out.name}.{os.getpid()}.part")
    best_db = -float("inf")
    try:
        for ends in _STEPS:
            single = tuple(dict.fromkeys((*layers[:ends], *layers[len(layers) - ends :]))) if ends else ()
            _write(model, scratch, learnt, single)
            errors = [float(np.mean(np.square(a - b))) for a, b in zip(
                _paint(opened(scratch), measured), right, strict=True)]  # fmt: skip
            psnr_db = _db(float(np.mean(errors)))
            best_db = max(best_db, psnr_db)
            if psnr_db >= least_db:
                found = Quantised(psnr_db, _db(max(errors)), single, scratch.stat().st_size)
                scratch.replace(out)
                return found
    finally:
        scratch.unlink(missing_ok=True)
    raise QuantisedDiffers(best_db, least_db)


def convolutions(model: Path) -> list[str]:
    """Return the names of a graph's convolutions in its order."""
    graph = onnx.load(model, load_external_data=False).graph
    return [node.name for node in graph.node if node.op_type in {"Conv", "ConvTranspose"} and node.name]


def _write(model: Path, out: Path, learnt: Sequence[Asked], single: Sequence[str]) -> None:
    # Here and not on top: the library writes a file of its own as soon as it is imported.
    from onnxruntime.quantization import (  # noqa: PLC0415
        CalibrationMethod,
        QuantFormat,
        QuantType,
        quantize_static,
    )

    quantize_static(
        str(model), str(out), _Reader(model, learnt),
        quant_format=QuantFormat.QDQ, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
        per_channel=True, calibrate_method=CalibrationMethod.MinMax, nodes_to_exclude=list(single),
    )  # fmt: skip


class _Reader:
    """Gives the quantiser some of the requests, always the same ones."""

    def __init__(self, model: Path, learnt: Sequence[Asked]) -> None:
        inputs = onnx.load(model, load_external_data=False).graph.input
        bands = {place.name: place.type.tensor_type.shape.dim[1].dim_value for place in inputs}
        self._sound = next(name for name, planes in bands.items() if planes == 1)
        self._face = next(name for name, planes in bands.items() if planes == 6)
        self._requests = _spread(learnt)

    def get_next(self) -> dict[str, Any] | None:
        given = next(self._requests, None)
        return None if given is None else {self._sound: given[0], self._face: given[1]}


def _spread(learnt: Sequence[Asked]) -> Iterator[Asked]:
    """Yield small batches whose frames lie far apart: neighbours teach nothing new."""
    frames = [(mel, face, at) for mel, face in learnt for at in range(len(mel))]
    chosen = frames[:: max(1, len(frames) // _LEARNT_FRAMES)][:_LEARNT_FRAMES]
    for first in range(0, len(chosen), _BATCH):
        some = chosen[first : first + _BATCH]
        mels: Mels = np.stack([mel[at] for mel, _, at in some])
        faces: Faces = np.stack([face[at] for _, face, at in some])
        yield mels, faces


def _paint(net: Net, requests: Sequence[Asked]) -> list[Mouths]:
    return [mouth for mel, face in requests for mouth in net.paint(mel, face)]


def _db(error: float) -> float:
    return float("inf") if error == 0 else -10 * float(np.log10(error))
