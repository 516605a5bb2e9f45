"""What sprites cost in truth and save in work: a photo that speaks with them and without, side by side.

Sentences of the embedded voice that the table of states has not been learnt from, and a net, in;
how far the pictures differ within the mouth's mask, how seldom the network was asked, processor time
of this thread, and a sheet of frames to look at, out. Needs no service.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from time import thread_time
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from avatars.seeding import SAMPLES, sample_face
from cli.bench.drawn_mouths import DrawnMouths
from cli.bench.figures import percentile
from cli.bench.painting import USUAL, bench_net
from cli.bench.pictures import coloured
from cli.bench.texts import SENTENCES
from cli.bench.together import BenchmarkFailed, Tell
from lipsync import clock
from lipsync.engines.contract import Drive
from lipsync.engines.net import Net
from lipsync.engines.planes import split_i420
from lipsync.engines.sprite_states import States
from lipsync.engines.sprites import Keeping, Look
from lipsync.engines.wav2lip import Wav2LipEngine, Wav2LipPainter
from lipsync.pipeline import FrameRange, Timeline
from lipsync.speech.mel import SILENCE, windows
from workers.calibration import speak_text
from workers.states_table import shipped_states
from workers.voices import open_voices

LEVELS: Final = (128, 256, 512)
VOICE: Final = "fa"
_AFTER_S: Final = (0, 10, 30, 60, 120)
_WORST: Final = 0.05
_SHEET_FRAMES: Final = 10
_MOST_BYTES: Final = 1 << 30
_PEAK_DB: Final = 99.0
"""Told of frames that do not differ at all."""

Luma = NDArray[np.float32]


def sprites(
    count: int, net: Net, tell: Tell = lambda _: None, picture: Path | None = None
) -> list[dict[str, Any]]:
    """Have a presenter say `count` sentences with and without sprites.

    Args:
        count: sentences, each one different.
        net: paints.
        tell: told of each level that is done.
        picture: where a sheet of consecutive frames is written.

    Returns:
        Figures without sprites, then those of each level. `psnr_db`, `ssim` within the mask against the
        picture without sprites; `worst` is what one frame in twenty falls short of; `hits_10_30` the share
        of speaking frames from the tenth to the thirtieth second that no network was asked for; `frame_ms`
        of this thread, with all that the network did; `held_ms` once every sprite is there.

    Raises:
        VoiceError: the embedded voice does not work here.
        BenchmarkFailed: the picture cannot be written.
    """
    cv2.setNumThreads(1)
    spoken = _speeches(SENTENCES)
    drives = [drive for timeline in spoken[:count] for drive in _drives(timeline)]
    states = shipped_states()
    plain = _Shown.of(Wav2LipEngine(net, alive=False), drives)
    inside = plain.mask
    rows = [plain.figures() | _moves(plain, inside)]
    sheets = [("every frame", plain)]
    for number, level in enumerate(LEVELS, 1):
        looks: list[Look] = []
        keeping = Keeping(states.first(level), _MOST_BYTES, looks.append)
        engine = Wav2LipEngine(net, alive=False, sprites=keeping)
        painter = engine.prepare(sample_face(SAMPLES[0].id), USUAL)
        shown = _Shown.by(painter, drives)
        held = _Shown.by(painter, drives)
        rows.append(
            {"states": level, **_apart(plain, shown, inside), **_hits(states.first(level), spoken),
             **shown.figures(), "held_ms": held.frame_ms, "held_mib": round(looks[-1].held_bytes / 2**20, 1)}
        )  # fmt: skip
        sheets.append((f"{level} states", shown))
        tell(number)
    if picture is not None:
        _write_sheet(sheets, picture)
    return rows


def sprites_net(asset_dir: Path, *, drawn: bool) -> tuple[Net, str]:
    """Return the net to measure with, and what it is: that of the asset folder, one of chance, or drawn."""
    return (DrawnMouths(), "drawn") if drawn else bench_net(asset_dir)


def _speeches(sentences: Sequence[str]) -> list[Timeline]:
    with tempfile.TemporaryDirectory() as folder, open_voices(Path(folder)) as voices:
        return [speak_text(text, voices.get(VOICE), VOICE) for text in sentences]


def _drives(timeline: Timeline) -> Iterator[Drive]:
    for first in range(0, timeline.frames, clock.CHUNK_FRAMES):
        yield timeline.drive(FrameRange(first, min(clock.CHUNK_FRAMES, timeline.frames - first)))


@dataclass(frozen=True, slots=True)
class _Shown:
    """Frames of some drives, in the box around the mouth, and what each cost."""

    luma: NDArray[np.uint8]
    """Shape (frames, height, width)."""
    pictures: list[Image.Image]
    """The first of them in colour."""
    mask: NDArray[np.bool_]
    frame_ms: float

    @classmethod
    def of(cls, engine: Wav2LipEngine, drives: Sequence[Drive]) -> _Shown:
        """Have the first presenter shown by an engine."""
        return cls.by(engine.prepare(sample_face(SAMPLES[0].id), USUAL), drives)

    @classmethod
    def by(cls, painter: Wav2LipPainter, drives: Sequence[Drive]) -> _Shown:
        """Have drives painted, each sentence by a brush of its own."""
        _, spot = next(painter.ground.start(1).paint(drives[0]))
        box = spot.grid.box
        luma: list[NDArray[np.uint8]] = []
        pictures: list[Image.Image] = []
        brush, spent_s = painter.start(1), 0.0
        for drive in drives:
            brush = painter.start(1) if drive.first_frame == 0 else brush
            begun_s = thread_time()
            frames = [frame.copy() for frame in brush.paint(drive)]
            spent_s += thread_time() - begun_s
            for frame in frames:
                plane = split_i420(frame, painter.size)[0]
                luma.append(plane[box.top : box.bottom, box.left : box.right].copy())
            if len(pictures) < 4 * _SHEET_FRAMES:
                around = (box.left, box.top, box.right, box.bottom)
                pictures += [coloured(frame).crop(around) for frame in frames]
        return cls(np.stack(luma), pictures, spot.mask > 127, round(spent_s * 1000 / len(luma), 2))

    def figures(self) -> dict[str, Any]:
        """Return what a frame cost."""
        return {"frames": len(self.luma), "frame_ms": self.frame_ms}


def _moves(shown: _Shown, inside: NDArray[np.bool_]) -> dict[str, float]:
    """Return how much the mouth moves from one frame to the next: what an error is held against."""
    apart = [_psnr_db(one, other, inside) for one, other in pairwise(shown.luma)]
    return {"next_frame_psnr_db": round(float(np.mean(apart)), 1)}


def _apart(plain: _Shown, shown: _Shown, inside: NDArray[np.bool_]) -> dict[str, float]:
    pairs = list(zip(plain.luma, shown.luma, strict=True))
    told: dict[str, float] = {}
    measures: dict[str, tuple[Callable[..., float], int]] = {"psnr_db": (_psnr_db, 1), "ssim": (_ssim, 3)}
    for name, (measure, digits) in measures.items():
        found = [measure(a, b, inside) for a, b in pairs]
        told[name] = round(float(np.mean(found)), digits)
        told[f"worst_{name}"] = round(percentile(found, _WORST), digits)
    return told


def _psnr_db(one: NDArray[np.uint8], other: NDArray[np.uint8], inside: NDArray[np.bool_]) -> float:
    error = float(np.mean(np.square(one[inside].astype(np.float64) - other[inside])))
    return _PEAK_DB if error == 0 else min(_PEAK_DB, 10 * float(np.log10(255**2 / error)))


def _ssim(one: NDArray[np.uint8], other: NDArray[np.uint8], inside: NDArray[np.bool_]) -> float:
    """Return the structural similarity (Wang et al., 2004) within a mask, by Gaussians of 1.5 pixels."""
    a, b = one.astype(np.float32), other.astype(np.float32)

    def soft(plane: Luma) -> Luma:
        return np.asarray(cv2.GaussianBlur(plane, (11, 11), 1.5), np.float32)

    mean_a, mean_b = soft(a), soft(b)
    spread = soft(a * a) - mean_a**2 + soft(b * b) - mean_b**2
    both = soft(a * b) - mean_a * mean_b
    light, detail = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    alike = (2 * mean_a * mean_b + light) * (2 * both + detail)
    alike = alike / ((mean_a**2 + mean_b**2 + light) * (spread + detail))
    return float(alike[inside].mean())


def _hits(states: States, spoken: Sequence[Timeline]) -> dict[str, float]:
    """Return the share of speaking frames whose sprite is there, by the seconds said before."""
    found: list[bool] = []
    seen: set[int] = set()
    for timeline in spoken:
        drive = timeline.drive(FrameRange(0, timeline.frames))
        mels = np.concatenate([windows(heard) for heard in drive.heard])
        speaks = mels.max(axis=(1, 2, 3)) > SILENCE
        for state in states.nearest(drive.mouth[speaks], mels[speaks]):
            found.append(state in seen)
            seen.add(state)
    told = {}
    for low, high in pairwise(_AFTER_S):
        part = found[low * clock.FPS : high * clock.FPS]
        if part:
            told[f"hits_{low}_{high}"] = round(sum(part) / len(part), 3)
    return told


def _write_sheet(sheets: Sequence[tuple[str, _Shown]], target: Path) -> None:
    """Write consecutive frames, a row for each way of showing them, twice. Raises BenchmarkFailed."""
    width, height = sheets[0][1].pictures[0].size
    label_px, blocks = 16, (1, 3)
    sheet = Image.new("RGB", (_SHEET_FRAMES * width, len(blocks) * len(sheets) * (height + label_px)))
    drawing, top = ImageDraw.Draw(sheet), 0
    for block in blocks:
        for name, shown in sheets:
            drawing.text((4, top + 1), name, font=ImageFont.load_default(12))
            first = block * _SHEET_FRAMES
            for column, picture in enumerate(shown.pictures[first : first + _SHEET_FRAMES]):
                sheet.paste(picture, (column * width, top + label_px))
            top += height + label_px
    try:
        sheet.save(target, "PNG")
    except OSError as error:
        raise BenchmarkFailed(f"{target} cannot be written: {error}") from error
