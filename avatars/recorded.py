"""A recording's kept sound, read back in stretches: only the blocks that are asked for.

Between storage and `tasks.playing`. What `avatars.sound_work` wrote: an index, and blocks of
FLAC whose checksums stand in it. An hour is never held; the last three blocks are.
"""

import hashlib
import io
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import av
import numpy as np

from avatars.errors import ObjectMissing, RecordingBroken
from avatars.recordings import prefix
from avatars.sound_intake import INDEX
from avatars.storage import Storage
from lipsync.mouth.heard_features import HeardLevel
from lipsync.speech.spans import Sound
from lipsync.speech.stretches import Stretch

INDEX_VERSION: Final = 1
_BLOCKS_HELD: Final = 3


@dataclass(frozen=True, slots=True)
class RecordingIndex:
    """What is known of a recording beside its sound."""

    samples: int
    block_samples: int
    blocks: tuple[str, ...]
    """SHA-256 of each block, in hex."""
    stretches: tuple[Stretch, ...]
    voiced: tuple[tuple[int, int], ...]
    """Where somebody speaks, in samples."""
    level: HeardLevel

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """Read what `avatars.sound_work` wrote.

        Raises:
            RecordingBroken: it is of another version, or not whole.
        """
        if body.get("version") != INDEX_VERSION:
            raise RecordingBroken(f"index of version {body.get('version')!r}; known: {INDEX_VERSION}")
        try:
            level = body["level"]
            return cls(
                samples=int(body["samples"]),
                block_samples=int(body["block_samples"]),
                blocks=tuple(str(each) for each in body["blocks"]),
                stretches=tuple(Stretch(int(first), int(frames)) for first, frames in body["stretches"]),
                voiced=tuple((int(start), int(end)) for start, end in body["voiced"]),
                level=HeardLevel(
                    tuple(level["speech_tenths_db"]), tuple(level["room_tenths_db"]), bool(level["speaks"])
                ),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise RecordingBroken(f"the index is not whole: {error!r}") from error


class Recorded:
    """One recording's sound; for one thread.

    Raises:
        RecordingBroken: its index is gone or does not read back.
        StorageError: storage does not answer.
    """

    def __init__(self, storage: Storage, recording_id: str) -> None:
        self._storage = storage
        self._prefix = prefix(recording_id)
        self._held: OrderedDict[int, Sound] = OrderedDict()
        try:
            body = json.loads(self._get(INDEX))
        except ValueError as error:
            raise RecordingBroken("the index is no JSON") from error
        self.index = RecordingIndex.from_json(body)

    def sound(self, start_samples: int, end_samples: int) -> Sound:
        """Return the sound between two positions; zeros stand for what is before and after it.

        Raises:
            RecordingBroken: a block is gone, or is not what was written.
            StorageError: storage does not answer.
        """
        out = np.zeros(max(0, end_samples - start_samples), np.int16)
        low, high = max(start_samples, 0), min(end_samples, self.index.samples)
        size = self.index.block_samples
        for number in range(low // size, -(-high // size) if low < high else 0):
            block, at = self._block(number), number * size
            begin, end = max(low, at), min(high, at + len(block))
            out[begin - start_samples : end - start_samples] = block[begin - at : end - at]
        return out

    def _block(self, number: int) -> Sound:
        if number not in self._held:
            self._held[number] = self._read(number)
            if len(self._held) > _BLOCKS_HELD:
                self._held.popitem(last=False)
        self._held.move_to_end(number)
        return self._held[number]

    def _read(self, number: int) -> Sound:
        data = self._get(f"sound-{number:05d}.flac")
        if number >= len(self.index.blocks) or hashlib.sha256(data).hexdigest() != self.index.blocks[number]:
            raise RecordingBroken(f"block {number} does not fit its checksum")
        wanted = min(self.index.block_samples, self.index.samples - number * self.index.block_samples)
        with av.open(io.BytesIO(data), "r", format="flac") as container:
            sound = np.concatenate([piece.to_ndarray().reshape(-1) for piece in container.decode(audio=0)])
        if sound.dtype != np.int16 or len(sound) != wanted:
            raise RecordingBroken(f"block {number} has {len(sound)} samples, not {wanted}")
        return sound

    def _get(self, name: str) -> bytes:
        try:
            return self._storage.get(self._prefix + name)
        except ObjectMissing as error:
            raise RecordingBroken(f"{name} is kept no more") from error
