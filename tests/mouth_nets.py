"""Nets whose paintings are known: the tiny ONNX model by its own arithmetic, and ones that fail."""

from collections.abc import Callable

import numpy as np

from lipsync.engines.contract import WHENEVER
from lipsync.engines.net import Faces, Mels, Mouths
from workers.device import open_session
from workers.nets import OnnxNet
from workers.tiny_wav2lip import TINY_FACE, TINY_GROUND, TINY_RAMP, TINY_SOUND, write_tiny


def tiny_net(side_px: int = 96) -> OnnxNet:
    """Return the tiny model through the runtime."""
    return OnnxNet(open_session(write_tiny(side_px)))


def tiny_paints(mel: Mels, face: Faces) -> Mouths:
    """Return what the tiny model paints, worked out here."""
    volume = mel.mean(axis=(1, 2, 3))[:, None] * np.array(TINY_SOUND)
    colour = TINY_FACE * face[:, 3:].mean(axis=(2, 3)) + volume + TINY_GROUND
    ramp = np.linspace(-TINY_RAMP, TINY_RAMP, face.shape[3])
    square = np.broadcast_to(ramp, (*colour.shape, face.shape[2], face.shape[3]))
    return (colour[..., None, None] + square).astype(np.float32)


class NetOf:
    """A net that paints what a function says, and remembers what it was asked for."""

    def __init__(self, paints: Callable[[Mels, Faces], Mouths] = tiny_paints, side_px: int = 96) -> None:
        self.side_px = side_px
        self.paints = paints
        self.asked: list[tuple[Mels, Faces, float]] = []

    def paint(self, mel: Mels, face: Faces, due_s: float = WHENEVER) -> Mouths:
        self.asked.append((mel, face, due_s))
        return self.paints(mel, face)


def echo(mel: Mels, face: Faces) -> Mouths:
    """Paint the very face that is shown."""
    del mel
    return np.array(face[:, 3:])
