"""Sentences spoken by the embedded voice in many ways, with the mouth that belongs to them.

For `scripts/train_heard.py`: eSpeak NG's variants, and the voices of flite, in place of people;
rooms, microphones and noises put on afterwards in place of recordings. A seed decides everything.
"""

from __future__ import annotations

import subprocess
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lipsync.clock import SAMPLE_RATE
from lipsync.mouth.controls import PRESS, TUCK
from lipsync.mouth.heard_features import HOP_SAMPLES
from lipsync.mouth.heard_model import OUTPUTS
from lipsync.mouth.track import mouth_track
from lipsync.speech.resample import Resampler
from lipsync.speech.spans import PhonemeSpan, Sound
from lipsync.speech.voice_info import VoiceInfo
from workers.espeak_prosody import EspeakSettings
from workers.voice_process import VoiceProcess
from workers.voices import EspeakVoice

VARIANTS: tuple[str, ...] = (
    "m1", "m2", "m3", "m4", "m5", "m7", "m8", "f1", "f2", "f3", "f4", "Alicia", "Andrea", "Andy", "Annie",
    "Diogo", "Gene", "Henrique", "Hugo", "Jacky", "Lee", "Marco", "Mario", "Michael", "Mike", "adam",
    "anika", "antonio", "aunty", "belinda", "benjamin", "boris", "caleb", "david", "ed", "edward",
    "grandma", "grandpa", "gustave", "ian", "iven", "john", "klatt", "klatt2", "linda", "max", "michel",
    "miguel", "norbert", "pablo", "paul", "pedro", "quincy", "rob", "robert", "sandro", "shelby",
    "travis", "victor", "zac",
)  # fmt: skip
FLITE_VOICES = ("awb", "rms")
HELD_OUT_FLITE_VOICES = ("slt", "kal16")
"""Made from recordings of people (CMU ARCTIC), each by another way than eSpeak's."""
ARPABET = {
    "aa": "'A:", "ae": "'a", "ah": "'V", "ao": "'O:", "aw": "'aU", "ax": "@", "ay": "'aI", "eh": "'E",
    "er": "'3:", "ey": "'eI", "ih": "'I", "iy": "'i:", "ow": "'oU", "oy": "'OI", "uh": "'U", "uw": "'u:",
    "ch": "tS", "dh": "D", "hh": "h", "jh": "dZ", "ng": "N", "sh": "S", "th": "T", "y": "j", "zh": "Z",
    "pau": "_",
}  # fmt: skip
_ONSETS = (
    "b", "p", "m", "f", "v", "w", "t", "d", "n", "s", "z", "l", "r", "k", "g", "h", "j", "y", "sh", "ch",
    "th", "br", "pl", "fr", "sm", "st", "gl",
)  # fmt: skip
_VOWELS = ("a", "e", "i", "o", "u", "ee", "oo", "ai", "au", "ou")
_CODAS = ("", "", "", "m", "b", "p", "f", "v", "n", "s", "t", "l", "r", "k")
_FAST_SAMPLES = 1 << 15
"""Transforms of whole numbers of these have small factors; others take a hundred times as long."""
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
    info = VoiceInfo(name=language, language=language, title_fa="", title_en="", licence="GPL-3.0-or-later")
    buffers = list(EspeakVoice(info, settings, process).speak(text, seed))
    return Spoken(np.concatenate([b.sound for b in buffers]), tuple(p for b in buffers for p in b.phonemes))


def spoken_by_flite(voice: str, text: str, seed: int) -> Spoken:
    """Return an English sentence as a voice of the program `flite` says it."""
    chance = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        told = subprocess.run(
            [
                "flite", "-voice", voice, "-psdur",
                "--setf", f"duration_stretch={chance.uniform(0.8, 1.25):.3f}", "-t", text, str(path),
            ],
            check=True, capture_output=True, text=True,
        ).stdout.split()  # fmt: skip
        sound = read_said(path)
    phonemes, start = [], 0
    for name, _, end_s in (part.partition(":") for part in told):
        end = round(float(end_s) * SAMPLE_RATE)
        phonemes.append(PhonemeSpan(ARPABET.get(name, name), start, end))
        start = end
    return in_another_mouth(Spoken(sound, tuple(phonemes)), chance)


def read_said(path: Path) -> Sound:
    """Return the sound of a WAV file that such a program wrote, at 48 kHz."""
    with wave.open(str(path)) as file:
        resampler = Resampler(file.getframerate())
        native = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return np.concatenate((resampler.push(native), resampler.finish()))


def in_another_mouth(speech: Spoken, chance: np.random.Generator) -> Spoken:
    """Return speech played faster or slower: another pitch, and a throat of another length."""
    count = round(len(speech.sound) * chance.uniform(0.87, 1.15))
    share = count / len(speech.sound)
    places = np.arange(count) / share
    sound = np.interp(places, np.arange(len(speech.sound)), speech.sound)
    phonemes = tuple(
        PhonemeSpan(p.symbol, round(p.start_samples * share), round(p.end_samples * share))
        for p in speech.phonemes
    )
    return Spoken(np.rint(sound).astype(np.int16), phonemes)


def made_up(chance: np.random.Generator) -> str:
    """Return a sentence of words that no language has: every sound beside every other."""
    words = []
    for _ in range(int(chance.integers(4, 9))):
        syllables = int(chance.integers(1, 4))
        words.append("".join(str(chance.choice(p)) for _ in range(syllables) for p in (_ONSETS, _VOWELS)))
        words[-1] += str(chance.choice(_CODAS))
    return " ".join(words) + "."


def joined(parts: list[Spoken], pause_samples: int, chance: np.random.Generator) -> Spoken:
    """Return several stretches as one recording, with silence or a breath before each."""
    sounds, phonemes, at = [], [], 0
    for part in parts:
        pause = (
            _breath(part.sound, pause_samples, chance) if chance.random() < 0.5 else np.zeros(pause_samples)
        )
        sounds += [np.rint(pause).astype(np.int16), part.sound]
        at += pause_samples
        phonemes += [PhonemeSpan(p.symbol, p.start_samples + at, p.end_samples + at) for p in part.phonemes]
        at += len(part.sound)
    sounds.append(np.zeros(pause_samples, np.int16))
    return Spoken(np.concatenate(sounds), tuple(phonemes))


def _breath(sound: Sound, samples: int, chance: np.random.Generator) -> NDArray[np.float64]:
    """Return a pause in which somebody breathes in."""
    size = -(-samples // 4_800) * 4_800
    hertz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    shape = np.zeros(len(hertz))
    for middle, width in (
        (chance.uniform(400, 1_200), 300),
        (chance.uniform(1_200, 2_600), 500),
        (4_000, 2_000),
    ):
        shape += chance.uniform(0.1, 1) / (1 + ((hertz - middle) / width) ** 2)
    air = np.fft.irfft(np.fft.rfft(chance.standard_normal(size)) * shape, size)[:samples]
    length = min(samples, int(SAMPLE_RATE * chance.uniform(0.2, 0.6)))
    end = samples - int(chance.uniform(0, 0.5) * (samples - length))
    rise = np.zeros(samples)
    rise[end - length : end] = np.hanning(length) ** 0.7
    loud = np.sqrt(np.mean(sound.astype(np.float64) ** 2)) * 10 ** (-chance.uniform(14, 34) / 20)
    return np.clip(air / air.std() * rise * loud, -32_000, 32_000)


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
    air = np.zeros(-(-len(sound) // _FAST_SAMPLES) * _FAST_SAMPLES)
    air[: len(sound)] = sound / 32768
    if chance.random() < 0.6:
        air = _in_room(air, chance)
    air = _through_microphone(air, chance)
    loud = np.sqrt(np.mean(air[np.abs(air) > 1e-4] ** 2))
    spectrum = np.fft.rfft(chance.standard_normal(len(air)))
    hertz = np.fft.rfftfreq(len(air), 1 / SAMPLE_RATE)
    noise = np.fft.irfft(spectrum * np.maximum(hertz, 50) ** -chance.uniform(0, 1), len(air))
    air += noise / noise.std() * loud * 10 ** (-chance.uniform(12, 60) / 20)
    if chance.random() < 0.5:
        air = _levelled(air, chance)
    if chance.random() < 0.4:
        air = _coded(air, chance)
    air *= 10 ** (chance.uniform(-24, 0) / 20) / np.abs(air).max()
    return np.clip(np.rint(air[: len(sound)] * 32000), -32768, 32767).astype(np.int16)


def _in_room(air: NDArray[np.float64], chance: np.random.Generator) -> NDArray[np.float64]:
    length = int(SAMPLE_RATE * chance.uniform(0.1, 0.4))
    times = np.arange(length) / SAMPLE_RATE
    tail = chance.standard_normal(length) * np.exp(-times * 6.9 / chance.uniform(0.1, 0.5))
    tail *= chance.uniform(0.05, 0.6) / np.sqrt((tail**2).sum())
    tail[0] = 1
    size = len(air) + _FAST_SAMPLES
    return np.fft.irfft(np.fft.rfft(air, size) * np.fft.rfft(tail, size), size)[: len(air)]


def _through_microphone(air: NDArray[np.float64], chance: np.random.Generator) -> NDArray[np.float64]:
    spectrum = np.fft.rfft(air)
    hertz = np.fft.rfftfreq(len(air), 1 / SAMPLE_RATE)
    octaves = np.log2(np.maximum(hertz, 50) / 50)
    gain_db = np.interp(octaves, np.arange(0, 10, 1.2), chance.normal(0, 4, 9))
    gain_db += chance.uniform(-3, 3) * (octaves - 4)
    if chance.random() < 0.25:
        gain_db -= 12 * np.maximum(np.log2(np.maximum(hertz, 50) / chance.uniform(3200, 8000)), 0) * 3
    return np.fft.irfft(spectrum * 10 ** (gain_db / 20), len(air))


def _levelled(air: NDArray[np.float64], chance: np.random.Generator) -> NDArray[np.float64]:
    """Return sound whose soft parts a compressor has lifted."""
    width = int(SAMPLE_RATE * chance.uniform(0.03, 0.3))
    sums = np.concatenate(([0.0], np.cumsum(np.pad(air**2, (width // 2, width - width // 2)))))
    power = np.maximum(sums[width : width + len(air)] - sums[: len(air)], 0) / width
    floor = power.max() * 10 ** (-chance.uniform(25, 45) / 10)
    return air * (power + floor) ** -chance.uniform(0.1, 0.3)


def _coded(air: NDArray[np.float64], chance: np.random.Generator) -> NDArray[np.float64]:
    """Return sound as a codec of few bits leaves it: coarse steps in each band of each block."""
    size = 1_152
    window = np.sin(np.pi * (np.arange(size) + 0.5) / size)
    padded = np.pad(air, (size, 2 * size - len(air) % (size // 2)))
    blocks = np.lib.stride_tricks.sliding_window_view(padded, size)[:: size // 2] * window
    spectrum = np.fft.rfft(blocks, axis=1)
    highest = int(chance.uniform(3_400, 12_000) * size / SAMPLE_RATE)
    spectrum[:, highest:] = 0
    finest_db, coarsest_db = chance.uniform(10, 20), chance.uniform(2, 10)
    for low in range(0, highest, 12):
        band = spectrum[:, low : low + 12]
        below_db = np.interp(low, (0, highest), (finest_db, coarsest_db))
        step = np.abs(band).max(axis=1, keepdims=True) * 10 ** (-below_db / 20) + 1e-12
        band[:] = (np.rint(band.real / step) + 1j * np.rint(band.imag / step)) * step
    parts = np.fft.irfft(spectrum, size, axis=1) * window
    whole = np.zeros(len(padded))
    for odd in (0, 1):
        half = parts[odd::2].reshape(-1)
        whole[odd * (size // 2) :][: len(half)] += half
    return whole[size : size + len(air)]
