"""Make `workers/states.npz`, the table of mouth states that sprites are kept by, from the embedded voices.

    python scripts/learn_states.py [--out FILE]

The house's Persian and English voices say sentences that no bench says. Frames are gathered around
128 states, then around 128 more while the first stay, then 256 more: whoever wants fewer states takes
the first ones. A state is painted from the sound of one frame, the one nearest to the mean of its frames.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lipsync.engines.net import Mels
from lipsync.engines.sprite_states import Rows, States, rows_of
from lipsync.mouth.controls import MouthTrack
from lipsync.pipeline import FrameRange
from lipsync.speech.mel import windows
from scripts.heard_texts import TEXTS
from workers.calibration import speak_text
from workers.voices import open_voices

_LEVELS = (128, 256, 512)
_ROUNDS = 12
_READINGS = Path("tests/data/readings")


def said() -> Iterator[tuple[str, str]]:
    """Yield the names of voices and what they say."""
    persian = [
        line.split("\t")[0]
        for file in sorted(_READINGS.glob("*.tsv"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    for number, text in enumerate(persian):
        yield ("fa", "fa-woman")[number % 2], text
    for number, text in enumerate(TEXTS["en"]):
        yield ("en", "en-woman")[number % 2], text


def frames() -> tuple[MouthTrack, Mels]:
    """Return controls and mel of all frames of all sentences."""
    controls: list[MouthTrack] = []
    mels: list[Mels] = []
    with tempfile.TemporaryDirectory() as folder, open_voices(Path(folder)) as voices:
        for name, text in said():
            timeline = speak_text(text, voices.get(name), name[:2])
            drive = timeline.drive(FrameRange(0, timeline.frames))
            controls.append(drive.mouth)
            mels += [windows(heard) for heard in drive.heard]
    return np.concatenate(controls), np.concatenate(mels)


def nearest(rows: Rows, centres: Rows) -> NDArray[np.intp]:
    """Return the number of the centre nearest to each row."""
    return np.asarray(((centres * centres).sum(axis=1) - 2 * rows @ centres.T).argmin(axis=1))


def gathered(rows: Rows, centres: Rows, count: int) -> Rows:
    """Return the centres with more of them, `count` in all; those that were there stay where they are."""
    kept = len(centres)
    far = np.full(len(rows), np.inf)
    for centre in centres:
        far = np.minimum(far, ((rows - centre) ** 2).sum(axis=1))
    while len(centres) < count:
        centres = np.concatenate([centres, rows[[int(far.argmax())]]])
        far = np.minimum(far, ((rows - centres[-1]) ** 2).sum(axis=1))
    for _ in range(_ROUNDS):
        whose = nearest(rows, centres)
        for number in range(kept, count):
            if (whose == number).any():
                centres[number] = np.rint(rows[whose == number].mean(axis=0))
    return centres


def main() -> None:
    """Speak, gather, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("workers/states.npz"))
    asked = parser.parse_args()
    controls, mels = frames()
    rows = rows_of(controls, mels)
    centres = rows[:1].copy()
    painted_from: list[Mels] = []
    for level in _LEVELS:
        centres = gathered(rows, centres, level)
        whose = nearest(rows, centres)
        for number in range(len(painted_from), level):
            own = mels[whose == number]
            # One that nothing is nearest to is painted from what is nearest to it.
            own = own if len(own) else mels[((rows - centres[number]) ** 2).sum(axis=1).argmin()][None]
            painted_from.append(own[((own - own.mean(axis=0)) ** 2).sum(axis=(1, 2, 3)).argmin()])
    table = States(centres, np.stack(painted_from)).to_npz()
    asked.out.write_bytes(table)
    print(f"{asked.out}: {len(centres)} states of {len(rows)} frames, {len(table)} bytes")


if __name__ == "__main__":
    main()
