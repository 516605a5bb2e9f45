"""A recording and its mouth as one picture, for a person to judge: wave, spectrogram, curves.

Time goes to the right, a second every 200 px. Under the spectrogram stand the jaw's opening and the
rounding from the sound; where phonemes are known, the jaw from those beside it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from avatars.intake_refusals import Refusal
from avatars.sound_decoder import SoundFile, SoundLimits
from avatars.sound_format import recognise_sound
from avatars.sound_refusals import sound_refused
from cli.bench.together import BenchmarkFailed
from lipsync.clock import FPS, SAMPLE_RATE, frames_covering, ms_to_samples
from lipsync.mouth.controls import JAW, PRESS, ROUND, TUCK, MouthTrack
from lipsync.mouth.heard import heard_mouth
from lipsync.mouth.heard_features import HOP_SAMPLES, measure_level
from lipsync.mouth.track import mouth_track
from lipsync.speech.spans import PhonemeSpan, Sound, Speech
from workers.heard_table import shipped_heard_model

_LIMITS: Final = SoundLimits(seconds=3600, streams=12)
_PX_A_SECOND: Final = 200
_WAVE_PX, _BANDS_PX, _CURVES_PX, _LETTERS_PX = 100, 180, 240, 18
_ROW_S: Final = 6
_LEAST_PX: Final = 480
"""What the words under the curves take."""
_INK: Final = {"jaw": "#c0392b", "round": "#2471a3", "phonemes": "#222222"}


def read_wave(path: Path) -> Sound:
    """Return a file of sound, of any kind that recordings may be, as mono sound at 48 kHz.

    Raises:
        BenchmarkFailed: it cannot be read, or is longer than an hour.
    """
    try:
        with path.open("rb") as file:
            read = SoundFile(file, recognise_sound(file), _LIMITS)
            pieces = [np.rint(np.clip(piece, -1, 1) * 32767).astype(np.int16) for piece in read.pieces()]
    except OSError as error:
        raise BenchmarkFailed(f"{path} cannot be read: {error}") from error
    except Refusal as refusal:
        told = sound_refused(refusal.code, refusal.values)
        raise BenchmarkFailed(f"{path} cannot be read as sound: {told.message_en}") from refusal
    return np.concatenate(pieces)


def read_phonemes(path: Path) -> tuple[PhonemeSpan, ...]:
    """Return the phonemes of a recording: lines of start and end in whole ms and eSpeak's symbol, by tabs.

    Raises:
        BenchmarkFailed: a line is not of that form.
    """
    spans = []
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BenchmarkFailed(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        try:
            start_ms, end_ms, symbol = line.split("\t")
            spans.append(PhonemeSpan(symbol, ms_to_samples(int(start_ms)), ms_to_samples(int(end_ms))))
        except ValueError as error:
            wanted = "start and end in whole ms and a symbol, by tabs"
            raise BenchmarkFailed(f"{path}, line {number}: {line!r} is not {wanted}") from error
    return tuple(spans)


def draw(speech: Speech, target: Path) -> None:
    """Draw a recording's mouth into a PNG file, beside that of its phonemes where they are known.

    Raises:
        BenchmarkFailed: the picture cannot be written.
        HeardModelBroken: the table is damaged.
    """
    frames = frames_covering(len(speech.sound))
    level, model = measure_level(speech.sound), shipped_heard_model()
    heard = heard_mouth(speech.sound, 0, frames, level=level, model=model)
    wanted = mouth_track(speech.phonemes, 0, frames) if speech.phonemes else None
    try:
        picture(speech.sound, heard, speech.phonemes, wanted).save(target, "PNG")
    except OSError as error:
        raise BenchmarkFailed(f"{target} cannot be written: {error}") from error


def picture(
    sound: Sound, heard: MouthTrack, phonemes: tuple[PhonemeSpan, ...] = (), wanted: MouthTrack | None = None
) -> Image.Image:
    """Return the picture, several rows of six seconds.

    Args:
        sound: the recording.
        heard: its mouth at 25 frames a second, from the sound.
        phonemes: where they are known.
        wanted: the mouth from those.
    """
    rows = -(-len(sound) // (_ROW_S * SAMPLE_RATE)) or 1
    height = _WAVE_PX + _BANDS_PX + _CURVES_PX + _LETTERS_PX
    width = min(_ROW_S * _PX_A_SECOND, max(len(sound) * _PX_A_SECOND // SAMPLE_RATE, _LEAST_PX))
    page = Image.new("RGB", (width, rows * height), "white")
    bands = _spectrogram(sound)
    for row in range(rows):
        start = row * _ROW_S * SAMPLE_RATE
        pen = ImageDraw.Draw(page)
        top = row * height
        _wave(pen, sound[start : start + _ROW_S * SAMPLE_RATE], top)
        strip = bands[:, row * _ROW_S * 100 : (row + 1) * _ROW_S * 100]
        if strip.shape[1]:
            size = (strip.shape[1] * _PX_A_SECOND // 100, _BANDS_PX)
            page.paste(Image.fromarray(strip).resize(size), (0, top + _WAVE_PX))
        below = top + _WAVE_PX + _BANDS_PX
        _closures(pen, heard, row, below)
        if wanted is not None:
            _curve(pen, wanted[:, JAW], row, below, _INK["phonemes"])
        _curve(pen, heard[:, ROUND], row, below, _INK["round"])
        _curve(pen, heard[:, JAW], row, below, _INK["jaw"])
        _letters(pen, phonemes, start, below + _CURVES_PX)
    ImageDraw.Draw(page).text(
        (4, _WAVE_PX + _BANDS_PX + 2),
        "red: jaw from sound  black: jaw from phonemes  blue: rounding  grey: lips closed  green: lip tucked",
        fill="black",
    )
    return page


def _spectrogram(sound: Sound) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    size = 1024
    hops = max(len(sound) // HOP_SAMPLES, 1)
    padded = np.concatenate((np.zeros(size // 2), sound, np.zeros(size)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, size)[::HOP_SAMPLES][:hops]
    power = np.abs(np.fft.rfft(windows * np.hanning(size), axis=1)[:, : size * 8000 // SAMPLE_RATE]) ** 2
    decibels = 10 * np.log10(power + 1)
    shade = np.clip((decibels.max() - decibels) / 60, 0, 1) * 255
    return np.asarray(shade.T[::-1], np.uint8)


def _wave(pen: ImageDraw.ImageDraw, sound: Sound, top: int) -> None:
    step = SAMPLE_RATE // _PX_A_SECOND
    most = max(int(np.abs(sound.astype(np.int32)).max(initial=0)), 1)
    for x in range(len(sound) // step):
        part = sound[x * step : (x + 1) * step].astype(np.int32)
        middle, half = top + _WAVE_PX // 2, _WAVE_PX / 2 / most
        pen.line((x, middle - int(part.max()) * half, x, middle - int(part.min()) * half), fill="#777777")


def _curve(
    pen: ImageDraw.ImageDraw, values: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    row: int, top: int, ink: str,
) -> None:  # fmt: skip
    first = row * _ROW_S * FPS
    part = values[first : first + _ROW_S * FPS].tolist()
    width = _PX_A_SECOND / FPS
    points = [((n + 0.5) * width, top + (1 - value) * (_CURVES_PX - 4)) for n, value in enumerate(part)]
    if len(points) > 1:
        pen.line(points, fill=ink, width=2)


def _closures(pen: ImageDraw.ImageDraw, heard: MouthTrack, row: int, top: int) -> None:
    first = row * _ROW_S * FPS
    width = _PX_A_SECOND / FPS
    for n, frame in enumerate(heard[first : first + _ROW_S * FPS]):
        for control, ink in ((PRESS, "#c8c8c8"), (TUCK, "#c9e8c9")):
            if frame[control] > 0.99:
                pen.rectangle((n * width, top, (n + 1) * width - 1, top + _CURVES_PX), fill=ink)


def _letters(pen: ImageDraw.ImageDraw, phonemes: tuple[PhonemeSpan, ...], start: int, top: int) -> None:
    for span in phonemes:
        x = (span.start_samples - start) * _PX_A_SECOND // SAMPLE_RATE
        if 0 <= x < _ROW_S * _PX_A_SECOND and not span.symbol.startswith("_"):
            pen.text((x, top), span.symbol, fill="black")
