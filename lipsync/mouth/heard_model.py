"""The table that `lipsync.mouth.heard` goes by: rows of `heard_features` in, the mouth they belong to out.

A few layers of sums over neighbouring rows. All of it is whole numbers, in sums below 2**53, so
that float64 products are exact: the same sound gives the same mouth on every machine, whatever
order its BLAS adds in. scripts/train_heard.py makes the file; docs/heard.md tells how well it does.
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

from lipsync.mouth.heard_features import BANDS

HEARD_FILE_VERSION: Final = 1
OUTPUTS: Final = 8
"""Jaw, round, spread, upper, lower, press, tuck, tongue: the first eight of the controls."""
ONE: Final = 1024
"""What stands for 1 in what comes out."""
_MOST_ACTIVE: Final = 4_095
_CHECKSUM_BYTES: Final = 64

Rows = NDArray[np.float64]


class HeardModelBroken(ValueError):
    """These bytes are not the table of the heard mouth; install the service again."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Sums over `taps` rows that are `apart` hops from each other."""

    weights: Rows
    """Whole numbers, shape (taps * inputs, outputs)."""
    bias: Rows
    """Whole numbers, shape (outputs,)."""
    taps: int
    apart: int
    shift: int
    """Sums are divided by two this many times, and rounded."""

    @property
    def side(self) -> int:
        """Rows that are needed before, and after, each one."""
        return (self.taps // 2) * self.apart

    def over(self, rows: Rows) -> Rows:
        """Return the sums; there are 2 * `side` fewer than rows."""
        count = len(rows) - 2 * self.side
        beside = np.concatenate(
            [rows[tap * self.apart : tap * self.apart + count] for tap in range(self.taps)], axis=1
        )
        sums: Rows = np.rint((beside @ self.weights + self.bias) / 2.0**self.shift)
        return sums


@dataclass(frozen=True, slots=True)
class HeardModel:
    """The layers, the first one first."""

    layers: tuple[Layer, ...]

    @property
    def side_hops(self) -> int:
        """Rows that are needed before, and after, each one."""
        return sum(layer.side for layer in self.layers)

    def answer(self, rows: Rows) -> Rows:
        """Return the mouth that rows belong to.

        Args:
            rows: of consecutive hops, shape (hops, BANDS), `side_hops` more on either side.

        Returns:
            Shape (hops - 2 * side_hops, OUTPUTS): controls from 0 to 1 as they may be, for press
            and tuck how surely there is a closure, above 0 rather yes.
        """
        for layer in self.layers[:-1]:
            rows = np.clip(layer.over(rows), 0.0, _MOST_ACTIVE)
        return self.layers[-1].over(rows) / ONE

    def to_npz(self) -> bytes:
        """Return the model as the bytes of an .npz file with a version and a checksum."""
        arrays: dict[str, NDArray[Any]] = {"version": np.array(HEARD_FILE_VERSION, np.int64)}
        for number, layer in enumerate(self.layers):
            arrays[f"weights_{number}"] = layer.weights.astype(np.int16)
            arrays[f"bias_{number}"] = layer.bias.astype(np.int64)
            arrays[f"shape_{number}"] = np.array([layer.taps, layer.apart, layer.shift], np.int64)
        file = io.BytesIO()
        np.savez_compressed(file, allow_pickle=False, **arrays)
        with zipfile.ZipFile(file, "a") as archive:
            archive.comment = bytes(_CHECKSUM_BYTES)
        content = file.getvalue()[:-_CHECKSUM_BYTES]
        return content + _checksum(content)


def read_heard_model(data: bytes) -> HeardModel:
    """Return the model that `HeardModel.to_npz` wrote.

    Raises:
        HeardModelBroken: these are not its bytes, or of a version this build does not read.
    """
    if data[-_CHECKSUM_BYTES:] != _checksum(data[:-_CHECKSUM_BYTES]):
        raise HeardModelBroken("the table of the heard mouth is damaged: its checksum does not fit")
    with NpzFile(io.BytesIO(data), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    version = int(arrays["version"])
    if version != HEARD_FILE_VERSION:
        raise HeardModelBroken(f"the heard mouth's table has version {version}, read is {HEARD_FILE_VERSION}")
    layers, number = [], 0
    while f"shape_{number}" in arrays:
        taps, apart, shift = arrays[f"shape_{number}"].tolist()
        weights = arrays[f"weights_{number}"].astype(np.float64)
        layers.append(Layer(weights, arrays[f"bias_{number}"].astype(np.float64), taps, apart, shift))
        number += 1
    if not layers or layers[0].weights.shape[0] != layers[0].taps * BANDS:
        raise HeardModelBroken("the table of the heard mouth has other bands than this build")
    if layers[-1].weights.shape[1] != OUTPUTS:
        raise HeardModelBroken("the table of the heard mouth has other controls than this build")
    return HeardModel(tuple(layers))


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
