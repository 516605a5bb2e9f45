"""What a voice gives: sound at 48 kHz with phoneme and word spans.

Between the voices (workers.voices) and the mouth (lipsync.mouth). Values only; all
positions are samples at 48 kHz counted from the start of the sentence.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lipsync.text.prosody import PLAIN, Prosody

Sound = NDArray[np.int16]
"""Mono sound at 48 kHz, int16, shape (samples,)."""


@dataclass(frozen=True, slots=True)
class PhonemeSpan:
    """One phoneme and the samples it lasts for."""

    symbol: str
    """The phoneme in the voice's own notation (eSpeak mnemonics, or IPA); "_" is silence."""
    start_samples: int
    end_samples: int


@dataclass(frozen=True, slots=True)
class WordSpan:
    """One written word and the samples it is heard for."""

    text_start: int
    """Position of the word's first character in the sentence as written."""
    text_end: int
    start_samples: int
    end_samples: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A place of the text that its writer gave a name, and when it is reached."""

    name: str
    at_samples: int


@dataclass(frozen=True, slots=True)
class SpeechBuffer:
    """The next stretch of one sentence's speech.

    Spans are whole and in order; a span is given once, in the buffer in which it ends.
    """

    sound: Sound
    phonemes: tuple[PhonemeSpan, ...]
    words: tuple[WordSpan, ...]
    last: bool
    """True on the sentence's final buffer, which may hold no sound."""
    marks: tuple[Mark, ...] = ()
    """In order; none lies before the end of the last word that was given earlier."""


@dataclass(frozen=True, slots=True)
class Speech:
    """A whole sentence, spoken."""

    sound: Sound
    phonemes: tuple[PhonemeSpan, ...]
    words: tuple[WordSpan, ...]


class Voice(Protocol):
    """One voice: a sentence in, its speech out.

    The same text, seed and prosody give the same samples and spans, in any process.
    """

    name: str
    language: str

    @property
    def gain_db(self) -> float:
        """What brings its speech to -16 LUFS: measured once, the same in every process.

        Raises:
            VoiceError: it cannot be measured now.
        """
        ...

    def gain_at_db(self, prosody: Prosody) -> float:
        """Return what brings its speech to -16 LUFS at such a rate and pitch; the volume is left out.

        `speak` gives speech without it; `lipsync.speech.runs` adds it.

        Raises:
            VoiceError: as `gain_db`.
        """
        ...

    def speak(self, text: str, seed: int, prosody: Prosody = PLAIN) -> Iterator[SpeechBuffer]:
        """Yield the speech of one sentence, the first buffer as early as possible.

        Closing the iterator stops the voice at once. Rate and pitch are the voice's to follow;
        the volume is not: `lipsync.speech.runs` sees to that for every voice alike.

        Raises:
            VoiceError: the voice died, timed out or answered what it must not.
        """
        ...
