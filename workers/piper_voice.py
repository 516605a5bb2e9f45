"""Piper's voices by the contract of every voice: a sentence in, its speech out.

Between `workers.voices`, the eSpeak process that reads the sentence and the Piper process
that speaks it (`workers/piper_process.py`). A sentence comes as one buffer: the network
gives it whole, and a stream that is taken over then never holds half of one.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from lipsync.clock import FPS, SAMPLE_RATE, samples_per_frame
from lipsync.speech.errors import VoiceDied, VoiceMute, VoiceRefused, VoiceTimedOut
from lipsync.speech.events import SILENCE, PhonemeSpans, WordSpans
from lipsync.speech.pauses import pause_after
from lipsync.speech.resample import Resampler
from lipsync.speech.spans import Sound, SpeechBuffer
from lipsync.text.prosody import PLAIN, Prosody
from workers.espeak_phonemes import Reading, read_aloud
from workers.piper_models import PiperModel
from workers.piper_phonemes import Run, heard, runs_of, shared
from workers.voice_gains import KeptGains, own_gain_db
from workers.voice_process import VoiceProcess
from workers.voice_wire import ask

_ROOT: Final = Path(__file__).resolve().parents[1]
_PROGRAM: Final = (
    "import sys; root, path = sys.argv[1:]; sys.path.insert(0, root); "
    "from workers.piper_process import main; main(path)"
)

LONGEST_REQUEST_BYTES: Final = 1_048_576
_RATE_STEP: Final = 150
_SLOWEST_RATE: Final = 8000


def piper_command(socket_path: str) -> Sequence[str]:
    """Return what starts the Piper process behind a socket."""
    return [sys.executable, "-I", "-c", _PROGRAM, str(_ROOT), socket_path]


class PiperVoice:
    """One of Piper's voices; holds no state of its own, so threads may share it."""

    def __init__(
        self, model: PiperModel, reader: VoiceProcess, speaker: VoiceProcess, gains: KeptGains
    ) -> None:
        """Make a voice; nothing is loaded before it speaks.

        Args:
            model: which one.
            reader: eSpeak's process, which gives the phonemes.
            speaker: Piper's process, which gives the sound.
            gains: where the gains of such voices are kept.
        """
        self.name = model.info.name
        self.language = model.info.language
        self._model = model
        self._reader = reader
        self._speaker = speaker
        self._gains = gains

    @property
    def gain_db(self) -> float:
        """See `Voice`; measured where no worker has done so before, which takes some seconds."""
        return self._gains.gain_db(self._model.path, lambda: own_gain_db(self))

    def gain_at_db(self, _prosody: Prosody) -> float:
        """See `Voice`; played faster or slower a network's sound is as loud as before."""
        return self.gain_db

    def speak(self, text: str, seed: int, prosody: Prosody = PLAIN) -> Iterator[SpeechBuffer]:
        """Yield the speech of one sentence at 48 kHz as one buffer, padded to whole frames at 25 fps.

        Word positions are positions in `text`; a word is what stands between two spaces.
        A process that dies is asked once more.

        Raises:
            VoiceError: the voice died, timed out, refused the text or has no sound for it.
        """
        try:
            yield self._speak_once(text, seed, prosody)
        except VoiceDied:
            yield self._speak_once(text, seed, prosody)
        except VoiceTimedOut:
            # Frozen, it would still look alive and take every later sentence with it.
            self._speaker.abandon()
            raise

    def _speak_once(self, text: str, seed: int, prosody: Prosody) -> SpeechBuffer:
        reading = read_aloud(self._reader, self._model.espeak_voice, text)
        runs = runs_of(reading, self._model.ids)
        if not runs:
            raise VoiceMute(self.name)
        rate = _pitched(self._model.rate, prosody.pitch_semitones)
        assembly = _Assembly(text, reading, rate)
        spoken, slower = iter(runs), rate / self._model.rate / prosody.rate
        with self._speaker.connect() as connection:
            for sound, body in ask(connection, self._request(runs, seed, slower), LONGEST_REQUEST_BYTES):
                if sound:
                    assembly.add(next(spoken), np.frombuffer(sound, np.int16), body["lengths"])
        if next(spoken, None) is not None:
            raise VoiceRefused("the voice left out a part of the sentence")
        return assembly.finish()

    def _request(self, runs: Sequence[Run], seed: int, slower: float) -> dict[str, Any]:
        model = self._model
        noise, length, noise_of_length = model.scales
        return {
            "model": str(model.path), "runs": [run.ids for run in runs],
            "scales": (noise, length * slower, noise_of_length),
            "speaker": model.speaker, "seed": seed, "hop": model.hop_samples,
        }  # fmt: skip


def _pitched(rate: int, semitones: float) -> int:
    """Return the rate at which a voice's sound is heard so much higher, and so much faster too."""
    # In steps that leave the resampler few phases; the next one is 0.1 semitones away at most.
    steps = round(rate * 2 ** (semitones / 12) / _RATE_STEP) if semitones else 0
    return min(max(steps * _RATE_STEP, _SLOWEST_RATE), SAMPLE_RATE) if semitones else rate


class _Assembly:
    """One sentence's runs in, its `SpeechBuffer` out."""

    def __init__(self, text: str, reading: Reading, rate: int) -> None:
        self._text = text
        self._places = reading.words
        self._rate = rate
        self._resampler = Resampler(rate)
        self._phonemes = PhonemeSpans()
        self._words = WordSpans(text)
        self._parts: list[Sound] = []
        self._taken = 0

    def add(self, run: Run, sound: Sound, lengths: Sequence[int] | None) -> None:
        """Take a run's sound at the voice's own rate, and the samples of each of its ids."""
        given = shared(run, len(sound)) if lengths is None else lengths
        for each in heard(run, given, self._rate):
            position = self._resampler.position(self._taken + each.start)
            if each.symbol == SILENCE:
                self._words.pause(position)
            else:
                if self._places:
                    self._words.begin(self._places[each.word], position)
                self._words.sound()
            self._phonemes.begin(each.symbol, position)
        self._parts.append(self._resampler.push(sound))
        self._taken += len(sound)

    def finish(self) -> SpeechBuffer:
        """Return the whole sentence with a natural pause, padded to a whole frame."""
        self._parts.append(self._resampler.finish())
        speech_end = sum(map(len, self._parts))
        quiet = max(self._phonemes.heard + pause_after(self._text), speech_end)
        frame = samples_per_frame(FPS)
        total = -(-quiet // frame) * frame
        self._words.finish(speech_end)
        self._phonemes.finish(speech_end, total)
        silence = np.zeros(total - speech_end, np.int16)
        sound = np.concatenate((*self._parts, silence))
        return SpeechBuffer(sound, self._phonemes.take(total), self._words.take(total), last=True)
