"""Does a net paint what its file says? An input that is always the same, and what comes of it.

Between `workers.boot` and a net that is to take work. What is right is painted once by the plain
way, one thread of a processor in single precision, and kept beside the model under the model's own
checksum; a net on a GPU, in half precision or in eight bits is measured against that.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from lipsync.engines.net import Faces, Mels, Mouths, Net, NetFailed, check_mouths

VERSION: Final = 1
FRAMES: Final = 2
LEAST_DB: Final = 30.0
"""Of a net against the plain way. Half precision gives 60 and more; eight bits that are worth having, 35."""


class GoldenDiffers(NetFailed):
    """A net paints something else than its file says; its device is not to be used."""

    def __init__(self, psnr_db: float) -> None:
        super().__init__(
            f"the net differs from its file by {psnr_db:.1f} dB (at least {LEAST_DB:g}); test the device, "
            "or fetch or export the model again"
        )
        self.psnr_db = psnr_db


@dataclass(frozen=True, slots=True)
class Golden:
    """An input and what is right to come of it."""

    mel: Mels
    face: Faces
    mouths: Mouths

    def measure(self, net: Net) -> float:
        """Return how near a net comes to it: PSNR in dB, infinite where nothing differs.

        Raises:
            GoldenDiffers: not near enough.
            NetFailed: it gives nothing that may be shown.
        """
        painted = check_mouths(net.paint(self.mel, self.face), FRAMES, net.side_px)
        error = float(np.mean(np.square(painted.astype(np.float64) - self.mouths)))
        psnr_db = float("inf") if error == 0 else -10 * float(np.log10(error))
        if psnr_db < LEAST_DB:
            raise GoldenDiffers(psnr_db)
        return psnr_db


def golden_input(side_px: int) -> tuple[Mels, Faces]:
    """Return sound and faces, always the same of a size: waves and some noise, nothing of anybody's."""
    chance = np.random.default_rng(side_px)
    bands, columns = np.linspace(0, 1, 80)[:, None], np.linspace(0, 1, 16)
    phases = np.arange(FRAMES)[:, None, None]
    mel = 2.5 * np.sin(9 * bands + 5 * columns + phases) + chance.normal(0, 0.5, (FRAMES, 80, 16))
    rows, across = np.linspace(-1, 1, side_px)[:, None], np.linspace(-1, 1, side_px)
    oval = 1 / (1 + np.exp(8 * (rows**2 + 1.6 * across**2 - 0.8)))
    tints = np.array([0.45, 0.55, 0.7])[:, None, None]
    whole = np.clip(0.15 + tints * oval + chance.normal(0, 0.02, (FRAMES, 3, side_px, side_px)), 0, 1)
    masked = whole.copy()
    masked[:, :, side_px // 2 :] = 0
    face = np.concatenate([masked, whole], axis=1)
    return np.clip(mel, -4, 4)[:, None].astype(np.float32), face.astype(np.float32)


def golden_of(model: Path, plain: Callable[[], Net]) -> Golden:
    """Return the golden input of a model's file, and what is right to come of it.

    Args:
        model: the file. What is right is kept beside it where that folder can be written.
        plain: opens the file the plain way; called only where nothing is kept, or it is another file's.

    Raises:
        NetFailed: even the plain way gives nothing that may be shown.
        OSError: the model cannot be read.
    """
    with model.open("rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
    path = model.with_name(f"{model.name}.golden.npz")
    kept = _read(path, checksum)
    if kept is not None:
        return Golden(*golden_input(kept.shape[-1]), kept)
    net = plain()
    mel, face = golden_input(net.side_px)
    mouths = check_mouths(net.paint(mel, face), FRAMES, net.side_px)
    _keep(path, checksum, mouths)
    return Golden(mel, face, mouths)


def _keep(path: Path, checksum: str, mouths: Mouths) -> None:
    out = io.BytesIO()
    digest = hashlib.sha256(mouths.tobytes()).hexdigest()
    np.savez(out, version=np.int64(VERSION), model=checksum, mouths=mouths, sha256=digest)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        scratch.write_bytes(out.getvalue())
        scratch.replace(path)
    except OSError:
        # A folder that is only read, as of a container: then it is painted at every start.
        return
    finally:
        if scratch.exists():
            scratch.unlink()


def _read(path: Path, checksum: str) -> Mouths | None:
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as kept:
            if int(kept["version"]) != VERSION or str(kept["model"]) != checksum:
                return None
            mouths = np.asarray(kept["mouths"], np.float32)
            whole = hashlib.sha256(mouths.tobytes()).hexdigest() == str(kept["sha256"])
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    return mouths if whole else None
