"""A model file of the Wav2Lip family that is known by heart: 1 kB, with nobody's weights.

For tests, and to try a worker without a real model (`scripts/make_wav2lip.py`). Written by hand, so that
it needs no package that knows ONNX. Opens no session.
"""

from typing import Final

import numpy as np

from workers.onnx_writing import write_model, write_node
from workers.wav2lip_layout import SIZE_PX

NAMES: Final = ("mel", "vid")
"""Names of the inputs in the commonest exports: sound, face."""

TINY_SOUND: Final = (0.02, 0.04, 0.06)
"""What the mean of the mel adds to B, G and R in the tiny network."""
TINY_FACE: Final = 0.5
"""Share of the face's own mean in them."""
TINY_GROUND: Final = 0.25
TINY_RAMP: Final = 0.01
"""Half of what they rise by from the left edge to the right: a picture of one colour is a fault."""


def write_tiny(side_px: int = SIZE_PX, names: tuple[str, str] = NAMES) -> bytes:
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
