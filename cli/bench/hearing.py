"""How well the mouth from recorded sound agrees with the mouth from phonemes, and what it costs.

The embedded voice says sentences in variants that the table was never made from
(`scripts/train_heard.py`): once the mouth is drawn from its phonemes, once from nothing but its
sound. On this thread, without a service.
"""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import thread_time
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cli.bench.figures import percentile
from cli.bench.table import Line
from cli.bench.texts import SENTENCES
from cli.bench.together import Tell
from lipsync.clock import CHUNK_FRAMES, FPS, SAMPLE_RATE, frames_covering, ms_to_samples, samples_per_frame
from lipsync.mouth.controls import JAW, PRESS, ROUND, MouthTrack
from lipsync.mouth.heard import heard_mouth
from lipsync.mouth.heard_features import HeardLevel, measure_level
from lipsync.mouth.heard_model import HeardModel
from lipsync.mouth.phonemes import visemes_of
from lipsync.mouth.track import mouth_track
from lipsync.speech.spans import PhonemeSpan, Speech
from lipsync.speech.voice_info import VoiceInfo
from workers.espeak_prosody import EspeakSettings
from workers.heard_table import shipped_heard_model
from workers.voice_process import VoiceProcess
from workers.voices import EspeakVoice

HELD_OUT_VARIANTS: Final = ("f5", "m6", "steph", "klatt3", "marcelo", "edward2")
"""Voices of eSpeak NG that the table is not made from."""
HELD_OUT_IN: Final = 5
"""One sentence of so many is kept for the test, by its hash."""
ENGLISH: Final = (
    "Maybe my brother will bring a map of the valley tomorrow.",
    "The farmer fed five big pigs behind the barn.",
    "Would you open the window before you leave the room?",
    "A warm breeze moved slowly over the empty beach.",
)

AGREEMENT_AIM: Final = 0.85
LAG_AIM_MS: Final = 20
FRAME_AIM_MS: Final = 1.0
NEAR_SAMPLES: Final = ms_to_samples(40)
"""A closure seen this far from one that is heard is the same."""
_FINE_FPS: Final = 100
_MOST_LAG: Final = 20


def is_held_out(text: str) -> bool:
    """Tell whether a sentence is kept for the test."""
    return hashlib.sha256(text.encode()).digest()[0] % HELD_OUT_IN == 0


@dataclass(frozen=True, slots=True)
class Closures:
    """How many closures there are, and how many the other way has too."""

    made: int
    found: int
    shown: int
    right: int


def closures(track: MouthTrack, phonemes: Sequence[PhonemeSpan], fps: int = FPS) -> Closures:
    """Count the bilabials that a track closes for, and the closures of the track that are bilabials."""
    per_frame = samples_per_frame(fps)
    bilabials = [
        (span.start_samples, span.end_samples)
        for span in phonemes
        if any(viseme.press for viseme in visemes_of(span.symbol).visemes)
    ]
    held = np.concatenate(([0], (track[:, PRESS] > 0.99).astype(np.int8), [0]))
    runs = (np.flatnonzero(np.diff(held)).reshape(-1, 2) * per_frame).tolist()
    return Closures(
        made=len(bilabials),
        found=sum(any(_meet(one, run) for run in runs) for one in bilabials),
        shown=len(runs),
        right=sum(any(_meet(one, run) for one in bilabials) for run in runs),
    )


def _meet(one: Sequence[int], other: Sequence[int]) -> bool:
    return one[0] - NEAR_SAMPLES < other[1] and other[0] < one[1] + NEAR_SAMPLES


def lag_ms(heard: NDArray[np.float32], wanted: NDArray[np.float32]) -> int:
    """Return by how much one opening runs behind another, both at 100 rows a second, in ms."""
    best = max(range(-_MOST_LAG, _MOST_LAG + 1), key=lambda lag: _agreement(_moved(heard, lag), wanted))
    return best * 1000 // _FINE_FPS


def _moved(values: NDArray[np.float32], rows: int) -> NDArray[np.float32]:
    return np.roll(values, -rows)


def _agreement(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(np.corrcoef(one, other)[0, 1])


def said(process: VoiceProcess, variant: str, language: str, text: str, seed: int) -> Speech:
    """Return a sentence as a variant of the embedded voice says it."""
    info = VoiceInfo(name=variant, language=language, title_fa="", title_en="", licence="GPL-3.0-or-later")
    voice = EspeakVoice(info, EspeakSettings(f"{language}+{variant}", 165, 50), process)
    buffers = list(voice.speak(text, seed))
    return Speech(
        np.concatenate([buffer.sound for buffer in buffers]),
        tuple(span for buffer in buffers for span in buffer.phonemes),
        (),
    )


def sample_speech() -> Speech:
    """Return an English sentence by a variant that the table was not made from.

    Raises:
        VoiceError: the embedded voice does not work on this machine.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.closing(VoiceProcess(Path(folder))) as process,
    ):
        return said(process, HELD_OUT_VARIANTS[0], "en", ENGLISH[0], 0)


def hearing(count: int, tell: Tell = lambda _: None) -> dict[str, Any]:
    """Have `count` sentences said, and compare the mouths.

    Raises:
        VoiceError: the embedded voice does not work on this machine.
        HeardModelBroken: the table is damaged.
    """
    model = shipped_heard_model()
    texts = [("fa", text) for text in SENTENCES if is_held_out(text)] + [("en", text) for text in ENGLISH]
    speeches = []
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.closing(VoiceProcess(Path(folder))) as process,
    ):
        for turn in range(count):
            variant = HELD_OUT_VARIANTS[turn % len(HELD_OUT_VARIANTS)]
            language, text = texts[turn % len(texts)]
            speeches.append(said(process, variant, language, text, turn))
            tell(turn + 1)
    return {"bench": "heard", "n": count, **compare(speeches), **_cost(speeches, model)}


def compare(speeches: Sequence[Speech]) -> dict[str, Any]:
    """Return how well the mouths from sound agree with those from phonemes.

    Raises:
        HeardModelBroken: the table is damaged.
    """
    model = shipped_heard_model()
    usual, fine, counted = [], [], np.zeros(4, np.int64)
    for speech in speeches:
        level = measure_level(speech.sound)
        heard, wanted = _both(speech, FPS, level, model)
        usual.append((heard, wanted))
        fine.append(_both(speech, _FINE_FPS, level, model))
        some = closures(heard, speech.phonemes)
        counted += (some.made, some.found, some.shown, some.right)
    made, found, shown, right = counted.tolist()
    heard, wanted = (np.concatenate(tracks) for tracks in zip(*usual, strict=True))
    slow, true = (np.concatenate(tracks) for tracks in zip(*fine, strict=True))
    return {
        "jaw_r": round(_agreement(heard[:, JAW], wanted[:, JAW]), 3),
        "round_r": round(_agreement(heard[:, ROUND], wanted[:, ROUND]), 3),
        "lag_ms": lag_ms(slow[:, JAW], true[:, JAW]),
        "closures": made,
        "closure_recall": round(found / max(made, 1), 3),
        "closure_precision": round(right / max(shown, 1), 3),
    }


def _both(
    speech: Speech, fps: int, level: HeardLevel, model: HeardModel
) -> tuple[MouthTrack, MouthTrack]:
    frames = frames_covering(len(speech.sound), fps)
    heard = heard_mouth(speech.sound, 0, frames, fps, level=level, model=model)
    return heard, mouth_track(speech.phonemes, 0, frames, fps)


def _cost(speeches: Sequence[Speech], model: HeardModel) -> dict[str, float]:
    """Return the processor's time for a frame asked for by chunks, and for measuring a second."""
    times, levels = [], []
    for speech in speeches:
        begun_s = thread_time()
        level = measure_level(speech.sound)
        levels.append((thread_time() - begun_s) * 1000 / (len(speech.sound) / SAMPLE_RATE))
        for first in range(0, frames_covering(len(speech.sound)) - CHUNK_FRAMES, CHUNK_FRAMES):
            begun_s = thread_time()
            heard_mouth(speech.sound, first, CHUNK_FRAMES, level=level, model=model)
            times.append((thread_time() - begun_s) * 1000 / CHUNK_FRAMES)
    return {
        "frame_cpu_p50_ms": round(percentile(times, 0.5), 3),
        "frame_cpu_p95_ms": round(percentile(times, 0.95), 3),
        "level_cpu_ms_per_s": round(percentile(levels, 0.5), 2),
    }


def hearing_lines(found: dict[str, Any]) -> list[Line]:
    """Return the rows of the page."""
    apart = "sentences and variants that the table was not made from"
    return [
        Line(
            figure=f"mouth from sound against mouth from phonemes: opening of the jaw, {apart}",
            measured=f"r {found['jaw_r']} at no lag; best at {found['lag_ms']} ms",
            floor="-",
            ratio="-",
            aim=f"r {AGREEMENT_AIM:g} at least, lag within {LAG_AIM_MS} ms",
            met=found["jaw_r"] >= AGREEMENT_AIM and abs(found["lag_ms"]) <= LAG_AIM_MS,
        ),
        Line(
            figure=f"closures of p, b, m found in the sound within 40 ms, of {found['closures']}",
            measured=f"{found['closure_recall']:.0%}; right of those shown {found['closure_precision']:.0%}",
            floor="-",
            ratio="-",
            aim="-",
            met=None,
        ),
        Line(
            figure="the mouth of a frame from its sound, by chunks of 8, the processor's time",
            measured=f"p50 {found['frame_cpu_p50_ms']} ms, p95 {found['frame_cpu_p95_ms']} ms",
            floor="-",
            ratio="-",
            aim=f"p50 {FRAME_AIM_MS:g} ms",
            met=found["frame_cpu_p50_ms"] <= FRAME_AIM_MS,
        ),
    ]
