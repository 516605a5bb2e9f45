"""Make `workers/heard.npz`, the table that the heard mouth goes by, from the embedded voice.

    python scripts/train_heard.py [--recordings N] [--steps N] [--keep FOLDER] [--go-on TABLE]

numpy only, and the programs `flite` and `festival` for other kinds of voices; all chance comes
from a seed. What has been spoken is kept in a folder, where a second run finds it: remove it when
`heard_sounds.py` or `heard_festival.py` has changed. Ends with the figures on
sentences and voices that were kept apart.
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cli.bench.hearing import HELD_OUT_VARIANTS, is_held_out
from lipsync.mouth.controls import PRESS, TUCK
from lipsync.mouth.heard_features import BANDS, heard_rows, measure_level
from lipsync.mouth.heard_model import ONE, OUTPUTS, HeardModel, Layer, read_heard_model
from scripts.heard_festival import (
    FESTIVAL_VOICES,
    HELD_OUT_FESTIVAL_VOICES,
    spoken_by_festival,
    texts_of,
    words_of_no_language,
)
from scripts.heard_sounds import (
    FLITE_VOICES,
    HELD_OUT_FLITE_VOICES,
    VARIANTS,
    Spoken,
    as_recorded,
    joined,
    made_up,
    spoken,
    spoken_by_flite,
    wanted,
)
from scripts.heard_texts import LATIN, TEXTS
from workers.voice_process import VoiceProcess

_INPUT_SCALE = 20.0
"""Half decibels in what counts as one: ten decibels."""
_ACTIVE = 512.0
_MOST_ACTIVE = 4_095 / _ACTIVE
_WIDTH = 96
_LAYERS = ((5, 1), (3, 2), (3, 4), (3, 6), (1, 1))
"""Taps, and hops between them, of each layer."""
_SHIFTS = (6, 11, 11, 11, 10)
SIDE = sum((taps // 2) * apart for taps, apart in _LAYERS)
_RUN = 160
_BATCH = 24
_SHARES = {"espeak": 0.525, "festival": 0.3, "flite": 0.175}
"""How many of the recordings each program says."""
_CLOSED = [PRESS, TUCK]
_BLENDED = [c for c in range(OUTPUTS) if c not in _CLOSED]
_MATTERS = np.array([5, 4, 1.5, 1, 1, 0, 0, 0.7], np.float32)
_CLOSURES_MATTER = 0.2
_CLOSED_COUNTS = np.array([1.5, 2], np.float32)
"""How much more a closure that is missed, of p b m and of f v, counts than one too many."""

Array = NDArray[np.float32]


def recordings(count: int, keep: Path, kind: str) -> list[tuple[Array, Array]]:
    """Return what is heard in recordings of a kind, and the mouths that belong to it."""
    keep.mkdir(parents=True, exist_ok=True)
    found = []
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.closing(VoiceProcess(Path(folder))) as process,
    ):
        for number in range(count):
            path = keep / f"{kind}-{number}.npz"
            if not path.exists():
                speech = _said(process, kind, number)
                chance = np.random.default_rng((number, 1))
                sound = as_recorded(speech.sound, number) if chance.random() < 0.85 else speech.sound
                mouth = wanted(speech)
                rows = heard_rows(sound, -SIDE, len(mouth) + 2 * SIDE, measure_level(sound))
                np.savez(path, rows=rows.astype(np.int8), mouth=mouth)
            with np.load(path, allow_pickle=False) as file:
                found.append((file["rows"].astype(np.float32) / np.float32(_INPUT_SCALE), file["mouth"]))
    return found


def _said(process: VoiceProcess, kind: str, number: int) -> Spoken:
    """Return three sentences said in one way; a test's sentences are those that are held out."""
    chance = np.random.default_rng((number, 0))
    if kind.startswith("festival"):
        return _said_by_festival(chance, kind.endswith("test"), number)
    by_flite, test = kind.startswith("flite"), kind.endswith("test")
    shares = np.array([len(texts) ** 0.7 for texts in TEXTS.values()])
    language = "en" if by_flite else list(TEXTS)[chance.choice(len(TEXTS), p=shares / shares.sum())]
    texts = [text for text in TEXTS[language] if is_held_out(text) == test]
    chosen = [texts[index] for index in chance.choice(len(texts), min(3, len(texts)), replace=False)]
    if not test and language in LATIN and chance.random() < 0.5:
        chosen = [made_up(chance) for _ in chosen]
    if by_flite:
        voices = HELD_OUT_FLITE_VOICES if test else FLITE_VOICES
        said = [spoken_by_flite(voices[number % len(voices)], text, number) for text in chosen]
    else:
        variants = HELD_OUT_VARIANTS if test else VARIANTS
        variant = variants[number % len(variants)]
        said = [spoken(process, language, variant, text, number) for text in chosen]
    return joined(said, int(chance.integers(4_800, 24_000)), chance)


def _said_by_festival(chance: np.random.Generator, test: bool, number: int) -> Spoken:
    voices = HELD_OUT_FESTIVAL_VOICES if test else FESTIVAL_VOICES
    voice = voices[number % len(voices)]
    texts = [text for text in texts_of(voice) if is_held_out(text) == test] or list(texts_of(voice))
    chosen = [texts[index] for index in chance.choice(len(texts), min(3, len(texts)), replace=False)]
    if chance.random() < 0.5:
        chosen = [words_of_no_language(voice, chance) for _ in chosen]
    said = [spoken_by_festival(voice, text, number) for text in chosen]
    return joined(said, int(chance.integers(4_800, 24_000)), chance)


class Net:
    """The layers while they are learning."""

    def __init__(self, seed: int) -> None:
        chance = np.random.default_rng(seed)
        sizes = [BANDS, *[_WIDTH] * (len(_LAYERS) - 1), OUTPUTS]
        self.values: list[Array] = []
        for (taps, _), inputs, outputs in zip(_LAYERS, sizes, sizes[1:], strict=False):
            spread = np.sqrt(2 / (taps * inputs))
            self.values.append((chance.standard_normal((taps * inputs, outputs)) * spread).astype(np.float32))
            self.values.append(np.zeros(outputs, np.float32))
        self._first = [np.zeros_like(v) for v in self.values]
        self._second = [np.zeros_like(v) for v in self.values]
        self._steps = 0

    def go_on_from(self, model: HeardModel) -> None:
        """Take the values that a table holds."""
        for number, layer in enumerate(model.layers):
            into, out = self._scales(number)
            self.values[2 * number] = (layer.weights * into / (out * 2**layer.shift)).astype(np.float32)
            self.values[2 * number + 1] = (layer.bias / (out * 2**layer.shift)).astype(np.float32)

    @staticmethod
    def _scales(number: int) -> tuple[float, float]:
        """Return what stands for 1 before and after a layer."""
        return (
            _INPUT_SCALE if number == 0 else _ACTIVE,
            ONE if number + 1 == len(_LAYERS) else _ACTIVE,
        )

    def forward(self, rows: Array) -> tuple[Array, list[tuple[Array, Array]]]:
        """Return the answers to runs of rows, shape (runs, hops, bands), and what led to them."""
        kept = []
        for number, (taps, apart) in enumerate(_LAYERS):
            count = rows.shape[1] - (taps // 2) * 2 * apart
            beside = np.concatenate([rows[:, t * apart : t * apart + count] for t in range(taps)], axis=2)
            sums = beside @ self.values[2 * number] + self.values[2 * number + 1]
            kept.append((beside, sums))
            rows = np.clip(sums, 0, _MOST_ACTIVE) if number + 1 < len(_LAYERS) else sums
        return rows, kept

    def backward(self, slope: Array, kept: list[tuple[Array, Array]]) -> list[Array]:
        """Return the slopes of all values."""
        slopes: list[Array] = []
        for number in reversed(range(len(_LAYERS))):
            taps, apart = _LAYERS[number]
            beside, sums = kept[number]
            if number + 1 < len(_LAYERS):
                slope = slope * ((sums > 0) & (sums < _MOST_ACTIVE))
            flat = slope.reshape(-1, slope.shape[2])
            slopes = [beside.reshape(-1, beside.shape[2]).T @ flat, flat.sum(axis=0), *slopes]
            if number:
                back = slope @ self.values[2 * number].T
                width, count = back.shape[2] // taps, back.shape[1]
                whole = np.zeros((len(back), count + (taps // 2) * 2 * apart, width), np.float32)
                for tap in range(taps):
                    whole[:, tap * apart : tap * apart + count] += back[:, :, tap * width : (tap + 1) * width]
                slope = whole
        return slopes

    def step(self, slopes: list[Array], rate: float) -> None:
        """Go one step down (Adam, Kingma and Ba 2015, with decay)."""
        self._steps += 1
        for value, slope, first, second in zip(self.values, slopes, self._first, self._second, strict=True):
            np.add(first, 0.1 * (slope - first), out=first)
            np.add(second, 0.002 * (slope * slope - second), out=second)
            towards = (first / (1 - 0.9**self._steps)) / (np.sqrt(second / (1 - 0.998**self._steps)) + 1e-8)
            np.subtract(value, rate * (towards + 0.01 * value * (value.ndim == 2)), out=value)

    def rounded(self) -> HeardModel:
        """Return the layers in whole numbers."""
        layers = []
        for number, (taps, apart) in enumerate(_LAYERS):
            into, out = self._scales(number)
            shift = _SHIFTS[number]
            scale = out * 2**shift / into
            weights = np.clip(np.rint(self.values[2 * number].astype(np.float64) * scale), -32768, 32767)
            bias = np.rint(self.values[2 * number + 1].astype(np.float64) * out * 2**shift)
            layers.append(Layer(weights, bias, taps, apart, shift))
        return HeardModel(tuple(layers))


def loss_slope(answers: Array, mouth: Array) -> tuple[float, Array]:
    """Return how far answers are from the mouths wanted, and the slope."""
    off = answers - mouth
    slope = 2 * _MATTERS * off
    value = float((_MATTERS * off**2)[..., _BLENDED].mean())
    sure = 1 / (1 + np.exp(-np.clip(answers[..., _CLOSED], -30, 30)))
    closed = mouth[..., _CLOSED]
    counts = _CLOSURES_MATTER * (1 + (_CLOSED_COUNTS - 1) * closed)
    slope[..., _CLOSED] = 4 * counts * (sure - closed)
    return value, (slope / np.float32(answers[..., 0].size)).astype(np.float32)


def as_another(rows: Array, chance: np.random.Generator) -> Array:
    """Return what is heard as from another throat, microphone and room, shape (hops, BANDS)."""
    bands = np.arange(BANDS)
    moved = np.clip(bands * chance.uniform(0.96, 1.04) + chance.uniform(-0.8, 0.8), 0, BANDS - 1.001)
    whole = moved.astype(np.int64)
    share = (moved - whole).astype(np.float32)
    rows = rows[:, whole] * (1 - share) + rows[:, whole + 1] * share
    gain = np.interp(bands, np.linspace(0, BANDS - 1, 7), chance.normal(0, 0.2, 7)).astype(np.float32)
    rows = rows * np.float32(chance.uniform(0.85, 1.15)) + gain
    if chance.random() < 0.3:
        rows = np.maximum(rows, np.float32(chance.uniform(-4, -2)))
    if chance.random() < 0.3:
        rows = rows + chance.standard_normal(rows.shape, np.float32) * np.float32(chance.uniform(0, 0.25))
    return np.clip(rows, -4, 4)


def train(data: list[tuple[Array, Array]], steps: int, before: HeardModel | None = None) -> Net:
    """Return a net that has seen a run of `_BATCH` recordings at every step."""
    net, chance, mean = Net(1), np.random.default_rng(2), 0.0
    if before is not None:
        net.go_on_from(before)
    lengths = np.array([len(mouth) for _, mouth in data], np.float64)
    for step in range(steps):
        rows, mouths = [], []
        for index in chance.choice(len(data), _BATCH, p=lengths / lengths.sum()):
            start = int(chance.integers(0, len(data[index][1]) - _RUN))
            heard = data[index][0][start : start + _RUN + 2 * SIDE]
            rows.append(as_another(heard, chance) if chance.random() < 0.6 else heard)
            mouths.append(data[index][1][start : start + _RUN])
        answers, kept = net.forward(np.stack(rows))
        value, slope = loss_slope(answers, np.stack(mouths))
        done = step / steps
        net.step(net.backward(slope, kept), 2e-3 * min(1, step / 100) * (0.51 + 0.49 * np.cos(np.pi * done)))
        mean += 0.01 * (value - mean)
        if step % 200 == 0:
            print(step, round(mean, 5), flush=True)
    return net


def figures(model: HeardModel, data: list[tuple[Array, Array]]) -> None:
    """Print how well a model does: r of each control, and how many closed hops it finds."""
    whole = [np.rint(rows * _INPUT_SCALE).astype(np.float64) for rows, _ in data]
    answers = np.concatenate([model.answer(rows) for rows in whole])
    mouth = np.concatenate([m for _, m in data])
    for control, name in enumerate(("jaw", "round", "spread", "upper", "lower", "press", "tuck", "tongue")):
        if control in _CLOSED:
            said, closed = answers[:, control] > 0, mouth[:, control] > 0.5
            print(name, "recall", round((said & closed).sum() / closed.sum(), 3),
                  "precision", round((said & closed).sum() / max(said.sum(), 1), 3))  # fmt: skip
        else:
            print(name, "r", round(float(np.corrcoef(answers[:, control], mouth[:, control])[0, 1]), 3))


def main() -> None:
    """Speak, learn, write, and tell how well it went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=int, default=800)
    parser.add_argument("--steps", type=int, default=3_400)
    parser.add_argument("--keep", type=Path, default=Path("var/heard"))
    parser.add_argument("--out", type=Path, default=Path("workers/heard.npz"))
    parser.add_argument("--go-on", type=Path, help="a table to go on from")
    asked = parser.parse_args()
    data = [
        one
        for kind, share in _SHARES.items()
        for one in recordings(round(asked.recordings * share), asked.keep, f"{kind}-train")
    ]
    net = train(data, asked.steps, read_heard_model(asked.go_on.read_bytes()) if asked.go_on else None)
    table = net.rounded().to_npz()
    asked.out.write_bytes(table)
    print(len(table), "bytes")
    for kind in _SHARES:
        print(kind)
        figures(net.rounded(), recordings(32, asked.keep, f"{kind}-test"))


if __name__ == "__main__":
    main()
