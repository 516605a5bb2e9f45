"""How loud the voices are, as a listener hears them; without a service.

Every voice says some sentences as utterances do; the whole is encoded, written as a film, decoded
again and measured. Beside it the same speech before its gain.
"""

import io
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import av
import numpy as np

from cli.bench.table import Line
from cli.bench.texts import SENTENCES
from cli.bench.together import BenchmarkFailed, Tell
from lipsync import clock
from lipsync.engines.contract import Size
from lipsync.media.encoder import SegmentEncoder
from lipsync.media.mp4 import write_mp4
from lipsync.speech.loudness import TARGET_LUFS, LoudnessMeter, measure_loudness
from lipsync.speech.runs import speak_runs
from lipsync.speech.sentence import one_run
from lipsync.speech.spans import Sound, SpeechBuffer, Voice
from lipsync.text.reading import read_sentences
from workers.voice_texts import measuring_texts
from workers.voices import open_voices

USUAL_SENTENCES: Final = 8
HOUSE_VOICES: Final = 4
"""Of eSpeak NG; Piper's may come to them."""
AIM_LU: Final = 1.0
"""A voice may be so far from the target."""
_PERSIAN: Final = "fa"
_FILM: Final = Size(64, 64)
_GREY: Final = 128


def loudness(count: int, voice_dir: Path | None, tell: Tell = lambda _: None) -> dict[str, Any]:
    """Have every voice of the house, and those in a folder, say `count` sentences.

    Returns:
        `voices`: for each its gain, its loudness of its own, as it is spoken, and in the film
        decoded again, and the film's highest sample; and the worst of all.

    Raises:
        VoiceError: a voice does not speak.
        BenchmarkFailed: what a voice says has no loudness.
    """
    with tempfile.TemporaryDirectory() as folder, open_voices(Path(folder), voice_dir) as voices:
        names = [info.name for info in voices.catalogue()]
        measured = {}
        for turn, name in enumerate(names, 1):
            measured[name] = _measured(voices.get(name), count)
            tell(turn)
    return {
        "bench": "loudness", "n": count, "voices": measured,
        "worst_off_lu": max(abs(each["film_lufs"] - TARGET_LUFS) for each in measured.values()),
        "floor_worst_off_lu": max(abs(each["own_lufs"] - TARGET_LUFS) for each in measured.values()),
        "film_peak_dbfs": max(each["film_peak_dbfs"] for each in measured.values()),
        "peak_dbfs": max(each["peak_dbfs"] for each in measured.values()),
    }  # fmt: skip


def _measured(voice: Voice, count: int) -> dict[str, float]:
    # The Persian sentences are none that a voice's gain was measured by; of others there are only those.
    texts = SENTENCES[:count] if voice.language == _PERSIAN else measuring_texts(voice.language)[:count]
    spoken = [sentence for text in texts for sentence in read_sentences(text, voice.language)]
    sound = _joined(speak_runs((one_run(voice, each),), each.index) for each in spoken)
    own = _joined(voice.speak(each.spoken, each.index) for each in spoken)
    film = _decoded(_film(sound))
    heard, as_spoken, alone = film.finish(), measure_loudness(sound), measure_loudness(own)
    figures = {
        "gain_db": voice.gain_db, "own_lufs": alone.lufs, "lufs": as_spoken.lufs, "film_lufs": heard.lufs,
        "peak_dbfs": as_spoken.peak_dbfs, "film_peak_dbfs": heard.peak_dbfs,
    }  # fmt: skip
    known = {name: round(value, 2) for name, value in figures.items() if value is not None}
    if len(known) < len(figures):
        raise BenchmarkFailed(f"what voice {voice.name!r} says has no loudness")
    return known


def _joined(sentences: Iterable[Iterator[SpeechBuffer]]) -> Sound:
    return np.concatenate([buffer.sound for buffers in sentences for buffer in buffers])


def _film(sound: Sound) -> bytes:
    """Return a film of a grey picture with a sound, made by the stream's own encoder."""
    frame = np.full((_FILM.height_px * 3 // 2, _FILM.width_px), _GREY, np.uint8)
    samples = clock.frames_to_samples(clock.CHUNK_FRAMES)
    encoder = SegmentEncoder(_FILM)
    try:
        segments = []
        for start in range(0, len(sound), samples):
            piece = sound[start : start + samples]
            segments.append(encoder.encode([frame] * clock.frames_covering(len(piece)), piece).data)
    finally:
        encoder.close()
    out = io.BytesIO()
    write_mp4(encoder.init_segment, lambda: segments, out)
    return out.getvalue()


def _decoded(film: bytes) -> LoudnessMeter:
    meter = LoudnessMeter()
    resampler = av.AudioResampler(format="flt", layout="mono", rate=clock.SAMPLE_RATE)
    with av.open(io.BytesIO(film), "r") as container:
        for frame in container.decode(audio=0):
            for piece in resampler.resample(frame):
                meter.push(piece.to_ndarray()[0].astype(np.float32, copy=False))
    return meter


def loudness_lines(found: dict[str, Any]) -> list[Line]:
    """Return the rows of the page."""
    voices = found["voices"]
    return [
        Line(
            figure=f"loudness of every voice in a film decoded again, {found['n']} sentences each, LUFS",
            measured=f"{_told(voices, 'film_lufs')}; highest sample {found['film_peak_dbfs']:.1f} dBFS, "
            f"before Opus {found['peak_dbfs']:.1f}",
            floor="the same voices before their gains: " + _told(voices, "own_lufs"),
            ratio="-",
            aim=f"{TARGET_LUFS:g} ± {AIM_LU:g}, no sample clipped",
            met=found["worst_off_lu"] <= AIM_LU and found["film_peak_dbfs"] < 0,
        )
    ]


def _told(voices: dict[str, dict[str, float]], figure: str) -> str:
    return ", ".join(f"`{name}` {each[figure]:.1f}" for name, each in voices.items())
