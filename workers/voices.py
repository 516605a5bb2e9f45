"""The voice processes and the contract with them: names in, `Voice` objects out.

`open_voices` gives the voices; the eSpeak NG behind them runs in one process of its own
(`workers/espeak_voice.py`), started when first needed and again when it has died. Here its
frames become `SpeechBuffer`s at 48 kHz. Piper's voices, with a process of theirs, are in
`workers.piper_voice`. Knows nothing of jobs, streams or faces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from avatars.storage import Storage
from lipsync.clock import FPS, samples_per_frame
from lipsync.speech.errors import UnknownVoice, VoiceDied, VoiceMute, VoiceTimedOut
from lipsync.speech.events import SILENCE, PhonemeSpans, WordSpans
from lipsync.speech.pauses import pause_after
from lipsync.speech.resample import Resampler
from lipsync.speech.spans import Sound, SpeechBuffer, Voice
from lipsync.speech.voice_info import LanguageInfo, VoiceInfo
from lipsync.text.prosody import PLAIN, Prosody
from workers.espeak_gains import espeak_gain_db, espeak_way_gain_db
from workers.espeak_languages import espeak_languages
from workers.espeak_phonemes import Adapted, adapted
from workers.espeak_prosody import EspeakSettings, settings_for
from workers.espeak_voice import NATIVE_RATE
from workers.piper_models import PiperModel, find_models
from workers.piper_voice import PiperVoice, piper_command
from workers.voice_gains import KeptGains
from workers.voice_process import VoiceProcess
from workers.voice_wire import ask

WOMAN = "-woman"
"""Behind a language's tag: its woman's voice."""

_PAUSES = ("_", "||")
"""How eSpeak's names for its many lengths of pause begin."""


_Entry = tuple[VoiceInfo, EspeakSettings]


def _voice(name: str, title_fa: str, title_en: str, settings: EspeakSettings, language: str = "") -> _Entry:
    info = VoiceInfo(
        name=name,
        language=language or settings.voice.partition("+")[0],
        title_fa=title_fa,
        title_en=title_en,
        licence="GPL-3.0-or-later",
    )
    return info, settings


_VOICES: dict[str, _Entry] = {
    entry[0].name: entry
    for entry in (
        _voice("fa", "فارسی، مرد", "Persian, man", EspeakSettings("fa", 165, 47)),
        _voice("fa-woman", "فارسی، زن", "Persian, woman", EspeakSettings("fa+f2", 165, 50)),
        _voice("en", "انگلیسی، مرد", "English, man", EspeakSettings("en", 170, 47)),
        _voice("en-woman", "انگلیسی، زن", "English, woman", EspeakSettings("en+f2", 170, 50)),
    )
}


def _language_voice(name: str) -> _Entry | None:
    """Return the voice of a language by its name, which is a tag; None where eSpeak has none."""
    tag = name.removesuffix(WOMAN)
    found = espeak_languages().named(tag)
    if found is None:
        return None
    info, woman = found.info, tag != name
    titles = (f"{info.title_fa}، زن", f"{info.title_en}, woman") if woman else (
        f"{info.title_fa}، مرد", f"{info.title_en}, man"
    )  # fmt: skip
    settings = (
        EspeakSettings(f"{found.espeak_name}+f2", 170, 50)
        if woman
        else EspeakSettings(found.espeak_name, 170, 47)
    )
    return _voice(name, *titles, settings, info.tag)


def language_catalogue() -> tuple[LanguageInfo, ...]:
    """Return every language that the embedded voices speak, by tag."""
    return espeak_languages().catalogue()


class _Assembly:
    """One sentence's frames in, its `SpeechBuffer`s out."""

    def __init__(self, text: str, taken: Adapted) -> None:
        self._taken = taken
        self._resampler = Resampler(NATIVE_RATE)
        self._phonemes = PhonemeSpans()
        self._words = WordSpans(text)
        self._pause = pause_after(text)
        self._given = 0
        self.anything_said = False

    def add(self, sound: bytes, events: list[list[Any]]) -> SpeechBuffer:
        """Take one frame; the buffer may hold no sound when the resampler still waits."""
        for kind, sample, *details in events:
            position = self._resampler.position(sample)
            if kind == "w":
                self._words.begin(self._taken.place(details[0]), position)
            else:
                self._begin_phoneme(details[0], position)
        return self._buffer(self._resampler.push(np.frombuffer(sound, np.int16)), last=False)

    def _begin_phoneme(self, symbol: str, position: int) -> None:
        # "(en)" and "(fa)" tell of a change of language and have no sound.
        if symbol.startswith("("):
            return
        if not symbol or symbol.startswith(_PAUSES):
            self._words.pause(position)
            symbol = SILENCE
        else:
            self._words.sound()
            self.anything_said = True
        self._phonemes.begin(symbol, position)

    def finish(self) -> SpeechBuffer:
        """Return the last buffer: the rest, a natural pause, and padding to a whole frame."""
        rest = self._resampler.finish()
        speech_end = self._given + len(rest)
        quiet = max(self._phonemes.heard + self._pause, speech_end)
        frame = samples_per_frame(FPS)
        total = -(-quiet // frame) * frame
        self._words.finish(speech_end)
        self._phonemes.finish(speech_end, total)
        silence = np.zeros(total - speech_end, np.int16)
        return self._buffer(np.concatenate((rest, silence)), last=True)

    def _buffer(self, sound: Sound, last: bool) -> SpeechBuffer:
        self._given += len(sound)
        phonemes, words = self._phonemes.take(self._given), self._words.take(self._given)
        return SpeechBuffer(sound, phonemes, words, last)


class EspeakVoice:
    """One of eSpeak NG's voices; holds no state of its own, so threads may share it."""

    def __init__(self, info: VoiceInfo, settings: EspeakSettings, process: VoiceProcess) -> None:
        self.name = info.name
        self.language = info.language
        self.gain_db = espeak_gain_db(settings.voice)
        self._settings = settings
        self._process = process

    def gain_at_db(self, prosody: Prosody) -> float:
        """See `Voice`; higher eSpeak NG is louder, faster it is softer."""
        return self.gain_db + espeak_way_gain_db(prosody)

    def speak(self, text: str, seed: int, prosody: Prosody = PLAIN) -> Iterator[SpeechBuffer]:
        """Yield the speech of one sentence at 48 kHz, padded to whole frames at 25 fps.

        Word positions are positions in `text`; a word is what stands between two spaces.
        A voice that dies before its first buffer is asked once more.

        Raises:
            VoiceError: the voice died, timed out, refused the text or has no sound for it.
        """
        first = True
        try:
            for buffer in self._speak_once(text, seed, prosody):
                first = False
                yield buffer
        except VoiceDied:
            if not first:
                raise
            yield from self._speak_once(text, seed, prosody)
        except VoiceTimedOut:
            if first:
                # Frozen, it would still look alive and take every later sentence with it.
                self._process.abandon()
            raise

    def _speak_once(self, text: str, seed: int, prosody: Prosody) -> Iterator[SpeechBuffer]:
        settings = settings_for(self._settings, prosody)
        taken = adapted(text, self.language)
        request = {**asdict(settings), **taken.request(), "seed": seed}
        assembly = _Assembly(text, taken)
        with self._process.connect() as connection:
            for sound, events in ask(connection, request):
                buffer = assembly.add(sound, events)
                if len(buffer.sound):
                    yield buffer
        if not assembly.anything_said:
            raise VoiceMute(self.name)
        yield assembly.finish()


class Voices:
    """The voices by name, and the processes behind them; one of these per worker process."""

    def __init__(
        self,
        process: VoiceProcess,
        models: Sequence[PiperModel] = (),
        speaker: VoiceProcess | None = None,
        gains: KeptGains | None = None,
    ) -> None:
        """Hold the voices; nothing is started.

        Args:
            process: eSpeak's.
            models: Piper's voices.
            speaker: Piper's process; needed where there are such voices.
            gains: of Piper's voices; None has them measured for this process alone.
        """
        self._processes = [process]
        self._voices: dict[str, Voice] = {
            name: EspeakVoice(info, settings, process) for name, (info, settings) in _VOICES.items()
        }
        self._infos = {info.name: info for info, _ in _VOICES.values()}
        if speaker is not None:
            self._processes.append(speaker)
            kept = gains or KeptGains()
            self._voices |= {model.info.name: PiperVoice(model, process, speaker, kept) for model in models}
            self._infos |= {model.info.name: model.info for model in models}

    def catalogue(self) -> tuple[VoiceInfo, ...]:
        """Return every voice held, in the order to show them."""
        return tuple(self._infos.values())

    def describe(self, info: VoiceInfo) -> None:
        """Take over what has become known of a voice."""
        self._infos[info.name] = info

    def get(self, name: str) -> Voice:
        """Return a voice.

        Raises:
            UnknownVoice: none has this name; the message lists those there are.
        """
        if name not in self._voices:
            entry = _language_voice(name)
            if entry is None:
                raise UnknownVoice(name, (*self._voices, *(info.tag for info in language_catalogue())))
            self._voices[name] = EspeakVoice(*entry, self._processes[0])
        return self._voices[name]

    def beside(self, voice: Voice, language: str) -> Voice:
        """Return who says a stretch of another language within what a voice says: of the same sex.

        Args:
            voice: who says the rest.
            language: BCP 47 tag.

        Raises:
            UnknownVoice: nobody speaks that language; the message lists those that are spoken.
        """
        same = language.lower() == voice.language.lower()
        found = None if same else espeak_languages().find(language)
        if found is not None:
            same = found.info.tag == voice.language.lower()
        tag = language.lower() if found is None else found.info.tag
        return voice if same else self.get(tag + (WOMAN if voice.name.endswith(WOMAN) else ""))

    def warm(self) -> None:
        """Start the process and speak a word, so that the next sentence finds all ready.

        Raises:
            VoiceError: the voices do not work on this machine.
        """
        for _ in self._voices["fa"].speak("سلام", 0):
            pass

    def close(self) -> None:
        """End the processes; every sentence being spoken ends in `VoiceDied`."""
        for process in self._processes:
            process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_voices(
    socket_dir: Path, voice_dir: Path | None = None, storage: Storage | None = None
) -> Voices:
    """Return the voices of this process; nothing is started until `warm` or the first word.

    Args:
        socket_dir: folder for the voice processes' sockets, made if missing; where its path
            is too long for a socket, a folder of the system's temporary one is used.
        voice_dir: folder of Piper's voices; those that are there are offered.
        storage: where workers share the gains of Piper's voices; None has them measured here.
    """
    models = () if voice_dir is None else find_models(voice_dir, taken=tuple(_VOICES))
    speaker = VoiceProcess(socket_dir, piper_command)
    return Voices(VoiceProcess(socket_dir), models, speaker, KeptGains(storage))
