"""What the throw-away child does with an upload of sound, once it is shut in.

An open file in; blocks of one channel at 48 kHz, an index and a result out. The file is decoded
twice, once to be measured and once to be kept, so that an hour of it is never held. The blocks
are FLAC, levelled to what every voice has; the index tells where they may be cut
(`lipsync.speech.stretches`), where they are voiced, and how the mouth is to hear them.
"""

import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO, Final

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from avatars.intake_refusals import Refusal
from avatars.intake_work import OnProgress, PutFile
from avatars.sound_decoder import SoundFile, SoundLimits
from avatars.sound_format import recognise_sound
from lipsync import clock
from lipsync.mouth.heard_features import HeardLevel, measure_level
from lipsync.speech.limiter import Limiter
from lipsync.speech.loudness import Loudness, LoudnessMeter
from lipsync.speech.spans import Sound
from lipsync.speech.stretches import HOP_SAMPLES, LevelCurve, Levels, cut, voiced_spans

INDEX_VERSION: Final = 1
BLOCK_SAMPLES: Final = 8 * clock.SAMPLE_RATE
"""Sound of one file: small enough that the first stretch is there in milliseconds."""
SHORTEST_SAMPLES: Final = clock.ms_to_samples(100)
_LEVEL_PIECES: Final = 30
_LEVEL_PIECE_SAMPLES: Final = 20 * clock.SAMPLE_RATE
"""Speech and room are measured on ten minutes at most, from all over a recording."""
_MEASURED: Final = 0.5
"""Share of the work that is done when the file was decoded once."""


@dataclass(frozen=True, slots=True)
class _Measured:
    """What is known of a file when it was decoded once."""

    samples: int
    loudness: Loudness
    levels: Levels


def work_on_sound(
    file: BinaryIO, *, limits: SoundLimits, put: PutFile, on_progress: OnProgress
) -> Mapping[str, object]:
    """Make an upload's blocks and index.

    Args:
        file: the upload, open and seekable.
        limits: what it may have.
        put: takes each file.
        on_progress: told of each step: recognise, measure, write, done.

    Returns:
        The result, ready for JSON: what the file was and what was measured.

    Raises:
        Refusal: the upload cannot be spoken.
    """
    on_progress("recognise", 0.0)
    kind = recognise_sound(file)
    sound = SoundFile(file, kind, limits)
    measured = _measure(sound, on_progress, limits)
    gain_db = round(measured.loudness.gain_to(), 2)
    written = _Blocks(put)
    pieces = _LevelPieces(measured.samples)
    for block in _blocks(sound, gain_db, lambda done: on_progress("write", _MEASURED + done / 2), measured):
        written.add(block)
        pieces.add(block)
    level = measure_level(pieces.sound())
    result = {
        "kind": kind.name, "codec": sound.codec, "rate_hz": sound.rate, "channels": sound.channels,
        "samples": measured.samples, "lufs": measured.loudness.lufs, "peak_dbfs": measured.loudness.peak_dbfs,
        "gain_db": gain_db, "speaks": level.speaks,
    }  # fmt: skip
    put("index.json", json.dumps(_index(measured, written.sums, level), separators=(",", ":")).encode())
    on_progress("done", 1.0)
    return result


def _measure(sound: SoundFile, on_progress: OnProgress, limits: SoundLimits) -> _Measured:
    meter, curve, samples = LoudnessMeter(), LevelCurve(), 0
    expected = max(1.0, (sound.promised_s or limits.seconds) * clock.SAMPLE_RATE)
    told = 0.0
    for piece in sound.pieces():
        meter.push(piece)
        curve.push(piece)
        samples += len(piece)
        if samples / expected - told > 0.02:
            told = samples / expected
            on_progress("measure", _MEASURED * min(1.0, told))
    if samples < SHORTEST_SAMPLES:
        least_ms = clock.samples_to_ms(SHORTEST_SAMPLES)
        raise Refusal("too_short", milliseconds=clock.samples_to_ms(samples), limit=least_ms)
    loudness, levels = meter.finish(), curve.finish()
    if loudness.peak_dbfs is None or (loudness.lufs is None and samples >= clock.SAMPLE_RATE):
        raise Refusal("silent")
    return _Measured(samples, loudness, levels)


def _blocks(
    sound: SoundFile, gain_db: float, on_share: Callable[[float], None], measured: _Measured
) -> Iterator[Sound]:
    """Yield the levelled sound, `BLOCK_SAMPLES` at a time and what is left."""
    limiter, waiting = Limiter(), list[Sound]()
    held = given = 0
    for piece in sound.pieces():
        levels = np.rint(piece * np.float64(32768 * 10 ** (gain_db / 20))).astype(np.int64)
        waiting.append(limiter.push(levels))
        held += len(waiting[-1])
        while held >= BLOCK_SAMPLES:
            joined = np.concatenate(waiting)
            waiting, held = [joined[BLOCK_SAMPLES:]], held - BLOCK_SAMPLES
            given += BLOCK_SAMPLES
            on_share(given / measured.samples)
            yield joined[:BLOCK_SAMPLES]
    yield np.concatenate([*waiting, limiter.finish()])


class _Blocks:
    """Puts blocks as files, and keeps their checksums."""

    def __init__(self, put: PutFile) -> None:
        self._put = put
        self.sums: list[str] = []

    def add(self, block: Sound) -> None:
        """Put the next one."""
        data = to_flac(block)
        self._put(f"sound-{len(self.sums):05d}.flac", data)
        self.sums.append(hashlib.sha256(data).hexdigest())


class _LevelPieces:
    """Keeps so much of the sound as its level is measured on."""

    def __init__(self, samples: int) -> None:
        most = _LEVEL_PIECES * _LEVEL_PIECE_SAMPLES
        self._every = max(1, -(-samples // most))
        self._blocks: list[Sound] = []
        self._number = 0

    def add(self, block: Sound) -> None:
        """Take the next block, if it is one of those that count."""
        if self._number % self._every == 0:
            self._blocks.append(block)
        self._number += 1

    def sound(self) -> Sound:
        """Return what was kept."""
        return np.concatenate(self._blocks)


def to_flac(sound: Sound) -> bytes:
    """Return a sound, mono int16 at 48 kHz, as a FLAC file; nothing of it is lost."""
    out = io.BytesIO()
    with av.open(out, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=clock.SAMPLE_RATE, layout="mono", format="s16")
        if not isinstance(stream, AudioStream):
            raise TypeError(f"FLAC made {type(stream).__name__}")
        stream.codec_context.thread_count = 1
        frame = AudioFrame.from_ndarray(sound.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = clock.SAMPLE_RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def _index(measured: _Measured, sums: Sequence[str], level: HeardLevel) -> Mapping[str, Any]:
    voiced = voiced_spans(measured.levels)
    stretches = cut(measured.levels, voiced, measured.samples)
    end = measured.samples
    return {
        "version": INDEX_VERSION,
        "samples": measured.samples,
        "block_samples": BLOCK_SAMPLES,
        "blocks": list(sums),
        "stretches": [[each.first_frame, each.frames] for each in stretches],
        "voiced": [[low * HOP_SAMPLES, min(high * HOP_SAMPLES, end)] for low, high in voiced],
        "level": asdict(level),
    }
