"""Sentences spoken by the embedded voice in many ways, with the mouth that belongs to them.

For `scripts/train_heard.py`: eSpeak NG's variants in place of people, and rooms, microphones and
noises put on afterwards in place of recordings. A seed decides everything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lipsync.clock import SAMPLE_RATE
from lipsync.mouth.controls import PRESS, TUCK
from lipsync.mouth.heard_features import HOP_SAMPLES
from lipsync.mouth.heard_model import OUTPUTS
from lipsync.mouth.track import mouth_track
from lipsync.speech.spans import PhonemeSpan, Sound
from lipsync.speech.voice_info import VoiceInfo
from workers.espeak_prosody import EspeakSettings
from workers.voice_process import VoiceProcess
from workers.voices import EspeakVoice

HELD_OUT_VARIANTS = ("f5", "m6", "steph", "klatt3", "marcelo", "edward2")
VARIANTS = tuple(
    ["m1", "m2", "m3", "m4", "m5", "m7", "m8", "f1", "f2", "f3", "f4", "Alicia", "Andrea", "Andy", "Annie", "Diogo", "Gene", "Henrique", "Hugo", "Jacky", "Lee", "Marco", "Mario", "Michael", "Mike", "adam", "anika", "antonio", "aunty", "belinda", "benjamin", "boris", "caleb", "david", "ed", "edward", "grandma", "grandpa", "gustave", "ian", "iven", "john", "klatt", "klatt2", "linda", "max", "michel", "miguel", "norbert", "pablo", "paul", "pedro", "quincy", "rob", "robert", "sandro", "shelby", "travis", "victor", "zac"]
)
HOPS_PER_S = SAMPLE_RATE // HOP_SAMPLES


@dataclass(frozen=True, slots=True)
class Spoken:
    """A stretch of speech and the phonemes in it."""

    sound: Sound
    phonemes: tuple[PhonemeSpan, ...]


def spoken(process: VoiceProcess, language: str, variant: str, text: str, seed: int) -> Spoken:
    """Return a sentence as a variant says it; the seed decides its rate and pitch."""
    chance = np.random.default_rng(seed)
    settings = EspeakSettings(
        f"{language}+{variant}",
        int(chance.integers(130, 220)),
        int(chance.integers(30, 70)),
        int(chance.integers(30, 80)),
    )
    info = VoiceInfo(
        name=language, language=language, title_fa="", title_en="", licence="GPL-3.0-or-later"
    )
    buffers = list(EspeakVoice(info, settings, process).speak(text, seed))
    return Spoken(
        np.concatenate([b.sound for b in buffers]), tuple(p for b in buffers for p in b.phonemes)
    )


def joined(parts: list[Spoken], pause_samples: int) -> Spoken:
    """Return several stretches as one recording, with silence around each."""
    sounds, phonemes, at = [], [], 0
    for part in parts:
        sounds += [np.zeros(pause_samples, np.int16), part.sound]
        at += pause_samples
        phonemes += [PhonemeSpan(p.symbol, p.start_samples + at, p.end_samples + at) for p in part.phonemes]
        at += len(part.sound)
    sounds.append(np.zeros(pause_samples, np.int16))
    return Spoken(np.concatenate(sounds), tuple(phonemes))


def wanted(speech: Spoken) -> NDArray[np.float32]:
    """Return the mouth at every hop, shape (hops, OUTPUTS); press and tuck are 0 or 1."""
    hops = len(speech.sound) // HOP_SAMPLES
    rows = mouth_track(speech.phonemes, 0, hops, HOPS_PER_S)[:, :OUTPUTS].copy()
    for control in (PRESS, TUCK):
        rows[:, control] = rows[:, control] > 0.999
    return rows


def as_recorded(sound: Sound, seed: int) -> Sound:
    """Return a sound as some microphone in some room might have it."""
    chance = np.random.default_rng(seed)
    wave = sound.astype(np.float64) / 32768
    if chance.random() < 0.6:
        wave = _in_room(wave, chance)
    wave = _through_microphone(wave, chance)
    loud = np.sqrt(np.mean(wave[np.abs(wave) > 1e-4] ** 2)) if np.any(np.abs(wave) > 1e-4) else 1e-3
    noise = chance.standard_normal(len(wave))
    spectrum = np.fft.rfft(noise)
    hertz = np.fft.rfftfreq(len(wave), 1 / SAMPLE_RATE)
    spectrum *= np.maximum(hertz, 50) ** -chance.uniform(0, 1)
    noise = np.fft.irfft(spectrum, len(wave))
    noise /= noise.std()
    wave += noise * loud * 10 ** (-chance.uniform(12, 60) / 20)
    wave *= 10 ** (chance.uniform(-24, 0) / 20) / max(np.abs(wave).max(), 1e-9)
    return np.clip(np.rint(wave * 32000), -32768, 32767).astype(np.int16)


def _in_room(wave: NDArray[np.float64], chance: np.random.Generator) -> NDArray[np.float64]:
    length = int(SAMPLE_RATE * chance.uniform(0.1, 0.4))
    times = np.arange(length) / SAMPLE_RATE
    tail = chance.standard_normal(length) * np.exp(-times * 6.9 / chance.uniform(0.1, 0.5))
    tail *= chance.uniform(0.05, 0.6) / np.sqrt((tail**2).sum())
    tail[0] = 1
    size = len(wave) + length
    return np.fft.irfft(np.fft.rfft(wave, size) * np.fft.rfft(tail, size), size)[: len(wave)]


def _through_microphone(wave: NDArray[np.float64], chance: np.random.Generator) -> NDArray[np.float64]:
    spectrum = np.fft.rfft(wave)
    hertz = np.fft.rfftfreq(len(wave), 1 / SAMPLE_RATE)
    octaves = np.log2(np.maximum(hertz, 50) / 50)
    gain_db = np.interp(octaves, np.arange(0, 10, 1.2), chance.normal(0, 4, 9))
    gain_db += chance.uniform(-3, 3) * (octaves - 4)
    if chance.random() < 0.25:
        gain_db -= 12 * np.maximum(np.log2(np.maximum(hertz, 50) / chance.uniform(3200, 8000)), 0) * 3
    return np.fft.irfft(spectrum * 10 ** (gain_db / 20), len(wave))
