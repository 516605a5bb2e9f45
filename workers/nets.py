"""A model file of the Wav2Lip family as the net that the engine asks.

Between the asset folder, `workers.device` and `lipsync.engines.net`. Exports name their
inputs as they like, so inputs are told apart by shape; the size of faces is the file's own.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from lipsync.engines.contract import WHENEVER
from lipsync.engines.net import SIDES_PX, Faces, Mels, Mouths, NetFailed
from lipsync.speech.mel import BANDS, COLUMNS
from workers.bound_run import BoundRun
from workers.device import CPU, Device, open_session

_FLOAT32: Final = "tensor(float)"


MODEL: Final = Path("wav2lip") / "wav2lip.onnx"
"""Where in the asset folder the model lies, whatever size its faces have."""


HALF: Final = Path("wav2lip") / "wav2lip.fp16.onnx"
"""The same in half precision, with ends in single, for GPUs; tried there where somebody has put one."""


INT8: Final = Path("wav2lip") / "wav2lip.int8.onnx"
"""The same in eight bits, where somebody has had it made (`avatar assets quantise`)."""


class NotAMouthModel(ValueError):
    """An ONNX model has other inputs or another output than those of the Wav2Lip family."""

    def __init__(self, found: Sequence[str]) -> None:
        super().__init__(
            f"the model has {'; '.join(found)}. A model of the Wav2Lip family has two float32 inputs, "
            f"(N, 1, {BANDS}, {COLUMNS}) and (N, 6, S, S), and one output, (N, 3, S, S), "
            f"S one of {', '.join(map(str, SIDES_PX))}"
        )
        self.found = tuple(found)


@dataclass(frozen=True, slots=True)
class End:
    """An input or an output of a model."""

    name: str
    kind: str
    """Its type, as ONNX Runtime names it."""
    shape: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Ends:
    """Which end of a model is which."""

    sound: str
    face: str
    painted: str
    side_px: int


def ends_of(inputs: Sequence[End], outputs: Sequence[End]) -> Ends:
    """Tell the ends of a model apart by their shapes.

    Raises:
        NotAMouthModel: they are others than those of the family.
    """
    described = [f"{end.name} {end.kind} {end.shape}" for end in (*inputs, *outputs)]
    if len(inputs) != 2 or len(outputs) != 1 or any(e.kind != _FLOAT32 for e in (*inputs, *outputs)):
        raise NotAMouthModel(described)
    square = [end for end in inputs if len(end.shape) == 4]
    faces = [end for end in square if end.shape[1] == 6]
    sounds = [end for end in square if end.shape[1:] == (1, BANDS, COLUMNS)]
    if len(faces) != 1 or len(sounds) != 1 or faces[0].shape[2] != faces[0].shape[3]:
        raise NotAMouthModel(described)
    if faces[0].shape[2] not in SIDES_PX:
        raise NotAMouthModel(described)
    return Ends(sounds[0].name, faces[0].name, outputs[0].name, faces[0].shape[2])


def _end(end: Any) -> End:
    return End(end.name, end.type, tuple(end.shape))


class FileNet:
    """A net that is one model's file in some runtime, one call at a time; see `lipsync.engines.net.Net`.

    Args:
        ends: which end of the model is which.
        run: returns what comes of sound and faces, as an array of its own.
    """

    def __init__(self, ends: Ends, run: Callable[[Mels, Faces], Any]) -> None:
        self._ends, self._run = ends, run
        self._turn = threading.Lock()

    @property
    def side_px(self) -> int:
        """Width and height of its faces."""
        return self._ends.side_px

    def named(self, mel: Mels, face: Faces) -> dict[str, Any]:
        """Return sound and faces under the names that the model's file has for them."""
        return {self._ends.sound: mel, self._ends.face: face}

    def paint(self, mel: Mels, face: Faces, due_s: float = WHENEVER) -> Mouths:
        """Paint some frames; callers take turns as they come.

        Raises:
            NetFailed: the runtime gave an error.
        """
        del due_s
        try:
            with self._turn:
                painted = self._run(mel, np.ascontiguousarray(face))
        except Exception as trouble:
            # The runtimes' errors share no class but this one.
            raise NetFailed(f"the model did not run: {trouble}") from trouble
        return np.asarray(painted, np.float32)


class OnnxNet(FileNet):
    """A net that runs one ONNX session.

    Args:
        session: a ready ONNX session.
        device: where it runs; on a GPU its inputs and output stay in its memory.

    Raises:
        NotAMouthModel: its inputs or its output are others.
    """

    def __init__(self, session: Any, device: Device = CPU) -> None:
        inputs, outputs = (
            [_end(each) for each in told] for told in (session.get_inputs(), session.get_outputs())
        )
        ends = ends_of(inputs, outputs)
        if device.kind == "cuda":
            shape = (3, ends.side_px, ends.side_px)
            super().__init__(ends, BoundRun(session, (ends.sound, ends.face), ends.painted, shape, device))
        else:
            super().__init__(
                ends, lambda mel, face: session.run([ends.painted], {ends.sound: mel, ends.face: face})[0]
            )


def plain_net(model: Path, *, threads: int = 1) -> OnnxNet:
    """Return a model's file in the plainest way: ONNX Runtime on the processor.

    Raises:
        ModelUnreadable, NotAMouthModel: the file is no model, or another's.
    """
    return OnnxNet(open_session(model, threads=threads))
