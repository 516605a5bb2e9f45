"""How each voice sounds and how fast it is: measured once by a warm worker, the sample kept.

Between the voices and storage; the front door sends what is kept under `sample_key`. Runs in
a thread beside the jobs, one voice at a time, while the worker carries no stream: a voice of
Piper's is loaded by it, so that its first sentence finds it ready.
"""

import hashlib
import io
import threading
import wave
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Final

import numpy as np
import structlog

from avatars.errors import StorageError
from avatars.storage import Storage
from avatars.voice_files import sample_key
from lipsync.clock import SAMPLE_RATE
from lipsync.speech.errors import VoiceError
from lipsync.speech.runs import speak_runs
from lipsync.speech.sentence import run_of_text
from lipsync.speech.spans import Voice
from workers.voices import Voices

_TEXTS: Final = {
    "fa": "سلام! این صدای من است؛ امروز چه بگویم؟",
    "en": "Hello! This is how I sound. What shall I say today?",
}
_ELSEWHERE: Final = "1, 2, 3."
"""Digits are read in every language."""
_SEED: Final = 0

EVERY_S: Final = 0.5

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sample:
    """A voice's sample."""

    wav: bytes
    """RIFF WAVE, 16 bit, mono, 48 kHz."""
    real_time_factor: float
    """Seconds it took for a second of speech, the voice being warm."""

    @property
    def fingerprint(self) -> str:
        """Tells one sample of a voice from another."""
        return hashlib.sha256(self.wav).hexdigest()[:16]


def make_sample(voice: Voice) -> Sample:
    """Have a voice speak its sample twice, as loud as it is heard: to load what it needs, to be measured.

    Raises:
        VoiceError: it does not speak.
    """
    text = _TEXTS.get(voice.language.partition("-")[0], _ELSEWHERE)
    # The gain too is measured here where no worker has done so before, and not while anybody waits.
    whole = run_of_text(voice, text)
    for _ in speak_runs((whole,), _SEED):
        pass
    begun = perf_counter()
    sound = np.concatenate([buffer.sound for buffer in speak_runs((whole,), _SEED)])
    took_s = perf_counter() - begun
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(SAMPLE_RATE)
        written.writeframes(sound.astype("<i2").tobytes())
    return Sample(file.getvalue(), round(took_s * SAMPLE_RATE / len(sound), 5))


def keep_samples(voices: Voices, storage: Storage, idle: Callable[[], bool], stop: threading.Event) -> None:
    """Make every voice's sample, keep it and describe the voice, until told to stop.

    Args:
        voices: whose.
        storage: where samples are kept.
        idle: whether the process carries no stream.
        stop: ends the work after the voice at hand.
    """
    for info in voices.catalogue():
        while not stop.wait(EVERY_S) and not idle():
            pass
        if stop.is_set():
            return
        try:
            sample = make_sample(voices.get(info.name))
            storage.put(sample_key(info.name), sample.wav, durable=False)
        except (VoiceError, StorageError) as trouble:
            # It stays offered: whoever asks for it is told the same, or finds it mended.
            log.warning("voice_without_sample", voice=info.name, error=str(trouble))
            continue
        factor = sample.real_time_factor
        voices.describe(replace(info, real_time_factor=factor, sample=sample.fingerprint))
        log.info("voice_measured", voice=info.name, real_time_factor=factor)
