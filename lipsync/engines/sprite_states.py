"""Which of a few hundred states a speaking mouth is in, and the one sound that each is painted from.

Controls of a frame and the sound around it in, the number of the nearest state out. All is whole
numbers, in sums below 2**53, so that every machine finds the same one. scripts/learn_states.py makes
the table. Paints nothing and keeps nothing: that is `lipsync.engines.sprites`.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from lipsync.engines.net import Mels
from lipsync.mouth.controls import JAW, LOWER, PRESS, ROUND, SPREAD, TONGUE, TUCK, UPPER, MouthTrack
from lipsync.speech.mel import BANDS, COLUMNS

STATES_VERSION: Final = 1

_MATTERS: Final = {JAW: 64, ROUND: 48, SPREAD: 48, UPPER: 32, LOWER: 32, PRESS: 64, TUCK: 48, TONGUE: 32}
"""What 1 of a control counts. The jaw and closed lips are seen first."""
_SOUND_MATTERS: Final = 6
"""What 1 of a mel band counts."""
_PARTS: Final = 4
"""Parts of the bands, and of the columns, that are looked at as one: which way the mouth goes next."""
_MEL_ONE: Final = 4
"""What stands for 1 in the file's mel."""

WIDTH: Final = len(_MATTERS) + _PARTS * _PARTS

Rows = NDArray[np.float64]
"""What a state is told by, whole numbers, shape (N, WIDTH)."""


class StatesBroken(ValueError):
    """These bytes are not the table of mouth states; install the service again."""


class NoSuchStates(ValueError):
    """More mouth states are asked for than the table has, or none."""

    def __init__(self, asked: int, most: int) -> None:
        super().__init__(f"{asked} mouth states are asked for; the table has 1 to {most}")
        self.asked, self.most = asked, most


def rows_of(controls: MouthTrack, mels: Mels) -> Rows:
    """Return what the state of each frame is told by.

    Args:
        controls: float32, shape (N, 10).
        mels: float32, shape (N, 1, 80, 16).
    """
    mouth = controls[:, list(_MATTERS)] * np.array(list(_MATTERS.values()))
    parts = mels.reshape(-1, _PARTS, BANDS // _PARTS, _PARTS, COLUMNS // _PARTS)
    sound = parts.mean(axis=(2, 4), dtype=np.float64).reshape(len(mels), -1) * _SOUND_MATTERS
    return np.asarray(np.rint(np.concatenate([mouth, sound], axis=1)), np.float64)


@dataclass(frozen=True, slots=True)
class States:
    """The table; the first so many of its states are a coarser one."""

    rows: Rows
    """Shape (states, WIDTH)."""
    mels: Mels
    """What each is painted from, shape (states, 1, 80, 16)."""

    def __len__(self) -> int:
        """Return how many states there are."""
        return len(self.rows)

    def first(self, count: int) -> States:
        """Return the coarser table of the first states.

        Raises:
            NoSuchStates: there are not so many.
        """
        if not 1 <= count <= len(self):
            raise NoSuchStates(count, len(self))
        return States(self.rows[:count], self.mels[:count])

    def nearest(self, controls: MouthTrack, mels: Mels) -> list[int]:
        """Return the number of each frame's state: the nearest one, of equals the first."""
        near = (self.rows * self.rows).sum(axis=1) - 2 * rows_of(controls, mels) @ self.rows.T
        found: list[int] = near.argmin(axis=1).tolist()
        return found

    def to_npz(self) -> bytes:
        """Return the table as the bytes of an .npz file with a version and a checksum."""
        arrays: dict[str, NDArray[Any]] = {
            "version": np.array(STATES_VERSION, np.int64),
            "rows": self.rows.astype(np.int16),
            "mels": np.rint(self.mels[:, 0] * _MEL_ONE).astype(np.int8),
        }
        arrays["sha256"] = np.array(_checksum(arrays))
        file = io.BytesIO()
        np.savez_compressed(file, allow_pickle=False, **arrays)
        return file.getvalue()


def read_states(data: bytes) -> States:
    """Return the table that `States.to_npz` wrote.

    Raises:
        StatesBroken: these are not its bytes, or of a version this build does not read.
    """
    try:
        with NpzFile(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        version, told = int(arrays["version"]), str(arrays.pop("sha256"))
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise StatesBroken("the table of mouth states is damaged: it does not read") from error
    if version != STATES_VERSION:
        raise StatesBroken(f"the table of mouth states has version {version}, read is {STATES_VERSION}")
    if told != _checksum(arrays):
        raise StatesBroken("the table of mouth states is damaged: its checksum does not fit")
    rows = arrays["rows"].astype(np.float64)
    mels = arrays["mels"].astype(np.float32) / np.float32(_MEL_ONE)
    if rows.shape != (len(mels), WIDTH) or mels.shape[1:] != (BANDS, COLUMNS):
        raise StatesBroken("the table of mouth states has other controls or bands than this build")
    return States(rows, mels[:, None])


def _checksum(arrays: dict[str, NDArray[Any]]) -> str:
    whole = hashlib.sha256()
    for name in ("version", "rows", "mels"):
        whole.update(arrays[name].tobytes())
    return whole.hexdigest()
