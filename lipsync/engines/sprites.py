"""Painted mouths that are kept, to be shown again whenever a still face is in the same state.

A face, controls and sound in, its painted face in that state out: from memory where it was painted
before, from the network where it was not. What is painted depends on face, network and state alone,
never on who asked first. Between `wav2lip` and its net; the least recently shown leave first.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipsync.engines.contract import WHENEVER
from lipsync.engines.net import Mels, Net, check_mouths
from lipsync.engines.sprite_states import States
from lipsync.engines.wav2lip_crop import Seen, face_of, yuv_of
from lipsync.mouth.controls import MouthTrack

Sprite = NDArray[np.uint8]
"""A painted face in Y, U, V, uint8, shape (S, S, 3): what it loses of a float is below what is seen."""

SPRITES_BYTES: Final = 64 * 1024 * 1024
"""Memory for sprites unless told otherwise: four faces in 512 states, of a network of 96 pixels."""


@dataclass(frozen=True, slots=True)
class Look:
    """Frames that were looked for together, for whoever counts them."""

    found: int
    """Frames that took no network."""
    painted: int
    """Sprites that the network painted."""
    held_bytes: int


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is kept, and how much of it."""

    states: States
    limit_bytes: int = SPRITES_BYTES
    on_look: Callable[[Look], None] = lambda _: None


class Sprites:
    """The sprites of all faces that one net paints; used by many threads.

    A net has sprites of its own, so that none is ever shown of another model.

    Args:
        net: paints what is not there.
        keeping: the table of states, and the most memory.
    """

    def __init__(self, net: Net, keeping: Keeping) -> None:
        self.net, self.states = net, keeping.states
        self._limit_bytes, self._on_look = keeping.limit_bytes, keeping.on_look
        self._kept: OrderedDict[tuple[bytes, int], Sprite] = OrderedDict()
        self._held_bytes = 0
        self._lock = threading.Lock()

    @property
    def held_bytes(self) -> int:
        """Bytes of all that is kept."""
        return self._held_bytes

    def of_face(self, seen: Seen) -> FaceSprites:
        """Return the sprites of a face that is always seen like this."""
        return FaceSprites(self, hashlib.sha256(seen.tobytes()).digest(), seen)

    def get(self, face: FaceSprites, states: Sequence[int], due_s: float) -> list[Sprite]:
        """Return the sprite of each state, in order; all that are not there are painted in one call.

        Raises:
            NetFailed: they cannot be painted; then nothing is kept.
        """
        found = self._find(face.key, states)
        missing = [state for state in dict.fromkeys(states) if state not in found]
        if missing:
            # Two threads may both paint one; what they paint is the same, and neither waits.
            given = face_of(face.seen)
            faces = np.broadcast_to(given, (len(missing), *given.shape))
            mouths = self.net.paint(self.states.mels[missing], faces, due_s)
            checked = check_mouths(mouths, len(missing), self.net.side_px)
            made = {state: _sprite_of(mouth) for state, mouth in zip(missing, checked, strict=True)}
            found |= made
            self._keep(face.key, made)
        self._on_look(Look(len(states) - len(missing), len(missing), self._held_bytes))
        return [found[state] for state in states]

    def _find(self, key: bytes, states: Sequence[int]) -> dict[int, Sprite]:
        found: dict[int, Sprite] = {}
        with self._lock:
            for state in states:
                sprite = self._kept.get((key, state))
                if sprite is not None:
                    self._kept.move_to_end((key, state))
                    found[state] = sprite
        return found

    def _keep(self, key: bytes, made: Mapping[int, Sprite]) -> None:
        with self._lock:
            for state, sprite in made.items():
                if (key, state) not in self._kept:
                    self._kept[key, state] = sprite
                    self._held_bytes += sprite.nbytes
            while self._held_bytes > self._limit_bytes:
                _, gone = self._kept.popitem(last=False)
                self._held_bytes -= gone.nbytes


@dataclass(frozen=True, slots=True)
class FaceSprites:
    """The sprites of one face that does not change."""

    of: Sprites
    key: bytes
    """Fingerprint of what the network is shown of it: no other face has it."""
    seen: Seen

    def paint(self, controls: MouthTrack, mels: Mels, due_s: float = WHENEVER) -> list[Seen]:
        """Return the face as it is painted in the state of each frame.

        Args:
            controls: of some frames, float32, shape (N, 10).
            mels: the sound around them, float32, shape (N, 1, 80, 16).
            due_s: as `Net.paint`.

        Raises:
            NetFailed: what was not there cannot be painted.
        """
        if not len(controls):
            return []
        states = self.of.states.nearest(controls, mels)
        return [sprite.astype(np.float32) for sprite in self.of.get(self, states, due_s)]


def _sprite_of(mouth: NDArray[np.float32]) -> Sprite:
    return np.asarray(np.clip(np.rint(yuv_of(mouth)), 0, 255), np.uint8)
