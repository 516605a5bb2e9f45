"""Opens ONNX sessions: the one room that does so, and that knows what they run on.

A model's bytes or file in, a session out that is ready to run. Knows nothing of what a model is for.
"""

import importlib
from pathlib import Path
from typing import Any


class ModelUnreadable(ValueError):
    """A file is no ONNX model that can be run here; fetch or export it again."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} is no ONNX model that runs here; fetch or export it again. {reason}")
        self.name, self.reason = name, reason


def open_session(model: bytes | Path, *, threads: int = 1) -> Any:
    """Return a session on the processor.

    Args:
        model: the file, or what is in it.
        threads: that one run is spread over.

    Raises:
        ModelUnreadable: it is no model, or has operators that are not known.
    """
    # Imported here: half of the processes that import this room never open one.
    ort: Any = importlib.import_module("onnxruntime")
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    given, name = (model, "the model") if isinstance(model, bytes) else (str(model), model.name)
    try:
        return ort.InferenceSession(given, options, providers=["CPUExecutionProvider"])
    except Exception as trouble:
        # The runtime's errors share no class but this one.
        raise ModelUnreadable(name, str(trouble)) from trouble
