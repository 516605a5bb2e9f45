"""A model file of the Wav2Lip family as a net that OpenVINO runs on the processor.

Beside `workers.nets`, which runs it in ONNX Runtime. Only there where the extra `openvino` is
installed; `workers.warm_net` measures which of the two is faster on a machine.
"""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

from workers.device import ModelUnreadable
from workers.nets import End, FileNet, ends_of


def has_openvino() -> bool:
    """Return whether OpenVINO is installed."""
    return importlib.util.find_spec("openvino") is not None


class OpenVinoNet(FileNet):
    """A net that OpenVINO runs.

    Args:
        model: the file.
        threads: of the processor that one call is spread over.
        cache: folder where compiled models are kept, so that the next start need not compile; None
            keeps none.

    Raises:
        ModelUnreadable: it is no model, or has operators that are not known.
        NotAMouthModel: its inputs or its output are others.
    """

    def __init__(self, model: Path, *, threads: int = 1, cache: Path | None = None) -> None:
        openvino: Any = importlib.import_module("openvino")
        core = openvino.Core()
        options = {
            "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY",
            # Else bfloat16 where the processor has it, which is another picture on another machine.
            "INFERENCE_PRECISION_HINT": "f32",
            # A worker shares its core with the encoders; the scheduler knows better where to run.
            "ENABLE_CPU_PINNING": False,
        }  # fmt: skip
        if cache is not None:
            options["CACHE_DIR"] = str(cache)
        try:
            compiled = core.compile_model(str(model), "CPU", options)
        except RuntimeError as trouble:
            raise ModelUnreadable(model.name, str(trouble)) from trouble
        ends = ends_of([_end(port) for port in compiled.inputs], [_end(port) for port in compiled.outputs])
        request = compiled.create_infer_request()
        # The request writes the next answer to the same place.
        super().__init__(
            ends,
            lambda mel, face: np.array(request.infer({ends.sound: mel, ends.face: face})[0], np.float32),
        )


def _end(port: Any) -> End:
    shape = [-1 if each.is_dynamic else each.get_length() for each in port.get_partial_shape()]
    kind = "tensor(float)" if port.get_element_type().get_type_name() == "f32" else "another type"
    return End(port.get_any_name(), kind, tuple(shape))
