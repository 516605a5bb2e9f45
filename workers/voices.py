"""The voice processes and the contract with them: names in, `Voice` objects out.

`open_voices` gives the voices; the eSpeak NG behind them runs in one process of its own
(`workers/espeak_voice.py`), started when first needed and again when it has died. Here its
frames become `SpeechBuffer`s at 48 kHz. Knows nothing of jobs, streams or faces.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from lipsync.clock import FPS, ms_to_samples, samples_per_frame
from lipsync.speech.errors import UnknownVoice, VoiceDied, VoiceMute, VoiceRefused, VoiceTimedOut
from lipsync.speech.events import SILENCE, PhonemeSpans, WordSpans
from lipsync.speech.resample import Resampler
from lipsync.speech.spans import Sound, SpeechBuffer, Voice
from lipsync.speech.voice_info import LanguageInfo, VoiceInfo
from lipsync.text.letters import PHONEMES_CLOSE, PHONEMES_OPEN
from lipsync.text.prosody import PLAIN, Prosody
from workers.espeak_languages import espeak_languages
from workers.espeak_prosody import EspeakSettings, settings_for
from workers.espeak_voice import BUFFER, END, FRAME, LENGTH, LONGEST_REQUEST_BYTES, NATIVE_RATE
from workers.voice_process import ANSWER_TIMEOUT_S, VoiceProcess

_SENTENCE_PAUSE_MS = 230
_CLAUSE_PAUSE_MS = 140
_CLAUSE_MARKS = "،,:;"

_LATIN_DIGITS = {zero + digit: str(digit) for zero in (0x0660, 0x06F0) for digit in range(10)}
"""Only eSpeak's Persian reads Persian digits; its other languages leave them out."""
_WOMAN = "-woman"

_PAUSES = ("_", "||")
"""How eSpeak's names for its many lengths of pause begin."""


_Entry = tuple[VoiceInfo, EspeakSettings]


def _voice(
    name: str, title_fa: str, title_en: str, settings: EspeakSettings, language: str = ""
) -> _Entry:
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
    tag = name.removesuffix(_WOMAN)
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


def voice_catalogue() -> tuple[VoiceInfo, ...]:
    """Return every voice there is, in the order to show them."""
    return tuple(info for info, _ in _VOICES.values())


def language_catalogue() -> tuple[LanguageInfo, ...]:
    """Return every language that the embedded voices speak, by tag."""
    return espeak_languages().catalogue()


def _receive(connection: socket.socket, length: int) -> bytes:
    """Receive exactly `length` bytes.

    Raises:
        VoiceDied: the other end closed before that.
        VoiceTimedOut: nothing came for `ANSWER_TIMEOUT_S`.
    """
    received = bytearray()
    while len(received) < length:
        try:
            more = connection.recv(length - len(received))
        except TimeoutError as error:
            raise VoiceTimedOut(ANSWER_TIMEOUT_S) from error
        except OSError as error:
            raise VoiceDied from error
        if not more:
            raise VoiceDied
        received += more
    return bytes(received)


def _frames(connection: socket.socket) -> Iterator[tuple[bytes, list[list[Any]]]]:
    """Yield (sound, events) of every buffer up to the end frame.

    Raises:
        VoiceRefused: the voice answered with an error.
    """
    while True:
        kind, body_bytes, sound_bytes = FRAME.unpack(_receive(connection, FRAME.size))
        body = json.loads(_receive(connection, body_bytes))
        if kind == BUFFER:
            yield _receive(connection, sound_bytes), body
        elif kind == END:
            return
        else:
            raise VoiceRefused(body["message"])


def _adapted(text: str, language: str) -> dict[str, object]:
    """Return a text as eSpeak takes it, letter by letter in the same places."""
    if language != "fa":
        text = text.translate(_LATIN_DIGITS)
    if PHONEMES_OPEN not in text:
        return {"text": text, "phonemes": False}
    # What the writer put into such brackets is text.
    text = text.replace("[[", "[ ").replace(PHONEMES_OPEN, "[[").replace(PHONEMES_CLOSE, "]]")
    return {"text": text, "phonemes": True}


class _Assembly:
    """One sentence's frames in, its `SpeechBuffer`s out."""

    def __init__(self, text: str) -> None:
        self._resampler = Resampler(NATIVE_RATE)
        self._phonemes = PhonemeSpans()
        self._words = WordSpans(text)
        self._pause = ms_to_samples(_CLAUSE_PAUSE_MS if text[-1:] in _CLAUSE_MARKS else _SENTENCE_PAUSE_MS)
        self._given = 0
        self.anything_said = False

    def add(self, sound: bytes, events: list[list[Any]]) -> SpeechBuffer:
        """Take one frame; the buffer may hold no sound when the resampler still waits."""
        for kind, sample, *details in events:
            position = self._resampler.position(sample)
            if kind == "w":
                self._words.begin(details[0], position)
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
        self._settings = settings
        self._process = process

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
        body = {**asdict(settings), **_adapted(text, self.language), "seed": seed}
        request = json.dumps(body, ensure_ascii=False).encode()
        if len(request) > LONGEST_REQUEST_BYTES:
            raise VoiceRefused(f"a sentence of {len(request)} bytes; at most {LONGEST_REQUEST_BYTES}")
        assembly = _Assembly(text)
        with self._process.connect() as connection:
            try:
                connection.sendall(LENGTH.pack(len(request)) + request)
            except OSError as error:
                raise VoiceDied from error
            for sound, events in _frames(connection):
                buffer = assembly.add(sound, events)
                if len(buffer.sound):
                    yield buffer
        if not assembly.anything_said:
            raise VoiceMute(self.name)
        yield assembly.finish()


class Voices:
    """The voices by name, and the process behind them; one of these per worker process."""

    def __init__(self, process: VoiceProcess) -> None:
        self._process = process
        self._voices = {
            name: EspeakVoice(info, settings, process) for name, (info, settings) in _VOICES.items()
        }

    def get(self, name: str) -> Voice:
        """Return a voice.

        Raises:
            UnknownVoice: none has this name; the message lists those there are.
        """
        if name not in self._voices:
            entry = _language_voice(name)
            if entry is None:
                raise UnknownVoice(name, (*self._voices, *(info.tag for info in language_catalogue())))
            self._voices[name] = EspeakVoice(*entry, self._process)
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
        return voice if same else self.get(tag + (_WOMAN if voice.name.endswith(_WOMAN) else ""))

    def warm(self) -> None:
        """Start the process and speak a word, so that the next sentence finds all ready.

        Raises:
            VoiceError: the voices do not work on this machine.
        """
        for _ in self._voices["fa"].speak("سلام", 0):
            pass

    def close(self) -> None:
        """End the process; every sentence being spoken ends in `VoiceDied`."""
        self._process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_voices(socket_dir: Path) -> Voices:
    """Return the voices of this process; nothing is started until `warm` or the first word.

    Args:
        socket_dir: folder for the voice process's socket, made if missing; where its path
            is too long for a socket, a folder of the system's temporary one is used.
    """
    return Voices(VoiceProcess(socket_dir))
