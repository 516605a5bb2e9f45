"""A model of the Wav2Lip family becomes the same one in half precision, for workers with a GPU.

A file in, a file out that takes and gives single precision as before. Needs the package onnx, as the
exporter does. `workers.fastest` measures whether a GPU is faster with it; nothing here opens one.
"""

from __future__ import annotations

import os
from pathlib import Path

import onnx

from lipsync.engines.net import NetFailed
from workers.golden import golden_of
from workers.nets import plain_net


def halve(model: Path, out: Path) -> float:
    """Write a model in half precision, whole or not at all; return how near its pictures come (PSNR, dB).

    Args:
        model: the original.
        out: the file to write; one that is there is replaced.

    Raises:
        ModelUnreadable, NotAMouthModel: the original cannot be opened.
        NetFailed: what was written does not paint what the original does.
    """
    # Here and not on top: the library reads its whole catalogue of operators when it is imported.
    from onnxruntime.transformers.float16 import convert_float_to_float16  # noqa: PLC0415

    golden = golden_of(model, lambda: plain_net(model))
    scratch = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        halved = convert_float_to_float16(onnx.load(model), keep_io_types=True)
        scratch.write_bytes(halved.SerializeToString())
        psnr_db = golden.measure(plain_net(scratch))
        scratch.replace(out)
    except NetFailed:
        scratch.unlink(missing_ok=True)
        raise
    return psnr_db
